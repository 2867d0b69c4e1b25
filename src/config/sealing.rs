//! Claims and data → the cookie's value, and the length of its lines. The length is known before
//! anything is sealed.

use crate::claims::Claims;
use crate::clock::unix_time::UnixTime;
use crate::config::Config;
use crate::error::SessionError;
use crate::keys::Ring;
use crate::wire::envelope::{self, SealBuffer};

impl<T> Config<T> {
    /// Returns the length of all lines in bytes, with the longest `Max-Age` and the longest claims
    /// that a refresh can make of these.
    pub(crate) fn longest_lines(&self, claims: &Claims, data_len: usize) -> usize {
        let value_len = envelope::value_len(self.limits.longest_claims(claims) + data_len);
        self.cookie.measure_longest(value_len)
    }

    /// Returns the length of the cookie's value in bytes.
    pub(crate) fn value_len(&self, claims: &Claims, data_len: usize) -> usize {
        envelope::value_len(claims.encoded_len() + data_len)
    }

    /// Returns a buffer that holds the claims, with room for about `data_len` bytes of data.
    pub(crate) fn seal_buffer(&self, claims: &Claims, data_len: usize) -> SealBuffer {
        let mut buffer = SealBuffer::with_capacity(claims.encoded_len() + data_len);
        claims.encode(buffer.plaintext());
        buffer
    }

    /// Seals claims and data with the key that seals at `now`, and appends the cookie's value to
    /// `out`.
    pub(crate) fn seal(
        &self,
        ring: &Ring,
        now: UnixTime,
        claims: &Claims,
        data: &[u8],
        out: &mut String,
    ) -> Result<(), SessionError> {
        let (entry, cipher) = ring.sealing_cipher(now).ok_or(SessionError::NoSealingKey)?;
        let mut buffer = self.seal_buffer(claims, data.len());
        buffer.plaintext().extend_from_slice(data);
        buffer.seal(entry.key(), cipher, &self.binding, out)
    }
}
