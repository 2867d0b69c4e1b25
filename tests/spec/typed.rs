//! SPEC §6.1 and §6.3 of the second implementation: a type is a `Kind`, a value is JSON, and both
//! encodings are read and written from these two alone. An integer of 128 bits is a text of decimal
//! digits in JSON, and what is no number is null.

use super::reference::{Reader, Word, varint};
use serde_json::{Map as Object, Number, Value, json};

pub enum Kind {
    Bool,
    Unsigned(u32),
    Signed(u32),
    F32,
    F64,
    Char,
    Text,
    Unit,
    Option(&'static Kind),
    Seq(&'static Kind),
    Tuple(&'static [&'static Kind]),
    Map(&'static Kind, &'static Kind),
    Struct(&'static [Field]),
    Enum(&'static [(&'static str, Parts)]),
}

pub struct Field {
    /// The first is the one that is written.
    pub names: &'static [&'static str],
    pub kind: &'static Kind,
    /// By name it may be absent, and is left out when it is empty.
    pub optional: bool,
}

pub enum Parts {
    None,
    One(&'static Kind),
    Several(&'static [&'static Kind]),
    Named(&'static [Field]),
}

const fn field(name: &'static [&'static str], kind: &'static Kind) -> Field {
    Field { names: name, kind, optional: false }
}

const fn optional(names: &'static [&'static str], kind: &'static Kind) -> Field {
    Field { names, kind, optional: true }
}

use Kind::*;

const USER: &Kind = &Option(&Unsigned(64));
const CART: &Kind = &Seq(&Unsigned(32));
pub static EMPTY: Kind = Tuple(&[]);
pub static VISIT: Kind = Struct(&[field(&["user"], USER), field(&["cart"], CART)]);
pub static EARLIER: Kind = Struct(&[field(&["user"], USER)]);
pub static LOOSE: Kind = Struct(&[optional(&["user"], USER), optional(&["cart", "basket"], CART)]);
pub static COUNTS: Kind = Struct(&[
    optional(&["counts"], &Map(&Signed(32), &Unsigned(8))),
    optional(&["flags"], &Map(&Bool, &Unsigned(8))),
]);
pub static WIDE: Kind = Struct(&[
    field(&["large"], &Unsigned(128)),
    field(&["low"], &Signed(128)),
    field(&["counts"], &Map(&Signed(32), &Unsigned(8))),
    field(&["flags"], &Map(&Bool, &Unsigned(8))),
]);
pub static EVERY: Kind = Struct(&[
    field(&["yes"], &Bool),
    field(&["tiny"], &Signed(8)),
    field(&["byte"], &Unsigned(8)),
    field(&["small"], &Signed(16)),
    field(&["int"], &Signed(32)),
    field(&["big"], &Signed(64)),
    field(&["huge"], &Unsigned(64)),
    field(&["half"], &F32),
    field(&["whole"], &F64),
    field(&["letter"], &Char),
    field(&["text"], &Text),
    field(&["raw"], &Tuple(&[&Unsigned(8), &Unsigned(8), &Unsigned(8), &Unsigned(8)])),
    field(&["pair"], &Tuple(&[&Unsigned(8), &Signed(16)])),
    field(&["who"], &WHO),
    field(&["marks"], &Map(&Text, &Unsigned(16))),
    field(&["next"], &Option(&EVERY)),
    field(&["unit"], &Unit),
]);
pub static TREE: Kind = Enum(&[
    ("Leaf", Parts::None),
    ("One", Parts::One(&TREE)),
    ("Maybe", Parts::One(&Option(&TREE))),
    ("Many", Parts::One(&Seq(&TREE))),
]);
static WHO: Kind = Enum(&[
    ("Guest", Parts::None),
    ("Member", Parts::One(&Unsigned(32))),
    ("Staff", Parts::Named(&[field(&["level"], &Unsigned(8)), field(&["unit"], &Text)])),
    ("Pair", Parts::Several(&[&Unsigned(8), &Unsigned(8)])),
]);

// §6.1 By place

/// Levels that may nest.
pub const LEVELS: u32 = 128;

