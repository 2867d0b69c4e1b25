//! Errors, grouped by what is at fault: a cookie ([`Reason`], [`OpenError`]), a handler
//! ([`SessionError`], [`SealError`], [`CommitError`]), or the configuration ([`BuildError`]). A
//! ring's errors are in `ring.rs`, and the random generator's is in `crypto/random.rs`.
//!
//! No message contains a secret, a plaintext, or a byte of the input.

#[cfg(feature = "map")]
pub(crate) mod map;
pub(crate) mod redact;
pub(crate) mod rejection;
pub(crate) mod ring;

use crate::crypto::random::RandomError;
#[cfg(feature = "map")]
use crate::error::map::MapError;
use crate::error::ring::RingError;
use http::StatusCode;
use std::error::Error;
use std::fmt;

/// Why a cookie did not open. One closed list, with the same words in SPEC.md, in the test vectors
/// and in events ([`Reason::as_str`]).
///
/// ```
/// use sealed_session::{KeyRing, Map, Reason, Sessions};
///
/// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?);
/// let value = sessions.seal(&Map::new())?;
/// let elsewhere = sessions.with_context("another tenant");
/// let reason = elsewhere.open(&value).unwrap_err().reason();
/// assert_eq!((reason, reason.as_str()), (Reason::BadSeal, "bad-seal"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The request brought more cookies of this name than are opened or examined.
    TooMany,
    /// The value is longer than a cookie can be.
    TooLong,
    /// The value is not base64url, or it is too short to be an envelope.
    Malformed,
    /// The envelope has a version that this build does not know.
    UnknownVersion,
    /// The session is split over several cookies, and this build or configuration does not join
    /// them.
    Pieces,
    /// The pieces belong to different sessions.
    PiecesMixed,
    /// No key of the ring has the cookie's key id.
    UnknownKey,
    /// The cookie's key is in the ring, but its `open-until` has passed.
    KeyEnded,
    /// The cookie's key is in the ring, but its suite is not compiled in.
    UnsupportedSuite,
    /// The tag does not match: another key, name or context, or changed bytes. The error
    /// deliberately gives no detail.
    BadSeal,
    /// Authentic, but has a form or a claim that this build does not know.
    UnknownForm,
    /// Authentic, but sealed for a type with another structure.
    OtherShape,
    /// Authentic and of our shape, but cannot be decoded.
    Undecodable,
    /// The idle timeout has passed.
    ExpiredIdle,
    /// The absolute timeout has passed.
    ExpiredAbsolute,
    /// The fixed end set by the application has passed.
    ExpiredAt,
    /// Issued more than two minutes ahead of this server's clock.
    FromTheFuture,
    /// The application refused it, with [`Builder::admit`](crate::Builder::admit) or
    /// [`Builder::not_before`](crate::Builder::not_before).
    Refused,
}

