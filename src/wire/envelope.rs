//! The envelope: a cookie's text ⇄ version, key id, nonce and sealed bytes.
//!
//! ```text
//! value    = base64url, no padding, one spelling, of envelope
//! envelope = 0x01 ‖ key id (4) ‖ nonce (24) ‖ ciphertext ‖ tag (16)
//! AAD      = envelope[..5] ‖ u16le(len(cookie name)) ‖ cookie name ‖ context
//! ```

use crate::base64url;
use crate::claims::ticket::TicketClaims;
use crate::claims::{self, Claims, Form};
use crate::crypto::suite::{BadSeal, Cipher, NONCE_LEN, TAG_LEN};
use crate::error::{Reason, SessionError};
use crate::keys::Key;
use crate::limits;
#[cfg(feature = "compression")]
use crate::wire::compression::{self, NotInflatable};
use crate::wire::padding;
use crate::wire::pieces::FirstPiece;
use std::ops::Range;

const VERSION: u8 = 1;
const HEADER: usize = 1 + 4;
const PLAINTEXT: usize = HEADER + NONCE_LEN;
const OVERHEAD: usize = PLAINTEXT + TAG_LEN;
/// Bytes reserved after an envelope; most associated data fits into them.
const USUAL_AAD: usize = 128;

/// What a ticket is, as its associated data say.
#[derive(Clone, Copy)]
pub(crate) enum TicketKind {
    /// A ticket of the application.
    Application = 0,
    /// A ticket of this crate, such as a CSRF token.
    OfThisCrate = 1,
}

/// The part of the associated data that a cookie's name and the application's context add.
#[derive(Clone)]
pub(crate) struct Binding(Vec<u8>);

impl Binding {
    /// `name` is at most `limits::NAME` bytes, as checked by `build()`.
    pub(crate) fn new(name: &str, context: &[u8]) -> Self {
        let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
        Self([&length.to_le_bytes(), name.as_bytes(), context].concat())
    }

    /// Returns the binding of a ticket. It begins with an empty name, which no session has.
    ///
    /// No part is longer than 65,535 bytes: `build()` checks the context and the purpose, and
    /// issuing and opening check `bound`. Only a session's own context can be longer. Its length is
    /// then written as 65,535, and no two bindings are alike all the same, because the purpose and
    /// the `bound` of a CSRF token have fixed lengths.
    pub(crate) fn ticket(kind: TicketKind, context: &[u8], purpose: &[u8], bound: &[u8]) -> Self {
        let length = |part: &[u8]| u16::try_from(part.len()).unwrap_or(u16::MAX).to_le_bytes();
        let mut bytes = vec![0, 0, kind as u8];
        for part in [context, purpose, bound] {
            bytes.extend_from_slice(&length(part));
            bytes.extend_from_slice(part);
        }
        Self(bytes)
    }

    /// Returns the context of a session's binding.
    pub(crate) fn context(&self) -> &[u8] {
        let name = |length: &[u8; 2]| usize::from(u16::from_le_bytes(*length));
        let parts = self.0.split_first_chunk::<2>();
        parts.and_then(|(length, rest)| rest.get(name(length)..)).unwrap_or_default()
    }

    /// Calls `work` with the associated data and the envelope. During the call the associated data
    /// is behind the envelope in the same buffer, which usually has room for it.
    fn with_aad<R>(&self, envelope: &mut Vec<u8>, work: impl FnOnce(&[u8], &mut [u8]) -> R) -> R {
        let end = envelope.len();
        envelope.extend_from_within(..HEADER);
        envelope.extend_from_slice(&self.0);
        let (bytes, aad) = envelope.split_at_mut(end);
        let result = work(aad, bytes);
        envelope.truncate(end);
        result
    }
}

/// A cookie's value that has the form of an envelope. Nothing in it is authenticated yet.
#[derive(Clone)]
pub(crate) struct Envelope(Vec<u8>);

impl Envelope {
    pub(crate) fn parse(value: &[u8]) -> Result<Self, Reason> {
        if value.len() > limits::JOINED_VALUE {
            return Err(Reason::TooLong);
        }
        if FirstPiece::parse(value).is_some() {
            return Err(Reason::Pieces);
        }
        let mut bytes =
            Vec::with_capacity(base64url::decoded_len_estimate(value.len()) + USUAL_AAD);
        base64url::decode_append(value, &mut bytes).map_err(|_| Reason::Malformed)?;
        match bytes.first() {
            Some(&VERSION) if bytes.len() >= OVERHEAD + claims::MIN_LEN => Ok(Self(bytes)),
            None | Some(&VERSION) => Err(Reason::Malformed),
            Some(_) => Err(Reason::UnknownVersion),
        }
    }

    /// Parses a ticket. It has no pieces, so a dot in it is a fault.
    pub(crate) fn parse_ticket(ticket: &[u8]) -> Result<Self, Reason> {
        Self::parse(ticket).map_err(|reason| match reason {
            Reason::Pieces => Reason::Malformed,
            other => other,
        })
    }

    pub(crate) fn key_id(&self) -> [u8; 4] {
        [self.0[1], self.0[2], self.0[3], self.0[4]]
    }