/// The value that all of the bytes are the encoding of.
pub fn read_by_place(kind: &Kind, bytes: &[u8]) -> Result<Value, Word> {
    let mut reader = Reader(bytes);
    let value = by_place(kind, &mut reader, LEVELS)?;
    if reader.0.is_empty() { Ok(value) } else { Err("undecodable") }
}

/// A varint of a type of so many bits: as many bytes as those bits can take, and a value that they
/// hold.
fn wide(reader: &mut Reader, bits: u32) -> Result<u128, Word> {
    let mut number = 0_u128;
    for index in 0..bits.div_ceil(7) {
        let byte = reader.byte()?;
        let (low, room) = (u128::from(byte & 0x7f), bits - 7 * index);
        if room < 7 && low >> room != 0 {
            return Err("undecodable");
        }
        number |= low << (7 * index);
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err("undecodable")
}

/// A value in which `room` levels may nest.
fn by_place(kind: &Kind, reader: &mut Reader, room: u32) -> Result<Value, Word> {
    let inside = || room.checked_sub(1).ok_or("undecodable");
    let length = |reader: &mut Reader| {
        wide(reader, 64).and_then(|n| usize::try_from(n).map_err(|_| "undecodable"))
    };
    let text = |reader: &mut Reader| {
        let length = length(reader)?;
        String::from_utf8(reader.take(length)?.to_vec()).map_err(|_| "undecodable")
    };
    let flag = |reader: &mut Reader| match reader.byte()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err("undecodable"),
    };
    Ok(match kind {
        Bool => json!(flag(reader)?),
        Unsigned(8) => json!(reader.byte()?),
        Signed(8) => json!(reader.byte()? as i8),
        Unsigned(bits) => {
            let number = wide(reader, *bits)?;
            if *bits == 128 { json!(number.to_string()) } else { json!(number as u64) }
        }
        Signed(bits) => {
            let number = wide(reader, *bits)?;
            let number = (number >> 1) as i128 ^ -((number & 1) as i128);
            if *bits == 128 { json!(number.to_string()) } else { json!(number as i64) }
        }
        F32 => json!(f64::from(f32::from_le_bytes(reader.take(4)?.try_into().unwrap()))),
        F64 => json!(f64::from_le_bytes(reader.take(8)?.try_into().unwrap())),
        Char => {
            let text = text(reader)?;
            if text.chars().count() == 1 { json!(text) } else { return Err("undecodable") }
        }
        Text => json!(text(reader)?),
        Unit => Value::Null,
        Option(kind) => {
            if flag(reader)? {
                by_place(kind, reader, inside()?)?
            } else {
                Value::Null
            }
        }
        Seq(kind) => {
            let (count, room) = (length(reader)?, inside()?);
            (0..count).map(|_| by_place(kind, reader, room)).collect::<Result<_, _>>()?
        }
        Tuple([]) => Value::Null,
        Tuple(kinds) => parts_by_place(kinds, reader, inside()?)?,
        Map(key, value) => {
            let (mut object, room) = (Object::new(), inside()?);
            for _ in 0..length(reader)? {
                let key = match by_place(key, reader, room)? {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                object.insert(key, by_place(value, reader, room)?);
            }
            Value::Object(object)
        }
        Struct(fields) => fields_by_place(fields, reader, inside()?)?,
        Enum(variants) => {
            let number = wide(reader, 32)?;
            let (name, parts) = usize::try_from(number)
                .ok()
                .and_then(|number| variants.get(number))
                .ok_or("undecodable")?;
            let parts = match parts {
                Parts::None => return Ok(json!(name)),
                Parts::One(kind) => by_place(kind, reader, inside()?)?,
                Parts::Several(kinds) => parts_by_place(kinds, reader, inside()?)?,
                Parts::Named(fields) => fields_by_place(fields, reader, inside()?)?,
            };
            json!({ *name: parts })
        }
    })
}

fn parts_by_place(kinds: &[&Kind], reader: &mut Reader, room: u32) -> Result<Value, Word> {
    kinds.iter().map(|kind| by_place(kind, reader, room)).collect()
}

fn fields_by_place(fields: &[Field], reader: &mut Reader, room: u32) -> Result<Value, Word> {
    let mut object = Object::new();
    for field in fields {
        object.insert(field.names[0].to_owned(), by_place(field.kind, reader, room)?);
    }
    Ok(Value::Object(object))
}

/// The encoding of a value as JSON of its type.
pub fn write_by_place(kind: &Kind, value: &Value) -> Vec<u8> {
    let zigzag = |number: i128| ((number << 1) ^ (number >> 127)) as u128;
    let length = |count: usize| varint(count as u64);
    match (kind, value) {
        (Bool, _) => vec![u8::from(value == &json!(true))],
        (Unsigned(8), _) => vec![value.as_u64().unwrap() as u8],
        (Signed(8), _) => vec![value.as_i64().unwrap() as u8],
        (Unsigned(_), Value::String(digits)) => long_varint(digits.parse().unwrap()),
        (Signed(_), Value::String(digits)) => long_varint(zigzag(digits.parse().unwrap())),
        (Unsigned(_), _) => varint(value.as_u64().unwrap()),
        (Signed(_), _) => long_varint(zigzag(i128::from(value.as_i64().unwrap()))),
        (F32, _) => (value.as_f64().unwrap() as f32).to_le_bytes().into(),
        (F64, _) => value.as_f64().unwrap().to_le_bytes().into(),
        (Char | Text, _) => {
            let text = value.as_str().unwrap();
            [length(text.len()), text.into()].concat()
        }
        (Unit, _) | (Tuple([]), _) => Vec::new(),
        (Option(_), Value::Null) => vec![0],
        (Option(kind), _) => [vec![1], write_by_place(kind, value)].concat(),
        (Seq(kind), _) => {
            let items = value.as_array().unwrap();
            items.iter().fold(length(items.len()), |bytes, item| {
                [bytes, write_by_place(kind, item)].concat()
            })
        }
        (Tuple(kinds), _) => kinds
            .iter()
            .zip(value.as_array().unwrap())
            .flat_map(|(kind, item)| write_by_place(kind, item))
            .collect(),
        (Map(key, kind), _) => {
            let mut entries: Vec<(Value, &Value)> = value
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| (key_from_text(key, name).unwrap(), value))
                .collect();
            // As an ordered map has them.
            entries.sort_by(|(a, _), (b, _)| {
                a.as_i64().cmp(&b.as_i64()).then_with(|| a.to_string().cmp(&b.to_string()))
            });
            let bytes = length(entries.len());
            entries.iter().fold(bytes, |bytes, (name, value)| {
                [bytes, write_by_place(key, name), write_by_place(kind, value)].concat()
            })
        }
        (Struct(fields), _) => write_fields(fields, value),
        (Enum(variants), _) => {
            let (name, value) = match value {
                Value::String(name) => (name, &Value::Null),
                _ => value.as_object().unwrap().iter().next().unwrap(),
            };
            let number = variants.iter().position(|(known, _)| known == name).unwrap();
            let parts = match variants[number].1 {
                Parts::None => Vec::new(),
                Parts::One(kind) => write_by_place(kind, value),
                Parts::Several(kinds) => write_by_place(&Tuple(kinds), value),
                Parts::Named(fields) => write_fields(fields, value),
            };
            [varint(number as u64), parts].concat()
        }
    }
}

