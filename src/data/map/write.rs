//! Encoding of a `Map`: values → bytes, in the layout of `layout.rs`. Only `out` allocates, as it
//! grows.
//!
//! The functions at the end choose among the forms of a value. `read` uses them to check that what
//! it has read has the form that they choose.
//!
//! Example: `"ab"` is `62 61 62` the first time, and `88` (string number 0) afterwards.

use super::keys::Keys;
use super::layout::*;
use super::seen::Seen;
use super::value::{Object, Value};

pub(super) struct Writer<'a, 'o> {
    out: &'o mut Vec<u8>,
    texts: Seen,
    /// By number.
    lists: [Option<&'a Keys>; LISTS],
}

impl<'a, 'o> Writer<'a, 'o> {
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, texts: Seen::new(), lists: [None; LISTS] }
    }

    pub(super) fn object(&mut self, object: &'a Object) {
        self.keys(object);
        object.values().for_each(|value| self.value(value));
    }

    /// Writes the first object, and returns how many bytes the key and the value of each entry take.
    pub(super) fn entry_lengths(&mut self, object: &'a Object) -> Vec<usize> {
        let keys = object.key_list();
        self.lists[0] = Some(keys).filter(|keys| listable(keys));
        self.short(OBJECT, object.len());
        let mut lengths: Vec<usize> =
            keys.iter().map(|key| self.measured(|writer| writer.text(key))).collect();
        for (length, value) in lengths.iter_mut().zip(object.values()) {
            *length += self.measured(|writer| writer.value(value));
        }
        lengths
    }

    fn measured(&mut self, write: impl FnOnce(&mut Self)) -> usize {
        let start = self.out.len();
        write(self);
        self.out.len() - start
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

    fn sized(&mut self, widths: &[(u8, usize)], number: u64) {
        if let Some((tag, width)) = narrowest(widths, number) {
            self.out.push(tag);
            self.out.extend(&number.to_le_bytes()[..width]);
        }
    }

    fn float(&mut self, number: f64) {
        if let Some(single) = single(number) {
            self.out.push(FLOAT32);
            self.out.extend(single.to_le_bytes());
        } else {
            self.out.push(FLOAT64);
            self.out.extend(number.to_le_bytes());
        }
    }

    fn text(&mut self, text: &str) {
        let start = self.out.len();
        match form(text) {
            Form::Uuid => {
                self.out.push(UUID);
                self.digits(text);
            }
            Form::Hex => {
                self.out.push(HEX);
                self.varint(text.len() / 2);
                self.digits(text);
            }
            Form::Plain => {
                self.short(TEXT, text.len());
                self.out.extend(text.as_bytes());
            }
        }
        if NUMBERED.contains(&text.len()) {
            if let Some(number) = self.texts.number(self.out, start) {
                self.out.truncate(start);
                self.short(TEXT_SEEN, number);
            }
        }
    }

    /// Writes the bytes that the digits of a text stand for, two digits for each byte.
    fn digits(&mut self, text: &str) {
        let mut digits = text.bytes().filter_map(digit);
        while let (Some(high), Some(low)) = (digits.next(), digits.next()) {
            self.out.push(high << 4 | low);
        }
    }

    fn array(&mut self, items: &'a [Value]) {
        if packed(items) {
            self.out.push(BYTES);
            self.varint(items.len());
            let start = self.out.len();
            self.out.resize(start + items.len(), 0);
            let places = self.out[start..].iter_mut().zip(items);
            places.for_each(|(place, item)| *place = item.as_byte().unwrap_or_default());
        } else if let Some(first) = records(items) {
            self.short(RECORDS, items.len());
            self.keys(first);
            items
                .iter()
                .filter_map(as_object)
                .flat_map(Object::values)
                .for_each(|value| self.value(value));
        } else {
            self.short(ARRAY, items.len());
            items.iter().for_each(|item| self.value(item));
        }
    }

    fn keys(&mut self, object: &'a Object) {
        let keys = object.key_list();
        for (number, list) in self.lists.iter_mut().enumerate() {
            match list {
                Some(list) if *list == keys => return self.short(OBJECT_SEEN, number),
                Some(_) => {}
                None => {
                    *list = Some(keys).filter(|keys| listable(keys));
                    break;
                }
            }
        }
        self.short(OBJECT, object.len());
        keys.iter().for_each(|key| self.text(key));
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

/// Returns the smallest width in `widths` that holds the number, with its tag. The last width,
/// eight bytes, holds every number.
pub(super) fn narrowest(widths: &[(u8, usize)], number: u64) -> Option<(u8, usize)> {
    let bytes = number.to_le_bytes();
    widths.iter().copied().find(|(_, width)| bytes[*width..].iter().all(|byte| *byte == 0))
}

/// Returns the number in 32 bits if that is exact.
pub(super) fn single(number: f64) -> Option<f32> {
    #[allow(clippy::cast_possible_truncation)] // the next line looks whether it was one
    let single = number as f32;
    (f64::from(single).to_bits() == number.to_bits()).then_some(single)
}

/// Returns whether a list of keys gets a number and can be shared by records.
pub(super) fn listable(keys: &Keys) -> bool {
    !keys.is_empty() && keys.iter().all(|key| key.len() <= LISTED)
}

/// Returns whether an array is written byte by byte.
pub(super) fn packed(items: &[Value]) -> bool {
    items
        .iter()
        .try_fold(false, |large, item| Some(large | (u64::from(item.as_byte()?) >= INT_SMALL)))
        == Some(true)
}

/// Returns the first of several objects if all have the same keys.
pub(super) fn records(items: &[Value]) -> Option<&Object> {
    let [first, others @ ..] = items else { return None };
    let first =
        as_object(first).filter(|first| !others.is_empty() && listable(first.key_list()))?;
    let same = |other| as_object(other).is_some_and(|other| other.key_list() == first.key_list());
    others.iter().all(same).then_some(first)
}

fn as_object(value: &Value) -> Option<&Object> {
    if let Value::Object(object) = value { Some(object) } else { None }
}

#[derive(PartialEq)]
pub(super) enum Form {
    Uuid,
    Hex,
    Plain,
}

/// Returns the form in which a new string is written.
pub(super) fn form(text: &str) -> Form {
    let bytes = text.as_bytes();
    let is_digit = |byte: &u8| digit(*byte).is_some();
    if bytes.len() >= 2 * HEX_LEAST && bytes.len() % 2 == 0 && bytes.iter().all(is_digit) {
        return Form::Hex;
    }
    let fits = |(at, byte): (usize, &u8)| {
        if UUID_DASHES.contains(&at) { *byte == b'-' } else { is_digit(byte) }
    };
    if bytes.len() == 2 * UUID_BYTES + UUID_DASHES.len() && bytes.iter().enumerate().all(fits) {
        Form::Uuid
    } else {
        Form::Plain
    }
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}
