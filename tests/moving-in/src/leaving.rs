//! From a cookie of ours to another library: axum-extra's `PrivateCookieJar`.

use crate::Visit;
use axum_extra::extract::cookie::{Cookie, PrivateCookieJar, SameSite};
use http::{HeaderMap, Method, StatusCode};
use sealed_session::{LoadStatus, Sessions};
use std::error::Error;
use time::OffsetDateTime;
use time::macros::datetime;

pub const DELETE_FROM: OffsetDateTime = datetime!(2028-01-15 00:00 UTC);
pub const READ_UNTIL: OffsetDateTime = datetime!(2028-01-31 00:00 UTC);

/// The visitor of a request, and the jar to answer with. `jar` was made from the same request.
pub fn visit(
    jar: PrivateCookieJar,
    ours: &Sessions<Visit>,
    method: &Method,
    headers: &HeaderMap,
    now: OffsetDateTime,
) -> (Visit, PrivateCookieJar) {
    if let Some(cookie) = jar.get("sid") {
        return (serde_json::from_str(cookie.value()).unwrap_or_default(), jar);
    }
    if now >= READ_UNTIL || came(headers, "sid") {
        return (Visit::default(), jar);
    }
    let session = ours.load((method, headers));
    let visit = session.cloned();
    match serde_json::to_string(&visit) {
        Ok(json) if session.load_status() == LoadStatus::Restored => {
            let sid = Cookie::build(("sid", json))
                .path("/")
                .secure(true)
                .http_only(true)
                .same_site(SameSite::Lax);
            (visit, jar.add(sid))
        }
        _ => (Visit::default(), jar),
    }
}

/// Deletes our cookie where it came: at sign-out, and from `DELETE_FROM` on with every response.
pub fn delete_ours(
    ours: &Sessions<Visit>,
    method: &Method,
    request: &HeaderMap,
    response: &mut HeaderMap,
) -> Result<(), Box<dyn Error>> {
    let session = ours.load((method, request));
    session.purge()?;
    Ok(ours.commit(&session, StatusCode::OK, response)?)
}

/// Whether a cookie of this name came, readable or not.
fn came(headers: &HeaderMap, name: &str) -> bool {
    let pairs = headers
        .get_all("cookie")
        .iter()
        .flat_map(|field| field.as_bytes().split(|byte| *byte == b';'));
    pairs
        .map(|pair| pair.trim_ascii())
        .any(|pair| pair.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"=")))
}
