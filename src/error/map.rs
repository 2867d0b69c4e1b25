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
            Self::TooDeep { key } => {
                write!(f, "the value for {key:?} is nested more than 64 levels deep")
            }
            Self::Unrepresentable { key, what } => {
                write!(f, "the value for {key:?} cannot be stored in a session: {what}")
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
            Self::NotFinite => "a float is infinite or NaN",
            Self::TooWide => "an integer does not fit in 64 bits",
            Self::KeyKind => {
                "a map key is not a string, integer, boolean, character or unit variant"
            }
            _ => "its `Serialize` implementation returned an error",
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
            Self::TooDeep => "it is nested too deeply",
            Self::NotFinite => "a float is not finite",
            Self::TooWide => "an integer does not fit in 64 bits",
            Self::KeyKind => "a key has the wrong type",
            Self::SerializeRefused => "its `Serialize` implementation returned an error",
            Self::OtherKind => "a part has the wrong type",
            Self::OtherValue => "a part has an invalid value",
            Self::OtherLength => "an array or object has the wrong length",
            Self::UnknownVariant => "unknown variant",
            Self::UnknownField => "unknown field",
            Self::MissingField(name) => return write!(f, "missing field `{name}`"),
            Self::DuplicateField(name) => return write!(f, "duplicate field `{name}`"),
            Self::DeserializeRefused => "its `Deserialize` implementation returned an error",
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
