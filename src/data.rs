//! The application's value ⇄ bytes, in postcard's format, strictly. `encoding` calls both, for handlers' updates and for what `candidate`
//! has opened. The only file that names postcard's serializer.
//!
//! Postcard itself writes nothing for a field that `skip_serializing_if` leaves out, and then reads the next field's bytes in its
//! place; here that is an error. So are bytes left over after the value.
//!
//! ```text
//! Visit { user: Some(7), cart: vec![1, 300] }  ⇄  01 07 02 01 ac 02
//! ```

use postcard::ser_flavors::Flavor;
use serde::de::DeserializeOwned;
use serde::ser::{self, Serialize};
use std::error::Error;
use std::fmt;

/// Appends `value`'s encoding to `out`; on an error `out` is as it was. (Where a `Serialize` panics, it is empty: the serializer owns it
/// meanwhile, which saves a look-up for each byte.)
pub(crate) fn encode<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), Unencodable> {
    let start = out.len();
    let mut inner = postcard::Serializer { output: Append(std::mem::take(out)) };
    let result = value.serialize(Strict(&mut inner));
    *out = inner.output.0;
    result.map_err(|error| {
        out.truncate(start);
        Unencodable::from(error)
    })
}

/// The value that `bytes` are the encoding of, all of them.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Undecodable> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok(_) => Err(Undecodable::Trailing),
        Err(postcard::Error::DeserializeUnexpectedEnd) => Err(Undecodable::TooShort),
        Err(postcard::Error::WontImplement) => Err(Undecodable::NeedsNames),
        Err(_) => Err(Undecodable::Invalid),
    }
}

/// Why a value has no encoding. Of an error that a `Serialize` raised itself nothing is kept: its text may hold the visitor's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unencodable {
    SkippedField,
    UnknownLength,
    Refused,
}

impl Unencodable {
    /// What happened and what to change.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::SkippedField => {
                "a field was left out by `skip_serializing_if`, and postcard has no names to tell the others apart: remove that attribute"
            }
            Self::UnknownLength => {
                "a sequence or map (or a struct with `flatten`) did not say its length first: collect it, or nest the struct in a field of its own"
            }
            Self::Refused => "a `Serialize` implementation refused its value: look at the types with one written by hand",
        }
    }
}

impl From<postcard::Error> for Unencodable {
    fn from(error: postcard::Error) -> Self {
        match error {
            SKIPPED => Self::SkippedField,
            postcard::Error::SerializeSeqLengthUnknown => Self::UnknownLength,
            _ => Self::Refused,
        }
    }
}

impl fmt::Display for Unencodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl Error for Unencodable {}

/// Why bytes are no encoding of the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Undecodable {
    Trailing,
    TooShort,
    NeedsNames,
    Invalid,
}

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Trailing => "bytes are left over after the value: they were sealed for another type, or a field is written and not read",
            Self::TooShort => "the bytes end before the value does: they were sealed for another type, or a field is read and not written",
            Self::NeedsNames => "the type needs a self-describing format (`flatten`, `untagged`, `tag`), which postcard is not: change its attributes",
            Self::Invalid => "the bytes are no value of the type: they were sealed for another type, or its `Deserialize` refuses what it once wrote",
        })
    }
}

impl Error for Undecodable {}

/// Stands for a skipped field on its way through postcard's error type; postcard's serializer never raises it.
const SKIPPED: postcard::Error = postcard::Error::WontImplement;

struct Append(Vec<u8>);

impl Flavor for Append {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Postcard's serializer, except that a skipped field is an error.
struct Strict<'s>(&'s mut postcard::Serializer<Append>);

macro_rules! pass {
    ($($method:ident($($name:ident: $type:ty),*) -> $result:ty;)*) => {$(
        #[inline]
        fn $method(self, $($name: $type),*) -> postcard::Result<$result> {
            ser::Serializer::$method(&mut *self.0, $($name),*)
        }
    )*};
}

macro_rules! pass_then_self {
    ($($method:ident($($name:ident: $type:ty),*);)*) => {$(
        #[inline]
        fn $method(self, $($name: $type),*) -> postcard::Result<Self> {
            ser::Serializer::$method(&mut *self.0, $($name),*)?;
            Ok(self)
        }
    )*};
}

impl ser::Serializer for Strict<'_> {
    type Ok = ();
    type Error = postcard::Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    pass! {
        serialize_bool(value: bool) -> ();
        serialize_i8(value: i8) -> ();
        serialize_i16(value: i16) -> ();
        serialize_i32(value: i32) -> ();
        serialize_i64(value: i64) -> ();
        serialize_i128(value: i128) -> ();
        serialize_u8(value: u8) -> ();
        serialize_u16(value: u16) -> ();
        serialize_u32(value: u32) -> ();
        serialize_u64(value: u64) -> ();
        serialize_u128(value: u128) -> ();
        serialize_f32(value: f32) -> ();
        serialize_f64(value: f64) -> ();
        serialize_char(value: char) -> ();
        serialize_str(value: &str) -> ();
        serialize_bytes(value: &[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(name: &'static str) -> ();
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str) -> ();
    }

    pass_then_self! {
        serialize_seq(length: Option<usize>);
        serialize_tuple(length: usize);
        serialize_tuple_struct(name: &'static str, length: usize);
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, length: usize);
        serialize_map(length: Option<usize>);
        serialize_struct(name: &'static str, length: usize);
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, length: usize);
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> postcard::Result<()> {
        self.0.output.try_push(1)?;
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> postcard::Result<()> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> postcard::Result<()> {
        ser::Serializer::serialize_unit_variant(&mut *self.0, name, index, variant)?;
        value.serialize(self)
    }

    #[inline]
    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> postcard::Result<()> {
        ser::Serializer::collect_str(&mut *self.0, value)
    }
}

macro_rules! elements {
    ($($trait:ident: $($method:ident),*;)*) => {$(
        impl ser::$trait for Strict<'_> {
            type Ok = ();
            type Error = postcard::Error;

            $(#[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> postcard::Result<()> {
                value.serialize(Strict(&mut *self.0))
            })*

            #[inline]
            fn end(self) -> postcard::Result<()> {
                Ok(())
            }
        }
    )*};
}

elements! {
    SerializeSeq: serialize_element;
    SerializeTuple: serialize_element;
    SerializeTupleStruct: serialize_field;
    SerializeTupleVariant: serialize_field;
    SerializeMap: serialize_key, serialize_value;
}

macro_rules! fields {
    ($($trait:ident)*) => {$(
        impl ser::$trait for Strict<'_> {
            type Ok = ();
            type Error = postcard::Error;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> postcard::Result<()> {
                value.serialize(Strict(&mut *self.0))
            }

            fn skip_field(&mut self, _: &'static str) -> postcard::Result<()> {
                Err(SKIPPED)
            }

            #[inline]
            fn end(self) -> postcard::Result<()> {
                Ok(())
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }
