//! Checks of whether a type can be a session at all; a refusal is one sentence. They run the type's
//! own `Default`, `Serialize` and `Deserialize`, and keep nothing.
//!
//! ```text
//! two default `Visit` values differ (possible cause: a clock, …): `Default` must always return …
//! ```

use crate::data::postcard::{self, Undecodable, Unencodable};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::type_name;
use std::error::Error;
use std::fmt;

/// A type cannot be a session as it is. One sentence says what cannot be represented and what to
/// change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal(pub(super) String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Refusal {}

/// New values that are compared with the first. Two entries in a `HashMap` show a difference in one
/// of two.
const DEFAULTS: usize = 6;

/// An encoding, or why there is none.
pub(crate) type Encoded = Result<Vec<u8>, Refusal>;

/// Returns the positional encoding of `T::default()`, if the default is constant, can be encoded,
/// and can be read back.
pub(crate) fn check_default<T>() -> Encoded
where
    T: Default + Serialize + DeserializeOwned + 'static,
{
    let default = constant_default(|value: &T| {
        let mut bytes = Vec::new();
        let encoded = postcard::encode(value, &mut bytes);
        encoded.map(|()| bytes).map_err(|error| explain::<T>(Fault::Unencodable(error)))
    })??;
    round_trip(&T::default()).map(|()| default).map_err(explain::<T>)
}

/// Returns the encoding of `T::default()`, or a refusal if the default is not constant. The outer
/// error is that of `write`.
pub(crate) fn constant_default<T, E>(write: impl Fn(&T) -> Result<Vec<u8>, E>) -> Result<Encoded, E>
where
    T: Default,
{
    let first = write(&T::default())?;
    for _ in 0..DEFAULTS {
        let other = write(&T::default())?;
        if other != first {
            let same_bytes = same_bytes(&first, &other);
            let cause = if same_bytes { HASH_ORDER } else { UNSTEADY };
            return Ok(Err(Refusal(format!(
                "two default `{}` values differ (possible cause: {cause}): `Default` must always \
                 return the same value, because data equal to it counts as empty; leave the \
                 field `None` in `Default` and set it at the first write",
                name_of::<T>()
            ))));
        }
    }
    Ok(Ok(first))
}

/// What went wrong when a value was encoded and read back.
#[derive(Debug)]
pub(super) enum Fault {
    Unencodable(Unencodable),
    Undecodable(Undecodable),
    Changed,
    Reordered,
}

/// Encodes the value, decodes it, and encodes it again, which must give the same bytes.
pub(super) fn round_trip<T: Serialize + DeserializeOwned>(value: &T) -> Result<(), Fault> {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    postcard::encode(value, &mut first).map_err(Fault::Unencodable)?;
    let back: T = postcard::decode(&first).map_err(Fault::Undecodable)?;
    postcard::encode(&back, &mut second).map_err(Fault::Unencodable)?;
    match first == second {
        true => Ok(()),
        false if same_bytes(&first, &second) => Err(Fault::Reordered),
        false => Err(Fault::Changed),
    }
}

/// Returns the message for a default that failed: the tracer's, if it is compiled in and finds the
/// place, otherwise a general one.
fn explain<T: Default + Serialize + DeserializeOwned + 'static>(fault: Fault) -> Refusal {
    #[cfg(feature = "shape")]
    if let Err(refusal) = super::trace::<T>(&super::Samples::default()) {
        return refusal;
    }
    fault.sentence(&name_of::<T>())
}

impl Fault {
    pub(super) fn sentence(&self, name: &str) -> Refusal {
        Refusal(match self {
            Self::Unencodable(error) => format!("a `{name}` cannot be encoded: {error}"),
            Self::Undecodable(error) => {
                format!("an encoded `{name}` cannot be decoded: {error} ({MISMATCHES})")
            }
            Self::Changed => format!(
                "a `{name}` changes when it is encoded and decoded: its fields are written and \
                 read differently ({MISMATCHES})"
            ),
            Self::Reordered => format!(
                "a `{name}` is decoded in a different order: its `Default` contains {HASH_ORDER}"
            ),
        })
    }
}

const UNSTEADY: &str = "a clock, a counter or a random number";
const HASH_ORDER: &str =
    "a `HashMap` or `HashSet`, whose order varies; use a `BTreeMap` or `BTreeSet`";
const MISMATCHES: &str = "possible causes: `skip_serializing` or `skip_deserializing` alone, \
    `skip` on a variant before others, `flatten`, `untagged`, `tag`";

/// Returns whether one has the same bytes as the other, in any order.
fn same_bytes(one: &[u8], other: &[u8]) -> bool {
    let counts = |bytes: &[u8]| {
        let mut counts = [0_usize; 256];
        bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
        counts
    };
    counts(one) == counts(other)
}

/// Returns a type's name as its author wrote it, without modules.
pub(super) fn name_of<T: ?Sized>() -> String {
    short_name(type_name::<T>())
}

/// `app::Wrap<core::option::Option<app::Visit>>` → `Wrap<Option<Visit>>`.
pub(super) fn short_name(full: &str) -> String {
    let mut short = String::new();
    let mut rest = full;
    while let Some(at) =
        rest.find(|c: char| c.is_ascii() && !(c.is_ascii_alphanumeric() || c == '_' || c == ':'))
    {
        let (path, after) = rest.split_at(at);
        short.push_str(path.rsplit(':').next().unwrap_or(path));
        let mut chars = after.chars();
        short.extend(chars.next());
        rest = chars.as_str();
    }
    short.push_str(rest.rsplit(':').next().unwrap_or(rest));
    short
}
