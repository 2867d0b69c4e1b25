//! Any value opens as the second implementation says, word for word, and never panics.
//!
//! The first byte says what the rest is: even, a value as it stands; odd, a plaintext, which is
//! sealed first, so that what lies behind the seal is reached. The next bits choose suite and type.
#![no_main]

#[path = "../../tests/support/raw_request.rs"]
mod raw_request;

#[path = "../../tests/spec/reference.rs"]
#[allow(dead_code)]
mod reference;

use libfuzzer_sys::fuzz_target;
use raw_request::raw_request;
use sealed_session::clock::ManualClock;
use sealed_session::{KeyRing, LoadStatus, Map, SessionData, Sessions};
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
        // Form, age and shape right by default, so that mutation finds its way to the data.
        let (head, data) = rest.split_at(rest.len().min(8));
        let whole = match head.first() {
            Some(0) => rest.to_vec(),
            _ => {
                let claims = reference::Claims {
                    issued: NOW,
                    age: 0,
                    id: None,
                    expiry: reference::Expiry::Default,
                    flashes: Vec::new(),
                    extensions: Vec::new(),
                    shape: sessions.shape(),
                };
                [&[0][..], &claims.encode(), data].concat()
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
    let shape = sessions.shape();
    let decode = |came: [u8; 4], data: &[u8]| match decodes(data) {
        _ if came != shape => Err("other-shape"),
        true => Ok(serde_json::Value::Null),
        false => Err("undecodable"),
    };
    let reading = reference::Reading {
        ring: &BOTH.ring,
        suites: &[reference::Suite::Xaes, reference::Suite::XChaCha],
        name: NAME,
        contexts: &[Vec::new()],
        now: NOW,
        idle: 14 * 86_400,
        absolute: 30 * 86_400,
        reject_created_before: 0,
        decode: &decode,
    };
    let expected = match reading.open(&[&value]) {
        Some(Ok(_)) => "ok",
        Some(Err((word, _))) => word,
        None => panic!("there is a candidate"),
    };
    let opened = sessions.open(&value);
    let word = opened.as_ref().map_or_else(|error| error.reason().as_str(), |_| "ok");
    assert_eq!(word, expected);
    let session = sessions.load(raw_request("GET", None, [format!("{NAME}={value}").as_bytes()]));
    match session.load_status() {
        LoadStatus::Restored => assert_eq!(word, "ok"),
        // An emptied cookie counts as none. In a field, a value ends at a semicolon, and blanks
        // around it are not part of it.
        LoadStatus::New => assert!(
            value.split(';').next().is_some_and(|first| first.trim_matches([' ', '\t']).is_empty())
        ),
        LoadStatus::Rejected(reason) => {
            assert!(reason.as_str() == word || value.contains([';', ' ', '\t']))
        }
        other => panic!("{other:?}"),
    }
    if let Ok(data) = opened {
        let again = sessions.seal(&data);
        assert!(again.is_ok_and(|again| sessions.open(&again).is_ok()) || value.len() > 3_800);
    }
}
