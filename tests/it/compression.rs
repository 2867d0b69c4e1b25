//! SPEC §3.4: compressed data. They are shorter or plain, stay as they are at a refresh, and what
//! comes out of them is bounded.

use crate::support::*;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec;
use sealed_session::clock::ManualClock;
use sealed_session::inspect::{Stage, Verdict};
use sealed_session::{Builder, Map, OpenError, Reason, SessionError, Sessions};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn compressing(clock: &ManualClock) -> Builder<Visit> {
    builder(clock).compress(true)
}

fn essay(repeats: usize) -> Visit {
    Visit { note: "There is much to say. ".repeat(repeats), ..visit(7) }
}

/// A text that does not become shorter.
fn noise(length: usize) -> Visit {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).unwrap();
    Visit { note: bytes.into_iter().map(|byte| char::from(byte & 0x7f)).collect(), ..visit(7) }
}

#[test]
fn text_becomes_shorter_and_what_does_not_stays_plain() {
    let clock = clock();
    let (plain, compressed) =
        (builder(&clock).build().unwrap(), compressing(&clock).build().unwrap());
    let key = wire::Key::of(compressed.key_ring());
    for (visit, is_compressed) in [
        (essay(100), true),
        (essay(3), true),
        (essay(1), false),
        (visit(7), false),
        (noise(40), false),
    ] {
        let (long, value) = (plain.seal(&visit).unwrap(), compressed.seal(&visit).unwrap());
        assert_eq!(value.len() < long.len(), is_compressed, "{visit:?}");
        assert_eq!(key.open(&value)[0], u8::from(is_compressed));
        assert_eq!(compressed.open(&value).unwrap(), visit);
        let session = Call::get().run(&compressed, |session| session.set(visit).unwrap());
        assert_eq!(session.value().len(), value.len(), "a response seals the same");
    }
}

