//! Comparison of two values as serde sees them, however their collections order their entries. This
//! is the slow way. It is used if the two do not encode to the same bytes, and for data by name,
//! where different values may have the same encoding (`Some(())` and `None` are both null).
//!
//! Each value becomes a tree of its `Serialize`'s calls. Two trees are the same if
//!
//! - maps have the same entries, in any order;
//! - sequences have the same elements: in any order if the sequence is a hash set, otherwise in the
//!   same order. A sequence is a hash set if its type has that name, or if decoding the same bytes
//!   again gives another order;
//! - everything else is equal: kinds, numbers, floats by their bits, texts, variants, field names.

use super::call::Call;
use super::stop::Stop;
use crate::limits;
use serde::ser::{self, Serialize};
use std::any::type_name;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::{self, Write};

/// Returns `true` if `back` is the same as `value`. `again` makes more values in the way `back` was
/// made. `readable` is what the types see as `is_human_readable`.
pub(crate) fn is_same<T: Serialize>(
    value: &T,
    back: &T,
    readable: bool,
    again: impl Fn() -> Option<T>,
) -> bool {
    // By name, newtypes and options count as levels only here.
    let room = if readable { u8::MAX } else { limits::NESTING };
    let tree = |value: &T| value.serialize(Grower { room, readable, of: type_name::<T>() }).ok();
    let (Some(mut value), Some(mut back)) = (tree(value), tree(back)) else { return false };
    let mut sets = Sets::default();
    value.sort(&sets);
    back.sort(&sets);
    for _ in 0..DECODES {
        if value == back {
            return true;
        }
        // Only a different order can be excused.
        if value.sorted() != back.sorted() {
            return false;
        }
        let Some(mut other) = again().and_then(|other| tree(&other)) else { return false };
        other.sort(&sets);
        let known = sets.0.len();
        sets.learn(&back, &other);
        if sets.0.len() > known {
            value.sort(&sets);
            back.sort(&sets);
        }
    }
    value == back
}

/// Returns `false` if `bytes` cannot decode to the value whose encoding is `encoded`. This detects
/// most changes without looking at the values. The bytes of an equal value can differ only in the
/// order of a map or set, or in over-long varints, which end in a zero.
pub(crate) fn may_be_same(encoded: &[u8], bytes: &[u8]) -> bool {
    let sum = |bytes: &[u8]| bytes.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
    let long_varint = |pair: &[u8]| matches!(pair, [0x80..=0xff, 0]);
    match bytes.len().cmp(&encoded.len()) {
        Ordering::Less => false,
        Ordering::Equal => sum(encoded) == sum(bytes),
        Ordering::Greater => bytes.windows(2).any(long_varint),
    }
}

/// Decodes until a sequence counts as ordered. Two elements in a hash set change places in one of
/// two decodes.
const DECODES: usize = 24;

