//! Any sequence of what handlers, clocks and browsers do keeps the contract: nothing panics; a
//! session is never longer than its limits, over however many cookies, compressed and padded or
//! not; a failed write leaves it as it was; `commit` never errs; what it sets opens to the same
//! session, and nothing else is left of the session's cookies.
#![no_main]

#[path = "../../tests/support/raw_request.rs"]
mod raw_request;

use http::{HeaderMap, StatusCode};
use libfuzzer_sys::{arbitrary, arbitrary::Arbitrary, fuzz_target};
use raw_request::raw_request;
use sealed_session::clock::ManualClock;
use sealed_session::{
    Expiry, Flash, KeyRing, Level, Map, SameSite, Session, SessionData, SessionError, SessionId,
    Sessions, Suite,
};
use serde::{Deserialize, Serialize};
use std::time::{Duration, UNIX_EPOCH};

#[derive(Arbitrary, Debug)]
struct Walk {
    map: bool,
    chacha: bool,
    ids: bool,
    limit: u16,
    share: u8,
    idle: u32,
    absolute: u32,
    strict: bool,
    cookies: u8,
    pad_to: u8,
    compress: bool,
    steps: Vec<Step>,
}

#[derive(Arbitrary, Debug)]
enum Step {
    Request {
        later: u32,
        unsafe_method: bool,
        cross_site: bool,
        plant: Option<String>,
        operations: Vec<Operation>,
        response: Response,
    },
    Back(u8),
    DropCookie,
    Rotate,
}

#[derive(Arbitrary, Debug)]
struct Response {
    status: u16,
    later: u8,
    cache_control: Option<String>,
    surrogate: bool,
    vary: Option<String>,
    keep_handle: bool,
}

#[derive(Arbitrary, Debug)]
enum Operation {
    Read,
    Write(u8, String),
    Fail(u8, String),
    SetDefault,
    Flash(u8, String, u16),
    Take,
    Peek,
    Purge,
    Renew,
    Idle(u32),
    At(i32),
    Browser,
    Default,
    NoRefresh,
    Seal,
    CloneAndDrop,
    Nested,
}

/// Data that a walk can write into.
trait Writable: SessionData + Clone + PartialEq + std::fmt::Debug {
    fn write(&mut self, place: u8, text: &str);
}

#[derive(Default, Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Visit {
    user: Option<u64>,
    cart: Vec<u32>,
    note: String,
}

impl Writable for Visit {
    fn write(&mut self, place: u8, text: &str) {
        match place % 5 {
            0 => self.user = None,
            1 => self.user = Some(text.len() as u64),
            2 => self.cart.push(u32::from(place) << (text.len() % 24)),
            3 => self.cart.clear(),
            _ => self.note = text.repeat(usize::from(place) / 8),
        }
    }
}

impl Writable for Map {
    fn write(&mut self, place: u8, text: &str) {
        match place % 5 {
            0 => drop(self.delete(text)),
            1 => drop(self.insert(text, place)),
            2 => drop(self.insert(text, vec![text; usize::from(place) / 16])),
            3 => self.clear(),
            _ => drop(self.insert("note", text.repeat(usize::from(place) / 8))),
        }
    }
}

fuzz_target!(|walk: Walk| if walk.map { drive::<Map>(&walk) } else { drive::<Visit>(&walk) });

/// What the cookies of one session may take.
struct Limits {
    line: usize,
    cookies: u8,
    request: usize,
}

/// The names and values of a browser's cookies.
type Jar = Vec<(String, String)>;

fn cookies(jar: &Jar) -> String {
    let pairs = jar.iter().map(|(name, value)| format!("{name}={value}"));
    std::iter::once("a=b".to_owned()).chain(pairs).collect::<Vec<_>>().join("; ")
}

type State<T> = (T, Vec<Flash>, Option<SessionId>, Expiry, bool);

fn state<T: Writable>(session: &Session<T>) -> State<T> {
    (
        session.cloned(),
        session.flashes(),
        session.id(),
        session.info().expiry(),
        session.is_modified(),
    )
}

