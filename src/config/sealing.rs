//! Claims and data → the session's value, and the length of its lines. The length is known before
//! anything is sealed.

use crate::claims::Claims;
use crate::clock::unix_time::UnixTime;
use crate::config::Config;
use crate::error::SessionError;
use crate::keys::Ring;
use crate::wire::envelope::{self, SealBuffer};

/// The data as they are sealed.
#[derive(Clone, Copy)]
pub(crate) struct SealedData<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) compressed: bool,
}

impl<T> Config<T> {
    /// Returns the length of all lines in bytes, with the longest `Max-Age` and the longest claims
    /// that a refresh can make of these. `data_len` is that of the data as they are sealed.
    pub(crate) fn longest_lines(&self, claims: &Claims, data_len: usize) -> usize {
        self.cookie.measure_longest(self.longest_value_len(claims, data_len))
    }

    /// Returns the length of the longest value that a refresh can make of these.
    pub(crate) fn longest_value_len(&self, claims: &Claims, data_len: usize) -> usize {
        envelope::value_len(self.form.padded_len(self.limits.longest_claims(claims) + data_len))
    }

    /// Returns the length of the session's value in bytes.
    pub(crate) fn value_len(&self, claims: &Claims, data_len: usize) -> usize {
        envelope::value_len(self.form.padded_len(claims.encoded_len() + data_len))
    }

    /// Returns a buffer that holds flags and claims, with room for about `data_len` bytes of data.
    pub(crate) fn seal_buffer(
        &self,
        claims: &Claims,
        compressed: bool,
        data_len: usize,
    ) -> SealBuffer {
        let plaintext = self.form.padded_len(claims.encoded_len() + data_len);
        let mut buffer = SealBuffer::with_capacity(plaintext);
        claims.encode(self.form.form(compressed), buffer.plaintext());
        buffer
    }

    /// Seals claims and data with the key that seals at `now`, and appends the session's value to
    /// `out`.
    pub(crate) fn seal(
        &self,
        ring: &Ring,
        now: UnixTime,
        claims: &Claims,
        data: SealedData<'_>,
        out: &mut String,
    ) -> Result<(), SessionError> {
        let (entry, cipher) = ring.sealing_cipher(now).ok_or(SessionError::NoSealingKey)?;
        let mut buffer = self.seal_buffer(claims, data.compressed, data.bytes.len());
        buffer.plaintext().extend_from_slice(data.bytes);
        self.form.pad(&mut buffer);
        buffer.seal(entry.key(), cipher, &self.binding, out)
    }
}
