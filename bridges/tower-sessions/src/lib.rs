#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod expiry;
mod last_error;
mod layer;
mod legacy;
mod record;
mod store;

pub use last_error::LastError;
pub use layer::{BridgeLayer, BridgeService};
pub use legacy::LegacyStore;
/// The version whose `Session` this package provides. The extractor of another version does not
/// find it.
pub use tower_sessions_core;
