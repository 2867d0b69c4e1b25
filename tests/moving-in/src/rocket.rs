//! A user's number in a private cookie of Rocket.

use crate::Visit;
use cookie::{Cookie, CookieJar, Key};
use http::HeaderMap;

/// `secret` is the configuration's `secret_key`, decoded from base64 or hex.
pub fn key(secret: &[u8]) -> Key {
    if secret.len() < 64 { Key::derive_from(secret) } else { Key::from(secret) }
}

pub fn read(headers: &HeaderMap, key: &Key) -> Option<Visit> {
    headers.get_all("cookie").iter().find_map(|pair| {
        let sealed = Cookie::parse_encoded(pair.to_str().ok()?.to_owned()).ok()?;
        let opened = CookieJar::new().private(key).decrypt(sealed)?;
        Some(Visit { user: Some(opened.value().parse().ok()?), ..Visit::default() })
    })
}
