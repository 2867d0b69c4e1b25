//! The keys of an object, in one block of memory that objects with the same keys share. `value` keeps them, `read` makes them of what it reads.
//!
//! Example: `["id", "sku"]` is the text `\u{2}id\u{3}sku`.

use std::sync::Arc;

/// Keys one behind another, each behind its length. Lengths are in base 64, the least digit first, a character below 128 each: a digit that
/// others follow has 64 added.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Keys(Arc<str>);

impl Keys {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> Iter<'_> {
        Iter(&self.0)
    }
}

impl<'a> FromIterator<&'a str> for Keys {
    fn from_iter<I: IntoIterator<Item = &'a str>>(keys: I) -> Self {
        let mut draft = Draft::default();
        keys.into_iter().for_each(|key| draft.begin(key.len()).push_str(key));
        draft.finish()
    }
}

pub(super) struct Iter<'a>(&'a str);

impl<'a> Iterator for Iter<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let last = self.0.bytes().position(|digit| digit < 64)?;
        let (digits, rest) = self.0.split_at_checked(last + 1)?;
        let length = digits.bytes().rev().fold(0, |length, digit| length << 6 | usize::from(digit & 63));
        let (key, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(key)
    }
}

/// A list in the making, and the memory for the next one.
#[derive(Default)]
pub(super) struct Draft(String);

impl Draft {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    /// Where a key of this length is to be appended.
    pub(super) fn begin(&mut self, mut length: usize) -> &mut String {
        while length >= 64 {
            self.0.push(char::from(64 | length.to_le_bytes()[0] & 63));
            length >>= 6;
        }
        self.0.push(char::from(length.to_le_bytes()[0]));
        &mut self.0
    }

    pub(super) fn finish(&mut self) -> Keys {
        let keys = Keys(self.0.as_str().into());
        self.0.clear();
        keys
    }
}
