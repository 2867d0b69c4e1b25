//! Extensions: claims that not every session has, and claims of later releases.
//!
//! ```text
//! extensions = varint n ‖ n × (tag 1 byte ‖ varint length ‖ bytes)     n ≥ 1, tags ascending
//! ```
//!
//! | tag | a release that does not know it | kept by |
//! | --- | --- | --- |
//! | 1, the device binding: 16 bytes | refuses the session: `unknown-form` | refresh, write |
//! | others below 128 | refuses the session: `unknown-form` | – |
//! | 128–191 | keeps the bytes | refresh, write, `renew` |
//! | 192–255 | keeps the bytes | refresh, write |
//!
//! This release knows the device binding, with the feature `dbsc`. `renew` decides about it anew
//! (`session/device.rs`). `purge` drops all of them.

use super::{Reader, push_varint, varint_len};
use crate::error::Reason;

/// The tag of the device binding.
const BINDING: u8 = 1;
const BINDING_LEN: usize = 16;
/// The first tag that a release may keep without knowing it.
const KEPT: u8 = 128;
/// The first tag that `renew` drops.
const DROPPED_BY_RENEW: u8 = 192;

/// The extensions of a session, by ascending tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extensions(Vec<(u8, Vec<u8>)>);

impl Extensions {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the tags and the numbers of bytes behind them.
    pub(crate) fn lengths(&self) -> Vec<(u8, usize)> {
        self.0.iter().map(|(tag, bytes)| (*tag, bytes.len())).collect()
    }

    /// Drops what must not outlive a change of privileges.
    pub(crate) fn renew(&mut self) {
        self.0.retain(|(tag, _)| *tag < DROPPED_BY_RENEW);
    }

    /// Returns the thumbprint of the key that the session is bound to.
    pub(crate) fn binding(&self) -> Option<[u8; BINDING_LEN]> {
        let (tag, bytes) = self.0.first()?;
        if *tag == BINDING { bytes.as_slice().try_into().ok() } else { None }
    }

    /// Binds the session to the key with this thumbprint.
    #[cfg(feature = "dbsc")]
    pub(crate) fn bind(&mut self, thumbprint: [u8; BINDING_LEN]) {
        self.unbind();
        self.0.insert(0, (BINDING, thumbprint.to_vec()));
    }

    #[cfg(feature = "dbsc")]
    pub(crate) fn unbind(&mut self) {
        self.0.retain(|(tag, _)| *tag != BINDING);
    }

    /// Reads extensions in the order of their bytes and reports the first fault. Without
    /// `knows_bindings`, a bound session has an unknown form.
    pub(super) fn decode(rest: &mut Reader<'_>, knows_bindings: bool) -> Result<Self, Reason> {
        let count = rest.varint()?;
        if count == 0 {
            return Err(Reason::Undecodable);
        }
        let mut extensions: Vec<(u8, Vec<u8>)> = Vec::new();
        for _ in 0..count {
            let tag = rest.byte()?;
            if extensions.last().is_some_and(|(last, _)| *last >= tag) {
                return Err(Reason::Undecodable);
            }
            let is_binding = tag == BINDING && knows_bindings;
            if tag < KEPT && !is_binding {
                return Err(Reason::UnknownForm);
            }
            let length = usize::try_from(rest.varint()?).map_err(|_| Reason::Undecodable)?;
            if is_binding && length != BINDING_LEN {
                return Err(Reason::Undecodable);
            }
            extensions.push((tag, rest.take(length)?.to_vec()));
        }
        Ok(Self(extensions))
    }

    /// Appends the extensions; nothing if there are none.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        if self.is_empty() {
            return;
        }
        push_varint(out, self.0.len() as u64);
        for (tag, bytes) in &self.0 {
            out.push(*tag);
            push_varint(out, bytes.len() as u64);
            out.extend_from_slice(bytes);
        }
    }

    /// Returns the number of bytes that `encode` appends.
    pub(super) fn encoded_len(&self) -> usize {
        if self.is_empty() {
            return 0;
        }
        let one = |(_, bytes): &(u8, Vec<u8>)| 1 + varint_len(bytes.len() as u64) + bytes.len();
        varint_len(self.0.len() as u64) + self.0.iter().map(one).sum::<usize>()
    }
}
