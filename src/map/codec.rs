//! `Map` ⇄ the data's bytes: the compact encoding. `encoding` calls it for `Sessions<Map>`, serde for a `Map` inside a typed session;
//! `write` and `read` do the two directions.
//!
//! An empty map is no bytes at all; every other is one object. A value is a tag and what follows it:
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
//! A count n is a LEB128 varint; numbers of several bytes are little-endian. Keys ascend. Strings of 2 to 64 bytes, keys or values, are
//! numbered as they first occur, up to 256; key lists without a key above 64 bytes likewise, up to 64, before their values are
//! written, so that a record inside one of its own kind finds its list.
//!
//! Each map has one encoding, and only that is read: the shortest form that the value has, and the number where it has one.
//! Not shared, on purpose, are parts of strings (a common beginning): a stranger who may put text beside a secret could guess the
//! secret letter by letter from the cookie's length.
//!
//! Example: `{"a": 1, "b": [1, 300]}` is `AA 61 61 61 62 01 CA 01 40 EC`.

use super::Map;
use super::read::Reader;
use super::write::Writer;

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
/// Tags of integers by the bytes that they take.
pub(super) const UNSIGNED: [(u8, usize); 5] = [(0xE9, 2), (0xEA, 3), (0xEB, 4), (0xEC, 6), (0xED, 8)];
pub(super) const NEGATIVE: [(u8, usize); 4] = [(0xEE, 1), (0xEF, 2), (0xF0, 4), (0xF1, 8)];
pub(super) const HEX: u8 = 0xF4;
pub(super) const UUID: u8 = 0xF5;
pub(super) const BYTES: u8 = 0xFA;

/// Bytes of a string that is worth a number and cannot be multiplied to much: what one byte of input makes is bounded by this.
pub(super) const NUMBERED: std::ops::RangeInclusive<usize> = 2..=64;
/// Bytes of a key in a key list that has a number.
pub(super) const LISTED: usize = 64;
pub(super) const TEXTS: usize = 256;
pub(super) const LISTS: usize = 64;

/// A family of tags: a number `from` … `from + room − 1` in the tag itself, a larger one after `long`.
#[derive(Clone, Copy)]
pub(super) struct Short {
    pub(super) tag: u8,
    pub(super) room: u8,
    pub(super) long: u8,
    pub(super) from: usize,
}

/// The bytes are not what [`encode`] writes for any map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Undecodable;

/// Appends the encoding. Every `Map` has one, and equal ones have the same.
pub(crate) fn encode(map: &Map, out: &mut Vec<u8>) {
    if !map.0.is_empty() {
        Writer::new(out).object(&map.0);
    }
}

