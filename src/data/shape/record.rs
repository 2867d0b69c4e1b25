//! A value → a record of what its `Serialize` reports. The parts of `T::default()` and of the
//! application's samples are the first that the tracer offers. Any value that failed a round trip
//! is recorded too, to find the place. No recorded value enters the shape's text.
//!
//! ```text
//! Visit { user: None, cart: vec![] }  →  Struct { name: "Visit", fields: ["user", "cart"], parts: [Nothing, Parts([])] }
//! ```

use super::check::Refusal;
use crate::data::postcard::Stop;
use serde::ser::{self, Serialize};
use std::fmt::{self, Write};

/// A value's structure, as far as samples need it.
#[derive(Debug)]
pub(super) enum Value {
    Nothing,
    /// Also booleans, and a `u128` by its bits.
    Integer(i128),
    Float(f64),
    Char(char),
    Str(String),
    Bytes(Vec<u8>),
    /// The content of an option or newtype, the elements of a tuple or sequence, or a map's keys
    /// and values in turn.
    Parts(Vec<Value>),
    Struct {
        name: &'static str,
        fields: Vec<&'static str>,
        parts: Vec<Value>,
    },
    Variant {
        name: &'static str,
        index: u32,
        variant: &'static str,
        parts: Vec<Value>,
    },
}

impl Value {
    pub(super) fn part(&self, index: usize) -> Option<&Value> {
        self.parts().get(index)
    }

    pub(super) fn parts(&self) -> &[Value] {
        match self {
            Self::Parts(parts) | Self::Struct { parts, .. } | Self::Variant { parts, .. } => parts,
            _ => &[],
        }
    }
}

/// Returns the record of `value`, or why postcard could not write it. `whole` names the type in the
/// message.
pub(super) fn record<T: Serialize>(value: &T, whole: &str) -> Result<Value, Refusal> {
    let mut path = Path { steps: Vec::new(), problem: None };
    value.serialize(Recorder(&mut path)).map_err(|Stop| {
        let place = path.steps.iter().fold(String::new(), |place, step| place + "." + step);
        let place = format!("{whole}{place}");
        Refusal(match path.problem {
            Some(Problem::Skipped(field)) => format!(
                "`skip_serializing_if` at {place}.{field} omits a field, but postcard identifies \
                 fields by position: remove that attribute"
            ),
            Some(Problem::Length("map")) => format!(
                "postcard cannot write a map of unknown length, or `flatten`, at {place}: pass a \
                 length to `serialize_map`, or remove `flatten` to make the struct an ordinary \
                 field"
            ),
            Some(Problem::Length(_)) => {
                format!(
                    "a sequence at {place} does not declare its length, which postcard writes \
                     first: collect it, or pass a length to `serialize_seq`"
                )
            }
            None => format!(
                "the `Serialize` of {place} rejects the value that `Default` or `Deserialize` \
                 returned: make them return a value that it accepts"
            ),
        })
    })
}

/// Where the recorder is, and what stopped it. Steps are not removed after an error, so they then
/// name the place.
struct Path {
    steps: Vec<&'static str>,
    problem: Option<Problem>,
}

enum Problem {
    Skipped(&'static str),
    Length(&'static str),
}

struct Recorder<'p>(&'p mut Path);

/// A value whose parts are still arriving.
struct Parts<'p> {
    path: &'p mut Path,
    fields: Vec<&'static str>,
    parts: Vec<Value>,
    head: Head,
}

enum Head {
    Plain,
    Struct(&'static str),
    Variant(&'static str, u32, &'static str),
}

impl<'p> Recorder<'p> {
    fn parts(self, head: Head) -> Result<Parts<'p>, Stop> {
        Ok(Parts { path: self.0, fields: Vec::new(), parts: Vec::new(), head })
    }

