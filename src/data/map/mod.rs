//! `Map`: a session of string keys and values of any kind, as in Django, Rails and Express.
//!
//! `to_value.rs` and `from_value.rs` are serde's bridge to `value.rs` (with `keys.rs`), JSON's data
//! model in memory. `codec.rs` (with `layout.rs`, `write.rs`, `read.rs` and `seen.rs`) is its
//! encoding in the cookie. `named.rs` encodes structs with their fields by name. Nothing in this
//! module uses a key, a clock or a request. `map_key.rs` has keys that know their value's type.
//!
//! Example: `insert("cart", vec![Item { sku: "a", qty: 1 }])` is `{"cart": [{"qty": 1, "sku":
//! "a"}]}`.

mod codec;
mod from_value;
mod keys;
mod layout;
mod map_key;
mod named;
mod read;
mod seen;
mod to_key;
mod to_value;
mod value;
mod write;

pub(crate) use crate::error::map::MapError;
pub(crate) use codec::{decode, encode, entry_lengths};
pub use map_key::MapKey;
pub(crate) use named::{decode_named, encode_named};

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use std::fmt;
use value::{Object, Value};

/// A session of string keys, with a value of any type under each key.
///
/// Use it if you come from Django, Rails, Express, `actix-session` or `tower-sessions`, or for data
/// that is not known when the program is written. If the data is known, a struct of your own is
/// smaller in the cookie and is checked by the compiler.
///
/// A value can be anything that implements `Serialize`. Values are kept in JSON's data model
/// (numbers have up to 64 bits; integers and floats are distinct) and nest at most 64 levels deep.
/// They need no schema: a field with `#[serde(default)]` can be added later, and `flatten` and
/// untagged enums work.
///
/// The stored form is several times as compact as JSON. A key or string that occurs again is not
/// written again. As a result, someone who can write into a visitor's session and see the cookie's
/// length can confirm a guess of a whole value, but cannot find the value piece by piece.
///
/// [`Session<Map>`](crate::Session) has the same methods, so handlers rarely use this type
/// directly:
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
/// let sessions = Sessions::<Map>::new(KeyRing::generate(Suite::Xaes256Gcm)?)?;
/// let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
/// assert_eq!(add(&session, 7)?, 1);
/// assert_eq!(add(&session, 8)?, 2);
///
/// // Absent, and there but of another type, are two cases:
/// assert_eq!(session.get::<u32>("user")?, None);
/// assert!(session.get::<u32>("cart").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Serde reads and writes a map as an object. In formats that are not human readable, such as a
/// typed session with a `Map` field, it reads and writes bytes in the encoding of SPEC.md.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Map(Object);

impl Map {
    /// Returns an empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a value under a key, replacing the existing one.
    ///
    /// # Errors
    /// [`MapError::TooDeep`] if the value nests too deeply. [`MapError::Unrepresentable`] if it is
    /// not in JSON's data model: a float that is infinite or not a number, an integer beyond 64
    /// bits, or a map whose keys are not strings, integers, booleans, characters or unit variants.
    /// The map is then unchanged.
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

    /// Reads the value under a key, or returns `None` if there is none. A null counts as a value:
    /// it reads as a `V` if `V` is an `Option`.
    ///
    /// # Errors
    /// [`MapError::OtherType`] if the value exists but is not a `V`.
    pub fn get<V: DeserializeOwned>(&self, key: &str) -> Result<Option<V>, MapError> {
        self.0.get(key).map(|value| read(key, value)).transpose()
    }

    /// Reads the value under a key, or returns `default` if there is none. The map is not changed.
    ///
    /// # Errors
    /// The same as [`get`](Self::get): a value of another type is an error and does not give the
    /// default.
    pub fn get_or<V: DeserializeOwned>(&self, key: &str, default: V) -> Result<V, MapError> {
        Ok(self.get(key)?.unwrap_or(default))
    }

    /// Puts a value under a key if there is none, and returns the value that is then there.
    ///
    /// # Errors
    /// The same as [`get`](Self::get) and [`insert`](Self::insert).
    #[doc(alias = "setdefault")]
    pub fn get_or_insert<V: Serialize + DeserializeOwned>(
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

    /// Removes a key and returns its value, or `None` if there is none.
    ///
    /// # Errors
    /// [`MapError::OtherType`] if the value exists but is not a `V`. It is then not removed;
    /// [`delete`](Self::delete) removes a value of any type.
    #[doc(alias = "pop")]
    pub fn remove<V: DeserializeOwned>(&mut self, key: &str) -> Result<Option<V>, MapError> {
        let value = self.get(key)?;
        self.delete(key);
        Ok(value)
    }

    /// Removes a key with its value, of any type, and returns whether it existed.
    #[doc(alias = "__delitem__")]
    pub fn delete(&mut self, key: &str) -> bool {
        self.0.remove(key).is_some()
    }

    /// Adds all entries of another map. If both have a key, the other map's value is used.
    #[doc(alias = "update")]
    pub fn extend(&mut self, other: Map) {
        self.0.extend(other.0);
    }

    /// Returns whether there is a value of any type under a key.
    #[doc(alias = "has_key")]
    pub fn contains_key(&self, key: &str) -> bool {
        self.0.get(key).is_some()
    }

    /// Returns the keys, sorted.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.keys()
    }

    /// Returns the values in the order of their keys, each read as a `V`. `V` is a type that all
    /// values have, or one that accepts any, such as `serde_json::Value`.
    pub fn values<V: DeserializeOwned>(
        &self,
    ) -> impl ExactSizeIterator<Item = Result<V, MapError>> {
        self.entries().map(|(_, value)| value)
    }

    /// Returns the keys, sorted, each with its value read as a `V`. `V` is a type that all values
    /// have, or one that accepts any, such as `serde_json::Value`.
    #[doc(alias = "items")]
    pub fn entries<V: DeserializeOwned>(
        &self,
    ) -> impl ExactSizeIterator<Item = (&str, Result<V, MapError>)> {
        self.0.iter().map(|(key, value)| (key, read(key, value)))
    }

    /// Returns the number of keys.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are no keys.
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

/// Shows the keys and values as JSON. They are your data, so take care where you log them.
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
