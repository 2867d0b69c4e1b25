//! How often sealing, opening and a request that nobody touches allocate, beyond what the data themselves do, for typed sessions. Counted on
//! one thread, of the second call, so that what is set up once in a process's life is not in it.
#![cfg(all(feature = "aes", feature = "shape", not(target_family = "wasm")))]

use http::{HeaderMap, HeaderValue, Method, StatusCode};
use sealed_session::{KeyRing, Sessions, Suite};
use serde::{Deserialize, Serialize};
use std::hint::black_box;

#[derive(Clone, Default, Serialize, Deserialize)]
struct Visit {
    user: Option<u64>,
    name: String,
    cart: Vec<(String, u32)>,
}

fn visit() -> Visit {
    Visit { user: Some(7), name: "Ada Lovelace".into(), cart: vec![("SKU-0001".into(), 2), ("SKU-0002".into(), 1)] }
}

/// The suite for servers, and the one for the edge.
fn suites() -> impl Iterator<Item = Suite> {
    let chacha = cfg!(feature = "chacha").then_some(Suite::XChaCha20Poly1305);
    [Some(Suite::Xaes256Gcm), chacha].into_iter().flatten()
}

fn allocations(mut run: impl FnMut()) -> u64 {
    run();
    allocation_counter::measure(run).count_total
}

#[test]
fn opening_allocates_at_most_twice_beyond_the_data() {
    fn check<T: sealed_session::SessionData + Clone>(suite: Suite, data: T) {
        let sessions = Sessions::<T>::new(KeyRing::generate(suite).unwrap());
        let value = sessions.seal(&data).unwrap();
        let of_the_data = allocations(|| drop(black_box(data.clone())));
        let of_open = allocations(|| drop(black_box(sessions.open(&value).ok().unwrap())));
        assert!(of_open <= of_the_data + 2, "{suite:?}: {of_open}, and {of_the_data} of them for the data");
    }
    for suite in suites() {
        check(suite, Visit::default());
        check(suite, visit());
    }
}

#[test]
fn sealing_allocates_at_most_twice() {
    fn check<T: sealed_session::SessionData>(suite: Suite, data: &T) {
        let sessions = Sessions::<T>::new(KeyRing::generate(suite).unwrap());
        let of_seal = allocations(|| drop(black_box(sessions.seal(data).ok().unwrap())));
        assert!(of_seal <= 2, "{suite:?}: {of_seal}");
    }
    for suite in suites() {
        check(suite, &Visit::default());
        check(suite, &visit());
    }
}

#[test]
fn an_untouched_request_allocates_its_handle_and_nothing_else() {
    let sessions = Sessions::<Visit>::new(KeyRing::generate(Suite::Xaes256Gcm).unwrap());
    let with_cookie = {
        let field = format!("theme=dark; __Host-Http-session={}; lang=en", sessions.seal(&visit()).unwrap());
        HeaderMap::from_iter([(http::header::COOKIE, HeaderValue::from_str(&field).unwrap())])
    };
    for request in [HeaderMap::new(), with_cookie] {
        let of_a_request = allocations(|| {
            let session = sessions.load(&Method::GET, &request);
            let mut response = HeaderMap::new();
            sessions.commit(&session, StatusCode::OK, &mut response).unwrap();
        });
        assert_eq!(of_a_request, 1);
    }
}
