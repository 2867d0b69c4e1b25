//! One type whose structure is chosen at run time, so that a test can try thousands of structures:
//! [`Dynamic`], with the [`Schema`] that is set for the thread. Schemas are read from the canonical
//! texts of SPEC.md §6.4.
//!
//! ```text
//! Schema::parse("Visit{user:option u64,cart:[u32]}")  →  what `#[derive(Serialize, Deserialize)]` makes of that struct
//! ```

use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess,
    VariantAccess,
};
use serde::ser::{
    Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant,
};
use serde::{Deserialize, Serialize, Serializer};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::rc::Rc;

pub type Name = &'static str;

/// The words of leaves, in the order of [`Leaf::kind`].
pub const LEAVES: [Name; 16] = [
    "bool", "i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128", "f32", "f64",
    "char", "str", "bytes",
];

/// How a leaf departs from what `derive` makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quirk {
    Plain,
    /// Its `Deserialize` accepts nothing.
    Refuses,
    /// It is written as another kind than it is read as: number of the kind in [`LEAVES`].
    WrittenAs(usize),
    /// It is read as an option, and `None` as the least value, as helpers for JSON do.
    NullAsLeast,
    /// Strings lose their spaces when they are read; numbers above 100 are refused.
    Checked,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Schema {
    Leaf {
        kind: usize,
        quirk: Quirk,
    },
    Unit,
    Option(Box<Schema>),
    Seq(Box<Schema>),
    Map(Box<Schema>, Box<Schema>),
    Tuple(Vec<Schema>),
    Named(Name, Body),
    /// A named type that was written before.
    Ref(usize),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// None: a unit; one: a newtype; more: a tuple.
    Parts(Vec<Schema>),
    Fields(Vec<Name>, Vec<Schema>),
    Variants(Vec<Name>, Vec<Body>),
}

/// A value of some schema.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Integer(i128),
    Float(f64),
    Char(char),
    Str(String),
    Bytes(Vec<u8>),
    Nothing,
    Some(Box<Value>),
    Parts(Vec<Value>),
    Entries(Vec<(Value, Value)>),
    Variant(usize, Vec<Value>),
}

/// A value of the thread's schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Dynamic(pub Value);

struct Whole {
    schema: Schema,
    /// The named types, as `Ref` counts them.
    named: Vec<(Name, Body)>,
}

thread_local!(static PRESENT: RefCell<Option<Rc<Whole>>> = const { RefCell::new(None) });

/// Sets the schema of this thread's `Dynamic`.
pub fn set_schema(schema: &Schema) {
    let mut named = Vec::new();
    schema.collect(&mut named);
    PRESENT.set(Some(Rc::new(Whole { schema: schema.clone(), named })));
}

fn present() -> Rc<Whole> {
    PRESENT.with_borrow(|whole| whole.clone().expect("a schema is set"))
}

fn intern(name: &str) -> Name {
    thread_local!(static NAMES: RefCell<BTreeSet<Name>> = const { RefCell::new(BTreeSet::new()) });
    NAMES.with_borrow_mut(|names| match names.get(name) {
        Some(name) => name,
        None => {
            let name: Name = name.to_owned().leak();
            names.insert(name);
            name
        }
    })
}

fn names_of(names: &[Name]) -> &'static [Name] {
    thread_local!(static LISTS: RefCell<BTreeSet<&'static [Name]>> = const { RefCell::new(BTreeSet::new()) });
    LISTS.with_borrow_mut(|lists| match lists.get(names) {
        Some(list) => list,
        None => {
            let list: &'static [Name] = names.to_vec().leak();
            lists.insert(list);
            list
        }
    })
}

impl Schema {
    pub fn leaf(word: &str) -> Self {
        let kind = LEAVES.iter().position(|leaf| *leaf == word).expect("a leaf's word");
        Self::Leaf { kind, quirk: Quirk::Plain }
    }

    pub fn named(name: &str, parts: Vec<Schema>) -> Self {
        Self::Named(intern(name), Body::Parts(parts))
    }

    pub fn structure(name: &str, fields: &[(&str, Schema)]) -> Self {
        let (names, parts) = fields.iter().map(|(name, part)| (intern(name), part.clone())).unzip();
        Self::Named(intern(name), Body::Fields(names, parts))
    }

    fn collect(&self, named: &mut Vec<(Name, Body)>) {
        if let Self::Named(name, body) = self {
            named.push((name, body.clone()));
        }
        self.parts().into_iter().for_each(|part| part.collect(named));
    }

