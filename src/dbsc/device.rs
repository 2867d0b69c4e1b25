//! `Device`: what `build()` made of a `DeviceBound`.

use crate::dbsc::key::Thumbprint;
use crate::dbsc::sealed::Contexts;
use crate::error::Reason;
use crate::headers::cookie::{self, Fields};
use crate::headers::set_cookie::Attributes;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    On,
    /// Bound sessions count without a proof.
    OffReadable,
    /// Bound sessions are refused.
    OffEnded,
}

/// How one kind of session is bound to devices. It never changes.
pub(crate) struct Device {
    pub(crate) mode: Mode,
    /// Seconds after which an unbound session is refused.
    pub(super) required_within: Option<u64>,
    pub(super) path: String,
    pub(super) register_path: String,
    pub(super) refresh_path: String,
    pub(super) origin: Option<String>,
    /// Seconds of a proof's `Max-Age`.
    pub(super) proof_lifetime: u64,
    /// Seconds that a sealed device key lives.
    pub(super) key_lifetime: u64,
    pub(super) excluded: Vec<String>,
    pub(super) contexts: Contexts,
    pub(super) proof_prefix: String,
    /// Those of the sessions' other names.
    pub(super) other_proof_prefixes: Vec<String>,
    pub(super) marker_prefix: String,
    /// Those of the proof's cookie.
    pub(super) attributes: Attributes,
}

impl Device {
    pub(crate) fn is_on(&self) -> bool {
        self.mode == Mode::On
    }

    /// Returns the path of the endpoints.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Returns `true` if a `Cookie` field may hold a proof or a marker.
    pub(crate) fn may_concern(&self, field: &[u8]) -> bool {
        let others = self.other_proof_prefixes.iter();
        let mut prefixes = [&self.proof_prefix, &self.marker_prefix].into_iter().chain(others);
        prefixes.any(|prefix| cookie::may_hold(field, prefix))
    }

    /// Refuses an unbound session that is `age` seconds old.
    pub(crate) fn check_unbound(&self, age: u64) -> Result<(), Reason> {
        match self.required_within {
            Some(within) if age > within => Err(Reason::Refused("not bound to the device")),
            _ => Ok(()),
        }
    }

    /// Returns the lines that end what a browser holds of a key, besides the session's cookie.
    pub(crate) fn end_lines(&self, fields: &Fields, thumbprint: Thumbprint) -> Vec<String> {
        let mut lines = self.delete_proof(fields, thumbprint);
        lines.push(self.set_marker(thumbprint));
        lines
    }
}
