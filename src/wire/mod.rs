//! A cookie's value: base64url of an envelope.

pub(crate) mod base64url;
pub(crate) mod envelope;
