//! Mistakes in an application that `build()` cannot see: a handler without a session layer, one that
//! asks for the session too late, and two layers that conflict. They show at a request; in Rocket, a
//! conflict shows at launch.

use http::StatusCode;
use std::any::type_name;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// A handler asked for a session that it cannot get. No layer around it provides the type, or the
/// response was already committed and nothing had accessed the session before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingLayer {
    data: &'static str,
    fix: &'static str,
    cause: Cause,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Cause {
    /// The sessions of these cookies are registered, and none is of the type.
    NotRegistered { present: Vec<Arc<str>> },
    /// The response no longer tells caches about the session.
    Committed,
}

impl MissingLayer {
    /// `fix` says what to register in this framework, and where. `present` names the cookies of
    /// the sessions that are registered.
    pub(crate) fn not_registered<T>(fix: &'static str, present: Vec<Arc<str>>) -> Self {
        Self { data: type_name::<T>(), fix, cause: Cause::NotRegistered { present } }
    }

    /// The session was committed without having been accessed.
    pub(crate) fn committed<T>(fix: &'static str) -> Self {
        Self { data: type_name::<T>(), fix, cause: Cause::Committed }
    }

    /// Returns the status that adapters answer with: 500.
    pub fn status_code(&self) -> StatusCode {
        StatusCode::INTERNAL_SERVER_ERROR
    }
}

impl fmt::Display for MissingLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { data, fix, cause } = self;
        let present = match cause {
            Cause::NotRegistered { present } => present,
            Cause::Committed => {
                return write!(
                    f,
                    "Session<{data}> was asked for after the response was committed, and nothing \
                     had accessed it before: take a handle before the response begins, or, if this is \
                     an error page, give the page a layer of its own ({fix})"
                );
            }
        };
        write!(
            f,
            "a handler asks for Session<{data}>, but no Sessions<{data}> is registered for it: \
             {fix}"
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

/// Two session layers around one handler conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LayerConflict {
    /// Both layers use the same cookie, but are not clones of one `Sessions`.
    Cookie {
        /// The cookie's name.
        cookie: Arc<str>,
    },
    /// Both layers use the same type.
    Type {
        /// The type's name.
        data: &'static str,
        /// The names of the two cookies.
        cookies: [Arc<str>; 2],
    },
    /// Both layers answer the same endpoints.
    #[cfg(feature = "dbsc")]
    Endpoint {
        /// The path given to `DeviceBound::at`.
        path: String,
        /// The names of the two cookies.
        cookies: [Arc<str>; 2],
    },
}

impl fmt::Display for LayerConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cookie { cookie } => write!(
                f,
                "two different session layers share the cookie {cookie}: build one Sessions and \
                 clone it, or give one a different cookie_name"
            ),
            Self::Type { data, cookies: [outer, inner] } => write!(
                f,
                "the session layers of the cookies {outer} and {inner} share the type {data}: wrap \
                 it in a newtype for one of them"
            ),
            #[cfg(feature = "dbsc")]
            Self::Endpoint { path, cookies: [outer, inner] } => write!(
                f,
                "the session layers of the cookies {outer} and {inner} both answer {path}/register: \
                 give one of them another path, DeviceBound::at(…)"
            ),
        }
    }
}
