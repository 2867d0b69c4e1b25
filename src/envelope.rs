//! Text of a cookie ⇄ version, key id, nonce, sealed bytes. `candidate` opens with it, `state` seals with it.
//!
//! ```text
//! value    = base64url, no padding, one spelling, of envelope
//! envelope = 0x01 ‖ key id (4) ‖ nonce (24) ‖ ciphertext ‖ tag (16)
//! AAD      = envelope[..5] ‖ u16le(len(cookie name)) ‖ cookie name ‖ context
//! ```

use crate::claims;
use crate::error::Reason;
use crate::keys::Key;
use crate::limits;
use crate::random::RandomError;
use crate::suite::{BadSeal, Cipher, NONCE_LEN, TAG_LEN};
use base64_simd::URL_SAFE_NO_PAD as BASE64URL;

const VERSION: u8 = 1;
const HEADER: usize = 1 + 4;
const PLAINTEXT: usize = HEADER + NONCE_LEN;
const OVERHEAD: usize = PLAINTEXT + TAG_LEN;

/// What a cookie's name and the application's context add to the associated data.
#[derive(Clone)]
pub(crate) struct Binding(Vec<u8>);

impl Binding {
    /// `name` is at most `limits::NAME` bytes, which `build()` has checked.
    pub(crate) fn new(name: &str, context: &[u8]) -> Self {
        let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
        let mut aad = vec![0; HEADER];
        aad.extend_from_slice(&length.to_le_bytes());
        aad.extend_from_slice(name.as_bytes());
        aad.extend_from_slice(context);
        Self(aad)
    }

    fn aad(&self, header: &[u8]) -> Vec<u8> {
        let mut aad = self.0.clone();
        aad[..HEADER].copy_from_slice(&header[..HEADER]);
        aad
    }
}

/// A cookie's value that has the form of an envelope: nothing in it is known to be authentic.
#[derive(Clone)]
pub(crate) struct Envelope(Vec<u8>);

impl Envelope {
    pub(crate) fn parse(value: &[u8]) -> Result<Self, Reason> {
        if value.len() > limits::VALUE {
            return Err(Reason::TooLong);
        }
        if let [b'2'..=b'9', b'.', piece @ ..] = value {
            let base64url = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            return Err(if piece.iter().all(base64url) { Reason::Pieces } else { Reason::Malformed });
        }
        let bytes = BASE64URL.decode_to_vec(value).map_err(|_| Reason::Malformed)?;
        match bytes.first() {
            Some(&VERSION) if bytes.len() >= OVERHEAD + claims::MIN_LEN => Ok(Self(bytes)),
            None | Some(&VERSION) => Err(Reason::Malformed),
            Some(_) => Err(Reason::UnknownVersion),
        }
    }

    pub(crate) fn key_id(&self) -> [u8; 4] {
        [self.0[1], self.0[2], self.0[3], self.0[4]]
    }

    /// The plaintext, where the tag matches.
    pub(crate) fn open(mut self, cipher: &Cipher, binding: &Binding) -> Result<Plaintext, Reason> {
        let aad = binding.aad(&self.0);
        let parts = self.0[HEADER..].split_first_chunk_mut::<NONCE_LEN>();
        let parts = parts.and_then(|(nonce, rest)| Some((nonce, rest.split_last_chunk_mut::<TAG_LEN>()?)));
        let Some((nonce, (ciphertext, tag))) = parts else { return Err(Reason::Malformed) };
        cipher.open(nonce, &aad, ciphertext, tag).map_err(|BadSeal| Reason::BadSeal)?;
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

    /// What follows the first `claims` bytes.
    pub(crate) fn into_data(mut self, claims: usize) -> Vec<u8> {
        self.0.drain(..PLAINTEXT + claims);
        self.0
    }
}

/// Seals what `write` appends, `length` bytes or so, and gives the cookie's value.
pub(crate) fn seal(
    key: &Key,
    cipher: &Cipher,
    binding: &Binding,
    length: usize,
    write: impl FnOnce(&mut Vec<u8>),
) -> Result<String, RandomError> {
    let mut envelope = Vec::with_capacity(OVERHEAD + length);
    envelope.push(VERSION);
    envelope.extend_from_slice(&key.id().to_bytes());
    envelope.resize(PLAINTEXT, 0);
    write(&mut envelope);
    let aad = binding.aad(&envelope);
    let (nonce, tag) = cipher.seal(&aad, &mut envelope[PLAINTEXT..])?;
    envelope[HEADER..PLAINTEXT].copy_from_slice(&nonce);
    envelope.extend_from_slice(&tag);
    Ok(BASE64URL.encode_to_string(&envelope))
}

/// Characters of the value that a plaintext of so many bytes becomes.
pub(crate) fn value_len(plaintext: usize) -> usize {
    BASE64URL.encoded_length(OVERHEAD + plaintext)
}
