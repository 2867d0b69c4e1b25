//! `Tree`: a value as its `Serialize` reports it, to be compared with another one.

use super::call::Call;
use super::stop::Stop;
use serde::ser::{self, Serialize};
use std::any::type_name;
use std::fmt::{self, Write};

/// What a `Serialize` reported of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tree {
    Leaf(Call, Vec<u8>),
    Parts(Call, &'static str, Vec<Tree>),
    /// A sequence, with the name of its type.
    Seq(&'static str, Vec<Tree>),
    Map(Vec<(Tree, Tree)>),
}

impl Tree {
    /// Returns the tree of a value that nests at most `room` levels deep. `readable` is what the
    /// type sees as `is_human_readable`.
    pub(super) fn of<T: Serialize>(value: &T, room: u8, readable: bool) -> Option<Self> {
        value.serialize(Grower { room, readable, of: type_name::<T>() }).ok()
    }

    /// Returns a copy with all sequences sorted.
    pub(super) fn sorted(&self) -> Self {
        let mut sorted = self.clone();
        sorted.sort_if(&|_| true);
        sorted
    }

    /// Sorts maps, and the sequences of the types that are unordered.
    pub(super) fn sort_if(&mut self, unordered: &impl Fn(&'static str) -> bool) {
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
