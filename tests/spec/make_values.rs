//! Vectors of single values, by subject: the envelope's edges, claims, data by place, by name and
//! as maps, and shapes that a server reads beside its own.

use super::file::*;
use super::make::*;
use super::reference::{self, Expiry, Key, Suite};
use super::typed;
use serde_json::{Value as Json, json};

pub fn vectors() -> Vec<ValueVector> {
    let mut made = Made(Vec::new());
    envelopes(&mut made);
    order(&mut made);
    claims(&mut made);
    by_place(&mut made);
    by_name(&mut made);
    maps(&mut made);
    shapes(&mut made);
    super::make_compression::values(&mut made);
    made.0
}

pub struct Made(Vec<ValueVector>);

impl Made {
    pub fn add(&mut self, name: &str, note: &str, expect: &str, draft: Draft) {
        let (sealed, envelope) = draft.seal(name);
        self.0.push(ValueVector {
            name: name.to_owned(),
            note: note.to_owned(),
            server: draft.server,
            now: draft.now,
            milliseconds: 0,
            sealed: Some(sealed),
            in_request: in_request(&reference::value(&envelope), expect),
            value: Text(reference::value(&envelope)),
            expect: expect.to_owned(),
        });
    }

    /// Bytes that open to a value, or to nothing where there is none.
    fn data(&mut self, name: &str, note: &str, draft: Draft, raw: &[u8], reads: Option<Json>) {
        let expect = if reads.is_some() { "ok" } else { "undecodable" };
        let name = if reads.is_some() { format!("ok_{name}") } else { format!("data_{name}") };
        let mut draft = draft.raw_data(raw);
        draft.data = reads;
        self.add(&name, note, expect, draft);
    }

    fn value(&mut self, name: &str, note: &str, expect: &str, value: String) {
        self.0.push(ValueVector {
            name: name.to_owned(),
            note: note.to_owned(),
            server: Server::of("Visit"),
            now: NOW,
            milliseconds: 0,
            sealed: None,
            in_request: in_request(&value, expect),
            value: Text(value),
            expect: expect.to_owned(),
        });
    }

    fn last(&mut self) -> &mut ValueVector {
        self.0.last_mut().expect("one was added")
    }
}

fn issued(now: u64, issued: u64, age: u64) -> Draft {
    Draft::visit()
        .with(|draft| (draft.now, draft.claims.issued, draft.claims.age) = (now, issued, age))
}

fn envelopes(made: &mut Made) {
    let least = empty_typed().with(|draft| (draft.now, draft.claims.issued) = (100, 100));
    made.add(
        "ok_least_envelope",
        "`issued` of one byte and no data: 55 bytes, the shortest that can be valid",
        "ok",
        least,
    );
    assert_eq!(made.last().sealed.as_ref().map(|sealed| sealed.envelope.len()), Some(2 * 55));
    let good = Draft::visit().value("base");
    let part = |length: usize| good[..length].to_owned();
    made.value(
        "pieces_length_1",
        "a first piece with a rest of 61 characters, which are no bytes by themselves",
        "pieces",
        format!("2.{}", part(61)),
    );
    made.value(
        "pieces_spare_bits",
        "a first piece whose last character has bits that belong to no byte",
        "pieces",
        "2.AB".to_owned(),
    );
    made.value(
        "pieces_nothing_behind",
        "a first piece with nothing behind its dot",
        "pieces",
        "2.".to_owned(),
    );
}

