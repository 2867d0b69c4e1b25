//! Samples: a leaf's kind and a number → a value to offer in the leaf's place. There are several
//! because a `Deserialize` may refuse some.
//!
//! ```text
//! a string:  0  what T::default() holds there     1  what the application's sample holds there
//!            2  ""     3  "0"     …               50…  every other string in the application's samples
//! ```
//!
//! No sample enters the shape's text. A leaf that refuses all of them is written as its kind, like
//! any other. But what follows it in a tuple or map stays unknown, and an application's sample then
//! helps.

use super::record::Value;

/// The leaves of the application's samples, by kind.
#[derive(Debug, Default)]
pub(super) struct Pool<'v> {
    integers: Vec<i128>,
    floats: Vec<f64>,
    chars: Vec<char>,
    strings: Vec<&'v str>,
    bytes: Vec<&'v [u8]>,
}

impl<'v> Pool<'v> {
    /// Adds the leaves of a sample.
    pub(super) fn take(&mut self, sample: &'v Value) {
        match sample {
            Value::Integer(value) => push(&mut self.integers, *value),
            Value::Float(value) => push(&mut self.floats, *value),
            Value::Char(value) => push(&mut self.chars, *value),
            Value::Str(value) => push(&mut self.strings, value),
            Value::Bytes(value) => push(&mut self.bytes, value),
            _ => sample.parts().iter().for_each(|part| self.take(part)),
        }
    }
}

fn push<V: PartialEq>(list: &mut Vec<V>, value: V) {
    if !list.contains(&value) {
        list.push(value);
    }
}

/// What can be offered at one leaf.
#[derive(Clone, Copy)]
pub(super) struct Offer<'t, 'v> {
    /// The value of the default, and of the application's sample, at this place.
    pub(super) own: [Option<&'v Value>; 2],
    pub(super) pool: &'t Pool<'v>,
}

/// Number of samples before the common ones: the default's and the application's at the same place.
const OWN: usize = 2;

/// The values without parts that a `Deserialize` can ask for.
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
    /// Returns the leaf's word in the text.
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

    /// Returns the number of samples, at most the number of bits that record which were refused.
    fn count(self, pool: &Pool<'_>) -> usize {
        let common = match self {
            Self::Bool => 2,
            Self::F32 | Self::F64 => FLOATS.len() + pool.floats.len(),
            Self::Char => CHARS.len() + pool.chars.len(),
            Self::Str => STRINGS.len() + pool.strings.len(),
            Self::Bytes => BYTES.len() + pool.bytes.len(),
            _ => INTEGERS.len() + pool.integers.len(),
        };
        (OWN + common).min(64)
    }

    /// Returns one bit for each sample that is not of this kind. If all bits are set, nothing is
    /// left to try.
    pub(super) fn unfit(self, offer: Offer<'_, '_>) -> u64 {
        let count = self.count(offer.pool);
        let beyond = u64::MAX.checked_shl(count as u32).unwrap_or(0);
        let own = |index: &usize| offer.own.get(*index).copied().flatten();
        let fits = |index: &usize| match self {
            Self::Str => *index >= OWN || matches!(own(index), Some(Value::Str(_))),
            Self::Bytes => *index >= OWN || matches!(own(index), Some(Value::Bytes(_))),
            Self::Char => *index >= OWN || matches!(own(index), Some(Value::Char(_))),
            Self::F32 | Self::F64 => *index >= OWN || matches!(own(index), Some(Value::Float(_))),
            _ => integer(offer, *index).is_some_and(|value| self.holds(value)),
        };
        (0..count).filter(|index| !fits(index)).fold(beyond, |bits, index| bits | 1 << index)
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
            // A `u128` is recorded by its bits.
            _ => true,
        }
    }
}

/// Returns the sample with a number: the default's or the application's own, a common one, or one
/// of the pool's.
fn pick<'a, V: Copy>(
    index: usize,
    own: impl Fn(usize) -> Option<V>,
    common: &'a [V],
    pool: &'a [V],
) -> Option<V> {
    match index.checked_sub(OWN) {
        None => own(index),
        Some(index) => common.iter().chain(pool).nth(index).copied(),
    }
}

macro_rules! pickers {
    ($($name:ident -> $type:ty, $variant:ident, $common:ident, $pool:ident;)*) => {$(
        pub(super) fn $name<'v>(offer: Offer<'_, 'v>, index: usize) -> Option<$type> {
            let own = |index: usize| match offer.own[index] {
                Some(Value::$variant(value)) => Some(pickers!(@ $variant value)),
                _ => None,
            };
            pick(index, own, &$common, &offer.pool.$pool)
        }
    )*};
    (@ Str $value:ident) => { $value.as_str() };
    (@ Bytes $value:ident) => { $value.as_slice() };
    (@ $other:ident $value:ident) => { *$value };
}

pickers! {
    integer -> i128, Integer, INTEGERS, integers;
    float -> f64, Float, FLOATS, floats;
    char -> char, Char, CHARS, chars;
    str -> &'v str, Str, STRINGS, strings;
    bytes -> &'v [u8], Bytes, BYTES, bytes;
}

/// Numbers of entries to offer. The later ones are for a sequence or map that refuses both none and
/// one.
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
