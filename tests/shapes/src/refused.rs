//! Types that `build()` must refuse, each with a word that its sentence must hold.
//!
//! ```text
//! refused::refusals()  →  [("Flattened", "flatten", Err("`flatten` at Flattened …")), …]
//! ```

// Fields that are only written or only read.
#![allow(dead_code)]

use crate::Shape;
use crate::choosy::{Door, Keyword, Loose, Password};
use crate::types::{Around, Held, Role};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet, HashMap};

#[derive(Default, Serialize, Deserialize)]
pub struct Inner {
    a: u8,
    b: u8,
}

#[derive(Default, Serialize, Deserialize)]
pub struct Flattened {
    user: u8,
    #[serde(flatten)]
    extra: Inner,
}

/// Out of the default's sight.
#[derive(Default, Serialize, Deserialize)]
pub struct FlattenedWithin {
    parts: Vec<Option<Flattened>>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub enum Untagged {
    Number(u8),
    Text(String),
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Internal {
    A { x: u8 },
    B { y: u8 },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", content = "value")]
pub enum Adjacent {
    A(u8),
    B(String),
}

#[derive(Serialize, Deserialize)]
pub struct Has<T> {
    before: u8,
    part: Option<T>,
}

impl<T> Default for Has<T> {
    fn default() -> Self {
        Self { before: 0, part: None }
    }
}

#[derive(Default, Serialize, Deserialize)]
pub struct SkipIf {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    count: u8,
}

#[derive(Serialize, Deserialize)]
pub struct SkipWithin {
    count: u8,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    list: Vec<u8>,
}

#[derive(Default, Serialize, Deserialize)]
pub struct WriteOnly {
    a: u8,
    #[serde(skip_deserializing)]
    cached: u8,
}

#[derive(Default, Serialize, Deserialize)]
pub struct ReadOnly {
    a: u8,
    #[serde(skip_serializing)]
    cached: u8,
    b: u8,
}

#[derive(Serialize, Deserialize)]
pub struct ReadOnlyWithin {
    #[serde(skip_serializing)]
    cached: u8,
    b: u8,
}

#[derive(Default, Serialize, Deserialize)]
pub enum SkippedVariant {
    #[default]
    A,
    #[serde(skip)]
    B,
    C,
    D(u8),
}

/// A sequence that does not know its length.
#[derive(Default, Deserialize)]
pub struct Stream(Vec<u8>);

impl Serialize for Stream {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for byte in &self.0 {
            list.serialize_element(byte)?;
        }
        list.end()
    }
}

#[derive(Default, Deserialize)]
pub struct MapStream(BTreeMap<u8, u8>);

impl Serialize for MapStream {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

#[derive(Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unit;

#[derive(Default, Serialize, Deserialize)]
pub struct NoFields {
    nothing: (),
    unit: Unit,
    none: [u8; 0],
}

#[derive(Default, Serialize, Deserialize)]
pub struct Nested {
    lists: Option<Vec<BTreeMap<(), (Unit, ())>>>,
}

/// Two types of one path and one list of fields: the compiler's names for both are the same.
macro_rules! twins {
    ($($module:ident: $one:ty, $two:ty;)*) => {$(
        pub mod $module {
            use serde::{Deserialize, Serialize};
            pub trait Is {
                type Type;
            }
            pub struct One;
            pub struct Two;
            const _: () = {
                #[derive(Default, Serialize, Deserialize)]
                pub struct Twin {
                    x: $one,
                    y: u8,
                }
                impl Is for One {
                    type Type = Twin;
                }
            };
            const _: () = {
                #[derive(Default, Serialize, Deserialize)]
                pub struct Twin {
                    x: $two,
                    y: u8,
                }
                impl Is for Two {
                    type Type = Twin;
                }
            };
            #[derive(Default, Serialize, Deserialize)]
            pub struct Both {
                one: <One as Is>::Type,
                two: Option<<Two as Is>::Type>,
            }
        }
    )*};
}
twins! {
    of_other_size: u8, u32;
    of_other_kind: u32, i32;
    of_other_entries: Vec<u8>, Vec<u16>;
    of_other_option: Option<u32>, Option<i32>;
    of_other_depth: Vec<Option<u8>>, Vec<Option<Vec<u8>>>;
}

#[derive(Serialize, Deserialize)]
pub struct Counted {
    number: u32,
}

impl Default for Counted {
    fn default() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        Self { number: NEXT.fetch_add(1, Ordering::Relaxed) }
    }
}

#[derive(Serialize, Deserialize)]
pub struct Hashed {
    flags: HashMap<String, u8>,
}

impl Default for Hashed {
    fn default() -> Self {
        Self {
            flags: ["one", "two", "three", "four"]
                .into_iter()
                .map(|key| (key.to_owned(), 1))
                .collect(),
        }
    }
}

/// Refuses to be written; the text must not show what it held.
#[derive(Default, Deserialize)]
pub struct Unwritable(u8);

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("SECRET"))
    }
}