    pub fn parts(&self) -> Vec<&Schema> {
        match self {
            Self::Leaf { .. } | Self::Unit | Self::Ref(_) => Vec::new(),
            Self::Option(part) | Self::Seq(part) => vec![part],
            Self::Map(key, value) => vec![key, value],
            Self::Tuple(parts) => parts.iter().collect(),
            Self::Named(_, body) => body.parts(),
        }
    }

    pub fn parts_mut(&mut self) -> Vec<&mut Schema> {
        match self {
            Self::Leaf { .. } | Self::Unit | Self::Ref(_) => Vec::new(),
            Self::Option(part) | Self::Seq(part) => vec![part],
            Self::Map(key, value) => vec![key, value],
            Self::Tuple(parts) => parts.iter_mut().collect(),
            Self::Named(_, body) => body.parts_mut(),
        }
    }

    /// The schema of a canonical text; `None` for the form with aliases, which is not of `derive`
    /// alone.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parser = Parser(text);
        let schema = parser.part()?;
        parser.0.is_empty().then_some(schema)
    }
}

impl Body {
    fn parts(&self) -> Vec<&Schema> {
        match self {
            Self::Parts(parts) | Self::Fields(_, parts) => parts.iter().collect(),
            Self::Variants(_, bodies) => bodies.iter().flat_map(Body::parts).collect(),
        }
    }

    pub fn parts_mut(&mut self) -> Vec<&mut Schema> {
        match self {
            Self::Parts(parts) | Self::Fields(_, parts) => parts.iter_mut().collect(),
            Self::Variants(_, bodies) => bodies.iter_mut().flat_map(Body::parts_mut).collect(),
        }
    }
}

struct Parser<'t>(&'t str);

