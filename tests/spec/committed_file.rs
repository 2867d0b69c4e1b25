//! A committed file of vectors: compared with what the second implementation makes, or written if
//! `SEALED_SESSION_VECTORS` is `write`. And what a vector's key says of its suite.

use crate::reference::{self, Key, Suite};
use serde::Serialize;

pub fn is_being_written() -> bool {
    std::env::var_os("SEALED_SESSION_VECTORS").is_some_and(|value| value == "write")
}

/// Compares `made` with the file's text, or writes it into `tests/vectors`.
pub fn compare_or_write(file: &str, made: &impl Serialize, committed: &str) {
    let made = serde_json::to_string_pretty(made).unwrap() + "\n";
    if is_being_written() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/");
        std::fs::write(format!("{directory}{file}"), made).unwrap();
        return;
    }
    let difference = made.lines().zip(committed.lines()).position(|(made, old)| made != old);
    let line = difference.map(|line| line + 1);
    assert!(made == committed, "tests/vectors/{file} differs from line {line:?} on");
}

/// Returns the published key of a line in a ring.
pub fn key_of(line: &str) -> Key {
    let suite = if line.contains("xaes") { Suite::Xaes } else { Suite::XChaCha };
    Key::new(reference::published(0), suite)
}

/// Returns whether the suite of a line in a ring is compiled in.
pub fn is_built(line: &str) -> bool {
    let suites = [("xaes", cfg!(feature = "aes")), ("xchacha", cfg!(feature = "chacha"))];
    suites.iter().any(|(suite, built)| *built && line.contains(suite))
}
