//! A request whose handler does not touch the session costs one allocation, for the handle, and one
//! reading of the clock: docs/rules.md §5.1.

use crate::count;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use sealed_session::clock::Clock;
use sealed_session::{KeyRing, Sessions};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[derive(Default, Serialize, Deserialize)]
struct Visit {
    user: Option<u64>,
}

fn request(cookie: &str) -> HeaderMap {
    HeaderMap::from_iter([(http::header::COOKIE, HeaderValue::from_str(cookie).unwrap())])
}

#[test]
fn an_untouched_session_allocates_only_its_handle() {
    let sessions = Sessions::<Visit>::new(KeyRing::ephemeral().unwrap()).unwrap();
    let cookie = sessions.seal(&Visit { user: Some(7) }).unwrap();
    for cookie in [format!("a=1; {}={cookie}; b=2", sessions.cookie_name()), "a=1".into()] {
        // Servers pass values that share their buffer. A value made from a `str` does so once it has
        // been cloned.
        let headers = request(&cookie).clone();
        let mut response = HeaderMap::new();
        let allocated = count(|| {
            let session = sessions.load((&Method::GET, &headers));
            sessions.commit(&session, StatusCode::OK, &mut response).unwrap();
        });
        assert_eq!(allocated.total, 1);
        assert!(response.is_empty());
    }
}

#[test]
fn a_touched_session_allocates_more() {
    let sessions = Sessions::<Visit>::new(KeyRing::ephemeral().unwrap()).unwrap();
    let headers = request(&format!(
        "{}={}",
        sessions.cookie_name(),
        sessions.seal(&Visit { user: Some(7) }).unwrap()
    ));
    let session = sessions.load((&Method::GET, &headers));
    let allocated = count(|| assert_eq!(session.read(|visit| visit.user), Some(7)));
    assert!(allocated.total > 1);
}

#[test]
fn an_untouched_session_reads_the_clock_once() {
    let readings = Arc::new(AtomicU32::new(0));
    let clock = Clock::from_fn({
        let readings = Arc::clone(&readings);
        move || {
            readings.fetch_add(1, Ordering::Relaxed);
            Duration::from_secs(1_800_000_000)
        }
    });
    let sessions =
        Sessions::<Visit>::builder(KeyRing::ephemeral().unwrap()).clock(clock).build().unwrap();
    readings.store(0, Ordering::Relaxed);
    let session = sessions.load((&Method::GET, &request("a=1")));
    sessions.commit(&session, StatusCode::OK, &mut HeaderMap::new()).unwrap();
    assert_eq!(readings.load(Ordering::Relaxed), 1);
}
