//! `Map`: the session of string keys and values of any kind, for those who know Django's, Rails' or
//! Express'.
//!
//! `to_value` and `from_value` are serde's bridge to `value` (with `keys`), JSON's data model in
//! memory; `codec` (with `layout`, `write`, `read` and `seen`) is its encoding in the cookie;
//! `map_session`, beside this folder, puts the methods on `Session<Map>`. `encoding` calls `encode`
//! and `decode`, and those of `named` for structs with their fields by name. Nothing in here
//! touches a key, a clock or a request.
//!
//! Example: `insert("cart", vec![Item { sku: "a", qty: 1 }])` is `{"cart": [{"qty": 1, "sku":
//! "a"}]}`.

mod codec;
mod from_value;
mod keys;
mod layout;
mod named;
mod read;
mod seen;
mod to_key;
mod to_value;
mod value;
mod write;

pub use crate::error::map::MapError;
pub(crate) use codec::{decode, encode};
pub(crate) use named::{decode_named, encode_named};

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use std::fmt;
use value::{Object, Value};

/// A session of string keys, with a value of any type under each: for those who come from Django,
/// Rails, Express, `actix-session` or `tower-sessions`, and for data that is not known when the
/// program is written. Where it is known, a struct of your own is smaller in the cookie and is
/// checked by the compiler.
///
/// Values are kept as JSON has them (numbers are up to 64 bits; integers and floats are told
/// apart), whatever implements `Serialize`, at most 64 deep. They need no schema: a field with
/// `#[serde(default)]` can come later, and `flatten` and untagged enums work. Stored they are
/// several times as compact as JSON; a key or string that occurs again is not written again, so
/// that somebody who may write into a visitor's session and sees the cookie's length could confirm,
/// though not find, a whole value that they guess.
///
/// [`Session<Map>`](crate::Session) has the same methods, so a handler rarely meets the type
/// itself:
///
/// ```
/// use sealed_session::{KeyRing, Map, Session, SessionError, Sessions, Suite};
///
/// fn add(session: &Session<Map>, article: u32) -> Result<usize, SessionError> {
///     let mut cart: Vec<u32> = session.get("cart")?.unwrap_or_default();
///     cart.push(article);
///     session.insert("cart", &cart)?;
///     Ok(cart.len())
/// }
///
/// let sessions = Sessions::<Map>::new(KeyRing::generate(Suite::Xaes256Gcm)?);
/// let session = sessions.load(&http::Method::POST, &http::HeaderMap::new());
/// assert_eq!(add(&session, 7)?, 1);
/// assert_eq!(add(&session, 8)?, 2);
///
/// // Absent, and there but of another type, are two cases:
/// assert_eq!(session.get::<u32>("user")?, None);
/// assert!(session.get::<u32>("cart").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Serde reads and writes it as an object; in formats that are not for humans, as in a typed
/// session that has a `Map` for a field, as bytes in the encoding of SPEC.md.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Map(Object);

impl Map {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a value under a key, in place of the one that was there.
    ///
    /// # Errors
    /// [`MapError::TooDeep`], and [`MapError::Unrepresentable`] for what JSON's data model does not
    /// have: a float that is infinite or no number, an integer beyond 64 bits, a map whose keys are
    /// no strings, integers, booleans, characters or unit variants. The map is then as it was.
    #[doc(alias = "__setitem__")]
    pub fn insert(
        &mut self,
        key: impl Into<String>,
        value: impl Serialize,
    ) -> Result<(), MapError> {
        let key = key.into();
        match to_value::to_value(value) {
            Ok(value) => self.0.insert(&key, value),
            Err(problem) => return Err(problem.inserting(key)),
        }
        Ok(())
    }

    /// Reads the value under a key; `None` where there is none. A null is there, and is a `V` where
    /// `V` is an `Option`.
    ///
    /// # Errors
    /// [`MapError::OtherType`] where the value is there and is not a `V`.
    pub fn get<V: DeserializeOwned>(&self, key: &str) -> Result<Option<V>, MapError> {
        self.0.get(key).map(|value| read(key, value)).transpose()
    }

