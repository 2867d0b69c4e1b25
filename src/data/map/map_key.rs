//! `MapKey<V>`: a key of a `Map` together with the type of its value. It is a name and nothing
//! else, so a constant of it costs nothing at run time.

use crate::data::map::{Map, MapError};
use serde::de::DeserializeOwned;
use serde::ser::Serialize;
use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;

/// A key of a [`Map`] with the type of its value, for typed access to a
/// [`Session<Map>`](crate::Session).
///
/// Declare each key once, as a constant. The name and the type are then in one place: a misspelled
/// name does not compile, and neither does a value of another type.
///
/// ```
/// use sealed_session::{KeyRing, Map, MapKey, Session, SessionError, Sessions};
///
/// const USER: MapKey<u64> = MapKey::new("user");
/// const CART: MapKey<Vec<u32>> = MapKey::new("cart");
///
/// fn add(session: &Session<Map>, article: u32) -> Result<usize, SessionError> {
///     let mut cart = CART.get(session)?.unwrap_or_default();
///     cart.push(article);
///     CART.insert(session, &cart)?;
///     Ok(cart.len())
/// }
///
/// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?)?;
/// let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
/// assert_eq!(add(&session, 7)?, 1);
/// assert_eq!(USER.get(&session)?, None);
/// USER.insert(&session, &42)?;
/// assert_eq!(USER.get(&session)?, Some(42));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Inside an [`update`](crate::Session::update), use [`get_in`](Self::get_in),
/// [`insert_in`](Self::insert_in) and [`remove_in`](Self::remove_in) on the [`Map`]. Methods that
/// do not depend on the value's type take the [`name`](Self::name):
/// `session.delete(USER.name())`.
///
/// The type is not stored. If a cookie holds a value of another type under this name, such as one
/// from an earlier release, reading it returns [`MapError::OtherType`].
pub struct MapKey<V> {
    name: &'static str,
    value: PhantomData<fn() -> V>,
}

impl<V> MapKey<V> {
    /// Returns a key of this name, for values of type `V`.
    pub const fn new(name: &'static str) -> Self {
        Self { name, value: PhantomData }
    }

    /// Returns the name: the string that the map has as its key.
    pub const fn name(self) -> &'static str {
        self.name
    }
}

/// On a [`Map`], inside an update:
///
/// ```
/// use sealed_session::{KeyRing, Map, MapKey, SessionError, Sessions};
///
/// const FROM: MapKey<i64> = MapKey::new("from");
/// const TO: MapKey<i64> = MapKey::new("to");
/// # let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?)?;
/// # let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
/// # FROM.insert(&session, &10)?;
///
/// session.try_update(|map| {
///     let amount = FROM.remove_in(map)?.unwrap_or_default();
///     TO.insert_in(map, &(TO.get_in(map)?.unwrap_or_default() + amount))?;
///     Ok::<_, SessionError>(())
/// })?;
/// assert_eq!((FROM.get(&session)?, TO.get(&session)?), (None, Some(10)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<V> MapKey<V> {
    /// Reads the value in a map; `None` if there is none.
    ///
    /// # Errors
    /// Those of [`Map::get`].
    pub fn get_in(self, map: &Map) -> Result<Option<V>, MapError>
    where
        V: DeserializeOwned,
    {
        map.get(self.name)
    }

    /// Puts a value into a map, replacing the existing one. Takes `&V`, or what a `V` borrows as,
    /// such as `&str` for a `String`.
    ///
    /// # Errors
    /// Those of [`Map::insert`].
    pub fn insert_in<Q: Serialize + ?Sized>(self, map: &mut Map, value: &Q) -> Result<(), MapError>
    where
        V: Borrow<Q>,
    {
        map.insert(self.name, value)
    }

    /// Removes the value from a map and returns it; `None` if there is none.
    ///
    /// # Errors
    /// Those of [`Map::remove`].
    pub fn remove_in(self, map: &mut Map) -> Result<Option<V>, MapError>
    where
        V: DeserializeOwned,
    {
        map.remove(self.name)
    }
}

impl<V> Clone for MapKey<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for MapKey<V> {}

impl<V> fmt::Debug for MapKey<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MapKey").field(&self.name).finish()
    }
}