impl Parser<'_> {
    fn eat(&mut self, token: &str) -> bool {
        let rest = self.0.strip_prefix(token);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn name(&mut self) -> Option<&str> {
        let end = self
            .0
            .find(|c: char| !(c.is_ascii_alphanumeric() || "_-.%".contains(c)))
            .unwrap_or(self.0.len());
        let (name, rest) = self.0.split_at(end);
        self.0 = rest;
        (!name.is_empty()).then_some(name)
    }

    fn part(&mut self) -> Option<Schema> {
        if self.eat("[") {
            let part = self.part()?;
            return self.eat("]").then(|| Schema::Seq(Box::new(part)));
        }
        if self.eat("{") {
            let key = self.part()?;
            let value = self.eat(":").then(|| self.part())??;
            return self.eat("}").then(|| Schema::Map(Box::new(key), Box::new(value)));
        }
        if self.0.starts_with('(') {
            return self.tuple().map(Schema::Tuple);
        }
        if self.eat("^") {
            return self.name()?.parse().ok().map(Schema::Ref);
        }
        if self.eat("option ") {
            return Some(Schema::Option(Box::new(self.part()?)));
        }
        let name = intern(self.name()?);
        if let Some(body) = self.body()? {
            return Some(Schema::Named(name, body));
        }
        match name {
            "unit" => Some(Schema::Unit),
            _ => LEAVES.contains(&name).then(|| Schema::leaf(name)),
        }
    }

    /// What stands behind a name, if anything does.
    fn body(&mut self) -> Option<Option<Body>> {
        if self.0.starts_with('(') {
            return self.tuple().map(|parts| Some(Body::Parts(parts)));
        }
        let (mut names, mut parts, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
        if self.eat("{") {
            while !self.eat("}") {
                names.push(intern(self.name()?));
                parts.push(self.eat(":").then(|| self.part())??);
                self.eat(",");
            }
            return Some(Some(Body::Fields(names, parts)));
        }
        if self.eat("<") {
            while !self.eat(">") {
                names.push(intern(self.name()?));
                bodies.push(self.body()?.unwrap_or(Body::Parts(Vec::new())));
                self.eat(",");
            }
            return Some(Some(Body::Variants(names, bodies)));
        }
        Some(None)
    }

    fn tuple(&mut self) -> Option<Vec<Schema>> {
        let mut parts = Vec::new();
        self.eat("(").then_some(())?;
        while !self.eat(")") {
            let digits =
                self.0.len() - self.0.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let count = match self.0[digits..].starts_with('*') && digits > 0 {
                true => {
                    let count = self.0[..digits].parse().ok()?;
                    self.0 = &self.0[digits + 1..];
                    count
                }
                false => 1,
            };
            let part = self.part()?;
            parts.resize(parts.len() + count, part);
            self.eat(",");
        }
        Some(parts)
    }
}

impl Whole {
    /// The value of the fewest levels.
    fn default(&self) -> Option<Value> {
        (1..20).find_map(|levels| self.least(&self.schema, levels))
    }

    /// The least value, within so many levels.
    fn least(&self, schema: &Schema, levels: usize) -> Option<Value> {
        let levels = levels.checked_sub(1)?;
        Some(match schema {
            Schema::Leaf { kind: 0..=10, .. } => Value::Integer(0),
            Schema::Leaf { kind: 11 | 12, .. } => Value::Float(0.0),
            Schema::Leaf { kind: 13, .. } => Value::Char('a'),
            Schema::Leaf { kind: 14, .. } => Value::Str(String::new()),
            Schema::Leaf { .. } => Value::Bytes(Vec::new()),
            Schema::Unit | Schema::Option(_) => Value::Nothing,
            Schema::Seq(_) => Value::Parts(Vec::new()),
            Schema::Map(..) => Value::Entries(Vec::new()),
            Schema::Tuple(parts) => Value::Parts(self.least_parts(parts, levels)?),
            Schema::Named(_, body) => self.least_body(body, levels)?,
            Schema::Ref(number) => self.least_body(&self.named[*number].1, levels)?,
        })
    }

    fn least_parts(&self, parts: &[Schema], levels: usize) -> Option<Vec<Value>> {
        parts.iter().map(|part| self.least(part, levels)).collect()
    }

    fn least_body(&self, body: &Body, levels: usize) -> Option<Value> {
        match body {
            Body::Parts(parts) | Body::Fields(_, parts) => {
                self.least_parts(parts, levels).map(Value::Parts)
            }
            Body::Variants(_, bodies) => {
                bodies.iter().enumerate().find_map(|(index, body)| match body {
                    Body::Parts(parts) | Body::Fields(_, parts) => {
                        self.least_parts(parts, levels).map(|parts| Value::Variant(index, parts))
                    }
                    Body::Variants(..) => None,
                })
            }
        }
    }

    /// A value that `choose` picks: it is asked for a number below its argument.
    fn any(
        &self,
        schema: &Schema,
        levels: usize,
        choose: &mut dyn FnMut(usize) -> usize,
    ) -> Option<Value> {
        let levels = levels.checked_sub(1)?;
        Some(match schema {
            Schema::Leaf { kind, .. } => any_leaf(*kind, choose),
            Schema::Unit => Value::Nothing,
            Schema::Option(part) => match choose(3) {
                0 => Value::Nothing,
                _ => self
                    .any(part, levels, choose)
                    .map_or(Value::Nothing, |value| Value::Some(Box::new(value))),
            },
            Schema::Seq(part) => {
                let count = choose(4);
                Value::Parts((0..count).filter_map(|_| self.any(part, levels, choose)).collect())
            }
            Schema::Map(key, value) => {
                let mut entries: Vec<(Value, Value)> = Vec::new();
                for _ in 0..choose(4) {
                    if let (Some(key), Some(value)) =
                        (self.any(key, levels, choose), self.any(value, levels, choose))
                    {
                        if entries.iter().all(|(known, _)| *known != key) {
                            entries.push((key, value));
                        }
                    }
                }
                Value::of_entries(entries)
            }
            Schema::Tuple(parts) => Value::Parts(self.any_parts(parts, levels, choose)?),
            Schema::Named(_, body) => self.any_body(body, levels, choose)?,
            Schema::Ref(number) => self.any_body(&self.named[*number].1, levels, choose)?,
        })
    }

    fn any_parts(
        &self,
        parts: &[Schema],
        levels: usize,
        choose: &mut dyn FnMut(usize) -> usize,
    ) -> Option<Vec<Value>> {
        parts.iter().map(|part| self.any(part, levels, choose)).collect()
    }

    fn any_body(
        &self,
        body: &Body,
        levels: usize,
        choose: &mut dyn FnMut(usize) -> usize,
    ) -> Option<Value> {
        match body {
            Body::Parts(parts) | Body::Fields(_, parts) => {
                self.any_parts(parts, levels, choose).map(Value::Parts)
            }
            Body::Variants(_, bodies) => {
                let first = choose(bodies.len().max(1));
                (0..bodies.len()).map(|step| (first + step) % bodies.len()).find_map(|index| {
                    let parts = bodies[index].parts().into_iter().cloned().collect::<Vec<_>>();
                    self.any_parts(&parts, levels, choose).map(|parts| Value::Variant(index, parts))
                })
            }
        }
    }
}

fn any_leaf(kind: usize, choose: &mut dyn FnMut(usize) -> usize) -> Value {
    const SIGNED: [i128; 6] = [0, 1, -1, 5, 100, -128];
    const UNSIGNED: [i128; 6] = [0, 1, 2, 5, 100, 255];
    const WIDE: [i128; 4] = [127, 128, 300, 30_000];
    const STRINGS: [&str; 6] = ["", "a", " a ", "0", "ünï", "a longer text"];
    match kind {
        0 => Value::Integer(choose(2) as i128),
        1 => Value::Integer(SIGNED[choose(6)]),
        6 => Value::Integer(UNSIGNED[choose(6)]),
        2..=5 => Value::Integer(if choose(2) == 0 { SIGNED[choose(6)] } else { WIDE[choose(4)] }),
        7..=10 => {
            Value::Integer(if choose(2) == 0 { UNSIGNED[choose(6)] } else { WIDE[choose(4)] })
        }
        11 | 12 => {
            Value::Float([0.0, -0.0, 1.0, 0.5, 1e10, f64::from(f32::MAX), f64::INFINITY][choose(7)])
        }
        13 => Value::Char(['a', ' ', 'ß', '🦀'][choose(4)]),
        14 => Value::Str(STRINGS[choose(6)].to_owned()),
        _ => Value::Bytes((0..choose(5)).map(|_| choose(256) as u8).collect()),
    }
}

/// Whether the thread's schema has a value. A struct that holds itself has none.
pub fn has_value() -> bool {
    present().default().is_some()
}

/// A value of the thread's schema that `choose` picks.
pub fn any_value(choose: &mut dyn FnMut(usize) -> usize) -> Dynamic {
    let whole = present();
    Dynamic(whole.any(&whole.schema, 12, choose).unwrap_or_else(|| Dynamic::default().0))
}

impl Default for Dynamic {
    fn default() -> Self {
        Self(present().default().expect("the schema has a value"))
    }
}

impl Serialize for Dynamic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let whole = present();
        Typed { whole: &whole, schema: &whole.schema, value: &self.0 }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Dynamic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let whole = present();
        Seed { whole: &whole, schema: &whole.schema }.deserialize(deserializer).map(Self)
    }
}

/// A value beside its schema.
struct Typed<'w> {
    whole: &'w Whole,
    schema: &'w Schema,
    value: &'w Value,
}

impl<'w> Typed<'w> {
    fn with(&self, schema: &'w Schema, value: &'w Value) -> Self {
        Typed { whole: self.whole, schema, value }
    }

    fn named<S: Serializer>(
        &self,
        name: Name,
        body: &'w Body,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match (body, self.value) {
            (Body::Parts(schemas), Value::Parts(parts)) => match (&**schemas, &**parts) {
                ([], _) => serializer.serialize_unit_struct(name),
                ([schema], [value]) => {
                    serializer.serialize_newtype_struct(name, &self.with(schema, value))
                }
                _ => {
                    let mut list = serializer.serialize_tuple_struct(name, parts.len())?;
                    for (schema, value) in schemas.iter().zip(parts) {
                        list.serialize_field(&self.with(schema, value))?;
                    }
                    list.end()
                }
            },
            (Body::Fields(names, schemas), Value::Parts(parts)) => {
                let mut list = serializer.serialize_struct(name, parts.len())?;
                for ((name, schema), value) in names.iter().zip(schemas).zip(parts) {
                    list.serialize_field(name, &self.with(schema, value))?;
                }
                list.end()
            }
            (Body::Variants(names, bodies), Value::Variant(index, parts)) => {
                self.variant(name, *index, names[*index], &bodies[*index], parts, serializer)
            }
            _ => Err(S::Error::custom("the value is not of the schema")),
        }
    }

    fn variant<S: Serializer>(
        &self,
        name: Name,
        index: usize,
        variant: Name,
        body: &'w Body,
        parts: &'w [Value],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let number = index as u32;
        match (body, parts) {
            (Body::Parts(_), []) => serializer.serialize_unit_variant(name, number, variant),
            (Body::Parts(schemas), [value]) => serializer.serialize_newtype_variant(
                name,
                number,
                variant,
                &self.with(&schemas[0], value),
            ),
            (Body::Parts(schemas), _) => {
                let mut list =
                    serializer.serialize_tuple_variant(name, number, variant, parts.len())?;
                for (schema, value) in schemas.iter().zip(parts) {
                    list.serialize_field(&self.with(schema, value))?;
                }
                list.end()
            }
            (Body::Fields(names, schemas), _) => {
                let mut list =
                    serializer.serialize_struct_variant(name, number, variant, parts.len())?;
                for ((name, schema), value) in names.iter().zip(schemas).zip(parts) {
                    list.serialize_field(name, &self.with(schema, value))?;
                }
                list.end()
            }
            (Body::Variants(..), _) => Err(S::Error::custom("a variant has no variants")),
        }
    }
}

impl Serialize for Typed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.schema, self.value) {
            (Schema::Leaf { kind, quirk }, value) => {
                let kind = if let Quirk::WrittenAs(other) = quirk { *other } else { *kind };
                write_leaf(kind, value, serializer)
            }
            (Schema::Unit, _) => serializer.serialize_unit(),
            (Schema::Option(_), Value::Nothing) => serializer.serialize_none(),
            (Schema::Option(schema), Value::Some(value)) => {
                serializer.serialize_some(&self.with(schema, value))
            }
            (Schema::Seq(schema), Value::Parts(parts)) => {
                let mut list = serializer.serialize_seq(Some(parts.len()))?;
                for value in parts {
                    list.serialize_element(&self.with(schema, value))?;
                }
                list.end()
            }
            (Schema::Map(key_schema, schema), Value::Entries(entries)) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(&self.with(key_schema, key), &self.with(schema, value))?;
                }
                map.end()
            }
            (Schema::Tuple(schemas), Value::Parts(parts)) => {
                let mut list = serializer.serialize_tuple(parts.len())?;
                for (schema, value) in schemas.iter().zip(parts) {
                    list.serialize_element(&self.with(schema, value))?;
                }
                list.end()
            }
            (Schema::Named(name, body), _) => self.named(name, body, serializer),
            (Schema::Ref(number), _) => {
                let (name, body) = &self.whole.named[*number];
                self.named(name, body, serializer)
            }
            _ => Err(S::Error::custom("the value is not of the schema")),
        }
    }
}

/// A number that is written as it is, or not at all: what a `Serialize` leaves out cannot be
/// missed.
fn fitting<T: TryFrom<i128>, E: serde::ser::Error>(value: i128) -> Result<T, E> {
    T::try_from(value).map_err(|_| E::custom("beyond the type"))
}

fn write_leaf<S: Serializer>(kind: usize, value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    match (kind, value) {
        (0, Value::Integer(value @ 0..=1)) => serializer.serialize_bool(*value == 1),
        (1, Value::Integer(value)) => serializer.serialize_i8(fitting(*value)?),
        (2, Value::Integer(value)) => serializer.serialize_i16(fitting(*value)?),
        (3, Value::Integer(value)) => serializer.serialize_i32(fitting(*value)?),
        (4, Value::Integer(value)) => serializer.serialize_i64(fitting(*value)?),
        (5, Value::Integer(value)) => serializer.serialize_i128(*value),
        (6, Value::Integer(value)) => serializer.serialize_u8(fitting(*value)?),
        (7, Value::Integer(value)) => serializer.serialize_u16(fitting(*value)?),
        (8, Value::Integer(value)) => serializer.serialize_u32(fitting(*value)?),
        (9, Value::Integer(value)) => serializer.serialize_u64(fitting(*value)?),
        (10, Value::Integer(value)) => serializer.serialize_u128(fitting(*value)?),
        (11, Value::Float(value)) => serializer.serialize_f32(*value as f32),
        (12, Value::Float(value)) => serializer.serialize_f64(*value),
        (13, Value::Char(value)) => serializer.serialize_char(*value),
        (14, Value::Str(value)) => serializer.serialize_str(value),
        (15, Value::Bytes(value)) => serializer.serialize_bytes(value),
        (14, Value::Integer(value)) => serializer.collect_str(value),
        (12, Value::Integer(value)) => serializer.serialize_f64(*value as f64),
        _ => Err(S::Error::custom("the value is not of the schema")),
    }
}

