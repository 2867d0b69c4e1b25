//! What a type must be to be a session: nothing that it has to implement. Bounds everywhere name this one.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Every `T: Default + Serialize + DeserializeOwned + Send + Sync + 'static` is a session; there is nothing to implement.
///
/// `T::default()` is the empty session, and must be the same each time. [`Builder::build`](crate::Builder::build) refuses what
/// postcard cannot carry: `flatten`, untagged enums, `skip_serializing_if`, elements that encode to nothing. Those are for
/// [`Encoding::Named`](crate::Encoding::Named).
pub trait SessionData: Default + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Default + Serialize + DeserializeOwned + Send + Sync + 'static> SessionData for T {}
