//! Why a key ring is refused: at one line of its text, or as a whole. These errors never contain a
//! word of the text, because any word could be a secret. Keys in names and paths are redacted when
//! the error is created.

use crate::crypto::random::RandomError;
use crate::crypto::suite::Suite;
use crate::error::redact::{redacted, redacted_path};
use crate::limits;
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

/// A key ring could not be read, or was refused. One bad line refuses the whole ring.
///
/// ```
/// use sealed_session::KeyRing;
/// use sealed_session::error::{KeyProblem, Position, RingError};
///
/// let error = "# shop\ncorrect horse battery staple".parse::<KeyRing>().unwrap_err();
/// assert_eq!(error, RingError::Text { position: Position::Line(2), problem: KeyProblem::NotAKey });
/// assert!(error.to_string().contains("make a key with"));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RingError {
    /// The environment variable is not set.
    Missing {
        /// The variable's name. A key given in place of a name is redacted.
        variable: String,
    },
    /// Neither the environment variable with the ring nor the one with its file's path is set.
    NeitherSet {
        /// The variable for the ring's text. A key given in place of a name is redacted.
        variable: String,
        /// The variable for the path of the ring's file.
        file_variable: String,
    },
    /// Both environment variables are set, and only one of them can count.
    BothSet {
        /// The variable for the ring's text. A key given in place of a name is redacted.
        variable: String,
        /// The variable for the path of the ring's file.
        file_variable: String,
    },
    /// The file cannot be read.
    Unreadable {
        /// The file's path. A key given in place of a path is redacted.
        path: PathBuf,
        /// The kind of error; `Unsupported` if it is not a regular file.
        kind: std::io::ErrorKind,
        /// The operating system's error number, if there is one.
        code: Option<i32>,
    },
    /// The text is not UTF-8.
    NotUtf8,
    /// The text is longer than 16 KiB.
    TooLong,
    /// The text contains no key.
    Empty,
    /// A line or a key of the text was refused.
    Text {
        /// The position.
        position: Position,
        /// The problem.
        problem: KeyProblem,
    },
    /// No key of the ring seals now.
    NoSealingKey,
    /// A key that seals now, or will at a date in the ring, has a suite that is not compiled in.
    SuiteNotCompiled {
        /// The suite.
        suite: Suite,
    },
    /// The operating system's random generator failed.
    Random,
}

impl RingError {
    pub(crate) fn missing(variable: &str) -> Self {
        Self::Missing { variable: redacted(variable).into_owned() }
    }

    /// `file_variable` is the one that would name the ring's file.
    pub(crate) fn neither_set(variable: &str, file_variable: &str) -> Self {
        let [variable, file_variable] =
            [variable, file_variable].map(|name| redacted(name).into_owned());
        Self::NeitherSet { variable, file_variable }
    }

    /// `file_variable` is the one that names the ring's file.
    pub(crate) fn both_set(variable: &str, file_variable: &str) -> Self {
        let [variable, file_variable] =
            [variable, file_variable].map(|name| redacted(name).into_owned());
        Self::BothSet { variable, file_variable }
    }

    pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        Self::Unreadable {
            path: redacted_path(path),
            kind: error.kind(),
            code: error.raw_os_error(),
        }
    }

    /// Returns the word for this error in events.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Missing { .. } | Self::NeitherSet { .. } => "missing",
            Self::BothSet { .. } => "both-set",
            Self::Unreadable { .. } => "unreadable",
            Self::NotUtf8 => "not-utf8",
            Self::TooLong => "too-long",
            Self::Empty => "empty",
            Self::Text { .. } => "text",
            Self::NoSealingKey => "no-sealing-key",
            Self::SuiteNotCompiled { .. } => "suite-not-compiled",
            Self::Random => "random",
        }
    }

    pub(crate) fn not_regular(path: &Path) -> Self {
        Self::Unreadable {
            path: redacted_path(path),
            kind: std::io::ErrorKind::Unsupported,
            code: None,
        }
    }
}

