//! docs/rules.md §5.5: what a handle reads after a failed write, and how deep a value may nest.

use http::{HeaderMap, Method};
use sealed_session::testing::{Visitor, ring};
use sealed_session::{Reason, Session, SessionError, Sessions};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Visit {
    user: Option<u64>,
    note: String,
    votes: HashMap<String, u8>,
}

fn visit() -> Visit {
    let votes = ["a", "b", "c"].map(|key| (key.to_owned(), 1));
    Visit { user: Some(7), note: "hello".into(), votes: votes.into() }
}

fn restored() -> Session<Visit> {
    let sessions = Sessions::<Visit>::new(ring()).unwrap();
    Visitor::with(&sessions, &visit()).unwrap().session()
}

#[test]
fn a_failed_write_changes_nothing() {
    let too_much = |visit: &mut Visit| visit.note = "x".repeat(5_000);
    let session = restored();
    assert!(matches!(session.update(too_much), Err(SessionError::TooLarge { .. })));
    assert_eq!((session.cloned(), session.is_modified()), (visit(), false));
    let refused: Result<(), SessionError> = session.try_update(|visit| {
        visit.user = None;
        Err(SessionError::Busy)
    });
    assert_eq!((refused, session.cloned()), (Err(SessionError::Busy), visit()));
    session.update(|visit| visit.user = Some(8)).unwrap();
    assert!(matches!(session.update(too_much), Err(SessionError::TooLarge { .. })));
    assert_eq!(session.cloned(), Visit { user: Some(8), ..visit() });
}

#[test]
fn a_read_inside_an_update_sees_the_state_before_it() {
    let session = restored();
    for (before, after) in [(7, 8), (8, 9)] {
        session
            .update(|visit| {
                visit.user = Some(after);
                assert_eq!(session.read(|visit| visit.user), Some(before));
            })
            .unwrap();
        assert_eq!(session.read(|visit| visit.user), Some(after));
    }
}

#[test]
fn an_update_that_changes_nothing_is_no_change() {
    let session = restored();
    session.update(|visit| visit.user = Some(7)).unwrap();
    assert_eq!((session.is_modified(), session.cloned()), (false, visit()));
    session.set(visit()).unwrap();
    assert_eq!((session.is_modified(), session.cloned()), (false, visit()));
}

#[cfg(not(target_family = "wasm"))]
#[test]
fn a_panic_in_an_update_changes_nothing() {
    let session = restored();
    let update = std::panic::AssertUnwindSafe(|| session.update(|_| panic!("in the closure")));
    assert!(std::panic::catch_unwind(update).is_err());
    assert_eq!(session.cloned(), visit());
    session.update(|visit| visit.user = Some(9)).unwrap();
    assert_eq!(session.read(|visit| visit.user), Some(9));
}

/// Three structs for each level, each larger than a session's data: what a stack must hold.
#[derive(Default, Serialize, Deserialize)]
struct Deep {
    fill: [[u8; 8]; 8],
    inner: Option<Box<Deep>>,
}

#[derive(Default, Serialize, Deserialize)]
struct Chain {
    inner: Option<Box<Chain>>,
}

fn chain(levels: usize) -> Chain {
    (1..levels).fold(Chain::default(), |inner, _| Chain { inner: Some(Box::new(inner)) })
}

/// Runs on a stack of 2 MiB, the size of tokio's threads.
fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    #[cfg(not(target_family = "wasm"))]
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
    #[cfg(target_family = "wasm")]
    run();
}

#[test]
fn a_value_nests_at_most_128_deep() {
    on_a_small_stack(|| {
        let sessions = Sessions::<Chain>::new(ring()).unwrap();
        // Each makes two levels, the struct and the option, except the last.
        let sealed = sessions.seal(&chain(64)).unwrap();
        assert!(sessions.open(&sealed).is_ok());
        let session = sessions.load((&Method::POST, &HeaderMap::new()));
        let Err(SessionError::Unencodable(why)) = session.set(chain(65)) else {
            panic!("it is too deep")
        };
        assert!(why.contains("128"), "{why}");
        let sessions = Sessions::<Deep>::builder(ring()).build().unwrap();
        let deep = |levels| {
            (1..levels).fold(Deep::default(), |inner, _| Deep {
                inner: Some(Box::new(inner)),
                ..Deep::default()
            })
        };
        // It is too large for a cookie before it is too deep, but it is written and measured all
        // the same.
        assert!(
            sessions.seal(&deep(30)).is_ok()
                && sessions.seal(&deep(64)).is_err()
                && sessions.seal(&deep(100)).is_err()
        );
    });
}

#[test]
fn a_sealed_value_that_nests_deeper_is_undecodable() {
    // Another implementation may have sealed it. The version number replaces the shape, so that
    // these bytes are a chain's.
    type Bytes = ([[u8; 32]; 3], [u8; 5]);
    let deep = Sessions::<Bytes>::builder(ring())
        .schema_version(1)
        .build()
        .unwrap()
        .seal(&([[1; 32]; 3], [1, 1, 1, 1, 0]))
        .unwrap();
    on_a_small_stack(move || {
        let sessions = Sessions::<Chain>::builder(ring()).schema_version(1).build().unwrap();
        assert_eq!(
            sessions.open(&deep).err().map(|error| error.reason()),
            Some(Reason::Undecodable)
        );
    });
}

/// A key that the tracer cannot guess, so that it does not see the values.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Key {
    #[serde(deserialize_with = "only_4711")]
    Only(u16),
}

fn only_4711<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    match u16::deserialize(deserializer)? {
        4711 => Ok(4711),
        _ => Err(serde::de::Error::custom("expected 4711")),
    }
}

#[test]
fn entries_without_bytes_are_refused_before_counting() {
    let ring = ring();
    let hidden = Sessions::<BTreeMap<Key, Vec<()>>>::builder(ring.clone());
    assert!(hidden.build().is_err());
    let hidden = Sessions::<BTreeMap<Key, Vec<()>>>::builder(ring.clone()).sample(4711_u16);
    assert!(hidden.build().is_err_and(|error| error.to_string().contains("encode to zero bytes")));
    // With a version number in place of the shape, nothing was traced.
    let hidden = Sessions::<BTreeMap<Key, Vec<()>>>::builder(ring.clone())
        .schema_version(1)
        .build()
        .unwrap();
    let forged = Sessions::<(u8, u8, u16, u32)>::builder(ring).schema_version(1).build().unwrap();
    let of = |entries| {
        hidden.open(&forged.seal(&(1, 0, 4711, entries)).unwrap()).err().map(|error| error.reason())
    };
    assert_eq!((of(400_000_000), of(9)), (Some(Reason::Undecodable), Some(Reason::Undecodable)));
    assert_eq!(of(3), None);
    // It is not written either, so no session is lost.
    let session = hidden.load((&Method::POST, &HeaderMap::new()));
    let written = session.update(|map| map.insert(Key::Only(4711), vec![(); 400]).is_none());
    assert!(matches!(written, Err(SessionError::Unencodable(_))), "{written:?}");
}
