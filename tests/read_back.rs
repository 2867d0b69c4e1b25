//! What a write accepts, the next request reads as the same value: docs/rules.md §5.5.

use http::{HeaderMap, Method, StatusCode};
use sealed_session::testing::{Visitor, ring};
use sealed_session::{Encoding, Session, SessionData, Sessions};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// What a first visit writes, as the next request reads it.
fn next<T: SessionData>(sessions: &Sessions<T>, write: impl FnOnce(&mut T)) -> Option<Session<T>> {
    let session = sessions.load(&Method::POST, &HeaderMap::new());
    session.update(write).ok()?;
    let mut fields = HeaderMap::new();
    sessions.commit(&session, StatusCode::OK, &mut fields).unwrap();
    let mut visitor = Visitor::new(sessions);
    visitor.receive(fields.get_all("set-cookie"));
    Some(visitor.session())
}

// R1
fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(d: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(d)?.unwrap_or_default())
}
#[derive(Default, Debug, PartialEq, Clone, Serialize, Deserialize)]
struct Account {
    #[serde(deserialize_with = "null_as_default")] // or serde_aux::prelude::deserialize_default_from_null
    role: u32,
    user: u32,
    theme: Option<u8>,
}
#[test]
fn r1_what_is_written_is_never_read_as_something_else() {
    let Ok(sessions) = Sessions::<Account>::builder(ring()).build() else { return }; // a refusal is right as well
    let session = next(&sessions, |a| *a = Account { role: 1, user: 9, theme: Some(0) });
    assert!(session.is_none());
}

// R2
#[derive(Default, Debug, PartialEq, Clone, Copy)]
struct UserId(u64);
impl Serialize for UserId {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_i64(self.0 as i64)
    }
}
impl<'de> Deserialize<'de> for UserId {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        u64::deserialize(d).map(UserId)
    }
}
#[derive(Default, Debug, PartialEq, Clone, Serialize, Deserialize)]
struct Visit {
    user: Option<UserId>,
}
#[test]
fn r2_a_signed_number_read_unsigned_is_no_other_user() {
    let Ok(sessions) = Sessions::<Visit>::builder(ring()).build() else { return };
    let session = next(&sessions, |v| v.user = Some(UserId(5)));
    assert!(session.is_none());
}

// R3
#[derive(Default, Debug, PartialEq, Clone, Serialize, Deserialize)]
struct Shop {
    user: Option<u64>,
    #[serde(flatten)]
    cart: BTreeMap<u32, u32>,
}
#[test]
fn r3_named_what_a_write_took_the_next_request_reads() {
    let sessions = Sessions::<Shop>::builder(ring()).encoding(Encoding::Named).build().unwrap();
    assert!(
        next(&sessions, |s| {
            s.user = Some(7);
            s.cart.insert(4711, 2);
        })
        .is_none()
    );
}

// R4
#[derive(Default, Debug, PartialEq, Clone, Serialize, Deserialize)]
struct Consent {
    given: Option<()>,
    nick: Option<Option<String>>,
}
#[test]
fn r4_named_a_write_that_is_ok_is_kept() {
    let sessions = Sessions::<Consent>::builder(ring()).encoding(Encoding::Named).build().unwrap();
    assert!(next(&sessions, |c| c.given = Some(())).is_none());
}
