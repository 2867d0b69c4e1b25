//! SPEC §3, §6, §7 and §11 with thousands of random data, changed cookies, ring texts and header
//! fields:
//!
//! - open ∘ seal is the identity
//! - no other spelling, changed bit, shorter or longer value opens
//! - print ∘ parse of a ring is the identity; no text makes the parser panic, and no error repeats
//!   eight characters of a text
//! - a good session is found whatever else is in the `Cookie` fields

use crate::support::raw_request;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use sealed_session::clock::ManualClock;
use sealed_session::error::RingError;
use sealed_session::{KeyRing, LoadStatus, Map, Reason, SessionData, Sessions, Suite};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[derive(Default, Debug, PartialEq, Clone, Serialize, Deserialize)]
struct Tree {
    number: i64,
    count: u128,
    ratio: Option<f64>,
    letter: char,
    text: String,
    bytes: Vec<u8>,
    pair: (bool, i8),
    kind: Kind,
    named: BTreeMap<String, u16>,
    branches: Vec<Tree>,
    boxed: Option<Box<Tree>>,
}

#[derive(Default, Debug, PartialEq, Clone, Serialize, Deserialize)]
enum Kind {
    #[default]
    Nothing,
    One(u32),
    Two(String, Option<bool>),
    Named {
        level: u8,
        next: Box<Kind>,
    },
}

fn kinds() -> impl Strategy<Value = Kind> {
    let leaf = prop_oneof![
        Just(Kind::Nothing),
        any::<u32>().prop_map(Kind::One),
        (".{0,6}", any::<Option<bool>>()).prop_map(|(text, flag)| Kind::Two(text, flag)),
    ];
    leaf.prop_recursive(3, 4, 1, |inner| {
        (any::<u8>(), inner).prop_map(|(level, next)| Kind::Named { level, next: Box::new(next) })
    })
}

fn trees() -> impl Strategy<Value = Tree> {
    let number = prop_oneof![
        Just(0.0),
        Just(-0.0),
        Just(f64::MAX),
        Just(f64::MIN_POSITIVE),
        any::<f64>().prop_filter("comparable", |n| !n.is_nan())
    ];
    let leaf = (
        (any::<i64>(), any::<u128>(), proptest::option::of(number), any::<char>(), ".{0,12}"),
        (
            vec(any::<u8>(), 0..12),
            any::<(bool, i8)>(),
            kinds(),
            btree_map(".{0,5}", any::<u16>(), 0..4),
        ),
    )
        .prop_map(|((number, count, ratio, letter, text), (bytes, pair, kind, named))| Tree {
            number,
            count,
            ratio,
            letter,
            text,
            bytes,
            pair,
            kind,
            named,
            branches: Vec::new(),
            boxed: None,
        });
    leaf.prop_recursive(4, 10, 3, |inner| {
        (inner.clone(), vec(inner.clone(), 0..3), proptest::option::of(inner)).prop_map(
            |(tree, branches, boxed)| Tree { branches, boxed: boxed.map(Box::new), ..tree },
        )
    })
}

/// JSON objects, including everything for which the map encoding has a rule.
fn objects() -> impl Strategy<Value = BTreeMap<String, Json>> {
    let texts = || {
        prop_oneof![
            "[ab]{0,3}",
            "[0-9a-f]{0,8}",
            "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            ".{0,6}",
            "x{38,66}"
        ]
    };
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        (any::<u64>(), 0..64_u32).prop_map(|(number, shift)| Json::from(number >> shift)),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Json::from),
        any::<f32>()
            .prop_filter("finite", |number| number.is_finite())
            .prop_map(|number| Json::from(f64::from(number))),
        texts().prop_map(Json::from),
        vec(any::<u8>(), 0..12).prop_map(Json::from),
    ];
    let value = leaf.prop_recursive(5, 40, 12, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..12).prop_map(Json::from),
            btree_map(texts(), inner.clone(), 0..4).prop_map(|fields| json!(fields)),
            vec((inner.clone(), inner), 0..5).prop_map(|rows| rows
                .into_iter()
                .map(|(a, b)| json!({ "id": a, "tag": b }))
                .collect()),
        ]
    });
    btree_map(texts(), value, 0..6)
}

