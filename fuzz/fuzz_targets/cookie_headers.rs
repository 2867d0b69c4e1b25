//! Any bytes in `Cookie` fields: both ways in find the same, work is bounded, nothing panics, and a
//! good session is found among whatever is not of its name. Another library's cookie is read where
//! none of ours came, and shown alone. Bytes of 0 part the fields.
#![no_main]

#[path = "../../tests/support/raw_request.rs"]
mod raw_request;

use http::header::{COOKIE, HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use raw_request::raw_request;
use sealed_session::clock::ManualClock;
use sealed_session::migrate::LegacyCookie;
use sealed_session::{KeyRing, LoadStatus, Sessions};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

#[derive(Default, Serialize, Deserialize)]
struct Visit {
    user: u64,
}

static SESSIONS: LazyLock<(Sessions<Visit>, String)> = LazyLock::new(|| {
    let ring = KeyRing::generate(sealed_session::Suite::XChaCha20Poly1305).expect("a ring");
    let clock = ManualClock::at(Duration::from_secs(1_800_000_000));
    let sessions =
        Sessions::builder(ring).cookie_name("sid").clock(clock).build().expect("sessions");
    let good = format!("sid={}", sessions.seal(&Visit { user: 7 }).expect("sealed"));
    (sessions, good)
});

/// Takes over whoever has a cookie `sid`, as user 1.
static MOVING: LazyLock<Sessions<Visit>> = LazyLock::new(|| {
    let ring = KeyRing::generate(sealed_session::Suite::XChaCha20Poly1305).expect("a ring");
    let clock = ManualClock::at(Duration::from_secs(1_800_000_000));
    let old = LegacyCookie::new("sid", SystemTime::UNIX_EPOCH + Duration::from_secs(1_900_000_000));
    let import = |headers: &HeaderMap| {
        assert!(
            headers.len() <= 16
                && headers
                    .iter()
                    .all(|(name, pair)| name == COOKIE && pair.as_bytes().starts_with(b"sid="))
        );
        Some(Visit { user: 1 })
    };
    Sessions::builder(ring)
        .cookie_name("new")
        .clock(clock)
        .import_from(old, import)
        .build()
        .expect("sessions")
});

/// Every pair of the fields, as browsers write them.
fn pairs<'a>(fields: &[&'a [u8]]) -> Vec<&'a [u8]> {
    let trim = |mut pair: &'a [u8]| {
        while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = pair {
            pair = rest;
        }
        pair
    };
    fields.iter().flat_map(|field| field.split(|byte| *byte == b';')).map(trim).collect()
}

fuzz_target!(|data: &[u8]| {
    let (sessions, good) = &*SESSIONS;
    let Some((&choice, rest)) = data.split_first() else { return };
    let fields: Vec<&[u8]> = rest.split(|byte| *byte == 0).take(16).collect();
    let (method, site) = match choice & 3 {
        0 => ("GET", None),
        1 => ("POST", None),
        2 => ("POST", Some("cross-site")),
        _ => ("PUT", Some("none")),
    };
    let session =
        sessions.load(raw_request(method, site.map(str::as_bytes), fields.iter().copied()));
    let status = session.load_status();
    let mut headers = HeaderMap::new();
    let all = fields.iter().all(|field| {
        HeaderValue::from_bytes(field).is_ok_and(|value| headers.try_append(COOKIE, value).is_ok())
    });
    if let Some(site) = site {
        headers.insert("sec-fetch-site", HeaderValue::from_static(site));
    }
    if all {
        let by_headers = sessions.load((&method.parse().expect("a method"), &headers));
        assert_eq!(by_headers.load_status(), status);
    }
    let mut response = HeaderMap::new();
    sessions.commit(&session, http::StatusCode::OK, &mut response).expect("nothing to commit");
    assert!(!response.contains_key("set-cookie"));

    // What is said of cookies that are not ours changes nothing.
    let ours = |field: &[u8]| field.windows(3).any(|window| window == b"sid");
    if !fields.iter().any(|field| ours(field)) {
        assert_eq!(
            status,
            if site == Some("cross-site") { LoadStatus::CrossSite } else { LoadStatus::New }
        );
        for place in 0..=fields.len() {
            let mut with: Vec<&[u8]> = fields.clone();
            with.insert(place, good.as_bytes());
            let session = sessions.load(raw_request(method, None, with));
            assert_eq!(session.load_status(), LoadStatus::Restored);
            assert_eq!(session.read(|visit| visit.user), 7);
        }
        let joined =
            [&fields.join(&b';')[..], b"; ", good.as_bytes(), b" ;", &fields.join(&b';')].concat();
        let session = sessions.load(raw_request(method, None, [&joined[..]]));
        assert_eq!(session.load_status(), LoadStatus::Restored);
    }

    let pairs = pairs(&fields);
    let ours = |pair: &&&[u8]| {
        matches!(
            pair,
            [b'n', b'e', b'w', b'=', _, ..] | [b'n', b'e', b'w', b'.', b'1'..=b'9', b'=', _, ..]
        )
    };
    let old = |pair: &&&[u8]| {
        matches!(pair, [b's', b'i', b'd', b'=', _, ..]) && HeaderValue::from_bytes(pair).is_ok()
    };
    let imported = !pairs.iter().any(|pair| ours(&pair)) && pairs.iter().any(|pair| old(&pair));
    let session = MOVING.load(raw_request("GET", None, fields.iter().copied()));
    assert_eq!(session.load_status() == LoadStatus::Imported, imported);
    let mut response = HeaderMap::new();
    MOVING.commit(&session, http::StatusCode::OK, &mut response).expect("room for a cookie");
    assert_eq!(response.contains_key("set-cookie"), imported);
});
