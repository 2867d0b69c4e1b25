//! The keys of an object, in one block of memory that objects with the same keys share.
//!
//! Example: `["id", "sku"]` is the text `\u{2}id\u{3}sku`.

use std::sync::Arc;

/// Keys one after another, each preceded by its length. Lengths are in base 64, least significant
/// digit first, with one character below 128 for each digit. A digit that is followed by another
/// has 64 added. Without keys there is no block.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Keys(Option<Arc<str>>);

impl Keys {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(super) fn iter(&self) -> Iter<'_> {
        Iter(self.0.as_deref().unwrap_or_default())
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
        let mut length = 0;
        for (place, digit) in self.0.bytes().enumerate() {
            length |= usize::from(digit & 63) << (6 * place);
            if digit < 64 {
                let (key, rest) = self.0.get(place + 1..)?.split_at_checked(length)?;
                self.0 = rest;
                return Some(key);
            }
        }
        None
    }
}

/// A list under construction, and the memory for the next one.
#[derive(Default)]
pub(super) struct Draft(String);

impl Draft {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    /// Starts a key of this length, and returns the string to append it to.
    pub(super) fn begin(&mut self, mut length: usize) -> &mut String {
        while length >= 64 {
            self.0.push(char::from(64 | length.to_le_bytes()[0] & 63));
            length >>= 6;
        }
        self.0.push(char::from(length.to_le_bytes()[0]));
        &mut self.0
    }

    pub(super) fn finish(&mut self) -> Keys {
        let keys = Keys(Some(&*self.0).filter(|text| !text.is_empty()).map(Arc::from));
        self.0.clear();
        keys
    }
}