fn map_of(object: &BTreeMap<String, Json>) -> Map {
    let mut map = Map::default();
    for (key, value) in object {
        map.insert(key.as_str(), value).expect("JSON is what a map takes");
    }
    map
}

const NOW: Duration = Duration::from_secs(1_800_000_000);

fn sessions<T: SessionData>(suite: Suite) -> Sessions<T> {
    let ring = KeyRing::generate(suite).expect("a ring");
    Sessions::builder(ring)
        .cookie_name("sid")
        .clock(ManualClock::at(NOW))
        .max_set_cookie_bytes(4096)
        .build()
        .expect("sessions")
}

/// Sessions of a type under both suites.
struct Both<T>([Sessions<T>; 2]);

impl<T: SessionData> Both<T> {
    fn new() -> Self {
        Self([sessions(Suite::Xaes256Gcm), sessions(Suite::XChaCha20Poly1305)])
    }
}

static TREES: LazyLock<Both<Tree>> = LazyLock::new(Both::new);
static MAPS: LazyLock<Both<Map>> = LazyLock::new(Both::new);

fn reason<T: SessionData>(sessions: &Sessions<T>, value: &str) -> Option<Reason> {
    let opened = sessions.open(value).err().map(|error| error.reason());
    let session = sessions.load(raw_request("GET", None, [format!("sid={value}").as_bytes()]));
    // Blanks at the ends and semicolons end a cookie's value, so a request sees less of such a
    // value.
    if !value.contains([' ', '\t', ';']) {
        // In a request, the other pieces of a first piece are missing, and a cookie is shorter.
        let expected = match opened {
            Some(Reason::Pieces) if value.len() <= 4096 => Some(Reason::PiecesMixed),
            _ if value.len() > 4096 => Some(Reason::TooLong),
            _ => opened,
        };
        assert_eq!(
            session.load_status(),
            expected.map_or(LoadStatus::Restored, LoadStatus::Rejected)
        );
    }
    opened
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn decode(value: &str) -> Vec<u8> {
    data_encoding::BASE64URL_NOPAD.decode(value.as_bytes()).expect("base64url")
}

fn encode(bytes: &[u8]) -> String {
    data_encoding::BASE64URL_NOPAD.encode(bytes)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(target_family = "wasm") { 32 } else { 192 }, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn typed_data_opens_as_it_was_sealed(tree in trees()) {
        for sessions in &TREES.0 {
            // What does not fit is refused when it is sealed, not here.
            let Ok(value) = sessions.seal(&tree) else { continue };
            prop_assert_eq!(sessions.open(&value), Ok(tree.clone()));
            let session = sessions.load(raw_request("GET", None, [format!("sid={value}").as_bytes()]));
            prop_assert_eq!(session.cloned(), tree.clone());
            prop_assert_eq!(session.update(|_| ()), Ok(()));
            prop_assert!(!session.is_modified());
        }
    }

    #[test]
    fn maps_open_as_they_were_sealed(object in objects()) {
        let map = map_of(&object);
        for sessions in &MAPS.0 {
            let Ok(value) = sessions.seal(&map) else { continue };
            let opened = sessions.open(&value);
            prop_assert_eq!(opened.as_ref(), Ok(&map));
            prop_assert_eq!(serde_json::to_value(opened.unwrap_or_default()).ok(), serde_json::to_value(&object).ok());
        }
    }

    #[test]
    fn a_write_and_a_seal_make_the_same(tree in trees(), other in trees()) {
        for sessions in &TREES.0 {
            let session = sessions.load(raw_request("POST", None, []));
            if session.set(tree.clone()).is_err() || session.update(|value| *value = other.clone()).is_err() {
                continue;
            }
            let mut headers = http::HeaderMap::new();
            let size = session.size();
            sessions.commit(&session, http::StatusCode::OK, &mut headers).expect("committed");
            let lines: Vec<_> = headers.get_all("set-cookie").iter().map(|line| line.to_str().expect("ASCII")).collect();
            if other == Tree::default() {
                prop_assert!(lines.is_empty());
                continue;
            }
            prop_assert_eq!(lines.len(), 1);
            prop_assert_eq!(lines[0].len(), size);
            let value = lines[0]["sid=".len()..].split(';').next().expect("a value");
            prop_assert_eq!(sessions.open(value), Ok(other.clone()));
        }
    }

    #[test]
    fn no_changed_bit_opens(tree in trees(), places in vec(any::<prop::sample::Index>(), 40)) {
        for sessions in &TREES.0 {
            let Ok(value) = sessions.seal(&tree) else { continue };
            let envelope = decode(&value);
            // `tampering` flips all bits of the smallest session.
            for bit in places.iter().map(|place| place.index(envelope.len() * 8)).chain(0..40) {
                let mut changed = envelope.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                let expected = match bit / 8 {
                    0 => Reason::UnknownVersion,
                    1..=4 => Reason::UnknownKey,
                    _ => Reason::BadSeal,
                };
                prop_assert_eq!(reason(sessions, &encode(&changed)), Some(expected), "bit {}", bit);
            }
        }
    }

    #[test]
    fn no_shorter_and_no_longer_value_opens(tree in trees(), more in "[A-Za-z0-9_=. -]{1,8}") {
        for sessions in &TREES.0 {
            let Ok(value) = sessions.seal(&tree) else { continue };
            let envelope = decode(&value);
            for length in (0..envelope.len()).rev().take(60) {
                let reason = reason(sessions, &encode(&envelope[..length]));
                prop_assert_eq!(reason, Some(if length < 55 { Reason::Malformed } else { Reason::BadSeal }));
            }
            for length in (0..value.len()).rev().take(60) {
                prop_assert!(reason(sessions, &value[..length]).is_some());
            }
            let (behind, before) = (format!("{value}{more}"), format!("{more}{value}"));
            prop_assert!(reason(sessions, &behind).is_some());
            prop_assert!(reason(sessions, &before).is_some());
            let longer = [&envelope[..], more.as_bytes()].concat();
            prop_assert_eq!(reason(sessions, &encode(&longer)), Some(if encode(&longer).len() > 14_000 { Reason::TooLong } else { Reason::BadSeal }));
        }
    }

    #[test]
    fn only_one_spelling_opens(tree in trees(), place in any::<prop::sample::Index>(), stranger in any::<char>()) {
        for sessions in &TREES.0 {
            let Ok(value) = sessions.seal(&tree) else { continue };
            for last in ALPHABET {
                let other = format!("{}{}", &value[..value.len() - 1], char::from(*last));
                prop_assert_eq!(sessions.open(&other).is_ok(), other == value);
            }
            for padding in ["=", "==", "==="] {
                prop_assert_eq!(reason(sessions, &format!("{value}{padding}")), Some(Reason::Malformed));
            }
            let standard = value.replace('-', "+").replace('_', "/");
            prop_assert_eq!(sessions.open(&standard).is_ok(), standard == value);
            // Any other character in any place.
            let place = place.index(value.len());
            let other = format!("{}{stranger}{}", &value[..place], &value[place + 1..]);
            prop_assert_eq!(sessions.open(&other).is_ok(), other == value);
            let between = format!("{}{stranger}{}", &value[..place], &value[place..]);
            prop_assert!(sessions.open(&between).is_err());
        }
    }

    #[test]
    fn a_ring_prints_as_it_parses(
        keys in vec((any::<bool>(), any::<[u8; 32]>(), 0..200_000_000_000_u64, proptest::option::of(1..1_000_000_u64)), 1..8),
        scheduled in 0..8_usize,
        blank in "[ \t]{1,3}",
        comment in "[^\n;]{0,20}",
        by_line in any::<bool>(),
        crlf in any::<bool>(),
    ) {
        let mut text = String::new();
        let mut expected = Vec::new();
        let end = match (by_line, crlf) {
            (true, true) => "\r\n",
            (true, false) => "\n",
            _ => ";",
        };
        for (index, (aes, secret, from, until)) in keys.iter().enumerate() {
            let suite = if *aes { "xaes256gcm" } else { "xchacha20poly1305" };
            text.push_str(&format!("{blank}ssk1.{suite}.{}", encode(secret)));
            let from = (index < scheduled).then_some(*from);
            let until = until.map(|after| from.unwrap_or(0) + after);
            for (name, time) in [("open-until", until), ("seal-from", from)] {
                if let Some(time) = time {
                    text.push_str(&format!("{blank}{name}={}", spell(time)));
                }
            }
            text.push_str(&format!("{blank}#{comment}{end}"));
            expected.push((from, until));
        }
        let ring: KeyRing = text.parse().expect("a ring");
        let unix = |time: Option<std::time::SystemTime>| time.map(|time| time.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs());
        let times: Vec<_> = ring.keys().into_iter().map(|key| (unix(key.seal_from), unix(key.open_until))).collect();
        prop_assert_eq!(times, expected);
        let again: KeyRing = ring.expose_secrets().parse().expect("what it prints");
        prop_assert_eq!(again.keys(), ring.keys());
        prop_assert_eq!(again.expose_secrets(), ring.expose_secrets());
        let shown = format!("{ring} {ring:?}");
        for (_, secret, _, _) in &keys {
            prop_assert!(!shown.contains(&encode(secret)[..8]));
            let numbers = format!("{secret:?}");
            prop_assert!(!shown.contains(&numbers[1..40]));
        }
    }

    #[test]
    fn no_error_shows_a_rings_text(text in ring_texts()) {
        if let Err(error) = text.parse::<KeyRing>() {
            let message = format!("{error} {error:?}");
            // The grammar's own words may be in both.
            let known = known_sentences();
            let characters: Vec<char> = text.chars().collect();
            for window in characters.windows(8) {
                let window: String = window.iter().collect();
                prop_assert!(!message.contains(&window) || known.contains(&window), "{:?}", window);
            }
        }
    }

    #[test]
    fn any_bytes_in_cookie_fields_are_harmless(fields in vec(vec(any::<u8>(), 0..200), 0..6), named in vec("[ -~]{0,120}", 0..4)) {
        let sessions = &TREES.0[0];
        let named: Vec<String> = named.into_iter().map(|value| format!("sid={value}")).collect();
        let all = || fields.iter().map(|field| &field[..]).chain(named.iter().map(String::as_bytes));
        let status = sessions.load(raw_request("GET", None, all())).load_status();
        prop_assert!(matches!(status, LoadStatus::New | LoadStatus::Rejected(_)));
        let mut headers = http::HeaderMap::new();
        let mut whole = true;
        for field in all() {
            match http::HeaderValue::from_bytes(field) {
                Ok(value) => drop(headers.append("cookie", value)),
                Err(_) => whole = false,
            }
        }
        if whole {
            prop_assert_eq!(sessions.load((&http::Method::GET, &headers)).load_status(), status);
        }
    }

    #[test]
    fn a_session_is_found_among_any_other_cookies(
        tree in trees(),
        junk in vec(vec(any::<u8>(), 0..300), 0..8),
        pairs in vec("[!-~]{0,12}=[ -:<-~]{0,60}", 0..12),
        place in any::<prop::sample::Index>(),
        joined in any::<bool>(),
    ) {
        let sessions = &TREES.0[1];
        let Ok(value) = sessions.seal(&tree) else { return Ok(()) };
        let good = format!("sid={value}");
        let ours = |bytes: &[u8]| bytes.windows(4).any(|window| window == b"sid=");
        let mut fields: Vec<Vec<u8>> = junk.into_iter().chain(pairs.into_iter().map(String::into_bytes)).filter(|field| !ours(field)).collect();
        fields.insert(place.index(fields.len() + 1), good.into_bytes());
        if joined {
            fields = vec![fields.join(&b"; "[..])];
        }
        let session = sessions.load(raw_request("GET", None, fields.iter().map(|field| &field[..])));
        prop_assert_eq!(session.load_status(), LoadStatus::Restored);
        prop_assert_eq!(session.cloned(), tree);
    }
}

/// Texts that resemble a ring.
fn ring_texts() -> impl Strategy<Value = String> {
    let secret = || prop_oneof!["[A-Za-z0-9_-]{43}", "[A-Za-z0-9_+/=-]{0,50}"];
    let key = (
        prop_oneof![Just("ssk1."), Just("ssk2."), Just("")],
        "(xaes256gcm|xchacha20poly1305|[a-z0-9]{0,12})",
        secret(),
    )
        .prop_map(|(prefix, suite, secret)| format!("{prefix}{suite}.{secret}"));
    let attribute = "(seal-from|open-until|[a-z-]{0,12})=?(20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:00:00(Z|[+-][0-9]{2}:00)|.{0,20})";
    let entry = (key, vec(attribute, 0..3), "[ \t]{0,2}")
        .prop_map(|(key, attributes, blank)| format!("{blank}{key} {}", attributes.join(" ")));
    let line = prop_oneof![entry, ".{0,60}", Just(String::new()), "#.{0,20}"];
    (vec((line, "(\n|\r\n|;|)"), 0..8), any::<bool>()).prop_map(|(lines, mark)| {
        let mark = if mark { "\u{feff}" } else { "" };
        lines.into_iter().fold(mark.to_owned(), |text, (line, end)| text + &line + &end)
    })
}

/// The words that errors use for texts without a secret.
fn known_sentences() -> String {
    let texts = [
        "",
        "x",
        "ssk1.x.x",
        "ssk1.xaes256gcm.x",
        "ssk1.xaes256gcm.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "ssk1.xaes256gcm.===========================================",
    ];
    let ring = KeyRing::generate(Suite::Xaes256Gcm).expect("a ring");
    let key = ring.expose_secrets().trim().to_owned();
    let faults = [
        "x",
        "seal-from=x",
        "seal-from=2027-01-01T00:00:00Z seal-from=2027-01-01T00:00:00Z",
        "seal-from=2027-01-01T00:00:00Z open-until=2027-01-01T00:00:00Z",
    ];
    let more = faults.iter().map(|fault| format!("{key} {fault}"));
    let other =
        KeyRing::generate(Suite::Xaes256Gcm).expect("a ring").expose_secrets().trim().to_owned();
    let rings = [format!("{key};{key}"), format!("{key};{other} seal-from=2027-01-01T00:00:00Z")];
    let errors = texts
        .into_iter()
        .map(str::to_owned)
        .chain(more)
        .chain(rings)
        .filter_map(|text| text.parse::<KeyRing>().err());
    errors.map(|error: RingError| format!("{error} {error:?}\n")).collect()
}

/// RFC 3339 in UTC, by days counted one year at a time.
fn spell(unix: u64) -> String {
    let (mut days, seconds) = (unix / 86_400, unix % 86_400);
    let leap = |year: u64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970;
    while days >= if leap(year) { 366 } else { 365 } {
        days -= if leap(year) { 366 } else { 365 };
        year += 1;
    }
    let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    format!(
        "{year:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        month + 1,
        days + 1,
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}
