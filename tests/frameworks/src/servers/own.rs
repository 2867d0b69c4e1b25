//! Servers in this process: which frameworks there are, how one of them is started and stopped, and
//! their log.

use super::{actix_web, axum, hyper, poem, rocket, salvo};
use crate::contract::{App, Contract};
use crate::site::{BASKET, COOKIE, Host};
use std::any::Any;
use std::future::Future;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use tokio::sync::oneshot;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Framework {
    Axum,
    ActixWeb,
    Rocket,
    Poem,
    Salvo,
    Hyper,
}

impl Framework {
    pub const ALL: [Self; 6] =
        [Self::Axum, Self::ActixWeb, Self::Rocket, Self::Poem, Self::Salvo, Self::Hyper];

    pub fn name(self) -> &'static str {
        match self {
            Self::Axum => "axum",
            Self::ActixWeb => "actix-web",
            Self::Rocket => "Rocket",
            Self::Poem => "Poem",
            Self::Salvo => "Salvo",
            Self::Hyper => "hyper",
        }
    }

    /// # Errors
    /// What the framework says where it refuses to launch.
    pub fn start(self, app: App, contract: Contract) -> Result<Running, String> {
        match self {
            Self::Axum => axum::start(app, contract),
            Self::ActixWeb => actix_web::start(app, contract),
            Self::Rocket => rocket::start(app, contract),
            Self::Poem => poem::start(app, contract),
            Self::Salvo => salvo::start(app, contract),
            Self::Hyper => hyper::start(app, contract),
        }
    }
}

impl Host for Framework {
    /// Where the log is to name it, one that no other test's log has.
    fn cookie(&self, app: App) -> String {
        match app {
            App::SameCookie | App::SameType | App::SameEndpoint => {
                format!("mistaken-{}-{app:?}", self.name())
            }
            _ => COOKIE.to_owned(),
        }
    }

    fn start(&self, app: App) -> Result<(SocketAddr, Box<dyn Any>), String> {
        listen_to_events();
        let running = Self::start(*self, app, Contract::new(&self.cookie(app), BASKET))?;
        Ok((running.address, Box::new(running)))
    }

    fn log(&self) -> String {
        String::from_utf8_lossy(&LOG.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

/// A server that stops when this is dropped.
pub struct Running {
    pub address: SocketAddr,
    pub(super) stop: Option<oneshot::Sender<()>>,
}

impl Running {
    /// One whose future, over a listener that is bound already, runs on a runtime of its own.
    pub(super) fn tokio<F: Future<Output = ()>>(
        serve: impl FnOnce(TcpListener) -> F + Send + 'static,
    ) -> Result<Self, String> {
        let listener = listener();
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let (stop, stopped) = oneshot::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener) => {}
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        });
        Ok(Self { address, stop: Some(stop) })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

/// A listener on a free port.
pub(super) fn listener() -> TcpListener {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on loopback");
    listener.set_nonblocking(true).expect("a socket that need not block");
    listener
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
        let ours = tracing_subscriber::filter::Targets::new()
            .with_target("sealed_session", tracing::Level::DEBUG);
        use tracing_subscriber::layer::SubscriberExt;
        let format = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| Sink);
        tracing::subscriber::set_global_default(
            tracing_subscriber::registry().with(ours).with(format),
        )
        .expect("the first");
    });
}
