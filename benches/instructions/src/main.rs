//! Does each operation a few times inside `counted`, whose instructions `scripts/counts` has
//! valgrind count, one dump after each; and prints the operations' names in that order, with the
//! number of times.
//!
//! All runs in one process. Each operation is done once before it is counted, so that what is set
//! up once in a process's life is not in it.

mod device;
#[path = "../../../tests/support/device_key.rs"]
#[allow(dead_code)] // a part of it is used
mod device_key;

use device::Bound;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use sealed_session::clock::ManualClock;
use sealed_session::{KeyRing, Map, Sessions, Suite};
use sealed_session_benches::{Example, Payload, empty, one_kilobyte, shop, small, three_kilobytes};
use std::hint::black_box;
use std::time::Duration;

/// Finds a block of a size in as many instructions each time. The C library's searches what was
/// freed before, so that a change in one operation would show in the count of another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const TIMES: u32 = 100;
const NOW: Duration = Duration::from_secs(1_800_000_000);
const LATER: Duration = Duration::from_secs(1_900_000_000);

fn main() {
    for (suite, name) in [(Suite::Xaes256Gcm, "xaes"), (Suite::XChaCha20Poly1305, "xchacha")] {
        both(suite, name, &empty());
        both(suite, name, &small());
        both(suite, name, &shop());
        both(suite, name, &one_kilobyte());
        both(suite, name, &three_kilobytes());
        // What is in the session makes no difference.
        let ring = KeyRing::generate(suite).expect("the system has randomness");
        let bound = Bound::new(&ring, &small().typed).expect("the session is not empty");
        count(&format!("{name} small typed"), "refresh-bound", || bound.is_refreshed());
    }
}

fn both<T: Payload>(suite: Suite, name: &str, example: &Example<T>) {
    let payload = example.name.replace(' ', "");
    operations(suite, &format!("{name} {payload} typed"), &example.typed);
    operations::<Map>(suite, &format!("{name} {payload} map"), &example.map());
}

fn operations<T: Payload>(suite: Suite, name: &str, data: &T) {
    let ring = KeyRing::generate(suite).expect("the system has randomness");
    let at = |now| {
        Sessions::<T>::builder(ring.clone())
            .clock(ManualClock::at(now))
            .build()
            .expect("a configuration")
    };
    let (now, later) = (at(NOW), at(LATER));
    let good = now.seal(data).expect("it fits");
    let foreign =
        Sessions::<T>::new(KeyRing::generate(suite).expect("the system has randomness")).unwrap();
    let foreign = foreign.seal(data).expect("it fits");
    let with = |index: usize, with: char| format!("{}{with}{}", &good[..index], &good[index + 1..]);
    let tag = good.len() - 10;
    let forged = with(tag, if good.as_bytes()[tag] == b'A' { 'B' } else { 'A' });
    let mut request = HeaderMap::new();
    let field = format!("__Host-Http-session={good}");
    request.insert("cookie", HeaderValue::from_str(&field).expect("base64url"));

    count(name, "seal", || now.seal(black_box(data)).is_ok());
    count(name, "open", || now.open(black_box(&good)).is_ok());
    count(name, "request", || whole_request(&now, &request));
    count(name, "untouched", || untouched(&now, &request));
    // An empty session has no cookie, so it cannot be bound.
    if let Some(Bound { sessions, request, .. }) = Bound::new(&ring, data) {
        count(name, "request-bound", || whole_request(&sessions, &request));
    }
    for (case, sessions, value) in [
        ("reject-garbage", &now, with(good.len() / 2, '!')),
        ("reject-unknown-key", &now, foreign),
        ("reject-forged-tag", &now, forged),
        ("reject-expired", &later, good.clone()),
    ] {
        count(name, case, || sessions.open(black_box(&value)).is_err());
    }
}

/// From the `Cookie` field to the `Set-Cookie` line. An empty session has none: it is read.
fn whole_request<T: Payload>(sessions: &Sessions<T>, request: &HeaderMap) -> bool {
    let session = sessions.load((&Method::POST, black_box(request)));
    let mut answer = HeaderMap::new();
    session.update(T::visit).is_ok()
        && sessions.commit(&session, StatusCode::OK, &mut answer).is_ok()
}

fn untouched<T: Payload>(sessions: &Sessions<T>, request: &HeaderMap) -> bool {
    let session = sessions.load((&Method::GET, black_box(request)));
    let mut answer = HeaderMap::new();
    sessions.commit(&session, StatusCode::OK, &mut answer).is_ok()
}

fn count(name: &str, operation: &str, run: impl Fn() -> bool) {
    assert!(run(), "{name} {operation}: it did not do what is to be counted");
    counted(&run);
    println!("{TIMES} {name} {operation}");
}

/// Its name is what `scripts/counts` tells valgrind.
#[inline(never)]
fn counted(run: &dyn Fn() -> bool) {
    for _ in 0..TIMES {
        black_box(run());
    }
}
