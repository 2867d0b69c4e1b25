//! Encodings of the session's data: `Map`'s own, postcard (fields by place), or fields by name. The
//! type or the configuration determines which is used.

#[cfg(feature = "map")]
use crate::data::map::{self, Map};
use crate::data::postcard;
use serde::Serialize;
use serde::de::DeserializeOwned;
#[cfg(feature = "map")]
use std::any::{Any, TypeId};

/// How the data of a typed session is encoded. [`Map`](crate::Map) has an encoding of its own.
///
/// A server reads both encodings, whichever it writes. To switch, first deploy a release that reads
/// the type in both, and then change the encoding. Without the feature `map` there is only one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// Fields by position, in postcard's format. This is the default and the smallest. Every change
    /// of the type gives another [shape](crate::Sessions::shape), and old sessions are read with
    /// [`upgrade_from`](crate::Builder::upgrade_from).
    #[default]
    Positional,
    /// Fields by name, in the encoding of [`Map`](crate::Map). Serde's `default`, `alias`,
    /// `flatten` and untagged enums work, and servers of two releases read each other's sessions
    /// without further steps. The type must serialize as a struct or map, and hold only what JSON
    /// can: no infinite floats, no integers beyond 64 bits. The cookie of `tests/data/shop.json` in
    /// the repository has 399 characters by name, and 290 by position.
    ///
    /// The shape is the same for every type. A field whose type changed is therefore noticed only
    /// when its data is decoded, and the session is then `undecodable`. A server whose type lacks a
    /// field drops that field when it writes.
    #[cfg(feature = "map")]
    Named,
}

/// The encodings, including `Map`'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    Postcard,
    #[cfg(feature = "map")]
    Map,
    #[cfg(feature = "map")]
    Named,
}

/// Bytes that most sessions fit into.
pub(crate) const INITIAL_CAPACITY: usize = 512;

/// A field's name, and how many bytes of the encoding it takes.
pub(crate) type FieldLength = (String, usize);

/// The bytes are not an encoding of `T`.
pub(crate) struct Undecodable;

impl Codec {
    /// Returns the name in a shape's text.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Postcard => "postcard",
            #[cfg(feature = "map")]
            Self::Map => "map",
            #[cfg(feature = "map")]
            Self::Named => "named",
        }
    }

    pub(crate) fn encode<T: Serialize + 'static>(self, value: &T) -> Result<Vec<u8>, &'static str> {
        let mut bytes = Vec::with_capacity(INITIAL_CAPACITY);
        self.append(value, &mut bytes)?;
        Ok(bytes)
    }

    /// Appends the encoding to `out`, and returns what [`read_back`](Self::read_back) needs to know
    /// about it.
    pub(crate) fn append_for_reading_back<T>(
        self,
        value: &T,
        out: &mut Vec<u8>,
    ) -> Result<Vec<u8>, &'static str>
    where
        T: Serialize + 'static,
    {
        match self {
            Self::Postcard => {
                postcard::encode_with_calls(value, out).map_err(|error| error.reason())
            }
            #[cfg(feature = "map")]
            Self::Map | Self::Named => self.append(value, out).map(|()| Vec::new()),
        }
    }

    /// Refuses a value whose encoding reads back as another value or not at all, because its
    /// `Serialize` and `Deserialize` differ. A `Map` needs no check: each has exactly one encoding,
    /// which is read back as that map.
    pub(crate) fn read_back<T>(
        self,
        value: &T,
        bytes: &[u8],
        calls: &[u8],
    ) -> Result<(), &'static str>
    where
        T: Serialize + DeserializeOwned + 'static,
    {
        let again = || self.decode::<T>(bytes).ok();
        match self {
            Self::Postcard => {
                let back = again().ok_or(UNREADABLE)?;
                let same = postcard::encodes_to(&back, bytes, calls)
                    || postcard::is_same(value, &back, false, again);
                if same { Ok(()) } else { Err(CHANGED) }
            }
            #[cfg(feature = "map")]
            Self::Map => Ok(()),
            #[cfg(feature = "map")]
            Self::Named => {
                let back = again().ok_or(UNREADABLE_BY_NAME)?;
                if postcard::is_same(value, &back, true, again) {
                    Ok(())
                } else {
                    Err(CHANGED_BY_NAME)
                }
            }
        }
    }

    /// Returns `true` if `value`, which encodes to `encoded`, equals what `bytes` decode to.
    pub(crate) fn is_same<T>(self, value: &T, encoded: &[u8], bytes: &[u8]) -> bool
    where
        T: Serialize + DeserializeOwned + 'static,
    {
        let again = || self.decode::<T>(bytes).ok();
        let by_value =
            || again().is_some_and(|other| postcard::is_same(value, &other, false, again));
        encoded == bytes
            || (self == Self::Postcard && postcard::may_be_same(encoded, bytes) && by_value())
    }

    /// Appends the encoding to `out`.
    pub(crate) fn append<T: Serialize + 'static>(
        self,
        value: &T,
        out: &mut Vec<u8>,
    ) -> Result<(), &'static str> {
        match self {
            Self::Postcard => postcard::encode(value, out).map_err(|error| error.reason()),
            #[cfg(feature = "map")]
            Self::Map => (value as &dyn Any)
                .downcast_ref()
                .map(|map| map::encode(map, out))
                .ok_or("the value is not a `Map`"),
            #[cfg(feature = "map")]
            Self::Named => map::encode_named(value, out),
        }
    }

    /// Returns the name of each field, or of each entry of a `Map`, and how many bytes of `data` it
    /// takes. `data` is the encoding of `value`. Returns nothing for a type without named fields.
    pub(crate) fn field_lengths<T: Serialize + 'static>(
        self,
        value: &T,
        data: &[u8],
    ) -> Vec<FieldLength> {
        #[cfg(not(feature = "map"))]
        let _ = data;
        match self {
            Self::Postcard => {
                let named = |(name, length): (&str, usize)| (name.to_owned(), length);
                postcard::field_lengths(value).into_iter().map(named).collect()
            }
            #[cfg(feature = "map")]
            Self::Map | Self::Named => {
                let Ok(map) = map::decode(data) else { return Vec::new() };
                let named = |(name, length): (&str, usize)| (name.to_owned(), length);
                map::entry_lengths(&map).into_iter().map(named).collect()
            }
        }
    }

    pub(crate) fn decode<T: DeserializeOwned + 'static>(
        self,
        bytes: &[u8],
    ) -> Result<T, Undecodable> {
        match self {
            Self::Postcard => postcard::decode(bytes).map_err(|_| Undecodable),
            #[cfg(feature = "map")]
            Self::Map => {
                let mut map = map::decode(bytes).ok();
                let slot = (&mut map as &mut dyn Any).downcast_mut::<Option<T>>();
                slot.and_then(Option::take).ok_or(Undecodable)
            }
            #[cfg(feature = "map")]
            Self::Named => map::decode_named(bytes).ok_or(Undecodable),
        }
    }
}

