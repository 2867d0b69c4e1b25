//! Any text is a ring, or refused at the same place for the same reason as by the second
//! implementation; no word of it is in the error; and what a ring prints is the same ring.
#![no_main]

#[path = "../../tests/spec/reference.rs"]
#[allow(dead_code)]
mod reference;

use libfuzzer_sys::fuzz_target;
use sealed_session::KeyRing;
use sealed_session::error::{Position, RingError};
use std::time::{Duration, UNIX_EPOCH};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let expected = reference::ring(text, true);
    match (KeyRing::danger_from_published(text), expected) {
        (Ok(ring), Ok(expected)) => {
            let printed = ring.expose_secrets();
            let again = KeyRing::danger_from_published(&printed).expect("what it prints is a ring");
            assert_eq!(again.keys(), ring.keys());
            assert_eq!(again.expose_secrets(), printed);
            let shown = format!("{ring} {ring:?} {:?}", ring.keys());
            assert_eq!(ring.keys().len(), expected.len());
            for (key, expected) in ring.keys().iter().zip(&expected) {
                let unix =
                    |time: Option<u64>| time.map(|time| UNIX_EPOCH + Duration::from_secs(time));
                assert_eq!(key.id.to_bytes(), expected.key.id);
                assert_eq!(
                    (key.seal_from, key.open_until),
                    (unix(expected.seal_from), unix(expected.open_until))
                );
                assert!(!shown.contains(&expected.key.text()[16..]));
            }
            for time in [0, 1_800_000_000, 253_402_300_799] {
                let sealing = ring
                    .sealing_key(UNIX_EPOCH + Duration::from_secs(time))
                    .map(|id| id.to_bytes());
                assert_eq!(sealing, reference::sealing(&expected, time).map(|entry| entry.key.id));
            }
        }
        (Err(error), Err((place, _))) => {
            let message = error.to_string();
            match error {
                RingError::Text { position: Position::Line(at) | Position::Key(at), problem } => {
                    assert_eq!(at, place);
                    // The message is a function of place and problem: none of the text can be in
                    // it.
                    let by_line = text.contains('\n');
                    let position = if by_line { Position::Line(at) } else { Position::Key(at) };
                    assert_eq!(message, RingError::Text { position, problem }.to_string());
                }
                RingError::Empty | RingError::TooLong => assert_eq!(place, 0),
                other => panic!("{other}"),
            }
        }
        (crate_says, second_says) => {
            panic!(
                "{:?}, {:?}",
                crate_says.map(|ring| ring.keys()),
                second_says.map(|entries| entries.len())
            )
        }
    }
});
