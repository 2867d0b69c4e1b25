//! `SessionData`: the bounds of a session's type. There is nothing to implement.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The types that can be a session. There is nothing to implement.
///
/// Every `T: Default + Serialize + DeserializeOwned + Send + Sync + 'static` is one if serde
/// writes it and reads it back alike.
///
/// `T::default()` is the empty session and must be the same every time. `Serialize` and
/// `Deserialize` must agree: the next request reads what was written.
///
/// - [`Builder::build`](crate::Builder::build) refuses what postcard cannot represent: `flatten`,
///   enums that are untagged or have a `tag`, `skip_serializing_if`.
///   [`Encoding::Named`](crate::Encoding::Named) accepts those. It also refuses sequences and maps
///   whose entries encode to nothing, and a type whose structure it cannot see completely. For such
///   a type, [`Builder::sample`](crate::Builder::sample) is one of three ways out.
/// - A write reads back the data that it encodes. It fails with
///   [`Unencodable`](crate::SessionError::Unencodable) if the data reads back as another value or
///   not at all. The order of entries in maps and hash sets does not count. (A set whose type hides
///   that it is one, behind `#[serde(transparent)]`, is recognized by its random order, so not with
///   a hasher that is not random.) What serde skips, what a `Serialize` leaves out, and what
///   [`downgrade_to`](crate::Builder::downgrade_to) drops are exempt. A [`Map`](crate::Map) has
///   only one encoding and is not checked.
/// - Data nests at most 128 levels deep. Each option, newtype, sequence, map, tuple, struct and
///   variant with parts is one level. By name and in a `Map` the limit is 64 levels of arrays and
///   objects. A write of a deeper value fails, and deeper data in a cookie is
///   [`Undecodable`](crate::Reason::Undecodable). This bounds the stack that a recursive type uses.
pub trait SessionData: Default + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Default + Serialize + DeserializeOwned + Send + Sync + 'static> SessionData for T {}
