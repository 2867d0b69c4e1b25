//! Why the program did not do what was asked: what happened, what was expected, what to do. Never a word of a ring's text.

use std::fmt;

/// A sentence, and the exit status that goes with it.
#[derive(Debug)]
pub(crate) struct Failure {
    text: String,
    status: u8,
}

impl Failure {
    /// It could not be done, or was refused.
    pub(crate) fn refused(text: impl Into<String>) -> Self {
        Self { text: text.into(), status: 1 }
    }

    /// It was asked for in a way that cannot be answered.
    pub(crate) fn wrong_use(text: impl Into<String>) -> Self {
        Self { text: text.into(), status: 2 }
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