/// Reads it back, whole. Memory is at most 200 bytes for each of the input, and the stack 64 levels.
pub(crate) fn decode(bytes: &[u8]) -> Result<Map, Undecodable> {
    let map = if bytes.is_empty() { Map::new() } else { Map(Reader::new(bytes).root()?) };
    // That there is one spelling is checked by spelling: rules in the reader would be the writer's a second time, and as slow.
    let mut again = Vec::with_capacity(bytes.len());
    encode(&map, &mut again);
    if again == bytes { Ok(map) } else { Err(Undecodable) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::value::{DEPTH, Object, Value};
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    fn encoded(map: &Map) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(map, &mut bytes);
        bytes
    }

    fn object(fields: Vec<(String, Value)>) -> Object {
        Object::from_fields(fields.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof!["[ab]{0,3}", "[0-9a-f]{0,8}", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", ".{0,4}", "x{38,66}"]
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            (any::<i64>(), 0..64_u32).prop_map(|(number, shift)| Value::signed(number >> shift)),
            any::<u64>().prop_map(Value::Unsigned),
            any::<f32>().prop_filter_map("finite", |number| Value::float(number.into())),
            any::<f64>().prop_filter_map("finite", Value::float),
            vec(any::<u8>(), 0..20).prop_map(|bytes| Value::bytes(&bytes)),
            texts().prop_map(Value::Text),
        ];
        leaf.prop_recursive(4, 24, 6, |inner| {
            let fields = || vec((texts(), inner.clone()), 0..4);
            let records = (vec(texts(), 0..3), vec(vec(inner.clone(), 3), 0..12)).prop_map(|(keys, rows)| {
                let record = |row: Vec<Value>| Value::Object(object(keys.iter().cloned().zip(row).collect()));
                Value::Array(rows.into_iter().map(record).collect())
            });
            prop_oneof![
                vec(inner.clone(), 0..20).prop_map(Value::Array),
                fields().prop_map(|f| Value::Object(object(f))),
                records
            ]
        })
    }

    fn maps() -> impl Strategy<Value = Map> {
        btree_map(texts(), values(), 0..8).prop_map(|fields| Map(object(fields.into_iter().collect())))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_encoded_decodes_to_the_same(map in maps()) {
            prop_assert_eq!(decode(&encoded(&map)), Ok(map));
        }

        #[test]
        fn a_shortened_or_lengthened_encoding_is_refused(map in maps(), cut in any::<prop::sample::Index>(), more in any::<u8>()) {
            let bytes = encoded(&map);
            prop_assert_eq!(decode(&[&bytes[..], &[more]].concat()), Err(Undecodable));
            if !bytes.is_empty() {
                let length = cut.index(bytes.len()).max(1); // no bytes at all are the empty map
                prop_assert_eq!(decode(&bytes[..length]), Err(Undecodable));
            }
        }

        #[test]
        fn whatever_decodes_is_what_encode_writes(map in maps(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = encoded(&map);
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if let Ok(map) = decode(&bytes) {
                prop_assert_eq!(encoded(&map), bytes);
            }
        }

        #[test]
        fn any_bytes_are_survived(bytes in vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }
    }

    #[test]
    fn the_drawn_examples_are_these_bytes() {
        let mut map = Map::new();
        map.insert("a", 1).unwrap();
        map.insert("b", [1, 300]).unwrap();
        assert_eq!(encoded(&map), [0xAA, 0x61, b'a', 0x61, b'b', 0x01, 0xCA, 0x01, 0x40, 0xEC]);
        assert!(encoded(&Map::new()).is_empty());
    }

    #[test]
    fn other_spellings_of_a_value_are_refused() {
        let under_a = |value: &[u8]| decode(&[&[0xA9, 0x61, b'a'], value].concat());
        for accepted in [&[0x3F][..], &[0xE0], &[0xF4, 2, 0xAB, 0xCD], &[0xFA, 1, 64], &[0xC9, 63], &[0xE7, 0, 0, 0x80, 0x3F]] {
            assert!(under_a(accepted).is_ok(), "{accepted:02x?}");
        }
        let other_spellings = [
            &[0xE9, 0x3F, 0][..],                        // 63 in two bytes
            &[0xEE, 0],                                  // −1 in one byte
            &[0xF2, 0x80, 0],                            // a count with a leading zero
            &[0x64, b'a', b'b', b'c', b'd'],             // hexadecimal digits as text
            &[0xFA, 1, 63],                              // small integers packed
            &[0xC9, 0x40, 0],                            // 64 alone, not packed
            &[0xE8, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F],       // 1.0 in 64 bits
            &[0xE7, 0, 0, 0xC0, 0x7F],                   // not a number
            &[0xCA, 0x62, b'x', b'y', 0x62, b'x', b'y'], // the same string twice
            &[0xA9, 0x61, b'a', 0],                      // the same key list twice
            &[0xCA, 0xB8, 0, 0xB8, 0],                   // records one by one
            &[0xAA, 0x61, b'b', 0x61, b'a', 0, 0],       // keys that descend
            &[0xFB],                                     // no tag
        ];
        for refused in other_spellings {
            assert_eq!(under_a(refused), Err(Undecodable), "{refused:02x?}");
        }
        assert_eq!(decode(&[0xA8]), Err(Undecodable), "the empty map is no bytes");
    }

    #[test]
    fn sixty_four_levels_decode_and_one_more_does_not() {
        let nested = |levels: usize| [&[0xA9, 0x61, b'a'][..], &vec![0xC9; levels], &[0]].concat();
        assert!(decode(&nested(DEPTH)).is_ok());
        assert_eq!(decode(&nested(DEPTH + 1)), Err(Undecodable));
        assert_eq!(decode(&nested(1_000_000)), Err(Undecodable));
        let empty_at = |levels: usize| [&[0xA9, 0x61, b'a'][..], &vec![0xC9; levels], &[0xC8]].concat();
        assert!(decode(&empty_at(DEPTH - 1)).is_ok());
        assert_eq!(decode(&empty_at(DEPTH)), Err(Undecodable));
    }

    /// Bytes on the heap, as `Object`, `Value` and their strings ask for them.
    fn weight(value: &Value) -> usize {
        match value {
            Value::Text(text) => text.capacity(),
            Value::Array(items) => items.capacity() * size_of::<Value>() + items.iter().map(weight).sum::<usize>(),
            Value::Object(object) => object.len() * 40 + object.values().map(weight).sum::<usize>(),
            _ => 0,
        }
    }

    #[test]
    fn memory_is_bounded_by_the_bytes_read() {
        let long = "x".repeat(64);
        let record = object(vec![("k".into(), Value::Text(long.clone()))]);
        let records = Value::Array(vec![Value::Object(record); 2000]);
        let strings = Value::Array(vec![Value::Text(long); 2000]);
        for value in [records, strings] {
            let map = Map(object(vec![("v".into(), value)]));
            let bytes = encoded(&map);
            let decoded = decode(&bytes).unwrap();
            let weight: usize = decoded.0.values().map(weight).sum();
            assert!(weight > 60 * bytes.len() && weight <= 200 * bytes.len(), "{weight} of {}", bytes.len());
        }
        // Counts without bytes behind them; a long key that many records would repeat.
        for count in [&[0xF8, 0xFF, 0xFF, 0xFF, 0x7F][..], &[0xF9, 0xFF, 0xFF, 0xFF, 0x7F, 0xA8], &[0xF6, 0xFF, 0xFF, 0x7F]] {
            assert_eq!(decode(&[&[0xA9, 0x61, b'a'], count].concat()), Err(Undecodable));
        }
        let long_key = "k".repeat(LISTED + 1);
        let wide = Value::Object(object(vec![(long_key, Value::Null)]));
        let map = Map(object(vec![("v".into(), Value::Array(vec![wide; 50]))]));
        assert!(encoded(&map).len() > 50 * LISTED);
        assert_eq!(decode(&encoded(&map)), Ok(map));
    }

    #[test]
    fn a_record_inside_one_of_its_own_kind_finds_its_keys() {
        let inner = object(vec![("left".into(), Value::Null), ("right".into(), Value::Null)]);
        let outer = object(vec![("left".into(), Value::Object(inner)), ("right".into(), Value::Null)]);
        let bytes = encoded(&Map(outer));
        assert_eq!(bytes[bytes.len() - 4..], [0xB8, 0xE4, 0xE4, 0xE4]);
        assert_eq!(bytes.len(), 1 + 5 + 6 + 4);
    }
}