impl Reason {
    /// Returns the word for this reason in SPEC.md, in the test vectors and in events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooMany => "too-many",
            Self::TooLong => "too-long",
            Self::Malformed => "malformed",
            Self::UnknownVersion => "unknown-version",
            Self::Pieces => "pieces",
            Self::PiecesMixed => "pieces-mixed",
            Self::UnknownKey => "unknown-key",
            Self::KeyEnded => "key-ended",
            Self::UnsupportedSuite => "unsupported-suite",
            Self::BadSeal => "bad-seal",
            Self::UnknownForm => "unknown-form",
            Self::OtherShape => "other-shape",
            Self::Undecodable => "undecodable",
            Self::ExpiredIdle => "expired-idle",
            Self::ExpiredAbsolute => "expired-absolute",
            Self::ExpiredAt => "expired-at",
            Self::FromTheFuture => "from-the-future",
            Self::Refused => "refused",
        }
    }

    /// Returns the priority if several cookies fail: the status reports the reason with the lowest
    /// rank.
    pub(crate) fn rank(self) -> u8 {
        match self {
            Self::FromTheFuture => 0,
            Self::OtherShape => 1,
            Self::UnknownForm => 2,
            Self::Undecodable => 3,
            Self::Pieces => 4,
            Self::PiecesMixed => 5,
            Self::UnknownVersion => 6,
            Self::UnsupportedSuite => 7,
            Self::UnknownKey => 8,
            Self::KeyEnded => 9,
            Self::Refused => 10,
            Self::ExpiredAt | Self::ExpiredAbsolute | Self::ExpiredIdle => 11,
            Self::TooMany => 12,
            Self::BadSeal => 13,
            Self::TooLong => 14,
            Self::Malformed => 15,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A value given to [`Sessions::open`](crate::Sessions::open) did not open. If a handler returns
/// this error, adapters answer 400.
///
/// ```
/// use sealed_session::{KeyRing, Map, Reason, Sessions};
///
/// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?);
/// let error = sessions.open("not a sealed value").unwrap_err();
/// assert_eq!(error.reason(), Reason::Malformed);
/// assert_eq!(error.to_string(), "the sealed value does not open: malformed");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// The value was rejected, for the same reason as a request's cookie would be.
    Rejected(Reason),
    /// The application refused it, with this reason of its own. [`reason`](Self::reason) returns
    /// [`Reason::Refused`].
    Refused(&'static str),
}

impl OpenError {
    /// Returns why the value did not open.
    pub fn reason(self) -> Reason {
        match self {
            Self::Rejected(reason) => reason,
            Self::Refused(_) => Reason::Refused,
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the sealed value does not open: {}", self.reason())?;
        match self {
            Self::Rejected(_) => Ok(()),
            Self::Refused(why) => write!(f, ", {why}"),
        }
    }
}

impl Error for OpenError {}

/// A handler's write was refused. The session is unchanged.
///
/// ```
/// use sealed_session::{KeyRing, Map, SessionError, Sessions};
///
/// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?);
/// let session = sessions.load(&http::Method::POST, &http::HeaderMap::new());
/// session.insert("user", 7)?;
/// match session.insert("essay", "much to say. ".repeat(400)) {
///     Err(SessionError::TooLarge { needed, allowed }) => assert!(needed > allowed),
///     other => panic!("{other:?}"),
/// }
/// assert_eq!(session.get::<u32>("user")?, Some(7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionError {
    /// The session would not fit into its cookie. Both numbers are bytes of the whole `Set-Cookie`
    /// line. `needed` counts the line at its longest.
    TooLarge {
        /// Bytes that the session needs.
        needed: usize,
        /// Bytes that one cookie may take.
        allowed: usize,
    },
    /// The text of a flash message is longer than all pending messages together may be. Both
    /// numbers are bytes.
    FlashTooLong {
        /// The length of the text, in bytes.
        length: usize,
        /// The limit for all texts together, in bytes.
        allowed: usize,
    },
    /// The data cannot be encoded. The message says what to change.
    Unencodable(&'static str),
    /// A value of a [`Map`](crate::Map) was refused.
    #[cfg(feature = "map")]
    Map(MapError),
    /// The configuration does not allow this expiry. The message says which limit it exceeds.
    Expiry(&'static str),
    /// No key of the ring seals now. Sessions can still be read.
    NoSealingKey,
    /// The handle was used inside an `update` of the same session, or in code that opens the
    /// session: a check, a reader, or a `Deserialize` implementation.
    Busy,
    /// The response was already sent, or the request ended without one: changes can no longer be
    /// saved. Move a copy of the data to where it is needed afterwards.
    Responded,
    /// A page of another site sent this request, and the browser did not send our cookie. A write
    /// could replace a session that this server cannot see. If the visitor has just proved who they
    /// are, first call [`renew`](crate::Session::renew), or [`set`](crate::Session::set) with a
    /// whole session that is not empty.
    Withheld,
    /// None of the request's cookies can be read by this server yet, and the configuration protects
    /// such cookies.
    Unreadable,
    /// The operating system's random generator failed.
    Random,
}

/// An error that a handler may return, with its status. Asking for the status logs nothing.
pub(crate) trait Answered {
    fn answer(&self) -> StatusCode {
        StatusCode::INTERNAL_SERVER_ERROR
    }
}

impl Answered for SessionError {
    fn answer(&self) -> StatusCode {
        match self {
            Self::Withheld => StatusCode::FORBIDDEN,
            Self::Unreadable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl Answered for OpenError {
    fn answer(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }
}

impl Answered for SealError {}
impl Answered for CommitError {}

impl SessionError {
    /// Returns the status that adapters answer with if a handler returns the error: 403 for
    /// `Withheld`, 503 for `Unreadable` (with `Retry-After: 1`), and 500 for all others.
    pub fn status(&self) -> StatusCode {
        self.answer()
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { needed, allowed } => {
                write!(
                    f,
                    "the session needs a Set-Cookie line of {needed} bytes, but the limit is \
                     {allowed}: store ids in the session and the records elsewhere"
                )
            }
            Self::FlashTooLong { length, allowed } => {
                write!(
                    f,
                    "the flash message is {length} bytes long, but the limit is {allowed}: shorten \
                     it, or show it in this response"
                )
            }
            Self::Unencodable(why) => write!(f, "the session's data cannot be encoded: {why}"),
            #[cfg(feature = "map")]
            Self::Map(error) => error.fmt(f),
            Self::Expiry(why) => f.write_str(why),
            Self::NoSealingKey => f.write_str(
                "no key in the ring can seal now, so the session can be read but not written: add \
                 a sealing key",
            ),
            Self::Busy => f.write_str(
                "the session cannot be written inside its own update or while it is being opened: \
                 write afterwards, or change the value passed to the update's closure",
            ),
            Self::Responded => f.write_str(
                "the response was already sent, or the request ended without one, so the session \
                 can be read but no longer written: pass a copy of the data to code that runs \
                 afterwards",
            ),
            Self::Withheld => f.write_str(
                "another site sent this request, and the browser did not send the session cookie: \
                 authenticate the visitor, then call renew() or set() before writing",
            ),
            Self::Unreadable => f.write_str(
                "this server cannot read the visitor's session yet: answer 503, so that another \
                 server can handle the request",
            ),
            Self::Random => RandomError.fmt(f),
        }
    }
}

impl Error for SessionError {}

#[cfg(feature = "map")]
impl From<MapError> for SessionError {
    fn from(error: MapError) -> Self {
        Self::Map(error)
    }
}

impl From<RandomError> for SessionError {
    fn from(_: RandomError) -> Self {
        Self::Random
    }
}

/// A value could not be sealed outside a request. Adapters answer 500 if a handler returns this
/// error.
///
/// ```
/// use sealed_session::{KeyRing, Map, SealError, Sessions};
///
/// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?);
/// let mut map = Map::new();
/// map.insert("essay", "much to say. ".repeat(400))?;
/// assert!(matches!(sessions.seal(&map), Err(SealError::TooLarge { allowed: 4093, .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealError {
    /// The value would not fit into a cookie. Both numbers are bytes of the whole `Set-Cookie`
    /// line.
    TooLarge {
        /// Bytes that the value needs.
        needed: usize,
        /// Bytes that one cookie may take.
        allowed: usize,
    },
    /// The data cannot be encoded. The message says what to change.
    Unencodable(&'static str),
    /// No key of the ring seals now.
    NoSealingKey,
    /// The operating system's random generator failed.
    Random,
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SessionError::from(self.clone()).fmt(f)
    }
}

impl Error for SealError {}

impl From<SealError> for SessionError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::TooLarge { needed, allowed } => Self::TooLarge { needed, allowed },
            SealError::Unencodable(why) => Self::Unencodable(why),
            SealError::NoSealingKey => Self::NoSealingKey,
            SealError::Random => Self::Random,
        }
    }
}

impl From<RandomError> for SealError {
    fn from(_: RandomError) -> Self {
        Self::Random
    }
}

/// A change could not be put into the response. Adapters answer 500: a lost write is never a 200.
///
/// ```
/// use http::{HeaderMap, StatusCode};
/// use sealed_session::{CommitError, Map, Session, Sessions};
///
/// fn answer(sessions: &Sessions<Map>, session: &Session<Map>, headers: &mut HeaderMap) -> StatusCode {
///     match sessions.commit(session, StatusCode::OK, headers) {
///         Ok(()) => StatusCode::OK,
///         Err(error @ CommitError::Random) => panic!("no server should run on: {error}"),
///         Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommitError {
    /// The operating system's random generator failed, so no nonce could be drawn.
    Random,
    /// The response cannot hold another header field.
    HeadersFull,
    /// No key of the ring seals now.
    NoSealingKey,
    /// `commit` was called inside an `update` of the same session, or in code that opens the
    /// session.
    Busy,
    /// An earlier `commit` of the same session panicked.
    Panicked,
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Random => RandomError.fmt(f),
            Self::HeadersFull => f.write_str(
                "the response cannot hold another header field, so Set-Cookie cannot be added",
            ),
            Self::NoSealingKey => SessionError::NoSealingKey.fmt(f),
            Self::Busy => f.write_str(
                "the session cannot be committed inside its own update or while it is being \
                 opened: commit afterwards",
            ),
            Self::Panicked => f.write_str(
                "an earlier commit of this session panicked, so its changes are lost: answer 500",
            ),
        }
    }
}

