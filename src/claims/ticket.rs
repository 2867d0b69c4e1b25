//! The claims of a ticket: what is sealed beside its data, and their bytes. They are read as strictly
//! as a session's.
//!
//! ```text
//! flags       1 byte, as in a session
//! issued      varint u64   Unix seconds
//! end         varint u64   Unix seconds
//! shape       4 bytes
//! extensions  with flag 02; no reader knows one, so those below 128 are `unknown-form`
//! data, padding
//! ```

use crate::claims::extensions::Extensions;
use crate::claims::{Form, Reader, push_varint, varint_len};
use crate::clock::unix_time::UnixTime;
use crate::error::Reason;
use crate::limits;

/// The shape in a ticket of this crate's own, whose data is not that of a type.
pub(crate) const UNTYPED: [u8; 4] = [0; 4];

#[derive(Clone, Copy, Debug)]
pub(crate) struct TicketClaims {
    pub(crate) issued: UnixTime,
    pub(crate) end: UnixTime,
    /// The shape of the data.
    pub(crate) shape: [u8; 4],
}

impl TicketClaims {
    /// Appends flags and claims: all that comes before the data.
    pub(crate) fn encode(&self, form: Form, out: &mut Vec<u8>) {
        out.push(form.flags());
        push_varint(out, self.issued.as_secs());
        push_varint(out, self.end.as_secs());
        out.extend_from_slice(&self.shape);
    }

    /// Returns how many bytes `encode` would write.
    pub(crate) fn encoded_len(&self) -> usize {
        1 + varint_len(self.issued.as_secs()) + varint_len(self.end.as_secs()) + self.shape.len()
    }

    /// Returns the claims of a plaintext, where its data begin, and their form. Reports the first
    /// fault in the order of the bytes.
    pub(crate) fn decode(plaintext: &[u8]) -> Result<(Self, usize, Form), Reason> {
        let mut rest = Reader(plaintext);
        let (form, extended) = Form::read(&mut rest)?;
        let issued = UnixTime::from_secs(rest.varint()?);
        let end = UnixTime::from_secs(rest.varint()?);
        let shape = rest.array()?;
        if extended {
            // A ticket is issued once, so nothing in it is kept for later.
            Extensions::decode(&mut rest, false)?;
        }
        Ok((Self { issued, end, shape }, plaintext.len() - rest.0.len(), form))
    }

    /// Refuses a ticket that is not valid at `now`.
    pub(crate) fn check(&self, now: UnixTime) -> Result<(), Reason> {
        if self.issued > now.plus(limits::CLOCK_SKEW) {
            Err(Reason::FromTheFuture)
        } else if now >= self.end {
            Err(Reason::ExpiredAt)
        } else {
            Ok(())
        }
    }
}
