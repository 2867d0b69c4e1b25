//! docs/rules.md §2, "Panics": if any callback panics at any stage, the session goes on and keeps
//! every promise.
//!
//! The table is callback × request × configuration × stage. A cell arms one callback so that it
//! panics the next time it is called, and runs the stage. It then checks what must hold whether or
//! not the panic happened: `after_a_write` and `after_a_commit`.

use super::comes_back;
use http::{HeaderMap, Method, StatusCode};
use sealed_session::clock::Clock;
use sealed_session::migrate::LegacyCookie;
use sealed_session::{
    Builder, Encoding, Expiry, KeyRing, Level, LoadStatus, Session, SessionError, Sessions, Suite,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, SystemTime};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Callback {
    Observer,
    Check,
    Reader,
    Upgrade,
    WriteAs,
    Clock,
    Serialize,
    Deserialize,
    Drop,
}

const CALLBACKS: [Callback; 9] = [
    Callback::Observer,
    Callback::Check,
    Callback::Reader,
    Callback::Upgrade,
    Callback::WriteAs,
    Callback::Clock,
    Callback::Serialize,
    Callback::Deserialize,
    Callback::Drop,
];

const START: u64 = 1_800_000_000;

thread_local! {
    static ARMED: Cell<Option<Callback>> = const { Cell::new(None) };
    static NOW: Cell<u64> = const { Cell::new(START) };
    /// The ends reported to the hook before the one that panics, and to the one after it.
    static TOLD: RefCell<[usize; 2]> = const { RefCell::new([0; 2]) };
}

/// Panics once if this callback is armed, without a message.
fn hook(callback: Callback) {
    if ARMED.get() == Some(callback) {
        ARMED.set(None);
        resume_unwind(Box::new("on purpose"));
    }
}

#[derive(Clone, Default, Debug, PartialEq, Serialize, Deserialize)]
struct Data {
    user: Option<u64>,
    count: Count,
}

impl Drop for Data {
    fn drop(&mut self) {
        hook(Callback::Drop);
    }
}

#[derive(Clone, Copy, Default, Debug, PartialEq)]
struct Count(u32);

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        hook(Callback::Serialize);
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        hook(Callback::Deserialize);
        u32::deserialize(deserializer).map(Self)
    }
}

/// What the previous release wrote.
#[derive(Default, Serialize, Deserialize)]
struct Old {
    user: Option<u64>,
    count: u32,
}

fn data(user: u64, count: u32) -> Data {
    Data { user: Some(user), count: Count(count) }
}

fn builder(ring: &KeyRing) -> Builder<Data> {
    let tell = |index: usize| TOLD.with_borrow_mut(|told| told[index] += 1);
    Sessions::<Data>::builder(ring.clone())
        .clock(Clock::from_fn(|| {
            hook(Callback::Clock);
            Duration::from_secs(NOW.get())
        }))
        .on_end(move |_| tell(0))
        .on_end(|_| hook(Callback::Observer))
        .on_end(move |_| tell(1))
        .validate(|_, visit| {
            hook(Callback::Check);
            if visit.user == Some(9) { Err("banned") } else { Ok(()) }
        })
        .import_from(
            LegacyCookie::new(
                "sid",
                SystemTime::UNIX_EPOCH + Duration::from_secs(START + 86_400 * 90),
            ),
            |_| {
                hook(Callback::Reader);
                Some(data(7, 1))
            },
        )
        .upgrade_from(|old: Old| {
            hook(Callback::Upgrade);
            Data { user: old.user, count: Count(old.count) }
        })
}

fn downgrade_to(builder: Builder<Data>) -> Builder<Data> {
    builder.downgrade_to(|data: &Data| {
        hook(Callback::WriteAs);
        Old { user: data.user, count: data.count.0 }
    })
}

/// The requests, all of which open a session of user 7: with our cookie, with the previous
/// release's, with another library's, with several.
fn requests(ring: &KeyRing) -> Vec<String> {
    NOW.set(START);
    let clock = || Clock::from_fn(|| Duration::from_secs(NOW.get()));
    let ours = Sessions::<Data>::builder(ring.clone()).clock(clock()).build().unwrap();
    let olds = Sessions::<Old>::builder(ring.clone()).clock(clock()).build().unwrap();
    let name = ours.cookie_name();
    let earlier = ours.seal(&data(6, 1)).unwrap();
    let old = olds.seal(&Old { user: Some(7), count: 1 }).unwrap();
    NOW.set(START + 1);
    let (banned, own) = (ours.seal(&data(9, 1)).unwrap(), ours.seal(&data(7, 1)).unwrap());
    let several = format!("{name}={earlier}; {name}={banned}; {name}={own}; {name}={earlier}");
    // Due for a refresh.
    NOW.set(START + 2 * 86_400);
    vec![format!("{name}={own}"), format!("{name}={old}"), "sid=1".to_owned(), several]
}

