//! The peers, each as its own documentation uses it. A peer that has no seal and open of its own is
//! measured through its middleware, less the same request without it (`less` in `interleave`).

mod actix_session;
mod biscotti;
mod branca;
mod pasetors;
mod private_jar;
mod services;
mod seshcookie;
mod tower_sessions;

use crate::interleave::Start;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use sealed_session_benches::Payload;

/// One payload's four operations, to which the peers are added.
pub struct Operations<'a> {
    pub seal: Start<'a>,
    pub open: Start<'a>,
    pub change: Start<'a>,
    pub read: Start<'a>,
}

pub fn add<T: Payload>(operations: &mut Operations<'_>, data: &T) {
    private_jar::add(operations, data);
    biscotti::add(operations, data);
    branca::add(operations, data);
    pasetors::add(operations, data);
    services::add_bare(operations);
    seshcookie::add(operations, data);
    tower_sessions::add(operations, data);
    actix_session::add(operations, data);
}

fn json<T: Payload>(data: &T) -> String {
    serde_json::to_string(data).expect("it is JSON")
}

fn from_json<T: Payload>(json: &str) -> T {
    serde_json::from_str(json).expect("it is a T")
}

fn secret() -> [u8; 32] {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).expect("the system has randomness");
    secret
}

/// The median length of many cookies: where base64 is percent-encoded, each has another.
fn typical(seal: impl FnMut() -> usize) -> usize {
    let mut lengths: Vec<usize> = std::iter::repeat_with(seal).take(101).collect();
    lengths.sort_unstable();
    lengths[lengths.len() / 2]
}

/// For peers without a middleware, whose requests and responses go through their types by hand.
fn request(pair: &str) -> HeaderMap {
    HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(pair).expect("it is ASCII"))])
}

fn response(lines: impl IntoIterator<Item = String>) -> HeaderMap {
    lines
        .into_iter()
        .map(|line| (SET_COOKIE, HeaderValue::try_from(line).expect("it is ASCII")))
        .collect()
}
