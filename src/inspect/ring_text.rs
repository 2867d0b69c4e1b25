//! A key ring's text → its keys, and the place of their words in the text.

use crate::error::ring::RingError;
use crate::keys::{self, KeyInfo, KeyRing};
use crate::limits;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// A key ring's text, with the place of each key in it. With the places, a program can edit the
/// text and leave comments, order and blank lines as they are.
///
/// `Debug` shows ids and places and never a secret. The text itself is not kept.
///
/// ```
/// use sealed_session::Suite;
/// use sealed_session::inspect::RingText;
/// use sealed_session::keys::Key;
///
/// let key = Key::generate(Suite::Xaes256Gcm)?;
/// let text = format!("# shop\n{}  # since May\n", *key.expose_secret());
/// let ring: RingText = text.parse()?;
///
/// let found = &ring.keys()[0];
/// assert_eq!((found.info.id, found.line), (key.id(), 2));
///
/// // Ends the key, and keeps the comments:
/// let mut edited = text.clone();
/// edited.insert_str(found.words.end, "  open-until=2030-01-01T00:00:00Z");
/// let edited: RingText = edited.parse()?;
/// assert!(edited.keys()[0].info.open_until.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RingText {
    ring: KeyRing,
    keys: Vec<RingTextKey>,
}

/// A key in a ring's text. Places are byte ranges of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RingTextKey {
    /// The key's id, suite and times.
    pub info: KeyInfo,
    /// The number of the key's line, from 1.
    pub line: usize,
    /// From the start of the key to the end of its last attribute.
    pub words: Range<usize>,
    /// The time behind `seal-from=`.
    pub seal_from: Option<Range<usize>>,
    /// The time behind `open-until=`.
    pub open_until: Option<Range<usize>>,
}

impl RingText {
    /// The most bytes that a ring's text may have.
    pub const MAX_BYTES: usize = limits::RING_BYTES;

    /// Reads a text whose secrets may be those of the published test vectors, which everyone has.
    /// Every other constructor refuses them. Use this in tests, and seal nothing with the ring.
    ///
    /// # Errors
    /// The same as [`FromStr`].
    pub fn danger_from_published(text: &str) -> Result<Self, RingError> {
        Ok(Self::new(text, KeyRing::from_published(text)?))
    }

    fn new(text: &str, ring: KeyRing) -> Self {
        let place_of = |part: &str| {
            let start = part.as_ptr() as usize - text.as_ptr() as usize;
            start..start + part.len()
        };
        let words = keys::contents(text).into_iter().filter_map(|(_, content)| {
            let words: Vec<&str> =
                content.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
            Some((place_of(words.first()?).start..place_of(words.last()?).end, words))
        });
        let keys = ring.keys().into_iter().zip(words).map(|(info, (range, words))| {
            let value = |name| words.iter().find_map(|word| word.strip_prefix(name)).map(place_of);
            RingTextKey {
                info,
                line: text[..range.start].matches('\n').count() + 1,
                words: range,
                seal_from: value("seal-from="),
                open_until: value("open-until="),
            }
        });
        let keys = keys.collect();
        Self { ring, keys }
    }

    /// Returns the ring, to open cookies with.
    pub fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// Returns the keys, in the order of the text.
    pub fn keys(&self) -> &[RingTextKey] {
        &self.keys
    }
}

/// Reads a ring's text as a server does (SPEC.md §11).
///
/// # Errors
/// The same as [`KeyRing`]'s: the text is refused as a whole.
impl FromStr for RingText {
    type Err = RingError;

    fn from_str(text: &str) -> Result<Self, RingError> {
        Ok(Self::new(text, text.parse()?))
    }
}

impl fmt::Debug for RingText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.keys).finish()
    }
}