/// Written as one thing, read as another.
#[derive(Default, Deserialize)]
pub struct Crossed {
    number: u32,
}

impl Serialize for Crossed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("SECRET")
    }
}

/// As helpers for JSON read a null.
#[derive(Default, Serialize, Deserialize)]
pub struct NullAsDefault {
    #[serde(deserialize_with = "null_as_default")]
    role: u32,
    user: u32,
    theme: Option<u8>,
}

fn null_as_default<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Written as a signed number, read as an unsigned one: the same for 0 alone.
#[derive(Default, Deserialize)]
pub struct Signed(u64);

impl Serialize for Signed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0.cast_signed())
    }
}

/// Each type's name, a word of its sentence, the sentence, and whether `Encoding::Named` takes the
/// type.
pub fn refusals() -> Vec<(&'static str, &'static str, Shape, bool)> {
    macro_rules! refusals {
        ($($type:ty: $word:literal,)*) => {
            vec![$((stringify!($type), $word, crate::shape_of::<$type>(), crate::is_carried_by_name::<$type>())),*]
        };
    }
    refusals![
        Flattened: "`flatten` at Flattened needs",
        FlattenedWithin: "`flatten` at FlattenedWithin.parts[]",
        Has<Untagged>: "`untagged` at Has<Untagged>.part",
        Has<Internal>: "`tag`",
        Has<Adjacent>: "`content`",
        Has<serde_json::Value>: "`Value` at Has<Value>.part",
        Has<Vec<serde_json::Value>>: "Has<Vec<Value>>.part[]",
        serde_json::Value: "self-describing",
        SkipIf: "skip_serializing_if` at SkipIf.name",
        Has<SkipWithin>: "skip_serializing_if` at Has<SkipWithin>.part.list",
        WriteOnly: "`cached` of WriteOnly is written but never read",
        ReadOnly: "`cached` of ReadOnly is read but never written",
        Has<ReadOnlyWithin>: "skip_serializing",
        SkippedVariant: "variant `C`",
        Has<SkippedVariant>: "move skipped variants to the end",
        Stream: "length",
        Has<Stream>: "Has<Stream>.part",
        MapStream: "length",
        Vec<()>: "encode to zero bytes",
        Vec<Unit>: "encode to zero bytes",
        Has<Vec<NoFields>>: "Has<Vec<NoFields>>.part",
        BTreeSet<Unit>: "encode to zero bytes",
        Nested: "Nested.lists[]",
        of_other_size::Both: "same name and fields",
        of_other_kind::Both: "same name and fields",
        of_other_entries::Both: "same name and fields",
        of_other_option::Both: "same name and fields",
        of_other_depth::Both: "same name and fields",
        Counted: "clock, a counter",
        Hashed: "HashMap",
        Unwritable: "rejects",
        Crossed: "cannot be decoded",
        Held<Door>: "Held<Door>.part::Open.1 cannot be traced",
        Held<HashMap<Keyword, u8>>: "Held<HashMap<Keyword, u8>>.part[] cannot be traced",
        Held<Loose>: "cannot be traced",
        Held<Around<Password>>: "part.2 cannot be traced",
        Held<(Password, Role)>: "Held<(Password, Role)>.part.1 cannot be traced",
        Held<HashMap<Keyword, Vec<()>>>: "cannot be traced",
        Held<HashMap<Keyword, ReadOnly>>: "cannot be traced",
        NullAsDefault: "`NullAsDefault` cannot be decoded",
        Signed: "changes when it is encoded",
    ]
}