/// Several faults in one value: the earlier step is named.
fn order(made: &mut Made) {
    let ended = |draft: &mut Draft| {
        draft.secret = 2;
        draft.server.ring = vec![
            Key::new(reference::published(1), Suite::Xaes).text(),
            format!(
                "{} open-until=2027-01-15T08:00:00Z",
                Key::new(reference::published(2), Suite::XChaCha).text()
            ),
        ];
    };
    let draft = Draft::visit().with(ended).with(|draft| {
        draft.suite = Suite::XChaCha;
        draft.server.suites.truncate(1);
    });
    made.add(
        "ring_key_ended_and_unsupported",
        "for implementations that have XAES-256-GCM alone: a key that ended, of a suite that is not there",
        "key-ended",
        draft,
    );
    let draft = issued(NOW, NOW + 500, 0).with(|draft| draft.claims.shape = [1; 4]);
    made.add(
        "decode_other_shape_and_from_the_future",
        "of another shape, and from the future: the shape comes first",
        "other-shape",
        draft,
    );
    let draft = Draft::visit()
        .raw_claims(vec![0x80, 0, 0, 0, 0, 0])
        .with(|draft| (draft.form, draft.knows_no_compression) = (1, true));
    made.add(
        "decode_form_1_and_bad_claims",
        "for implementations without compression: compressed data, and claims that are none: the form comes first",
        "unknown-form",
        draft,
    );
    let refused = |draft: &mut Draft| draft.server.reject_created_before = NOW;
    made.add(
        "data_undecodable_and_refused",
        "undecodable, and created before the server's date",
        "undecodable",
        Draft::visit().raw_data(&[2]).with(refused),
    );
    made.add(
        "policy_refused",
        "created before the date from which on this server takes sessions",
        "refused",
        issued(NOW, NOW, 1).with(refused),
    );
    made.add(
        "policy_refused_after_a_refresh",
        "issued after the date and created before it",
        "refused",
        issued(NOW, NOW + 5, 6).with(refused),
    );
    made.add("ok_not_before", "created at the very date", "ok", issued(NOW, NOW, 0).with(refused));
    let draft = issued(NOW, NOW - IDLE, 0).with(refused);
    made.add(
        "policy_refused_and_expired",
        "created before the date, and over: the end comes first",
        "expired-idle",
        draft,
    );
}

fn claims(made: &mut Made) {
    let draft = Draft::visit().with(|draft| {
        draft.claims.id = Some([0xab; 16]);
        draft.claims.expiry = Expiry::At(NOW + 77);
        draft.claims.flashes = vec![(128, "a".to_owned()), (255, "b".to_owned())];
    });
    made.add(
        "ok_flash_levels",
        "levels of 128 and 255: a level is one byte, and no varint",
        "ok",
        draft,
    );
    let draft =
        issued(NOW, NOW - IDLE, 0).with(|draft| draft.claims.expiry = Expiry::BrowserSession);
    made.add(
        "policy_browser_session_idle",
        "BrowserSession at its idle end: it has the limits of Default",
        "expired-idle",
        draft,
    );
    let draft =
        issued(NOW, NOW, ABSOLUTE).with(|draft| draft.claims.expiry = Expiry::BrowserSession);
    made.add(
        "policy_browser_session_absolute",
        "BrowserSession at its absolute end",
        "expired-absolute",
        draft,
    );
    let draft =
        issued(NOW, NOW, ABSOLUTE).with(|draft| draft.claims.expiry = Expiry::Idle(ABSOLUTE + 60));
    made.add(
        "policy_own_idle_absolute",
        "an idle timeout of its own does not extend the absolute one",
        "expired-absolute",
        draft,
    );
    let draft = issued(NOW, NOW, u64::MAX).with(|draft| draft.server.absolute_timeout = NOW + 1);
    made.add("ok_age_greatest", "an age of 2⁶⁴ − 1: created at 0", "ok", draft);
    let draft = issued(NOW, NOW, u64::MAX).with(|draft| draft.server.absolute_timeout = NOW);
    made.add(
        "policy_age_greatest",
        "the same at the absolute end, reckoned from 0",
        "expired-absolute",
        draft,
    );
    let draft = issued(NOW, u64::MAX, 0);
    made.add("policy_issued_greatest", "issued at 2⁶⁴ − 1", "from-the-future", draft);
    let late =
        |name: &str, note: &str, expect: &str, change: &dyn Fn(&mut Draft), made: &mut Made| {
            made.add(name, note, expect, issued(NOW, NOW - IDLE + 1, 0).with(change));
            made.last().milliseconds = 999;
        };
    late(
        "ok_clock_rounds_down",
        "0.999 s after the last second before the idle end: a clock's reading is rounded down",
        "ok",
        &|_| (),
        made,
    );
    late(
        "ok_clock_rounds_down_at",
        "0.999 s after the last second before a fixed end",
        "ok",
        &|draft| draft.claims.expiry = Expiry::At(NOW + 1),
        made,
    );
    late(
        "policy_clock_rounds_down_future",
        "121 s ahead of a clock that reads 0.999 s more",
        "from-the-future",
        &|draft| draft.claims.issued = NOW + 121,
        made,
    );
}

