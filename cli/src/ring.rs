//! A ring's text → its keys, with the place of each in the text and its times in Unix seconds.

use crate::failure::Failure;
use sealed_session::error::RingError;
use sealed_session::inspect::{self, RingText as LibraryText, RingTextKey};
use sealed_session::keys::KeyId;
use sealed_session::{KeyRing, Suite};
use std::ops::Range;
use std::time::SystemTime;

/// Seconds by which the clocks of servers that share a ring may differ.
pub(crate) const CLOCK_SKEW: u64 = inspect::CLOCK_SKEW.as_secs();
/// Seconds after which a session ends regardless of visits, by default.
pub(crate) const ABSOLUTE_TIMEOUT: u64 = inspect::ABSOLUTE_TIMEOUT.as_secs();

/// A ring, with the places of its words in the text.
pub(crate) struct RingText {
    pub(crate) ring: KeyRing,
    pub(crate) keys: Vec<KeyText>,
}

/// One key. Places are byte ranges of the text.
#[derive(Clone, Debug)]
pub(crate) struct KeyText {
    pub(crate) id: KeyId,
    pub(crate) suite: Suite,
    pub(crate) seal_from: Option<u64>,
    pub(crate) open_until: Option<u64>,
    /// The number of the key's line, from 1.
    pub(crate) line: usize,
    /// From the start of the key to the end of its last attribute.
    pub(crate) words: Range<usize>,
    /// The time behind `open-until=`.
    pub(crate) open_until_value: Option<Range<usize>>,
}

/// Reads a ring as a server does.
pub(crate) fn parse(text: &str, take_published: bool) -> Result<RingText, RingError> {
    let parsed: LibraryText =
        if take_published { LibraryText::danger_from_published(text) } else { text.parse() }?;
    Ok(RingText {
        ring: parsed.ring().clone(),
        keys: parsed.keys().iter().map(KeyText::from).collect(),
    })
}

impl From<&RingTextKey> for KeyText {
    fn from(key: &RingTextKey) -> Self {
        Self {
            id: key.info.id,
            suite: key.info.suite,
            seal_from: key.info.seal_from.map(unix),
            open_until: key.info.open_until.map(unix),
            line: key.line,
            words: key.words.clone(),
            open_until_value: key.open_until.clone(),
        }
    }
}

/// Returns a time in Unix seconds; zero before 1970.
pub(crate) fn unix(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Parses a text that is about to be written.
pub(crate) fn parse_edited(text: &str, take_published: bool) -> Result<RingText, Failure> {
    parse(text, take_published).map_err(|error| {
        Failure::refused(format!(
            "nothing was changed, because servers would refuse the new ring: {error}"
        ))
    })
}
