//! `ParseSameSiteError`: a text is not a value of `SameSite`.

use std::error::Error;
use std::fmt;

/// A text is not one of the values of [`SameSite`](crate::SameSite).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseSameSiteError(pub(crate) ());

impl fmt::Display for ParseSameSiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected \"Strict\", \"Lax\" or \"None\"")
    }
}

impl Error for ParseSameSiteError {}