fn write_fields(fields: &[Field], value: &Value) -> Vec<u8> {
    fields.iter().flat_map(|field| write_by_place(field.kind, &value[field.names[0]])).collect()
}

fn long_varint(mut number: u128) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn key_from_text(kind: &Kind, text: &str) -> std::option::Option<Value> {
    match kind {
        Text => Some(json!(text)),
        Bool => [true, false]
            .into_iter()
            .find(|value| value.to_string() == text)
            .map(|value| json!(value)),
        Signed(32) => text
            .parse::<i32>()
            .ok()
            .filter(|number| number.to_string() == text)
            .map(|number| json!(number)),
        _ => None,
    }
}

// §6.3 By name

/// The value that a type reads from a map's, or none.
pub fn read_by_name(kind: &Kind, value: &Value) -> std::option::Option<Value> {
    match kind {
        Bool => value.is_boolean().then(|| value.clone()),
        Unsigned(bits) => value
            .as_u64()
            .filter(|number| *bits >= 64 || number >> bits == 0)
            .map(|number| json!(number)),
        Signed(bits) => {
            let number = value.as_i64()?;
            (*bits >= 64 || (number >> (bits - 1) == number >> 63)).then(|| json!(number))
        }
        F32 => match integer(value) {
            Some(number) => Some(number as f32)
                .filter(|float| *float as i128 == number)
                .map(|float| json!(f64::from(float))),
            None => Some(value.as_f64()? as f32)
                .filter(|float| float.is_finite())
                .map(|float| json!(f64::from(float))),
        },
        F64 => match integer(value) {
            Some(number) => Some(number as f64)
                .filter(|float| *float as i128 == number)
                .map(|float| json!(float)),
            None => value.as_f64().and_then(Number::from_f64).map(Value::Number),
        },
        Char => value.as_str().filter(|text| text.chars().count() == 1).map(|text| json!(text)),
        Text => value.as_str().map(|text| json!(text)),
        Unit => value.is_null().then_some(Value::Null),
        Option(kind) => {
            if value.is_null() {
                Some(Value::Null)
            } else {
                read_by_name(kind, value)
            }
        }
        Seq(kind) => value.as_array()?.iter().map(|item| read_by_name(kind, item)).collect(),
        Tuple(kinds) => {
            let items = value.as_array().filter(|items| items.len() == kinds.len())?;
            kinds.iter().zip(items).map(|(kind, item)| read_by_name(kind, item)).collect()
        }
        Map(key, kind) => {
            let entry = |(name, value): (&String, &Value)| {
                key_from_text(key, name)?;
                Some((name.clone(), read_by_name(kind, value)?))
            };
            value
                .as_object()?
                .iter()
                .map(entry)
                .collect::<std::option::Option<Object<_, _>>>()
                .map(Value::Object)
        }
        Struct(fields) => fields_by_name(fields, value),
        Enum(variants) => {
            let (name, value) = match value {
                Value::String(name) => (name, std::option::Option::None),
                _ => value
                    .as_object()
                    .filter(|object| object.len() == 1)?
                    .iter()
                    .next()
                    .map(|(name, value)| (name, Some(value)))?,
            };
            let (name, parts) = variants.iter().find(|(known, _)| known == name)?;
            match (parts, value) {
                (Parts::None, None | Some(Value::Null)) => Some(json!(name)),
                (Parts::One(kind), Some(value)) => {
                    Some(json!({ *name: read_by_name(kind, value)? }))
                }
                (Parts::Several(kinds), Some(value)) => {
                    Some(json!({ *name: read_by_name(&Tuple(kinds), value)? }))
                }
                (Parts::Named(fields), Some(value)) => {
                    Some(json!({ *name: fields_by_name(fields, value)? }))
                }
                _ => None,
            }
        }
    }
}

fn integer(value: &Value) -> std::option::Option<i128> {
    value.as_u64().map(i128::from).or(value.as_i64().map(i128::from))
}

/// An object by the fields' names, or an array of the fields in their order.
fn fields_by_name(fields: &[Field], value: &Value) -> std::option::Option<Value> {
    let mut read = Object::new();
    for (place, field) in fields.iter().enumerate() {
        let found = match value {
            Value::Object(object) => {
                let mut found = field.names.iter().filter_map(|name| object.get(*name));
                let first = found.next();
                if found.next().is_some() {
                    return None;
                }
                first
            }
            Value::Array(items) if items.len() <= fields.len() => items.get(place),
            _ => return None,
        };
        let empty = match field.kind {
            Option(_) => Value::Null,
            Map(..) => json!({}),
            _ => json!([]),
        };
        let value = match found {
            Some(value) => read_by_name(field.kind, value)?,
            None if field.optional || (value.is_object() && empty.is_null()) => empty.clone(),
            None => return None,
        };
        if !(field.optional && value == empty) {
            read.insert(field.names[0].to_owned(), value);
        }
    }
    Some(Value::Object(read))
}
