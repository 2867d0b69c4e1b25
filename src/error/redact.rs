//! Redaction of keys in text. An operator who gives a key in place of a name or a path must not
//! find it in an error, an event or `Debug` output. Text that merely begins like a key, such as the
//! advice on how to make one, is not changed.

use crate::crypto::suite::Suite;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

const PREFIX: &str = "ssk1.";
const HIDDEN: &str = "(a key, not shown)";

/// Replaces each key, and each part of one, with a note. A key is `ssk1.` and every character after
/// it that a key may contain: base64 of either alphabet, padding, and dots.
pub(crate) fn redacted(text: &str) -> Cow<'_, str> {
    let mut redacted = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(PREFIX) {
        let behind = &rest[at + PREFIX.len()..];
        let end = behind
            .find(|letter: char| !(letter.is_ascii_alphanumeric() || "._-+/=".contains(letter)));
        let (word, after) = behind.split_at(end.unwrap_or(behind.len()));
        redacted.push_str(&rest[..at]);
        redacted.push_str(if names_no_secret(word) {
            &rest[at..at + PREFIX.len() + word.len()]
        } else {
            HIDDEN
        });
        rest = after;
    }
    if redacted.is_empty() {
        return Cow::Borrowed(text);
    }
    redacted.push_str(rest);
    Cow::Owned(redacted)
}

/// Returns the path in a form that errors and events may show: any key in it is redacted.
pub(crate) fn redacted_path(path: &Path) -> PathBuf {
    match redacted(&path.to_string_lossy()) {
        Cow::Owned(redacted) => PathBuf::from(redacted),
        Cow::Borrowed(_) => path.to_owned(),
    }
}

/// Returns whether nothing but a suite's name follows the prefix, as in `ssk1.xaes256gcm.$(openssl
/// rand …)`.
fn names_no_secret(word: &str) -> bool {
    let suite = word.strip_suffix('.').unwrap_or(word);
    suite.is_empty() || Suite::ALL.into_iter().any(|known| known.token() == suite)
}
