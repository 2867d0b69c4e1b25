//! Code of the application's that runs inside the crate and asks for the session again: it gets an answer, and nothing hangs.
#![cfg(not(target_family = "wasm"))]

use http::{HeaderMap, Method};
use sealed_session::{Key, KeyFile, KeyRing, ManualClock, OldCookie, Session, Sessions, Status, Suite};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::sync::mpsc;
use std::time::Duration;

thread_local! {
    static HELD: RefCell<Option<Session<Noisy>>> = const { RefCell::new(None) };
}

/// Data whose `Drop` reads the session that it is of.
#[derive(Default, Serialize, Deserialize)]
struct Noisy {
    count: u32,
    text: String,
}

/// One with a text is quiet: what is dropped while it is being opened would wait for itself.
impl Drop for Noisy {
    fn drop(&mut self) {
        if self.text.is_empty() {
            read_held();
        }
    }
}

fn read_held() {
    HELD.with_borrow(|held| held.as_ref().map(|session| session.read(|noisy| noisy.count)));
}

/// Fails where `run` does not come back: a lock that is held by who waits for it never gives way.
fn comes_back(run: impl FnOnce() + Send + 'static) {
    let (done, finished) = mpsc::channel();
    std::thread::spawn(move || {
        run();
        HELD.take();
        done.send(()).unwrap();
    });
    finished.recv_timeout(Duration::from_secs(60)).expect("it hangs, or it panicked");
}

fn session(cookie: &str) -> Session<Noisy> {
    let sessions = Sessions::<Noisy>::new(KeyRing::generate(Suite::Xaes256Gcm).unwrap());
    let headers = HeaderMap::from_iter([(http::header::COOKIE, cookie.parse().unwrap())]);
    sessions.load(&Method::GET, &headers)
}

#[test]
fn a_drop_of_the_data_may_read_the_session() {
    comes_back(|| {
        let session = session("a=1");
        session.update(|noisy| noisy.count = 1).unwrap();
        HELD.set(Some(session.clone()));
        session.update(|noisy| noisy.count = 2).unwrap();
        session.set(Noisy { count: 3, text: String::new() }).unwrap();
        session.purge().unwrap();
        assert_eq!(session.read(|noisy| noisy.count), 0);
    });
}

/// Adds the session to every event, as a subscriber that names the visitor would.
struct Naming;

impl tracing::Subscriber for Naming {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {
        read_held();
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn who_hears_of_a_refused_cookie_may_read_the_session() {
    comes_back(|| {
        let session = session("__Host-Http-session=junk");
        HELD.set(Some(session.clone()));
        tracing::subscriber::with_default(Naming, || assert!(matches!(session.status(), Status::Rejected(_))));
    });
}

#[test]
fn who_hears_that_another_librarys_session_was_not_imported_may_read_the_session() {
    comes_back(|| {
        let old = OldCookie::new("sid", std::time::SystemTime::now() + Duration::from_secs(3600));
        let large = |_: &HeaderMap| Some(Noisy { count: 1, text: "x".repeat(5000) });
        let ring = KeyRing::generate(Suite::Xaes256Gcm).unwrap();
        let sessions = Sessions::<Noisy>::builder(ring).import(old, large).build().unwrap();
        let headers = HeaderMap::from_iter([(http::header::COOKIE, "sid=1".parse().unwrap())]);
        let session = sessions.load(&Method::GET, &headers);
        HELD.set(Some(session.clone()));
        tracing::subscriber::with_default(Naming, || assert_eq!(session.status(), Status::New));
    });
}

#[test]
fn who_hears_of_a_rings_file_may_read_the_session_and_have_the_file_read() {
    comes_back(|| {
        let path = std::env::temp_dir().join(format!("sealed-session-reentry-{}", std::process::id()));
        std::fs::write(&path, Key::generate(Suite::Xaes256Gcm).unwrap().expose_secret()).unwrap();
        let file = KeyFile::watch(&path).unwrap();
        let clock = ManualClock::at_system_time();
        let sessions = Sessions::<Noisy>::builder(file.ring()).clock(clock.clone()).build().unwrap();
        std::fs::remove_file(&path).unwrap();
        let session = sessions.load(&Method::GET, &HeaderMap::new());
        HELD.set(Some(session.clone()));
        tracing::subscriber::with_default(Naming, || {
            assert_eq!(session.status(), Status::New);
            assert!(file.reload().is_err() && file.last_error().is_some());
        });
    });
}

#[test]
fn who_hears_that_a_session_ended_may_read_and_write_it() {
    comes_back(|| {
        let hear = |_: &sealed_session::Ended| {
            read_held();
            HELD.with_borrow(|held| held.as_ref().map(|session| session.update(|noisy| noisy.count = 1)));
        };
        let sessions = Sessions::<Noisy>::builder(KeyRing::generate(Suite::Xaes256Gcm).unwrap()).on_end(hear).build().unwrap();
        let value = sessions.seal(&Noisy { count: 3, text: "quiet".to_owned() }).unwrap();
        let cookie = format!("{}={value}", sessions.cookie_name());
        let headers = HeaderMap::from_iter([(http::header::COOKIE, cookie.parse().unwrap())]);
        let purged = sessions.load(&Method::GET, &headers);
        HELD.set(Some(purged.clone()));
        purged.purge().unwrap();
        assert_eq!(purged.read(|noisy| noisy.count), 1, "of the session that began after it");
        let renewed = sessions.load(&Method::GET, &headers);
        HELD.set(Some(renewed.clone()));
        renewed.renew().unwrap();
        let mut response = HeaderMap::new();
        sessions.commit(&renewed, http::StatusCode::OK, &mut response).unwrap();
        assert_eq!(renewed.read(|noisy| noisy.count), 3, "the response is out");
    });
}
