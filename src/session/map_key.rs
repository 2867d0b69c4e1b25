//! `MapKey<V>` on a `Session<Map>`: the typed forms of the methods in `map.rs`, which do the work.

use crate::data::map::{Map, MapError, MapKey};
use crate::error::SessionError;
use crate::session::Session;
use serde::de::DeserializeOwned;
use serde::ser::Serialize;
use std::borrow::Borrow;

/// On a session. Each call is a `read` or an `update` by itself:
///
/// ```
/// use sealed_session::{KeyRing, Map, MapKey, Sessions};
///
/// const NEXT: MapKey<String> = MapKey::new("next");
/// const VISITS: MapKey<u32> = MapKey::new("visits");
/// # let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?)?;
/// # let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
///
/// NEXT.insert(&session, "/account")?;
/// assert_eq!(NEXT.remove(&session)?.as_deref(), Some("/account"));
/// assert_eq!(VISITS.get_or(&session, 0)?, 0);
/// assert_eq!(VISITS.get_or_insert(&session, 1)?, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<V> MapKey<V> {
    /// Reads the value; `None` if there is none.
    ///
    /// # Errors
    /// Those of [`Session::get`].
    pub fn get(self, session: &Session<Map>) -> Result<Option<V>, MapError>
    where
        V: DeserializeOwned,
    {
        session.get(self.name())
    }

    /// Reads the value; `default` if there is none. Inserts nothing.
    ///
    /// # Errors
    /// Those of [`Session::get_or`].
    pub fn get_or(self, session: &Session<Map>, default: V) -> Result<V, MapError>
    where
        V: DeserializeOwned,
    {
        session.get_or(self.name(), default)
    }

    /// Inserts a value and replaces the one that was there. Takes `&V`, or what a `V` borrows as,
    /// such as `&str` for a `String`.
    ///
    /// ```compile_fail
    /// # use sealed_session::{Map, MapKey, Session};
    /// const USER: MapKey<u64> = MapKey::new("user");
    /// fn sign_in(session: &Session<Map>) {
    ///     let _ = USER.insert(session, "ada"); // does not compile: not a u64
    /// }
    /// ```
    ///
    /// # Errors
    /// Those of [`Session::insert`].
    pub fn insert<Q: Serialize + ?Sized>(
        self,
        session: &Session<Map>,
        value: &Q,
    ) -> Result<(), SessionError>
    where
        V: Borrow<Q>,
    {
        session.insert(self.name(), value)
    }

    /// Inserts a value if there is none, and returns the value that is there afterwards.
    ///
    /// # Errors
    /// Those of [`Session::get_or_insert`].
    pub fn get_or_insert(self, session: &Session<Map>, value: V) -> Result<V, SessionError>
    where
        V: Serialize + DeserializeOwned,
    {
        session.get_or_insert(self.name(), value)
    }

    /// Removes the value and returns it; `None` if there is none.
    ///
    /// # Errors
    /// Those of [`Session::remove`].
    pub fn remove(self, session: &Session<Map>) -> Result<Option<V>, SessionError>
    where
        V: DeserializeOwned,
    {
        session.remove(self.name())
    }
}