/// What a `Serialize` reported of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tree {
    Leaf(Call, Vec<u8>),
    Parts(Call, &'static str, Vec<Tree>),
    /// A sequence, with the name of its type.
    Seq(&'static str, Vec<Tree>),
    Map(Vec<(Tree, Tree)>),
}

/// Types of sequences whose order has no meaning.
#[derive(Default)]
struct Sets(BTreeSet<&'static str>);

impl Sets {
    fn has(&self, name: &'static str) -> bool {
        let mut path = name;
        while let Some((outer, inner)) = path.split_once('<') {
            path = outer;
            if !["::Box", "::Rc", "::Arc"].iter().any(|pointer| outer.ends_with(pointer)) {
                break;
            }
            path = inner;
        }
        path.ends_with("HashSet") || path.ends_with("HashMap") || self.0.contains(name)
    }

    /// Records the sequences that two decodes of the same bytes order differently.
    fn learn(&mut self, one: &Tree, other: &Tree) {
        match (one, other) {
            (Tree::Seq(name, ones), Tree::Seq(_, others)) => {
                if ones != others && one.sorted() == other.sorted() {
                    let inner =
                        ones.iter().zip(others).all(|(one, other)| one.sorted() == other.sorted());
                    if !inner {
                        self.0.insert(name);
                        return;
                    }
                }
                ones.iter().zip(others).for_each(|(one, other)| self.learn(one, other));
            }
            (Tree::Parts(_, _, ones), Tree::Parts(_, _, others)) => {
                ones.iter().zip(others).for_each(|(one, other)| self.learn(one, other));
            }
            (Tree::Map(ones), Tree::Map(others)) => {
                for ((key, value), (other_key, other_value)) in ones.iter().zip(others) {
                    self.learn(key, other_key);
                    self.learn(value, other_value);
                }
            }
            _ => {}
        }
    }
}

impl Tree {
    /// Sorts maps and hash sets.
    fn sort(&mut self, sets: &Sets) {
        self.sort_if(&|name| sets.has(name));
    }

    /// Returns a copy with all sequences sorted.
    fn sorted(&self) -> Self {
        let mut sorted = self.clone();
        sorted.sort_if(&|_| true);
        sorted
    }

    fn sort_if(&mut self, unordered: &impl Fn(&'static str) -> bool) {
        match self {
            Self::Leaf(..) => {}
            Self::Parts(_, _, parts) => parts.iter_mut().for_each(|part| part.sort_if(unordered)),
            Self::Seq(name, parts) => {
                parts.iter_mut().for_each(|part| part.sort_if(unordered));
                if unordered(name) {
                    parts.sort();
                }
            }
            Self::Map(entries) => {
                for (key, value) in entries.iter_mut() {
                    key.sort_if(unordered);
                    value.sort_if(unordered);
                }
                entries.sort();
            }
        }
    }
}

/// Builds a tree from a `Serialize`'s calls.
#[derive(Clone, Copy)]
struct Grower {
    room: u8,
    readable: bool,
    /// The type that is being serialized.
    of: &'static str,
}

/// A tree under construction.
struct Growing {
    inside: Grower,
    call: Call,
    name: &'static str,
    parts: Vec<Tree>,
    entries: Vec<(Tree, Tree)>,
    key: Option<Tree>,
}

impl Grower {
    fn inside<T: ?Sized>(self) -> Self {
        Self { of: type_name::<T>(), ..self }
    }

    fn deeper(self) -> Result<Self, Stop> {
        let room = self.room.checked_sub(1).ok_or(Stop)?;
        Ok(Self { room, ..self })
    }

    fn one<T: Serialize + ?Sized>(
        self,
        call: Call,
        name: &'static str,
        value: &T,
    ) -> Result<Tree, Stop> {
        Ok(Tree::Parts(call, name, vec![value.serialize(self.deeper()?.inside::<T>())?]))
    }

    fn grow(self, call: Call, name: &'static str) -> Result<Growing, Stop> {
        Ok(Growing {
            inside: self.deeper()?,
            call,
            name,
            parts: Vec::new(),
            entries: Vec::new(),
            key: None,
        })
    }
}

impl Growing {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        self.parts.push(value.serialize(self.inside.inside::<T>())?);
        Ok(())
    }

    fn finish(self) -> Tree {
        match self.call {
            Call::Seq => Tree::Seq(self.name, self.parts),
            Call::Map => Tree::Map(self.entries),
            call => Tree::Parts(call, self.name, self.parts),
        }
    }
}

macro_rules! numbers {
    ($($method:ident($type:ty) $call:ident;)*) => {$(
        fn $method(self, value: $type) -> Result<Tree, Stop> {
            Ok(Tree::Leaf(Call::$call, value.to_le_bytes().to_vec()))
        }
    )*};
}

impl ser::Serializer for Grower {
    type Ok = Tree;
    type Error = Stop;
    type SerializeSeq = Growing;
    type SerializeTuple = Growing;
    type SerializeTupleStruct = Growing;
    type SerializeTupleVariant = Growing;
    type SerializeMap = Growing;
    type SerializeStruct = Growing;
    type SerializeStructVariant = Growing;

    numbers! {
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
    }

    fn is_human_readable(&self) -> bool {
        self.readable
    }

    fn serialize_bool(self, value: bool) -> Result<Tree, Stop> {
        Ok(Tree::Leaf(Call::Bool, vec![value.into()]))
    }

    fn serialize_char(self, value: char) -> Result<Tree, Stop> {
        Ok(Tree::Leaf(Call::Char, u32::from(value).to_le_bytes().to_vec()))
    }

    fn serialize_str(self, value: &str) -> Result<Tree, Stop> {
        Ok(Tree::Leaf(Call::Str, value.into()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Tree, Stop> {
        Ok(Tree::Leaf(Call::Bytes, value.into()))
    }

    fn serialize_none(self) -> Result<Tree, Stop> {
        Ok(Tree::Leaf(Call::None, Vec::new()))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Tree, Stop> {
        self.one(Call::Some, "", value)
    }

    fn serialize_unit(self) -> Result<Tree, Stop> {
        Ok(Tree::Leaf(Call::Unit, Vec::new()))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Tree, Stop> {
        Ok(Tree::Leaf(Call::UnitStruct, Vec::new()))
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Tree, Stop> {
        Ok(Tree::Parts(Call::Variant, variant, Vec::new()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Tree, Stop> {
        self.one(Call::Newtype, "", value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Tree, Stop> {
        self.one(Call::Variant, variant, value)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Growing, Stop> {
        self.grow(Call::Seq, self.of)
    }

    fn serialize_tuple(self, _: usize) -> Result<Growing, Stop> {
        self.grow(Call::Tuple, "")
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Growing, Stop> {
        self.grow(Call::Tuple, "")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Growing, Stop> {
        self.grow(Call::Variant, variant)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Growing, Stop> {
        self.grow(Call::Map, "")
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Growing, Stop> {
        self.grow(Call::Struct, "")
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Growing, Stop> {
        self.grow(Call::Variant, variant)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<Tree, Stop> {
        let mut text = String::new();
        // Not `to_string`, which panics if a `Display` fails.
        write!(text, "{value}").map_err(|_| Stop)?;
        Ok(Tree::Leaf(Call::Str, text.into()))
    }
}

macro_rules! elements {
    ($($trait:ident $method:ident;)*) => {$(
        impl ser::$trait for Growing {
            type Ok = Tree;
            type Error = Stop;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
                self.push(value)
            }

            fn end(self) -> Result<Tree, Stop> {
                Ok(self.finish())
            }
        }
    )*};
}

elements! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

impl ser::SerializeMap for Growing {
    type Ok = Tree;
    type Error = Stop;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Stop> {
        self.key = Some(key.serialize(self.inside.inside::<T>())?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        let value = value.serialize(self.inside.inside::<T>())?;
        self.entries.push((self.key.take().ok_or(Stop)?, value));
        Ok(())
    }

    fn end(self) -> Result<Tree, Stop> {
        Ok(self.finish())
    }
}

macro_rules! fields {
    ($($trait:ident)*) => {$(
        impl ser::$trait for Growing {
            type Ok = Tree;
            type Error = Stop;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Stop> {
                let part = value.serialize(self.inside.inside::<T>())?;
                self.parts.push(Tree::Parts(Call::Struct, name, vec![part]));
                Ok(())
            }

            fn end(self) -> Result<Tree, Stop> {
                Ok(self.finish())
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }
