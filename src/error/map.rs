//! Why a value did not go into a `Map` or come out of it: `Problem` inside the serde bridge, which
//! knows no key, and `MapError` outside. Neither keeps anything of a value: serde's own messages
//! may quote one, so their texts are dropped unread.

use std::fmt;

/// A value did not go into a [`Map`](crate::Map), or is there and did not come out as the type that
/// was asked for.
///
/// It names the key and the types, never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MapError {
    /// The value is there, and is not what was asked for.
    #[non_exhaustive]
    OtherType {
        /// Its key.
        key: String,
        /// The type that was asked for.
        wanted: &'static str,
        /// What is there: `"a string"`, `"an array"`, ….
        found: &'static str,
        /// What stood in the way, of kinds and field names only.
        why: String,
    },
    /// Arrays and objects nest more than 64 deep in the value.
    #[non_exhaustive]
    TooDeep {
        /// Its key.
        key: String,
    },
    /// The value is not one of JSON's data model.
    #[non_exhaustive]
    Unrepresentable {
        /// Its key.
        key: String,
        /// What in it is not.
        what: &'static str,
    },
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherType { key, wanted, found, why } => {
                write!(
                    f,
                    "the session's value {key:?} is {found} and cannot be read as {wanted}: {why}"
                )
            }
            Self::TooDeep { key } => write!(f, "the value for {key:?} nests more than 64 deep"),
            Self::Unrepresentable { key, what } => {
                write!(f, "the value for {key:?} cannot be kept in a session: {what}")
            }
        }
    }
}

impl std::error::Error for MapError {}

/// What serde's traits are told in here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    TooDeep,
    NotFinite,
    TooWide,
    KeyKind,
    SerializeRefused,
    OtherKind,
    OtherValue,
    OtherLength,
    UnknownVariant,
    UnknownField,
    MissingField(&'static str),
    DuplicateField(&'static str),
    DeserializeRefused,
}

impl Problem {
    /// As the answer to an insertion.
    pub(crate) fn inserting(self, key: impl Into<String>) -> MapError {
        let key = key.into();
        let what = match self {
            Self::TooDeep => return MapError::TooDeep { key },
            Self::NotFinite => "a float is infinite or not a number",
            Self::TooWide => "an integer is beyond 64 bits",
            Self::KeyKind => {
                "a map's key is no string, integer, boolean, character or unit variant"
            }
            _ => "its Serialize refused",
        };
        MapError::Unrepresentable { key, what }
    }

    /// As the answer to a reader that wanted a `V`.
    pub(crate) fn reading<V>(self, key: &str, found: &'static str) -> MapError {
        MapError::OtherType {
            key: key.to_owned(),
            wanted: std::any::type_name::<V>(),
            found,
            why: self.to_string(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooDeep => "it nests too deep",
            Self::NotFinite => "a float is not finite",
            Self::TooWide => "an integer is beyond 64 bits",
            Self::KeyKind => "a key is of another kind",
            Self::SerializeRefused => "its Serialize refused",
            Self::OtherKind => "a part is of another kind",
            Self::OtherValue => "a part has a value that does not fit",
            Self::OtherLength => "an array or object has another length",
            Self::UnknownVariant => "a variant is unknown",
            Self::UnknownField => "a field is unknown",
            Self::MissingField(name) => return write!(f, "field `{name}` is missing"),
            Self::DuplicateField(name) => return write!(f, "field `{name}` is there twice"),
            Self::DeserializeRefused => "its Deserialize refused",
        })
    }
}

impl std::error::Error for Problem {}

impl serde::ser::Error for Problem {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::SerializeRefused
    }
}

impl serde::de::Error for Problem {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::DeserializeRefused
    }

    fn invalid_type(_: serde::de::Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        Self::OtherKind
    }

    fn invalid_value(_: serde::de::Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        Self::OtherValue
    }

    fn invalid_length(_: usize, _: &dyn serde::de::Expected) -> Self {
        Self::OtherLength
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::UnknownVariant
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::UnknownField
    }

    fn missing_field(field: &'static str) -> Self {
        Self::MissingField(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::DuplicateField(field)
    }
}
