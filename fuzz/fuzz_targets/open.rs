//! Any value opens as the second implementation says, word for word, and never panics. So do any
//! pieces of a request.
//!
//! The first byte says what the rest is: even, a value as it stands; odd, a plaintext, which is
//! sealed first, so that what lies behind the seal is reached. The next bits choose suite and type.
//! The fourth says that the rest are the cookies of a request.
#![no_main]

#[path = "../../tests/support/raw_request.rs"]
mod raw_request;

#[path = "../../tests/spec/reference.rs"]
#[allow(dead_code)]
mod reference;

use libfuzzer_sys::fuzz_target;
use raw_request::raw_request;
use sealed_session::clock::ManualClock;
use sealed_session::{KeyRing, LoadStatus, Map, SessionData, SessionError, Sessions};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

const NOW: u64 = 1_800_000_000;
const NAME: &str = "__Host-Http-session";

#[derive(Default, Serialize, Deserialize)]
struct Visit {
    user: Option<u64>,
    cart: Vec<u32>,
    notes: BTreeMap<String, Option<f64>>,
    role: Role,
}

#[derive(Default, Serialize, Deserialize)]
enum Role {
    #[default]
    Guest,
    Named(String),
    Pair(char, [u8; 3]),
}

struct Both {
    visits: Sessions<Visit>,
    maps: Sessions<Map>,
    ring: Vec<reference::Entry>,
}

static BOTH: LazyLock<Both> = LazyLock::new(|| {
    use reference::{Key, Suite, published};
    let text = format!(
        "{}\n{}",
        Key::new(published(0), Suite::Xaes).text(),
        Key::new(published(1), Suite::XChaCha).text()
    );
    let ring = || KeyRing::danger_from_published(&text).expect("a ring");
    let clock = ManualClock::at(Duration::from_secs(NOW));
    Both {
        visits: Sessions::builder(ring()).clock(clock.clone()).build().expect("visits"),
        maps: Sessions::builder(ring()).clock(clock).build().expect("maps"),
        ring: reference::ring(&text, true).unwrap_or_else(|refused| panic!("{refused:?}")),
    }
});

fuzz_target!(|data: &[u8]| {
    let Some((&choice, rest)) = data.split_first() else { return };
    if choice >> 3 & 1 == 1 {
        return join(rest);
    }
    let key = &BOTH.ring[usize::from(choice >> 1 & 1)].key;
    if choice >> 2 & 1 == 0 {
        let decodes = |data: &[u8]| {
            postcard::take_from_bytes::<Visit>(data).is_ok_and(|(_, rest)| rest.is_empty())
        };
        compare(&BOTH.visits, key, choice & 1 == 1, rest, &decodes);
    } else {
        compare(&BOTH.maps, key, choice & 1 == 1, rest, &|data| {
            reference::decode_map(data).is_ok()
        });
    }
});

fn compare<T: SessionData>(
    sessions: &Sessions<T>,
    key: &reference::Key,
    is_plaintext: bool,
    rest: &[u8],
    decodes: &dyn Fn(&[u8]) -> bool,
) {
    let value = if is_plaintext {
        // Age and shape right by default, so that mutation finds its way to the data. The first byte
        // has the flags.
        let (head, data) = rest.split_at(rest.len().min(8));
        let whole = match head.first() {
            Some(0) => rest.to_vec(),
            first => {
                let flags = first.map_or(0, |first| first >> 1 & reference::FLAGS);
                let claims = reference::Claims::new(NOW, sessions.shape());
                [&[flags][..], &claims.encode(), data].concat()
            }
        };
        if whole.len() < 10 {
            return;
        }
        let aad = reference::aad(&reference::header(key), NAME, b"");
        reference::value(&reference::envelope(key, &[7; 24], &aad, &whole))
    } else {
        String::from_utf8_lossy(rest).into_owned()
    };
    let (shape, pieces) = (sessions.shape(), []);
    let came = reference::Came { values: &[value.clone()], pieces: &pieces };
    let (expected, by_request) = read(shape, decodes, |reading| {
        let alone = reading.open_alone(&value).map_or_else(|word| word, |_| "ok");
        (alone, word_of(reading.open(came)))
    });
    let opened = sessions.open(&value);
    let word = opened.as_ref().map_or_else(|error| error.reason().as_str(), |_| "ok");
    assert_eq!(word, expected);
    let expected = by_request;
    let session = sessions.load(raw_request("GET", None, [format!("{NAME}={value}").as_bytes()]));
    match session.load_status() {
        LoadStatus::Restored => assert_eq!(expected, "ok"),
        // An emptied cookie counts as none. In a field, a value ends at a semicolon, and blanks
        // around it are not part of it.
        LoadStatus::New => assert!(
            value.split(';').next().is_some_and(|first| first.trim_matches([' ', '\t']).is_empty())
        ),
        LoadStatus::Rejected(reason) => {
            assert!(reason.as_str() == expected || value.contains([';', ' ', '\t']))
        }
        other => panic!("{other:?}"),
    }
    if let Ok(data) = opened {
        let again = sessions.seal(&data);
        // What was compressed may be too large as it is.
        let too_large = matches!(again, Err(SessionError::TooLarge { .. }))
            && (is_plaintext || value.len() > 3_800);
        assert!(too_large || again.is_ok_and(|again| sessions.open(&again).is_ok()));
    }
}

