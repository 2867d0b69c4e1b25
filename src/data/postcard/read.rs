//! Decoding: bytes → a value. Postcard reads values without parts. Values with parts are read here,
//! so that nesting and the number of entries are bounded.
//!
//! An entry of a sequence or map takes at least one byte that no other entry takes. (Entries that
//! encode to nothing are refused, by `build()` if it sees them, or by the write.) So all counts of
//! one value together are at most the number of its bytes.

use crate::limits;
use postcard::Error;
use postcard::de_flavors::Slice;
use serde::Deserialize;
use serde::de::value::U32Deserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, Visitor};
use std::fmt;

/// Decodes the value encoded in `bytes`. All bytes must be used.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Undecodable> {
    let mut source =
        Source { postcard: postcard::Deserializer::from_bytes(bytes), entries: bytes.len() };
    let value = T::deserialize(Reader { source: &mut source, room: limits::NESTING });
    match (value, source.postcard.finalize()) {
        (Ok(value), Ok([])) => Ok(value),
        (Ok(_), _) => Err(Undecodable::Trailing),
        (Err(Error::DeserializeUnexpectedEnd), _) => Err(Undecodable::TooShort),
        (Err(Error::WontImplement), _) => Err(Undecodable::NeedsNames),
        (Err(TOO_DEEP), _) => Err(Undecodable::TooDeep),
        (Err(_), _) => Err(Undecodable::Invalid),
    }
}

/// Why bytes are not an encoding of the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Undecodable {
    Trailing,
    TooShort,
    NeedsNames,
    TooDeep,
    Invalid,
}

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Trailing => {
                "bytes are left over after the value: they were sealed for another type, or a \
                 field is written but not read"
            }
            Self::TooShort => {
                "the bytes end before the value does: they were sealed for another type, or a \
                 field is read but not written"
            }
            Self::NeedsNames => {
                "the type needs a self-describing format, which postcard is not: change its \
                 attributes (`flatten`, `untagged` and `tag` need one)"
            }
            Self::TooDeep => "it is nested more than 128 levels deep",
            Self::Invalid => {
                "the bytes are not a value of the type: they were sealed for another type, or its \
                 `Deserialize` rejects what its `Serialize` wrote"
            }
        })
    }
}

impl std::error::Error for Undecodable {}

/// Represents a value that nests too deeply, in postcard's error type. Postcard's deserializer
/// never raises this error itself.
const TOO_DEEP: Error = Error::NotYetImplemented;

struct Source<'de> {
    postcard: postcard::Deserializer<'de, Slice<'de>>,
    /// Entries that sequences and maps may still claim.
    entries: usize,
}

struct Reader<'s, 'de> {
    source: &'s mut Source<'de>,
    /// Levels that may still nest.
    room: u8,
}

impl<'s, 'de> Reader<'s, 'de> {
    #[inline]
    fn deeper(self) -> Result<Self, Error> {
        let room = self.room.checked_sub(1).ok_or(TOO_DEEP)?;
        Ok(Self { source: self.source, room })
    }

    #[inline]
    fn parts(self, left: usize) -> Result<Parts<'s, 'de>, Error> {
        let Self { source, room } = self.deeper()?;
        Ok(Parts { source, room, left })
    }

    /// Reads the number of entries of a sequence or map, and returns the entries.
    #[inline]
    fn entries(self) -> Result<Parts<'s, 'de>, Error> {
        let count = u64::deserialize(&mut self.source.postcard)?;
        let count = usize::try_from(count).map_err(|_| Error::DeserializeUnexpectedEnd)?;
        self.source.entries =
            self.source.entries.checked_sub(count).ok_or(Error::DeserializeUnexpectedEnd)?;
        self.parts(count)
    }
}

macro_rules! pass {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            de::Deserializer::$method(&mut self.source.postcard, visitor)
        }
    )*};
}

macro_rules! needs_names {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
            Err(Error::WontImplement)
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Reader<'_, 'de> {
    type Error = Error;

    pass! {
        deserialize_bool
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
        deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        deserialize_unit
    }

    needs_names! { deserialize_any deserialize_identifier deserialize_ignored_any }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut chars = <&str>::deserialize(&mut self.source.postcard)?.chars();
        match (chars.next(), chars.next()) {
            (Some(only), None) => visitor.visit_char(only),
            _ => Err(Error::DeserializeBadChar),
        }
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match u8::deserialize(&mut self.source.postcard)? {
            0 => visitor.visit_none(),
            1 => visitor.visit_some(self.deeper()?),
            _ => Err(Error::DeserializeBadOption),
        }
    }

    #[inline]
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self.deeper()?)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self.entries()?)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(self.entries()?)
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_seq(self.parts(length)?)
    }

    #[inline]
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_seq(self.parts(length)?)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_seq(self.parts(fields.len())?)
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self)
    }
}

/// The parts of a value, read one after the other.
struct Parts<'s, 'de> {
    source: &'s mut Source<'de>,
    room: u8,
    left: usize,
}

impl<'de> Parts<'_, 'de> {
    #[inline]
    fn part<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(Reader { source: &mut *self.source, room: self.room })
    }
}

impl<'de> de::SeqAccess<'de> for Parts<'_, 'de> {
    type Error = Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        self.part(seed).map(Some)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> de::MapAccess<'de> for Parts<'_, 'de> {
    type Error = Error;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        de::SeqAccess::next_element_seed(self, seed)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        self.part(seed)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> de::EnumAccess<'de> for Reader<'_, 'de> {
    type Error = Error;
    type Variant = Self;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let number: U32Deserializer<Error> =
            u32::deserialize(&mut self.source.postcard)?.into_deserializer();
        Ok((seed.deserialize(number)?, self))
    }
}

impl<'de> de::VariantAccess<'de> for Reader<'_, 'de> {
    type Error = Error;

    #[inline]
    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    #[inline]
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self.deeper()?)
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self.parts(length)?)
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_seq(self.parts(fields.len())?)
    }
}
