//! `FormSettings`: what a configuration says of the form in which data are sealed: compressed where
//! that makes them shorter, padded to a multiple.

use crate::claims::Form;
use crate::limits;
use crate::wire::envelope::SealBuffer;
use crate::wire::padding;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FormSettings {
    /// Data are compressed where that makes them shorter.
    #[cfg(any(feature = "compression", feature = "config"))]
    pub(crate) compress: bool,
    /// Bytes of which every plaintext is made a multiple.
    pub(crate) pad_to: Option<usize>,
}

impl FormSettings {
    /// Refuses a multiple that is out of range, and what this build cannot do.
    pub(crate) fn check(self) -> Result<(), &'static str> {
        #[cfg(all(feature = "config", not(feature = "compression")))]
        if self.compress {
            return Err(
                "compress(true) needs the feature `compression` of sealed-session: add it \
                        in Cargo.toml, or remove the setting",
            );
        }
        if self.pad_to.is_none_or(|multiple| limits::PADDING_RANGE.contains(&multiple)) {
            return Ok(());
        }
        Err(
            "pad_to must be between 2 and 1024: everything that is sealed is padded to a multiple of \
             this many bytes",
        )
    }

    /// Returns the data compressed, if the settings say so and it makes them shorter.
    #[cfg(feature = "compression")]
    pub(crate) fn compressed(self, data: &[u8]) -> Option<Vec<u8>> {
        self.compress.then(|| crate::wire::compression::deflate(data)).flatten()
    }

    /// Returns `None`: this build compresses nothing.
    #[cfg(not(feature = "compression"))]
    #[expect(clippy::unused_self, reason = "called as the other is")]
    pub(crate) fn compressed(self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    /// Returns the form of data that are compressed or not.
    pub(crate) fn form(self, compressed: bool) -> Form {
        Form { compressed, padded: self.pad_to.is_some() }
    }

    /// Returns the length of a plaintext of `length` bytes with its padding.
    pub(crate) fn padded_len(self, length: usize) -> usize {
        self.pad_to.map_or(length, |multiple| padding::padded_len(length, multiple))
    }

    /// Pads a plaintext.
    pub(crate) fn pad(self, buffer: &mut SealBuffer) {
        if let Some(multiple) = self.pad_to {
            buffer.pad(multiple);
        }
    }
}
