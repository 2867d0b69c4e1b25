//! Claims and data → the cookie's value, and the length of its line. The length is known before
//! anything is sealed.

use crate::claims::Claims;
use crate::config::Config;
use crate::error::SessionError;
use crate::keys::Ring;
use crate::wire::envelope;

impl<T> Config<T> {
    /// Returns the length of the line in bytes, with the longest `Max-Age` and the longest claims
    /// that a refresh can make of these.
    pub(crate) fn longest_line(&self, claims: &Claims, data: usize) -> usize {
        let plaintext = self.limits.longest_claims(claims) + data;
        self.line.len(envelope::value_len(plaintext), Some(self.limits.longest_max_age()))
    }

    /// Returns the length of the line in bytes, with these claims and this `Max-Age`.
    pub(crate) fn line_len(&self, claims: &Claims, data: usize, max_age: Option<u64>) -> usize {
        let plaintext = claims.encoded_len(claims.issued, claims.age) + data;
        self.line.len(envelope::value_len(plaintext), max_age)
    }

    /// Seals claims and the data that `write` appends, with the key that seals at `now`, and
    /// appends the cookie's value to `out`. `length` is about the number of bytes that `write`
    /// appends.
    pub(crate) fn seal(
        &self,
        ring: &Ring,
        now: u64,
        claims: &Claims,
        length: usize,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), SessionError>,
        out: &mut String,
    ) -> Result<(), SessionError> {
        let entry = ring.sealing(now).ok_or(SessionError::NoSealingKey)?;
        let cipher = entry.key().cipher().ok_or(SessionError::NoSealingKey)?;
        let length = claims.encoded_len(claims.issued, claims.age) + length;
        let write = |plaintext: &mut Vec<u8>| {
            claims.encode(plaintext);
            write(plaintext)
        };
        envelope::seal(entry.key(), cipher, &self.binding, length, write, out)
    }

    /// Seals claims and data.
    pub(crate) fn seal_data(
        &self,
        ring: &Ring,
        now: u64,
        claims: &Claims,
        data: &[u8],
        out: &mut String,
    ) -> Result<(), SessionError> {
        let write = |plaintext: &mut Vec<u8>| {
            plaintext.extend_from_slice(data);
            Ok(())
        };
        self.seal(ring, now, claims, data.len(), write, out)
    }
}
