//! Any bytes in `Cookie` fields: both ways in find the same, work is bounded, nothing panics, and a
//! good session is found among whatever is not of its name. Another library's cookie is read where
//! none of ours came, and shown alone. Bytes of 0 part the fields.
//!
//! If the first byte has its highest bit, the rest says what becomes of the cookies of two sessions
//! that are split over several: a session is found only if each of its cookies came as it was sent.
//! With the next bit, the rest are the fields that tell a request's origin: it passes or is refused
//! by the rules, and the safe methods pass.
#![no_main]

#[path = "../../tests/support/raw_request.rs"]
mod raw_request;

use http::header::{COOKIE, HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::arbitrary::{self, Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use raw_request::raw_request;
use sealed_session::adapter::{FieldValue, RequestHeaders};
use sealed_session::clock::ManualClock;
use sealed_session::migrate::LegacyCookie;
use sealed_session::{CrossOrigin, KeyRing, LoadStatus, Sessions};
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

/// Two sessions of one visitor, each split over several cookies: `name=value`, as they were sent.
struct Split {
    sessions: Sessions<Long>,
    old: Vec<String>,
    new: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Long {
    user: u64,
    note: String,
}

fn long(user: u64) -> Long {
    Long { user, note: "much to say ".repeat(if user == 1 { 45 } else { 30 }) }
}

const LINE: usize = 300;

static SPLIT: LazyLock<Split> = LazyLock::new(|| {
    let ring = KeyRing::generate(sealed_session::Suite::XChaCha20Poly1305).expect("a ring");
    let clock = ManualClock::at(Duration::from_secs(1_800_000_000));
    let builder = Sessions::builder(ring).cookie_name("sid").clock(clock.clone());
    let sessions = builder.max_cookies(4).max_set_cookie_bytes(LINE).build().expect("sessions");
    let [old, new] = [1, 2].map(|user| {
        clock.advance(Duration::from_secs(1));
        let session = sessions.load(raw_request("GET", None, []));
        session.set(long(user)).expect("room for it");
        let mut headers = HeaderMap::new();
        sessions.commit(&session, http::StatusCode::OK, &mut headers).expect("committed");
        let lines = headers.get_all("set-cookie").iter().map(|line| line.to_str().expect("ASCII"));
        lines.map(|line| line.split(';').next().unwrap_or_default().to_owned()).collect()
    });
    let split = Split { sessions, old, new };
    assert_eq!((split.old.len(), split.new.len()), (4, 3));
    split
});

/// One cookie of a request.
#[derive(Arbitrary, Debug)]
enum Sent {
    AsItWas { new: bool, index: u8 },
    UnderAnotherName { new: bool, index: u8, digit: u8 },
    WithAnotherByte { new: bool, index: u8, at: u16, byte: u8 },
    Cut { new: bool, index: u8, at: u16 },
    Any { digit: u8, value: String },
}

impl Sent {
    fn cookie(&self, split: &Split) -> String {
        let of = |new: bool, index: u8| {
            let session = if new { &split.new } else { &split.old };
            session[usize::from(index) % session.len()].clone()
        };
        let name = |digit: u8| match digit % 10 {
            0 => "sid".to_owned(),
            digit => format!("sid.{digit}"),
        };
        let printable = |byte: u8| char::from(0x21 + byte % 0x5e);
        match *self {
            Self::AsItWas { new, index } => of(new, index),
            Self::UnderAnotherName { new, index, digit } => {
                let cookie = of(new, index);
                format!("{}={}", name(digit), cookie.split_once('=').expect("a pair").1)
            }
            Self::WithAnotherByte { new, index, at, byte } => {
                let mut cookie = of(new, index);
                let at = usize::from(at) % cookie.len();
                cookie.replace_range(at..=at, printable(byte).encode_utf8(&mut [0; 1]));
                cookie
            }
            Self::Cut { new, index, at } => {
                let mut cookie = of(new, index);
                cookie.truncate(usize::from(at) % cookie.len());
                cookie
            }
            Self::Any { digit, ref value } => {
                format!("{}={}", name(digit), value.bytes().map(printable).collect::<String>())
            }
        }
    }
}

/// A browser that loses, keeps and mixes the cookies of two sessions, and a stranger who adds some.
fn pieces(data: &[u8]) {
    let split = &*SPLIT;
    let Ok((sent, in_one_field)) = Unstructured::new(data).arbitrary::<(Vec<Sent>, bool)>() else {
        return;
    };
    let cookies: Vec<String> = sent.iter().take(14).map(|sent| sent.cookie(split)).collect();
    let fields = if in_one_field { vec![cookies.join("; ")] } else { cookies.clone() };
    // A byte may have become a semicolon.
    let came: Vec<&str> = cookies.iter().flat_map(|cookie| cookie.split(';')).collect();
    let complete = |session: &[String]| session.iter().all(|cookie| came.contains(&&**cookie));
    let (old, new) = (complete(&split.old), complete(&split.new));

    let sessions = &split.sessions;
    let session = sessions.load(raw_request("GET", None, fields.iter().map(String::as_bytes)));
    let status = session.load_status();
    let headers: HeaderMap = fields
        .iter()
        .map(|field| (COOKIE, HeaderValue::from_str(field).expect("printable")))
        .collect();
    assert_eq!(sessions.load((&http::Method::GET, &headers)).load_status(), status);
    let found = session.cloned();
    match status {
        LoadStatus::Restored => {
            assert!((old && found == long(1)) || (new && found == long(2)), "{found:?}");
        }
        _ => assert_eq!(found, Long::default()),
    }
    if sent.iter().all(|sent| matches!(sent, Sent::AsItWas { .. })) {
        assert_eq!(status == LoadStatus::Restored, old || new);
        assert!(!new || found == long(2), "the younger one counts");
    }

    // A write leaves one session, whatever came.
    session.set(Long { user: 3, note: String::new() }).expect("room for it");
    let mut response = HeaderMap::new();
    sessions.commit(&session, http::StatusCode::OK, &mut response).expect("committed");
    let lines = response.get_all("set-cookie").iter().map(|line| line.to_str().expect("ASCII"));
    let lines: Vec<&str> = lines.collect();
    assert!(lines.iter().all(|line| line.len() <= LINE));
    let set = lines.iter().filter(|line| !line.contains("; Max-Age=0"));
    assert!(set.clone().count() == 1 && set.clone().all(|line| line.starts_with("sid=")));
    for digit in 1..=9 {
        let name = format!("sid.{digit}=");
        let came = came.iter().any(|cookie| cookie.trim_matches([' ', '\t']).starts_with(&name));
        let deleted = lines.iter().filter(|line| line.starts_with(&name)).count();
        assert_eq!(deleted, usize::from(came), "{name}");
    }
}

/// A request of any page. Empty fields count as absent.
struct OfAnOrigin<'a> {
    method: &'a str,
    authority: &'a [u8],
    target: Option<&'a str>,
    site: &'a [u8],
    origins: &'a [&'a [u8]],
}

impl RequestHeaders for &OfAnOrigin<'_> {
    fn method(&self) -> &str {
        self.method
    }

    fn authority(&self) -> Option<&[u8]> {
        (!self.authority.is_empty()).then_some(self.authority)
    }

    fn target(&self) -> Option<&str> {
        self.target
    }

    fn for_each<'a>(&'a self, name: &HeaderName, each: &mut dyn FnMut(FieldValue<'a>)) {
        match name.as_str() {
            "sec-fetch-site" => each(FieldValue::Bytes(self.site)),
            "origin" => self.origins.iter().for_each(|field| each(FieldValue::Bytes(field))),
            _ => {}
        }
    }
}

