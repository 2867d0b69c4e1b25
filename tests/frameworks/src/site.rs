//! What a check is run against: the servers of one host, started as they are needed, or some that
//! somebody else started.

use crate::client::{Jar, Request, Response};
use crate::contract::App;
use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

/// The names of the two cookies of `App::Standard`.
pub const COOKIE: &str = "__Host-Http-session";
pub const BASKET: &str = "__Host-Http-basket";

/// The longest that a line of another process's log may take to arrive. It bounds a failing check,
/// and times none.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who starts the servers: a framework, or a platform of WebAssembly.
pub trait Host {
    /// The cookie of `Visit` in this kind of server.
    fn cookie(&self, _: App) -> String {
        COOKIE.to_owned()
    }

    /// Whether a handler sees the letters of the host as they came. Platforms that turn a request's
    /// address into a URL write them in lower case.
    fn keeps_letter_case(&self) -> bool {
        true
    }

    /// Starts a server, which stops when what comes with its address is dropped.
    ///
    /// # Errors
    /// What the host says where it refuses to launch.
    fn start(&self, app: App) -> Result<(SocketAddr, Box<dyn Any>), String>;

    /// What the servers have written for their operator.
    fn log(&self) -> String;
}

pub struct Site {
    host: Option<Box<dyn Host>>,
    /// Servers that run already, or whose launch was refused.
    addresses: RefCell<HashMap<App, Result<SocketAddr, String>>>,
    running: RefCell<Vec<Box<dyn Any>>>,
}

impl Site {
    /// Servers of this host, started as they are needed.
    pub fn of(host: impl Host + 'static) -> Self {
        Self {
            host: Some(Box::new(host)),
            addresses: RefCell::default(),
            running: RefCell::default(),
        }
    }

    /// Servers that somebody else started.
    pub fn at(addresses: HashMap<App, SocketAddr>) -> Self {
        let addresses = addresses.into_iter().map(|(app, address)| (app, Ok(address))).collect();
        Self { host: None, addresses: RefCell::new(addresses), running: RefCell::default() }
    }

    /// Whether a server of this kind is there, or can be started.
    pub fn has(&self, app: App) -> bool {
        self.host.is_some() || self.addresses.borrow().contains_key(&app)
    }

    /// The cookie of `Visit` in this kind of server.
    pub fn cookie(&self, app: App) -> String {
        self.host.as_ref().map_or_else(|| COOKIE.to_owned(), |host| host.cookie(app))
    }

    /// Whether a handler sees the letters of the host as they came; `false` if that is not known.
    pub fn keeps_letter_case(&self) -> bool {
        self.host.as_ref().is_some_and(|host| host.keeps_letter_case())
    }

    /// Where the server listens.
    ///
    /// # Errors
    /// Why it did not launch.
    pub fn address(&self, app: App) -> Result<SocketAddr, String> {
        if let Some(address) = self.addresses.borrow().get(&app) {
            return address.clone();
        }
        let host =
            self.host.as_ref().expect("a check that needs another server is not run without it");
        let address = host.start(app).map(|(address, running)| {
            self.running.borrow_mut().push(running);
            address
        });
        self.addresses.borrow_mut().insert(app, address.clone());
        address
    }

    fn standard(&self) -> SocketAddr {
        self.address(App::Standard)
            .unwrap_or_else(|error| panic!("the server did not start: {error}"))
    }

    pub fn send(&self, request: &Request) -> Response {
        request.send(self.standard())
    }

    pub fn send_to(&self, app: App, request: &Request) -> Response {
        request.send(
            self.address(app).unwrap_or_else(|error| panic!("the server did not start: {error}")),
        )
    }

    pub fn open_standard(&self) -> SocketAddr {
        self.standard()
    }

    /// Has the server do something that no visitor can.
    pub fn control(&self, what: &str) -> String {
        self.control_of(App::Standard, what)
    }

    /// The same for a server of this kind.
    pub fn control_of(&self, app: App, what: &str) -> String {
        let response = self.send_to(app, &Request::get(&format!("/control/{what}")));
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

    /// A line with all of these words is in the servers' log, or soon will be, where their host can
    /// be asked.
    pub fn logs(&self, words: &[&str]) {
        let Some(host) = &self.host else { return };
        let begun = Instant::now();
        while !host.log().lines().any(|line| words.iter().all(|word| line.contains(word))) {
            assert!(begun.elapsed() < PATIENCE, "no line of the log has {words:?}: {}", host.log());
            thread::sleep(Duration::from_millis(20));
        }
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
