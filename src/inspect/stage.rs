//! The stages of opening a cookie, in their order, and the result of going through them.

use crate::error::Reason;
use std::fmt;

/// A stage that a cookie's value goes through when it is opened. The first stage that refuses the
/// value gives the [`Reason`].
///
/// ```
/// use sealed_session::inspect::Stage;
///
/// let steps: Vec<u8> = Stage::ALL.iter().map(|stage| stage.step()).collect();
/// assert!(steps.is_sorted());
/// assert_eq!(Stage::Seal.as_str(), "seal");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Stage {
    /// The value does not exceed the maximum length.
    Length,
    /// The value is a whole session, and not a piece of one.
    Pieces,
    /// The value is base64url in its only valid form.
    Base64url,
    /// The bytes are an envelope of a known version.
    Version,
    /// The ring has the key that the envelope names.
    KeyId,
    /// The key's `open-until` has not passed.
    KeyEnd,
    /// This build has the key's suite.
    Suite,
    /// The tag matches under the key, the cookie's name and the context.
    Seal,
    /// Flags and claims have a form that this build knows.
    Claims,
    /// The data has a shape that the server reads.
    Shape,
    /// The cookie was not issued in the future.
    Issued,
    /// The session has not ended.
    Lifetime,
    /// The session is not bound to a device, or the device's proof came beside it.
    Binding,
    /// The data decodes, to the last byte.
    Data,
    /// The application accepts the session.
    Validation,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: &[Self] = &[
        Self::Length,
        Self::Pieces,
        Self::Base64url,
        Self::Version,
        Self::KeyId,
        Self::KeyEnd,
        Self::Suite,
        Self::Seal,
        Self::Claims,
        Self::Shape,
        Self::Issued,
        Self::Lifetime,
        Self::Binding,
        Self::Data,
        Self::Validation,
    ];

    /// Returns the stage's name in a few words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Pieces => "pieces",
            Self::Base64url => "base64url",
            Self::Version => "version",
            Self::KeyId => "key id",
            Self::KeyEnd => "key's end",
            Self::Suite => "suite",
            Self::Seal => "seal",
            Self::Claims => "claims",
            Self::Shape => "shape",
            Self::Issued => "time of issue",
            Self::Lifetime => "lifetime",
            Self::Binding => "device binding",
            Self::Data => "data",
            Self::Validation => "validation",
        }
    }

    /// Returns the first step of SPEC.md §8 that belongs to the stage.
    pub fn step(self) -> u8 {
        match self {
            Self::Length => 1,
            Self::Pieces => 3,
            Self::Base64url => 4,
            Self::Version => 5,
            Self::KeyId => 6,
            Self::KeyEnd => 7,
            Self::Suite => 8,
            Self::Seal => 10,
            Self::Claims => 11,
            Self::Shape => 12,
            Self::Issued => 13,
            Self::Lifetime => 14,
            Self::Binding => 15,
            Self::Data => 16,
            Self::Validation => 17,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The result of an inspection. `Display` gives it in one sentence.
///
/// ```
/// use sealed_session::inspect::Inspector;
///
/// let verdict = Inspector::new().inspect("not base64url!").verdict;
/// assert_eq!(verdict.as_str(), "malformed");
/// assert_eq!(verdict.to_string(), "malformed: the value is not base64url in its only valid form");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// The cookie passes every stage.
    Opens,
    /// The value is an envelope. No ring was given to open it with.
    NotTried,
    /// A stage refuses the cookie.
    Stopped {
        /// The first stage that refuses it.
        stage: Stage,
        /// Why: the reason that a server would report.
        reason: Reason,
    },
}

impl Verdict {
    /// Returns `ok`, `not opened`, or the reason's word, as in [`Reason::as_str`].
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opens => "ok",
            Self::NotTried => "not opened",
            Self::Stopped { reason, .. } => reason.as_str(),
        }
    }

    /// Returns what the verdict means, as a clause without the reason's word.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Opens => "the cookie passes every stage",
            Self::NotTried => "no key ring was given to open it with",
            Self::Stopped { stage, reason } => explanation(stage, reason),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.as_str(), self.explanation())
    }
}

fn explanation(stage: Stage, reason: Reason) -> &'static str {
    match reason {
        Reason::TooLong => "the value is longer than 14,000 characters, and no session's is",
        Reason::TooMany => "the request has too many cookies of this name",
        Reason::Pieces => {
            "the session is split over several cookies, of which this is the first: the others are \
             needed too"
        }
        Reason::PiecesMixed => "a piece of the session is missing, or belongs to another seal",
        Reason::Malformed if stage == Stage::Version => "the value is too short to be an envelope",
        Reason::Malformed => "the value is not base64url in its only valid form",
        Reason::UnknownVersion => "this release does not know the envelope's version",
        Reason::UnknownKey => {
            "no key of the ring has the cookie's key id: the key was removed, or belongs to \
             another ring"
        }
        Reason::KeyEnded => "the open-until of the cookie's key has passed",
        Reason::UnsupportedSuite => "the suite of the cookie's key is not compiled in",
        Reason::BadSeal => {
            "the tag does not match: another cookie name, another context, changed bytes, or a \
             ticket and no session"
        }
        Reason::UnknownForm => {
            "the cookie is authentic, but this release does not know its form or one of its claims"
        }
        Reason::OtherShape => {
            "the cookie is authentic, but was sealed for a type with another structure"
        }
        Reason::FromTheFuture => "the cookie was issued more than two minutes ahead of the clock",
        Reason::ExpiredAt => "the fixed end that the application set has passed",
        Reason::ExpiredAbsolute => "the absolute timeout has passed",
        Reason::ExpiredIdle => "the idle timeout has passed",
        Reason::Undecodable if stage == Stage::Claims => {
            "the cookie is authentic, but its claims do not decode"
        }
        Reason::Undecodable => {
            "the cookie is authentic, but its data does not decode to the last byte"
        }
        Reason::Refused(_) => "the application's own check refused the session",
        Reason::Unproven(_) => {
            "the session is bound to a device, so it opens only in a request that also has the \
             device's proof"
        }
    }
}
