//! The tracer's deserializer: calls of a `Deserialize` → nodes of the tree, and answers that let it
//! continue, run after run. It behaves like postcard's: structs are sequences, variants are
//! numbers, and the format is not human readable.
//!
//! ```text
//! deserialize_struct("Visit", ["user", "cart"])  →  visit_seq: deserialize_option → visit_some: deserialize_u64 → visit_u64(0)
//! ```

use super::access::{ByName, Chosen, Entries, SeqParts};
use super::check::name_of;
use super::node::{Frame, Id, Key, Kind, Label, Stop};
use super::samples::{self, LENGTHS, Leaf};
use super::tree::Tree;
use serde::de::{self, DeserializeSeed, Deserializer, Visitor};
use std::any::type_name;
use std::fmt;

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sample was rejected")
    }
}

impl std::error::Error for Stop {}

impl de::Error for Stop {
    /// The text is dropped, because it may quote samples or the default's data.
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Refused
    }
}

/// A deserializer for the part at one node.
pub(super) struct Tracer<'t, 'v> {
    pub(super) tree: &'t mut Tree<'v>,
    pub(super) at: Id,
}

impl<'v> Tracer<'_, 'v> {
    /// Lets `seed` read the part at `at`, and records the result.
    pub(super) fn read<S: DeserializeSeed<'v>>(
        tree: &mut Tree<'v>,
        at: Id,
        seed: S,
    ) -> Result<S::Value, Stop> {
        if tree.nodes[at].opaque {
            return Err(Stop::Charged);
        }
        let result = seed.deserialize(Tracer { tree: &mut *tree, at });
        tree.settle(at, result)
    }

    fn open_named<V: Visitor<'v>>(&mut self, kind: Kind) -> Result<Frame, Stop> {
        let key = Key {
            visitor: type_name::<V>(),
            value: type_name::<V::Value>(),
            size: size_of::<V::Value>(),
        };
        self.tree.open_named(self.at, kind, key)
    }

    /// Reads the parts of a tuple or struct in order, or by name if one of them is opaque.
    pub(super) fn parts<V: Visitor<'v>>(
        tree: &mut Tree<'v>,
        node: Id,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        match tree.nodes[node].by_name {
            true => visitor.visit_map(ByName { tree, node, next: 0, length, taken: false }),
            false => visitor.visit_seq(SeqParts { tree, node, next: 0, length }),
        }
    }

    fn named_parts<V: Visitor<'v>>(
        mut self,
        kind: Kind,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        let frame = self.open_named::<V>(kind)?;
        let result = Self::parts(self.tree, frame.node, length, visitor);
        self.tree.close(frame, result)
    }

    fn fatal<V: Visitor<'v>>(self, call: &str) -> Stop {
        let visitor = name_of::<V>();
        let what = [
            ("ContentVisitor", "`untagged`"),
            ("TaggedContentVisitor", "`tag` (an internally tagged enum)"),
        ]
        .iter()
        .find(|(name, _)| visitor.starts_with(name))
        .map_or_else(|| format!("`{}`", name_of::<V::Value>()), |(_, what)| (*what).to_owned());
        let place = self.tree.path(self.at);
        self.tree.fail(format!(
            "{what} at {place} needs a self-describing format ({call}), which postcard is not: use \
             an ordinary enum or struct, or store it as a string"
        ))
    }
}

macro_rules! integers {
    ($($method:ident $visit:ident $leaf:ident $type:ty;)*) => {$(
        fn $method<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Stop> {
            let (offer, index) = self.tree.leaf(self.at, Leaf::$leaf)?;
            let sample = samples::integer(offer, index).unwrap_or(0);
            visitor.$visit(sample as $type)
        }
    )*};
}

macro_rules! leaves {
    ($($method:ident $visit:ident $leaf:ident $sample:ident $(as $type:ty)?;)*) => {$(
        fn $method<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Stop> {
            let (offer, index) = self.tree.leaf(self.at, Leaf::$leaf)?;
            let sample = samples::$sample(offer, index).unwrap_or_default();
            visitor.$visit(sample $(as $type)?)
        }
    )*};
}

impl<'v> Deserializer<'v> for Tracer<'_, 'v> {
    type Error = Stop;

    integers! {
        deserialize_i8 visit_i8 I8 i8;
        deserialize_i16 visit_i16 I16 i16;
        deserialize_i32 visit_i32 I32 i32;
        deserialize_i64 visit_i64 I64 i64;
        deserialize_i128 visit_i128 I128 i128;
        deserialize_u8 visit_u8 U8 u8;
        deserialize_u16 visit_u16 U16 u16;
        deserialize_u32 visit_u32 U32 u32;
        deserialize_u64 visit_u64 U64 u64;
        deserialize_u128 visit_u128 U128 u128;
    }

