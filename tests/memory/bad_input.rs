//! Whatever a request brings, opening its session takes a bounded amount of memory: SECURITY.md,
//! "Bounded work".

use crate::support::{NAME, Visit, clock, raw_request, ring, secs, wire};
use crate::{Counted, count};
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue, Method};
use miniz_oxide::deflate::compress_to_vec;
use sealed_session::migrate::LegacyCookie;
use sealed_session::{KeyRing, LoadStatus, Reason, Sessions};

/// Bytes that opening may allocate at the same time: what comes out of a stream, while its buffer
/// grows, and the value that it came in.
const PEAK: usize = 200_000;
/// Bytes that it may allocate in all. Most of it is for 64 KiB of cookies of one character each, as
/// each is decoded by itself.
const IN_ALL: usize = 10_000_000;
/// Bytes that it may allocate for each `Cookie` field beside the first, at the same time and in all.
const PEAK_OF_A_FIELD: usize = 128;
const IN_ALL_OF_A_FIELD: usize = 256;

const MEGABYTE: usize = 1 << 20;
/// Characters of a value that has the longest length (SPEC §12, `joined-most`).
const LONGEST: usize = 14_000;
/// Bytes that may come out of a stream (SPEC §12, `inflated-most`).
const INFLATED: usize = 64 * 1024;

/// A value whose key is in the ring and whose tag is wrong.
fn forged(key: &wire::Key, characters: usize) -> String {
    let header = [&[1][..], &key.id()].concat();
    let bytes = header.into_iter().chain(std::iter::repeat(0x5a));
    wire::encode(&bytes.take(characters / 4 * 3).collect::<Vec<_>>())
}

/// The cookies of a value that is split over `count` of them.
fn split(value: &str, count: usize) -> Vec<String> {
    let part = value.len().div_ceil(count);
    let tie = &value[8..14];
    let parts = value.as_bytes().chunks(part).map(|part| std::str::from_utf8(part).unwrap());
    let cookies = parts.enumerate().map(|(digit, part)| match digit {
        0 => format!("{NAME}={count}.{part}"),
        _ => format!("{NAME}.{digit}={tie}.{part}"),
    });
    cookies.collect()
}

/// One field of so many bytes with the cookies, over and over.
fn flood(cookies: &[String], bytes: usize) -> Vec<String> {
    let all = cookies.join("; ") + "; ";
    vec![all.repeat(bytes / all.len())]
}

/// A field for each of very many cookies, as many as a `HeaderMap` holds.
fn fields(cookies: &[String]) -> Vec<String> {
    cookies.iter().cycle().take(30_000).cloned().collect()
}

