//! A leaf's kind and a number → a value to offer in its place. The tracer calls it where a `Deserialize` wants a value and may refuse
//! some: number 0 is the default's own value, if it has one there, the others are common ones. Pure tables.
//!
//! ```text
//! a string, number 0  →  what T::default() holds there     number 1  →  ""     number 2  →  "0"     …
//! ```
//!
//! No sample reaches the shape's text: a leaf that refuses them all is written as its kind like any other. More samples would let the
//! tracer see further behind a leaf that refuses, in a tuple or a map; that would be a new version of the shape (SPEC).

use super::record::Value;

/// What a `Deserialize` can ask for that has no parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    Bool,
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
    F32,
    F64,
    Char,
    Str,
    Bytes,
}

impl Leaf {
    /// Its word in the text.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::I128 => "i128",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::U128 => "u128",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Char => "char",
            Self::Str => "str",
            Self::Bytes => "bytes",
        }
    }

    /// How many samples there are, the default's included.
    fn count(self) -> usize {
        1 + match self {
            Self::Bool => 2,
            Self::F32 | Self::F64 => FLOATS.len(),
            Self::Char => CHARS.len(),
            Self::Str => STRINGS.len(),
            Self::Bytes => BYTES.len(),
            _ => INTEGERS.len(),
        }
    }

    /// One bit for each sample that is none of this kind; all of them set says that nothing is left to try.
    pub(super) fn unfit(self, own: Option<&Value>) -> u64 {
        let beyond = u64::MAX.checked_shl(self.count() as u32).unwrap_or(0);
        let fits = |index: &usize| match self {
            Self::Str => *index > 0 || matches!(own, Some(Value::Str(_))),
            Self::Bytes => *index > 0 || matches!(own, Some(Value::Bytes(_))),
            Self::Char => *index > 0 || matches!(own, Some(Value::Char(_))),
            Self::F32 | Self::F64 => *index > 0 || matches!(own, Some(Value::Float(_))),
            _ => integer(own, *index).is_some_and(|value| self.holds(value)),
        };
        (0..self.count()).filter(|index| !fits(index)).fold(beyond, |bits, index| bits | 1 << index)
    }

    fn holds(self, value: i128) -> bool {
        match self {
            Self::Bool => (0..2).contains(&value),
            Self::I8 => i8::try_from(value).is_ok(),
            Self::I16 => i16::try_from(value).is_ok(),
            Self::I32 => i32::try_from(value).is_ok(),
            Self::I64 => i64::try_from(value).is_ok(),
            Self::U8 => u8::try_from(value).is_ok(),
            Self::U16 => u16::try_from(value).is_ok(),
            Self::U32 => u32::try_from(value).is_ok(),
            Self::U64 => u64::try_from(value).is_ok(),
            // A u128 is recorded by its bits.
            _ => true,
        }
    }
}

pub(super) fn integer(own: Option<&Value>, index: usize) -> Option<i128> {
    match (index, own) {
        (0, Some(Value::Integer(value))) => Some(*value),
        (0, _) => None,
        _ => INTEGERS.get(index - 1).copied(),
    }
}

pub(super) fn float(own: Option<&Value>, index: usize) -> f64 {
    match own {
        Some(Value::Float(value)) if index == 0 => *value,
        _ => FLOATS.get(index.wrapping_sub(1)).copied().unwrap_or_default(),
    }
}

pub(super) fn char(own: Option<&Value>, index: usize) -> char {
    match own {
        Some(Value::Char(value)) if index == 0 => *value,
        _ => CHARS.get(index.wrapping_sub(1)).copied().unwrap_or('a'),
    }
}

pub(super) fn str(own: Option<&Value>, index: usize) -> &str {
    match own {
        Some(Value::Str(value)) if index == 0 => value,
        _ => STRINGS.get(index.wrapping_sub(1)).copied().unwrap_or_default(),
    }
}

pub(super) fn bytes(own: Option<&Value>, index: usize) -> &[u8] {
    match own {
        Some(Value::Bytes(value)) if index == 0 => value,
        _ => BYTES.get(index.wrapping_sub(1)).copied().unwrap_or_default(),
    }
}

/// Numbers of entries to offer where a sequence or map refuses none and one.
pub(super) const LENGTHS: [usize; 10] = [0, 1, 2, 3, 4, 6, 8, 16, 20, 32];

const INTEGERS: [i128; 34] = [
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    12,
    16,
    20,
    24,
    32,
    42,
    50,
    64,
    100,
    127,
    128,
    200,
    255,
    -1,
    256,
    1000,
    1024,
    2000,
    65535,
    1 << 31,
    1_000_000_000,
    1 << 32,
    1_000_000_000_000,
];

const FLOATS: [f64; 7] = [0.0, 1.0, 0.5, 2.0, 10.0, 100.0, -1.0];

const CHARS: [char; 7] = ['a', 'A', '0', '1', ' ', '-', '.'];

const STRINGS: [&str; 48] = [
    "",
    "0",
    "1",
    "a",
    "A",
    "aa",
    "AA",
    "en",
    "en-US",
    "US",
    "USA",
    "USD",
    "UTC",
    "*",
    "/",
    ".",
    "00",
    "0000",
    "1.0",
    "0.0.0",
    "1.0.0",
    "true",
    "http://a/",
    "https://example.com/",
    "a@example.com",
    "example.com",
    "text/plain",
    "127.0.0.1",
    "127.0.0.1:80",
    "127.0.0.0/8",
    "00:00:00:00:00:00",
    "2000-01-01",
    "2000-01",
    "00:00:00",
    "2000-01-01T00:00:00",
    "2000-01-01 00:00:00",
    "2000-01-01T00:00:00Z",
    "2000-01-01T00:00:00+01:00[+01:00]",
    "PT1S",
    "P1D",
    "+15555550100",
    "#000000",
    "Monday",
    "January",
    "00000000-0000-0000-0000-000000000000",
    "00000000000000000000000000",
    "00000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
];

const BYTES: [&[u8]; 16] = [
    &[],
    &[0; 16],
    &[0; 32],
    &[0; 20],
    &[0; 24],
    &[0; 4],
    &[0; 8],
    &[0; 12],
    &[0; 64],
    &[0; 1],
    &[0; 2],
    &[0; 33],
    &[0; 65],
    &[1; 32],
    &[b'a'; 8],
    &[b'a'; 16],
];