fn every_by_place() -> Vec<u8> {
    typed::write_by_place(&typed::EVERY, &every().0)
}

/// `Every` by place with one field's bytes replaced.
fn spliced(range: std::ops::Range<usize>, bytes: &[u8]) -> Vec<u8> {
    let mut all = every_by_place();
    all.splice(range, bytes.iter().copied());
    all
}

fn by_place(made: &mut Made) {
    let (json, item) = every();
    assert_eq!(every_by_place(), reference::postcard(&item));
    let draft = || Draft::new(Server::of("Every"), json!(null), Vec::new());
    let with = |field: &str, value: Json| {
        let mut json = json.clone();
        json[field] = value;
        Some(json)
    };
    // yes 1, tiny 1, byte 1, small 2, int 5, big 10, huge 10, half 4, whole 8, letter 3, text 14,
    // raw 4, pair 2, who 3, marks …
    for (name, note, range, bytes, reads) in [
        ("bool_2", "a bool that is 2", 0..1, &[2][..], None),
        ("char_empty", "a char of no bytes", 42..45, &[0], None),
        ("char_two", "a char that is two characters of one byte", 42..45, b"\x02ab", None),
        ("char_four", "a char that is four characters", 42..45, b"\x04abcd", None),
        (
            "char_and_more",
            "a char of two bytes, and another character",
            42..45,
            &[3, 0xc3, 0x9f, b'a'],
            None,
        ),
        ("char_five_bytes", "a char of five bytes", 42..45, b"\x05abcde", None),
        ("char_not_utf8", "a char that is no UTF-8", 42..45, &[2, 0xc3, 0x28], None),
        (
            "char_four_bytes",
            "a char of four bytes",
            42..45,
            &[4, 0xf0, 0x9f, 0x8d, 0xaa],
            with("letter", json!("\u{1F36A}")),
        ),
        ("text_not_utf8", "a string that is no UTF-8", 42..45, &[2, 0xc3, 0x9f, 1, 0xff], None),
        (
            "varint_16_long",
            "an i16 of two bytes in three, the most that 16 bits take",
            3..5,
            &[0xd7, 0x84, 0],
            with("small", json!(-300)),
        ),
        ("varint_16_longer", "an i16 in four bytes", 3..5, &[0xd7, 0x84, 0x80, 0], None),
        ("varint_16_beyond", "17 bits in an i16", 3..5, &[0xff, 0xff, 4], None),
        ("varint_32_beyond", "33 bits in an i32", 5..10, &[0xff, 0xff, 0xff, 0xff, 0x1f], None),
        (
            "varint_64_long",
            "a 7 in ten bytes, the most that 64 bits take",
            20..30,
            &[0x87, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0],
            with("huge", json!(7)),
        ),
        (
            "varint_64_longer",
            "a 7 in eleven bytes",
            20..30,
            &[0x87, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0],
            None,
        ),
        (
            "varint_64_beyond",
            "65 bits",
            20..30,
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 3],
            None,
        ),
        (
            "nan",
            "a float that is no number, as every float by place (JSON has null for it)",
            34..42,
            &[0, 0, 0, 0, 0, 0, 0xf8, 0x7f],
            with("whole", Json::Null),
        ),
        (
            "nan_infinite",
            "an infinite float of 32 bits (JSON has null for it)",
            30..34,
            &[0, 0, 0x80, 0x7f],
            with("half", Json::Null),
        ),
        ("enum_4", "variant number 4, of an enum of four", 65..68, &[4], None),
        (
            "enum_number_long",
            "variant number 1 in five bytes",
            65..66,
            &[0x81, 0x80, 0x80, 0x80, 0],
            with("who", json!({ "Member": 1000 })),
        ),
        (
            "enum_number_33_bits",
            "a variant number of 33 bits",
            65..66,
            &[0x81, 0x80, 0x80, 0x80, 0x10],
            None,
        ),
        (
            "map_key_twice",
            "a map's key twice: the last value counts",
            68..77,
            &[2, 1, b'a', 1, 1, b'a', 9],
            with("marks", json!({ "a": 9 })),
        ),
        (
            "map_order",
            "a map's keys in another order",
            68..77,
            &[2, 1, b'b', 2, 1, b'a', 1],
            with("marks", json!({ "a": 1, "b": 2 })),
        ),
    ] {
        made.data(&format!("place_{name}"), note, draft(), &spliced(range, bytes), reads);
    }
    let wide = |large: &str, low: &str| json!({ "large": large, "low": low, "counts": { "-7": 1, "12": 2 }, "flags": { "false": 0, "true": 1 } });
    let draft = || Draft::new(Server::of("Wide"), json!(null), Vec::new());
    let greatest = wide(&u128::MAX.to_string(), &i128::MIN.to_string());
    let bytes = typed::write_by_place(&typed::WIDE, &greatest);
    made.data(
        "place_128_bits",
        "the greatest integers of 128 bits: 19 bytes each; maps by integers and booleans",
        draft(),
        &bytes,
        Some(greatest),
    );
    let small = typed::write_by_place(&typed::WIDE, &wide("7", "-1"));
    let spliced = |bytes: &[u8]| [bytes, &small[1..]].concat();
    let padded = |count: usize| [&[0x87][..], &vec![0x80; count - 2], &[0]].concat();
    made.data(
        "place_128_bits_long",
        "a 7 in 19 bytes",
        draft(),
        &spliced(&padded(19)),
        Some(wide("7", "-1")),
    );
    made.data("place_128_bits_longer", "a 7 in 20 bytes", draft(), &spliced(&padded(20)), None);
    made.data(
        "place_128_bits_beyond",
        "129 bits",
        draft(),
        &spliced(&[&[0xff; 18][..], &[7]].concat()),
        None,
    );
    // 8 levels of variants and sequences, and 120 of variants and options.
    let deep = (0..60).fold(json!("Leaf"), |inner, _| json!({ "Maybe": inner }));
    let deep = (0..4).fold(deep, |inner, _| json!({ "Many": [inner] }));
    let mut tree = |name: &str, note: &str, value: Json, reads: bool| {
        let raw = typed::write_by_place(&typed::TREE, &value);
        let draft = Draft::new(Server::of("Tree"), json!(null), Vec::new());
        made.data(name, note, draft, &raw, reads.then_some(value));
    };
    tree("place_deep_128", "values that nest 128 levels deep", deep.clone(), true);
    tree("place_deep_129", "one level more around them", json!({ "One": deep }), false);
}

