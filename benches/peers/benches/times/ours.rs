//! sealed-session's side: seal, open, whole requests, rejections, and rings of many keys. Called by
//! `main`; what it measures is what a user calls.

use crate::interleave::{Contender, Group, Start};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use sealed_session::clock::ManualClock;
use sealed_session::{KeyRing, Reason, Sessions, Suite};
use sealed_session_benches::Payload;
use std::hint::black_box;
use std::time::Duration;

pub const SUITES: [(Suite, &str); 2] = [
    (Suite::Xaes256Gcm, "sealed-session"),
    (Suite::XChaCha20Poly1305, "sealed-session, XChaCha20-Poly1305"),
];

pub fn ring(suite: Suite) -> KeyRing {
    KeyRing::generate(suite).expect("the system has randomness")
}

pub fn sessions<T: Payload>(suite: Suite) -> Sessions<T> {
    Sessions::new(ring(suite)).unwrap()
}

pub fn seal<T: Payload>(group: &mut Start<'_>, data: &T) {
    for (suite, name) in SUITES {
        let (sessions, data) = (sessions::<T>(suite), data.clone());
        let characters = sessions.seal(&data).expect("it fits").len();
        group.add(
            Contender::new(name, move || sessions.seal(black_box(&data))).characters(characters),
        );
    }
}

pub fn open<T: Payload>(group: &mut Start<'_>, data: &T) {
    for (suite, name) in SUITES {
        let sessions = sessions::<T>(suite);
        let value = sessions.seal(data).expect("it fits");
        assert!(sessions.open(&value).is_ok());
        let characters = value.len();
        group.add(
            Contender::new(name, move || sessions.open(black_box(&value))).characters(characters),
        );
    }
}

/// The request's fields of a visitor whose session holds this. No response sets an empty session's
/// cookie, but it opens as every other.
fn visitor<T: Payload>(sessions: &Sessions<T>, data: &T) -> HeaderMap {
    let field = format!("__Host-Http-session={}", sessions.seal(data).expect("it fits"));
    HeaderMap::from_iter([(
        http::header::COOKIE,
        HeaderValue::from_str(&field).expect("base64url"),
    )])
}

/// The request's field that answers a `Set-Cookie` line.
pub fn cookie_of(line: &HeaderValue) -> HeaderValue {
    let pair =
        line.as_bytes().split(|byte| *byte == b';').next().expect("a split has a first part");
    HeaderValue::from_bytes(pair).expect("part of a header value")
}

/// From the `Cookie` field to the `Set-Cookie` line.
pub fn change<T: Payload>(group: &mut Start<'_>, data: &T) {
    for (suite, name) in SUITES {
        let sessions = sessions::<T>(suite);
        let request = visitor(&sessions, data);
        let once = move || {
            let session = sessions.load((&Method::POST, black_box(&request)));
            session.update(T::visit).expect("it fits");
            let mut answer = HeaderMap::new();
            sessions.commit(&session, StatusCode::OK, &mut answer).expect("it is sealed");
            answer
        };
        assert!(once().contains_key("set-cookie"));
        group.add(Contender::new(name, once));
    }
}

/// A request whose handler only reads, and one whose handler does not ask for the session.
pub fn read<T: Payload>(group: &mut Start<'_>, data: &T) {
    for (suite, name) in SUITES {
        let sessions = sessions::<T>(suite);
        let request = visitor(&sessions, data);
        let once = move |touch: bool| {
            let session = sessions.load((&Method::GET, black_box(&request)));
            if touch {
                session.read(|data| _ = black_box(data));
            }
            let mut answer = HeaderMap::new();
            sessions
                .commit(&session, StatusCode::OK, &mut answer)
                .expect("there is nothing to seal");
            answer
        };
        assert!(once(false).is_empty() && !once(true).contains_key("set-cookie"));
        let untouched = once.clone();
        group.add(Contender::new(name, move || once(true)));
        group.add(Contender::new(format!("{name}, untouched"), move || untouched(false)));
    }
}

/// Cookies of one length: a good one, and those that are refused at each stage.
pub fn rejections<T: Payload>(payload: &'static str, form: &'static str, data: &T) -> Vec<Group> {
    SUITES
        .into_iter()
        .map(|(suite, name)| rejections_of(payload, form, suite, name, data))
        .collect()
}

