//! Flash messages: texts that stay in the session until a page takes them.

use crate::limits;

/// A message for the visitor's next page, such as "signed out" or "saved".
///
/// At most 16 can be pending, with at most 1,024 bytes of text together. The oldest are dropped
/// first, also if the data needs their room.
///
/// ```
/// use sealed_session::{KeyRing, Level, Map, Sessions};
///
/// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?)?;
/// let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
/// session.flash(Level::SUCCESS, "Saved.")?;
/// for flash in session.take_flashes()? {
///     assert_eq!((flash.level.name(), flash.text.as_str()), ("success", "Saved."));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Flash {
    /// How serious it is.
    pub level: Level,
    /// The text to show. Escape it in HTML.
    pub text: String,
}

/// How serious a [`Flash`] is, by the numbers of Django's messages. Other numbers are kept as they
/// are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(pub u8);

impl Level {
    /// 10: for developers.
    pub const DEBUG: Self = Self(10);
    /// 20: for information.
    pub const INFO: Self = Self(20);
    /// 25: something was done.
    pub const SUCCESS: Self = Self(25);
    /// 30: something needs attention.
    pub const WARNING: Self = Self(30);
    /// 40: something failed.
    pub const ERROR: Self = Self(40);

    /// Returns the name that pages use for the level: `debug`, `info`, `success`, `warning` or
    /// `error`. For other numbers, returns that of the next lower level, or `debug` below 10.
    pub fn name(self) -> &'static str {
        match self.0 {
            0..=19 => "debug",
            20..=24 => "info",
            25..=29 => "success",
            30..=39 => "warning",
            _ => "error",
        }
    }
}

/// Drops the oldest messages until their number and bytes are within the limits. The newest always
/// stays.
pub(crate) fn trim(flashes: &mut Vec<Flash>) {
    let mut bytes: usize = flashes.iter().map(|flash| flash.text.len()).sum();
    while flashes.len() > 1 && (flashes.len() > limits::FLASHES || bytes > limits::FLASH_BYTES) {
        bytes -= flashes.remove(0).text.len();
    }
}
