//! `T` ⇄ the data's bytes, by the encoding that the type has: `Map`'s own, postcard for every other. `candidate` decodes with it,
//! `session` and `sessions` encode. What either encoding is stands in `data` and `map`.

use crate::data;
use crate::map::{self, Map};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::{Any, TypeId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Postcard,
    Map,
}

/// Bytes that most sessions fit in, so that encoding one allocates once.
const USUAL: usize = 512;

/// The bytes are not those of a `T`.
pub(crate) struct Undecodable;

impl Encoding {
    pub(crate) fn of<T: 'static>() -> Self {
        if TypeId::of::<T>() == TypeId::of::<Map>() { Self::Map } else { Self::Postcard }
    }

    /// The name in a shape's text.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Postcard => "postcard",
            Self::Map => "map",
        }
    }

    pub(crate) fn encode<T: Serialize + 'static>(self, value: &T) -> Result<Vec<u8>, &'static str> {
        let mut bytes = Vec::with_capacity(USUAL);
        match (self, (value as &dyn Any).downcast_ref::<Map>()) {
            (Self::Map, Some(map)) => map::encode(map, &mut bytes),
            _ => data::encode(value, &mut bytes).map_err(|error| error.reason())?,
        }
        Ok(bytes)
    }

    pub(crate) fn decode<T: DeserializeOwned + 'static>(self, bytes: &[u8]) -> Result<T, Undecodable> {
        match self {
            Self::Postcard => data::decode(bytes).map_err(|_| Undecodable),
            Self::Map => {
                let mut map = map::decode(bytes).ok();
                let slot = (&mut map as &mut dyn Any).downcast_mut::<Option<T>>();
                slot.and_then(Option::take).ok_or(Undecodable)
            }
        }
    }
}
