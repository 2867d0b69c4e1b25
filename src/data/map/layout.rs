//! The layout of an encoded `Map`: tags, families of tags, and bounds. There is no logic here.
//!
//! An empty map has no bytes. Every other map is one object. A value is a tag and what follows it:
//!
//! | tag | value | follows |
//! | --- | --- | --- |
//! | 00–3F | integer tag | |
//! | 40–5F | integer 64 + 256 · (tag − 40) + b | b |
//! | 60–87, F2 | string of tag − 60 bytes; of 40 + n | n; the bytes |
//! | 88–A7, F3 | string that was there before: number tag − 88; number 32 + n | n |
//! | A8–B7, F6 | object with tag − A8 keys; with 16 + n | n; that many keys, each a string as above; as many values |
//! | B8–C7, F7 | object with the keys of an earlier one: list number tag − B8; number 16 + n | n; as many values |
//! | C8–D7, F8 | array of tag − C8; of 16 + n | n; that many values |
//! | D8–DF, F9 | array of 2 + tag − D8 objects with the same keys; of 10 + n | n; tag of an object with its keys; the values, object by object |
//! | E0–E3 | integer −1 − (tag − E0) | |
//! | E4, E5, E6 | null, false, true | |
//! | E7, E8 | float, in 32 bits where that is exact, else in 64 | 4 or 8 bytes |
//! | E9–ED | integer | 2, 3, 4, 6, 8 bytes |
//! | EE–F1 | integer −1 − n | n in 1, 2, 4, 8 bytes |
//! | F4 | string of 2 · n lower-case hexadecimal digits, from 4 | n; n bytes |
//! | F5 | string that is a UUID in lower case | 16 bytes |
//! | FA | array of n integers 0–255, one of them at least above 63 | n; n bytes |
//!
//! A count n is a LEB128 varint. Numbers of several bytes are little-endian. Keys ascend. Strings
//! of 2 to 64 bytes, keys or values, are numbered as they first occur, up to 256. Key lists without
//! a key above 64 bytes are numbered too, up to 64. They are numbered before their values are
//! written, so that a record inside one of its own kind finds its list.
//!
//! Each map has exactly one encoding, and only that one is read: the shortest form of each value,
//! and the number if the value has one. Parts of strings (a common beginning) are deliberately not
//! shared: a stranger who can put text beside a secret could guess the secret letter by letter from
//! the cookie's length.
//!
//! Example: `{"a": 1, "b": [1, 300]}` is `AA 61 61 61 62 01 CA 01 40 EC`.

pub(super) const INT: u8 = 0x00;
pub(super) const INT_SMALL: u64 = 64;
pub(super) const INT_WIDE: u8 = 0x40;
pub(super) const INT_WIDE_END: u64 = INT_SMALL + 32 * 256;
pub(super) const TEXT: Short = Short { tag: 0x60, room: 40, long: 0xF2, from: 0 };
pub(super) const TEXT_SEEN: Short = Short { tag: 0x88, room: 32, long: 0xF3, from: 0 };
pub(super) const OBJECT: Short = Short { tag: 0xA8, room: 16, long: 0xF6, from: 0 };
pub(super) const OBJECT_SEEN: Short = Short { tag: 0xB8, room: 16, long: 0xF7, from: 0 };
pub(super) const ARRAY: Short = Short { tag: 0xC8, room: 16, long: 0xF8, from: 0 };
pub(super) const RECORDS: Short = Short { tag: 0xD8, room: 8, long: 0xF9, from: 2 };
pub(super) const MINUS: u8 = 0xE0;
pub(super) const MINUS_SMALL: u64 = 4;
pub(super) const NULL: u8 = 0xE4;
pub(super) const FALSE: u8 = 0xE5;
pub(super) const TRUE: u8 = 0xE6;
pub(super) const FLOAT32: u8 = 0xE7;
pub(super) const FLOAT64: u8 = 0xE8;
/// Tags of integers, with the bytes that the integers take.
pub(super) const UNSIGNED: [(u8, usize); 5] =
    [(0xE9, 2), (0xEA, 3), (0xEB, 4), (0xEC, 6), (0xED, 8)];
pub(super) const NEGATIVE: [(u8, usize); 4] = [(0xEE, 1), (0xEF, 2), (0xF0, 4), (0xF1, 8)];
pub(super) const HEX: u8 = 0xF4;
/// Minimum number of bytes that a string of hexadecimal digits stands for.
pub(super) const HEX_LEAST: usize = 2;
pub(super) const UUID: u8 = 0xF5;
pub(super) const UUID_BYTES: usize = 16;
/// Positions of a UUID's dashes among its characters.
pub(super) const UUID_DASHES: [usize; 4] = [8, 13, 18, 23];
pub(super) const BYTES: u8 = 0xFA;

/// Lengths in bytes of a string that gets a number: long enough to be worth one, and short enough
/// to bound how much memory one byte of input can produce.
pub(super) const NUMBERED: std::ops::RangeInclusive<usize> = 2..=64;
/// Length in bytes, at most, of a key in a key list that has a number.
pub(super) const LISTED: usize = 64;
pub(super) const TEXTS: usize = 256;
pub(super) const LISTS: usize = 64;
/// Bytes that most key lists fit into, so that the buffer is rarely reallocated.
pub(super) const USUAL_KEYS: usize = 256;

/// A family of tags: numbers `from` … `from + room − 1` are in the tag itself, and larger ones
/// follow the tag `long`.
#[derive(Clone, Copy)]
pub(super) struct Short {
    pub(super) tag: u8,
    pub(super) room: u8,
    pub(super) long: u8,
    pub(super) from: usize,
}
