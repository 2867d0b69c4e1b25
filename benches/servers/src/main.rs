//! One server of the comparison, on one thread: `server FRAMEWORK VARIANT [REDIS_URL]` prints its
//! port. `run.py` starts them all and asks them.
//!
//! Every variant answers `GET /` with the same bytes; they differ in what they do with the shop's
//! session (`tests/data/shop.json`) before that. `POST /begin` makes the session, and its response
//! has the cookie that all later requests bring.

mod actix;
mod axum;

use sealed_session::KeyRing;
use sealed_session_benches::Shop;
use std::error::Error;
use std::sync::LazyLock;

/// What a server does with the session before it answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// No session at all.
    Bare,
    /// A layer that does nothing: what the framework takes for any.
    Idle,
    /// The layer is there, and no handler asks for the session.
    Untouched,
    Read,
    /// A field changes with every request.
    Write,
    /// `cookie`'s PrivateJar or actix-session's cookie, both with JSON.
    PeerRead,
    PeerWrite,
    RedisRead,
    RedisWrite,
}

/// The session that `/begin` makes.
pub fn example() -> Shop {
    sealed_session_benches::shop().typed
}

/// What every variant answers, which is what the session says.
pub fn page(shop: &Shop) -> String {
    format!("{} articles in your cart, {}\n", shop.cart.len(), shop.name)
}

/// The same, where there is no session.
pub fn same_page() -> String {
    static PAGE: LazyLock<String> = LazyLock::new(|| page(&example()));
    PAGE.clone()
}

/// The change of every write: the cookie that comes is always the same, so this always is one.
pub fn change(shop: &mut Shop) {
    if let Some(item) = shop.cart.first_mut() {
        item.qty += 1;
    }
}

/// A ring of one key, as most have.
pub fn ring() -> Result<KeyRing, Box<dyn Error>> {
    Ok(KeyRing::generate(sealed_session::Suite::Xaes256Gcm)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let usage = "usage: server axum|actix-web bare|idle|untouched|read|write|peer-read|peer-write|redis-read|redis-write [REDIS_URL]";
    let framework = arguments.get(1).ok_or(usage)?;
    let variant = match arguments.get(2).ok_or(usage)?.as_str() {
        "bare" => Variant::Bare,
        "idle" => Variant::Idle,
        "untouched" => Variant::Untouched,
        "read" => Variant::Read,
        "write" => Variant::Write,
        "peer-read" => Variant::PeerRead,
        "peer-write" => Variant::PeerWrite,
        "redis-read" => Variant::RedisRead,
        "redis-write" => Variant::RedisWrite,
        _ => return Err(usage.into()),
    };
    let redis = arguments.get(3).map(String::as_str);
    match framework.as_str() {
        "axum" => axum::serve(variant, redis),
        "actix-web" => actix::serve(variant, redis),
        _ => Err(usage.into()),
    }
}