#[derive(Clone, Copy)]
struct Seed<'w> {
    whole: &'w Whole,
    schema: &'w Schema,
}

impl<'w> Seed<'w> {
    fn of(self, schema: &'w Schema) -> Self {
        Self { schema, ..self }
    }

    fn named<'de, D: Deserializer<'de>>(
        self,
        name: Name,
        body: &'w Body,
        deserializer: D,
    ) -> Result<Value, D::Error> {
        match body {
            Body::Parts(parts) => match &**parts {
                [] => deserializer
                    .deserialize_unit_struct(name, Several { seed: self, parts, names: &[] }),
                [part] => deserializer.deserialize_newtype_struct(
                    name,
                    One { seed: self.of(part), wrap: Value::from_one },
                ),
                _ => deserializer.deserialize_tuple_struct(
                    name,
                    parts.len(),
                    Several { seed: self, parts, names: &[] },
                ),
            },
            Body::Fields(names, parts) => {
                let names = names_of(names);
                deserializer.deserialize_struct(name, names, Several { seed: self, parts, names })
            }
            Body::Variants(names, bodies) => {
                let names = names_of(names);
                deserializer.deserialize_enum(name, names, Variants { seed: self, bodies, names })
            }
        }
    }
}

impl Value {
    fn from_one(value: Value) -> Self {
        Self::Parts(vec![value])
    }

    /// In one order, as a `BTreeMap` has them.
    fn of_entries(mut entries: Vec<(Value, Value)>) -> Self {
        entries.sort_by_cached_key(|(key, _)| format!("{key:?}"));
        Self::Entries(entries)
    }

    fn from_some(value: Value) -> Self {
        Self::Some(Box::new(value))
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.schema {
            Schema::Leaf { kind, quirk } => read_quirk(*kind, *quirk, deserializer),
            Schema::Unit => <()>::deserialize(deserializer).map(|()| Value::Nothing),
            Schema::Option(part) => {
                deserializer.deserialize_option(One { seed: self.of(part), wrap: Value::from_some })
            }
            Schema::Seq(part) => deserializer.deserialize_seq(Every { seed: self.of(part) }),
            Schema::Map(key, value) => {
                deserializer.deserialize_map(Entries { key: self.of(key), value: self.of(value) })
            }
            Schema::Tuple(parts) => deserializer
                .deserialize_tuple(parts.len(), Several { seed: self, parts, names: &[] }),
            Schema::Named(name, body) => self.named(name, body, deserializer),
            Schema::Ref(number) => {
                let (name, body) = &self.whole.named[*number];
                self.named(name, body, deserializer)
            }
        }
    }
}

fn read_quirk<'de, D: Deserializer<'de>>(
    kind: usize,
    quirk: Quirk,
    deserializer: D,
) -> Result<Value, D::Error> {
    struct Maybe(usize);

    impl<'de> de::Visitor<'de> for Maybe {
        type Value = Value;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a leaf or nothing")
        }

        fn visit_none<E: de::Error>(self) -> Result<Value, E> {
            Ok(match self.0 {
                0..=10 => Value::Integer(0),
                11 | 12 => Value::Float(0.0),
                13 => Value::Char('a'),
                14 => Value::Str(String::new()),
                _ => Value::Bytes(Vec::new()),
            })
        }

        fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
            self.visit_none()
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
            read_leaf(self.0, deserializer)
        }
    }

    if quirk == Quirk::NullAsLeast {
        return deserializer.deserialize_option(Maybe(kind));
    }
    let value = read_leaf(kind, deserializer)?;
    match (quirk, value) {
        (Quirk::Refuses, _) => Err(D::Error::custom("refused")),
        (Quirk::Checked, Value::Str(text)) => Ok(Value::Str(text.trim().to_owned())),
        (Quirk::Checked, Value::Integer(101..)) => Err(D::Error::custom("above 100")),
        (_, value) => Ok(value),
    }
}

