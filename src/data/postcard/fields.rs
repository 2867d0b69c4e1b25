//! The encoded length of each field of a struct. Fields are encoded one after the other with
//! nothing between them, so the lengths add up to that of the struct.

use super::write::encode;
use serde::ser::{Error, Impossible, Serialize, SerializeStruct, Serializer};
use std::fmt;

/// Returns the name and the encoded length of each field, in the order of the fields; nothing for a
/// value that is not a struct with named fields.
pub(crate) fn field_lengths<T: Serialize + ?Sized>(value: &T) -> Vec<(&'static str, usize)> {
    value.serialize(Fields(Vec::new())).unwrap_or_default()
}

struct Fields(Vec<(&'static str, usize)>);

/// The value is not a struct, or a field has no encoding.
#[derive(Debug)]
struct NoFields;

type Lengths = Result<Vec<(&'static str, usize)>, NoFields>;

impl SerializeStruct for Fields {
    type Ok = Vec<(&'static str, usize)>;
    type Error = NoFields;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), NoFields> {
        let mut bytes = Vec::new();
        encode(value, &mut bytes).map_err(|_| NoFields)?;
        self.0.push((name, bytes.len()));
        Ok(())
    }

    fn end(self) -> Lengths {
        Ok(self.0)
    }
}

macro_rules! no_fields {
    ($($method:ident($($type:ty),*);)*) => {
        $(fn $method(self, $(_: $type),*) -> Lengths { Err(NoFields) })*
    };
}

macro_rules! no_parts {
    ($($method:ident($($type:ty),*) -> $part:ident;)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<Self::$part, NoFields> { Err(NoFields) })*
    };
}

impl Serializer for Fields {
    type Ok = Vec<(&'static str, usize)>;
    type Error = NoFields;
    type SerializeSeq = Impossible<Self::Ok, NoFields>;
    type SerializeTuple = Impossible<Self::Ok, NoFields>;
    type SerializeTupleStruct = Impossible<Self::Ok, NoFields>;
    type SerializeTupleVariant = Impossible<Self::Ok, NoFields>;
    type SerializeMap = Impossible<Self::Ok, NoFields>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Impossible<Self::Ok, NoFields>;

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, NoFields> {
        Ok(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Lengths {
        value.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Lengths {
        Err(NoFields)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Lengths {
        Err(NoFields)
    }

    no_fields! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_f32(f32);
        serialize_f64(f64);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    no_parts! {
        serialize_seq(Option<usize>) -> SerializeSeq;
        serialize_tuple(usize) -> SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant;
        serialize_map(Option<usize>) -> SerializeMap;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> SerializeStructVariant;
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

impl Error for NoFields {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl fmt::Display for NoFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no fields")
    }
}

impl std::error::Error for NoFields {}