    /// Returns the plaintext if the tag matches under `binding`, or else under one of the others.
    pub(crate) fn open_under_one_of(
        self,
        cipher: &Cipher,
        binding: &Binding,
        others: &[Binding],
    ) -> Result<Plaintext, Reason> {
        // An attempt that fails destroys the envelope, because it decrypts in place.
        let spare = (!others.is_empty()).then(|| self.clone());
        self.open(cipher, binding).or_else(|refused| {
            let open = |spare: Self| {
                others.iter().find_map(|other| spare.clone().open(cipher, other).ok())
            };
            spare.and_then(open).ok_or(refused)
        })
    }

    /// Returns the plaintext if the tag matches.
    pub(crate) fn open(mut self, cipher: &Cipher, binding: &Binding) -> Result<Plaintext, Reason> {
        binding.with_aad(&mut self.0, |aad, envelope| {
            let parts = envelope[HEADER..].split_first_chunk_mut::<NONCE_LEN>();
            let parts = parts
                .and_then(|(nonce, rest)| Some((nonce, rest.split_last_chunk_mut::<TAG_LEN>()?)));
            let (nonce, (ciphertext, tag)) = parts.ok_or(Reason::Malformed)?;
            cipher.open(nonce, aad, ciphertext, tag).map_err(|BadSeal| Reason::BadSeal)
        })?;
        self.0.truncate(self.0.len() - TAG_LEN);
        Ok(Plaintext(self.0))
    }
}

/// An opened envelope, still in its buffer.
pub(crate) struct Plaintext(Vec<u8>);

impl Plaintext {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0[PLAINTEXT..]
    }

    /// Returns the claims, where in `bytes` the data are, and their form. `knows_bindings`: the
    /// reader knows sessions that are bound to a device.
    pub(crate) fn claims(
        &self,
        knows_bindings: bool,
    ) -> Result<(Claims, Range<usize>, Form), Reason> {
        let (claims, begin, form) = Claims::decode(self.bytes(), knows_bindings)?;
        Ok((claims, self.place(begin, form)?, form))
    }

    /// Does the same for a ticket.
    pub(crate) fn ticket(&self) -> Result<(TicketClaims, Range<usize>, Form), Reason> {
        let (claims, begin, form) = TicketClaims::decode(self.bytes())?;
        Ok((claims, self.place(begin, form)?, form))
    }

    /// Returns the place of the data that begin at `begin`, without the padding.
    fn place(&self, begin: usize, form: Form) -> Result<Range<usize>, Reason> {
        let behind = &self.bytes()[begin..];
        let data = match form.padded {
            false => behind,
            true => padding::unpadded(behind).ok_or(Reason::Undecodable)?,
        };
        Ok(begin..begin + data.len())
    }

    /// Returns the data, and the data as they came if they were compressed. `place` is where they
    /// are in `bytes`.
    pub(crate) fn into_data(
        mut self,
        place: Range<usize>,
        form: Form,
    ) -> Result<(Vec<u8>, Option<Vec<u8>>), Reason> {
        self.0.truncate(PLAINTEXT + place.end);
        self.0.drain(..PLAINTEXT + place.start);
        match form.compressed {
            false => Ok((self.0, None)),
            #[cfg(feature = "compression")]
            true => match compression::inflate(&self.0) {
                Ok(data) => Ok((data, Some(self.0))),
                Err(NotInflatable) => Err(Reason::Undecodable),
            },
            #[cfg(not(feature = "compression"))]
            true => Err(Reason::UnknownForm),
        }
    }
}

/// A plaintext on its way into an envelope. All steps from the data's encoding to the tag use its
/// one buffer.
pub(crate) struct SealBuffer(Vec<u8>);

impl SealBuffer {
    /// Returns an empty plaintext with room for about `capacity` bytes.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        let mut buffer = Vec::with_capacity(OVERHEAD + capacity + USUAL_AAD);
        buffer.resize(PLAINTEXT, 0);
        Self(buffer)
    }

    /// Returns the buffer. Append the plaintext to it: what is there stays.
    pub(crate) fn plaintext(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }

    /// Pads the plaintext to a multiple of so many bytes.
    pub(crate) fn pad(&mut self, multiple: usize) {
        padding::pad(&mut self.0, PLAINTEXT, multiple);
    }

    /// Seals the plaintext and appends the cookie's value to `out`.
    pub(crate) fn seal(
        self,
        key: &Key,
        cipher: &Cipher,
        binding: &Binding,
        out: &mut String,
    ) -> Result<(), SessionError> {
        let mut envelope = self.0;
        envelope[0] = VERSION;
        envelope[1..HEADER].copy_from_slice(&key.id().to_bytes());
        let (nonce, tag) = binding.with_aad(&mut envelope, |aad, envelope| {
            cipher.seal(aad, &mut envelope[PLAINTEXT..])
        })?;
        envelope[HEADER..PLAINTEXT].copy_from_slice(&nonce);
        envelope.extend_from_slice(&tag);
        base64url::encode_append(&envelope, out);
        Ok(())
    }
}

/// Returns the characters of the value for a plaintext of this many bytes.
pub(crate) fn value_len(plaintext: usize) -> usize {
    base64url::encoded_len(OVERHEAD + plaintext)
}