impl Error for CommitError {}

impl From<RandomError> for CommitError {
    fn from(_: RandomError) -> Self {
        Self::Random
    }
}

/// [`Builder::build`](crate::Builder::build) refused a configuration. The message says which
/// settings conflict and how to fix it.
///
/// ```
/// use sealed_session::{BuildError, KeyRing, Map, Sessions};
///
/// let error = Sessions::<Map>::builder(KeyRing::ephemeral()?).secure(false).build().unwrap_err();
/// assert!(matches!(&error, BuildError::Setting(sentence) if sentence.contains("secure(true)")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// Two settings conflict, or a setting is out of range.
    Setting(String),
    /// The data type cannot be used as a session as it is.
    Data(String),
    /// The ring cannot seal.
    Ring(RingError),
}

/// Prints the message, because a `main` that returns its error uses `Debug`.
impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(sentence) | Self::Data(sentence) => f.write_str(sentence),
            Self::Ring(error) => error.fmt(f),
        }
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Ring(error) => Some(error),
            Self::Setting(_) | Self::Data(_) => None,
        }
    }
}

impl From<RandomError> for BuildError {
    fn from(error: RandomError) -> Self {
        Self::Ring(error.into())
    }
}

impl From<RingError> for BuildError {
    fn from(error: RingError) -> Self {
        Self::Ring(error)
    }
}