    leaves! {
        deserialize_f32 visit_f32 F32 float as f32;
        deserialize_f64 visit_f64 F64 float;
        deserialize_char visit_char Char char;
        deserialize_str visit_borrowed_str Str str;
        deserialize_string visit_str Str str;
        deserialize_bytes visit_borrowed_bytes Bytes bytes;
        deserialize_byte_buf visit_bytes Bytes bytes;
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_bool<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Stop> {
        let (offer, index) = self.tree.leaf(self.at, Leaf::Bool)?;
        let sample = samples::integer(offer, index) == Some(1);
        visitor.visit_bool(sample)
    }

    fn deserialize_unit<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.tree.plain(self.at, Kind::Unit)?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'v>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.tree.plain(self.at, Kind::UnitStruct(name))?;
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Stop> {
        let Self { tree, at } = self;
        let mut frame = tree.open(at, Kind::Option)?;
        let result = match tree.alternative(&mut frame, 2) {
            Ok(0) => visitor.visit_none(),
            Ok(_) => {
                let child = tree.child(at, 0, Label::Silent);
                let result = visitor.visit_some(Tracer { tree: &mut *tree, at: child });
                tree.settle(child, result)
            }
            Err(stop) => Err(stop),
        };
        tree.close(frame, result)
    }

    fn deserialize_newtype_struct<V: Visitor<'v>>(
        mut self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        let frame = self.open_named::<V>(Kind::Newtype(name))?;
        let child = self.tree.child(frame.node, 0, Label::Silent);
        let result = visitor.visit_newtype_struct(Tracer { tree: &mut *self.tree, at: child });
        let result = self.tree.settle(child, result);
        self.tree.close(frame, result)
    }

    fn deserialize_seq<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Stop> {
        let Self { tree, at } = self;
        let mut frame = tree.open(at, Kind::Seq)?;
        let result = match tree.alternative(&mut frame, LENGTHS.len()) {
            Ok(chosen) => {
                visitor.visit_seq(Entries { tree: &mut *tree, node: at, left: LENGTHS[chosen] })
            }
            Err(stop) => Err(stop),
        };
        tree.close(frame, result)
    }

    fn deserialize_map<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Stop> {
        let Self { tree, at } = self;
        let mut frame = tree.open(at, Kind::Map)?;
        let result = match tree.alternative(&mut frame, LENGTHS.len()) {
            Ok(chosen) => {
                visitor.visit_map(Entries { tree: &mut *tree, node: at, left: LENGTHS[chosen] })
            }
            Err(stop) => Err(stop),
        };
        tree.close(frame, result)
    }

    fn deserialize_tuple<V: Visitor<'v>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        let frame = self.tree.open(self.at, Kind::Tuple(length))?;
        let result = Self::parts(self.tree, frame.node, length, visitor);
        self.tree.close(frame, result)
    }

    fn deserialize_tuple_struct<V: Visitor<'v>>(
        self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.named_parts(Kind::TupleStruct(name, length), length, visitor)
    }

    fn deserialize_struct<V: Visitor<'v>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.named_parts(Kind::Struct(name, fields), fields.len(), visitor)
    }

    fn deserialize_enum<V: Visitor<'v>>(
        mut self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        let mut frame = self.open_named::<V>(Kind::Enum(name, variants))?;
        let result = match self.tree.variant(&mut frame) {
            Ok((index, variant)) => {
                visitor.visit_enum(Chosen { tree: &mut *self.tree, variant, index })
            }
            Err(stop) => Err(stop),
        };
        self.tree.close(frame, result)
    }

    fn deserialize_any<V: Visitor<'v>>(self, _: V) -> Result<V::Value, Stop> {
        Err(self.fatal::<V>("deserialize_any"))
    }

    fn deserialize_identifier<V: Visitor<'v>>(self, _: V) -> Result<V::Value, Stop> {
        let (place, parent) = (self.tree.path(self.at), self.tree.nodes[self.at].parent);
        let what = match self.tree.nodes[parent].kind {
            Kind::Map => "`flatten`",
            Kind::Struct(..) => "`tag` with `content` (an adjacently tagged enum)",
            _ => "a name read by deserialize_identifier",
        };
        Err(self.tree.fail(format!(
            "{what} at {place} needs a self-describing format, which postcard is not: remove \
             `flatten` to make the struct an ordinary field, or use an ordinary enum"
        )))
    }

    fn deserialize_ignored_any<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Stop> {
        let node = &self.tree.nodes[self.at];
        let beyond = self.tree.nodes[node.parent].by_name
            && matches!(node.kind, Kind::Unknown | Kind::Absent);
        if !beyond {
            return Err(self.fatal::<V>("deserialize_ignored_any"));
        }
        // A number beyond the last field, offered by name.
        self.tree.absent(self.at);
        visitor.visit_unit()
    }
}
