//! A cookie's value: base64url of an envelope, whole or in pieces, and what is done to the plaintext
//! before it is sealed. `ticket.rs` opens the same outside cookies.

#[cfg(feature = "compression")]
pub(crate) mod compression;
pub(crate) mod envelope;
pub(crate) mod form;
pub(crate) mod padding;
pub(crate) mod pieces;
pub(crate) mod ticket;
