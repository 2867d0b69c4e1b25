//! `cross_origin` in a configuration: `"refuse"`, or the lists `trust` and `exempt`, both optional.

use crate::builder::session_config::setting::Setting;
use crate::cross_origin::CrossOrigin;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::Serialize;
use std::collections::BTreeMap;
use std::fmt;

const EXPECTED: &str = "expected \"refuse\", or the lists trust and exempt";

/// Text, or lists by name.
pub(super) enum WordOrLists {
    Word(String),
    Lists(BTreeMap<String, Vec<String>>),
}

impl<'de> Deserialize<'de> for WordOrLists {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordOrListsVisitor)
    }
}

struct WordOrListsVisitor;

impl<'de> Visitor<'de> for WordOrListsVisitor {
    type Value = WordOrLists;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"refuse\", or the lists trust and exempt")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<WordOrLists, E> {
        Ok(WordOrLists::Word(word.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<WordOrLists, A::Error> {
        BTreeMap::deserialize(MapAccessDeserializer::new(map)).map(WordOrLists::Lists)
    }
}

impl Setting for CrossOrigin {
    type Raw = WordOrLists;

    fn read(raw: WordOrLists) -> Result<Self, String> {
        let mut lists = match raw {
            WordOrLists::Word(word) if word == "refuse" => BTreeMap::new(),
            WordOrLists::Word(_) => return Err(EXPECTED.to_owned()),
            WordOrLists::Lists(lists) => lists,
        };
        let mut list = |name| lists.remove(name).unwrap_or_default();
        let (trusted, exempt) = (list("trust"), list("exempt"));
        if lists.is_empty() { Ok(Self { trusted, exempt }) } else { Err(EXPECTED.to_owned()) }
    }

    fn write(&self) -> impl Serialize {
        BTreeMap::from([("exempt", &self.exempt), ("trust", &self.trusted)])
    }
}
