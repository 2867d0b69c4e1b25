//! Any text opens as a ticket, or is verified as a CSRF token, as the second implementation says,
//! word for word, and never panics. A ticket that the crate issued opens for its purpose, context
//! and bound, and is `bad-seal` for any others.
//!
//! The first byte says what the rest is: even, a ticket as it stands; odd, a plaintext, which is
//! sealed first, so that what lies behind the seal is reached. The next bit chooses the suite, and
//! the three after it the kind of ticket, or that the rest says what is issued.
#![no_main]

#[path = "../../tests/support/raw_request.rs"]
mod raw_request;

#[path = "../../tests/spec/reference.rs"]
#[allow(dead_code)]
mod reference;

use libfuzzer_sys::arbitrary::{self, Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use raw_request::raw_request;
use reference::{Key, Suite, published};
use sealed_session::clock::ManualClock;
use sealed_session::error::{CsrfError, TicketError};
use sealed_session::{KeyRing, Map, SessionData, Sessions, Tickets};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

const NOW: u64 = 1_800_000_000;
const NAME: &str = "__Host-Http-session";
const ID: [u8; 16] = *b"the session's id";
/// Purpose, context and bound.
const FOR_ANYONE: [&[u8]; 3] = [b"password reset", b"", b""];
const FOR_ONE: [&[u8]; 3] = [b"password reset", b"tenant", b"user 7"];

/// Has the shape of the vectors, whose tickets are seeds.
#[derive(Arbitrary, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Visit {
    user: Option<u64>,
    cart: Vec<u32>,
}

/// The data as text, or the reason.
type Outcome = Result<String, &'static str>;