/// How the second implementation reads data of this shape.
fn read<R>(
    shape: [u8; 4],
    decodes: &dyn Fn(&[u8]) -> bool,
    read: impl FnOnce(&reference::Reading) -> R,
) -> R {
    read(&reference::Reading {
        ring: &BOTH.ring,
        suites: &[reference::Suite::Xaes, reference::Suite::XChaCha],
        name: NAME,
        contexts: &[Vec::new()],
        now: NOW,
        idle: 14 * 86_400,
        absolute: 30 * 86_400,
        reject_created_before: 0,
        flags: reference::FLAGS,
        binding: None,
        decode: &|came, data| match data.is_none_or(decodes) {
            _ if came != shape => Err("other-shape"),
            true => Ok(serde_json::Value::Null),
            false => Err("undecodable"),
        },
    })
}

fn word_of(outcome: Option<reference::Outcome>) -> &'static str {
    match outcome {
        Some(Ok(_)) => "ok",
        Some(Err((word, _))) => word,
        None => "absent",
    }
}

/// Joins what bytes of 0 part into cookies: later pieces, if a digit comes first, and otherwise
/// cookies of the name. The bytes 1 to 3 stand for two parts of a session, and for its tie.
fn join(cookies: &[u8]) {
    static SESSION: LazyLock<String> = LazyLock::new(|| {
        let visit = Visit { user: Some(7), ..Visit::default() };
        BOTH.visits.seal(&visit).expect("sealed")
    });
    let (mut values, mut pieces, mut fields) = (Vec::new(), Vec::new(), Vec::new());
    for cookie in cookies.split(|byte| *byte == 0) {
        let Some((&digit, text)) = cookie.split_first() else { continue };
        let text: String = text
            .iter()
            .map(|byte| match byte {
                1 => SESSION[..40].to_owned(),
                2 => SESSION[40..].to_owned(),
                3 => format!("{}.", &SESSION[8..14]),
                b';' => "!".to_owned(),
                0x21..0x7f => char::from(*byte).to_string(),
                _ => "!".to_owned(),
            })
            .collect();
        if digit.is_ascii_digit() && digit != b'0' {
            fields.push(format!("{NAME}.{}={text}", char::from(digit)));
            pieces.push((digit - b'0', text));
        } else if !text.is_empty() {
            fields.push(format!("{NAME}={text}"));
            values.push(text);
        }
    }
    let came = reference::Came { values: &values, pieces: &pieces };
    let decodes = |data: &[u8]| {
        postcard::take_from_bytes::<Visit>(data).is_ok_and(|(_, rest)| rest.is_empty())
    };
    let expected = read(BOTH.visits.shape(), &decodes, |reading| word_of(reading.open(came)));
    let session = BOTH.visits.load(raw_request("GET", None, fields.iter().map(String::as_bytes)));
    let word = match session.load_status() {
        LoadStatus::Restored => "ok",
        LoadStatus::New => "absent",
        LoadStatus::Rejected(reason) => reason.as_str(),
        other => panic!("{other:?}"),
    };
    assert_eq!(word, expected);
}
