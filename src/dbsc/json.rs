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
