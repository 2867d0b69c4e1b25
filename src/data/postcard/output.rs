//! What the serializer writes to: the encoded bytes, and the calls that were made.

use super::call::Call;
use postcard::ser_flavors::Flavor;

/// Represent the writer's own errors in postcard's error type. Postcard's serializer never raises
/// them itself.
pub(super) const SKIPPED: postcard::Error = postcard::Error::WontImplement;
pub(super) const TOO_DEEP: postcard::Error = postcard::Error::NotYetImplemented;

/// The encoded bytes and the recorded calls.
pub(super) struct Output {
    pub(super) bytes: Vec<u8>,
    pub(super) calls: Vec<u8>,
}

impl Output {
    #[inline]
    pub(super) fn note(&mut self, call: Call) {
        self.calls.push(call as u8);
    }
}

impl Flavor for Output {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.bytes.push(byte);
        Ok(())
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}
