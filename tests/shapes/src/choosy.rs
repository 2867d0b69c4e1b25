//! Types that refuse some values, all, or have none, and types written by hand: `carried` lists
//! them.
//!
//! ```text
//! Vault { word: Password, tail: Vec<u32> }, of which no sample is a `Password`  →  Vault{word:str,tail:[u32]}
//! ```

use crate::types::{Around, Role};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Refuses what has no `@`; the default has one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl TryFrom<String> for Email {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.contains('@') { Ok(Self(text)) } else { Err("no at sign") }
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

#[derive(Serialize, Deserialize)]
pub struct Account {
    email: Email,
    spare: Option<Email>,
    age: u8,
}

impl Default for Account {
    fn default() -> Self {
        Self { email: Email("secret@corp.example".into()), spare: None, age: 0 }
    }
}

/// Refuses every sample but one that nobody guesses.
#[derive(Serialize)]
pub struct Password(String);

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "xyzzy-1977" {
            Ok(Self(text))
        } else {
            Err(serde::de::Error::custom(format!("wrong: {text}")))
        }
    }
}

/// The same as a map's key.
#[derive(PartialEq, Eq, Hash, Serialize)]
pub struct Keyword(String);

impl<'de> Deserialize<'de> for Keyword {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Password::deserialize(deserializer).map(|word| Self(word.0))
    }
}

/// What follows the part that refuses must be seen all the same.
#[derive(Serialize, Deserialize)]
pub struct Vault {
    word: Password,
    role: Role,
    tail: Vec<u32>,
}

#[derive(Default, Serialize, Deserialize)]
pub struct Vaults {
    vault: Option<Vault>,
    words: Vec<Password>,
    end: u64,
}

/// Without end, so there is no value of them.
#[derive(Serialize, Deserialize)]
pub struct Endless(Box<Endless>);

#[derive(Serialize, Deserialize)]
pub enum Loops {
    A(Box<Loops>),
    B(u8, Box<Loops>),
}

#[derive(Serialize, Deserialize)]
pub enum Nothing {}

#[derive(Default, Serialize, Deserialize)]
pub struct Hopeless {
    endless: Option<Endless>,
    loops: Vec<Loops>,
    nothing: Option<Nothing>,
    role: Role,
}

/// Fields by name where one refuses, with an alias and with unknown names denied.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strict {
    #[serde(alias = "pass")]
    word: Password,
    #[serde(alias = "also")]
    count: u32,
    role: Role,
}

#[derive(Serialize, Deserialize)]
pub enum Door {
    Locked { word: Password, tries: u8 },
    Open(Password, u8),
    Gone,
}

#[derive(Serialize, Deserialize)]
pub struct Loose {
    #[serde(alias = "pass")]
    word: Option<Around<Password>>,
    #[serde(alias = "also")]
    count: u32,
    seen: Vec<Loose>,
}

/// Written by hand as serde's book shows it: it knows its fields by name only.
#[derive(Serialize)]
pub struct ByHand {
    word: Password,
    count: u16,
}

impl<'de> Deserialize<'de> for ByHand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::{Error, MapAccess, SeqAccess};
        enum Field {
            Word,
            Count,
        }
        impl<'de> Deserialize<'de> for Field {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Names;
                impl serde::de::Visitor<'_> for Names {
                    type Value = Field;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("word or count")
                    }
                    fn visit_str<E: Error>(self, name: &str) -> Result<Field, E> {
                        match name {
                            "word" => Ok(Field::Word),
                            "count" => Ok(Field::Count),
                            _ => Err(E::unknown_field(name, &["word", "count"])),
                        }
                    }
                }
                deserializer.deserialize_identifier(Names)
            }
        }
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = ByHand;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("struct ByHand")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<ByHand, A::Error> {
                let word =
                    parts.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
                let count =
                    parts.next_element()?.ok_or_else(|| A::Error::invalid_length(1, &self))?;
                Ok(ByHand { word, count })
            }
            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<ByHand, A::Error> {
                let (mut word, mut count) = (None, None);
                while let Some(field) = fields.next_key()? {
                    match field {
                        Field::Word => word = Some(fields.next_value()?),
                        Field::Count => count = Some(fields.next_value()?),
                    }
                }
                let word = word.ok_or_else(|| A::Error::missing_field("word"))?;
                Ok(ByHand { word, count: count.ok_or_else(|| A::Error::missing_field("count"))? })
            }
        }
        deserializer.deserialize_struct("ByHand", &["word", "count"], Visitor)
    }
}

/// Decides by a value what it reads next: beyond the first way it is not seen.
#[derive(Default, Serialize)]
pub struct Branching(u8, u16);

impl<'de> Deserialize<'de> for Branching {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Branching;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a pair")
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut parts: A,
            ) -> Result<Branching, A::Error> {
                let missing = || serde::de::Error::custom("missing");
                match parts.next_element()?.ok_or_else(missing)? {
                    0 => Ok(Branching(0, parts.next_element()?.ok_or_else(missing)?)),
                    tag => parts
                        .next_element::<String>()?
                        .map(|_| Branching(tag, 0))
                        .ok_or_else(missing),
                }
            }
        }
        deserializer.deserialize_tuple(2, Visitor)
    }
}

/// Two numbers, the first less than the second.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Bounds")]
pub struct Span(Bounds);

#[derive(Clone, Serialize, Deserialize)]
pub struct Bounds {
    low: u32,
    high: u32,
}

impl TryFrom<Bounds> for Span {
    type Error = &'static str;
    fn try_from(bounds: Bounds) -> Result<Self, Self::Error> {
        if bounds.low < bounds.high { Ok(Self(bounds)) } else { Err("empty") }
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct NonEmpty(Vec<String>);

impl TryFrom<Vec<String>> for NonEmpty {
    type Error = &'static str;
    fn try_from(list: Vec<String>) -> Result<Self, Self::Error> {
        if list.is_empty() { Err("empty") } else { Ok(Self(list)) }
    }
}

/// Hand-written both ways: a string such as `#ff8800`.
#[derive(Default)]
pub struct Colour([u8; 3]);

impl Serialize for Colour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer
            .collect_str(&format_args!("#{:02x}{:02x}{:02x}", self.0[0], self.0[1], self.0[2]))
    }
}

impl<'de> Deserialize<'de> for Colour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let hex = text.strip_prefix('#').ok_or_else(|| serde::de::Error::custom("no #"))?;
        let part = |at: usize| {
            u8::from_str_radix(hex.get(at..at + 2).unwrap_or("?"), 16)
                .map_err(serde::de::Error::custom)
        };
        Ok(Self([part(0)?, part(2)?, part(4)?]))
    }
}
