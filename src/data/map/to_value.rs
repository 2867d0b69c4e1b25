//! Any `Serialize` type → `Value`, as serde_json would write it to JSON: structs and maps →
//! objects, enums externally tagged, tuples and bytes → arrays, `None` and unit → null. The format
//! counts as human readable.
//!
//! serde_json is not used for this: another crate in the build can enable its `preserve_order` or
//! `arbitrary_precision`, which would change our bytes.
//!
//! Example: `Some(Item { id: 7, kind: Kind::Book })` is `{"id": 7, "kind": "Book"}`.

use super::to_key::{Key, ToKey};
use super::value::{DEPTH, Object, Value};
use crate::error::map::Problem;
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

pub(super) fn to_value(value: impl Serialize) -> Result<Value, Problem> {
    value.serialize(ToValue { room: DEPTH, wraps: DEPTH })
}

/// Elements to allocate in advance because a type announced them, before they arrive.
const MAX_PREALLOC: usize = 64;

#[derive(Clone, Copy)]
struct ToValue {
    /// Levels that may still nest.
    room: usize,
    /// `Some`s and newtypes that may still follow one another: they leave no trace in the value,
    /// and a type can make a long chain of them.
    wraps: usize,
}

impl ToValue {
    fn deeper(self) -> Result<Self, Problem> {
        let room = self.room.checked_sub(1).ok_or(Problem::TooDeep)?;
        Ok(Self { room, wraps: DEPTH })
    }

    fn wrapped(self) -> Result<Self, Problem> {
        let wraps = self.wraps.checked_sub(1).ok_or(Problem::TooDeep)?;
        Ok(Self { wraps, ..self })
    }

    fn items(self, length: usize) -> Result<Items, Problem> {
        Ok(Items {
            inside: self.deeper()?,
            items: Vec::with_capacity(length.min(MAX_PREALLOC)),
            variant: None,
        })
    }

    fn fields(self, length: usize) -> Result<Fields, Problem> {
        Ok(Fields {
            inside: self.deeper()?,
            fields: Vec::with_capacity(length.min(MAX_PREALLOC)),
            key: None,
            variant: None,
        })
    }
}

fn variant_of(variant: &str, value: Value) -> Value {
    Value::Object(Object::from_fields(vec![(variant, value)]))
}

macro_rules! integers {
    ($($method:ident($type:ty) => $make:expr;)*) => {
        $(fn $method(self, value: $type) -> Result<Value, Problem> { Ok($make(value.into())) })*
    };
}

impl Serializer for ToValue {
    type Ok = Value;
    type Error = Problem;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Fields;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Fields;

    integers! {
        serialize_i8(i8) => Value::signed;
        serialize_i16(i16) => Value::signed;
        serialize_i32(i32) => Value::signed;
        serialize_i64(i64) => Value::signed;
        serialize_u8(u8) => Value::Unsigned;
        serialize_u16(u16) => Value::Unsigned;
        serialize_u32(u32) => Value::Unsigned;
        serialize_u64(u64) => Value::Unsigned;
    }

    fn serialize_bool(self, value: bool) -> Result<Value, Problem> {
        Ok(Value::Bool(value))
    }

    fn serialize_i128(self, value: i128) -> Result<Value, Problem> {
        Value::wide(value).ok_or(Problem::TooWide)
    }

    fn serialize_u128(self, value: u128) -> Result<Value, Problem> {
        u64::try_from(value).map(Value::Unsigned).map_err(|_| Problem::TooWide)
    }

    fn serialize_f32(self, value: f32) -> Result<Value, Problem> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<Value, Problem> {
        Value::float(value).ok_or(Problem::NotFinite)
    }

    fn serialize_char(self, value: char) -> Result<Value, Problem> {
        Ok(Value::Text(value.into()))
    }

    fn serialize_str(self, value: &str) -> Result<Value, Problem> {
        Ok(Value::Text(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Value, Problem> {
        self.deeper()?;
        Ok(Value::bytes(value))
    }

    fn serialize_none(self) -> Result<Value, Problem> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Problem> {
        value.serialize(self.wrapped()?)
    }

    fn serialize_unit(self) -> Result<Value, Problem> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, Problem> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Value, Problem> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Value, Problem> {
        value.serialize(self.wrapped()?)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Problem> {
        Ok(variant_of(variant, value.serialize(self.deeper()?)?))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items, Problem> {
        self.items(length.unwrap_or(0))
    }

    fn serialize_tuple(self, length: usize) -> Result<Items, Problem> {
        self.items(length)
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Items, Problem> {
        self.items(length)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Items, Problem> {
        Ok(Items { variant: Some(variant), ..self.deeper()?.items(length)? })
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Fields, Problem> {
        self.fields(length.unwrap_or(0))
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Fields, Problem> {
        self.fields(length)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Fields, Problem> {
        Ok(Fields { variant: Some(variant), ..self.deeper()?.fields(length)? })
    }
}

/// An array under construction; `variant` is the name if it is an enum variant's.
struct Items {
    inside: ToValue,
    items: Vec<Value>,
    variant: Option<&'static str>,
}

impl Items {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
        self.items.push(value.serialize(self.inside)?);
        Ok(())
    }

    fn finish(self) -> Result<Value, Problem> {
        let array = Value::Array(self.items);
        Ok(match self.variant {
            Some(variant) => variant_of(variant, array),
            None => array,
        })
    }
}

macro_rules! fill_items {
    ($($trait:ident::$method:ident;)*) => {$(
        impl $trait for Items {
            type Ok = Value;
            type Error = Problem;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
                self.push(value)
            }

            fn end(self) -> Result<Value, Problem> {
                self.finish()
            }
        }
    )*};
}

fill_items! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

/// An object under construction; `variant` is the name if it is an enum variant's.
struct Fields {
    inside: ToValue,
    fields: Vec<(Key, Value)>,
    key: Option<Key>,
    variant: Option<&'static str>,
}

impl Fields {
    fn push<T: Serialize + ?Sized>(&mut self, key: Key, value: &T) -> Result<(), Problem> {
        self.fields.push((key, value.serialize(self.inside)?));
        Ok(())
    }

    fn finish(self) -> Result<Value, Problem> {
        let object = Value::Object(Object::from_fields(self.fields));
        Ok(match self.variant {
            Some(variant) => variant_of(variant, object),
            None => object,
        })
    }
}

impl SerializeMap for Fields {
    type Ok = Value;
    type Error = Problem;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Problem> {
        self.key = Some(key.serialize(ToKey { wraps: DEPTH })?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
        let key = self.key.take().ok_or(Problem::SerializeRefused)?;
        self.push(key, value)
    }

    fn end(self) -> Result<Value, Problem> {
        self.finish()
    }
}

macro_rules! fill_fields {
    ($($trait:ident)*) => {$(
        impl $trait for Fields {
            type Ok = Value;
            type Error = Problem;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Problem> {
                self.push(key.into(), value)
            }

            fn end(self) -> Result<Value, Problem> {
                self.finish()
            }
        }
    )*};
}

fill_fields! { SerializeStruct SerializeStructVariant }