fn by_name(made: &mut Made) {
    let base = every().0;
    let mut add =
        |name: &str, note: &str, changes: &[(&str, Json)], reads: Option<&[(&str, Json)]>| {
            let (mut fields, mut value) = (base.clone(), base.clone());
            changes.iter().for_each(|(field, json)| fields[*field] = json.clone());
            reads.unwrap_or_default().iter().for_each(|(field, json)| value[*field] = json.clone());
            let draft = Draft::new(Server::of("Every").by_name(), json!(null), Vec::new());
            made.data(
                &format!("named_{name}"),
                note,
                draft,
                &reference::encode_map(&fields),
                reads.map(|_| value),
            );
        };
    let exact = 1_u64 << 53;
    let just_below = f64::from_bits((f64::from(f32::MAX) + 2_f64.powi(103)).to_bits() - 1);
    let (nearest, inner) = (f64::from(0.1_f32), every().0["next"].clone());
    for (name, note, field, came, reads) in [
        (
            "float_of_integer",
            "an integer in a float's field, which it is exactly",
            "whole",
            json!(1),
            Some(json!(1.0)),
        ),
        (
            "float_of_negative",
            "a negative integer in a float's field",
            "whole",
            json!(-3),
            Some(json!(-3.0)),
        ),
        (
            "float_of_2_53",
            "2⁵³ in a float's field",
            "whole",
            json!(exact),
            Some(json!(exact as f64)),
        ),
        (
            "float_of_2_53_and_1",
            "2⁵³ + 1 in a float's field: no float is that",
            "whole",
            json!(exact + 1),
            None,
        ),
        (
            "float_of_negative_2_53_and_1",
            "−2⁵³ − 1 in a float's field",
            "whole",
            json!(-(exact as i64) - 1),
            None,
        ),
        ("float_of_2_64", "2⁶⁴ − 1 in a float's field", "whole", json!(u64::MAX), None),
        (
            "float_32_of_integer",
            "an integer in a field of 32 bits",
            "half",
            json!(1),
            Some(json!(1.0)),
        ),
        (
            "float_32_of_2_24",
            "2²⁴ in a float's field of 32 bits",
            "half",
            json!(1 << 24),
            Some(json!(16_777_216.0)),
        ),
        (
            "float_32_of_2_24_and_1",
            "2²⁴ + 1 in a float's field of 32 bits",
            "half",
            json!((1 << 24) + 1),
            None,
        ),
        (
            "float_32_beyond",
            "10³⁰⁰ in a float's field of 32 bits would be infinite",
            "half",
            json!(1e300),
            None,
        ),
        ("float_32_negative_beyond", "−10³⁰⁰", "half", json!(-1e300), None),
        (
            "float_32_edge",
            "the least that rounds to infinity in 32 bits",
            "half",
            json!(f64::from(f32::MAX) + 2_f64.powi(103)),
            None,
        ),
        (
            "float_32_below_edge",
            "just below that: the greatest float of 32 bits",
            "half",
            json!(just_below),
            Some(json!(f64::from(f32::MAX))),
        ),
        (
            "float_32_rounded",
            "0.1 of 64 bits is read as the nearest of 32",
            "half",
            json!(0.1),
            Some(json!(nearest)),
        ),
        ("float_32_tiny", "5·10⁻³²⁴ is read as 0", "half", json!(5e-324), Some(json!(0.0))),
        ("float_of_boolean", "a boolean in a float's field", "whole", json!(true), None),
        ("float_of_text", "a string in a float's field", "whole", json!("1"), None),
        ("integer_of_float", "1.0 in an integer's field", "int", json!(1.0), None),
        ("integer_of_boolean", "a boolean in an integer's field", "byte", json!(true), None),
        ("integer_negative", "−1 in a field without a sign", "byte", json!(-1), None),
        ("integer_beyond", "−129 in eight bits", "tiny", json!(-129), None),
        ("boolean_of_integer", "1 in a boolean's field", "yes", json!(1), None),
        ("text_of_integer", "an integer in a string's field", "text", json!(1), None),
        ("char_two", "a char of two characters", "letter", json!("ab"), None),
        ("char_empty", "a char of none", "letter", json!(""), None),
        ("tuple_long", "a tuple of one part too many", "pair", json!([9, -1, 0]), None),
        ("tuple_short", "a tuple of one part too few", "pair", json!([9]), None),
        ("array_long", "a fixed array of one too many", "raw", json!([1, 2, 3, 255, 4]), None),
        ("unit_of_object", "an empty object where null belongs", "unit", json!({}), None),
        ("option_of_other", "an Option that is there, and of another kind", "next", json!(7), None),
        (
            "struct_as_array",
            "a nested struct as an array of its fields in order",
            "next",
            inner_as_array(&inner),
            Some(inner.clone()),
        ),
        (
            "struct_as_short_array",
            "the same without its last field",
            "next",
            short_array(&inner),
            None,
        ),
        (
            "variant_as_null",
            "a variant without parts as an object of null",
            "who",
            json!({ "Guest": null }),
            Some(json!("Guest")),
        ),
        (
            "variant_as_array",
            "a variant with named parts as an array of them",
            "who",
            json!({ "Staff": [3, "ops"] }),
            Some(json!({ "Staff": { "level": 3, "unit": "ops" } })),
        ),
        (
            "variant_as_long_array",
            "the same with one more",
            "who",
            json!({ "Staff": [3, "ops", 1] }),
            None,
        ),
        (
            "variant_without_parts_of_value",
            "a variant without parts as an object of 1",
            "who",
            json!({ "Guest": 1 }),
            None,
        ),
        (
            "variant_of_two_keys",
            "a variant of two keys",
            "who",
            json!({ "Member": 1, "Pair": [1, 2] }),
            None,
        ),
        ("variant_of_no_key", "a variant of none", "who", json!({}), None),
        ("variant_unknown", "a variant that there is not", "who", json!("Owner"), None),
        (
            "variant_without_its_part",
            "the name alone of a variant that has a part",
            "who",
            json!("Member"),
            None,
        ),
        ("variant_number", "a variant by its number", "who", json!(0), None),
        (
            "variant_tuple_short",
            "a variant of two parts with one",
            "who",
            json!({ "Pair": [1] }),
            None,
        ),
        ("map_of_array", "an array where a map belongs", "marks", json!([["a", 1]]), None),
        (
            "unknown_deep",
            "a field that the reader does not know, 64 deep",
            "zz",
            nested(64),
            Some(Json::Null),
        ),
    ] {
        let reads = reads.map(|reads| if field == "zz" { vec![] } else { vec![(field, reads)] });
        add(name, note, &[(field, came)], reads.as_deref());
    }

    let mut visit = |name: &str, note: &str, data: &str, fields: Json, reads: Option<Json>| {
        let draft = Draft::new(Server::of(data).by_name(), json!(null), Vec::new());
        made.data(&format!("named_{name}"), note, draft, &reference::encode_map(&fields), reads);
    };
    visit(
        "option_absent",
        "an Option that is absent is None",
        "Visit",
        json!({ "cart": [1] }),
        Some(json!({ "user": null, "cart": [1] })),
    );
    visit(
        "option_null",
        "an Option that is null is None",
        "Visit",
        json!({ "user": null, "cart": [] }),
        Some(json!({ "user": null, "cart": [] })),
    );
    visit(
        "both_names",
        "a field under two of its names at once",
        "Loose",
        json!({ "cart": [1], "basket": [1] }),
        None,
    );
    let unknown = json!({ "cart": [], "user": 7, "zz": { "deep": [[[{ "a": null }]]] } });
    visit(
        "unknown_object",
        "a field that the reader does not know, which holds objects",
        "Visit",
        unknown,
        Some(json!({ "user": 7, "cart": [] })),
    );
    visit(
        "other_case",
        "a field's name in other letter case",
        "Visit",
        json!({ "Cart": [], "user": 7 }),
        None,
    );
    visit(
        "array_of_floats",
        "floats where integers belong",
        "Visit",
        json!({ "cart": [1.0], "user": 7 }),
        None,
    );
    for (name, note, key, reads) in [
        ("key_integer", "a map's key that is an integer", "-7", true),
        ("key_leading_zero", "a zero before it", "01", false),
        ("key_plus", "a plus before it", "+1", false),
        ("key_minus_zero", "a minus before 0", "-0", false),
        ("key_blank", "a blank before it", " 1", false),
        ("key_beyond", "one that its type does not hold", "2147483648", false),
        ("key_fraction", "one with a fraction", "1.0", false),
    ] {
        let fields = json!({ "counts": { key: 1 } });
        visit(name, note, "Counts", fields.clone(), reads.then_some(fields));
    }
    let flags = json!({ "flags": { "true": 1, "false": 0 } });
    visit("key_boolean", "a map's keys that are booleans", "Counts", flags.clone(), Some(flags));
    visit(
        "key_boolean_number",
        "1 for a key that is a boolean",
        "Counts",
        json!({ "flags": { "1": 1 } }),
        None,
    );
}