/// Makes the message of a refusal. It names the encoding that may accept the value, if this build
/// has it.
macro_rules! by_place {
    ($sentence:literal) => {
        if cfg!(feature = "map") {
            concat!($sentence, ", or use `.encoding(Encoding::Named)`")
        } else {
            $sentence
        }
    };
}

const UNREADABLE: &str = by_place!(
    "the value cannot be read back, because its type's `Deserialize` rejects what its `Serialize` \
     writes: store a value that it accepts, or make the two agree"
);
const CHANGED: &str = by_place!(
    "the value would change when it is read back, because its type's `Serialize` and `Deserialize` \
     differ: make the two agree"
);
#[cfg(feature = "map")]
const UNREADABLE_BY_NAME: &str = "the value cannot be read back by name, because its type's \
    `Deserialize` rejects what its `Serialize` writes: store a value that it accepts, or make the \
    two agree (`flatten` reads the keys of a map as strings: use `String` keys there)";
#[cfg(feature = "map")]
const CHANGED_BY_NAME: &str = "the value would change when it is read back by name, because its \
    type's `Serialize` and `Deserialize` differ or JSON cannot distinguish the value from another \
    (`Some(())`, `Some(None)` and `None` are all null): make `Serialize` and `Deserialize` agree, \
    or use another type";

/// The choice of an encoding, if there is more than one.
#[cfg(feature = "map")]
impl Codec {
    /// Returns the default encoding of a type.
    pub(crate) fn of<T: 'static>() -> Self {
        if TypeId::of::<T>() == TypeId::of::<Map>() { Self::Map } else { Self::Postcard }
    }

    pub(crate) fn is_map(self) -> bool {
        self == Self::Map
    }

    /// Returns whether a value has only one encoding, whichever release wrote it.
    pub(crate) fn is_exact(self) -> bool {
        self != Self::Named
    }

    /// Clones the value without encoding it, if it is a `Map`.
    pub(crate) fn cloned<T: 'static>(value: &T) -> Option<T> {
        let mut map = Some((value as &dyn Any).downcast_ref::<Map>()?.clone());
        (&mut map as &mut dyn Any).downcast_mut::<Option<T>>()?.take()
    }
}

/// The same functions, if there is only one encoding.
#[cfg(not(feature = "map"))]
#[expect(clippy::extra_unused_type_parameters, reason = "asked as the others are")]
impl Codec {
    pub(crate) fn of<T>() -> Self {
        Self::Postcard
    }

    pub(crate) fn is_exact(self) -> bool {
        true
    }

    pub(crate) fn cloned<T>(_: &T) -> Option<T> {
        None
    }
}
