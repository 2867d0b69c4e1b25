//! `CsrfError`: a CSRF token was refused.

use crate::error::Reason;
use http::StatusCode;
use std::error::Error;
use std::fmt;

/// [`Session::verify_csrf`](crate::Session::verify_csrf) refused a token. If a handler returns this
/// error, adapters answer 403, and the log says why at debug level.
///
/// Visitors cause it too: a page that stayed open over a sign-in in another tab, or until the
/// session ended, has an old token. Answer with a page that has a new form.
///
/// ```
/// use sealed_session::error::CsrfError;
/// use sealed_session::{KeyRing, Map, Reason, Sessions};
///
/// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?)?;
/// let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
/// assert_eq!(session.verify_csrf("forged"), Err(CsrfError::NoSessionId));
/// session.renew()?;
/// assert_eq!(session.verify_csrf("forged"), Err(CsrfError::Invalid(Reason::Malformed)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CsrfError {
    /// The session has no id, so no token can belong to it. Either the visitor's session has ended,
    /// or the application draws no ids: call [`renew`](crate::Session::renew) at sign-in, or build
    /// the `Sessions` with [`session_ids(true)`](crate::Builder::session_ids).
    NoSessionId,
    /// The token does not open for this session. The reason is `bad-seal` for a token of another
    /// session, and `malformed` for a text that is not a token.
    Invalid(Reason),
}

impl CsrfError {
    /// Returns the status that adapters answer with if a handler returns the error: 403.
    pub fn status_code(&self) -> StatusCode {
        StatusCode::FORBIDDEN
    }
}

impl fmt::Display for CsrfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSessionId => f.write_str(
                "the session has no id that a CSRF token could be bound to: the visitor's session \
                 has ended, or the application must call renew() at sign-in or set \
                 session_ids(true)",
            ),
            Self::Invalid(reason) => {
                write!(f, "the CSRF token is not valid for this session: {reason}")
            }
        }
    }
}

impl Error for CsrfError {}