/// What a stranger can send, and what is found in it.
fn of_a_stranger(key: &wire::Key) -> Vec<(&'static str, Vec<String>, LoadStatus)> {
    let pair = |value: &str| vec![format!("{NAME}={value}")];
    let old = |value: &str| vec![format!("old={value}")];
    let a = |times: usize| "A".repeat(times);
    let first = pair(&format!("9.{}", a(4_000)));
    let shortest_first = pair(&format!("2.{}", a(14)));
    let later = |digit: u8| format!("{NAME}.{digit}=AAAAAA.{}", a(4_000));
    let nine: Vec<String> = first.iter().cloned().chain((1..9).map(later)).collect();
    let four = split(&forged(key, LONGEST), 4);
    let twice = [&four[..], &four[..1], &split(&forged(key, 7_000), 2)].concat();
    let reversed: Vec<String> = four.iter().rev().cloned().collect();
    let unknown_key = format!("AQ{}", a(3_998));
    let junk = flood(&pair("x"), 3 * MEGABYTE / 2);
    let flood = |cookies: &[String]| flood(cookies, MEGABYTE);
    let rejected = LoadStatus::Rejected;
    vec![
        ("junk", junk, rejected(Reason::TooMany)),
        ("junk in fields", fields(&pair("x")), rejected(Reason::Malformed)),
        ("of another version", flood(&pair(&a(4_096))), rejected(Reason::UnknownVersion)),
        ("too long", flood(&pair(&a(4_097))), rejected(Reason::TooLong)),
        ("one that is too long", pair(&a(MEGABYTE)), rejected(Reason::TooLong)),
        ("under an unknown key", flood(&pair(&unknown_key)), rejected(Reason::UnknownKey)),
        ("forged", flood(&pair(&forged(key, 4_000))), rejected(Reason::TooMany)),
        ("forged, as short as can be", flood(&pair(&forged(key, 76))), rejected(Reason::TooMany)),
        ("first pieces", flood(&first), rejected(Reason::PiecesMixed)),
        ("short first pieces", flood(&shortest_first), rejected(Reason::PiecesMixed)),
        ("first pieces in fields", fields(&shortest_first), rejected(Reason::PiecesMixed)),
        ("later pieces", flood(&[later(1), later(8)]), LoadStatus::New),
        ("later pieces in fields", fields(&[format!("{NAME}.1=x")]), LoadStatus::New),
        ("200 pieces", pair(&format!("200.{}", a(4_000))), rejected(Reason::Malformed)),
        ("nine pieces that are too long", nine.clone(), rejected(Reason::TooLong)),
        ("nine pieces, again and again", flood(&nine), rejected(Reason::TooMany)),
        ("four forged pieces", four.clone(), rejected(Reason::BadSeal)),
        ("in another order", reversed, rejected(Reason::BadSeal)),
        ("two first pieces", twice, rejected(Reason::BadSeal)),
        ("four forged pieces, again and again", flood(&four), rejected(Reason::TooMany)),
        ("semicolons", vec![";".repeat(MEGABYTE / 8)], LoadStatus::New),
        ("names that begin alike", flood(&[format!("{NAME}s=x")]), LoadStatus::New),
        ("behind commas", vec![format!(",{NAME}=x").repeat(MEGABYTE / 22)], LoadStatus::New),
        ("of another library", flood(&old("x")), LoadStatus::New),
        ("of another library, and long", old(&a(MEGABYTE)), LoadStatus::New),
    ]
}

/// What only a server with the key could seal. None of it can be read.
fn sealed(key: &wire::Key, sessions: &Sessions<Visit>) -> Vec<(&'static str, String)> {
    let plain = wire::Claims::of(sessions).plain();
    // Without the flags, and the data of user 7.
    let claims = &plain[1..plain.len() - 4];
    let seal = |flags: u8, data: &[u8]| key.seal(&[&[flags], claims, data].concat());
    let bomb = |bytes: usize| compress_to_vec(&vec![0; bytes], 6);
    let largest = bomb(INFLATED);
    vec![
        ("a bomb", seal(1, &bomb(10 * MEGABYTE))),
        ("a bomb by one byte", seal(1, &bomb(INFLATED + 1))),
        ("as much as may come out", seal(1, &largest)),
        ("a stream that ends early", seal(1, &largest[..largest.len() - 1])),
        ("a stream with more behind it", seal(1, &[&largest[..], &[0]].concat())),
        ("no stream", seal(1, &[0x5a; 10_000])),
        ("no padding", seal(4, &[])),
        ("zeros for padding", seal(4, &[0; 10_000])),
        ("padding that begins with another byte", seal(4, &[&[0x81][..], &[0; 500]].concat())),
    ]
}

/// One that knows its own cookie alone, and one that looks for others too.
fn both(ring: &KeyRing) -> [Sessions<Visit>; 2] {
    let builder = || Sessions::<Visit>::builder(ring.clone()).clock(clock());
    let until = std::time::UNIX_EPOCH + secs(4_000_000_000);
    let curious = builder()
        .accept_alias(NAME, "an earlier context")
        .accept_alias("__Host-Http-earlier", "")
        .import_from(LegacyCookie::new("old", until), |headers| {
            assert!(headers.len() <= 16);
            None
        });
    [builder(), curious].map(|builder| builder.build().unwrap())
}

/// Opens the session of a request with these fields, as headers that can be shared and as headers
/// that have to be copied. What that costs is within the bounds.
fn load(sessions: &Sessions<Visit>, what: &str, fields: &[String]) -> LoadStatus {
    let values = fields.iter().map(|field| HeaderValue::from_str(field).unwrap().clone());
    let headers: HeaderMap = values.map(|value| (COOKIE, value)).collect();
    let mut status = LoadStatus::New;
    let cost = count(|| status = sessions.load((&Method::GET, &headers)).load_status());
    within(&cost, what, fields.len(), 0);

    let copied = raw_request("GET", None, fields.iter().map(String::as_bytes));
    let mut again = LoadStatus::New;
    let cost = count(|| again = sessions.load(copied).load_status());
    within(&cost, what, fields.len(), fields.iter().map(String::len).sum());
    assert_eq!(again, status);
    status
}

