//! Errors, grouped by what is at fault: a cookie ([`Reason`], [`OpenError`]), a write or a commit
//! ([`SessionError`]), a request of another origin ([`CrossOriginRefused`]), the configuration
//! ([`BuildError`]), or a key ring ([`RingError`]).
//!
//! No message contains a secret, a plaintext, or a byte of the input.

mod build;
mod cross_origin;
mod csrf;
#[cfg(feature = "map")]
pub(crate) mod map;
mod open;
mod reason;
pub(crate) mod redact;
pub(crate) mod rejection;
pub(crate) mod ring;
mod same_site;
mod session;
mod ticket;
mod unproven;

pub use crate::crypto::random::RandomError;
pub use build::BuildError;
pub use cross_origin::CrossOriginRefused;
pub use csrf::CsrfError;
#[cfg(feature = "map")]
pub use map::MapError;
pub use open::OpenError;
pub use reason::Reason;
pub use ring::{KeyProblem, Position, RingError};
pub use same_site::ParseSameSiteError;
pub use session::{FieldSize, SessionError};
pub use ticket::TicketError;
pub use unproven::{Skipped, Unproven};
