//! `Session<Map>`: the methods of `Map` on the handle itself. Each is one `read` or one
//! `try_update` of `session`, which measures, saves and refuses as for every session; nothing of
//! that is in here.
//!
//! Example: `session.insert("user", 7)?` is `session.try_update(|map| map.insert("user", 7))?` with
//! the errors joined.

use crate::data::map::{Map, MapError};
use crate::error::SessionError;
use crate::session::Session;
use serde::de::DeserializeOwned;
use serde::ser::Serialize;

/// The session of string keys: [`Map`]'s methods, each of them a `read` or an `update` by itself.
/// Steps that belong together go into one [`update`](Self::update) or
/// [`try_update`](Self::try_update), and then all of them count or none.
///
/// ```
/// use sealed_session::{KeyRing, Map, SessionError, Sessions, Suite};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sessions = Sessions::<Map>::new(KeyRing::generate(Suite::Xaes256Gcm)?);
/// let session = sessions.load(&http::Method::POST, &http::HeaderMap::new());
///
/// session.insert("user", 42)?;
/// session.insert("role", "admin")?;
/// assert_eq!(session.get::<u64>("user")?, Some(42));
/// assert_eq!(session.keys(), ["role", "user"]);
/// assert_eq!(session.get_or("visits", 0)?, 0);
/// assert_eq!(session.set_default("visits", 1)?, 1);
///
/// // Read once and gone, such as where to go after signing in:
/// session.insert("next", "/account")?;
/// assert_eq!(session.pop::<String>("next")?.as_deref(), Some("/account"));
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
    /// Puts a value under a key, in place of the one that was there.
    ///
    /// # Errors
    /// [`SessionError::Map`] for a value that a [`Map`] does not hold, and those of
    /// [`update`](Self::update); the session is then as it was.
    #[doc(alias = "__setitem__")]
    pub fn insert(
        &self,
        key: impl Into<String>,
        value: impl Serialize,
    ) -> Result<(), SessionError> {
        self.try_update(|map| Ok(map.insert(key, value)?))
    }

    /// Reads the value under a key; `None` where there is none. A null is there, and is a `V` where
    /// `V` is an `Option`.
    ///
    /// # Errors
    /// [`MapError::OtherType`] where the value is there and is not a `V`; `?` makes a
    /// [`SessionError`] of it where that is wanted.
    pub fn get<V: DeserializeOwned>(&self, key: &str) -> Result<Option<V>, MapError> {
        self.read(|map| map.get(key))
    }

    /// Reads the value under a key; `default` where there is none. Nothing is put there.
    ///
    /// # Errors
    /// As [`get`](Self::get): a value of another type is an error, and not the default.
    pub fn get_or<V: DeserializeOwned>(&self, key: &str, default: V) -> Result<V, MapError> {
        self.read(|map| map.get_or(key, default))
    }

    /// Puts a value under a key where there is none, and returns the one that is there then.
    ///
    /// # Errors
    /// Those of [`get`](Self::get); and of [`insert`](Self::insert) where it has to put it there.
    #[doc(alias = "setdefault")]
    pub fn set_default<V: Serialize + DeserializeOwned>(
        &self,
        key: impl Into<String>,
        value: V,
    ) -> Result<V, SessionError> {
        let key = key.into();
        // What only reads also works where writing is refused.
        match self.get(&key)? {
            Some(present) => Ok(present),
            None => self.try_update(|map| Ok(map.set_default(key, value)?)),
        }
    }

    /// Removes a key with its value, and says whether it was there.
    ///
    /// # Errors
    /// Those of [`update`](Self::update).
    #[doc(alias = "__delitem__")]
    pub fn remove(&self, key: &str) -> Result<bool, SessionError> {
        self.update(|map| map.remove(key))
    }

    /// Removes a key and returns its value; `None` where there is none.
    ///
    /// # Errors
    /// [`SessionError::Map`] where the value is there and is not a `V`, and those of
    /// [`update`](Self::update). It is then still there.
    pub fn pop<V: DeserializeOwned>(&self, key: &str) -> Result<Option<V>, SessionError> {
        self.try_update(|map| Ok(map.pop(key)?))
    }

    /// Puts in all that a map has; of a key that both have, the map's value counts. All goes in, or
    /// nothing.
    ///
    /// # Errors
    /// Those of [`update`](Self::update).
    #[doc(alias = "update")]
    pub fn extend(&self, other: Map) -> Result<(), SessionError> {
        self.update(|map| map.extend(other))
    }

    /// Whether there is a value under a key, of whatever type.
    #[doc(alias = "has_key")]
    pub fn contains_key(&self, key: &str) -> bool {
        self.read(|map| map.contains_key(key))
    }

    /// A copy of the keys, sorted.
    pub fn keys(&self) -> Vec<String> {
        self.read(|map| map.keys().map(str::to_owned).collect())
    }

    /// A copy of all values, in the order of their keys, each read as a `V`: one type that all
    /// have, or one that takes any, such as `serde_json::Value`.
    ///
    /// # Errors
    /// [`MapError::OtherType`] for the first value that is not a `V`.
    pub fn values<V: DeserializeOwned>(&self) -> Result<Vec<V>, MapError> {
        self.read(|map| map.values().collect())
    }

    /// A copy of all keys, sorted, each with its value read as a `V`: one type that all have, or
    /// one that takes any, such as `serde_json::Value`.
    ///
    /// # Errors
    /// [`MapError::OtherType`] for the first value that is not a `V`.
    #[doc(alias = "items")]
    pub fn entries<V: DeserializeOwned>(&self) -> Result<Vec<(String, V)>, MapError> {
        self.read(|map| map.entries().map(|(key, value)| Ok((key.to_owned(), value?))).collect())
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.read(Map::len)
    }

    /// Removes all keys. The session's cookie is then deleted, where no flash message waits.
    ///
    /// # Errors
    /// Those of [`update`](Self::update).
    pub fn clear(&self) -> Result<(), SessionError> {
        self.update(Map::clear)
    }

    /// Puts `worked` under `testcookie`, so that the next request can tell whether the browser
    /// keeps cookies. Where the session holds anything else, that request's
    /// [`Status::Restored`](crate::Status::Restored) says the same.
    ///
    /// ```
    /// use http::{HeaderMap, Method, StatusCode};
    /// use sealed_session::{KeyRing, Map, Sessions, Suite};
    ///
    /// let sessions = Sessions::<Map>::new(KeyRing::generate(Suite::Xaes256Gcm)?);
    /// let form = sessions.load(&Method::GET, &HeaderMap::new());
    /// form.set_test_cookie()?;
    /// let mut response = HeaderMap::new();
    /// sessions.commit(&form, StatusCode::OK, &mut response)?;
    ///
    /// // A browser that keeps cookies, and one that does not:
    /// let mut request = HeaderMap::new();
    /// let (cookie, _attributes) = response["set-cookie"].to_str()?.split_once(';').expect("it has attributes");
    /// request.insert("cookie", cookie.parse()?);
    /// let posted = sessions.load(&Method::POST, &request);
    /// assert!(posted.test_cookie_worked());
    /// posted.delete_test_cookie()?;
    /// assert!(!sessions.load(&Method::POST, &HeaderMap::new()).test_cookie_worked());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`update`](Self::update).
    pub fn set_test_cookie(&self) -> Result<(), SessionError> {
        self.insert(TEST_COOKIE_NAME, TEST_COOKIE_VALUE)
    }

    /// Whether what [`set_test_cookie`](Self::set_test_cookie) put there is there. Ask in a later
    /// request: in the same one it always is.
    pub fn test_cookie_worked(&self) -> bool {
        self.get::<String>(TEST_COOKIE_NAME)
            .is_ok_and(|value| value.as_deref() == Some(TEST_COOKIE_VALUE))
    }

    /// Removes what [`set_test_cookie`](Self::set_test_cookie) put there, if it is there.
    ///
    /// # Errors
    /// Those of [`update`](Self::update).
    pub fn delete_test_cookie(&self) -> Result<(), SessionError> {
        self.remove(TEST_COOKIE_NAME).map(drop)
    }
}

/// Key and value of the test cookie, as in Django.
const TEST_COOKIE_NAME: &str = "testcookie";
const TEST_COOKIE_VALUE: &str = "worked";