fn within(cost: &Counted, what: &str, fields: usize, copied: usize) {
    let Counted { bytes, peak, .. } = *cost;
    assert!(peak <= PEAK + copied + fields * PEAK_OF_A_FIELD, "{what}: {peak}");
    assert!(bytes <= IN_ALL + copied + fields * IN_ALL_OF_A_FIELD, "{what}: {bytes}");
}

#[test]
fn a_strangers_request_costs_little() {
    let ring = ring();
    let all = both(&ring);
    for (what, fields, status) in of_a_stranger(&wire::Key::of(&ring)) {
        for sessions in &all {
            assert_eq!(load(sessions, what, &fields), status, "{what}");
        }
    }
}

#[test]
fn wrong_data_behind_the_seal_cost_little() {
    let ring = ring();
    let all = both(&ring);
    let undecodable = LoadStatus::Rejected(Reason::Undecodable);
    for (what, value) in sealed(&wire::Key::of(&ring), &all[0]) {
        for sessions in &all {
            let mut reason = None;
            let cost = count(|| reason = sessions.open(&value).err().map(|error| error.reason()));
            within(&cost, what, 0, 0);
            assert_eq!(reason, Some(Reason::Undecodable), "{what}");
            let cookies = split(&value, value.len().div_ceil(4_000).max(2));
            assert_eq!(load(sessions, what, &[cookies.join("; ")]), undecodable, "{what}");
            assert_eq!(load(sessions, what, &flood(&cookies, 200_000)), undecodable, "{what}");
        }
    }
}

#[test]
fn a_value_outside_a_request_costs_little() {
    let ring = ring();
    let forged = forged(&wire::Key::of(&ring), LONGEST);
    let values = [
        (forged.clone(), Reason::BadSeal),
        (forged + "A", Reason::TooLong),
        ("A".repeat(10 * MEGABYTE), Reason::TooLong),
        (format!("2.{}", "A".repeat(10 * MEGABYTE)), Reason::TooLong),
        (format!("2.{}", "A".repeat(4_000)), Reason::Pieces),
    ];
    for sessions in both(&ring) {
        for (value, expected) in &values {
            let mut reason = None;
            let cost = count(|| reason = sessions.open(value).err().map(|error| error.reason()));
            within(&cost, "open", 0, 0);
            assert_eq!(reason, Some(*expected));
        }
    }
}

/// Each of the sessions is looked for among the proofs.
#[cfg(feature = "dbsc")]
#[test]
fn a_flood_of_proofs_costs_little() {
    use crate::support::device::BoundBrowser;
    use crate::support::{Call, visit};
    use sealed_session::DeviceBound;
    use sealed_session::dbsc::Unproven;

    let ring = ring();
    let builder = Sessions::<Visit>::builder(ring.clone()).clock(clock());
    let sessions = builder.device_bound(DeviceBound::at("/dbsc")).build().unwrap();
    let mut browser = BoundBrowser::new(1);
    browser.get(&sessions, |session| session.offer_binding());
    browser.send(&sessions, Call::post(), |session| {
        session.renew().unwrap();
        session.set(visit(7)).unwrap();
    });
    let own = browser.registered.clone().unwrap().cookie;
    let other = own.replace(&own[own.len() - 4..], "AAAA");
    let bound = format!("{NAME}={}; ", browser.browser.value_of(NAME).unwrap());
    let forged = forged(&wire::Key::of(&ring), 4_000);
    for (name, value, why) in [
        (&other, "x", Unproven::Missing),
        (&other, &*forged, Unproven::Missing),
        (&own, "x", Unproven::Other),
        (&own, &*forged, Unproven::Other),
    ] {
        let proofs = flood(&[format!("{name}={value}")], MEGABYTE - 16 * bound.len());
        let fields = [bound.repeat(16) + &proofs[0]];
        let expected = LoadStatus::Rejected(Reason::Unproven(why));
        assert_eq!(load(&sessions, name, &fields), expected, "{name}={value:.9}");
    }
}
