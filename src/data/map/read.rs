//! Decoding of a `Map`: bytes → values, in the layout of `layout.rs`.
//!
//! Nothing in the input is trusted. A count is at most the number of bytes that are left. Recursion
//! ends at 64 levels. What one byte can stand for is a string or key list of bounded size. Only the
//! encoding that `write` chooses is accepted: if a value has several possible forms, `write`'s
//! functions tell which one it must have.

use super::keys::{Draft, Keys};
use super::layout::*;
use super::seen::Seen;
use super::value::{DEPTH, Object, Value};
use super::write::{Form, form, listable, narrowest, packed, records, single};

/// Elements to allocate in advance. Counts are bounded by the input, but each of 64 levels may
/// claim all of it.
const MAX_PREALLOC: usize = 64;

/// The bytes are not what `encode` writes for any map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Undecodable;

/// Reads the object that is the whole input.
#[inline(never)] // so that the empty map does without its stack
pub(super) fn root(bytes: &[u8]) -> Result<Object, Undecodable> {
    let mut reader = Reader::new(bytes);
    let tag = reader.tag()?;
    let keys = reader.keys(tag)?;
    let root = reader.fields(&keys, DEPTH)?;
    // The empty map has no bytes.
    if reader.at == bytes.len() && !root.is_empty() { Ok(root) } else { Err(Undecodable) }
}

struct Reader<'a> {
    bytes: &'a [u8],
    /// The position of the next byte.
    at: usize,
    texts: Seen,
    draft: Draft,
    /// By number.
    lists: [Option<List>; LISTS],
}

