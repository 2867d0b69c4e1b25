//! `Session<Map>`: the methods of `Map` on the handle itself. Each is one `read` or one
//! `try_update`, which measures, saves and refuses as for every session.
//!
//! For example, `session.insert("user", 7)?` is `session.try_update(|map| map.insert("user", 7))?`
//! with the errors joined.

use crate::data::map::{Map, MapError};
use crate::error::SessionError;
use crate::session::Session;
use serde::de::DeserializeOwned;
use serde::ser::Serialize;

/// A session with string keys. These are [`Map`]'s methods; each is a `read` or an `update` by
/// itself. Put steps that belong together into one [`update`](Self::update) or
/// [`try_update`](Self::try_update): then all of them take effect, or none. A
/// [`MapKey`](crate::MapKey) holds a key and the type of its value in one constant.
///
/// ```
/// use sealed_session::{KeyRing, Map, SessionError, Sessions, Suite};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sessions = Sessions::<Map>::new(KeyRing::generate(Suite::Xaes256Gcm)?)?;
/// let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
///
/// session.insert("user", 42)?;
/// session.insert("role", "admin")?;
/// assert_eq!(session.get::<u64>("user")?, Some(42));
/// assert_eq!(session.keys(), ["role", "user"]);
/// assert_eq!(session.get_or("visits", 0)?, 0);
/// assert_eq!(session.get_or_insert("visits", 1)?, 1);
///
/// // Read once and gone, such as where to go after signing in:
/// session.insert("next", "/account")?;
/// assert_eq!(session.remove::<String>("next")?.as_deref(), Some("/account"));
/// assert!(!session.contains_key("next"));
///
/// // Both or neither:
/// session.try_update(|map| {
///     map.insert("user", 43)?;
///     map.insert("role", "guest")?;
///     Ok::<_, SessionError>(())
/// })?;
///
/// session.clear()?;
/// assert!(session.is_empty());
/// # Ok(())
/// # }
/// ```
impl Session<Map> {
    /// Inserts a value under a key and replaces the one that was there.
    ///
    /// # Errors
    /// [`SessionError::Map`] for a value that a [`Map`] cannot hold, and those of
    /// [`update`](Self::update). The session is then unchanged.
    #[doc(alias = "__setitem__")]
    pub fn insert(
        &self,
        key: impl Into<String>,
        value: impl Serialize,
    ) -> Result<(), SessionError> {
        self.try_update(|map| Ok(map.insert(key, value)?))
    }

    /// Reads the value under a key; `None` if there is none. A null counts as a value, and can be
    /// read if `V` is an `Option`.
    ///
    /// # Errors
    /// [`MapError::OtherType`] if there is a value that is not a `V`. `?` converts it into a
    /// [`SessionError`] if needed.
    pub fn get<V: DeserializeOwned>(&self, key: &str) -> Result<Option<V>, MapError> {
        self.read(|map| map.get(key))
    }

    /// Reads the value under a key; `default` if there is none. Inserts nothing.
    ///
    /// # Errors
    /// Those of [`get`](Self::get): a value of another type is an error and does not give the
    /// default.
    pub fn get_or<V: DeserializeOwned>(&self, key: &str, default: V) -> Result<V, MapError> {
        self.read(|map| map.get_or(key, default))
    }

    /// Inserts a value under a key if there is none, and returns the value that is there
    /// afterwards.
    ///
    /// # Errors
    /// Those of [`get`](Self::get), and those of [`insert`](Self::insert) if it inserts the value.
    #[doc(alias = "setdefault")]
    pub fn get_or_insert<V: Serialize + DeserializeOwned>(
        &self,
        key: impl Into<String>,
        value: V,
    ) -> Result<V, SessionError> {
        let key = key.into();
        // Code that only reads also works if writing is refused.
        match self.get(&key)? {
            Some(current) => Ok(current),
            None => self.try_update(|map| Ok(map.get_or_insert(key, value)?)),
        }
    }

    /// Removes a key and returns its value; `None` if there is none.
    ///
    /// # Errors
    /// [`SessionError::Map`] if there is a value that is not a `V`, and those of
    /// [`update`](Self::update). The value then stays; [`delete`](Self::delete) removes a value of
    /// any type.
    #[doc(alias = "pop")]
    pub fn remove<V: DeserializeOwned>(&self, key: &str) -> Result<Option<V>, SessionError> {
        self.try_update(|map| Ok(map.remove(key)?))
    }

    /// Removes a key with its value, of any type, and returns `true` if it was there.
    ///
    /// # Errors
    /// Those of [`update`](Self::update).
    #[doc(alias = "__delitem__")]
    pub fn delete(&self, key: &str) -> Result<bool, SessionError> {
        self.update(|map| map.delete(key))
    }

    /// Inserts everything that another map has. If both have a key, the other map's value replaces
    /// the one here. Everything is inserted, or nothing.
    ///
    /// # Errors
    /// Those of [`update`](Self::update).
    #[doc(alias = "update")]
    pub fn extend(&self, other: Map) -> Result<(), SessionError> {
        self.update(|map| map.extend(other))
    }

    /// Returns `true` if there is a value under a key, of any type.
    #[doc(alias = "has_key")]
    pub fn contains_key(&self, key: &str) -> bool {
        self.read(|map| map.contains_key(key))
    }

    /// Returns a copy of the keys, sorted.
    pub fn keys(&self) -> Vec<String> {
        self.read(|map| map.keys().map(str::to_owned).collect())
    }

    /// Returns a copy of all values, in the order of their keys, each read as a `V`. `V` is a type
    /// that all of them have, or one that accepts any value, such as `serde_json::Value`.
    ///
    /// # Errors
    /// [`MapError::OtherType`] for the first value that is not a `V`.
    pub fn values<V: DeserializeOwned>(&self) -> Result<Vec<V>, MapError> {
        self.read(|map| map.values().collect())
    }

    /// Returns a copy of all keys, sorted, each with its value read as a `V`. `V` is a type that
    /// all values have, or one that accepts any value, such as `serde_json::Value`.
    ///
    /// # Errors
    /// [`MapError::OtherType`] for the first value that is not a `V`.
    #[doc(alias = "items")]
    pub fn entries<V: DeserializeOwned>(&self) -> Result<Vec<(String, V)>, MapError> {
        self.read(|map| map.entries().map(|(key, value)| Ok((key.to_owned(), value?))).collect())
    }

    /// Returns the number of keys.
    pub fn len(&self) -> usize {
        self.read(Map::len)
    }

    /// Removes all keys. The session's cookie is then deleted, if no flash message is pending.
    ///
    /// # Errors
    /// Those of [`update`](Self::update).
    pub fn clear(&self) -> Result<(), SessionError> {
        self.update(Map::clear)
    }
}
