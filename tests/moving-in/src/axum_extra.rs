//! A user's number in axum-extra's `PrivateCookieJar`.

use crate::Visit;
use axum_extra::extract::cookie::{Key, PrivateCookieJar};
use http::HeaderMap;

pub fn read(headers: &HeaderMap, key: &Key) -> Option<Visit> {
    let jar = PrivateCookieJar::from_headers(headers, key.clone());
    let user = jar.get("session")?.value().parse().ok()?;
    Some(Visit { user: Some(user), ..Visit::default() })
}
