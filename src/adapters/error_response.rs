//! The response to a request that failed because of its session: one mapping of errors to statuses
//! for every framework, and the two mistakes in an application that only show at its first request.
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

/// The response to a request that failed because of its session.
///
/// It carries only a status code, so the client learns nothing else. Creating one logs the cause.
///
/// - 403: [`SessionError::Withheld`].
/// - 503 with `Retry-After: 1`: [`SessionError::Unreadable`].
/// - 400: [`OpenError`], because the value came from the client. The log says at debug level
///   whether it expired or was forged.
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
    /// Returns the status code of the response.
    pub fn status(self) -> StatusCode {
        self.status
    }

    /// Returns the value of the `Retry-After` field in seconds, if the response has one.
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

/// A handler asked for a session of a type that no layer around it provides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingLayer {
    data: &'static str,
    mend: &'static str,
    present: Vec<Arc<str>>,
}

impl MissingLayer {
    /// `mend` says what to register in this framework, and where. `present` names the cookies of
    /// the sessions that are registered.
    pub(crate) fn new<T>(mend: &'static str, present: Vec<Arc<str>>) -> Self {
        Self { data: type_name::<T>(), mend, present }
    }
}

impl fmt::Display for MissingLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { data, mend, present } = self;
        write!(
            f,
            "a handler asks for Session<{data}>, but no Sessions<{data}> is registered for it: \
             {mend}"
        )?;
        match &**present {
            [] => Ok(()),
            present => {
                write!(f, " (cookies of the registered sessions: {})", present.join(", "))
            }
        }
    }
}

impl Error for MissingLayer {}

/// Two session layers around one handler conflict. This is a mistake in the application, found at
/// its first request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayerConflict {
    /// Both layers use the same cookie, with a different type, ring or context.
    SameCookie {
        /// The cookie's name.
        cookie: Arc<str>,
    },
    /// Both layers use the same type.
    SameType {
        /// The type's name.
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
                "two different session layers share the cookie {cookie}: build one Sessions and \
                 clone it, or give one a different cookie_name"
            ),
            Self::SameType { data, cookies: [outer, inner] } => write!(
                f,
                "the session layers of the cookies {outer} and {inner} share the type {data}: wrap \
                 it in a newtype for one of them"
            ),
        }
    }
}

impl Error for LayerConflict {}