type Write = fn(&Session<Data>) -> Result<(), SessionError>;

const WRITES: [(&str, Write); 9] = [
    ("read", |session| {
        session.read(|_| ());
        Ok(())
    }),
    ("update", |session| session.update(|data| data.count.0 += 1)),
    ("an update that changes nothing", |session| session.update(|_| ())),
    ("set", |session| session.set(data(7, 2))),
    ("flash", |session| session.flash(Level::INFO, "hello")),
    ("take_flashes", |session| session.take_flashes().map(drop)),
    ("set_expiry", |session| session.set_expiry(Expiry::BrowserSession)),
    ("renew", |session| session.renew()),
    (PURGE, |session| session.purge()),
];

const PURGE: &str = "purge";

/// The action before a commit.
const COMMITS: [(&str, &[Write]); 7] = [
    (
        "commit of a read",
        &[|session| {
            session.read(|_| ());
            Ok(())
        }],
    ),
    ("commit of an update", &[|session| session.update(|data| data.count.0 += 1)]),
    ("commit of a new value", &[|session| session.set(data(7, 2))]),
    ("commit of a renewal", &[|session| session.renew()]),
    (
        "commit of a renewal and an update",
        &[|session| session.renew(), |session| session.set(data(7, 3))],
    ),
    (
        "commit of a purge",
        &[|session| session.update(|data| data.count.0 += 1), |session| session.purge()],
    ),
    (
        "commit of a purge and what came after",
        &[|session| session.purge(), |session| session.set(data(8, 1))],
    ),
];

struct Row<'a> {
    sessions: &'a Sessions<Data>,
    callback: Callback,
    cookie: &'a str,
    name: String,
}

/// Whether the stage panicked, and whether the callback was called in it.
struct Ran<R> {
    answer: Option<R>,
    fired: bool,
}

impl Row<'_> {
    fn load(&self) -> Session<Data> {
        TOLD.set([0; 2]);
        let headers = HeaderMap::from_iter([(http::header::COOKIE, self.cookie.parse().unwrap())]);
        self.sessions.load((&Method::GET, &headers))
    }

    fn run<R>(&self, stage: impl FnOnce() -> R) -> Ran<R> {
        ARMED.set(Some(self.callback));
        let answer = catch_unwind(AssertUnwindSafe(stage)).ok();
        let fired = ARMED.take().is_none();
        assert!(fired || answer.is_some(), "{}: a panic of its own", self.name);
        Ran { answer, fired }
    }

    /// The value of the cookie in a response.
    fn sent(&self, headers: &HeaderMap) -> Option<Data> {
        let lines = headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
        let name = format!("{}=", self.sessions.cookie_name());
        let mut values = lines
            .filter_map(|line| line.strip_prefix(&*name)?.split(';').next())
            .filter(|value| !value.is_empty());
        values.next().map(|value| self.sessions.open(value).unwrap())
    }

    fn deletes(&self, headers: &HeaderMap) -> bool {
        headers
            .get_all("set-cookie")
            .iter()
            .any(|line| line.to_str().unwrap().contains("Max-Age=0"))
    }

    fn commit(&self, session: &Session<Data>, status: StatusCode) -> HeaderMap {
        let mut headers = HeaderMap::new();
        assert_eq!(self.sessions.commit(session, status, &mut headers), Ok(()), "{}", self.name);
        headers
    }

    fn write(&self, touched: bool, write: Write, is_purge: bool) -> bool {
        let session = self.load();
        if touched {
            session.update(|data| data.count.0 = 5).unwrap();
        }
        let ran = self.run(|| write(&session));
        let came_back = ran.answer.is_some();
        assert_eq!(ran.answer.unwrap_or(Ok(())), Ok(()), "{}", self.name);
        self.after_a_write(&session, touched, is_purge, came_back);
        ran.fired
    }

    fn after_a_write(
        &self,
        session: &Session<Data>,
        touched: bool,
        is_purge: bool,
        came_back: bool,
    ) {
        let name = &self.name;
        let told = TOLD.take();
        if !is_purge {
            assert_eq!(told, [0; 2], "{name}");
            let before = session.cloned();
            assert_eq!(before.user, Some(7), "{name}: as it came");
            assert!(before.count.0 <= 2 || touched, "{name}: {before:?}");
            assert_eq!(session.update(|data| data.count.0 = 40), Ok(()), "{name}");
            assert_eq!(
                self.sent(&self.commit(session, StatusCode::OK)),
                Some(data(7, 40)),
                "{name}"
            );
            return;
        }
        let is_ended = session.cloned() == Data::default();
        assert!(is_ended || !came_back, "{name}: a purge that came back has ended the session");
        let of_ours = session.load_status() == LoadStatus::Restored;
        assert_eq!(
            told,
            [usize::from(is_ended && of_ours); 2],
            "{name}: an end is told to all of them, and no other"
        );
        if !is_ended {
            assert_eq!(session.read(|data| data.user), Some(7), "{name}: as it came");
            session.purge().unwrap();
        }
        assert!(
            self.deletes(&self.commit(session, StatusCode::INTERNAL_SERVER_ERROR)),
            "{name}: with any status"
        );
    }

    fn commits(&self, before: &[Write]) -> bool {
        let session = self.load();
        before.iter().for_each(|write| write(&session).unwrap());
        let (expected, is_modified) = (session.cloned(), session.is_modified());
        let purged = TOLD.take();
        let mut headers = HeaderMap::new();
        let ran = self.run(|| self.sessions.commit(&session, StatusCode::OK, &mut headers));
        self.after_a_commit(&session, &mut headers, ran.answer, &expected, is_modified, purged);
        ran.fired
    }

    fn after_a_commit(
        &self,
        session: &Session<Data>,
        headers: &mut HeaderMap,
        first: Option<Result<(), sealed_session::SessionError>>,
        expected: &Data,
        is_modified: bool,
        purged: [usize; 2],
    ) {
        let (name, sent) = (&self.name, headers.clone());
        let second = self.sessions.commit(session, StatusCode::OK, headers);
        assert_eq!(*headers, sent, "{name}: a second commit does nothing");
        assert_eq!(
            first.clone().unwrap_or_else(|| second.clone()),
            second,
            "{name}: and answers the same"
        );
        let told = TOLD.take();
        let is_sent = self.sent(headers).as_ref() == Some(expected)
            || (*expected == Data::default() && self.deletes(headers));
        if is_modified {
            assert_eq!(
                is_sent,
                second.is_ok(),
                "{name}: Ok means that the change is in the response, and an error that it is not"
            );
        }
        let renewed =
            session.load_status() == LoadStatus::Restored && name.contains("renewal") && is_sent;
        assert_eq!(
            told,
            [usize::from(renewed); 2],
            "{name}: a renewal is told to all of them once it is in the response"
        );
        if name.contains("purge") {
            assert!(first.is_some() && is_sent, "{name}: nothing keeps a purge from its response");
            assert_eq!(
                purged,
                [usize::from(session.load_status() == LoadStatus::Restored); 2],
                "{name}"
            );
        }
        assert_eq!(session.update(|_| ()), Err(SessionError::Responded), "{name}");
        assert_eq!(session.cloned(), *expected, "{name}: it can be read");
    }
}

