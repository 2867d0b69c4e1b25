//! `T` ⇄ the data's bytes, by the encoding that the type or the configuration has: `Map`'s own, postcard, or fields by name. `types` picks
//! one and calls it. What each of them is stands in `data` and `map`.

use crate::data;
use crate::map::{self, Map};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::{Any, TypeId};

/// How the data of a typed session are encoded. [`Map`](crate::Map) has an encoding of its own.
///
/// A server reads both, whatever it writes: deploy a release that knows the type in both, and then switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// Fields by their place, in postcard's format: the default, and the smallest. Every change of the type is another
    /// [shape](crate::Sessions::shape), and old sessions are read with [`upgrade_from`](crate::Builder::upgrade_from).
    #[default]
    Positional,
    /// Fields by their name, in the encoding of [`Map`](crate::Map), so that serde's `default`, `alias`, `flatten` and untagged enums
    /// work, and servers of two releases read each other's sessions without steps. For types that serialize as a struct or map, and
    /// hold what JSON can: no infinite floats, no integers beyond 64 bits. The cookie of `tests/data/shop.json` in the repository has 399
    /// characters so, and 290 by place.
    ///
    /// It has one shape whatever the type: a field that is retyped is not found out before its data, and the session is
    /// `undecodable` then. A server whose type lacks a field drops it from what it writes.
    Named,
}

/// The encodings themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    Postcard,
    Map,
    Named,
}

/// Bytes that most sessions fit in, so that encoding one allocates once.
pub(crate) const USUAL: usize = 512;

/// The bytes are not those of a `T`.
pub(crate) struct Undecodable;

impl Codec {
    /// That of a type by itself.
    pub(crate) fn of<T: 'static>() -> Self {
        if TypeId::of::<T>() == TypeId::of::<Map>() { Self::Map } else { Self::Postcard }
    }

    /// The name in a shape's text.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Postcard => "postcard",
            Self::Map => "map",
            Self::Named => "named",
        }
    }

    /// Whether a value has one encoding, whichever release wrote it.
    pub(crate) fn is_exact(self) -> bool {
        self != Self::Named
    }

    pub(crate) fn encode<T: Serialize + 'static>(self, value: &T) -> Result<Vec<u8>, &'static str> {
        let mut bytes = Vec::with_capacity(USUAL);
        self.append(value, &mut bytes)?;
        Ok(bytes)
    }

    /// Encodes onto the end of `out`.
    pub(crate) fn append<T: Serialize + 'static>(self, value: &T, out: &mut Vec<u8>) -> Result<(), &'static str> {
        match (self, (value as &dyn Any).downcast_ref::<Map>()) {
            (Self::Map, Some(map)) => map::encode(map, out),
            (Self::Named, _) => map::encode_named(value, out)?,
            _ => data::encode(value, out).map_err(|error| error.reason())?,
        }
        Ok(())
    }

    /// A copy without a detour over the bytes, where the type is one of ours.
    pub(crate) fn cloned<T: 'static>(value: &T) -> Option<T> {
        let mut map = Some((value as &dyn Any).downcast_ref::<Map>()?.clone());
        (&mut map as &mut dyn Any).downcast_mut::<Option<T>>()?.take()
    }

    pub(crate) fn decode<T: DeserializeOwned + 'static>(self, bytes: &[u8]) -> Result<T, Undecodable> {
        match self {
            Self::Postcard => data::decode(bytes).map_err(|_| Undecodable),
            Self::Named => map::decode_named(bytes).ok_or(Undecodable),
            Self::Map => {
                let mut map = map::decode(bytes).ok();
                let slot = (&mut map as &mut dyn Any).downcast_mut::<Option<T>>();
                slot.and_then(Option::take).ok_or(Undecodable)
            }
        }
    }
}
