//! A cookie's value → the five parts of its envelope, for the picture on the page and for the
//! thief. An application needs none of this: `Sessions` finds, opens and judges cookies,
//! `sealed_session::inspect` says how far one opens, and SPEC.md describes the bytes.
//!
//! ```text
//! envelope = version (1) ‖ key id (4) ‖ nonce (24) ‖ ciphertext ‖ tag (16)
//! ```

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde::Deserialize;
use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    Version,
    KeyId,
    Nonce,
    Ciphertext,
    Tag,
}

impl Part {
    pub const ALL: [Self; 5] =
        [Self::Version, Self::KeyId, Self::Nonce, Self::Ciphertext, Self::Tag];

    pub fn name(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::KeyId => "key id",
            Self::Nonce => "nonce",
            Self::Ciphertext => "ciphertext",
            Self::Tag => "tag",
        }
    }

    /// As it stands in forms and as a class of the style sheet.
    pub fn word(self) -> &'static str {
        match self {
            Self::KeyId => "key-id",
            other => other.name(),
        }
    }
}

/// The bytes of a cookie that are long enough to be an envelope. Nothing in them is known to be
/// authentic.
pub struct Envelope(Vec<u8>);

impl Envelope {
    const CIPHERTEXT_FROM: usize = 1 + 4 + 24;
    const TAG: usize = 16;
    /// Bytes of all parts but the ciphertext, which is as long as what it encrypts.
    pub const OVERHEAD: usize = Self::CIPHERTEXT_FROM + Self::TAG;

    pub fn decode(value: impl AsRef<[u8]>) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(value).ok()?;
        (bytes.len() > Self::OVERHEAD).then_some(Self(bytes))
    }

    pub fn encode(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(&self.0)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn range(&self, part: Part) -> Range<usize> {
        let tag = self.0.len() - Self::TAG;
        match part {
            Part::Version => 0..1,
            Part::KeyId => 1..5,
            Part::Nonce => 5..Self::CIPHERTEXT_FROM,
            Part::Ciphertext => Self::CIPHERTEXT_FROM..tag,
            Part::Tag => tag..self.0.len(),
        }
    }

    pub fn bytes(&self, part: Part) -> &[u8] {
        &self.0[self.range(part)]
    }

    pub fn flip_lowest_bit_of_first_byte(&mut self, part: Part) {
        let first = self.range(part).start;
        self.0[first] ^= 1;
    }
}
