//! Postcard's serializer with two changes: skipped fields and deep nesting are errors, and each
//! call is recorded.

use super::call::Call;
use super::output::{Output, SKIPPED, TOO_DEEP};
use postcard::ser_flavors::Flavor;
use serde::ser::{self, Serialize};
use std::fmt;

pub(super) struct Writer<'s> {
    pub(super) inner: &'s mut postcard::Serializer<Output>,
    /// Levels that may still nest.
    pub(super) room: u8,
}

impl Writer<'_> {
    #[inline]
    fn note(&mut self, call: Call) {
        self.inner.output.note(call);
    }

    /// Records the call and enters a level.
    #[inline]
    fn enter(mut self, call: Call) -> postcard::Result<Self> {
        self.note(call);
        self.room = self.room.checked_sub(1).ok_or(TOO_DEEP)?;
        Ok(self)
    }
}

macro_rules! leaves {
    ($($method:ident($type:ty) $call:ident;)*) => {$(
        #[inline]
        fn $method(mut self, value: $type) -> postcard::Result<()> {
            self.note(Call::$call);
            ser::Serializer::$method(&mut *self.inner, value)
        }
    )*};
}

impl ser::Serializer for Writer<'_> {
    type Ok = ();
    type Error = postcard::Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    leaves! {
        serialize_bool(bool) Bool;
        serialize_i8(i8) I8;
        serialize_i16(i16) I16;
        serialize_i32(i32) I32;
        serialize_i64(i64) I64;
        serialize_i128(i128) I128;
        serialize_u8(u8) U8;
        serialize_u16(u16) U16;
        serialize_u32(u32) U32;
        serialize_u64(u64) U64;
        serialize_u128(u128) U128;
        serialize_f32(f32) F32;
        serialize_f64(f64) F64;
        serialize_char(char) Char;
        serialize_str(&str) Str;
        serialize_bytes(&[u8]) Bytes;
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }

    #[inline]
    fn serialize_none(mut self) -> postcard::Result<()> {
        self.note(Call::None);
        self.inner.output.try_push(0)
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> postcard::Result<()> {
        let inside = self.enter(Call::Some)?;
        inside.inner.output.try_push(1)?;
        value.serialize(inside)
    }

    #[inline]
    fn serialize_unit(mut self) -> postcard::Result<()> {
        self.note(Call::Unit);
        Ok(())
    }

    #[inline]
    fn serialize_unit_struct(mut self, _: &'static str) -> postcard::Result<()> {
        self.note(Call::UnitStruct);
        Ok(())
    }

    #[inline]
    fn serialize_unit_variant(
        mut self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> postcard::Result<()> {
        self.note(Call::Variant);
        ser::Serializer::serialize_unit_variant(&mut *self.inner, name, index, variant)?;
        self.note(Call::End);
        Ok(())
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> postcard::Result<()> {
        value.serialize(self.enter(Call::Newtype)?)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> postcard::Result<()> {
        let Self { inner, room } = self.enter(Call::Variant)?;
        ser::Serializer::serialize_unit_variant(&mut *inner, name, index, variant)?;
        value.serialize(Writer { inner: &mut *inner, room })?;
        inner.output.note(Call::End);
        Ok(())
    }

    #[inline]
    fn serialize_seq(self, length: Option<usize>) -> postcard::Result<Self> {
        let inside = self.enter(Call::Seq)?;
        ser::Serializer::serialize_seq(&mut *inside.inner, length)?;
        Ok(inside)
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> postcard::Result<Self> {
        self.enter(Call::Tuple)
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> postcard::Result<Self> {
        self.enter(Call::Tuple)
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        _: usize,
    ) -> postcard::Result<Self> {
        let inside = self.enter(Call::Variant)?;
        ser::Serializer::serialize_unit_variant(&mut *inside.inner, name, index, variant)?;
        Ok(inside)
    }

    #[inline]
    fn serialize_map(self, length: Option<usize>) -> postcard::Result<Self> {
        let inside = self.enter(Call::Map)?;
        ser::Serializer::serialize_map(&mut *inside.inner, length)?;
        Ok(inside)
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, _: usize) -> postcard::Result<Self> {
        self.enter(Call::Struct)
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> postcard::Result<Self> {
        self.serialize_tuple_variant(name, index, variant, length)
    }

    #[inline]
    fn collect_str<T: fmt::Display + ?Sized>(mut self, value: &T) -> postcard::Result<()> {
        self.note(Call::Str);
        ser::Serializer::collect_str(&mut *self.inner, value)
    }
}

macro_rules! elements {
    ($($trait:ident: $($method:ident),*;)*) => {$(
        impl ser::$trait for Writer<'_> {
            type Ok = ();
            type Error = postcard::Error;

            $(#[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> postcard::Result<()> {
                value.serialize(Writer { inner: &mut *self.inner, room: self.room })
            })*

            #[inline]
            fn end(mut self) -> postcard::Result<()> {
                self.note(Call::End);
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
        impl ser::$trait for Writer<'_> {
            type Ok = ();
            type Error = postcard::Error;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> postcard::Result<()> {
                value.serialize(Writer { inner: &mut *self.inner, room: self.room })
            }

            fn skip_field(&mut self, _: &'static str) -> postcard::Result<()> {
                Err(SKIPPED)
            }

            #[inline]
            fn end(mut self) -> postcard::Result<()> {
                self.note(Call::End);
        Ok(())
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }
