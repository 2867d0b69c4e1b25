//! What a type must be to be a session: nothing that it has to implement. Bounds everywhere name
//! this one.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Every `T: Default + Serialize + DeserializeOwned + Send + Sync + 'static` that serde writes and
/// reads back alike is a session. There is nothing to implement.
///
/// `T::default()` is the empty session, and must be the same each time. `Serialize` and
/// `Deserialize` must agree: the next request reads what was written.
///
/// - [`Builder::build`](crate::Builder::build) refuses what postcard cannot carry: `flatten`, enums
///   that are untagged or have a `tag`, `skip_serializing_if`.
///   [`Encoding::Named`](crate::Encoding::Named) takes those. It also refuses sequences and maps
///   with entries that encode to nothing, and a type of whose structure it cannot see the whole:
///   for that [`Builder::sample`](crate::Builder::sample) is one of three ways out.
/// - A write reads back the data that it encodes, and fails with
///   [`Unencodable`](crate::SessionError::Unencodable) if another value would come back, or none.
///   The order of entries in maps and hash sets does not count. (A set whose type hides that it is
///   one, behind `#[serde(transparent)]`, is known by its random order, so not with a hasher that
///   is not random.) Exempt is what serde skips, what a `Serialize` leaves out, and what
///   [`write_as`](crate::Builder::write_as) drops. A [`Map`](crate::Map) has one encoding and needs
///   no look.
/// - Data nest at most 128 levels deep: each option, newtype, sequence, map, tuple, struct and
///   variant with parts is one. By name and in a `Map` it is 64 arrays and objects. A write of a
///   deeper value fails, and deeper data in a cookie are
///   [`Undecodable`](crate::Reason::Undecodable). That bounds the stack that a recursive type
///   takes.
pub trait SessionData: Default + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Default + Serialize + DeserializeOwned + Send + Sync + 'static> SessionData for T {}
