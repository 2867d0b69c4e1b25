//! `BuildError`: a configuration was refused.

use crate::crypto::random::RandomError;
use crate::error::ring::RingError;
use std::error::Error;
use std::fmt;

/// [`Builder::build`](crate::Builder::build) refused a configuration. The message says what is
/// wrong, what was expected, and what to do.
///
/// ```
/// use sealed_session::{KeyRing, Map, Sessions};
///
/// let error = Sessions::<Map>::builder(KeyRing::ephemeral()?).secure(false).build().unwrap_err();
/// assert!(error.to_string().contains("secure(true)"));
/// assert!(error.ring_error().is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BuildError(Kind);

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    /// Two settings conflict, a setting is out of range, or the data type cannot be a session.
    Refused(String),
    Ring(RingError),
}

impl BuildError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(Kind::Refused(message.into()))
    }

    /// Returns the key ring's error, if the ring is the cause. Every other `BuildError` is a
    /// mistake in the program, and happens at every start.
    pub fn ring_error(&self) -> Option<&RingError> {
        match &self.0 {
            Kind::Ring(error) => Some(error),
            Kind::Refused(_) => None,
        }
    }
}

/// Prints the message, because a `main` that returns its error uses `Debug`.
impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Refused(message) => f.write_str(message),
            Kind::Ring(error) => error.fmt(f),
        }
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.ring_error().map(|error| error as _)
    }
}

impl From<RandomError> for BuildError {
    fn from(error: RandomError) -> Self {
        Self(Kind::Ring(error.into()))
    }
}

impl From<RingError> for BuildError {
    fn from(error: RingError) -> Self {
        Self(Kind::Ring(error))
    }
}