fn drive<T: Writable>(walk: &Walk) {
    let suite = if walk.chacha { Suite::XChaCha20Poly1305 } else { Suite::Xaes256Gcm };
    let clock = ManualClock::at(Duration::from_secs(1_800_000_000));
    let limits = Limits {
        line: 256 + usize::from(walk.limit) % 3841,
        cookies: 1 + walk.cookies % 4,
        request: match walk.cookies / 4 {
            0 => 7_900,
            steps => 256 + usize::from(steps) * 200,
        },
    };
    let idle = u64::from(walk.idle % 10_000_000) + 1;
    let ring = KeyRing::generate(suite).expect("a ring");
    let mut builder = Sessions::<T>::builder(ring.clone())
        .cookie_name("sid")
        .clock(clock.clone())
        .max_set_cookie_bytes(limits.line)
        .max_cookies(limits.cookies)
        .max_cookie_bytes(limits.request)
        .compress(walk.compress)
        .session_ids(walk.ids)
        .refresh_after(f64::from(walk.share) / 255.0)
        .idle_timeout(Duration::from_secs(idle))
        .absolute_timeout(Duration::from_secs(idle + u64::from(walk.absolute)))
        .same_site(if walk.strict { SameSite::Strict } else { SameSite::Lax });
    if walk.pad_to > 0 {
        builder = builder.pad_to(usize::from(walk.pad_to) * 4);
    }
    let sessions = builder.build().expect("sessions");
    let mut jar = Jar::new();
    for step in walk.steps.iter().take(12) {
        match step {
            Step::Back(seconds) => {
                clock.set(clock.now() - Duration::from_secs(u64::from(*seconds)))
            }
            Step::DropCookie => jar.truncate(jar.len().saturating_sub(1)),
            Step::Rotate => {
                let text = format!(
                    "{}{}",
                    *KeyRing::generate(suite).expect("a ring").expose_secrets(),
                    *ring.expose_secrets()
                );
                if let Ok(new) = text.parse::<KeyRing>() {
                    ring.replace(&new).expect("it seals");
                }
            }
            Step::Request { later, unsafe_method, cross_site, plant, operations, response } => {
                clock.advance(Duration::from_secs(u64::from(later % 5_000_000)));
                let mut fields = vec![cookies(&jar)];
                fields.extend(plant.clone());
                let method = if *unsafe_method { "POST" } else { "GET" };
                let site = cross_site.then_some(&b"cross-site"[..]);
                let session =
                    sessions.load(raw_request(method, site, fields.iter().map(String::as_bytes)));
                let mut purged = false;
                for operation in operations.iter().take(24) {
                    operate(&sessions, &session, operation, &mut purged);
                }
                respond(&sessions, session, response, &clock, &limits, purged, &mut jar);
            }
        }
    }
}

fn operate<T: Writable>(
    sessions: &Sessions<T>,
    session: &Session<T>,
    operation: &Operation,
    purged: &mut bool,
) {
    let before = state(session);
    let result: Result<(), SessionError> = match operation {
        Operation::Read => session.read(|_| Ok(())),
        Operation::Write(place, text) => session.update(|value| value.write(*place, text)),
        Operation::Fail(place, text) => session.try_update(|value| {
            value.write(*place, text);
            Err(SessionError::Busy)
        }),
        Operation::SetDefault => session.set(T::default()),
        Operation::Flash(level, text, times) => {
            session.flash(Level(*level), text.repeat(usize::from(times % 200)))
        }
        Operation::Take => session.take_flashes().map(|taken| assert_eq!(taken, before.1)),
        Operation::Peek => Ok(assert_eq!(session.flashes(), before.1)),
        Operation::Purge => session.purge().map(|()| {
            *purged = true;
            assert!(session.is_empty());
        }),
        Operation::Renew => session.renew().map(|()| assert_ne!(session.id(), before.2)),
        Operation::Idle(seconds) => {
            session.set_expiry(Expiry::Idle(Duration::from_secs(u64::from(*seconds))))
        }
        Operation::At(seconds) => {
            let time = Duration::from_secs(1_800_000_000)
                .saturating_add(Duration::from_secs(seconds.unsigned_abs().into()));
            session.set_expiry(Expiry::At(UNIX_EPOCH + time))
        }
        Operation::Browser => session.set_expiry(Expiry::BrowserSession),
        Operation::Default => session.set_expiry(Expiry::Default),
        Operation::NoRefresh => {
            session.skip_refresh();
            Ok(())
        }
        Operation::Seal => {
            let sealed = session.seal().expect("sealed");
            let opened = sessions.open(&sealed);
            assert!(
                opened.is_ok_and(|value| value == before.0)
                    || session.info().expires_in() == Duration::ZERO
                    || sealed.len() > 14_000
            );
            Ok(())
        }
        Operation::CloneAndDrop => {
            drop(session.clone());
            Ok(())
        }
        Operation::Nested => session.update(|_| {
            assert_eq!(session.update(|value| value.write(1, "x")), Err(SessionError::Busy));
            assert_eq!(session.read(T::clone), before.0);
        }),
    };
    if let Err(error) = result {
        assert_eq!(state(session), before, "{error}");
        if let SessionError::TooLarge { needed, allowed, .. } = error {
            assert!(needed > allowed && allowed == sessions.allowed_bytes());
        }
    }
    assert!(session.size() <= sessions.allowed_bytes());
    assert!(session.info().expires_in() <= Duration::from_secs(u64::from(u32::MAX) + 10_000_120));
}

