//! `device_bound` in a configuration: the path of the endpoints, or a table with `path` and what else
//! `DeviceBound` sets, by the names of its methods.

use crate::builder::session_config::duration_text;
use crate::builder::session_config::setting::{Setting, Text};
use crate::dbsc::{DeviceBound, WhenOff};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

const EXPECTED: &str = "expected the path of the endpoints, or a table of path, origin, \
    proof_lifetime, exclude, require and off";
const EXPECTED_OFF: &str = "off: expected \"readable\" or \"ended\"";

/// Text, or values by name.
pub(super) enum PathOrTable {
    Path(String),
    Table(BTreeMap<String, TextOrList>),
}

/// The value of one name.
pub(super) enum TextOrList {
    Text(String),
    List(Vec<String>),
}

impl<'de> Deserialize<'de> for PathOrTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PathOrTableVisitor)
    }
}

impl<'de> Deserialize<'de> for TextOrList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrListVisitor)
    }
}

impl Serialize for TextOrList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.serialize(serializer),
            Self::List(list) => list.serialize(serializer),
        }
    }
}

struct PathOrTableVisitor;

impl<'de> Visitor<'de> for PathOrTableVisitor {
    type Value = PathOrTable;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the path of the endpoints, or a table")
    }

    fn visit_str<E: Error>(self, path: &str) -> Result<PathOrTable, E> {
        Ok(PathOrTable::Path(path.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PathOrTable, A::Error> {
        BTreeMap::deserialize(MapAccessDeserializer::new(map)).map(PathOrTable::Table)
    }
}

struct TextOrListVisitor;

impl<'de> Visitor<'de> for TextOrListVisitor {
    type Value = TextOrList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text or a list of text; a duration is text with a unit")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<TextOrList, E> {
        Ok(TextOrList::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<TextOrList, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(TextOrList::List)
    }
}

impl Setting for DeviceBound {
    type Raw = PathOrTable;

    fn read(raw: PathOrTable) -> Result<Self, String> {
        let mut table = match raw {
            PathOrTable::Path(path) => return Ok(Self::at(path)),
            PathOrTable::Table(table) => table,
        };
        let mut text = |name: &str| match table.remove(name) {
            None => Ok(None),
            Some(TextOrList::Text(text)) => Ok(Some(text)),
            Some(TextOrList::List(_)) => Err(format!("{name}: expected text")),
        };
        let duration = |name: &str, text: Option<String>| {
            let read = |text| Duration::read(Text::Text(text));
            text.map(read).transpose().map_err(|why| format!("{name}: {why}"))
        };
        let mut setting = Self::at(text("path")?.ok_or(EXPECTED)?);
        if let Some(origin) = text("origin")? {
            setting = setting.origin(origin);
        }
        if let Some(lifetime) = duration("proof_lifetime", text("proof_lifetime")?)? {
            setting = setting.proof_lifetime(lifetime);
        }
        if let Some(within) = duration("require", text("require")?)? {
            setting = setting.require(within);
        }
        setting = match text("off")?.as_deref() {
            None => setting,
            Some("readable") => setting.off(WhenOff::Readable),
            Some("ended") => setting.off(WhenOff::Ended),
            Some(_) => return Err(EXPECTED_OFF.to_owned()),
        };
        match table.remove("exclude") {
            None => {}
            Some(TextOrList::List(paths)) => {
                setting = paths.into_iter().fold(setting, Self::exclude);
            }
            Some(TextOrList::Text(_)) => return Err("exclude: expected a list of paths".to_owned()),
        }
        if table.is_empty() { Ok(setting) } else { Err(EXPECTED.to_owned()) }
    }

    fn write(&self) -> impl Serialize {
        let mut table = BTreeMap::from([("path", TextOrList::Text(self.path.clone()))]);
        let mut add = |name, text: Option<String>| {
            if let Some(text) = text {
                table.insert(name, TextOrList::Text(text));
            }
        };
        add("origin", self.origin.clone());
        let default = Self::at("").proof_lifetime;
        let lifetime = Some(self.proof_lifetime).filter(|lifetime| *lifetime != default);
        add("proof_lifetime", lifetime.map(duration_text::print));
        add("require", self.required_within.map(duration_text::print));
        let word = |off| match off {
            WhenOff::Readable => "readable",
            WhenOff::Ended => "ended",
        };
        add("off", self.off.map(word).map(str::to_owned));
        if !self.excluded.is_empty() {
            table.insert("exclude", TextOrList::List(self.excluded.clone()));
        }
        table
    }
}
