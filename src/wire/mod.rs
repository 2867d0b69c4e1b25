//! A cookie's value: base64url of an envelope.

pub(crate) mod envelope;
pub(crate) mod pieces;
