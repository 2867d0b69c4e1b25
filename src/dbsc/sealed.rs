//! What this crate seals for DBSC: tickets of its own kind (SPEC §3.5), none of them stored.
//!
//! | purpose | bound to | data | ends |
//! | --- | --- | --- | --- |
//! | `dbsc challenge` | the thumbprint, or `registration` | none | 60 s, and the clock skew |
//! | `dbsc proof` | – | the thumbprint | the proof's lifetime, and 60 s |
//! | `dbsc key` | – | the key in compressed form | the absolute timeout |
//!
//! None of them ends later than the key that seals it.

use crate::claims::Form;
use crate::claims::ticket::{TicketClaims, UNTYPED};
use crate::clock::unix_time::UnixTime;
use crate::error::Reason;
use crate::keys::Ring;
use crate::wire;
use crate::wire::envelope::{Binding, SealBuffer, TicketKind};

#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Challenge,
    Proof,
    Key,
}

impl Purpose {
    fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::Challenge => b"dbsc challenge",
            Self::Proof => b"dbsc proof",
            Self::Key => b"dbsc key",
        }
    }
}

/// The contexts under which a kind of session seals and opens.
pub(super) struct Contexts {
    /// The builder's. It seals.
    pub(super) own: Vec<u8>,
    /// Those of aliases. They only open.
    pub(super) others: Vec<Vec<u8>>,
}

pub(super) struct Sealed {
    pub(super) text: String,
    pub(super) end: UnixTime,
}

pub(super) struct Opened {
    pub(super) issued: UnixTime,
    pub(super) data: Vec<u8>,
}

impl Contexts {
    /// Seals `data` for `lifetime` seconds. Returns `None` if no key seals, or if the random
    /// generator fails.
    pub(super) fn seal(
        &self,
        ring: &Ring,
        now: UnixTime,
        purpose: Purpose,
        bound: &[u8],
        lifetime: u64,
        data: &[u8],
    ) -> Option<Sealed> {
        let (entry, cipher) = ring.sealing_cipher(now)?;
        let end = now.plus(lifetime).or_earlier(entry.end());
        let claims = TicketClaims { issued: now, end, shape: UNTYPED };
        let mut buffer = SealBuffer::with_capacity(claims.encoded_len() + data.len());
        claims.encode(Form::default(), buffer.plaintext());
        buffer.plaintext().extend_from_slice(data);
        let mut text = String::new();
        let binding = binding(&self.own, purpose, bound);
        buffer.seal(entry.key(), cipher, &binding, &mut text).ok()?;
        Some(Sealed { text, end })
    }

    /// Opens what [`seal`](Self::seal) returned for the same purpose and the same `bound`.
    pub(super) fn open(
        &self,
        ring: &Ring,
        now: UnixTime,
        purpose: Purpose,
        bound: &[u8],
        text: &str,
    ) -> Result<Opened, Reason> {
        let open = |context: &[u8]| {
            let binding = binding(context, purpose, bound);
            wire::ticket::open(ring, now, &binding, text, |shape| shape == UNTYPED)
        };
        let mut opened = open(&self.own);
        for context in &self.others {
            if opened.as_ref().is_err_and(|reason| *reason == Reason::BadSeal) {
                opened = open(context);
            }
        }
        opened.map(|(claims, data)| Opened { issued: claims.issued, data })
    }
}

/// Returns `true` if another server may be able to open what this one could not: one with a newer
/// ring, or whose clock is right.
pub(super) fn maybe_opens_elsewhere(reason: Reason) -> bool {
    matches!(reason, Reason::UnknownKey | Reason::UnsupportedSuite | Reason::FromTheFuture)
}

fn binding(context: &[u8], purpose: Purpose, bound: &[u8]) -> Binding {
    Binding::ticket(TicketKind::OfThisCrate, context, purpose.as_bytes(), bound)
}
