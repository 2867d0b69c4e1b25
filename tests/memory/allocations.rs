//! How often sealing, opening and an untouched request allocate, beyond the blocks of the opened
//! data themselves, for typed sessions and for `Map`. The second call counts, so that what is set
//! up once per process is not included.

use crate::count;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use sealed_session::{KeyRing, Map, SessionData, Sessions, Suite};
use serde::{Deserialize, Serialize};
use std::hint::black_box;

#[derive(Clone, Default, Serialize, Deserialize)]
struct Visit {
    user: Option<u64>,
    name: String,
    cart: Vec<(String, u32)>,
}

fn visit() -> Visit {
    Visit {
        user: Some(7),
        name: "Ada Lovelace".into(),
        cart: vec![("SKU-0001".into(), 2), ("SKU-0002".into(), 1)],
    }
}

/// No data, usual data, and nearly too much.
fn visits() -> [Visit; 3] {
    [Visit::default(), visit(), Visit { name: "x".repeat(2_800), ..visit() }]
}

/// No data, little, usual, and nearly too much.
fn maps() -> impl Iterator<Item = Map> {
    let few = r#"{"user": 7, "role": "Admin", "csrf": [48, 49, 97, 98]}"#;
    let much = format!(r#"{{"user": 7, "notes": ["{}"]}}"#, "x".repeat(2_800));
    ["{}", few, include_str!("../data/shop.json"), &much]
        .map(|json| serde_json::from_str(json).unwrap())
        .into_iter()
}

/// The suites for servers and for the edge.
fn suites() -> impl Iterator<Item = Suite> {
    let chacha = cfg!(feature = "chacha").then_some(Suite::XChaCha20Poly1305);
    [Some(Suite::Xaes256Gcm), chacha].into_iter().flatten()
}

fn allocations(mut run: impl FnMut()) -> u64 {
    run();
    count(run).total
}

#[test]
fn opening_allocates_at_most_twice_beyond_the_data() {
    fn check<T: SessionData>(suite: Suite, data: &T) {
        let sessions = Sessions::<T>::new(KeyRing::generate(suite).unwrap()).unwrap();
        let value = sessions.seal(data).unwrap();
        assert!(sessions.open(&value).is_ok());
        let mut opened = None;
        let counted = count(|| opened = sessions.open(&value).ok());
        let (total, kept) = (i64::try_from(counted.total).unwrap(), counted.kept);
        assert!(
            opened.is_some() && total <= kept + 2,
            "{suite:?}: {total}, and {kept} of them are the data"
        );
    }
    for suite in suites() {
        visits().iter().for_each(|visit| check(suite, visit));
        maps().for_each(|map| check(suite, &map));
    }
}

/// A typed session is read back once, which allocates its data, its encoding, and for each of the
/// two encodings a list of what was written.
#[test]
fn sealing_allocates_at_most_twice_beyond_reading_back() {
    fn check<T: SessionData>(
        suite: Suite,
        data: &T,
        reading_back: impl FnOnce(&Sessions<T>, &str) -> u64,
    ) {
        let sessions = Sessions::<T>::new(KeyRing::generate(suite).unwrap()).unwrap();
        let of_seal = allocations(|| drop(black_box(sessions.seal(data).ok().unwrap())));
        let beyond = reading_back(&sessions, &sessions.seal(data).ok().unwrap());
        assert!(of_seal <= 2 + beyond, "{suite:?}: {of_seal}, and {beyond} of them to read back");
    }
    for suite in suites() {
        let typed = |sessions: &Sessions<Visit>, value: &str| {
            let mut opened = None;
            let kept = count(|| opened = sessions.open(value).ok()).kept;
            3 + u64::try_from(kept).unwrap()
        };
        visits().iter().for_each(|visit| check(suite, visit, typed));
        maps().for_each(|map| check(suite, &map, |_, _| 0));
    }
}

#[test]
fn an_untouched_request_allocates_only_its_handle() {
    let sessions = Sessions::<Visit>::new(KeyRing::generate(Suite::Xaes256Gcm).unwrap()).unwrap();
    let with_cookie = {
        let field = format!(
            "theme=dark; __Host-Http-session={}; lang=en",
            sessions.seal(&visit()).unwrap()
        );
        HeaderMap::from_iter([(http::header::COOKIE, HeaderValue::from_str(&field).unwrap())])
    };
    for request in [HeaderMap::new(), with_cookie] {
        let of_a_request = allocations(|| {
            let session = sessions.load((&Method::GET, &request));
            let mut response = HeaderMap::new();
            sessions.commit(&session, StatusCode::OK, &mut response).unwrap();
        });
        assert_eq!(of_a_request, 1);
    }
}
