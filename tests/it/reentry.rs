//! docs/rules.md §2: application code that runs inside the crate. It may use the session again,
//! gets an answer, and nothing hangs. It may panic (`panics`).

mod panics;

use http::{HeaderMap, Method, StatusCode};
use sealed_session::clock::{Clock, ManualClock};
use sealed_session::keys::Key;
use sealed_session::migrate::LegacyCookie;
use sealed_session::{
    Builder, KeyFile, KeyRing, LoadStatus, Session, SessionError, SessionInfo, Sessions, Suite,
};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

thread_local! {
    static HELD: RefCell<Option<Session<Noisy>>> = const { RefCell::new(None) };
    /// What `read_held` read, in a `Drop` or elsewhere, or why it could not write.
    static READ: RefCell<Vec<Result<u32, SessionError>>> = const { RefCell::new(Vec::new()) };
}

/// Data whose `Drop` reads its own session.
#[derive(Default, Serialize, Deserialize)]
struct Noisy {
    count: u32,
    text: String,
}

impl Drop for Noisy {
    fn drop(&mut self) {
        read_held();
    }
}

fn noisy(count: u32) -> Noisy {
    Noisy { count, text: String::new() }
}

fn read_held() {
    let read = HELD.with_borrow(|held| {
        let session = held.as_ref()?;
        let count = session.read(|noisy| noisy.count);
        Some(session.take_flashes().map(|_| count))
    });
    READ.with_borrow_mut(|all| all.extend(read));
}

/// Returns what `read_held` read while this session was held.
fn reads_of(session: &Session<Noisy>, run: impl FnOnce()) -> Vec<Result<u32, SessionError>> {
    HELD.set(Some(session.clone()));
    READ.take();
    run();
    HELD.take();
    READ.take()
}

/// Fails if `run` does not return: a lock that is waited for by its holder never becomes free.
fn comes_back(run: impl FnOnce() + Send + 'static) {
    let (done, finished) = mpsc::channel();
    std::thread::spawn(move || {
        run();
        HELD.take();
        done.send(()).unwrap();
    });
    finished.recv_timeout(Duration::from_secs(60)).expect("it hangs, or it panicked");
}

fn builder() -> Builder<Noisy> {
    Sessions::builder(KeyRing::generate(Suite::Xaes256Gcm).unwrap())
}

fn session(cookie: &str) -> Session<Noisy> {
    load(&builder().build().unwrap(), cookie)
}

fn load(sessions: &Sessions<Noisy>, cookie: &str) -> Session<Noisy> {
    let headers = HeaderMap::from_iter([(http::header::COOKIE, cookie.parse().unwrap())]);
    sessions.load((&Method::GET, &headers))
}

/// A cookie of a session with this count.
fn cookie(sessions: &Sessions<Noisy>, count: u32) -> String {
    format!("{}={}; ", sessions.cookie_name(), sessions.seal(&noisy(count)).unwrap())
}

