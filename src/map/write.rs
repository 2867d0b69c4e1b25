//! Values → bytes, in the layout of `layout`. `codec::encode` calls it, for a whole map at a time.
//!
//! Example: `"ab"` is `62 61 62` the first time, and `88` (string number 0) from then on.

use super::layout::*;
use super::value::{Object, Value};

pub(super) struct Writer<'a, 'o> {
    out: &'o mut Vec<u8>,
    /// At most 256, so that looking through them beats a tree or a hash for any session of usual size.
    texts: Vec<&'a str>,
    lists: Vec<&'a Object>,
}

impl<'a, 'o> Writer<'a, 'o> {
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, texts: Vec::with_capacity(USUAL_TEXTS), lists: Vec::with_capacity(USUAL_LISTS) }
    }

    pub(super) fn object(&mut self, object: &'a Object) {
        self.keys(object);
        object.values().for_each(|value| self.value(value));
    }

    fn value(&mut self, value: &'a Value) {
        match value {
            Value::Null => self.out.push(NULL),
            Value::Bool(false) => self.out.push(FALSE),
            Value::Bool(true) => self.out.push(TRUE),
            Value::Unsigned(number) => self.unsigned(*number),
            Value::Negative(number) => self.negative(*number),
            Value::Float(bits) => self.float(f64::from_bits(*bits)),
            Value::Text(text) => self.text(text),
            Value::Array(items) => self.array(items),
            Value::Object(object) => self.object(object),
        }
    }

    fn unsigned(&mut self, number: u64) {
        if number < INT_SMALL {
            self.out.push(INT + number.to_le_bytes()[0]);
        } else if number < INT_WIDE_END {
            let [low, high, ..] = (number - INT_SMALL).to_le_bytes();
            self.out.extend([INT_WIDE + high, low]);
        } else {
            self.sized(&UNSIGNED, number);
        }
    }

    fn negative(&mut self, number: i64) {
        // −1 − n is the complement of n, for every i64.
        let below = (!number).unsigned_abs();
        if below < MINUS_SMALL {
            self.out.push(MINUS + below.to_le_bytes()[0]);
        } else {
            self.sized(&NEGATIVE, below);
        }
    }

    /// In the fewest bytes that there is a tag for; the last one's eight hold every number.
    fn sized(&mut self, widths: &[(u8, usize)], number: u64) {
        let bytes = number.to_le_bytes();
        let holds = |width: usize| bytes[width..].iter().all(|byte| *byte == 0);
        if let Some((tag, width)) = widths.iter().find(|(_, width)| holds(*width)) {
            self.out.push(*tag);
            self.out.extend(&bytes[..*width]);
        }
    }

    fn float(&mut self, number: f64) {
        #[allow(clippy::cast_possible_truncation)] // the next line looks whether it was one
        let single = number as f32;
        if f64::from(single).to_bits() == number.to_bits() {
            self.out.push(FLOAT32);
            self.out.extend(single.to_le_bytes());
        } else {
            self.out.push(FLOAT64);
            self.out.extend(number.to_le_bytes());
        }
    }

    fn text(&mut self, text: &'a str) {
        if let Some(number) = self.texts.iter().position(|other| *other == text) {
            return self.short(TEXT_SEEN, number);
        }
        if NUMBERED.contains(&text.len()) && self.texts.len() < TEXTS {
            self.texts.push(text);
        }
        if let Some(bytes) = uuid_bytes(text) {
            self.out.push(UUID);
            self.out.extend(bytes);
        } else if let Some(bytes) = hex_bytes(text) {
            self.out.push(HEX);
            self.varint(bytes.len());
            self.out.extend(bytes);
        } else {
            self.short(TEXT, text.len());
            self.out.extend(text.as_bytes());
        }
    }

    fn array(&mut self, items: &'a [Value]) {
        if let Some(bytes) = packed(items) {
            self.out.push(BYTES);
            self.varint(bytes.len());
            self.out.extend(bytes);
        } else if let Some(first) = records(items) {
            self.short(RECORDS, items.len());
            self.keys(first);
            items.iter().filter_map(as_object).flat_map(Object::values).for_each(|value| self.value(value));
        } else {
            self.short(ARRAY, items.len());
            items.iter().for_each(|item| self.value(item));
        }
    }

    fn keys(&mut self, object: &'a Object) {
        if let Some(number) = self.lists.iter().position(|list| same_keys(list, object)) {
            return self.short(OBJECT_SEEN, number);
        }
        if listable(object) && self.lists.len() < LISTS {
            self.lists.push(object);
        }
        self.short(OBJECT, object.len());
        object.keys().for_each(|key| self.text(key));
    }

    fn short(&mut self, family: Short, number: usize) {
        let number = number - family.from;
        match u8::try_from(number) {
            Ok(small) if small < family.room => self.out.push(family.tag + small),
            _ => {
                self.out.push(family.long);
                self.varint(number - usize::from(family.room));
            }
        }
    }

    fn varint(&mut self, mut number: usize) {
        while number >= 0x80 {
            self.out.push(0x80 | (number.to_le_bytes()[0] & 0x7F));
            number >>= 7;
        }
        self.out.push(number.to_le_bytes()[0]);
    }
}

fn same_keys(a: &Object, b: &Object) -> bool {
    a.len() == b.len() && a.keys().eq(b.keys())
}

pub(super) fn listable(object: &Object) -> bool {
    !object.is_empty() && object.keys().all(|key| key.len() <= LISTED)
}

fn as_object(value: &Value) -> Option<&Object> {
    if let Value::Object(object) = value { Some(object) } else { None }
}

/// The first of several objects with the same keys.
fn records(items: &[Value]) -> Option<&Object> {
    let [first, others @ ..] = items else { return None };
    let first = as_object(first).filter(|first| !others.is_empty() && listable(first))?;
    others.iter().all(|other| as_object(other).is_some_and(|other| same_keys(first, other))).then_some(first)
}

fn packed(items: &[Value]) -> Option<Vec<u8>> {
    let small = |item: &Value| item.as_byte().is_some_and(|byte| u64::from(byte) < INT_SMALL);
    if items.iter().all(small) {
        return None;
    }
    items.iter().map(Value::as_byte).collect()
}

fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    // All are looked at before room is made: most strings are none, and many begin as if.
    if digits.len() < 4 || digits.len() % 2 == 1 || !digits.iter().all(|byte| digit(*byte).is_some()) {
        return None;
    }
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

fn uuid_bytes(text: &str) -> Option<Vec<u8>> {
    const DASHES: [usize; 4] = [8, 13, 18, 23];
    let dashed = text.len() == 36 && text.bytes().enumerate().all(|(at, byte)| (byte == b'-') == DASHES.contains(&at));
    if dashed { hex_bytes(&text.replace('-', "")) } else { None }
}
