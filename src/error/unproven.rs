//! `Unproven`: why a session that is bound to a device is not accepted.

use std::fmt;

/// Why a session that is bound to the visitor's device is not accepted
/// ([`Builder::device_bound`](crate::Builder::device_bound)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unproven {
    /// The request has no proof for the session: the session cookie came alone, as it does from a
    /// thief who has only that cookie.
    Missing,
    /// The proof has ended.
    Late,
    /// The proof does not open, or it is for another key.
    Other,
    /// The request has no proof, and the browser says that it could not get one. Anybody can send
    /// that header: use it for an error page and for counters, and grant or refuse nothing by it.
    Skipped(Skipped),
}

/// Why a browser sent a request without getting a proof first: the values of
/// `Secure-Session-Skipped`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Skipped {
    /// `unreachable`: the endpoint did not answer, or the device was offline.
    Unreachable,
    /// `server_error`: the endpoint answered with 5xx.
    ServerError,
    /// `quota_exceeded`: the site asked for too many signatures.
    QuotaExceeded,
    /// A value that this release does not know.
    Unknown,
}

impl Unproven {
    /// Returns the word for it in events, such as `missing` or `skipped-server-error`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Late => "late",
            Self::Other => "other",
            Self::Skipped(Skipped::Unreachable) => "skipped-unreachable",
            Self::Skipped(Skipped::ServerError) => "skipped-server-error",
            Self::Skipped(Skipped::QuotaExceeded) => "skipped-quota-exceeded",
            Self::Skipped(Skipped::Unknown) => "skipped",
        }
    }
}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
