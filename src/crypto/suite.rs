//! The suites: plaintext ⇄ ciphertext and tag, in place. This is the only file that names an AEAD
//! crate. Each seal draws its own nonce, so no caller can repeat one.

#[cfg(not(any(feature = "aes", feature = "chacha")))]
compile_error!(
    "sealed-session needs at least one suite: enable the feature `aes` (XAES-256-GCM) or `chacha` \
     (XChaCha20-Poly1305)"
);

use crate::crypto::random;
use crate::crypto::random::RandomError;
use std::fmt;

#[cfg(any(feature = "aes", feature = "chacha"))]
use aead::{AeadInOut, KeyInit, inout::InOutBuf};

pub(crate) const SECRET_LEN: usize = 32;
pub(crate) const NONCE_LEN: usize = 24;
pub(crate) const TAG_LEN: usize = 16;

/// The authenticated encryption (AEAD, RFC 5116) that a key is for. A cookie does not name its
/// suite; the key determines it.
///
/// ```
/// use sealed_session::{KeyRing, Suite};
///
/// # #[cfg(feature = "aes")] {
/// let ring = KeyRing::generate(Suite::Xaes256Gcm)?;
/// assert_eq!(ring.keys()[0].suite.name(), "XAES-256-GCM");
/// # }
/// # Ok::<(), sealed_session::error::RandomError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Suite {
    /// XAES-256-GCM (C2SP). The default on servers, and the fastest if the processor has AES
    /// instructions.
    Xaes256Gcm,
    /// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03). On WebAssembly it is 5 to 9 times faster
    /// than AES and half the code.
    ///
    /// On x86-64, `poly1305` 0.9 uses an AVX2 implementation that is slow unless the whole program
    /// is compiled for AVX2. With `RUSTFLAGS='--cfg poly1305_backend="soft"'` the cipher is 2.6
    /// times as fast for a session of 170 bytes, and faster for every cookie.
    XChaCha20Poly1305,
}

impl Suite {
    pub(crate) const ALL: [Self; 2] = [Self::Xaes256Gcm, Self::XChaCha20Poly1305];

    /// Returns the name in key derivation and in print: `XAES-256-GCM` or `XChaCha20-Poly1305`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Xaes256Gcm => "XAES-256-GCM",
            Self::XChaCha20Poly1305 => "XChaCha20-Poly1305",
        }
    }

    /// Returns the name in a ring's text.
    pub(crate) fn token(self) -> &'static str {
        match self {
            Self::Xaes256Gcm => "xaes256gcm",
            Self::XChaCha20Poly1305 => "xchacha20poly1305",
        }
    }

    /// Returns the feature that compiles the suite in.
    pub(crate) fn feature(self) -> &'static str {
        match self {
            Self::Xaes256Gcm => "aes",
            Self::XChaCha20Poly1305 => "chacha",
        }
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A suite with its AEAD key, ready to use. Its parts are wiped when dropped.
pub(crate) enum Cipher {
    #[cfg(feature = "aes")]
    Xaes(Box<xaes_256_gcm::Xaes256Gcm>),
    #[cfg(feature = "chacha")]
    XChaCha(Box<chacha20poly1305::XChaCha20Poly1305>),
}

/// The tag does not match: wrong key, name or context, or changed bytes. The error deliberately
/// gives no detail.
pub(crate) struct BadSeal;

impl Cipher {
    /// Returns `None` if the suite is not compiled in.
    pub(crate) fn new(suite: Suite, key: &[u8; SECRET_LEN]) -> Option<Self> {
        match suite {
            #[cfg(feature = "aes")]
            Suite::Xaes256Gcm => {
                Some(Self::Xaes(Box::new(xaes_256_gcm::Xaes256Gcm::new(key.into()))))
            }
            #[cfg(feature = "chacha")]
            Suite::XChaCha20Poly1305 => {
                Some(Self::XChaCha(Box::new(chacha20poly1305::XChaCha20Poly1305::new(key.into()))))
            }
            #[cfg(not(all(feature = "aes", feature = "chacha")))]
            _ => {
                let _ = key;
                None
            }
        }
    }

    /// Encrypts `buffer` in place with a fresh nonce.
    pub(crate) fn seal(
        &self,
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<([u8; NONCE_LEN], [u8; TAG_LEN]), RandomError> {
        let nonce = random::bytes()?;
        let buffer = InOutBuf::from(buffer);
        let tag = match self {
            #[cfg(feature = "aes")]
            Self::Xaes(cipher) => cipher.encrypt_inout_detached((&nonce).into(), aad, buffer),
            #[cfg(feature = "chacha")]
            Self::XChaCha(cipher) => cipher.encrypt_inout_detached((&nonce).into(), aad, buffer),
        };
        match tag {
            Ok(tag) => Ok((nonce, tag.into())),
            Err(_) => unreachable!(
                "an AEAD refuses only what is longer than 2³⁶ bytes, and a cookie is not"
            ),
        }
    }

    /// Verifies and decrypts `buffer` in place.
    pub(crate) fn open(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), BadSeal> {
        let buffer = InOutBuf::from(buffer);
        match self {
            #[cfg(feature = "aes")]
            Self::Xaes(cipher) => {
                cipher.decrypt_inout_detached(nonce.into(), aad, buffer, tag.into())
            }
            #[cfg(feature = "chacha")]
            Self::XChaCha(cipher) => {
                cipher.decrypt_inout_detached(nonce.into(), aad, buffer, tag.into())
            }
        }
        .map_err(|_| BadSeal)
    }
}
