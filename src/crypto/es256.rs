//! ES256 (RFC 7518 §3.4): the signatures of a device key. This is the only file that names an
//! elliptic curve crate. Nothing here is secret: the server holds public keys only.

use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};

/// A signature: r ‖ s.
pub(crate) const SIGNATURE_LEN: usize = 64;
/// A coordinate of a point.
pub(crate) const COORDINATE_LEN: usize = 32;
/// A point in the compressed form of SEC 1 §2.3.3.
pub(crate) const COMPRESSED_LEN: usize = 33;

/// A public key on P-256.
pub(crate) struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Returns `None` if the coordinates are not those of a point on the curve.
    pub(crate) fn from_coordinates(
        x: &[u8; COORDINATE_LEN],
        y: &[u8; COORDINATE_LEN],
    ) -> Option<Self> {
        Self::from_sec1(&[&[4], &x[..], &y[..]].concat())
    }

    /// Returns `None` if this is not the compressed form of a point on the curve.
    pub(crate) fn from_compressed(bytes: &[u8; COMPRESSED_LEN]) -> Option<Self> {
        Self::from_sec1(bytes)
    }

    fn from_sec1(bytes: &[u8]) -> Option<Self> {
        VerifyingKey::from_sec1_bytes(bytes).ok().map(Self)
    }

    /// Returns the compressed form. Every key has exactly one.
    pub(crate) fn to_compressed(&self) -> [u8; COMPRESSED_LEN] {
        let point = self.0.to_sec1_point(true);
        let mut compressed = [0; COMPRESSED_LEN];
        compressed.copy_from_slice(point.as_bytes());
        compressed
    }

    /// Returns `true` if the key made this signature of the message's SHA-256.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8; SIGNATURE_LEN]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
    }
}
