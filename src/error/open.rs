//! `OpenError`: a value given to `Sessions::open` did not open.

use crate::error::Reason;
use http::StatusCode;
use std::error::Error;
use std::fmt;

/// A value given to [`Sessions::open`](crate::Sessions::open) or
/// [`Tickets::open`](crate::Tickets::open) did not open. If a handler returns this error, adapters
/// answer 400.
///
/// ```
/// use sealed_session::{KeyRing, Map, Reason, Sessions};
///
/// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?)?;
/// let error = sessions.open("not a sealed value").unwrap_err();
/// assert_eq!(error.reason(), Reason::Malformed);
/// assert_eq!(error.to_string(), "the sealed value does not open: malformed");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenError(Reason);

impl OpenError {
    pub(crate) fn new(reason: Reason) -> Self {
        Self(reason)
    }

    /// Returns why the value did not open: the same reason for which a request's cookie would be
    /// rejected.
    pub fn reason(self) -> Reason {
        self.0
    }

    /// Returns the status that adapters answer with if a handler returns the error: 400, because
    /// the value came from the client.
    pub fn status_code(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the sealed value does not open: {}", self.0)?;
        match self.0 {
            Reason::Refused(why) => write!(f, ", {why}"),
            _ => Ok(()),
        }
    }
}

impl Error for OpenError {}
