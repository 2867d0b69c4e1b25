//! `DeviceKey`: the public key of one registration, and its thumbprint.
//!
//! ```text
//! thumbprint = SHA-256(the key in compressed form, 33 bytes)[..16]
//! id         = base64url(thumbprint), 22 characters: DBSC's session identifier, not a secret
//! ```

use crate::base64url;
use crate::crypto::es256::{COMPRESSED_LEN, PublicKey};
use sha2::{Digest, Sha256};

pub(crate) const THUMBPRINT_LEN: usize = 16;

/// What a session is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Thumbprint(pub(crate) [u8; THUMBPRINT_LEN]);

impl Thumbprint {
    pub(super) fn of(compressed: &[u8; COMPRESSED_LEN]) -> Self {
        let digest: [u8; 32] = Sha256::digest(compressed).into();
        let mut thumbprint = [0; THUMBPRINT_LEN];
        thumbprint.copy_from_slice(&digest[..THUMBPRINT_LEN]);
        Self(thumbprint)
    }

    /// Returns DBSC's session identifier.
    pub(super) fn id(self) -> String {
        let mut id = String::new();
        base64url::encode_append(&self.0, &mut id);
        id
    }
}

/// A key that is stored nowhere: it comes back sealed with each refresh.
pub(super) struct DeviceKey {
    pub(super) public: PublicKey,
    pub(super) compressed: [u8; COMPRESSED_LEN],
    pub(super) thumbprint: Thumbprint,
}

impl DeviceKey {
    pub(super) fn new(public: PublicKey) -> Self {
        let compressed = public.to_compressed();
        Self { public, thumbprint: Thumbprint::of(&compressed), compressed }
    }

    pub(super) fn from_compressed(bytes: &[u8]) -> Option<Self> {
        PublicKey::from_compressed(bytes.try_into().ok()?).map(Self::new)
    }
}