    fn counted(self, length: Option<usize>, what: &'static str) -> Result<Parts<'p>, Stop> {
        if length.is_none() {
            self.0.problem = Some(Problem::Length(what));
            return Err(Stop);
        }
        self.parts(Head::Plain)
    }
}

impl Parts<'_> {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        self.parts.push(value.serialize(Recorder(&mut *self.path))?);
        Ok(())
    }

    fn field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Stop> {
        self.path.steps.push(key);
        self.push(value)?;
        self.path.steps.pop();
        self.fields.push(key);
        Ok(())
    }

    fn skip(&mut self, key: &'static str) -> Result<(), Stop> {
        self.path.problem = Some(Problem::Skipped(key));
        Err(Stop)
    }

    fn finish(self) -> Result<Value, Stop> {
        let Self { fields, parts, .. } = self;
        Ok(match self.head {
            Head::Plain => Value::Parts(parts),
            Head::Struct(name) => Value::Struct { name, fields, parts },
            Head::Variant(name, index, variant) => Value::Variant { name, index, variant, parts },
        })
    }
}

macro_rules! integers {
    ($($method:ident($type:ty),)*) => {$(
        fn $method(self, value: $type) -> Result<Value, Stop> {
            Ok(Value::Integer(value as i128))
        }
    )*};
}

impl<'p> ser::Serializer for Recorder<'p> {
    type Ok = Value;
    type Error = Stop;
    type SerializeSeq = Parts<'p>;
    type SerializeTuple = Parts<'p>;
    type SerializeTupleStruct = Parts<'p>;
    type SerializeTupleVariant = Parts<'p>;
    type SerializeMap = Parts<'p>;
    type SerializeStruct = Parts<'p>;
    type SerializeStructVariant = Parts<'p>;

    integers! {
        serialize_bool(bool), serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64), serialize_i128(i128),
        serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64), serialize_u128(u128),
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_f32(self, value: f32) -> Result<Value, Stop> {
        Ok(Value::Float(value.into()))
    }

    fn serialize_f64(self, value: f64) -> Result<Value, Stop> {
        Ok(Value::Float(value))
    }

    fn serialize_char(self, value: char) -> Result<Value, Stop> {
        Ok(Value::Char(value))
    }

    fn serialize_str(self, value: &str) -> Result<Value, Stop> {
        Ok(Value::Str(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Value, Stop> {
        Ok(Value::Bytes(value.to_vec()))
    }

    fn serialize_none(self) -> Result<Value, Stop> {
        Ok(Value::Nothing)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Stop> {
        Ok(Value::Parts(vec![value.serialize(self)?]))
    }

    fn serialize_unit(self) -> Result<Value, Stop> {
        Ok(Value::Nothing)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, Stop> {
        Ok(Value::Nothing)
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<Value, Stop> {
        Ok(Value::Variant { name, index, variant, parts: Vec::new() })
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Value, Stop> {
        Ok(Value::Parts(vec![value.serialize(self)?]))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Stop> {
        Ok(Value::Variant { name, index, variant, parts: vec![value.serialize(self)?] })
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Parts<'p>, Stop> {
        self.counted(length, "seq")
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts<'p>, Stop> {
        self.parts(Head::Plain)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts<'p>, Stop> {
        self.parts(Head::Plain)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'p>, Stop> {
        self.parts(Head::Variant(name, index, variant))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Parts<'p>, Stop> {
        self.counted(length, "map")
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Parts<'p>, Stop> {
        self.parts(Head::Struct(name))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'p>, Stop> {
        self.parts(Head::Variant(name, index, variant))
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<Value, Stop> {
        let mut text = String::new();
        // Not `to_string()`, which panics if a `Display` fails.
        write!(text, "{value}").map_err(|_| Stop)?;
        Ok(Value::Str(text))
    }
}

macro_rules! parts {
    ($($trait:ident: $($method:ident),*;)*) => {$(
        impl ser::$trait for Parts<'_> {
            type Ok = Value;
            type Error = Stop;

            $(fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
                self.push(value)
            })*

            fn end(self) -> Result<Value, Stop> {
                self.finish()
            }
        }
    )*};
}

parts! {
    SerializeSeq: serialize_element;
    SerializeTuple: serialize_element;
    SerializeTupleStruct: serialize_field;
    SerializeTupleVariant: serialize_field;
    SerializeMap: serialize_key, serialize_value;
}

macro_rules! fields {
    ($($trait:ident)*) => {$(
        impl ser::$trait for Parts<'_> {
            type Ok = Value;
            type Error = Stop;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Stop> {
                self.field(key, value)
            }

            fn skip_field(&mut self, key: &'static str) -> Result<(), Stop> {
                self.skip(key)
            }

            fn end(self) -> Result<Value, Stop> {
                self.finish()
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }
