//! A ticket's text → its claims and the bytes of its data. The order of the checks decides which
//! reason is reported: envelope, key, seal, claims, shape, time, data.

use crate::claims::ticket::TicketClaims;
use crate::clock::unix_time::UnixTime;
use crate::error::Reason;
use crate::keys::Ring;
use crate::wire::envelope::{Binding, Envelope};

/// Opens a ticket. `knows` returns `true` for the shapes that the caller can read.
pub(crate) fn open(
    ring: &Ring,
    now: UnixTime,
    binding: &Binding,
    ticket: &str,
    knows: impl FnOnce([u8; 4]) -> bool,
) -> Result<(TicketClaims, Vec<u8>), Reason> {
    let envelope = Envelope::parse_ticket(ticket.as_bytes())?;
    let entry = ring.find(envelope.key_id()).ok_or(Reason::UnknownKey)?;
    let plaintext = envelope.open(entry.opening_cipher(now)?, binding)?;
    let (claims, place, form) = plaintext.ticket()?;
    if !knows(claims.shape) {
        return Err(Reason::OtherShape);
    }
    claims.check(now)?;
    let (data, _) = plaintext.into_data(place, form)?;
    Ok((claims, data))
}
