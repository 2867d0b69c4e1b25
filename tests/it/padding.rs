//! SPEC §3.4: padding. It makes sessions of different lengths alike, and every build reads it.

use crate::support::*;
use sealed_session::{Builder, Level, SessionError, Sessions};
use std::collections::BTreeSet;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn padded(multiple: usize) -> Sessions<Visit> {
    builder(&clock()).pad_to(multiple).build().unwrap()
}

fn note(length: usize) -> Visit {
    Visit { note: "x".repeat(length), ..visit(7) }
}

/// How many lengths the values of these sessions have.
fn lengths(sessions: &Sessions<Visit>, notes: std::ops::Range<usize>) -> usize {
    let length = |note: Visit| sessions.seal(&note).unwrap().len();
    notes.map(|characters| length(note(characters))).collect::<BTreeSet<_>>().len()
}

#[test]
fn few_lengths_remain() {
    let (plain, _) = sessions();
    assert_eq!(lengths(&plain, 0..1_024), 1_024);
    for (multiple, remaining) in [(16, 65), (64, 17), (128, 9), (256, 5), (1_024, 2)] {
        assert_eq!(lengths(&padded(multiple), 0..1_024), remaining, "{multiple}");
    }
}

#[test]
fn what_is_sealed_is_a_multiple() {
    for multiple in [2, 3, 16, 100, 1_024] {
        let sessions = padded(multiple);
        let key = wire::Key::of(sessions.key_ring());
        for length in 0..multiple + 2 {
            let plaintext = key.open(&sessions.seal(&note(length)).unwrap());
            assert_eq!(plaintext.len() % multiple, 0);
            let rest = plaintext.iter().rev().take_while(|byte| **byte == 0).count();
            assert!(rest < multiple);
            assert_eq!((plaintext[0], plaintext[plaintext.len() - 1 - rest]), (4, 0x80));
        }
    }
}

#[test]
fn every_server_reads_it_and_pads_by_its_own_configuration() {
    let clock = clock();
    let ring = ring();
    let with = |configure: fn(Builder<Visit>) -> Builder<Visit>| {
        let builder = Sessions::builder(ring.clone()).clock(clock.clone());
        configure(builder).build().unwrap()
    };
    let (plain, wide) = (with(|builder| builder), with(|builder| builder.pad_to(256)));
    let mut browser = Browser::default();
    browser.get(&wide, |session| session.set(note(3)).unwrap());
    let length = browser.value().len();
    clock.advance(secs(2 * DAY));
    assert_eq!(browser.get(&plain, |session| session.cloned()).returned, note(3));
    assert!(browser.value().len() < length, "the refresh has no padding");
    clock.advance(secs(2 * DAY));
    assert_eq!(browser.get(&wide, |session| session.cloned()).returned, note(3));
    assert_eq!(browser.value().len(), length);
}

#[test]
fn the_measure_counts_it_to_the_byte() {
    let clock = clock();
    for (multiple, allowed) in [(16, 900), (64, 4_093), (100, 1_000), (1_024, 4_000)] {
        let sessions =
            builder(&clock).pad_to(multiple).max_set_cookie_bytes(allowed).build().unwrap();
        let set = |length: usize| {
            Call::get().run(&sessions, move |session| {
                session.set(note(length)).map(|()| session.size_report())
            })
        };
        let lengths: Vec<usize> = (0..4_000).collect();
        let longest = lengths.partition_point(|length| set(*length).returned.is_ok()) - 1;
        let (fits, fails) = (set(longest), set(longest + 1));
        let report = fits.returned.as_ref().unwrap();
        assert!(report.needed <= allowed && report.needed + (multiple + 1) * 4 / 3 + 2 >= allowed);
        let SessionError::TooLarge { needed, .. } = fails.returned.unwrap_err() else { panic!() };
        assert!(needed > allowed && needed - report.needed <= (multiple + 1) * 4 / 3 + 1);
        assert!(fits.line().len() <= allowed);
        // A flash message does not fit beside it, unless the padding has room.
        let room = report.padding - 1;
        let mut browser = Browser::default();
        browser.get(&sessions, |session| session.set(note(longest)).unwrap());
        let flash =
            browser.get(&sessions, |session| session.flash(Level::INFO, "y".repeat(room + 2)));
        assert!(matches!(flash.returned, Err(SessionError::TooLarge { .. })), "{multiple}");
    }
}

#[test]
fn a_multiple_is_between_2_and_1024() {
    for multiple in [0, 1, 1_025, usize::MAX] {
        let error = builder(&clock()).pad_to(multiple).build().unwrap_err().to_string();
        assert!(error.contains("pad_to must be between 2 and 1024"), "{error}");
    }
    for multiple in [2, 1_024] {
        assert!(builder(&clock()).pad_to(multiple).build().is_ok());
    }
}
