//! `Map` ⇄ the data's bytes: the compact encoding, in the layout of `layout.rs`.
//!
//! Each map has exactly one encoding, and only that one is read: for each value, `read` checks with
//! `write` that it would have been written in the same way.
//!
//! Example: `{"a": 1, "b": [1, 300]}` is `AA 61 61 61 62 01 CA 01 40 EC`.

use super::Map;
use super::read::{self, Undecodable};
use super::write::Writer;

/// Appends the encoding. Every `Map` has exactly one, and equal maps have the same.
pub(crate) fn encode(map: &Map, out: &mut Vec<u8>) {
    if !map.0.is_empty() {
        Writer::new(out).object(&map.0);
    }
}

/// Returns the key of each entry, and how many bytes of the encoding its key and its value take. What
/// occurs again counts where it occurs first.
pub(crate) fn entry_lengths(map: &Map) -> Vec<(&str, usize)> {
    let lengths = Writer::new(&mut Vec::new()).entry_lengths(&map.0);
    map.keys().zip(lengths).collect()
}

/// Decodes all of `bytes`. Uses at most 200 bytes of memory for each input byte, and 64 levels of
/// the stack.
pub(crate) fn decode(bytes: &[u8]) -> Result<Map, Undecodable> {
    if bytes.is_empty() { Ok(Map::new()) } else { read::root(bytes).map(Map) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::map::layout::LISTED;
    use crate::data::map::value::{DEPTH, Object, Value};
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn encoded(map: &Map) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(map, &mut bytes);
        bytes
    }

    fn object(fields: Vec<(String, Value)>) -> Object {
        Object::from_fields(fields)
    }

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ab]{0,3}",
            "[0-9a-f]{0,8}",
            "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            ".{0,4}",
            "x{38,66}"
        ]
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
            let records =
                (vec(texts(), 0..3), vec(vec(inner.clone(), 3), 0..12)).prop_map(|(keys, rows)| {
                    let record = |row: Vec<Value>| {
                        Value::Object(object(keys.iter().cloned().zip(row).collect()))
                    };
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
        btree_map(texts(), values(), 0..8)
            .prop_map(|fields| Map(object(fields.into_iter().collect())))
    }

    /// A replacement of a part of an encoding: by nothing, by any bytes, or by a part of the same
    /// or another encoding.
    #[derive(Clone, Debug)]
    struct Edit {
        place: [prop::sample::Index; 2],
        by: Piece,
    }

    #[derive(Clone, Debug)]
    enum Piece {
        Bytes(Vec<u8>),
        Own([prop::sample::Index; 2]),
        Other([prop::sample::Index; 2]),
    }

    fn edits() -> impl Strategy<Value = Edit> {
        let place = any::<[prop::sample::Index; 2]>;
        let byte = || vec(any::<u8>(), 1);
        let by = prop_oneof![
            vec(any::<u8>(), 0..4).prop_map(Piece::Bytes),
            place().prop_map(Piece::Own),
            place().prop_map(Piece::Other)
        ];
        let one = (any::<prop::sample::Index>(), byte())
            .prop_map(|(at, byte)| Edit { place: [at, at], by: Piece::Bytes(byte) });
        prop_oneof![one, (place(), by).prop_map(|(place, by)| Edit { place, by })]
    }

    impl Edit {
        fn make(self, bytes: &mut Vec<u8>, other: &[u8]) {
            let range = |place: [prop::sample::Index; 2], length: usize| {
                let [a, b] = place.map(|index| index.index(length + 1));
                a.min(b)..a.max(b)
            };
            let mut place = range(self.place, bytes.len());
            let by = match self.by {
                Piece::Bytes(by) => {
                    place.end = bytes.len().min(place.start + by.len());
                    by
                }
                Piece::Own(from) => bytes[range(from, bytes.len())].to_vec(),
                Piece::Other(from) => other[range(from, other.len())].to_vec(),
            };
            bytes.splice(place, by);
        }
    }

    /// Checks what must hold for any bytes.
    fn is_refused_or_as_encoded(bytes: &[u8]) -> bool {
        decode(bytes).is_err() || decode(bytes).is_ok_and(|map| encoded(&map) == bytes)
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
        fn whatever_decodes_is_what_encode_writes(map in maps(), other in maps(), edits in vec(edits(), 1..5)) {
            let (mut bytes, other) = (encoded(&map), encoded(&other));
            for edit in edits {
                edit.make(&mut bytes, &other);
                prop_assert!(is_refused_or_as_encoded(&bytes));
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
        for accepted in [
            &[0x3F][..],
            &[0xE0],
            &[0xF4, 2, 0xAB, 0xCD],
            &[0xFA, 1, 64],
            &[0xC9, 63],
            &[0xE7, 0, 0, 0x80, 0x3F],
        ] {
            assert!(under_a(accepted).is_ok(), "{accepted:02x?}");
        }
        let other_spellings = [
            &[0xE9, 0x3F, 0][..],                                          // 63 in two bytes
            &[0xEE, 0],                                                    // −1 in one byte
            &[0xF1, 0, 0, 0, 0, 0, 0, 0, 0x80],                            // below 64 bits
            &[&[0xF2, 0x80, 0][..], &[b'x'; 40]].concat(), // a count with a leading zero
            &[0x64, b'a', b'b', b'c', b'd'],               // hexadecimal digits as text
            &[0xFA, 1, 63],                                // small integers packed
            &[0xC9, 0x40, 0],                              // 64 alone, not packed
            &[0xE8, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F],         // 1.0 in 64 bits
            &[0xE7, 0, 0, 0xC0, 0x7F],                     // not a number
            &[0xCA, 0x62, b'x', b'y', 0x62, b'x', b'y'],   // the same string twice
            &[0xA9, 0x61, b'a', 0],                        // the same key list twice
            &[0xCA, 0xB8, 0, 0xB8, 0],                     // records one by one
            &[0xCA, 0xD8, 0xA8, 0x40, 0],                  // records without keys
            &[&[0xD8, 0xA9, 0xF2, 25][..], &[b'k'; 65], &[0, 0]].concat(), // records with a long key
            &[0xAA, 0x61, b'b', 0x61, b'a', 0, 0],                         // keys that descend
            &[0xAA, 0x61, b'b', 0x61, b'b', 0, 0],                         // a key twice
            &[0xFB],                                                       // no tag
        ];
        for refused in other_spellings {
            assert_eq!(under_a(refused), Err(Undecodable), "{refused:02x?}");
        }
        assert_eq!(decode(&[0xA8]), Err(Undecodable), "the empty map is no bytes");
    }

    #[test]
    fn of_all_short_values_those_decode_that_are_as_encoded() {
        let accepted = |value: &[u8]| {
            let bytes = [&[0xA9, 0x61, b'a'], value].concat();
            assert!(is_refused_or_as_encoded(&bytes), "{bytes:02x?}");
            usize::from(decode(&bytes).is_ok())
        };
        let of_one: usize = (0..=255).map(|a| accepted(&[a])).sum();
        let of_two: usize = (0..=u16::MAX).map(|ab| accepted(&ab.to_be_bytes())).sum();
        // Integers, constants, and empty values; then integers, ASCII, and arrays and objects of
        // one of the first.
        assert_eq!((of_one, of_two), (64 + 4 + 3 + 3, 32 * 256 + 252 + 128 + 2 * of_one));
        for tag in [
            0x62, 0x88, 0xA9, 0xB8, 0xC9, 0xCA, 0xD8, 0xE9, 0xEE, 0xEF, 0xF2, 0xF3, 0xF4, 0xF6,
            0xF8, 0xF9, 0xFA,
        ] {
            (0..=u16::MAX).for_each(|rest| {
                accepted(&[&[tag], &rest.to_be_bytes()[..]].concat());
            });
        }
    }

    #[test]
    fn past_the_last_number_a_text_is_written_again() {
        let twice = |count: usize, value: fn(String) -> Value| {
            let values = || (0..count).map(|n| value(format!("text {n}")));
            encoded(&Map(object(vec![(
                "a".into(),
                Value::Array(values().chain(values()).collect()),
            )])))
        };
        let record = |key| Value::Object(object(vec![(key, Value::Null)]));
        // The bytes that the last value ends with, and bytes that it must not end with. The map's
        // own key list has number 0.
        for (bytes, end, other) in [
            (twice(256, Value::Text), &b"\xF3\xDF\x01"[..], &b"\x68text 255"[..]),
            (twice(257, Value::Text), b"\x68text 256", b"\xF3\xE0\x01"),
            (twice(63, record), b"\xF7\x2F\xE4", b"\xA9\xF3\x1E\xE4"),
            (twice(64, record), b"\xA9\xF3\x1F\xE4", b"\xF7\x30\xE4"),
        ] {
            assert!(
                bytes.ends_with(end) && decode(&bytes).is_ok_and(|map| encoded(&map) == bytes),
                "{bytes:02x?}"
            );
            assert_eq!(
                decode(&[&bytes[..bytes.len() - end.len()], other].concat()),
                Err(Undecodable),
                "{other:02x?}"
            );
        }
    }

    #[test]
    fn sixty_four_levels_decode_and_one_more_does_not() {
        let nested = |levels: usize| [&[0xA9, 0x61, b'a'][..], &vec![0xC9; levels], &[0]].concat();
        assert!(decode(&nested(DEPTH)).is_ok());
        assert_eq!(decode(&nested(DEPTH + 1)), Err(Undecodable));
        assert_eq!(decode(&nested(1_000_000)), Err(Undecodable));
        // The value, and the number of levels that it has itself.
        for (value, own) in [
            (&[0xC8][..], 1),
            (&[0xA8], 1),
            (&[0xFA, 1, 64], 1),
            (&[0xD8, 0xA9, 0x61, b'b', 0, 0], 2),
        ] {
            let at = |levels: usize| [&[0xA9, 0x61, b'a'][..], &vec![0xC9; levels], value].concat();
            assert!(decode(&at(DEPTH - own)).is_ok(), "{value:02x?}");
            assert_eq!(decode(&at(DEPTH - own + 1)), Err(Undecodable), "{value:02x?}");
        }
    }

    /// Returns the bytes on the heap that `Object`, `Value` and their strings request.
    fn weight(value: &Value) -> usize {
        match value {
            Value::Text(text) => text.capacity(),
            Value::Array(items) => {
                items.capacity() * size_of::<Value>() + items.iter().map(weight).sum::<usize>()
            }
            Value::Object(object) => {
                object.len() * size_of::<Value>() + object.values().map(weight).sum::<usize>()
            }
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
            assert!(
                weight > 60 * bytes.len() && weight <= 200 * bytes.len(),
                "{weight} of {}",
                bytes.len()
            );
        }
        // Counts without enough bytes after them, and a long key that many records would repeat.
        for count in [
            &[0xF8, 0xFF, 0xFF, 0xFF, 0x7F][..],
            &[0xF9, 0xFF, 0xFF, 0xFF, 0x7F, 0xA8],
            &[0xF6, 0xFF, 0xFF, 0x7F],
        ] {
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
        let outer =
            object(vec![("left".into(), Value::Object(inner)), ("right".into(), Value::Null)]);
        let bytes = encoded(&Map(outer));
        assert_eq!(bytes[bytes.len() - 4..], [0xB8, 0xE4, 0xE4, 0xE4]);
        assert_eq!(bytes.len(), 1 + 5 + 6 + 4);
    }
}
