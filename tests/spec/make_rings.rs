//! Vectors of ring texts: secrets at the edge of being weak, two keys of one id, which of several
//! faults is named and where, and which key seals.

use super::file::*;
use super::make::*;
use super::reference::{self, Key, Suite};

/// Two keys of different secrets and suites, both of the id c6bd00a1.
const SAME_ID: [&str; 2] = [
    "ssk1.xaes256gcm.rnNAjxRYkGm1FL7rmUY6TQZv9KR88O9xr1aLwtbEICo",
    "ssk1.xchacha20poly1305.ruN1zWf9KaKY_-ZoL1jZGZoSCDH431O1ZXPLBewKstQ",
];

pub fn vectors() -> Vec<RingVector> {
    let mut all: Vec<RingVector> = Vec::new();
    let key = |n: u8| Key::new(reference::published(n), Suite::Xaes).text();
    let (a, b, c) = (key(0), key(1), Key::new(reference::published(2), Suite::XChaCha).text());
    let mut accept = |name: &str, note: &str, text: String, times: &[u64]| {
        let ring =
            reference::ring(&text, true).unwrap_or_else(|refused| panic!("{name}: {refused:?}"));
        let keys = ring.iter().map(|entry| RingKey {
            key_id: hex::encode(entry.key.id),
            suite: entry.key.suite.name().to_owned(),
            seal_from: entry.seal_from,
            open_until: entry.open_until,
        });
        let sealing = times.iter().map(|time| {
            (*time, reference::sealing(&ring, *time).map(|entry| hex::encode(entry.key.id)))
        });
        all.push(RingVector {
            name: name.to_owned(),
            note: note.to_owned(),
            takes_published: true,
            expect: "ok".to_owned(),
            place: None,
            keys: keys.collect(),
            sealing: sealing.collect(),
            text: Text(text),
            bytes: None,
            may_start: Vec::new(),
        });
    };
    let secret = |secret: [u8; 32]| Key::new(secret, Suite::Xaes).text();
    let ascii: [u8; 32] = std::array::from_fn(|n| 0x21 + n as u8);
    let with = |byte: u8| {
        let mut bytes = ascii;
        bytes[9] = byte;
        secret(bytes)
    };
    accept(
        "ok_17_bytes",
        "17 different bytes",
        secret(std::array::from_fn(|n| (n % 17) as u8 + 0xe0)),
        &[NOW],
    );
    accept("ok_ascii_and_7f", "printable ASCII, and one 7F", with(0x7f), &[NOW]);
    accept("ok_ascii_and_1f", "printable ASCII, and one 1F", with(0x1f), &[NOW]);
    accept("ok_ascii_and_80", "printable ASCII, and one 80", with(0x80), &[NOW]);
    for (n, text) in SAME_ID.into_iter().enumerate() {
        accept(
            &format!("ok_same_id_{n}"),
            "one of two keys of the id c6bd00a1, alone",
            text.to_owned(),
            &[NOW],
        );
    }
    accept(
        "ok_semicolons_and_lf",
        "semicolons, and a line end behind them",
        format!("{a};{b}\n"),
        &[NOW],
    );
    accept(
        "ok_crlf_alone",
        "a line end of CR and LF, and nothing else in the line",
        format!("{a}\r\n\r\n"),
        &[NOW],
    );
    let later = format!("{a} seal-from=2027-01-15T08:00:00Z open-until=2027-01-15T09:00:00Z\n{b}");
    accept(
        "ok_falls_back",
        "the key that seals ends, and an earlier one seals again",
        later,
        &[NOW - 1, NOW, NOW + 3599, NOW + 3600],
    );
    let two =
        format!("{a} seal-from=2027-01-15T09:00:00Z\n{b} seal-from=2027-01-15T08:00:00Z\n{c}");
    accept(
        "ok_latest_wherever_it_stands",
        "the later one above the earlier one",
        two,
        &[NOW - 1, NOW, NOW + 3599, NOW + 3600],
    );
    let none = format!("{a} seal-from=2027-01-15T08:00:00Z");
    accept("ok_none_seals_yet", "none seals before the first seal-from", none, &[0, NOW - 1, NOW]);
    let start = format!("{a} seal-from=1970-01-01T00:00:00Z\n{b}");
    accept(
        "ok_1970_first_of_equals",
        "seal-from=1970 counts as none: of equals, the first",
        start,
        &[0, NOW],
    );

    let mut refuse = |name: &str, note: &str, text: String, expect: &str, place: usize| {
        all.push(RingVector {
            name: name.to_owned(),
            note: note.to_owned(),
            takes_published: expect != "published",
            text: Text(text),
            bytes: None,
            expect: expect.to_owned(),
            place: (place > 0).then_some(place),
            keys: Vec::new(),
            sealing: Vec::new(),
            may_start: Vec::new(),
        });
    };
    refuse("weak_ascii_20", "printable ASCII, a space among it", with(0x20), "weak", 1);
    refuse("weak_ascii_7e", "printable ASCII, a tilde among it", with(0x7e), "weak", 1);
    for n in 8..80 {
        let suite = if n % 2 == 0 { Suite::Xaes } else { Suite::XChaCha };
        let text = Key::new(reference::published(n), suite).text();
        refuse(&format!("published_{n}"), "a published secret", text, "published", 1);
    }
    refuse(
        "published_in_a_comment",
        "a published secret in a comment is none",
        format!("# {a}"),
        "empty",
        0,
    );
    refuse("twice_id", "two secrets, two suites, and one key id", SAME_ID.join("\n"), "twice", 2);
    let many: Vec<String> = (8..72).map(key).collect();
    let again = format!("{}\n{}", many.join("\n"), many[0]);
    refuse("too_many_and_twice", "the 65th key, which is there already", again, "too-many", 65);
    refuse(
        "too_many_and_overshadowed",
        "the 65th key, which would overshadow",
        format!("{}\n{a} seal-from=2027-01-15T08:00:00Z", many.join("\n")),
        "too-many",
        65,
    );
    refuse(
        "not_a_key_and_too_many",
        "a 65th that is no key",
        format!("{}\nnonsense", many.join("\n")),
        "not-a-key",
        65,
    );

    // The first fault, key by key and within a key in this order.
    let weak = secret([7; 32]);
    refuse(
        "order_two_lines",
        "two faults in two lines",
        format!("{a} x=1\nnonsense"),
        "unknown-attribute",
        1,
    );
    refuse("order_two_keys", "two faults in one line", format!("{weak};nonsense"), "weak", 1);
    refuse(
        "order_suite_and_secret",
        "another suite, and a secret that is none",
        "ssk1.foo.x".to_owned(),
        "unknown-suite",
        1,
    );
    refuse("order_empty_suite", "no suite", "ssk1..x".to_owned(), "unknown-suite", 1);
    refuse("order_no_second_dot", "no second dot", "ssk1.foo".to_owned(), "not-a-key", 1);
    refuse("order_prefix_alone", "nothing behind the prefix", "ssk1.".to_owned(), "not-a-key", 1);
    refuse(
        "order_weak_and_attribute",
        "a weak secret, and an attribute that there is not",
        format!("{weak} x=1"),
        "weak",
        1,
    );
    refuse(
        "order_attribute_and_time",
        "two attributes, the first that is wrong is named",
        format!("{a} open-until=never x=1"),
        "time",
        1,
    );
    refuse(
        "order_attribute_before_time",
        "the same the other way round",
        format!("{a} x=1 open-until=never"),
        "unknown-attribute",
        1,
    );
    let from = "seal-from=2027-01-15T08:00:00Z";
    refuse(
        "order_twice_and_time",
        "an attribute again, with a time that is none",
        format!("{a} {from} seal-from=never"),
        "time",
        1,
    );
    refuse(
        "order_twice_and_ends",
        "an attribute again, and an end before the start",
        format!("{a} open-until=2027-01-01T00:00:00Z {from} {from}"),
        "attribute-twice",
        1,
    );
    refuse(
        "order_ends_and_twice",
        "an end before the start, in a key that is there already",
        format!("{a}\n{a} {from} open-until=2027-01-01T00:00:00Z"),
        "ends-before-it-seals",
        2,
    );
    refuse(
        "order_twice_and_overshadowed",
        "a key again, and one overshadowed above it",
        format!("{a}\n{b} {from}\n{b}"),
        "twice",
        3,
    );
    refuse(
        "order_overshadowed_last",
        "one overshadowed, and a fault below",
        format!("{a}\n{b} {from}\nnonsense"),
        "not-a-key",
        3,
    );
    refuse(
        "overshadowed_first",
        "two that are overshadowed: the first",
        format!("{a}\n{b}\n{c} {from}"),
        "overshadowed",
        1,
    );
    refuse(
        "overshadowed_that_ends",
        "one that ends before the other begins",
        format!("{a} open-until=2027-01-01T00:00:00Z\n{b} {from}"),
        "overshadowed",
        1,
    );
    refuse(
        "overshadowed_1970",
        "below it seal-from=1970",
        format!("{a}\n{b} seal-from=1970-01-01T00:00:00Z"),
        "overshadowed",
        1,
    );
    refuse(
        "attribute_no_equals",
        "an attribute without =",
        format!("{a} seal-from"),
        "unknown-attribute",
        1,
    );
    refuse(
        "attribute_empty_name",
        "an attribute without a name",
        format!("{a} =2027-01-15T08:00:00Z"),
        "unknown-attribute",
        1,
    );

    let head = &a[..a.len() - 1];
    refuse(
        "secret_43_characters_of_44_bytes",
        "the length is in bytes",
        format!("{head}é"),
        "secret-length",
        1,
    );
    let shorter = &a[..a.len() - 2];
    refuse(
        "secret_42_characters_of_43_bytes",
        "43 bytes, and one of them no base64url",
        format!("{shorter}é"),
        "secret-alphabet",
        1,
    );
    refuse("secret_44", "a secret of 44 characters", format!("{a}A"), "secret-length", 1);
    refuse("secret_empty", "none", "ssk1.xaes256gcm.".to_owned(), "secret-length", 1);
    refuse(
        "secret_byte_order_mark",
        "a byte order mark behind the key",
        format!("{a}\u{feff}"),
        "secret-length",
        1,
    );
    refuse(
        "secret_two_carriage_returns",
        "two CR before LF: one of them is no blank",
        format!("{a}\r\r\n{b}"),
        "secret-length",
        1,
    );
    refuse(
        "secret_carriage_return_and_semicolon",
        "CR before a semicolon",
        format!("{a}\r;{b}"),
        "secret-length",
        1,
    );
    refuse("key_no_blank", "NUL before the key", format!("\0{a}"), "not-a-key", 1);
    refuse("key_vertical_tab", "a vertical tab is no blank", format!("\u{b}{a}"), "not-a-key", 1);
    refuse(
        "place_one_line",
        "a text without LF counts keys",
        format!("{a};{b};nonsense"),
        "not-a-key",
        3,
    );
    refuse(
        "place_lf_at_the_end",
        "one with LF counts lines, though it has one",
        format!("{a};nonsense\n"),
        "not-a-key",
        1,
    );
    refuse(
        "place_cr_alone",
        "CR ends no line, but for the last of a text",
        format!("{a};nonsense\r"),
        "not-a-key",
        2,
    );
    refuse(
        "place_comment",
        "a comment is no key, and is not counted",
        format!("# x; {a} # y; nonsense"),
        "not-a-key",
        2,
    );
    refuse(
        "time_hour_24_offset",
        "an offset of 24 hours behind UTC",
        format!("{a} open-until=2027-01-15T08:00:00-24:00"),
        "time",
        1,
    );
    refuse(
        "time_2100",
        "2100 is no leap year",
        format!("{a} open-until=2100-02-29T08:00:00Z"),
        "time",
        1,
    );

    starts(&mut all);
    let mut no_text = |name: &str, note: &str, bytes: Vec<u8>| {
        all.push(RingVector {
            name: name.to_owned(),
            note: note.to_owned(),
            takes_published: true,
            text: Text(String::new()),
            bytes: Some(hex::encode(bytes)),
            expect: "not-utf8".to_owned(),
            place: None,
            keys: Vec::new(),
            sealing: Vec::new(),
            may_start: Vec::new(),
        });
    };
    no_text("not_utf8_comment", "FF in a comment", [a.as_bytes(), b" # \xff"].concat());
    no_text("not_utf8_secret", "FF in a secret", [head.as_bytes(), b"\xff"].concat());
    no_text("not_utf8_half_mark", "half a byte order mark", [b"\xef\xbb", a.as_bytes()].concat());
    no_text("not_utf8_before_all", "before every other fault", b"nonsense\n\xff".to_vec());
    all
}

