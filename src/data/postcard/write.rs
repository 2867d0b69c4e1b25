//! Encoding: a value → bytes, together with the calls that its `Serialize` makes.
//! Postcard writes values without parts.

use super::output::{Output, SKIPPED, TOO_DEEP};
use super::serializer::Writer;
use crate::limits;
use serde::Serialize;
use std::error::Error;
use std::fmt;

/// Appends `value`'s encoding to `out`. On an error, `out` is unchanged. (If a `Serialize` panics,
/// `out` is empty, because the serializer owns it meanwhile. This saves a look-up for each byte.)
pub(crate) fn encode<T: Serialize + ?Sized>(
    value: &T,
    out: &mut Vec<u8>,
) -> Result<(), Unencodable> {
    encode_with_calls(value, out).map(drop)
}

/// Like `encode`, but also returns the calls that `value`'s `Serialize` made.
pub(crate) fn encode_with_calls<T: Serialize + ?Sized>(
    value: &T,
    out: &mut Vec<u8>,
) -> Result<Vec<u8>, Unencodable> {
    let start = out.len();
    let output = Output { bytes: std::mem::take(out), calls: Vec::with_capacity(USUAL_CALLS) };
    let mut inner = postcard::Serializer { output };
    let result = value.serialize(Writer { inner: &mut inner, room: limits::NESTING });
    *out = inner.output.bytes;
    match result {
        Ok(()) => Ok(inner.output.calls),
        Err(error) => {
            out.truncate(start);
            Err(Unencodable::from(error))
        }
    }
}

/// Returns `true` if `value` encodes to `bytes` and its `Serialize` makes these calls.
pub(crate) fn encodes_to<T: Serialize + ?Sized>(value: &T, bytes: &[u8], calls: &[u8]) -> bool {
    let mut encoded = Vec::with_capacity(bytes.len());
    let made = encode_with_calls(value, &mut encoded);
    made.is_ok_and(|made| encoded == bytes && made == calls)
}

/// Calls that most values make, at most.
const USUAL_CALLS: usize = 256;

/// Why a value has no encoding. If a `Serialize` raised the error, its text is not kept: it may
/// contain the visitor's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unencodable {
    SkippedField,
    UnknownLength,
    TooDeep,
    Refused,
}

impl Unencodable {
    /// Returns what happened and what to change.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::SkippedField => {
                "`skip_serializing_if` omitted a field, but postcard identifies fields by \
                 position: remove that attribute"
            }
            Self::UnknownLength => {
                "a sequence or map (or a struct with `flatten`) did not declare its length first: \
                 collect it, or remove `flatten` to make the struct an ordinary field"
            }
            Self::TooDeep => {
                "it is nested more than 128 levels deep: store such data in a database, and its id \
                 in the session"
            }
            Self::Refused => {
                "a `Serialize` implementation returned an error: check the types that implement it \
                 by hand"
            }
        }
    }
}

impl From<postcard::Error> for Unencodable {
    fn from(error: postcard::Error) -> Self {
        match error {
            SKIPPED => Self::SkippedField,
            TOO_DEEP => Self::TooDeep,
            postcard::Error::SerializeSeqLengthUnknown => Self::UnknownLength,
            _ => Self::Refused,
        }
    }
}

impl fmt::Display for Unencodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl Error for Unencodable {}