struct Kind {
    kind: u8,
    parts: [&'static [u8]; 3],
    shape: [u8; 4],
    open: Box<dyn Fn(&str) -> Outcome + Send + Sync>,
    /// The second implementation's view of data that were not compressed.
    decode: fn(&[u8]) -> Outcome,
}

static KEYS: LazyLock<[Key; 2]> =
    LazyLock::new(|| [Key::new(published(0), Suite::Xaes), Key::new(published(1), Suite::XChaCha)]);

/// Seals under the second key if `chacha` is set.
fn ring(chacha: bool) -> KeyRing {
    let [xaes, xchacha] = &*KEYS;
    let (first, second) = if chacha { (xchacha, xaes) } else { (xaes, xchacha) };
    let text = format!("{}\n{}", first.text(), second.text());
    KeyRing::danger_from_published(&text).expect("a ring")
}

fn clock() -> ManualClock {
    ManualClock::at(Duration::from_secs(NOW))
}

fn tickets<T: SessionData>(
    [purpose, context, _]: [&[u8]; 3],
    (chacha, compress, pad_to): (bool, bool, Option<usize>),
) -> Tickets<T> {
    let builder = Tickets::builder(ring(chacha)).purpose(purpose).context(context).clock(clock());
    let builder = builder.valid_for(Duration::from_secs(600)).max_length(8_000).compress(compress);
    let builder = match pad_to {
        Some(multiple) => builder.pad_to(multiple),
        None => builder,
    };
    builder.build().expect("tickets")
}

fn application<T: SessionData + Debug>(
    parts: [&'static [u8]; 3],
    decode: fn(&[u8]) -> Outcome,
    text: fn(&T) -> String,
) -> Kind {
    let tickets = tickets::<T>(parts, (false, false, None));
    let sessions = Sessions::<T>::new(ring(false)).expect("sessions");
    let open = move |ticket: &str| {
        let bound = parts[2];
        let opened = tickets.open_for(bound, ticket);
        if bound.is_empty() {
            let alike = tickets.open(ticket).map_or_else(|error| Err(error.reason()), |_| Ok(()));
            assert_eq!(alike, opened.as_ref().map(drop).map_err(|error| error.reason()));
        }
        opened.map(|value| text(&value)).map_err(|error| error.reason().as_str())
    };
    Kind { kind: 0, parts, shape: sessions.shape(), open: Box::new(open), decode }
}

/// The tokens of a session that came in a cookie.
fn csrf() -> Kind {
    let sessions = Sessions::<Visit>::builder(ring(false)).clock(clock()).build().expect("visits");
    let [key, _] = &*KEYS;
    let mut claims = reference::Claims::new(NOW, sessions.shape());
    claims.id = Some(ID);
    let aad = reference::aad(&reference::header(key), NAME, b"");
    let plaintext = claims.plaintext(&[1, 7, 0]);
    let cookie = reference::value(&reference::envelope(key, &[7; 24], &aad, &plaintext));
    let request = raw_request("POST", None, [format!("{NAME}={cookie}").as_bytes()]);
    let session = sessions.load(request);
    assert_eq!(session.read(|visit| visit.user), Some(7));
    let open = move |token: &str| match session.verify_csrf(token) {
        Ok(()) => Ok(String::new()),
        Err(CsrfError::Invalid(reason)) => Err(reason.as_str()),
        Err(error) => panic!("{error}"),
    };
    let decode = |data: &[u8]| if data.is_empty() { Ok(String::new()) } else { Err("undecodable") };
    Kind { kind: 1, parts: [b"csrf", b"", &ID], shape: [0; 4], open: Box::new(open), decode }
}

static KINDS: LazyLock<[Kind; 5]> = LazyLock::new(|| {
    let visit = |data: &[u8]| match postcard::take_from_bytes::<Visit>(data) {
        Ok((visit, [])) => Ok(format!("{visit:?}")),
        _ => Err("undecodable"),
    };
    let map = |data: &[u8]| reference::decode_map(data).map(|map| map.to_string());
    let text_of_map = |map: &Map| serde_json::to_value(map).expect("JSON").to_string();
    [
        application::<Visit>(FOR_ANYONE, visit, |visit| format!("{visit:?}")),
        application::<Visit>(FOR_ONE, visit, |visit| format!("{visit:?}")),
        application::<Map>(FOR_ANYONE, map, text_of_map),
        application::<Map>(FOR_ONE, map, text_of_map),
        csrf(),
    ]
});

fuzz_target!(|data: &[u8]| {
    let Some((&choice, rest)) = data.split_first() else { return };
    match KINDS.get(usize::from(choice >> 2 & 7)) {
        Some(kind) => open(kind, &KEYS[usize::from(choice >> 1 & 1)], choice & 1 == 1, rest),
        None => {
            if let Ok(issue) = Unstructured::new(rest).arbitrary::<Issue>() {
                issue.check();
            }
        }
    }
});

fn open(kind: &Kind, key: &Key, is_plaintext: bool, rest: &[u8]) {
    let ticket = if is_plaintext {
        let Some(plaintext) = plaintext(kind.shape, rest) else { return };
        let aad = reference::ticket_aad(&reference::header(key), kind.kind, kind.parts);
        reference::value(&reference::envelope(key, &[7; 24], &aad, &plaintext))
    } else {
        String::from_utf8_lossy(rest).into_owned()
    };
    let expected = reference::open_ticket(&*KEYS, kind.kind, kind.parts, kind.shape, NOW, &ticket)
        .and_then(|data| (kind.decode)(&data));
    assert_eq!((kind.open)(&ticket), expected);
}

/// The first byte has the flags, and the next two when it was issued and ends, in seconds around
/// now. The shape is right, so that mutation finds its way to the data. If the first byte has its
/// highest bit, the rest are all bytes of the plaintext.
fn plaintext(shape: [u8; 4], rest: &[u8]) -> Option<Vec<u8>> {
    let plaintext = match rest {
        [flags, whole @ ..] if *flags >= 0x80 => whole.to_vec(),
        [flags, issued, end, behind @ ..] => {
            let time = |byte: u8| NOW.saturating_add_signed(byte.cast_signed().into());
            let behind = [&shape, behind].concat();
            reference::ticket_plaintext(*flags, time(*issued), time(*end), &behind)
        }
        _ => return None,
    };
    Some(plaintext)
}

#[derive(Arbitrary, Debug)]
struct Issue {
    chacha: bool,
    compress: bool,
    pad_to: u8,
    context: Vec<u8>,
    purpose: Vec<u8>,
    bound: Vec<u8>,
    /// Seconds from now to its end.
    end: i16,
    visit: Visit,
    /// Whether a map is issued, which has the visit under a key.
    key: Option<String>,
    /// Where the three parts end if the same bytes are divided otherwise.
    divided: [u16; 2],
    /// The part that is changed, and how.
    changed: (u8, Vec<u8>),
}

impl Issue {
    fn check(mut self) {
        if self.purpose.is_empty() {
            self.purpose.push(b'p');
        }
        self.purpose.truncate(256);
        match self.key.take() {
            Some(key) => {
                let mut map = Map::new();
                map.insert(key, &self.visit).expect("in the data model");
                self.check_value(&map);
            }
            None => self.check_value(&self.visit),
        }
    }

    fn check_value<T: SessionData + Debug + PartialEq>(&self, value: &T) {
        let form =
            (self.chacha, self.compress, (self.pad_to > 0).then(|| usize::from(self.pad_to) * 4));
        let parts = [&self.purpose[..], &self.context, &self.bound];
        let tickets = tickets::<T>(parts, form);
        let end = UNIX_EPOCH + Duration::from_secs(NOW.saturating_add_signed(self.end.into()));
        let ticket = match tickets.issue_until(&self.bound, end, value) {
            Ok(ticket) => ticket,
            Err(TicketError::Ended) => return assert!(self.end <= 0),
            Err(TicketError::BoundTooLong) => {
                assert!(self.bound.len() > 1_024);
                let refused = tickets.open_for(&self.bound, "").expect_err("too long");
                return assert_eq!(refused.reason().as_str(), "bad-seal");
            }
            Err(TicketError::TooLong { needed, allowed }) => return assert!(needed > allowed),
            Err(error) => panic!("{error}"),
        };
        assert!(self.end > 0 && ticket.len() <= 8_000);
        assert_eq!(&tickets.open_for(&self.bound, &ticket).expect("its own ticket"), value);
        let of_the_crate =
            reference::open_ticket(&*KEYS, 1, parts, [0; 4], NOW, &ticket).expect_err("kind 0");
        assert_eq!(of_the_crate, "bad-seal");

        for other in [self.divided(), self.changed()] {
            let other = other.each_ref().map(|part| &part[..]);
            if !(1..=256).contains(&other[0].len()) || other[2].len() > 1_024 {
                continue;
            }
            let opened = self::tickets::<T>(other, form).open_for(other[2], &ticket);
            match opened {
                Ok(opened) => assert!(other == parts && opened == *value),
                Err(error) => {
                    assert!(other != parts);
                    assert_eq!(error.reason().as_str(), "bad-seal");
                }
            }
        }
    }

    /// The same bytes in the order of the AAD, with other boundaries.
    fn divided(&self) -> [Vec<u8>; 3] {
        let all = [&self.context[..], &self.purpose, &self.bound].concat();
        let [first, second] = self.divided.map(|at| usize::from(at) % (all.len() + 1));
        let (context, rest) = all.split_at(first.min(second));
        let (purpose, bound) = rest.split_at(first.abs_diff(second));
        [purpose.to_vec(), context.to_vec(), bound.to_vec()]
    }

    fn changed(&self) -> [Vec<u8>; 3] {
        let mut parts = [self.purpose.clone(), self.context.clone(), self.bound.clone()];
        parts[usize::from(self.changed.0 % 3)].clone_from(&self.changed.1);
        parts
    }
}