/// Prints the message, because a `main` that returns its error uses `Debug`.
impl fmt::Debug for RingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for RingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { variable } => {
                write!(
                    f,
                    "the environment variable {variable} is not set: set it to a key ring \
                     ({MAKE_A_KEY})"
                )
            }
            Self::NeitherSet { variable, file_variable } => {
                write!(
                    f,
                    "neither {variable} nor {file_variable} is set in the environment: set \
                     {variable} to a key ring, or {file_variable} to the path of its file \
                     ({MAKE_A_KEY})"
                )
            }
            Self::BothSet { variable, file_variable } => {
                write!(
                    f,
                    "both {variable} and {file_variable} are set in the environment: unset one of \
                     them, because only one ring can be used"
                )
            }
            Self::Unreadable { path, kind, code } => {
                write!(f, "the key ring {} cannot be read: ", path.to_string_lossy())?;
                match (code, kind) {
                    (Some(code), _) => std::io::Error::from_raw_os_error(*code).fmt(f),
                    (None, std::io::ErrorKind::Unsupported) => f.write_str("not a regular file"),
                    (None, kind) => kind.fmt(f),
                }
            }
            Self::NotUtf8 => f.write_str("the key ring is not UTF-8 text"),
            Self::TooLong => write!(f, "the key ring is longer than {} bytes", limits::RING_BYTES),
            Self::Empty => write!(f, "the key ring holds no key: {MAKE_A_KEY}"),
            Self::Text { position, problem } => {
                write!(f, "invalid key ring at {position}: {problem}")
            }
            Self::NoSealingKey => f.write_str(
                "no key in the ring can seal now: one key must have no seal-from or a past one, \
                 and no open-until or a future one",
            ),
            Self::SuiteNotCompiled { suite } => {
                write!(
                    f,
                    "a sealing key uses {suite}, which is not compiled in: enable the feature `{}`",
                    suite.feature()
                )
            }
            Self::Random => RandomError.fmt(f),
        }
    }
}

impl Error for RingError {}

impl From<RandomError> for RingError {
    fn from(_: RandomError) -> Self {
        Self::Random
    }
}

/// The position in a ring's text at which it was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The number of the line, from 1.
    Line(usize),
    /// The number of the key, from 1, if keys are separated only by `;`.
    Key(usize),
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(number) => write!(f, "line {number}"),
            Self::Key(number) => write!(f, "key {number}"),
        }
    }
}

/// Why a line or a key of a ring's text was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyProblem {
    /// It does not begin with `ssk1.<suite>.`; passphrases are not accepted.
    NotAKey,
    /// It is in quotes. A shell would have removed them, but a file of environment variables may
    /// keep them.
    Quoted,
    /// No suite with that name is known.
    UnknownSuite,
    /// The secret is not 43 characters long.
    SecretLength,
    /// The secret is not strict base64url.
    SecretAlphabet,
    /// The secret is text, or has too few different bytes to be random.
    Weak,
    /// The secret is published in this project's documents or vectors.
    Published,
    /// The same secret or key id occurs above.
    Twice,
    /// There are more than 64 keys.
    TooMany,
    /// An attribute is not known.
    UnknownAttribute,
    /// The same attribute occurs twice.
    AttributeTwice,
    /// A time is invalid.
    Time,
    /// `open-until` is not after `seal-from`.
    EndsBeforeItSeals,
    /// A key without `seal-from` is above a key that has one.
    Overshadowed,
}

#[cfg(feature = "aes")]
const MAKE_A_KEY: &str = "make a key with: echo \"ssk1.xaes256gcm.$(openssl rand -base64 32 | tr \
    '+/' '-_' | tr -d '=')\"";
#[cfg(not(feature = "aes"))]
const MAKE_A_KEY: &str = "make a key with: echo \"ssk1.xchacha20poly1305.$(openssl rand -base64 32 \
    | tr '+/' '-_' | tr -d '=')\"";

impl fmt::Display for KeyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAKey => write!(
                f,
                "not a key (passphrases are not accepted): expected ssk1.<suite>.<43 characters>; \
                 {MAKE_A_KEY}"
            ),
            Self::Quoted => f.write_str(
                "the text is in quotes, which are not part of a key: remove them (docker \
                 --env-file, for example, keeps quotes)",
            ),
            Self::UnknownSuite => {
                f.write_str("unknown suite: expected xaes256gcm or xchacha20poly1305")
            }
            Self::SecretLength => f.write_str("the secret is not 43 characters long"),
            Self::SecretAlphabet => {
                f.write_str("the secret is not base64url (A-Z a-z 0-9 - _, no padding)")
            }
            Self::Weak => write!(f, "the secret is not 32 random bytes; {MAKE_A_KEY}"),
            Self::Published => write!(
                f,
                "the secret is published in sealed-session's documentation or test vectors, so \
                 anyone can use it; {MAKE_A_KEY}"
            ),
            Self::Twice => {
                f.write_str("duplicate key: the same key is above, so remove one of the two")
            }
            Self::TooMany => write!(f, "a ring can hold at most {} keys", limits::KEYS),
            Self::UnknownAttribute => {
                f.write_str("unknown attribute: expected seal-from=TIME or open-until=TIME")
            }
            Self::AttributeTwice => f.write_str(
                "duplicate attribute: give seal-from and open-until at most once for each key",
            ),
            Self::Time => f.write_str(
                "invalid time: expected RFC 3339 with whole seconds and a zone, such as \
                 2026-12-01T00:00:00Z",
            ),
            Self::EndsBeforeItSeals => f.write_str("open-until is not after seal-from"),
            Self::Overshadowed => f.write_str(
                "a key without seal-from is above one that has it, and stops sealing when that one \
                 starts: move it below, or give it a later seal-from",
            ),
        }
    }
}
