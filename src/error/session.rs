//! `SessionError`: a session could not be written, sealed or committed.

use crate::crypto::random::RandomError;
#[cfg(feature = "map")]
use crate::error::map::MapError;
use http::StatusCode;
use std::cmp::Reverse;
use std::error::Error;
use std::fmt;

/// Characters of a field's name that a message shows: the key of a map can have any length.
const SHOWN_NAME: usize = 64;

/// A session could not be written, sealed or committed.
///
/// A write that is refused leaves the session unchanged. A commit that fails has lost a change:
/// adapters answer 500, because a lost write must never be a 200.
///
/// ```
/// use sealed_session::{KeyRing, Map, SessionError, Sessions};
///
/// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?)?;
/// let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
/// session.insert("user", 7)?;
/// match session.insert("essay", "much to say. ".repeat(400)) {
///     Err(SessionError::TooLarge { needed, allowed, largest }) => {
///         assert!(needed > allowed);
///         assert_eq!(largest.expect("a map has keys").name, "essay");
///     }
///     other => panic!("{other:?}"),
/// }
/// assert_eq!(session.get::<u32>("user")?, Some(7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionError {
    /// The session would not fit into its cookies. Both numbers are the total bytes of its
    /// `Set-Cookie` lines. There is one line unless
    /// [`Builder::max_cookies`](crate::Builder::max_cookies) allows more. `needed` assumes the
    /// longest `Max-Age` and the longest claims of a later refresh.
    TooLarge {
        /// Bytes that the session needs.
        needed: usize,
        /// Bytes that it may take.
        allowed: usize,
        /// The largest field of the data, if the type has named fields.
        largest: Option<Box<FieldSize>>,
    },
    /// The text of a flash message is longer than the limit for all pending messages together. Both
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
    /// The session was written or committed inside an `update` of the same session, or in code that
    /// opens the session: a check, a reader, or a `Deserialize` implementation.
    Busy,
    /// The response was already sent, or the request ended without one: changes can no longer be
    /// saved. Move a copy of the data to where it is needed afterwards.
    Responded,
    /// A page of another site sent this request, and the browser did not send our cookie. A write
    /// could replace a session that this server cannot see. If the visitor has just proved who they
    /// are, first call [`renew`](crate::Session::renew), or [`set`](crate::Session::set) with a
    /// whole session that is not empty.
    CrossSite,
    /// None of the request's cookies can be read by this server yet, and the configuration protects
    /// such cookies.
    Unreadable,
    /// The session that came is bound to the visitor's device, and the request does not prove that
    /// it comes from there: see [`dbsc`](crate::Builder::device_bound). A write would replace a
    /// session that this server did not read. If the visitor has just proved who they are, first
    /// call [`renew`](crate::Session::renew).
    Unproven,
    /// The session is not bound to the visitor's device, and the handler requires that
    /// ([`require_binding`](crate::Builder::device_bound)).
    Unbound,
    /// The operating system's random generator failed.
    Random,
    /// The response cannot hold another header field, so the session could not be committed.
    HeadersFull,
    /// An earlier `commit` of the same session panicked.
    CommitPanicked,
}

/// What one field of a session's data costs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldSize {
    /// The field's name, or the key of a [`Map`](crate::Map).
    pub name: String,
    /// The bytes that it takes in the encoded data, before compression. Three bytes become four
    /// characters of the cookie. In a `Map`, a repeated text counts only at its first occurrence.
    pub bytes: usize,
}

impl FieldSize {
    /// Returns the sizes for these names and lengths, the largest first.
    pub(crate) fn largest_first(lengths: Vec<(String, usize)>) -> Vec<Self> {
        let sizes = lengths.into_iter().map(|(name, bytes)| Self { name, bytes });
        let mut sizes: Vec<Self> = sizes.collect();
        sizes.sort_by_key(|size| Reverse(size.bytes));
        sizes
    }
}

impl SessionError {
    /// Returns the word for this error in events.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too-large",
            Self::FlashTooLong { .. } => "flash-too-long",
            Self::Unencodable(_) => "unencodable",
            #[cfg(feature = "map")]
            Self::Map(_) => "map",
            Self::Expiry(_) => "expiry",
            Self::NoSealingKey => "no-sealing-key",
            Self::Busy => "busy",
            Self::Responded => "responded",
            Self::CrossSite => "cross-site",
            Self::Unreadable => "unreadable",
            Self::Unproven => "unproven",
            Self::Unbound => "unbound",
            Self::Random => "random",
            Self::HeadersFull => "headers-full",
            Self::CommitPanicked => "commit-panicked",
        }
    }

    /// Returns the status that adapters answer with if a handler returns the error: 403 for
    /// `CrossSite`, `Unproven` and `Unbound`, 503 for `Unreadable` (with `Retry-After: 1`), and 500
    /// for all others.
    pub fn status_code(&self) -> StatusCode {
        match self {
            Self::CrossSite | Self::Unproven | Self::Unbound => StatusCode::FORBIDDEN,
            Self::Unreadable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { needed, allowed, largest } => {
                write!(
                    f,
                    "the session needs {needed} bytes of Set-Cookie lines, but the limit is \
                     {allowed}"
                )?;
                if let Some(FieldSize { name, bytes }) = largest.as_deref() {
                    let name: String = name.chars().take(SHOWN_NAME).collect();
                    write!(f, ", and its largest field, {name:?}, takes {bytes} bytes of data")?;
                }
                f.write_str(": store ids in the session and the records elsewhere")
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
                "the session cannot be written or committed inside its own update or while it is \
                 being opened: do it afterwards, or change the value passed to the update's \
                 closure",
            ),
            Self::Responded => f.write_str(
                "the response was already sent, or the request ended without one, so the session \
                 can be read but no longer written: pass a copy of the data to code that runs \
                 afterwards",
            ),
            Self::CrossSite => f.write_str(
                "another site sent this request, and the browser did not send the session cookie: \
                 authenticate the visitor, then call renew() or set() before writing",
            ),
            Self::Unreadable => f.write_str(
                "this server cannot read the visitor's session yet: answer 503, so that another \
                 server can handle the request",
            ),
            Self::Unproven => f.write_str(
                "the visitor's session is bound to another device, or this request came without \
                 the proof of its device: reload the page, or authenticate the visitor and call \
                 renew() before writing",
            ),
            Self::Unbound => f.write_str(
                "this needs a session that is bound to the visitor's device: sign in again with a \
                 browser that supports Device Bound Session Credentials",
            ),
            Self::Random => RandomError.fmt(f),
            Self::HeadersFull => f.write_str(
                "the response cannot hold another header field, so Set-Cookie cannot be added",
            ),
            Self::CommitPanicked => f.write_str(
                "an earlier commit of this session panicked, so its changes are lost: answer 500",
            ),
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
