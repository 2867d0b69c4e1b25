//! Errors of putting a value into a `Map` or reading it back: `Problem` inside the serde bridge,
//! which does not know the key, and `MapError` outside. Neither keeps any part of a value. Serde's
//! own messages may quote a value, so their texts are dropped unread.

use std::fmt;

/// A value could not be put into a [`Map`](crate::Map), or could not be read as the requested type.
///
/// The error names the key and the types, never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MapError {
    /// The value exists but is not of the requested type.
    #[non_exhaustive]
    OtherType {
        /// The value's key.
        key: String,
        /// The requested type.
        wanted: &'static str,
        /// What the map holds: `"a string"`, `"an array"`, ….
        found: &'static str,
        /// Why the value could not be read, in terms of kinds and field names only.
        why: String,
    },
    /// Arrays and objects in the value nest more than 64 levels deep.
    #[non_exhaustive]
    TooDeep {
        /// The value's key.
        key: String,
    },
    /// The value is not part of JSON's data model.
    #[non_exhaustive]
    Unrepresentable {
        /// The value's key.
        key: String,
        /// The part of the value that cannot be represented.
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

/// The error type of the serde bridge.
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
    /// Converts the problem to the error of an insertion.
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

    /// Converts the problem to the error of reading the value as a `V`.
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