/// A struct's fields in the order of its declaration, with those within it as they were.
fn inner_as_array(inner: &Json) -> Json {
    let names = [
        "yes", "tiny", "byte", "small", "int", "big", "huge", "half", "whole", "letter", "text",
        "raw", "pair", "who", "marks", "next", "unit",
    ];
    names.iter().map(|name| inner[*name].clone()).collect()
}

fn short_array(inner: &Json) -> Json {
    let mut array = inner_as_array(inner);
    array.as_array_mut().expect("an array").pop();
    array
}

fn maps(made: &mut Made) {
    let key = "é".repeat(33);
    let note = "a key of 33 characters and 66 bytes: it has no number, nor has a list of it, and its objects are no records";
    made.add(
        "ok_map_long_key",
        note,
        "ok",
        Draft::map(json!({ "a": { &key: 1 }, "b": { &key: 1 }, "c": [{ &key: 1 }, { &key: 2 }] })),
    );
    let key = "é".repeat(32);
    let note = "a key of 32 characters and 64 bytes: a number, a list and records";
    made.add(
        "ok_map_longest_key",
        note,
        "ok",
        Draft::map(json!({ "a": { &key: 1 }, "b": { &key: 1 }, "c": [{ &key: 1 }, { &key: 2 }] })),
    );
    made.add(
        "ok_map_key_order",
        "U+FF5E before U+1F600: by the bytes of their UTF-8, and not of UTF-16",
        "ok",
        Draft::map(json!({ "\u{ff5e}": 1, "\u{1f600}": 2 })),
    );
    made.add(
        "ok_map_not_bytes",
        "true and 64: not all are integers",
        "ok",
        Draft::map(json!({ "a": [true, 64], "b": [64, -1], "c": [64, 256], "d": [64, 1.0] })),
    );
    made.add(
        "ok_map_uuid_capitals",
        "a UUID in capitals, or with one, is text",
        "ok",
        Draft::map(json!({ "a": "123E4567-E89B-12D3-A456-426614174000", "b": "123e4567-e89b-12d3-a456-42661417400F" })),
    );
    made.add(
        "ok_map_uuid_dashes",
        "dashes at other places",
        "ok",
        Draft::map(json!({ "a": "123e4567e-89b-12d3-a456-426614174000", "b": "123e4567-e89b-12d3-a456426614174000-" })),
    );
    made.add(
        "ok_map_same_string_twice",
        "a UUID and hexadecimal have numbers as text has",
        "ok",
        Draft::map(
            json!({ "a": ["123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000", "abcd", "abcd"] }),
        ),
    );
    let at = |levels: usize, value: Json| json!({ "deep": (0..levels).fold(value, |inner, _| json!([inner])) });
    for (name, note, value, own) in [
        ("bytes", "integers of a byte each", json!([64]), 1),
        ("array", "an empty array", json!([]), 1),
        ("object", "an empty object", json!({}), 1),
        ("records", "records, which are two levels", json!([{ "a": 1 }, { "a": 2 }]), 2),
    ] {
        made.add(
            &format!("ok_map_deep_{name}"),
            &format!("64 deep, the last of them {note}"),
            "ok",
            Draft::map(at(64 - own, value.clone())),
        );
        let raw = reference::encode_map(&at(65 - own, value));
        made.data(
            &format!("map_deep_{name}"),
            &format!("65 deep, the last of them {note}"),
            Draft::map(json!({})),
            &raw,
            None,
        );
    }
    let under_a = |data: &str| bytes(&format!("a96161{data}"));
    for (name, note, data) in [
        ("key_order_utf16", "keys in the order of UTF-16", None),
        ("uuid_as_text", "a UUID as text", Some("6431323365")),
        ("count_five_bytes", "a count of five bytes", Some("f88080808000")),
        ("length_five_bytes", "a length of bytes in five bytes", Some("fa808080800040")),
        (
            "hex_length_overlong",
            "hexadecimal's length in one byte more than it takes",
            Some("f48200abcd"),
        ),
        ("integer_edge_short", "8,256 in the form for up to 8,255", Some("6000")),
        ("float_as_64", "0.5 in 64 bits", Some("e8000000000000e03f")),
        ("list_of_long_key", "a list number for a key of 65 bytes", None),
    ] {
        let raw = match (data, name) {
            (Some(data), _) if name != "uuid_as_text" => under_a(data),
            (_, "uuid_as_text") => {
                [under_a(""), vec![0x60 + 36], b"123e4567-e89b-12d3-a456-426614174000".to_vec()]
                    .concat()
            }
            (_, "key_order_utf16") => {
                [&[0xaa, 0x64][..], "\u{1f600}".as_bytes(), &[0x63], "\u{ff5e}".as_bytes(), &[1, 2]]
                    .concat()
            }
            _ => {
                let key = [&[0xa9, 0xf2, 25][..], &[b'k'; 65], &[1]].concat();
                [&[0xaa, 0x61, b'a', 0x61, b'b'][..], &key, &[0xb9, 1]].concat()
            }
        };
        made.data(&format!("map_{name}"), note, Draft::map(json!({})), &raw, None);
    }
}