/// Rings with which a server may start, by its suites and its clock.
fn starts(all: &mut Vec<RingVector>) {
    let xaes = |n: u8| Key::new(reference::published(n), Suite::Xaes).text();
    let xchacha = |n: u8| Key::new(reference::published(n), Suite::XChaCha).text();
    let mut add = |name: &str, note: &str, text: String, times: &[u64]| {
        let ring =
            reference::ring(&text, true).unwrap_or_else(|refused| panic!("{name}: {refused:?}"));
        let keys = ring.iter().map(|entry| RingKey {
            key_id: hex::encode(entry.key.id),
            suite: entry.key.suite.name().to_owned(),
            seal_from: entry.seal_from,
            open_until: entry.open_until,
        });
        let suites = [&[Suite::Xaes, Suite::XChaCha][..], &[Suite::Xaes], &[Suite::XChaCha]];
        let may_start = times.iter().flat_map(|now| {
            let ring = &ring;
            suites.into_iter().map(move |suites| MayStart {
                now: *now,
                suites: suites.iter().map(|suite| suite.name().to_owned()).collect(),
                may: reference::may_start(ring, suites, *now),
            })
        });
        all.push(RingVector {
            name: name.to_owned(),
            note: note.to_owned(),
            takes_published: true,
            expect: "ok".to_owned(),
            place: None,
            keys: keys.collect(),
            sealing: Vec::new(),
            may_start: may_start.collect(),
            text: Text(text),
            bytes: None,
        });
    };
    let (from, until) = ("seal-from=2027-01-15T08:00:00Z", "open-until=2027-01-15T08:00:00Z");
    add(
        "ok_start_suite",
        "a key of one suite: a server that lacks it does not start",
        xaes(0),
        &[NOW],
    );
    add(
        "ok_start_other_below",
        "a key that only opens may be of a suite that is not there",
        format!("{}\n{}", xaes(0), xchacha(1)),
        &[NOW],
    );
    let none_yet = format!("{} {from}", xaes(0));
    let year = 31_536_000;
    add(
        "ok_start_no_clock",
        "no key seals yet: a clock within a year of 1970 has not been set, and says nothing",
        none_yet,
        &[0, year - 1, year, NOW - 1, NOW],
    );
    add("ok_start_ended", "no key seals any more", format!("{} {until}", xaes(0)), &[NOW - 1, NOW]);
    let handed = format!("{} {from}\n{}", xchacha(0), xaes(1));
    add(
        "ok_start_handed_over",
        "a date hands the sealing to another suite",
        handed,
        &[NOW - 1, NOW],
    );
    let handed = format!("{} {until}\n{}", xaes(0), xchacha(1));
    add("ok_start_handed_on", "an end hands the sealing to another suite", handed, &[NOW - 1, NOW]);
    let never = format!("{}\n{} open-until=2027-01-15T07:00:00Z", xaes(0), xchacha(1));
    add("ok_start_never_handed_over", "an end that hands it to none", never, &[NOW - 7200, NOW]);
}