#[test]
fn every_build_with_the_feature_reads_both() {
    let clock = clock();
    let writes = compressing(&clock).build().unwrap();
    let reads = Sessions::<Visit>::builder(writes.key_ring().clone()).clock(clock.clone()).build();
    let reads = reads.unwrap();
    let value = writes.seal(&essay(100)).unwrap();
    assert_eq!(reads.open(&value).unwrap(), essay(100));
    // A refresh keeps the compressed bytes, also where the configuration would not compress.
    let key = wire::Key::of(writes.key_ring());
    let data = |value: &str| key.open(value)[14..].to_vec();
    let mut browser = Browser::default();
    browser.get(&writes, |session| session.set(essay(100)).unwrap());
    let before = data(browser.value());
    clock.advance(secs(2 * DAY));
    assert!(browser.get(&reads, |session| session.cloned()).sets());
    let after = key.open(browser.value());
    assert!(after.ends_with(&before), "the same bytes");
    // A write there seals plain data again.
    browser.get(&reads, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    assert_eq!(key.open(browser.value())[0], 0);
}

#[test]
fn only_one_whole_stream_within_the_limit_is_read() {
    let sessions = compressing(&clock()).build().unwrap();
    let key = wire::Key::of(sessions.key_ring());
    let claims = wire::Claims::of(&sessions).plain();
    let data = postcard::to_allocvec(&visit(7)).unwrap();
    let claims = claims[1..claims.len() - data.len()].to_vec();
    let open = |stream: &[u8]| {
        let value = key.seal(&[&[1], &claims[..], stream].concat());
        let inspected = sessions.inspect(&value);
        let opened = sessions.open(&value).map_err(|error: OpenError| error.reason());
        match (&opened, inspected.verdict) {
            (Ok(_), Verdict::Opens) => {}
            (Err(reason), Verdict::Stopped { stage: Stage::Data, reason: other }) => {
                assert_eq!(*reason, other);
            }
            other => panic!("{other:?}"),
        }
        opened
    };
    let stream = compress_to_vec(&data, 6);
    assert_eq!(open(&stream), Ok(visit(7)));
    for level in 0..=10 {
        assert_eq!(open(&compress_to_vec(&data, level)), Ok(visit(7)), "{level}");
    }
    let undecodable = Err(Reason::Undecodable);
    assert_eq!(open(&[]), undecodable);
    assert_eq!(open(&[&stream[..], &[0]].concat()), undecodable, "a byte behind it");
    assert_eq!(open(&[&stream[..], &stream].concat()), undecodable, "a second stream");
    for length in 0..stream.len() {
        assert_eq!(open(&stream[..length]), undecodable, "{length} bytes of it");
    }
    assert_eq!(open(&compress_to_vec(&[&data[..], &[0]].concat(), 6)), undecodable);
    // 65,536 bytes may come out, and not one more.
    let text = |length: usize| Visit { note: "x".repeat(length), ..visit(7) };
    let most = 65_536 - (data.len() + 2);
    let long = |length: usize| {
        let data = postcard::to_allocvec(&text(length)).unwrap();
        (data.len(), open(&compress_to_vec(&data, 9)))
    };
    assert_eq!(long(most), (65_536, Ok(text(most))));
    assert_eq!(long(most + 1), (65_537, undecodable.clone()));
    assert_eq!(long(10_000_000).1, undecodable);
}

#[test]
fn what_is_written_can_be_read_again() {
    let clock = clock();
    let sessions = compressing(&clock).build().unwrap();
    // Within 64 KiB it is compressed, and beyond it is measured as it is.
    let text = |length: usize| Visit { note: "x".repeat(length), ..visit(7) };
    let longest = 65_536 - postcard::to_allocvec(&visit(7)).unwrap().len() - 2;
    let set = |length: usize| {
        let answer = Call::get().run(&sessions, |session| session.set(text(length)));
        answer.returned.clone().map(|()| sessions.open(answer.value()).unwrap())
    };
    assert_eq!(set(longest), Ok(text(longest)));
    let SessionError::TooLarge { needed, allowed, .. } = set(longest + 1).unwrap_err() else {
        panic!()
    };
    assert!(allowed == 4_093 && needed > 80_000, "{needed}");
}

#[test]
fn the_measure_is_that_of_the_compressed_session() {
    let clock = clock();
    for multiple in [None, Some(64)] {
        let builder = compressing(&clock).max_set_cookie_bytes(1_000);
        let sessions = match multiple {
            None => builder.build().unwrap(),
            Some(multiple) => builder.pad_to(multiple).build().unwrap(),
        };
        let answer = Call::get().run(&sessions, |session| {
            session.set(essay(100)).unwrap();
            (session.size(), session.remaining(), session.size_report())
        });
        let (size, remaining, report) = &answer.returned;
        assert_eq!(*size, answer.line().len());
        assert_eq!(report.needed + remaining, 1_000);
        assert_eq!(report.data, postcard::to_allocvec(&essay(100)).unwrap().len());
        assert!(report.compressed.unwrap() < 100 && report.fields[0].name == "note");
        assert_eq!(report.padding > 0, multiple.is_some());
        // Noise is added until it does not fit: refused exactly where the numbers say.
        let mut browser = Browser::default();
        browser.get(&sessions, |session| session.set(essay(100)).unwrap());
        for length in 1..800 {
            let visit = Visit { note: essay(100).note + &noise(length).note, ..visit(7) };
            let answer = browser
                .clone()
                .get(&sessions, |session| session.set(visit).map(|()| session.remaining()));
            match answer.returned {
                Ok(remaining) => assert!(answer.line().len() + remaining <= 1_000),
                Err(SessionError::TooLarge { needed, allowed, .. }) => {
                    assert!(needed > allowed);
                    assert!(length > 300);
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[test]
fn a_map_is_compressed_too() {
    let clock = clock();
    let sessions = Sessions::<Map>::builder(ring()).clock(clock).compress(true).build().unwrap();
    let mut map = Map::new();
    map.insert("essay", essay(20).note).unwrap();
    let value = sessions.seal(&map).unwrap();
    assert!(value.len() < 200);
    assert_eq!(sessions.open(&value).unwrap(), map);
    let plaintext = wire::Key::of(sessions.key_ring()).open(&value);
    let data = decompress_to_vec(&plaintext[14..]).unwrap();
    assert!(data.windows(5).any(|window| window == b"essay"));
}
