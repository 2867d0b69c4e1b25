//! A session of tower-sessions in tower-sessions-cookie-store.

use crate::Visit;
use cookie::{Cookie, CookieJar, Key};
use http::HeaderMap;
use std::time::SystemTime;
use tower_sessions_cookie_store::decode_record;

pub fn read_private(headers: &HeaderMap, key: &Key) -> Option<Visit> {
    cookies(headers).find_map(|cookie| visit(&CookieJar::new().private(key).decrypt(cookie)?))
}

pub fn read_signed(headers: &HeaderMap, key: &Key) -> Option<Visit> {
    cookies(headers).find_map(|cookie| visit(&CookieJar::new().signed(key).verify(cookie)?))
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = Cookie<'static>> {
    let pairs = headers.get_all("cookie").iter().filter_map(|pair| pair.to_str().ok());
    pairs.filter_map(|pair| Cookie::parse_encoded(pair.to_owned()).ok())
}

fn visit(opened: &Cookie) -> Option<Visit> {
    let mut record = decode_record(opened.value()).ok()?;
    if record.expiry_date <= SystemTime::now() {
        return None;
    }
    let user = record.data.remove("user")?;
    let cart = record.data.remove("cart").unwrap_or_default();
    Some(Visit {
        user: serde_json::from_value(user).ok()?,
        cart: serde_json::from_value(cart).unwrap_or_default(),
    })
}
