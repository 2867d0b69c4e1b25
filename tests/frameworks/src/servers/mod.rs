//! A server in each framework, with the routes of README.md: `start` makes one on a free loopback port, in a thread of its own.

pub mod actix_web;
pub mod axum;
pub mod hyper;
pub mod poem;
pub mod rocket;
pub mod salvo;

use crate::contract::{App, Contract};
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
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
    pub const ALL: [Self; 6] = [Self::Axum, Self::ActixWeb, Self::Rocket, Self::Poem, Self::Salvo, Self::Hyper];

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

/// A server that stops when this is dropped.
pub struct Running {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
}

impl Running {
    /// One whose future, over a listener that is bound already, runs on a runtime of its own.
    fn tokio<F: Future<Output = ()>>(serve: impl FnOnce(TcpListener) -> F + Send + 'static) -> Result<Self, String> {
        let listener = listener();
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let (stop, stopped) = oneshot::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
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
fn listener() -> TcpListener {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on loopback");
    listener.set_nonblocking(true).expect("a socket that need not block");
    listener
}