#[test]
fn a_panic_of_any_callback_keeps_every_promise() {
    comes_back(|| {
        let ring = KeyRing::generate(Suite::Xaes256Gcm).unwrap();
        let requests = requests(&ring);
        let kinds = [
            ("by place", builder(&ring).build().unwrap()),
            ("by name", builder(&ring).encoding(Encoding::Named).build().unwrap()),
            ("as the release before", downgrade_to(builder(&ring)).build().unwrap()),
        ];
        let mut fired = BTreeSet::new();
        for (kind, sessions) in &kinds {
            for (number, cookie) in requests.iter().enumerate() {
                for callback in CALLBACKS {
                    let cell = |stage: &str| {
                        let name = format!("{callback:?}, {kind}, request {number}, {stage}");
                        Row { sessions, callback, cookie, name }
                    };
                    for (stage, write) in WRITES {
                        for (touched, when) in [(false, "first access"), (true, "write")] {
                            if cell(&format!("{when}: {stage}")).write(
                                touched,
                                write,
                                stage == PURGE,
                            ) {
                                fired.insert((callback, when));
                            }
                        }
                    }
                    for (stage, before) in COMMITS {
                        if cell(stage).commits(before) {
                            fired.insert((callback, "commit"));
                        }
                    }
                }
            }
        }
        let expected = [
            (Callback::Observer, "first access"),
            (Callback::Observer, "write"),
            (Callback::Observer, "commit"),
            (Callback::Check, "first access"),
            (Callback::Reader, "first access"),
            (Callback::Upgrade, "first access"),
            (Callback::WriteAs, "write"),
            (Callback::WriteAs, "commit"),
            (Callback::Clock, "first access"),
            (Callback::Clock, "commit"),
            (Callback::Serialize, "first access"),
            (Callback::Serialize, "write"),
            (Callback::Serialize, "commit"),
            (Callback::Deserialize, "first access"),
            (Callback::Deserialize, "write"),
            (Callback::Drop, "first access"),
            (Callback::Drop, "write"),
        ];
        for cell in expected {
            assert!(fired.contains(&cell), "{cell:?} is not in the table: {fired:?}");
        }
    });
}
