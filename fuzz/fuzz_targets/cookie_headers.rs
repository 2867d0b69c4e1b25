//! Any bytes in `Cookie` fields: both ways in find the same, work is bounded, nothing panics, and a good session is found among whatever
//! is not of its name. Bytes of 0 part the fields.
#![no_main]

use http::header::{COOKIE, HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use sealed_session::{KeyRing, ManualClock, Sessions, Status};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;
use std::time::Duration;

#[derive(Default, Serialize, Deserialize)]
struct Visit {
    user: u64,
}

static SESSIONS: LazyLock<(Sessions<Visit>, String)> = LazyLock::new(|| {
    let ring = KeyRing::generate(sealed_session::Suite::XChaCha20Poly1305).expect("a ring");
    let clock = ManualClock::at(Duration::from_secs(1_800_000_000));
    let sessions = Sessions::builder(ring).cookie_name("sid").clock(clock).build().expect("sessions");
    let good = format!("sid={}", sessions.seal(&Visit { user: 7 }).expect("sealed"));
    (sessions, good)
});

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
    let session = sessions.load_fields(method, site.map(str::as_bytes), fields.iter().copied());
    let status = session.status();
    let mut headers = HeaderMap::new();
    let all =
        fields.iter().all(|field| HeaderValue::from_bytes(field).is_ok_and(|value| headers.try_append(COOKIE, value).is_ok()));
    if let Some(site) = site {
        headers.insert("sec-fetch-site", HeaderValue::from_static(site));
    }
    if all {
        let by_headers = sessions.load(&method.parse().expect("a method"), &headers);
        assert_eq!(by_headers.status(), status);
    }
    let mut response = HeaderMap::new();
    sessions.commit(&session, http::StatusCode::OK, &mut response).expect("nothing to commit");
    assert!(!response.contains_key("set-cookie"));

    // What is said of cookies that are not ours changes nothing.
    let ours = |field: &[u8]| field.windows(3).any(|window| window == b"sid");
    if !fields.iter().any(|field| ours(field)) {
        assert_eq!(status, if site == Some("cross-site") { Status::Withheld } else { Status::New });
        for place in 0..=fields.len() {
            let mut with: Vec<&[u8]> = fields.clone();
            with.insert(place, good.as_bytes());
            let session = sessions.load_fields(method, None, with);
            assert_eq!(session.status(), Status::Restored);
            assert_eq!(session.read(|visit| visit.user), 7);
        }
        let joined = [&fields.join(&b';')[..], b"; ", good.as_bytes(), b" ;", &fields.join(&b';')].concat();
        let session = sessions.load_fields(method, None, [&joined[..]]);
        assert_eq!(session.status(), Status::Restored);
    }
});
