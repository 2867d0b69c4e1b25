//! A request whose handler does not touch the session: one allocation for the handle, one reading
//! of the clock, nothing else.

use http::{HeaderMap, HeaderValue, Method, StatusCode};
use sealed_session::clock::Clock;
use sealed_session::{KeyRing, Sessions};
use serde::{Deserialize, Serialize};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: it only counts, and hands everything to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promises are those of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(during: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    during();
    ALLOCATIONS.get() - before
}

#[derive(Default, Serialize, Deserialize)]
struct Visit {
    user: Option<u64>,
}

fn request(cookie: &str) -> HeaderMap {
    HeaderMap::from_iter([(http::header::COOKIE, HeaderValue::from_str(cookie).unwrap())])
}

#[test]
fn an_untouched_session_allocates_its_handle_alone() {
    let sessions = Sessions::<Visit>::new(KeyRing::ephemeral().unwrap()).unwrap();
    let cookie = sessions.seal(&Visit { user: Some(7) }).unwrap();
    for cookie in [format!("a=1; {}={cookie}; b=2", sessions.cookie_name()), "a=1".into()] {
        // Servers hand over values that share their buffer; one made from a `str` does so once it
        // was cloned.
        let headers = request(&cookie).clone();
        let mut response = HeaderMap::new();
        let count = allocations(|| {
            let session = sessions.load((&Method::GET, &headers));
            sessions.commit(&session, StatusCode::OK, &mut response).unwrap();
        });
        assert_eq!(count, 1);
        assert!(response.is_empty());
    }
}

#[test]
fn a_touched_one_is_counted_so_that_the_other_count_means_something() {
    let sessions = Sessions::<Visit>::new(KeyRing::ephemeral().unwrap()).unwrap();
    let headers = request(&format!(
        "{}={}",
        sessions.cookie_name(),
        sessions.seal(&Visit { user: Some(7) }).unwrap()
    ));
    let session = sessions.load((&Method::GET, &headers));
    assert!(allocations(|| assert_eq!(session.read(|visit| visit.user), Some(7))) > 1);
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
