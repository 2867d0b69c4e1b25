//! `Secure-Session-Skipped`: why a browser sent a request without a proof. A list of tokens, each
//! with the identifier of a DBSC session (RFC 9651 §3.1):
//!
//! ```text
//! Secure-Session-Skipped: server_error;session_identifier="AAAAAAAAAAAAAAAAAAAAAA"
//! ```
//! Anybody can send the field. It decides whether an offer is made, and never whether a session is
//! accepted.

use crate::dbsc::key::Thumbprint;
use crate::dbsc::token::unquoted;
use crate::error::Skipped;

/// Returns what the field says of the DBSC session with this key.
pub(crate) fn of_session(field: &[u8], thumbprint: Thumbprint) -> Option<Skipped> {
    let id = thumbprint.id();
    let names_it = |member: &&[u8]| {
        let parameters = member.split(|byte| *byte == b';').skip(1);
        let value = parameters
            .filter_map(|parameter| parameter.trim_ascii().strip_prefix(b"session_identifier="));
        value.map(unquoted).any(|value| value == id.as_bytes())
    };
    let member = field.split(|byte| *byte == b',').find(names_it)?;
    let token = member.split(|byte| *byte == b';').next().unwrap_or_default();
    Some(match token.trim_ascii() {
        b"unreachable" => Skipped::Unreachable,
        b"server_error" => Skipped::ServerError,
        b"quota_exceeded" => Skipped::QuotaExceeded,
        _ => Skipped::Unknown,
    })
}
