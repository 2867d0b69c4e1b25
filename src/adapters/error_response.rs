//! What an adapter answers where the session stands in the way: one mapping of errors to statuses
//! for every framework, and the two mistakes in an application that only its first request shows.
//! `exchange` finds them; adapters put a `Failure` into their framework's own response.
//!
//! | error | answer |
//! | --- | --- |
//! | [`SessionError::Withheld`] | 403 |
//! | [`SessionError::Unreadable`] | 503, `Retry-After: 1` |
//! | every other [`SessionError`], [`SealError`], [`CommitError`], [`LayerConflict`], [`MissingLayer`] | 500 |
//! | [`OpenError`] | 400 |

use crate::error::{Answered, CommitError, OpenError, SealError, SessionError};
use crate::events::{self, Topic};
use http::StatusCode;
use std::any::type_name;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// The answer to a request whose session stands in the way: a bare status, since the client is to
/// learn nothing else. Making one tells the log why.
///
/// - 403: [`SessionError::Withheld`].
/// - 503 with `Retry-After: 1`: [`SessionError::Unreadable`].
/// - 400: [`OpenError`], since the value came from the client. Whether it expired or was forged is
///   in the log, at debug level.
/// - 500: every other [`SessionError`], [`SealError`], [`CommitError`], [`LayerConflict`] and
///   [`MissingLayer`].
///
/// ```
/// use sealed_session::{Failure, OpenError, Reason, SessionError};
///
/// let failure = Failure::from(&SessionError::Unreadable);
/// assert_eq!((failure.status().as_u16(), failure.retry_after()), (503, Some("1")));
/// assert_eq!(Failure::from(&SessionError::Withheld).status(), 403);
/// assert_eq!(Failure::from(&SessionError::TooLarge { needed: 5000, allowed: 4093 }).status(), 500);
/// assert_eq!(Failure::from(&OpenError::Rejected(Reason::BadSeal)).status(), 400);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    status: StatusCode,
}

impl Failure {
    /// The status of the answer.
    pub fn status(self) -> StatusCode {
        self.status
    }

    /// The value of its `Retry-After` field, in seconds, where it has one.
    pub fn retry_after(self) -> Option<&'static str> {
        (self.status == StatusCode::SERVICE_UNAVAILABLE).then_some("1")
    }
}

impl From<&SessionError> for Failure {
    fn from(error: &SessionError) -> Self {
        let failure = Self { status: error.answer() };
        if failure.status == StatusCode::INTERNAL_SERVER_ERROR {
            events::internal_error(
                Topic::HandlerError,
                &format!("a handler could not write the session: {error}"),
            );
        }
        failure
    }
}

impl From<&SealError> for Failure {
    fn from(error: &SealError) -> Self {
        Self::from(&SessionError::from(error.clone()))
    }
}

impl From<&OpenError> for Failure {
    fn from(error: &OpenError) -> Self {
        events::not_opened(error);
        Self { status: error.answer() }
    }
}

impl From<&CommitError> for Failure {
    fn from(error: &CommitError) -> Self {
        events::internal_error(Topic::LostChange, &format!("a session's change was lost: {error}"));
        Self { status: error.answer() }
    }
}

impl From<&LayerConflict> for Failure {
    fn from(conflict: &LayerConflict) -> Self {
        events::internal_error(Topic::LayerConflict, &conflict.to_string());
        Self { status: conflict.answer() }
    }
}

impl From<&MissingLayer> for Failure {
    fn from(missing: &MissingLayer) -> Self {
        events::internal_error(Topic::MissingLayer, &missing.to_string());
        Self { status: missing.answer() }
    }
}

impl Answered for LayerConflict {}
impl Answered for MissingLayer {}

/// A handler asks for a session of a type that nothing put into its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingLayer {
    data: &'static str,
    mend: &'static str,
    present: Vec<Arc<str>>,
}

impl MissingLayer {
    /// `mend` says what to register in this framework, and where; `present` are the cookies of the
    /// sessions that are there.
    pub(crate) fn new<T>(mend: &'static str, present: Vec<Arc<str>>) -> Self {
        Self { data: type_name::<T>(), mend, present }
    }
}

impl fmt::Display for MissingLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { data, mend, present } = self;
        write!(
            f,
            "a handler asks for Session<{data}>, but no Sessions<{data}> is registered around it: {mend}"
        )?;
        match &**present {
            [] => Ok(()),
            present => {
                write!(f, " (around it are the sessions of the cookies {})", present.join(", "))
            }
        }
    }
}

impl Error for MissingLayer {}

/// Two session layers around one handler cannot be told apart. An application's mistake, found at
/// its first request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayerConflict {
    /// Both have the same cookie, with another type, ring or context.
    SameCookie {
        /// Its name.
        cookie: Arc<str>,
    },
    /// Both have the same type.
    SameType {
        /// Its name.
        data: &'static str,
        /// The names of the two cookies.
        cookies: [Arc<str>; 2],
    },
}

impl fmt::Display for LayerConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameCookie { cookie } => write!(
                f,
                "two different session layers share the cookie {cookie}: build one Sessions and clone it, or give one another cookie_name"
            ),
            Self::SameType { data, cookies: [outer, inner] } => write!(
                f,
                "two session layers, of the cookies {outer} and {inner}, share the type {data}: wrap it in a type of its own for one of them"
            ),
        }
    }
}

impl Error for LayerConflict {}
