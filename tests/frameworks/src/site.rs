//! What a check is run against: the servers of one framework, or one that somebody else started.

use crate::client::{Jar, Request, Response};
use crate::contract::{App, Contract};
use crate::servers::{Framework, Running};
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Mutex, Once, PoisonError};

/// The names of the two cookies of `App::Standard`.
pub const COOKIE: &str = "__Host-Http-session";
pub const BASKET: &str = "__Host-Http-basket";

pub struct Site {
    framework: Option<Framework>,
    /// Servers that run already, or whose launch was refused.
    addresses: RefCell<HashMap<App, Result<SocketAddr, String>>>,
    running: RefCell<Vec<Running>>,
}

impl Site {
    /// Servers of this framework, started as they are needed.
    pub fn of(framework: Framework) -> Self {
        listen_to_events();
        Self { framework: Some(framework), addresses: RefCell::default(), running: RefCell::default() }
    }

    /// Servers that somebody else started.
    pub fn at(addresses: HashMap<App, SocketAddr>) -> Self {
        let addresses = addresses.into_iter().map(|(app, address)| (app, Ok(address))).collect();
        Self { framework: None, addresses: RefCell::new(addresses), running: RefCell::default() }
    }

    /// Whether a server of this kind is there, or can be started.
    pub fn has(&self, app: App) -> bool {
        self.framework.is_some() || self.addresses.borrow().contains_key(&app)
    }

    /// The cookie of `Visit` in this kind of server: where the log is to name it, one that no other test's log has.
    pub fn cookie(&self, app: App) -> String {
        match (app, self.framework) {
            (App::SameCookie | App::SameType, Some(framework)) => format!("mistaken-{}-{app:?}", framework.name()),
            _ => COOKIE.to_owned(),
        }
    }

    /// Where the server listens.
    ///
    /// # Errors
    /// Why it did not launch.
    pub fn address(&self, app: App) -> Result<SocketAddr, String> {
        if let Some(address) = self.addresses.borrow().get(&app) {
            return address.clone();
        }
        let framework = self.framework.expect("a check that needs another server is not run without it");
        let started = framework.start(app, Contract::new(&self.cookie(app), BASKET));
        let address = started.map(|running| {
            let address = running.address;
            self.running.borrow_mut().push(running);
            address
        });
        self.addresses.borrow_mut().insert(app, address.clone());
        address
    }

    fn standard(&self) -> SocketAddr {
        self.address(App::Standard).unwrap_or_else(|error| panic!("the server did not start: {error}"))
    }

    pub fn send(&self, request: &Request) -> Response {
        request.send(self.standard())
    }

    pub fn send_to(&self, app: App, request: &Request) -> Response {
        request.send(self.address(app).unwrap_or_else(|error| panic!("the server did not start: {error}")))
    }

    pub fn open_standard(&self) -> SocketAddr {
        self.standard()
    }

    /// Has the server do something that no visitor can.
    pub fn control(&self, what: &str) -> String {
        let response = self.send(&Request::get(&format!("/control/{what}")));
        assert_eq!(response.status, 200, "GET /control/{what}");
        response.text()
    }

    pub fn advance(&self, seconds: u64) {
        assert_eq!(self.control(&format!("advance={seconds}")), "ok");
    }

    /// A visitor who has not been here.
    pub fn visitor(&self) -> Visitor<'_> {
        Visitor { site: self, jar: Jar::default() }
    }

    /// A visitor with a session: user 7.
    pub fn signed_in(&self) -> Visitor<'_> {
        let mut visitor = self.visitor();
        visitor.does("user=7");
        assert_eq!(visitor.does("read").text(), "user Some(7) cart [] note 0\n");
        visitor
    }

    /// What the servers' log has, where they run in this process.
    pub fn log(&self) -> Option<String> {
        self.framework.map(|_| String::from_utf8_lossy(&LOG.lock().unwrap_or_else(PoisonError::into_inner)).into_owned())
    }
}

/// A browser.
#[derive(Clone)]
pub struct Visitor<'a> {
    site: &'a Site,
    pub jar: Jar,
}

impl Visitor<'_> {
    /// Sends a request with the visitor's cookies, and keeps those of the answer.
    pub fn send(&mut self, request: Request) -> Response {
        let response = self.site.send(&self.jar.on(request));
        self.jar.take(&response);
        response
    }

    pub fn gets(&mut self, path: &str) -> Response {
        self.send(Request::get(path))
    }

    /// `GET /do/{steps}`.
    pub fn does(&mut self, steps: &str) -> Response {
        self.gets(&format!("/do/{steps}"))
    }
}

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Sink;

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What this crate says, and nobody else.
fn listen_to_events() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let ours = tracing_subscriber::filter::Targets::new().with_target("sealed_session", tracing::Level::DEBUG);
        use tracing_subscriber::layer::SubscriberExt;
        let format = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| Sink);
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(ours).with(format)).expect("the first");
    });
}
