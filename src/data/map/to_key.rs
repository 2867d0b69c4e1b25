//! A map's key of any `Serialize` type → the string that it is in an object. Strings, characters
//! and unit variants are kept as they are, integers are in decimal, and booleans are `true` and
//! `false`. Anything else is not a key.
//!
//! Example: `BTreeMap<u32, _>`'s key 7 is `"7"`.

use crate::error::map::Problem;
use serde::ser::{Impossible, Serialize, Serializer};
use std::borrow::Cow;

pub(super) type Key = Cow<'static, str>;
type No = Impossible<Key, Problem>;

pub(super) struct ToKey {
    /// `Some`s and newtypes that may still follow one another.
    pub(super) wraps: usize,
}

impl ToKey {
    fn wrapped(self) -> Result<Self, Problem> {
        self.wraps.checked_sub(1).map(|wraps| Self { wraps }).ok_or(Problem::TooDeep)
    }
}

macro_rules! printed {
    ($($method:ident($type:ty);)*) => {
        $(fn $method(self, value: $type) -> Result<Key, Problem> { Ok(value.to_string().into()) })*
    };
}

macro_rules! refused {
    ($($method:ident($($argument:ty),*) -> $ok:ty;)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$ok, Problem> { Err(Problem::KeyKind) })*
    };
}

impl Serializer for ToKey {
    type Ok = Key;
    type Error = Problem;
    type SerializeSeq = No;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = No;
    type SerializeStructVariant = No;

    printed! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_char(char);
    }

    fn serialize_str(self, value: &str) -> Result<Key, Problem> {
        Ok(value.to_owned().into())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Key, Problem> {
        Ok(variant.into())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Key, Problem> {
        value.serialize(self.wrapped()?)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Key, Problem> {
        value.serialize(self.wrapped()?)
    }

    refused! {
        serialize_f32(f32) -> Key;
        serialize_f64(f64) -> Key;
        serialize_bytes(&[u8]) -> Key;
        serialize_none() -> Key;
        serialize_unit() -> Key;
        serialize_unit_struct(&'static str) -> Key;
        serialize_seq(Option<usize>) -> No;
        serialize_tuple(usize) -> No;
        serialize_tuple_struct(&'static str, usize) -> No;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No;
        serialize_map(Option<usize>) -> No;
        serialize_struct(&'static str, usize) -> No;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No;
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Key, Problem> {
        Err(Problem::KeyKind)
    }
}
