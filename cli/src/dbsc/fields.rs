//! The part of Structured Fields (RFC 9651) that DBSC's response fields use: a list of strings,
//! tokens and inner lists of them, each with parameters.
//!
//! ```text
//! Secure-Session-Registration: (ES256 RS256);path="/dbsc/register";challenge="…"
//! Secure-Session-Challenge: "…";id="…"
//! ```
//! A field that does not follow the grammar is refused as a whole, as a browser refuses it.

/// A member of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// One, or those of an inner list.
    pub(super) items: Vec<String>,
    parameters: Vec<(String, String)>,
}

impl Member {
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        // Of a parameter that occurs twice, the last counts (RFC 9651 §4.2.3.2).
        let mut found = self.parameters.iter().rev();
        found.find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads the value of a field, whose lines are joined with a comma.
pub(super) fn list(text: &str) -> Option<Vec<Member>> {
    let mut rest = Rest(text.trim_matches(' '));
    let mut members = Vec::new();
    while !rest.0.is_empty() {
        members.push(rest.member()?);
        rest.skip_blanks();
        if rest.0.is_empty() {
            break;
        }
        rest.symbol(',')?;
        rest.skip_blanks();
        if rest.0.is_empty() {
            return None; // a comma at the end
        }
    }
    Some(members)
}

struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn member(&mut self) -> Option<Member> {
        let mut items = Vec::new();
        if self.symbol('(').is_some() {
            loop {
                self.0 = self.0.trim_start_matches(' ');
                if self.symbol(')').is_some() {
                    break;
                }
                items.push(self.item()?);
                self.parameters()?;
                if !self.0.starts_with([' ', ')']) {
                    return None;
                }
            }
        } else {
            items.push(self.item()?);
        }
        Some(Member { items, parameters: self.parameters()? })
    }

    fn parameters(&mut self) -> Option<Vec<(String, String)>> {
        let mut parameters = Vec::new();
        while self.symbol(';').is_some() {
            self.0 = self.0.trim_start_matches(' ');
            if !self.0.starts_with(|first: char| first.is_ascii_lowercase() || first == '*') {
                return None;
            }
            let name = self.run(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.*".contains(&byte)
            });
            let value = match self.symbol('=') {
                Some(()) => self.item()?,
                None => String::new(),
            };
            parameters.push((name, value));
        }
        Some(parameters)
    }

    /// Reads a string or a token.
    fn item(&mut self) -> Option<String> {
        if self.symbol('"').is_some() {
            return self.string();
        }
        if !self.0.starts_with(|first: char| first.is_ascii_alphabetic() || first == '*') {
            return None;
        }
        Some(self.run(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte)))
    }

    fn string(&mut self) -> Option<String> {
        let mut text = String::new();
        let mut characters = self.0.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.0 = &self.0[at + 1..];
                    return Some(text);
                }
                '\\' => {
                    let (_, escaped) = characters.next()?;
                    text.push(Some(escaped).filter(|escaped| matches!(escaped, '"' | '\\'))?);
                }
                ' '..='~' => text.push(character),
                _ => return None,
            }
        }
        None
    }

    fn run(&mut self, is_part: impl Fn(u8) -> bool) -> String {
        let end = self.0.bytes().position(|byte| !is_part(byte)).unwrap_or(self.0.len());
        let (run, rest) = self.0.split_at(end);
        self.0 = rest;
        run.to_owned()
    }

    fn symbol(&mut self, symbol: char) -> Option<()> {
        self.0 = self.0.strip_prefix(symbol)?;
        Some(())
    }

    fn skip_blanks(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\t']);
    }
}

#[cfg(test)]
mod tests {
    use super::list;

    #[test]
    fn offers_and_challenges_are_read() {
        let offers =
            list(r#"(ES256 RS256);path="/a";challenge="b", (none);path="/\"c\\""#).unwrap();
        assert_eq!(offers.len(), 2);
        assert_eq!(offers[0].items, ["ES256", "RS256"]);
        assert_eq!(offers[0].parameter("path"), Some("/a"));
        assert_eq!(offers[0].parameter("challenge"), Some("b"));
        assert_eq!(offers[0].parameter("authorization"), None);
        assert_eq!(offers[1].parameter("path"), Some(r#"/"c\"#));
        let challenges = list(r#""AQ-_" ; id=a"#);
        assert_eq!(challenges, None, "no blank before a semicolon");
        let challenges = list(r#" "AQ-_";id="x";id="y" "#).unwrap();
        assert_eq!((&*challenges[0].items[0], challenges[0].parameter("id")), ("AQ-_", Some("y")));
        assert_eq!(list(""), Some(vec![]));
        assert_eq!(list("( ES256  RS256 );flag").unwrap()[0].parameter("flag"), Some(""));
    }

    #[test]
    fn what_a_browser_refuses_is_refused() {
        for text in [
            r#"(ES256);path="/a"#,
            r#"(ES256;path="/a""#,
            r#"(ES256)"a""#,
            r#"(ES256),"#,
            r#",(ES256)"#,
            r#""a"b"#,
            r#""a\b""#,
            "\"\u{e4}\"",
            r#"(ES256);Path="/a""#,
            r#"(ES256);="/a""#,
            r#"(ES256"a")"#,
            "1",
        ] {
            assert_eq!(list(text), None, "{text}");
        }
    }
}
