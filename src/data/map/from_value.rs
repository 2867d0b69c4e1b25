//! `&Value` → any `Deserialize` type, as serde_json would read it from JSON. The format counts as
//! human readable, and is self-describing (`flatten`, untagged enums and `serde_json::Value` work).
//!
//! Only the value determines the result. Beyond JSON, an array of numbers up to 255 is also bytes,
//! for types that ask for bytes.
//!
//! Example: `{"id": 7, "kind": "Book"}` is `Item { id: 7, kind: Kind::Book }`, and `Some` of it for
//! types that ask for an `Option`.

use super::value::{self, DEPTH, Object, Value};
use crate::error::map::Problem;
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use std::fmt;

pub(super) fn from_value<V: DeserializeOwned>(value: &Value) -> Result<V, Problem> {
    V::deserialize(FromValue::new(value))
}

#[derive(Clone, Copy)]
struct FromValue<'de> {
    value: &'de Value,
    /// `Some`s and newtypes that may still follow one another: a type can ask for them without end,
    /// and the value never stops it.
    wraps: usize,
}

impl<'de> FromValue<'de> {
    fn new(value: &'de Value) -> Self {
        Self { value, wraps: DEPTH }
    }

    fn wrapped(self) -> Result<Self, Problem> {
        let wraps = self.wraps.checked_sub(1).ok_or(Problem::TooDeep)?;
        Ok(Self { wraps, ..self })
    }

    fn bytes(self) -> Option<Vec<u8>> {
        if let Value::Array(items) = self.value {
            items.iter().map(Value::as_byte).collect()
        } else {
            None
        }
    }
}

/// Returns whether a 64-bit integer became this float without rounding. serde's floats accept any
/// integer and round it.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float made of 64 bits fits in 128, and has no fraction"
)]
fn is_exactly(float: f64, integer: i128) -> bool {
    float as i128 == integer
}

impl<'de> Deserializer<'de> for FromValue<'de> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Unsigned(value) => visitor.visit_u64(*value),
            Value::Negative(value) => visitor.visit_i64(*value),
            Value::Float(bits) => visitor.visit_f64(f64::from_bits(*bits)),
            Value::Text(value) => visitor.visit_borrowed_str(value),
            Value::Array(items) => {
                let mut rest = Items(items.iter());
                let value = visitor.visit_seq(&mut rest)?;
                if rest.0.len() == 0 { Ok(value) } else { Err(Problem::OtherLength) }
            }
            Value::Object(object) => {
                let mut rest = Fields::new(object);
                let value = visitor.visit_map(&mut rest)?;
                if rest.fields.len() == 0 { Ok(value) } else { Err(Problem::OtherLength) }
            }
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let fits = match self.value {
            Value::Unsigned(value) => is_exactly(f64::from(*value as f32), i128::from(*value)),
            Value::Negative(value) => is_exactly(f64::from(*value as f32), i128::from(*value)),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the nearest float of 32 bits is meant, unless that is infinity"
            )]
            Value::Float(bits) => (f64::from_bits(*bits) as f32).is_finite(),
            _ => true,
        };
        if fits { self.deserialize_any(visitor) } else { Err(Problem::OtherValue) }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let fits = match self.value {
            Value::Unsigned(value) => is_exactly(*value as f64, i128::from(*value)),
            Value::Negative(value) => is_exactly(*value as f64, i128::from(*value)),
            _ => true,
        };
        if fits { self.deserialize_any(visitor) } else { Err(Problem::OtherValue) }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self.wrapped()?),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self.wrapped()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.bytes() {
            Some(bytes) => visitor.visit_byte_buf(bytes),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        match self.value {
            Value::Text(variant) => visitor.visit_enum(variant.as_str().into_deserializer()),
            Value::Object(object) => match (object.iter().next(), object.len()) {
                (Some((variant, value)), 1) => visitor.visit_enum(Variant { variant, value }),
                _ => Err(Problem::OtherLength),
            },
            _ => Err(Problem::OtherKind),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char str string unit unit_struct seq tuple tuple_struct map struct identifier
    }
}

struct Items<'de>(std::slice::Iter<'de, Value>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Problem;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Problem> {
        self.0.next().map(|value| seed.deserialize(FromValue::new(value))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Fields<'de> {
    fields: value::Fields<'de>,
    value: Option<&'de Value>,
}

impl<'de> Fields<'de> {
    fn new(object: &'de Object) -> Self {
        Self { fields: object.iter(), value: None }
    }
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Problem;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Problem> {
        let Some((key, value)) = self.fields.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(FromKey { key, wraps: DEPTH }).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Problem> {
        let value = self.value.take().ok_or(Problem::DeserializeRefused)?;
        seed.deserialize(FromValue::new(value))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.fields.len())
    }
}

/// A variant with content.
struct Variant<'de> {
    variant: &'de str,
    value: &'de Value,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Problem;
    type Variant = FromValue<'de>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, FromValue<'de>), Problem> {
        let variant: StrDeserializer<'_, Problem> = self.variant.into_deserializer();
        Ok((seed.deserialize(variant)?, FromValue::new(self.value)))
    }
}

impl<'de> VariantAccess<'de> for FromValue<'de> {
    type Error = Problem;

    fn unit_variant(self) -> Result<(), Problem> {
        if *self.value == Value::Null { Ok(()) } else { Err(Problem::OtherKind) }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Problem> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Problem> {
        if matches!(self.value, Value::Array(_)) {
            self.deserialize_any(visitor)
        } else {
            Err(Problem::OtherKind)
        }
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        if matches!(self.value, Value::Object(_) | Value::Array(_)) {
            self.deserialize_any(visitor)
        } else {
            Err(Problem::OtherKind)
        }
    }
}

/// An object's key: a string, or for types that ask for it, any other kind that `to_key` turned
/// into a string.
#[derive(Clone, Copy)]
struct FromKey<'de> {
    key: &'de str,
    wraps: usize,
}

impl FromKey<'_> {
    fn wrapped(self) -> Result<Self, Problem> {
        let wraps = self.wraps.checked_sub(1).ok_or(Problem::TooDeep)?;
        Ok(Self { wraps, ..self })
    }
}

macro_rules! parsed {
    ($($method:ident => $visit:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
            match self.key.parse() {
                // Otherwise `"+7"` and `"07"` would also be the key 7.
                Ok(value) if IsPrinted(self.key).is(&value) => visitor.$visit(value),
                _ => visitor.visit_borrowed_str(self.key),
            }
        }
    )*};
}

struct IsPrinted<'a>(&'a str);

impl IsPrinted<'_> {
    fn is(&self, value: &impl fmt::Display) -> bool {
        value.to_string() == self.0
    }
}

impl<'de> Deserializer<'de> for FromKey<'de> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_borrowed_str(self.key)
    }

    parsed! {
        deserialize_bool => visit_bool;
        deserialize_i8 => visit_i8;
        deserialize_i16 => visit_i16;
        deserialize_i32 => visit_i32;
        deserialize_i64 => visit_i64;
        deserialize_i128 => visit_i128;
        deserialize_u8 => visit_u8;
        deserialize_u16 => visit_u16;
        deserialize_u32 => visit_u32;
        deserialize_u64 => visit_u64;
        deserialize_u128 => visit_u128;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_some(self.wrapped()?)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self.wrapped()?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_enum(self.key.into_deserializer())
    }

    forward_to_deserialize_any! {
        f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