    /// Reads the value under a key; `default` where there is none. Nothing is put there.
    ///
    /// # Errors
    /// As [`get`](Self::get): a value of another type is an error, and not the default.
    pub fn get_or<V: DeserializeOwned>(&self, key: &str, default: V) -> Result<V, MapError> {
        Ok(self.get(key)?.unwrap_or(default))
    }

    /// Puts a value under a key where there is none, and returns the one that is there then.
    ///
    /// # Errors
    /// Those of [`get`](Self::get) and [`insert`](Self::insert).
    #[doc(alias = "setdefault")]
    pub fn set_default<V: Serialize + DeserializeOwned>(
        &mut self,
        key: impl Into<String>,
        value: V,
    ) -> Result<V, MapError> {
        let key = key.into();
        if let Some(present) = self.get(&key)? {
            return Ok(present);
        }
        self.insert(key, &value)?;
        Ok(value)
    }

    /// Removes a key with its value, and says whether it was there.
    #[doc(alias = "__delitem__")]
    pub fn remove(&mut self, key: &str) -> bool {
        self.0.remove(key).is_some()
    }

    /// Removes a key and returns its value; `None` where there is none.
    ///
    /// # Errors
    /// [`MapError::OtherType`] where the value is there and is not a `V`. It is then still there.
    pub fn pop<V: DeserializeOwned>(&mut self, key: &str) -> Result<Option<V>, MapError> {
        let value = self.get(key)?;
        self.remove(key);
        Ok(value)
    }

    /// Puts in all that another map has; of a key that both have, the other's value counts.
    #[doc(alias = "update")]
    pub fn extend(&mut self, other: Map) {
        self.0.extend(other.0);
    }

    /// Whether there is a value under a key, of whatever type.
    #[doc(alias = "has_key")]
    pub fn contains_key(&self, key: &str) -> bool {
        self.0.get(key).is_some()
    }

    /// The keys, sorted.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.keys()
    }

    /// The values, in the order of their keys, each read as a `V`: one type that all have, or one
    /// that takes any, such as `serde_json::Value`.
    pub fn values<V: DeserializeOwned>(
        &self,
    ) -> impl ExactSizeIterator<Item = Result<V, MapError>> {
        self.entries().map(|(_, value)| value)
    }

    /// The keys, sorted, each with its value read as a `V`: one type that all have, or one that
    /// takes any, such as `serde_json::Value`.
    #[doc(alias = "items")]
    pub fn entries<V: DeserializeOwned>(
        &self,
    ) -> impl ExactSizeIterator<Item = (&str, Result<V, MapError>)> {
        self.0.iter().map(|(key, value)| (key, read(key, value)))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes all keys.
    pub fn clear(&mut self) {
        self.0 = Object::default();
    }
}

fn read<V: DeserializeOwned>(key: &str, value: &Value) -> Result<V, MapError> {
    from_value::from_value(value).map_err(|problem| problem.reading::<V>(key, value.kind()))
}

/// The keys and values, as JSON reads. They are your data: mind where you log them.
impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Map {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return self.0.serialize(serializer);
        }
        let mut bytes = Vec::new();
        encode(self, &mut bytes);
        serializer.serialize_bytes(&bytes)
    }
}

impl<'de> Deserialize<'de> for Map {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            Object::deserialize(deserializer).map(Self)
        } else {
            deserializer.deserialize_bytes(Encoded)
        }
    }
}

/// Reads a map from its encoding.
struct Encoded;

impl<'de> Visitor<'de> for Encoded {
    type Value = Map;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes of a map")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Map, E> {
        decode(bytes).map_err(|_| E::custom("the bytes are no map"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Map, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = access.next_element()? {
            bytes.push(byte);
        }
        self.visit_bytes(&bytes)
    }
}