/// Shapes that a server reads beside the one that it writes.
fn shapes(made: &mut Made) {
    let value = json!({ "user": 7, "cart": [1, 300] });
    let by_name = Draft::named("Visit", value.clone(), &value)
        .with(|draft| draft.server = Server::of("Visit"));
    made.add(
        "ok_named_at_a_server_by_place",
        "by name, at a server that writes the same type by place",
        "ok",
        by_name,
    );
    let by_place = Draft::visit().with(|draft| draft.server = Server::of("Visit").by_name());
    made.add(
        "ok_by_place_at_a_server_by_name",
        "by place, at a server that writes the same type by name",
        "ok",
        by_place,
    );
    let numbered = Draft::visit().with(|draft| {
        draft.server = Server::of("Visit").numbered(7).by_name();
        draft.server.shape_number = Some(7);
        draft.claims.shape = reference::shape_of_number(7);
    });
    made.add(
        "ok_number_at_a_server_by_name",
        "by place under a shape number, at a server that writes by name and was given the number",
        "ok",
        numbered.clone(),
    );
    let traced = numbered.with(|draft| draft.claims.shape = reference::shape_of_text(VISIT));
    made.add(
        "decode_text_beside_a_number",
        "the shape of the text, where a number takes its place",
        "other-shape",
        traced,
    );
    let earlier = Draft::new(Server::of("Visit"), json!({ "user": 7, "cart": [] }), vec![1, 7])
        .with(|draft| {
            draft.server.upgrades = true;
            draft.claims.shape = reference::shape_of_text(EARLIER);
        });
    made.add(
        "ok_upgraded",
        "of an earlier type, at a server that reads it too",
        "ok",
        earlier.clone(),
    );
    let unknown = earlier.clone().with(|draft| draft.server.upgrades = false);
    made.add("decode_earlier_type", "the same at a server that does not", "other-shape", unknown);
    made.data(
        "earlier_trailing",
        "of an earlier type, with a byte behind it",
        earlier,
        &[1, 7, 0],
        None,
    );
}
