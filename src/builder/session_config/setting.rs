//! One setting: how a value of each type is read from a configuration, and how it is written.
//! Errors never show a text value, which could be a secret in the wrong place.

use crate::builder::OnUnreadable;
use crate::builder::session_config::duration_text;
use crate::claims::lifetime::Expiry;
use crate::data::encoding::Encoding;
use crate::headers::set_cookie::SameSite;
use crate::keys::{parse_time, print_time};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, Visitor};
use serde::ser::Serialize;
use std::fmt;
use std::time::{Duration, SystemTime};

pub(super) trait Setting: Sized {
    /// What the configuration holds.
    type Raw: DeserializeOwned;

    /// Returns the value, or what is wrong with it.
    fn read(raw: Self::Raw) -> Result<Self, String>;

    /// Returns a form that `read` reads as the same value.
    fn write(&self) -> impl Serialize;
}

/// Text, or a number in the place of text.
pub(super) enum Text {
    Text(String),
    Number(String),
}

impl Text {
    /// Returns the text. `expected` says what it should have been in place of a number.
    fn text(self, expected: &str) -> Result<String, String> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Number(number) => Err(format!("expected {expected}, not the number {number}")),
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text::Text(text.to_owned()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Text, E> {
        Ok(Text::Number(number.to_string()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Text, E> {
        Ok(Text::Number(number.to_string()))
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<Text, E> {
        Ok(Text::Number(number.to_string()))
    }

    fn visit_u128<E: Error>(self, number: u128) -> Result<Text, E> {
        Ok(Text::Number(number.to_string()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Text, E> {
        Ok(Text::Number(number.to_string()))
    }
}

impl Setting for String {
    type Raw = Text;

    fn read(raw: Text) -> Result<Self, String> {
        match raw {
            Text::Text(text) => Ok(text),
            Text::Number(number) => {
                Err(format!("expected text, not the number {number}: put it in quotes"))
            }
        }
    }

    fn write(&self) -> impl Serialize {
        self
    }
}

impl Setting for Duration {
    type Raw = Text;

    fn read(raw: Text) -> Result<Self, String> {
        match raw {
            Text::Text(text) => duration_text::parse(&text),
            Text::Number(number) => Err(format!(
                "{number} has no unit: write it as text, such as \"{number} days\" or \"{number}m\""
            )),
        }
    }

    fn write(&self) -> impl Serialize {
        duration_text::print(*self)
    }
}

impl Setting for Expiry {
    type Raw = Text;

    fn read(raw: Text) -> Result<Self, String> {
        match raw {
            Text::Text(text) => match &*text {
                "default" => Ok(Self::Default),
                "browser_session" => Ok(Self::BrowserSession),
                _ => match parse_time(&text) {
                    Some(end) => Ok(Self::At(end.into())),
                    None => duration_text::parse(&text).map(Self::Idle).map_err(|why| {
                        format!(
                            "expected \"default\", \"browser_session\", a time or a duration: {why}"
                        )
                    }),
                },
            },
            number @ Text::Number(_) => Duration::read(number).map(Self::Idle),
        }
    }

    fn write(&self) -> impl Serialize {
        match self {
            Self::Default => "default".to_owned(),
            Self::BrowserSession => "browser_session".to_owned(),
            Self::Idle(idle) => duration_text::print(*idle),
            Self::At(end) => print_time((*end).into()),
        }
    }
}

impl Setting for SystemTime {
    type Raw = Text;

    fn read(raw: Text) -> Result<Self, String> {
        const EXPECTED: &str = "a time in RFC 3339 with whole seconds and a zone, such as \
            \"2026-01-31T12:00:00Z\"";
        let time = parse_time(&raw.text(EXPECTED)?);
        time.map(Self::from).ok_or_else(|| format!("expected {EXPECTED}"))
    }

    fn write(&self) -> impl Serialize {
        print_time((*self).into())
    }
}

impl Setting for SameSite {
    type Raw = Text;

    fn read(raw: Text) -> Result<Self, String> {
        let text = raw.text("\"Strict\", \"Lax\" or \"None\"")?;
        text.parse().map_err(|error: <Self as std::str::FromStr>::Err| error.to_string())
    }

    fn write(&self) -> impl Serialize {
        self.to_string()
    }
}

/// Settings that are one of a few words.
macro_rules! words {
    ($type:ty, $expected:literal, $($word:literal => $value:path),*) => {
        impl Setting for $type {
            type Raw = Text;

            fn read(raw: Text) -> Result<Self, String> {
                match &*raw.text($expected)? {
                    $($word => Ok($value),)*
                    _ => Err(concat!("expected ", $expected).to_owned()),
                }
            }

            fn write(&self) -> impl Serialize {
                match self {
                    $($value => $word,)*
                }
            }
        }
    };
}

words!(
    OnUnreadable,
    "\"replace\" or \"refuse\"",
    "replace" => OnUnreadable::Replace,
    "refuse" => OnUnreadable::Refuse
);
#[cfg(feature = "map")]
words!(
    Encoding,
    "\"positional\" or \"named\"",
    "positional" => Encoding::Positional,
    "named" => Encoding::Named
);
#[cfg(not(feature = "map"))]
words!(
    Encoding,
    "\"positional\" (\"named\" needs the feature map)",
    "positional" => Encoding::Positional
);

/// Settings in serde's own form.
macro_rules! plain {
    ($($type:ty),*) => {
        $(impl Setting for $type {
            type Raw = Self;

            fn read(raw: Self) -> Result<Self, String> {
                Ok(raw)
            }

            fn write(&self) -> impl Serialize {
                self
            }
        })*
    };
}

plain!(bool, f64);

/// Numbers with limits that `build()` checks. A number that does not fit the type becomes the
/// type's largest, so that `build()` refuses it and names the limits.
macro_rules! limited {
    ($($type:ty),*) => {
        $(impl Setting for $type {
            type Raw = u64;

            fn read(raw: u64) -> Result<Self, String> {
                Ok(Self::try_from(raw).unwrap_or(Self::MAX))
            }

            fn write(&self) -> impl Serialize {
                self
            }
        })*
    };
}

limited!(u8, usize);

impl Setting for u32 {
    type Raw = u64;

    fn read(raw: u64) -> Result<Self, String> {
        Self::try_from(raw).map_err(|_| format!("must be at most {}", Self::MAX))
    }

    fn write(&self) -> impl Serialize {
        self
    }
}
