//! A struct ⇄ the data's bytes with its fields by name: the struct becomes a `Value`, which is
//! encoded like a `Map`.
//!
//! Example: `Visit { user: Some(7) }` is encoded like the map `{"user": 7}`.

use super::value::Value;
use super::{Map, codec, from_value, to_value};
use crate::error::map::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Appends the encoding. On an error, `out` is unchanged.
pub(crate) fn encode_named<T: Serialize>(value: &T, out: &mut Vec<u8>) -> Result<(), &'static str> {
    match to_value::to_value(value).map_err(why)? {
        Value::Object(fields) => codec::encode(&Map(fields), out),
        _ => {
            return Err(
                "Encoding::Named needs a type that serializes as a struct or as a map: put the \
                 value into a field of a struct",
            );
        }
    }
    Ok(())
}

/// Decodes the value encoded in all of `bytes`, or returns `None` if they are not an encoding of
/// one.
pub(crate) fn decode_named<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let Map(fields) = codec::decode(bytes).ok()?;
    from_value::from_value(&Value::Object(fields)).ok()
}

fn why(problem: Problem) -> &'static str {
    match problem {
        Problem::TooDeep => {
            "it is nested more than 64 levels deep: store such data in a database, and its id in \
             the session"
        }
        Problem::NotFinite => {
            "a float is infinite or NaN, which JSON cannot represent: store an `Option`, or use \
             `Encoding::Positional`"
        }
        Problem::TooWide => {
            "an integer does not fit in 64 bits, the limit for fields by name: store it as text, \
             or use `Encoding::Positional`"
        }
        Problem::KeyKind => {
            "a map key is not a string, integer, boolean, character or unit variant: store a list \
             of pairs, or use `Encoding::Positional`"
        }
        _ => {
            "a `Serialize` implementation returned an error: check the types that implement it by \
             hand"
        }
    }
}