#[test]
fn dropping_the_data_may_read_the_session() {
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

#[test]
fn dropping_a_losing_cookies_data_reads_the_winner() {
    comes_back(|| {
        let clock = ManualClock::at_system_time();
        let check = |_: &SessionInfo, noisy: &Noisy| {
            if noisy.count < 9 { Ok(()) } else { Err("no") }
        };
        let sessions = builder().clock(clock.clone()).validate(check).build().unwrap();
        // Each is issued a second after the previous one.
        let issue = |count| {
            clock.advance(Duration::from_secs(1));
            cookie(&sessions, count)
        };
        let issued: Vec<String> = (0..10).map(issue).collect();
        let reads = |counts: &[usize]| {
            let session =
                load(&sessions, &counts.iter().map(|count| &*issued[*count]).collect::<String>());
            reads_of(&session, || assert!(session.load_status() != LoadStatus::New))
        };
        assert_eq!(reads(&[9]), [Ok(0)], "it is refused");
        assert_eq!(reads(&[1, 2]), [Ok(2)], "the later one takes its place");
        assert_eq!(reads(&[2, 1]), [Ok(2)], "it is not as late as the first");
        assert_eq!(reads(&[9, 3, 1]), [Ok(3), Ok(3)]);
    });
}

#[test]
fn dropping_an_older_rings_data_reads_the_newer_rings() {
    comes_back(|| {
        let path =
            std::env::temp_dir().join(format!("sealed-session-outdated-{}", std::process::id()));
        let long_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
        let write = |text: &str| {
            let beside = path.with_extension("new");
            std::fs::write(&beside, text).unwrap();
            std::fs::File::options()
                .write(true)
                .open(&beside)
                .unwrap()
                .set_modified(long_ago)
                .unwrap();
            std::fs::rename(&beside, &path).unwrap();
        };
        let [old, new] = [(); 2]
            .map(|()| format!("{}\n", *Key::generate(Suite::Xaes256Gcm).unwrap().expose_secret()));
        write(&old);
        let file = KeyFile::watch(&path).unwrap();
        // By this clock the file's dates are in the past, so one reading is enough.
        let clock = ManualClock::at_system_time();
        clock.advance(Duration::from_secs(600));
        let of =
            |ring: KeyRing| Sessions::<Noisy>::builder(ring).clock(clock.clone()).build().unwrap();
        let (here, elsewhere) = (of(file.ring()), of([&*new, &old].concat().parse().unwrap()));
        // A reading. After it, one for an unknown key is due before the next.
        let stale = cookie(&here, 1);
        clock.advance(Duration::from_secs(6));
        let latest = cookie(&elsewhere, 2);
        write(&[&*new, &old].concat());
        let session = load(&here, &[&*stale, &latest].concat());
        let reads = reads_of(&session, || assert_eq!(session.load_status(), LoadStatus::Restored));
        std::fs::remove_file(&path).unwrap();
        // The older ring opens the first one, and the newer ring opens the first one again.
        assert_eq!(reads, [Ok(2), Ok(2)]);
    });
}

#[test]
fn dropping_what_was_not_imported_reads_the_session() {
    comes_back(|| {
        let old =
            || LegacyCookie::new("sid", std::time::SystemTime::now() + Duration::from_secs(3600));
        let reads = |read: fn() -> Noisy| {
            let sessions = builder().import_from(old(), move |_| Some(read())).build().unwrap();
            let session = load(&sessions, "sid=1");
            reads_of(&session, || assert_eq!(session.load_status(), LoadStatus::New))
        };
        assert_eq!(reads(|| Noisy { count: 1, text: "x".repeat(5000) }), [Ok(0)], "too large");
        // The value that was read back is dropped while the session is being opened.
        assert_eq!(reads(|| noisy(0)), [Err(SessionError::Busy), Ok(0)], "empty");
    });
}

/// What code that runs while the held session is opened gets: the data, the answer of a write, and
/// the answer of a commit.
type Asked = (u32, Result<(), SessionError>, Result<(), SessionError>);

fn ask(sessions: &Mutex<Option<Sessions<Noisy>>>, answers: &Mutex<Vec<Asked>>) {
    let Some(session) = HELD.with_borrow(Clone::clone) else { return };
    let sessions = sessions.lock().unwrap().clone().unwrap();
    let (count, written) = (session.read(|noisy| noisy.count), session.purge());
    let committed = sessions.commit(&session, StatusCode::OK, &mut HeaderMap::new());
    answers.lock().unwrap().push((count, written, committed));
}

#[test]
fn code_called_while_opening_sees_an_empty_session() {
    comes_back(|| {
        type Ask = Box<dyn Fn() + Send + Sync>;
        type Place = fn(Builder<Noisy>, Ask) -> Builder<Noisy>;
        let places: [Place; 3] = [
            |builder, ask| {
                builder.validate(move |_, _| {
                    ask();
                    Ok(())
                })
            },
            |builder, ask| {
                builder.clock(Clock::from_fn(move || {
                    ask();
                    ManualClock::at_system_time().now()
                }))
            },
            |builder, ask| {
                let old = LegacyCookie::new(
                    "sid",
                    std::time::SystemTime::now() + Duration::from_secs(3600),
                );
                builder.import_from(old, move |_| {
                    ask();
                    Some(noisy(7))
                })
            },
        ];
        for (place, imports) in places.into_iter().zip([false, false, true]) {
            let (slot, answers) = (Arc::new(Mutex::new(None)), Arc::new(Mutex::new(Vec::new())));
            let asking = {
                let (slot, answers) = (Arc::clone(&slot), Arc::clone(&answers));
                move || ask(&slot, &answers)
            };
            let sessions = place(builder(), Box::new(asking)).build().unwrap();
            *slot.lock().unwrap() = Some(sessions.clone());
            let ours = cookie(&sessions, 7);
            let session = load(&sessions, if imports { "sid=1" } else { &ours });
            reads_of(&session, || assert_eq!(session.read(|noisy| noisy.count), 7));
            assert_eq!(
                *answers.lock().unwrap(),
                [(0, Err(SessionError::Busy), Err(SessionError::Busy))]
            );
            assert_eq!(session.update(|noisy| noisy.count), Ok(7), "it is open, and as it came");
        }
    });
}

#[test]
fn code_called_while_opening_cannot_write_before_a_waiter() {
    comes_back(|| {
        let slot: Arc<Mutex<Option<Session<Noisy>>>> = Arc::default();
        let held = Arc::clone(&slot);
        let check = move |_: &SessionInfo, _: &Noisy| {
            let session = held.lock().unwrap().take().expect("it is opened once");
            let (begins, begun) = mpsc::channel();
            let other = session.clone();
            let waiting = std::thread::spawn(move || {
                begins.send(()).unwrap();
                other.update(|noisy| noisy.count += 1)
            });
            begun.recv().unwrap();
            // Long enough for the other thread to get as far as it can.
            for _ in 0..10_000 {
                assert_eq!(session.update(|noisy| noisy.count = 9), Err(SessionError::Busy));
                std::thread::yield_now();
            }
            drop(waiting);
            Ok(())
        };
        let sessions = builder().validate(check).build().unwrap();
        let session = load(&sessions, &cookie(&sessions, 7));
        *slot.lock().unwrap() = Some(session.clone());
        session.update(|noisy| noisy.count += 1).unwrap();
        assert!(session.read(|noisy| noisy.count) >= 8);
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
fn a_subscriber_told_of_a_refused_cookie_may_read() {
    comes_back(|| {
        let session = session("__Host-Http-session=junk");
        HELD.set(Some(session.clone()));
        tracing::subscriber::with_default(Naming, || {
            assert!(matches!(session.load_status(), LoadStatus::Rejected(_)))
        });
    });
}

#[test]
fn a_subscriber_told_of_a_failed_import_may_read() {
    comes_back(|| {
        let old =
            LegacyCookie::new("sid", std::time::SystemTime::now() + Duration::from_secs(3600));
        let large = |_: &HeaderMap| Some(Noisy { count: 1, text: "x".repeat(5000) });
        let ring = KeyRing::generate(Suite::Xaes256Gcm).unwrap();
        let sessions = Sessions::<Noisy>::builder(ring).import_from(old, large).build().unwrap();
        let headers = HeaderMap::from_iter([(http::header::COOKIE, "sid=1".parse().unwrap())]);
        let session = sessions.load((&Method::GET, &headers));
        HELD.set(Some(session.clone()));
        tracing::subscriber::with_default(Naming, || {
            assert_eq!(session.load_status(), LoadStatus::New)
        });
    });
}

#[test]
fn a_subscriber_told_of_a_ring_file_may_read_and_reload() {
    comes_back(|| {
        let path =
            std::env::temp_dir().join(format!("sealed-session-reentry-{}", std::process::id()));
        std::fs::write(&path, Key::generate(Suite::Xaes256Gcm).unwrap().expose_secret()).unwrap();
        let file = KeyFile::watch(&path).unwrap();
        let clock = ManualClock::at_system_time();
        let sessions =
            Sessions::<Noisy>::builder(file.ring()).clock(clock.clone()).build().unwrap();
        std::fs::remove_file(&path).unwrap();
        let session = sessions.load((&Method::GET, &HeaderMap::new()));
        HELD.set(Some(session.clone()));
        tracing::subscriber::with_default(Naming, || {
            assert_eq!(session.load_status(), LoadStatus::New);
            assert!(file.reload().is_err() && file.last_error().is_some());
        });
    });
}

#[test]
fn an_end_hook_may_read_and_write_the_session() {
    comes_back(|| {
        let hear = |_: &sealed_session::hooks::SessionEnd| {
            read_held();
            HELD.with_borrow(|held| {
                held.as_ref().map(|session| session.update(|noisy| noisy.count = 1))
            });
        };
        let sessions = Sessions::<Noisy>::builder(KeyRing::generate(Suite::Xaes256Gcm).unwrap())
            .on_end(hear)
            .build()
            .unwrap();
        let cookie = cookie(&sessions, 3);
        let purged = load(&sessions, &cookie);
        HELD.set(Some(purged.clone()));
        purged.purge().unwrap();
        assert_eq!(purged.read(|noisy| noisy.count), 1, "of the session that began after it");
        let renewed = load(&sessions, &cookie);
        HELD.set(Some(renewed.clone()));
        renewed.renew().unwrap();
        let mut response = HeaderMap::new();
        sessions.commit(&renewed, http::StatusCode::OK, &mut response).unwrap();
        assert_eq!(renewed.read(|noisy| noisy.count), 3, "the response is out");
    });
}
