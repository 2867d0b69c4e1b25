//! What the check sends: a visitor's request for the page, and Chromium's for the endpoints.

use super::site::{asking, shop};
use super::{Site, command, run};
use axum::extract::Request;
use axum::http::HeaderMap;
use std::sync::{Arc, Mutex};

/// Method, path and fields of each request of a check of a site without a fault.
fn requests() -> (Site, Vec<(String, HeaderMap)>) {
    let seen: Arc<Mutex<Vec<(String, HeaderMap)>>> = Arc::default();
    let record = Arc::clone(&seen);
    let site = Site::start(asking(shop(), move |request: &mut Request| {
        let line = format!("{} {}", request.method(), request.uri().path());
        record.lock().unwrap().push((line, request.headers().clone()));
    }));
    run(&mut command(&[&site.url("/sign-in")])).ok();
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    (site, seen)
}

fn text<'a>(fields: &'a HeaderMap, name: &str) -> &'a str {
    fields.get(name).map_or("", |value| value.to_str().unwrap())
}

#[test]
fn each_request_is_made_once_and_the_page_is_opened_twice() {
    let (_site, requests) = requests();
    let lines: Vec<&str> = requests.iter().map(|(line, _)| line.as_str()).collect();
    let (page, register, refresh) = ("GET /sign-in", "POST /dbsc/register", "POST /dbsc/refresh");
    assert_eq!(lines, [page, page, register, refresh, refresh]);
}

#[test]
fn the_page_is_opened_by_a_visitor_without_cookies() {
    let (_site, requests) = requests();
    for (_, fields) in &requests[..2] {
        assert_eq!(text(fields, "sec-fetch-site"), "none");
        assert_eq!(text(fields, "sec-fetch-mode"), "navigate");
        assert!(text(fields, "user-agent").contains("sealed-session/"), "{fields:?}");
        assert!(!fields.contains_key("cookie"), "{fields:?}");
    }
}

#[test]
fn the_endpoints_get_what_chromium_sends() {
    let (site, requests) = requests();
    for (_, fields) in &requests[2..] {
        assert_eq!(text(fields, "sec-fetch-site"), "same-origin");
        assert_eq!(text(fields, "sec-fetch-mode"), "no-cors");
        assert_eq!(text(fields, "sec-fetch-dest"), "empty");
        assert_eq!(text(fields, "origin"), site.url(""));
        assert_eq!(text(fields, "content-length"), "0");
        assert!(!fields.contains_key("content-type"), "{fields:?}");
    }
    let [register, asks, refresh] = [2, 3, 4].map(|index: usize| &requests[index].1);
    // Chromium's tokens have no quotes.
    for (fields, header) in [
        (register, r#"{"alg":"ES256","jwk":{"crv":"P-256","kty":"EC","x":""#),
        (refresh, r#"{"alg":"ES256","typ":"dbsc+jwt"}"#),
    ] {
        let token = text(fields, "secure-session-response");
        let parts: Vec<Vec<u8>> = token.split('.').map(decode).collect();
        assert_eq!(parts.len(), 3, "{token}");
        assert!(String::from_utf8_lossy(&parts[0]).starts_with(header), "{token}");
        assert!(parts[1].starts_with(br#"{"jti":""#) && parts[2].len() == 64, "{token}");
    }
    assert!(!asks.contains_key("secure-session-response"));
    assert!(!register.contains_key("sec-secure-session-id"));
    let id = text(asks, "sec-secure-session-id");
    assert!(id.len() == 22 && text(refresh, "sec-secure-session-id") == id, "{id}");
    assert!(text(refresh, "cookie").starts_with(&format!("__Host-session-proof-{}=", &id[..4])));
}

fn decode(part: &str) -> Vec<u8> {
    use base64::engine::{Engine, general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.decode(part).unwrap()
}