/// One that trusts no origin, and one that trusts one and exempts two paths.
static OF_ORIGINS: LazyLock<[Sessions<Visit>; 2]> = LazyLock::new(|| {
    let trusting = CrossOrigin::refuse().trust("https://a.example");
    let trusting = trusting.exempt("/saml/acs").exempt("POST /webhooks/");
    [CrossOrigin::refuse(), trusting].map(|setting| {
        let ring = KeyRing::ephemeral().expect("a ring");
        Sessions::builder(ring).cross_origin(setting).build().expect("sessions")
    })
});

fn origins(choice: u8, rest: &[u8]) {
    let methods = ["GET", "HEAD", "OPTIONS", "TRACE", "POST", "PUT", "get", ""];
    let mut fields = rest.split(|byte| *byte == 0);
    let mut next = || fields.next().unwrap_or_default();
    let (authority, target, site) = (next(), next(), next());
    let request = OfAnOrigin {
        method: methods[usize::from(choice & 7)],
        authority,
        target: std::str::from_utf8(target).ok(),
        site,
        origins: &fields.collect::<Vec<_>>(),
    };
    let [strict, trusting] =
        OF_ORIGINS.each_ref().map(|sessions| sessions.check_cross_origin(&request).is_ok());
    let origin = request.origins.first().copied().unwrap_or_default();
    let behind_scheme = origin.windows(3).position(|window| window == b"://");
    let behind_scheme = behind_scheme.map(|at| &origin[at + 3..]);
    match (request.method, site) {
        ("GET" | "HEAD" | "OPTIONS", _) | (_, b"same-origin" | b"none") => assert!(strict),
        (_, [_, ..]) => assert!(!strict),
        _ if origin.is_empty() => assert!(strict),
        _ => {
            let host = behind_scheme.and_then(|rest| rest.split(|b| b"/?#".contains(b)).next());
            assert!(!strict || (host == Some(authority) && !authority.is_empty()));
            let is_plain = !authority.is_empty() && authority.iter().all(u8::is_ascii_lowercase);
            assert!(strict || !is_plain || origin != [b"https://", authority].concat());
        }
    }
    let path = request.target.and_then(|target| target.split('?').next()).unwrap_or_default();
    let segments = path.split('/').skip(1).collect::<Vec<_>>();
    let webhook = request.method == "POST" && matches!(segments[..], ["webhooks", _, ..]);
    let others = segments.split_last().map_or(&[][..], |(_, others)| others);
    let exempt = path.starts_with('/')
        && (path == "/saml/acs" || webhook)
        && path.bytes().all(|byte| byte.is_ascii_graphic() && !b"%\\#".contains(&byte))
        && !others.contains(&"")
        && !segments.iter().any(|segment| matches!(*segment, "." | ".."));
    assert_eq!(trusting, strict || origin == b"https://a.example" || exempt);
}

fuzz_target!(|data: &[u8]| {
    let (sessions, good) = &*SESSIONS;
    let Some((&choice, rest)) = data.split_first() else { return };
    if choice & 0x80 != 0 {
        return pieces(rest);
    }
    if choice & 0x40 != 0 {
        return origins(choice, rest);
    }
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