fn rejections_of<T: Payload>(
    payload: &'static str,
    form: &'static str,
    suite: Suite,
    name: &'static str,
    data: &T,
) -> Group {
    let clock = ManualClock::at(Duration::from_secs(1_800_000_000));
    let ring = ring(suite);
    let build = |clock: &ManualClock| {
        Sessions::<T>::builder(ring.clone()).clock(clock.clone()).build().expect("a configuration")
    };
    let now = build(&clock);
    let later = build(&ManualClock::at(Duration::from_secs(1_900_000_000)));
    let good = now.seal(data).expect("it fits");
    let foreign = sessions::<T>(suite).seal(data).expect("it fits");
    let replace = |index: usize| {
        let with = if good.as_bytes()[index] == b'A' { "B" } else { "A" };
        format!("{}{with}{}", &good[..index], &good[index + 1..])
    };
    let tag = good.len() - 10;
    let cases = [
        ("garbage: not base64url", &now, format!("{}!", &good[1..]), Reason::Malformed),
        ("garbage: no version of ours", &now, format!("zz{}", &good[2..]), Reason::UnknownVersion),
        ("unknown key", &now, foreign, Reason::UnknownKey),
        ("forged tag", &now, replace(tag), Reason::BadSeal),
        ("expired", &later, good.clone(), Reason::ExpiredAbsolute),
    ];
    let mut group = Start::new(
        payload,
        form,
        if suite == Suite::Xaes256Gcm { "reject" } else { "reject, XChaCha20-Poly1305" },
    );
    group.add(Contender::new(name, || now.open(black_box(&good))).characters(good.len()));
    for (case, sessions, value, reason) in &cases {
        assert_eq!(sessions.open(value).err().map(|error| error.reason()), Some(*reason), "{case}");
        assert_eq!(value.len(), good.len(), "{case}");
        group.add(Contender::new(*case, move || sessions.open(black_box(value))));
    }
    group.run()
}

/// Opening a cookie of the first and of the last of 64 keys, and sealing, beside a ring of one key;
/// and that ring a second time, which shows what a difference of nothing looks like here.
pub fn rings<T: Payload>(payload: &'static str, form: &'static str, data: &T) -> Vec<Group> {
    SUITES
        .into_iter()
        .flat_map(|(suite, name)| rings_of(payload, form, suite, name, data))
        .collect()
}

fn rings_of<T: Payload>(
    payload: &'static str,
    form: &'static str,
    suite: Suite,
    name: &'static str,
    data: &T,
) -> [Group; 2] {
    let texts: Vec<String> =
        (0..64).map(|_| ring(suite).expose_secrets().trim_end().to_owned()).collect();
    let parse = |text: &str| Sessions::<T>::new(text.parse().expect("a ring")).unwrap();
    let (first, last) = (parse(&texts[0]), parse(&texts[63]));
    let many = parse(&texts.join("\n"));
    let (value, value_of_last) =
        (first.seal(data).expect("it fits"), last.seal(data).expect("it fits"));
    assert!(many.open(&value).is_ok() && many.open(&value_of_last).is_ok());
    let chacha = suite != Suite::Xaes256Gcm;
    let mut open = Start::new(
        payload,
        form,
        if chacha { "ring open, XChaCha20-Poly1305" } else { "ring open" },
    );
    open.add(Contender::new(name, || first.open(black_box(&value))));
    open.add(Contender::new("ring of one, again", || first.open(black_box(&value))));
    open.add(Contender::new("first of 64 keys", || many.open(black_box(&value))));
    open.add(Contender::new("last of 64 keys", || many.open(black_box(&value_of_last))));
    let mut seal = Start::new(
        payload,
        form,
        if chacha { "ring seal, XChaCha20-Poly1305" } else { "ring seal" },
    );
    seal.add(Contender::new(name, || first.seal(black_box(data))));
    seal.add(Contender::new("ring of one, again", || first.seal(black_box(data))));
    seal.add(Contender::new("64 keys", || many.seal(black_box(data))));
    [open.run(), seal.run()]
}
