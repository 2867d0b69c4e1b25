//! A strict reader of the JSON in a token: one object of strings, of which one may be an object of
//! strings.
//!
//! Every member must be expected, and occur once. Escapes are refused, because no value that
//! belongs here needs one. So two readers cannot disagree about what a token says.

/// Reads a text that is one JSON object, and nothing else. `member` is called with the name of each
/// member, and returns where its value goes, or `None` to refuse it.
pub(super) fn read_object<'a>(
    text: &'a str,
    member: &mut dyn FnMut(&'a str, Value<'a>) -> Option<()>,
) -> Option<()> {
    let mut rest = Rest(text);
    rest.object(Depth::Outer, member)?;
    rest.skip_whitespace();
    rest.0.is_empty().then_some(())
}

/// The value of a member.
pub(super) enum Value<'a> {
    Text(&'a str),
    /// The text of an object of strings, with its braces.
    Object(&'a str),
}

impl<'a> Value<'a> {
    /// Puts a string into `slot`, which must be empty.
    pub(super) fn text_into(self, slot: &mut Option<&'a str>) -> Option<()> {
        match self {
            Self::Text(text) if slot.is_none() => {
                *slot = Some(text);
                Some(())
            }
            _ => None,
        }
    }

    /// Puts an object into `slot`, which must be empty.
    pub(super) fn object_into(self, slot: &mut Option<&'a str>) -> Option<()> {
        match self {
            Self::Object(text) if slot.is_none() => {
                *slot = Some(text);
                Some(())
            }
            _ => None,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    Outer,
    Inner,
}

struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn object(
        &mut self,
        depth: Depth,
        member: &mut dyn FnMut(&'a str, Value<'a>) -> Option<()>,
    ) -> Option<()> {
        self.symbol('{')?;
        if self.symbol('}').is_some() {
            return Some(());
        }
        loop {
            let name = self.string()?;
            self.symbol(':')?;
            let value = self.value(depth)?;
            member(name, value)?;
            if self.symbol(',').is_none() {
                return self.symbol('}');
            }
        }
    }

    fn value(&mut self, depth: Depth) -> Option<Value<'a>> {
        self.skip_whitespace();
        if depth == Depth::Inner || !self.0.starts_with('{') {
            return self.string().map(Value::Text);
        }
        let before = self.0;
        self.object(Depth::Inner, &mut |_, _| Some(()))?;
        let length = before.len() - self.0.len();
        before.get(..length).map(Value::Object)
    }

    /// Reads a string without escapes and control characters (RFC 8259 §7).
    fn string(&mut self) -> Option<&'a str> {
        self.symbol('"')?;
        let (text, rest) = self.0.split_once('"')?;
        self.0 = rest;
        let is_plain = |character: char| character >= ' ' && character != '\\';
        text.chars().all(is_plain).then_some(text)
    }

    fn symbol(&mut self, symbol: char) -> Option<()> {
        self.skip_whitespace();
        self.0 = self.0.strip_prefix(symbol)?;
        Some(())
    }

    fn skip_whitespace(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\t', '\n', '\r']);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};
    use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
    use std::fmt;

    /// What serde_json reads: an object with its members in their order, each as often as it is
    /// there, whose values are strings or objects of strings.
    #[derive(Debug, PartialEq)]
    struct Members(Vec<(String, Member)>);

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(untagged)]
    enum Member {
        Text(String),
        Object(Strings),
    }

    #[derive(Debug, PartialEq)]
    struct Strings(Vec<(String, String)>);

    struct Pairs<V>(std::marker::PhantomData<V>);

    impl<'de, V: Deserialize<'de>> Visitor<'de> for Pairs<V> {
        type Value = Vec<(String, V)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut pairs = Vec::new();
            while let Some(pair) = map.next_entry()? {
                pairs.push(pair);
            }
            Ok(pairs)
        }
    }

    impl<'de> Deserialize<'de> for Members {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(Pairs(std::marker::PhantomData)).map(Self)
        }
    }

    impl<'de> Deserialize<'de> for Strings {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(Pairs(std::marker::PhantomData)).map(Self)
        }
    }

    fn by_this_reader(text: &str) -> Option<Members> {
        let mut members = Vec::new();
        read_object(text, &mut |name, value| {
            let member = match value {
                Value::Text(text) => Member::Text(text.to_owned()),
                Value::Object(object) => {
                    let mut strings = Vec::new();
                    read_object(object, &mut |name, value| match value {
                        Value::Text(text) => {
                            strings.push((name.to_owned(), text.to_owned()));
                            Some(())
                        }
                        Value::Object(_) => panic!("three levels: {object}"),
                    })
                    .expect("what was read once");
                    Member::Object(Strings(strings))
                }
            };
            members.push((name.to_owned(), member));
            Some(())
        })?;
        Some(Members(members))
    }

    fn by_serde_json(text: &str) -> Option<Members> {
        serde_json::from_str(text).ok().filter(|_| !text.contains('\\'))
    }

    /// A piece of JSON, or of what is none.
    fn piece() -> impl Strategy<Value = &'static str> {
        select(vec![
            "{",
            "}",
            ":",
            ",",
            "\"",
            "[",
            "]",
            " ",
            "\n",
            "\t",
            "\r",
            "\\",
            "\"a\":",
            "\"b\"",
            "\"\"",
            "\"jti\":\"x\"",
            "\"\\u0061\"",
            "{\"a\":\"b\"}",
            "{\"a\":{}}",
            "1",
            "null",
            "true",
            "é",
            "\u{a0}",
            "\u{feff}",
            "\0",
            "\u{7f}",
            "'",
            "/",
            "\"alg\":\"ES256\",",
            ",\"aud\":\"y\"",
        ])
    }

    /// Replaces parts of a text by such pieces.
    pub(in crate::dbsc) fn edited(text: &'static str) -> impl Strategy<Value = String> {
        let edit = (any::<Index>(), 0..6_usize, piece());
        vec(edit, 1..4).prop_map(move |edits| {
            let mut characters: Vec<char> = text.chars().collect();
            for (at, length, piece) in edits {
                let begin = at.index(characters.len() + 1);
                let end = characters.len().min(begin + length);
                characters.splice(begin..end, piece.chars());
            }
            characters.into_iter().collect()
        })
    }

    const NESTED: &str = r#" {"alg":"ES256", "jwk":{"kty":"EC","x":"é"}, "typ":"dbsc+jwt"} "#;

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 2_000,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn it_reads_what_serde_json_reads_but_for_escapes(
            text in prop_oneof![
                edited(NESTED),
                edited(r#"{"jti":"abc"}"#),
                vec(piece(), 0..12).prop_map(|pieces| pieces.concat()),
            ],
        ) {
            prop_assert_eq!(by_this_reader(&text), by_serde_json(&text));
        }
    }

    #[test]
    fn a_nested_object_is_read() {
        let members = by_this_reader(NESTED).expect("JSON");
        assert_eq!(members.0.len(), 3);
        assert_eq!(Some(members), by_serde_json(NESTED));
        assert_eq!(by_this_reader("{}"), Some(Members(Vec::new())));
        assert_eq!(by_this_reader(r#"{"a":{"b":{}}}"#), None);
    }
}