fn respond<T: Writable>(
    sessions: &Sessions<T>,
    session: Session<T>,
    response: &Response,
    clock: &ManualClock,
    limits: &Limits,
    purged: bool,
    jar: &mut Jar,
) {
    let status = StatusCode::from_u16(200 + response.status % 400).expect("a status");
    clock.advance(Duration::from_secs(u64::from(response.later % 12)));
    let mut headers = HeaderMap::new();
    for (name, value) in [("cache-control", &response.cache_control), ("vary", &response.vary)] {
        if let Some(value) = value.as_ref().and_then(|value| value.parse().ok()) {
            headers.insert(name, value);
        }
    }
    if response.surrogate {
        headers.insert("surrogate-control", "max-age=60".parse().expect("a value"));
    }
    let kept = response.keep_handle.then(|| session.clone());
    let before = state(&session);
    sessions
        .commit(&session, status, &mut headers)
        .expect("a session that was accepted is committed");
    let first = headers.clone();
    sessions.commit(&session, status, &mut headers).expect("the same answer");
    assert_eq!(headers, first);
    assert!(headers.contains_key("vary"));
    assert_eq!(session.set(T::default()), Err(SessionError::Responded));
    drop(kept);
    let mut set = Jar::new();
    for line in headers.get_all("set-cookie") {
        assert!(line.is_sensitive());
        let line = line.to_str().expect("ASCII");
        assert!(line.len() <= limits.line);
        let pair = line.split(';').next().unwrap_or_default();
        let (name, value) = pair.split_once('=').expect("a name");
        assert!(matches!(name.as_bytes(), b"sid" | [b's', b'i', b'd', b'.', b'1'..=b'9']));
        jar.retain(|(known, _)| known != name);
        if value.is_empty() {
            assert!(line.contains("Max-Age=0"));
            assert!(name != "sid" || purged || session.is_empty());
        } else {
            set.push((name.to_owned(), value.to_owned()));
        }
    }
    if set.is_empty() {
        return;
    }
    assert!(status.as_u16() < 500 && !session.is_empty());
    assert!(jar.is_empty(), "nothing of an earlier session is left");
    let bytes: usize = set.iter().map(|(name, value)| name.len() + 1 + value.len() + 2).sum();
    assert!(set.len() <= usize::from(limits.cookies) && bytes <= limits.request);
    *jar = set;
    let again = sessions.load(raw_request("GET", None, [cookies(jar).as_bytes()]));
    if session.info().expires_in() > Duration::from_secs(u64::from(response.later)) {
        let after = state(&again);
        assert_eq!(
            (&after.0, &after.1, &after.2, &after.3),
            (&before.0, &before.1, &before.2, &before.3)
        );
        assert_eq!(again.info().created_at(), session.info().created_at());
    }
}