fn read_leaf<'de, D: Deserializer<'de>>(kind: usize, deserializer: D) -> Result<Value, D::Error> {
    struct Bytes;

    impl de::Visitor<'_> for Bytes {
        type Value = Value;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("bytes")
        }

        fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Value, E> {
            Ok(Value::Bytes(bytes.to_vec()))
        }
    }

    fn integer<T: Into<i128>>(value: T) -> Value {
        Value::Integer(value.into())
    }

    Ok(match kind {
        0 => integer(bool::deserialize(deserializer)?),
        1 => integer(i8::deserialize(deserializer)?),
        2 => integer(i16::deserialize(deserializer)?),
        3 => integer(i32::deserialize(deserializer)?),
        4 => integer(i64::deserialize(deserializer)?),
        5 => integer(i128::deserialize(deserializer)?),
        6 => integer(u8::deserialize(deserializer)?),
        7 => integer(u16::deserialize(deserializer)?),
        8 => integer(u32::deserialize(deserializer)?),
        9 => integer(u64::deserialize(deserializer)?),
        10 => Value::Integer(u128::deserialize(deserializer)? as i128),
        11 => Value::Float(f32::deserialize(deserializer)?.into()),
        12 => Value::Float(f64::deserialize(deserializer)?),
        13 => Value::Char(char::deserialize(deserializer)?),
        14 => Value::Str(String::deserialize(deserializer)?),
        _ => deserializer.deserialize_byte_buf(Bytes)?,
    })
}

/// What an option or newtype holds.
struct One<'w> {
    seed: Seed<'w>,
    wrap: fn(Value) -> Value,
}

impl<'de> de::Visitor<'de> for One<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one part")
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.seed.deserialize(deserializer).map(self.wrap)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Value, D::Error> {
        self.seed.deserialize(deserializer).map(self.wrap)
    }
}

/// The parts of a tuple or struct.
struct Several<'w> {
    seed: Seed<'w>,
    parts: &'w [Schema],
    names: &'static [Name],
}

impl<'de> de::Visitor<'de> for Several<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("several parts")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Parts(Vec::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        for part in self.parts {
            let value = access.next_element_seed(self.seed.of(part))?;
            values.push(value.ok_or_else(|| A::Error::invalid_length(values.len(), &self))?);
        }
        Ok(Value::Parts(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut values: Vec<Option<Value>> = vec![None; self.parts.len()];
        while let Some(index) = access.next_key_seed(Field(self.names))? {
            match self.parts.get(index) {
                Some(part) => values[index] = Some(access.next_value_seed(self.seed.of(part))?),
                None => drop(access.next_value::<de::IgnoredAny>()?),
            }
        }
        let whole: Option<Vec<_>> = values.into_iter().collect();
        whole.map(Value::Parts).ok_or_else(|| A::Error::custom("a field is missing"))
    }
}

/// A field's or variant's number, from its number or name.
struct Field(&'static [Name]);

impl<'de> DeserializeSeed<'de> for Field {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl de::Visitor<'_> for Field {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<usize, E> {
        Ok(number as usize)
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<usize, E> {
        Ok(self.0.iter().position(|known| *known == name).unwrap_or(usize::MAX))
    }
}

struct Variants<'w> {
    seed: Seed<'w>,
    bodies: &'w [Body],
    names: &'static [Name],
}

impl<'de> de::Visitor<'de> for Variants<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a variant")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        let (index, variant) = access.variant_seed(Field(self.names))?;
        let body = self.bodies.get(index).ok_or_else(|| A::Error::custom("no such variant"))?;
        let value = match body {
            Body::Parts(parts) => match &**parts {
                [] => variant.unit_variant().map(|()| Value::Parts(Vec::new())),
                [part] => variant.newtype_variant_seed(self.seed.of(part)).map(Value::from_one),
                _ => variant
                    .tuple_variant(parts.len(), Several { seed: self.seed, parts, names: &[] }),
            },
            Body::Fields(names, parts) => {
                let names = names_of(names);
                variant.struct_variant(names, Several { seed: self.seed, parts, names })
            }
            Body::Variants(..) => Err(A::Error::custom("a variant has no variants")),
        }?;
        match value {
            Value::Parts(parts) => Ok(Value::Variant(index, parts)),
            _ => Err(A::Error::custom("a variant has parts")),
        }
    }
}

/// The elements of a sequence.
struct Every<'w> {
    seed: Seed<'w>,
}

impl<'de> de::Visitor<'de> for Every<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = access.next_element_seed(self.seed)? {
            values.push(value);
        }
        Ok(Value::Parts(values))
    }
}

/// The entries of a map.
struct Entries<'w> {
    key: Seed<'w>,
    value: Seed<'w>,
}

impl<'de> de::Visitor<'de> for Entries<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = access.next_key_seed(self.key)? {
            entries.push((key, access.next_value_seed(self.value)?));
        }
        Ok(Value::of_entries(entries))
    }
}
