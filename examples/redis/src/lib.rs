//! What the servers of a fleet share through Redis, read by a task in the background, so that no
//! request waits for it: the ring of keys (`ring_in_redis`), and who has signed out everywhere
//! (`sign_out_everywhere`). Each is a module to copy from, with a binary of its name that serves
//! it, and tests with real processes and a real Redis. `trouble` and `serve` are what both use.
//!
//! Redis is asked over a connection that is made for the question: with seconds between them, that
//! is cheaper than to find out which kept one is dead. The client gives up after a second to
//! connect and half a second for an answer.

#![forbid(unsafe_code)]

pub mod ring_in_redis;
pub mod sign_out_everywhere;

pub mod trouble;

use axum::Router;
use std::error::Error;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::net::TcpListener;

/// What the binaries read from the environment.
pub struct Settings {
    /// `REDIS_URL`, by default `redis://127.0.0.1:6379`. It may hold a password: it is not to be
    /// logged.
    pub redis: redis::Client,
    /// `REDIS_EVERY_MS`: how long the task sleeps between two looks, 10,000 milliseconds by
    /// default.
    pub every: Duration,
    /// `PORT`, 3000 by default; 0 is any that is free.
    pub port: u16,
}

impl Settings {
    /// Reads them.
    ///
    /// # Errors
    /// What is no address, or no number.
    pub fn from_env() -> Result<Self, Box<dyn Error>> {
        let or = |name, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
        let every = or("REDIS_EVERY_MS", "10000")
            .parse()
            .map_err(|_| "REDIS_EVERY_MS must be a number of milliseconds")?;
        let port = or("PORT", "3000").parse().map_err(|_| "PORT must be a port number")?;
        let redis = redis::Client::open(or("REDIS_URL", "redis://127.0.0.1:6379"))?;
        Ok(Self { redis, every: Duration::from_millis(every), port })
    }
}

/// Serves on loopback and says where, while `task` runs beside it. A task that ends takes the
/// server with it: one that nobody tells of new keys is to be seen, and started again.
///
/// # Errors
/// Those of the listener (mostly that another process has the port), and the end of the task.
pub async fn serve(
    app: Router,
    port: u16,
    task: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("http://localhost:{}", listener.local_addr()?.port());
    tokio::select! {
        served = async { axum::serve(listener, app).await } => Ok(served?),
        ended = tokio::spawn(task) => Err(ended.err().map_or("the task ended".into(), Box::from)),
    }
}
