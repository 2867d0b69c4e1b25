//! Why the program did not do what was asked: what is wrong, what was expected, what to do. It
//! never contains a word of a ring's text, or a key that was given in place of a file's name or an
//! id.

use sealed_session::inspect::redact_keys;
use std::fmt;
use std::path::Path;

/// A message with its exit status.
#[derive(Debug)]
pub(crate) struct Failure {
    text: String,
    status: u8,
}

impl Failure {
    /// The request could not be carried out, or was refused.
    pub(crate) fn refused(text: impl Into<String>) -> Self {
        Self::new(&text.into(), 1)
    }

    /// The request is not valid.
    pub(crate) fn wrong_use(text: impl Into<String>) -> Self {
        Self::new(&text.into(), 2)
    }

    fn new(text: &str, status: u8) -> Self {
        Self { text: redact_keys(text).into_owned(), status }
    }

    pub(crate) fn status(&self) -> u8 {
        self.status
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Returns a path in quotation marks, as messages show it.
pub(crate) fn quoted(path: &Path) -> String {
    format!("\"{}\"", redact_keys(&path.to_string_lossy()))
}
