//! `Reason`: why a cookie did not open.

use crate::error::Unproven;
use std::fmt;

/// Why a cookie or a ticket did not open. SPEC.md, the test vectors and events
/// ([`Reason::as_str`]) use the same words.
///
/// ```
/// use sealed_session::{KeyRing, Map, Reason, Sessions};
///
/// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?)?;
/// let value = sessions.seal(&Map::new())?;
/// let elsewhere = sessions.with_context("another tenant");
/// let reason = elsewhere.open(&value).unwrap_err().reason();
/// assert_eq!((reason, reason.as_str()), (Reason::BadSeal, "bad-seal"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The request had so many cookies of this name, or such long ones, that not all were tried.
    TooMany,
    /// One cookie's value is longer than 4,096 characters, or a value that is joined from several
    /// cookies, or did not come in a cookie, is longer than 14,000.
    TooLong,
    /// The value is not base64url, or it is too short to be an envelope.
    Malformed,
    /// The envelope has a version that this build does not know.
    UnknownVersion,
    /// The value is only the first piece of a session that is split over several cookies. This does
    /// not occur in requests, where pieces are joined.
    Pieces,
    /// The session is split over several cookies, and a piece is missing or was not set together
    /// with the others.
    PiecesMixed,
    /// No key of the ring has the cookie's key id.
    UnknownKey,
    /// The cookie's key is in the ring, but its `open-until` has passed.
    KeyEnded,
    /// The cookie's key is in the ring, but its suite is not compiled in.
    UnsupportedSuite,
    /// The tag does not match: another key, name or context, or changed bytes. For a ticket also:
    /// another purpose or `bound`. The error deliberately gives no detail.
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
    /// The application refused it, with [`Builder::validate`](crate::Builder::validate) or
    /// [`Builder::reject_created_before`](crate::Builder::reject_created_before), and this is its
    /// own reason. If several cookies were refused, it is the reason for the one issued last.
    Refused(&'static str),
    /// The session is bound to the visitor's device
    /// ([`Builder::device_bound`](crate::Builder::device_bound)), and the request does not prove
    /// that it comes from there.
    Unproven(Unproven),
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
            Self::Refused(_) => "refused",
            Self::Unproven(_) => "unproven",
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
            Self::Refused(_) => 10,
            Self::Unproven(_) => 11,
            Self::ExpiredAt | Self::ExpiredAbsolute | Self::ExpiredIdle => 12,
            Self::TooMany => 13,
            Self::BadSeal => 14,
            Self::TooLong => 15,
            Self::Malformed => 16,
        }
    }
}

/// Writes the word, without the application's own reason.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
