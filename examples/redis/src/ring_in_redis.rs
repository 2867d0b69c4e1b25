//! A key ring that is kept in Redis. A task of the application's own fetches its text every few
//! seconds and hands it to `KeyRing::replace`; for a Vault or a cloud's secret manager only `fetch`
//! would be another.
//!
//! ```text
//! every 10 s ─▶ GET ─▶ UTF-8? ─▶ parses? ─▶ the keys that are there? ─▶ seals now? ─▶ the ring is replaced, for all requests to come
//!                └───────┴──────────┴─ no: a line in the log             └─ no: a line in the log, and the old ring goes on
//! ```
//! - **No request waits for Redis**: sessions are sealed and opened with the ring in memory. While
//!   Redis is away nothing changes.
//! - **A process does not start without a ring.** With an ephemeral one in its place it would sign
//!   out whoever it serves.
//! - **A new key is announced before it seals**: its `seal-from` lies further ahead than the
//!   longest time that a server may miss of Redis, and the two minutes that clocks may differ.
//!   Every server then opens with it before any seals with it.
//! - **The old key stays until the sessions under it have ended** or were issued anew: see the
//!   README of the crate.
//!
//! Redis then holds the secrets: see the README beside this.
//!
//! `cargo run -p sealed-session-redis --bin ring_in_redis`

use crate::trouble::Trouble;
use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::{get, post};
use redis::{AsyncCommands, Client, RedisError};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::error::RingError;
use sealed_session::{KeyRing, Session, SessionError, Sessions};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Write};
use std::time::{Duration, SystemTime};
use zeroize::Zeroizing;

/// The key in Redis.
pub const NAME: &str = "sealed-session:ring";

/// A ring that follows the one in Redis.
#[derive(Clone)]
pub struct RedisRing {
    redis: Client,
    ring: KeyRing,
    trouble: Trouble,
}

impl RedisRing {
    /// Fetches the ring for the first time.
    ///
    /// # Errors
    /// [`NoRing`]: the process is not to start.
    pub async fn read(redis: Client) -> Result<Self, NoRing> {
        let ring = fetch(&redis).await?;
        Ok(Self { redis, ring, trouble: Trouble::default() })
    }

    /// The ring for `Sessions`: a handle, which always holds the last good one.
    pub fn ring(&self) -> KeyRing {
        self.ring.clone()
    }

    /// Looks for changes, for ever.
    pub async fn follow(self, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            let taken = fetch(&self.redis).await.and_then(|new| self.take_over(&new));
            self.trouble.note("the session keys", taken);
        }
    }

    fn take_over(&self, new: &KeyRing) -> Result<(), NoRing> {
        // Nearly every look finds what is there, and `replace` tells an event. A ring that has run
        // out is no news and yet an error.
        if new.keys() == self.ring.keys() && new.sealing_key(SystemTime::now()).is_some() {
            return Ok(());
        }
        self.ring.replace(new).map_err(NoRing::Refused)
    }
}

async fn fetch(redis: &Client) -> Result<KeyRing, NoRing> {
    // As bytes: what the client says of a value that is no String could quote it.
    let text: Option<Vec<u8>> = redis.get_multiplexed_async_connection().await?.get(NAME).await?;
    let text = Zeroizing::new(text.ok_or(NoRing::Missing)?);
    std::str::from_utf8(&text)
        .map_err(|_| RingError::NotUtf8)
        .and_then(str::parse)
        .map_err(NoRing::Refused)
}

/// Redis gave no ring that can be used.
pub enum NoRing {
    Redis(RedisError),
    Missing,
    Refused(RingError),
}

impl From<RedisError> for NoRing {
    fn from(error: RedisError) -> Self {
        Self::Redis(error)
    }
}

impl fmt::Display for NoRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Redis(error) => write!(f, "Redis: {error}"),
            Self::Missing => write!(f, "Redis has no {NAME}: store a key ring there"),
            Self::Refused(error) => error.fmt(f),
        }
    }
}

/// The sentence, since a `main` that returns its error prints this.
impl fmt::Debug for NoRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for NoRing {}

/// The session.
#[derive(Default, Serialize, Deserialize)]
pub struct Visit {
    requests: u64,
}

pub fn app(sessions: Sessions<Visit>, keys: RedisRing) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/count", post(count))
        .layer(SessionLayer::new(sessions))
        .route("/status", get(status))
        .with_state(keys)
}

async fn home(session: Session<Visit>) -> Html<String> {
    let requests = session.read(|visit| visit.requests);
    Html(format!(
        "<p>{requests} requests in this session.<form method=\"post\" action=\"/count\"><button>One more</button></form>"
    ))
}

async fn count(session: Session<Visit>) -> Result<String, SessionError> {
    session.update(|visit| {
        visit.requests += 1;
        visit.requests.to_string()
    })
}

/// For the operator, who sees here when every server knows a new key. Ids are no secrets, but
/// strangers have no business here either.
async fn status(State(keys): State<RedisRing>) -> String {
    let ring = keys.ring();
    let mut page = String::new();
    for key in ring.keys() {
        let _ = writeln!(page, "opens {}", key.id);
    }
    if let Some(id) = ring.sealing_key(SystemTime::now()) {
        let _ = writeln!(page, "seals {id}");
    }
    page + "trouble " + &keys.trouble.sentence()
}