/// Keys, and how many there are.
type List = (Keys, usize);

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            texts: Seen::new(),
            draft: Draft::with_capacity(USUAL_KEYS),
            lists: [const { None }; LISTS],
        }
    }

    /// Reads a value in which at most `room` levels nest.
    fn value(&mut self, room: usize) -> Result<Value, Undecodable> {
        let tag = self.tag()?;
        if is(TEXT, tag) || is(TEXT_SEEN, tag) || tag == HEX || tag == UUID {
            return self.text(tag).map(|text| Value::Text(text.into_string()));
        }
        let inside = room.checked_sub(1).ok_or(Undecodable);
        if is(OBJECT, tag) || is(OBJECT_SEEN, tag) {
            let (inside, keys) = (inside?, self.keys(tag)?);
            return self.fields(&keys, inside).map(Value::Object);
        }
        if is(ARRAY, tag) {
            let (inside, count) = (inside?, self.short(ARRAY, tag)?);
            let items = self.items(count, |reader| reader.value(inside))?;
            let shorter = packed(&items) || records(&items).is_some();
            return if shorter { Err(Undecodable) } else { Ok(Value::Array(items)) };
        }
        if is(RECORDS, tag) {
            let within = inside?.checked_sub(1).ok_or(Undecodable)?;
            let count = self.short(RECORDS, tag)?;
            let tag = self.tag()?;
            let keys = self.keys(tag)?;
            // Otherwise memory would be unbounded, through a count without bytes after it or a long
            // key that is repeated.
            if !listable(&keys.0) {
                return Err(Undecodable);
            }
            return self
                .items(count, |reader| reader.fields(&keys, within).map(Value::Object))
                .map(Value::Array);
        }
        match tag {
            NULL => Ok(Value::Null),
            FALSE => Ok(Value::Bool(false)),
            TRUE => Ok(Value::Bool(true)),
            FLOAT32 => {
                Value::float(f64::from(f32::from_le_bytes(self.array()?))).ok_or(Undecodable)
            }
            FLOAT64 => {
                let number = f64::from_le_bytes(self.array()?);
                Value::float(number).filter(|_| single(number).is_none()).ok_or(Undecodable)
            }
            BYTES => {
                inside?;
                let count = self.count()?;
                let value = Value::bytes(self.take(count)?);
                if matches!(&value, Value::Array(items) if packed(items)) {
                    Ok(value)
                } else {
                    Err(Undecodable)
                }
            }
            _ => self.integer(tag),
        }
    }

    /// Reads the rest of the integer with this tag.
    fn integer(&mut self, tag: u8) -> Result<Value, Undecodable> {
        if u64::from(tag - INT) < INT_SMALL {
            return Ok(Value::Unsigned(u64::from(tag - INT)));
        }
        if tag < TEXT.tag {
            let [low] = self.array()?;
            return Ok(Value::Unsigned(
                INT_SMALL + (u64::from(tag - INT_WIDE) << 8) + u64::from(low),
            ));
        }
        if let Some(number) = self.sized(&UNSIGNED, tag, INT_WIDE_END)? {
            return Ok(Value::Unsigned(number));
        }
        let below = match self.sized(&NEGATIVE, tag, MINUS_SMALL)? {
            Some(below) => below,
            None if (MINUS..NULL).contains(&tag) => u64::from(tag - MINUS),
            None => return Err(Undecodable),
        };
        i64::try_from(below).map(|below| Value::Negative(!below)).map_err(|_| Undecodable)
    }

    /// Reads the rest of the number with this tag. The number must be at least `least` and must not
    /// fit into fewer bytes. Returns `None` if the tag is not in `widths`.
    fn sized(
        &mut self,
        widths: &[(u8, usize)],
        tag: u8,
        least: u64,
    ) -> Result<Option<u64>, Undecodable> {
        let Some((_, width)) = widths.iter().find(|(other, _)| *other == tag) else {
            return Ok(None);
        };
        let mut bytes = [0; 8];
        bytes[..*width].copy_from_slice(self.take(*width)?);
        let number = u64::from_le_bytes(bytes);
        let shortest = number >= least && narrowest(widths, number) == Some((tag, *width));
        if shortest { Ok(Some(number)) } else { Err(Undecodable) }
    }

    /// Reads the string with this tag, new or seen before.
    fn text(&mut self, tag: u8) -> Result<Text<'a>, Undecodable> {
        if is(TEXT_SEEN, tag) {
            let number = self.short(TEXT_SEEN, tag)?;
            let after =
                std::mem::replace(&mut self.at, self.texts.start(number).ok_or(Undecodable)?);
            let text = self.tag().and_then(|tag| self.spelled(tag));
            self.at = after;
            return text;
        }
        let start = self.at - 1;
        let text = self.spelled(tag)?;
        let shortest = match text {
            Text::Plain(text) => form(text) == Form::Plain,
            Text::Hex(bytes) => bytes.len() >= HEX_LEAST,
            Text::Uuid(_) => true,
        };
        let seen = NUMBERED.contains(&text.len())
            && self.texts.number(&self.bytes[..self.at], start).is_some();
        if shortest && !seen { Ok(text) } else { Err(Undecodable) }
    }

    /// Reads the string with this tag, which is not the tag of a number.
    fn spelled(&mut self, tag: u8) -> Result<Text<'a>, Undecodable> {
        match tag {
            HEX => {
                let length = self.count()?;
                self.take(length).map(Text::Hex)
            }
            UUID => self.take(UUID_BYTES).map(Text::Uuid),
            _ if is(TEXT, tag) => {
                let length = self.short(TEXT, tag)?;
                std::str::from_utf8(self.take(length)?).map(Text::Plain).map_err(|_| Undecodable)
            }
            _ => Err(Undecodable),
        }
    }

    /// Reads the keys of the object with this tag, new or seen before.
    fn keys(&mut self, tag: u8) -> Result<List, Undecodable> {
        if is(OBJECT_SEEN, tag) {
            let number = self.short(OBJECT_SEEN, tag)?;
            return self.lists.get(number).cloned().flatten().ok_or(Undecodable);
        }
        if !is(OBJECT, tag) {
            return Err(Undecodable);
        }
        let count = self.short(OBJECT, tag)?;
        self.plausible(count)?;
        for _ in 0..count {
            let tag = self.tag()?;
            let key = self.text(tag)?;
            key.append(self.draft.begin(key.len()));
        }
        let keys = self.draft.finish();
        if !keys.iter().is_sorted_by(|a, b| a < b) {
            return Err(Undecodable);
        }
        for list in &mut self.lists {
            match list {
                Some((list, _)) if *list == keys => return Err(Undecodable),
                Some(_) => {}
                None => {
                    *list = listable(&keys).then(|| (keys.clone(), count));
                    break;
                }
            }
        }
        Ok((keys, count))
    }

    fn fields(&mut self, (keys, count): &List, room: usize) -> Result<Object, Undecodable> {
        let values = self.items(*count, |reader| reader.value(room))?;
        Ok(Object::from_ascending(keys.clone(), values))
    }

    fn items(
        &mut self,
        count: usize,
        mut item: impl FnMut(&mut Self) -> Result<Value, Undecodable>,
    ) -> Result<Vec<Value>, Undecodable> {
        self.plausible(count)?;
        let mut items = Vec::with_capacity(count.min(MAX_PREALLOC));
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Each counted element takes at least one byte.
    fn plausible(&self, count: usize) -> Result<(), Undecodable> {
        if count <= self.bytes.len() - self.at { Ok(()) } else { Err(Undecodable) }
    }

    /// Reads the number of a tag of this family.
    fn short(&mut self, family: Short, tag: u8) -> Result<usize, Undecodable> {
        let number = match tag == family.long {
            true => self.count()?.checked_add(usize::from(family.room)),
            false => Some(usize::from(tag - family.tag)),
        };
        number.and_then(|number| number.checked_add(family.from)).ok_or(Undecodable)
    }

    /// Reads a varint of at most four bytes, because no cookie needs a larger count. Over-long
    /// varints are refused.
    fn count(&mut self) -> Result<usize, Undecodable> {
        let mut number = 0;
        for shift in [0, 7, 14, 21] {
            let [byte] = self.array()?;
            number |= usize::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return if byte == 0 && shift > 0 { Err(Undecodable) } else { Ok(number) };
            }
        }
        Err(Undecodable)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Undecodable> {
        let taken = self.bytes[self.at..].get(..length).ok_or(Undecodable)?;
        self.at += length;
        Ok(taken)
    }

    fn tag(&mut self) -> Result<u8, Undecodable> {
        self.array().map(|[tag]| tag)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Undecodable> {
        self.take(N)?.try_into().map_err(|_| Undecodable)
    }
}

fn is(family: Short, tag: u8) -> bool {
    tag == family.long || (family.tag..family.tag + family.room).contains(&tag)
}

/// A string in its encoded form.
#[derive(Clone, Copy)]
enum Text<'a> {
    Plain(&'a str),
    Hex(&'a [u8]),
    Uuid(&'a [u8]),
}

impl Text<'_> {
    fn len(self) -> usize {
        match self {
            Self::Plain(text) => text.len(),
            Self::Hex(bytes) => 2 * bytes.len(),
            Self::Uuid(bytes) => 2 * bytes.len() + UUID_DASHES.len(),
        }
    }

    fn into_string(self) -> String {
        let mut text = String::with_capacity(self.len());
        self.append(&mut text);
        text
    }

    fn append(self, out: &mut String) {
        match self {
            Self::Plain(text) => out.push_str(text),
            Self::Hex(bytes) => push_digits(out, bytes),
            Self::Uuid(bytes) => {
                let start = out.len();
                for byte in bytes {
                    if UUID_DASHES.contains(&(out.len() - start)) {
                        out.push('-');
                    }
                    push_digits(out, &[*byte]);
                }
            }
        }
    }
}

fn push_digits(text: &mut String, bytes: &[u8]) {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    bytes.iter().for_each(|byte| text.extend([digit(byte >> 4), digit(byte & 15)]));
}
