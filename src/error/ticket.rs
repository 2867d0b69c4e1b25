//! `TicketError`: a ticket could not be issued.

use crate::crypto::random::RandomError;
use http::StatusCode;
use std::error::Error;
use std::fmt;
use std::time::SystemTime;

/// A ticket could not be issued.
///
/// ```
/// use sealed_session::error::TicketError;
/// use sealed_session::{KeyRing, Tickets};
/// use std::time::Duration;
///
/// let links = Tickets::<String>::builder(KeyRing::ephemeral()?)
///     .purpose("download")
///     .valid_for(Duration::from_secs(3600))
///     .build()?;
/// let error = links.issue(&"x".repeat(3_000)).unwrap_err();
/// assert!(matches!(error, TicketError::TooLong { needed: 4083, allowed: 2000 }), "{error:?}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TicketError {
    /// The ticket would be longer than
    /// [`max_length`](crate::tickets::TicketsBuilder::max_length). Both numbers are characters.
    TooLong {
        /// Characters of the ticket.
        needed: usize,
        /// Characters that it may have.
        allowed: usize,
    },
    /// The data cannot be encoded. The message says what to change.
    Unencodable(&'static str),
    /// No key of the ring seals now.
    NoSealingKey,
    /// The key that seals now ends before the ticket would, so the ticket would stop opening before
    /// its end. Give the key a later `open-until`, let another key seal, or issue a ticket that
    /// ends at `latest` or before.
    KeyEndsFirst {
        /// The latest end that a ticket can have now.
        latest: SystemTime,
    },
    /// The ticket's end is not in the future.
    Ended,
    /// `bound` is longer than 1,024 bytes.
    BoundTooLong,
    /// A CSRF token was asked for, and the session has no id to bind it to. Call
    /// [`renew`](crate::Session::renew) at sign-in, or build the `Sessions` with
    /// [`session_ids(true)`](crate::Builder::session_ids).
    NoSessionId,
    /// The operating system's random generator failed.
    Random,
}

impl TicketError {
    /// Returns the status that adapters answer with if a handler returns the error: 500.
    pub fn status_code(&self) -> StatusCode {
        StatusCode::INTERNAL_SERVER_ERROR
    }
}

impl fmt::Display for TicketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { needed, allowed } => write!(
                f,
                "the ticket needs {needed} characters, but the limit is {allowed}: put an id into \
                 it and the record elsewhere, or raise max_length"
            ),
            Self::Unencodable(why) => write!(f, "the ticket's data cannot be encoded: {why}"),
            Self::NoSealingKey => f.write_str(
                "no key in the ring can seal now, so no ticket can be issued: add a sealing key",
            ),
            Self::KeyEndsFirst { .. } => f.write_str(
                "the key that seals now ends before the ticket would: give it a later open-until, \
                 let another key seal, or issue a ticket that ends sooner",
            ),
            Self::Ended => {
                f.write_str("the ticket's end is not in the future: issue it with a later end")
            }
            Self::BoundTooLong => f.write_str(
                "the bytes that the ticket is issued for are longer than 1,024: use an id or a \
                 hash",
            ),
            Self::NoSessionId => f.write_str(
                "the session has no id that a CSRF token could be bound to: call renew() at \
                 sign-in, or set session_ids(true) and store data in the session",
            ),
            Self::Random => RandomError.fmt(f),
        }
    }
}

impl Error for TicketError {}

impl From<RandomError> for TicketError {
    fn from(_: RandomError) -> Self {
        Self::Random
    }
}
