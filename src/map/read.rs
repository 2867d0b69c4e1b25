//! Bytes → values, in the layout of `layout`. `codec::decode` calls it, for a whole map at a time.
//!
//! It trusts nothing: no count is believed beyond the bytes that are left, recursion ends at 64 levels, and what one byte can stand
//! for is a string or key list of bounded size. Whether the spelling is the one that `write` chooses is for `decode` to say.

use super::layout::*;
use super::value::{DEPTH, Object, Value};
use std::borrow::Cow;
use std::sync::Arc;

type Keys = Arc<[Arc<str>]>;

/// Elements that room is made for before they are there: counts are bounded by the input, and yet 64 levels may each claim all of it.
const PREPARED: usize = 64;

/// The bytes are not what `encode` writes for any map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Undecodable;

pub(super) struct Reader<'a> {
    rest: &'a [u8],
    texts: Vec<Cow<'a, str>>,
    lists: Vec<Keys>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, texts: Vec::with_capacity(USUAL_TEXTS), lists: Vec::with_capacity(USUAL_LISTS) }
    }

    /// The object that is the whole input.
    pub(super) fn root(mut self) -> Result<Object, Undecodable> {
        let keys = self.keys()?;
        let root = self.fields(&keys, DEPTH)?;
        if self.rest.is_empty() { Ok(root) } else { Err(Undecodable) }
    }

    /// A value in which at most `room` levels nest.
    fn value(&mut self, room: usize) -> Result<Value, Undecodable> {
        let tag = *self.rest.first().ok_or(Undecodable)?;
        if let Some(text) = self.text()? {
            return Ok(Value::Text(text.into_owned()));
        }
        let inside = room.checked_sub(1).ok_or(Undecodable);
        if is(OBJECT, tag) || is(OBJECT_SEEN, tag) {
            let keys = self.keys()?;
            return self.fields(&keys, inside?).map(Value::Object);
        }
        if let Some(count) = self.short(ARRAY)? {
            let inside = inside?;
            return self.items(count, |reader| reader.value(inside));
        }
        if let Some(count) = self.short(RECORDS)? {
            let (inside, keys) = (inside?, self.keys()?);
            let within = inside.checked_sub(1).ok_or(Undecodable)?;
            // Else a count without bytes behind it, or a key that is long and repeated, would grow without bound.
            if keys.is_empty() || !short_keys(&keys) {
                return Err(Undecodable);
            }
            return self.items(count, |reader| reader.fields(&keys, within).map(Value::Object));
        }
        self.rest = &self.rest[1..];
        match tag {
            NULL => Ok(Value::Null),
            FALSE => Ok(Value::Bool(false)),
            TRUE => Ok(Value::Bool(true)),
            FLOAT32 => Value::float(f64::from(f32::from_le_bytes(self.array()?))).ok_or(Undecodable),
            FLOAT64 => Value::float(f64::from_le_bytes(self.array()?)).ok_or(Undecodable),
            BYTES => {
                inside?;
                let count = self.count()?;
                self.take(count).map(Value::bytes)
            }
            _ => self.integer(tag),
        }
    }

    /// The integer that has this tag, of which the rest is still to come.
    fn integer(&mut self, tag: u8) -> Result<Value, Undecodable> {
        if u64::from(tag - INT) < INT_SMALL {
            return Ok(Value::Unsigned(u64::from(tag - INT)));
        }
        if tag < TEXT.tag {
            let [low] = self.array()?;
            return Ok(Value::Unsigned(INT_SMALL + (u64::from(tag - INT_WIDE) << 8) + u64::from(low)));
        }
        let width = |widths: &[(u8, usize)]| widths.iter().find(|(other, _)| *other == tag).map(|(_, width)| *width);
        if let Some(width) = width(&UNSIGNED) {
            return self.sized(width).map(Value::Unsigned);
        }
        let below = match width(&NEGATIVE) {
            Some(width) => self.sized(width)?,
            None if (MINUS..NULL).contains(&tag) => u64::from(tag - MINUS),
            None => return Err(Undecodable),
        };
        i64::try_from(below).map(|below| Value::Negative(!below)).map_err(|_| Undecodable)
    }

    fn sized(&mut self, width: usize) -> Result<u64, Undecodable> {
        let mut bytes = [0; 8];
        bytes[..width].copy_from_slice(self.take(width)?);
        Ok(u64::from_le_bytes(bytes))
    }

    /// A string, new or seen; `None`, and nothing read, where the next tag is not one's.
    fn text(&mut self) -> Result<Option<Cow<'a, str>>, Undecodable> {
        if let Some(number) = self.short(TEXT_SEEN)? {
            return self.texts.get(number).cloned().map(Some).ok_or(Undecodable);
        }
        let text = if let Some(length) = self.short(TEXT)? {
            Cow::Borrowed(std::str::from_utf8(self.take(length)?).map_err(|_| Undecodable)?)
        } else if self.rest.first() == Some(&HEX) {
            self.rest = &self.rest[1..];
            let length = self.count()?;
            Cow::Owned(hex(self.take(length)?))
        } else if self.rest.first() == Some(&UUID) {
            let digits = hex(&self.take(17)?[1..]);
            let groups = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
            Cow::Owned(groups.join("-"))
        } else {
            return Ok(None);
        };
        if NUMBERED.contains(&text.len()) && self.texts.len() < TEXTS {
            self.texts.push(text.clone());
        }
        Ok(Some(text))
    }

    /// An object's keys, new or seen.
    fn keys(&mut self) -> Result<Keys, Undecodable> {
        if let Some(number) = self.short(OBJECT_SEEN)? {
            return self.lists.get(number).cloned().ok_or(Undecodable);
        }
        let count = self.short(OBJECT)?.ok_or(Undecodable)?;
        self.plausible(count)?;
        let mut keys: Vec<Arc<str>> = Vec::with_capacity(count.min(PREPARED));
        for _ in 0..count {
            let key = self.text()?.ok_or(Undecodable)?;
            // `Object` relies on this.
            if keys.last().is_some_and(|last| **last >= *key) {
                return Err(Undecodable);
            }
            keys.push(key.into());
        }
        let keys = Keys::from(keys);
        if !keys.is_empty() && short_keys(&keys) && self.lists.len() < LISTS {
            self.lists.push(Arc::clone(&keys));
        }
        Ok(keys)
    }

    fn fields(&mut self, keys: &Keys, room: usize) -> Result<Object, Undecodable> {
        self.plausible(keys.len())?;
        let mut fields = Vec::with_capacity(keys.len().min(PREPARED));
        for key in &**keys {
            fields.push((Arc::clone(key), self.value(room)?));
        }
        Ok(Object::from_ascending(fields))
    }

    fn items(
        &mut self,
        count: usize,
        mut item: impl FnMut(&mut Self) -> Result<Value, Undecodable>,
    ) -> Result<Value, Undecodable> {
        self.plausible(count)?;
        let mut items = Vec::with_capacity(count.min(PREPARED));
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(Value::Array(items))
    }

    /// Each thing counted takes a byte at the least.
    fn plausible(&self, count: usize) -> Result<(), Undecodable> {
        if count <= self.rest.len() { Ok(()) } else { Err(Undecodable) }
    }

    /// The number of a tag of the family; `None`, and nothing read, where the next tag is another's.
    fn short(&mut self, family: Short) -> Result<Option<usize>, Undecodable> {
        let Some((&tag, rest)) = self.rest.split_first().filter(|(tag, _)| is(family, **tag)) else { return Ok(None) };
        self.rest = rest;
        let number = match tag == family.long {
            true => self.count()?.checked_add(usize::from(family.room)),
            false => Some(usize::from(tag - family.tag)),
        };
        number.and_then(|number| number.checked_add(family.from)).map(Some).ok_or(Undecodable)
    }

    /// A varint of at most four bytes: no cookie counts further.
    fn count(&mut self) -> Result<usize, Undecodable> {
        let mut number = 0;
        for shift in [0, 7, 14, 21] {
            let [byte] = self.array()?;
            number |= usize::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Undecodable)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Undecodable> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Undecodable)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Undecodable> {
        self.take(N)?.try_into().map_err(|_| Undecodable)
    }
}

fn is(family: Short, tag: u8) -> bool {
    tag == family.long || (family.tag..family.tag + family.room).contains(&tag)
}

fn short_keys(keys: &Keys) -> bool {
    keys.iter().all(|key| key.len() <= LISTED)
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble| char::from_digit(nibble, 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(u32::from(byte >> 4)), digit(u32::from(byte & 15))]).collect()
}
