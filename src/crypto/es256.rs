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
        // p256 also reads 05, a form that leaves out the sign of y.
        if matches!(bytes[0], 2 | 3) { Self::from_sec1(bytes) } else { None }
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

#[cfg(test)]
mod tests {
    use super::*;

    const WYCHEPROOF: &str = include_str!("../../tests/vectors/wycheproof/ecdsa_p256_sha256.txt");

    fn bytes(hexadecimal: &str) -> Vec<u8> {
        if hexadecimal == "-" { Vec::new() } else { hex::decode(hexadecimal).unwrap() }
    }

    fn array<const N: usize>(hexadecimal: &str) -> [u8; N] {
        bytes(hexadecimal).try_into().unwrap()
    }

    #[test]
    fn signatures_pass_wycheproof() {
        let (mut valid, mut invalid) = (0, 0);
        for line in WYCHEPROOF.lines().filter(|line| !line.starts_with('#')) {
            let [result, x, y, message, signature] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("five columns: {line}")
            };
            let key = PublicKey::from_coordinates(&array(x), &array(y)).unwrap();
            let verifies = key.verifies(&bytes(message), &array(signature));
            assert_eq!(verifies, result == "valid", "{line}");
            // The key that comes back from its compressed form is the same.
            let again = PublicKey::from_compressed(&key.to_compressed()).unwrap();
            assert_eq!(again.0, key.0);
            *if verifies { &mut valid } else { &mut invalid } += 1;
        }
        assert_eq!((valid, invalid), (147, 71));
    }

    #[test]
    fn a_point_off_the_curve_is_no_key() {
        let line = WYCHEPROOF.lines().find(|line| line.starts_with("valid")).unwrap();
        let [_, x, y, ..] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (x, y): ([u8; 32], [u8; 32]) = (array(x), array(y));
        let mut changed = y;
        changed[31] ^= 1;
        assert!(PublicKey::from_coordinates(&x, &changed).is_none());
        assert!(PublicKey::from_coordinates(&y, &x).is_none());
        assert!(PublicKey::from_coordinates(&[0; 32], &[0; 32]).is_none());
        assert!(PublicKey::from_coordinates(&[255; 32], &[255; 32]).is_none());

        let compressed = PublicKey::from_coordinates(&x, &y).unwrap().to_compressed();
        assert_eq!((compressed[0], &compressed[1..]), (2 + y[31] % 2, &x[..]));
        for first in (0..=255).filter(|first| ![2, 3].contains(first)) {
            let other = [&[first][..], &x].concat().try_into().unwrap();
            assert!(PublicKey::from_compressed(&other).is_none(), "{first}");
        }
    }
}
