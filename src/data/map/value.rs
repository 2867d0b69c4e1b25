//! `Value`: what a `Map` holds, JSON's data model in memory.
//!
//! Invariants: an object's keys ascend by their bytes. `Negative` is below zero. A `Float` is
//! finite and kept as its bits, so that values are equal if their bytes are equal (0.0 and -0.0 are
//! different values, and so are 1 and 1.0).
//!
//! Example: `{"id": 7, "tags": ["a"]}` is `Object([("id", Unsigned(7)), ("tags",
//! Array([Text("a")]))])`.

use super::keys::{self, Keys};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt;

/// How deeply arrays and objects may nest below the `Map` itself. This bounds every recursion in
/// this module.
pub(super) const DEPTH: usize = 64;

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Unsigned(u64),
    Negative(i64),
    Float(u64),
    Text(String),
    Array(Vec<Value>),
    Object(Object),
}

impl Value {
    pub(super) fn signed(number: i64) -> Self {
        u64::try_from(number).map_or(Self::Negative(number), Self::Unsigned)
    }

    /// Returns `None` if the number is beyond 64 bits.
    pub(super) fn wide(number: i128) -> Option<Self> {
        let negative = || i64::try_from(number).map(Self::Negative);
        u64::try_from(number).map(Self::Unsigned).or_else(|_| negative()).ok()
    }

    /// Returns `None` if the float is infinite or not a number.
    pub(super) fn float(number: f64) -> Option<Self> {
        number.is_finite().then(|| Self::Float(number.to_bits()))
    }

    pub(super) fn bytes(bytes: &[u8]) -> Self {
        Self::Array(bytes.iter().map(|byte| Self::Unsigned(u64::from(*byte))).collect())
    }

    /// Returns the number if it is an integer of one byte.
    pub(super) fn as_byte(&self) -> Option<u8> {
        if let Self::Unsigned(number) = self { u8::try_from(*number).ok() } else { None }
    }

    /// Returns the value's kind, for error messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Unsigned(_) | Self::Negative(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Text(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

/// Keys with values, sorted. They are lists and not a tree: a record of one field then takes tens
/// of bytes instead of 600, and keys that many records share are in memory only once.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Object {
    keys: Keys,
    values: Vec<Value>,
}

impl Object {
    /// Makes an object of fields in any order. Of equal keys, the last one is used.
    pub(super) fn from_fields<K: AsRef<str>>(mut fields: Vec<(K, Value)>) -> Self {
        fields.sort_by(|(a, _), (b, _)| a.as_ref().cmp(b.as_ref()));
        fields.dedup_by(|later, earlier| {
            let same = later.0.as_ref() == earlier.0.as_ref();
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        let keys = fields.iter().map(|(key, _)| key.as_ref()).collect();
        Self { keys, values: fields.into_iter().map(|(_, value)| value).collect() }
    }

    /// Makes an object of ascending keys and as many values.
    pub(super) fn from_ascending(keys: Keys, values: Vec<Value>) -> Self {
        debug_assert!(
            keys.iter().is_sorted_by(|a, b| a < b) && keys.iter().count() == values.len()
        );
        Self { keys, values }
    }

    fn position(&self, key: &str) -> Result<usize, usize> {
        let from = self.keys.iter().enumerate().find(|(_, other)| *other >= key);
        from.map_or(Err(self.len()), |(at, other)| if other == key { Ok(at) } else { Err(at) })
    }

    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.position(key).ok().map(|at| &self.values[at])
    }

    pub(super) fn insert(&mut self, key: &str, value: Value) {
        match self.position(key) {
            Ok(at) => self.values[at] = value,
            Err(at) => {
                self.keys = self.keys().take(at).chain([key]).chain(self.keys().skip(at)).collect();
                self.values.insert(at, value);
            }
        }
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<Value> {
        let at = self.position(key).ok()?;
        self.keys = self.keys().filter(|other| *other != key).collect();
        Some(self.values.remove(at))
    }

    /// Adds all entries of `other`. Of equal keys, `other`'s is used.
    pub(super) fn extend(&mut self, other: Object) {
        let present = std::mem::take(self);
        let fields =
            present.keys.iter().zip(present.values).chain(other.keys.iter().zip(other.values));
        *self = Self::from_fields(fields.collect());
    }

    pub(super) fn iter(&self) -> Fields<'_> {
        Fields { keys: self.keys.iter(), values: self.values.iter() }
    }

    pub(super) fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.iter().map(|(key, _)| key)
    }

    pub(super) fn key_list(&self) -> &Keys {
        &self.keys
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.values.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// Keys with their values, in order.
pub(super) struct Fields<'a> {
    keys: keys::Iter<'a>,
    values: std::slice::Iter<'a, Value>,
}

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a str, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.keys.next().zip(self.values.next())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.values.size_hint()
    }
}

impl ExactSizeIterator for Fields<'_> {}

/// Shows the value as JSON.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Unsigned(value) => value.fmt(f),
            Self::Negative(value) => value.fmt(f),
            Self::Float(bits) => f64::from_bits(*bits).fmt(f),
            Self::Text(value) => value.fmt(f),
            Self::Array(items) => items.fmt(f),
            Self::Object(object) => object.fmt(f),
        }
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Unsigned(value) => serializer.serialize_u64(*value),
            Self::Negative(value) => serializer.serialize_i64(*value),
            Self::Float(bits) => serializer.serialize_f64(f64::from_bits(*bits)),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (key, value) in self.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// Reads a value in which at most this many levels nest.
#[derive(Clone, Copy)]
struct Room(usize);

impl Room {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        self.0
            .checked_sub(1)
            .map(Self)
            .ok_or_else(|| E::custom("values are nested more than 64 levels deep"))
    }

    fn fields<'de, A: MapAccess<'de>>(self, mut access: A) -> Result<Object, A::Error> {
        let mut fields = Vec::new();
        while let Some(key) = access.next_key::<String>()? {
            fields.push((key, access.next_value_seed(self)?));
        }
        Ok(Object::from_fields(fields))
    }
}

impl<'de> DeserializeSeed<'de> for Room {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Room {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON's data model")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deeper()?.deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Value, D::Error> {
        self.deeper()?.deserialize(deserializer)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Unsigned(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::signed(value))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Value, E> {
        Value::wide(value).ok_or_else(|| E::custom("an integer does not fit in 64 bits"))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Value, E> {
        u64::try_from(value)
            .map(Value::Unsigned)
            .map_err(|_| E::custom("an integer does not fit in 64 bits"))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Value::float(value).ok_or_else(|| E::custom("a float is not finite"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }

    fn visit_bytes<E: Error>(self, value: &[u8]) -> Result<Value, E> {
        self.deeper::<E>()?;
        Ok(Value::bytes(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let room = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(room)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        self.deeper()?.fields(access).map(Value::Object)
    }
}

/// Reads a whole `Map` from a human-readable format.
impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Root;

        impl<'de> Visitor<'de> for Root {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Object, A::Error> {
                Room(DEPTH).fields(access)
            }
        }

        deserializer.deserialize_map(Root)
    }
}
