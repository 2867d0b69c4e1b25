#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod adapters;
mod caching;
mod candidate;
mod claims;
mod clock;
mod commit;
mod config;
mod cookies;
mod data;
mod data_check;
mod encoding;
mod envelope;
mod error;
mod events;
mod exchange;
mod fields;
mod flash;
mod gate;
mod keys;
mod lifetime;
mod limits;
mod map;
mod random;
mod session;
mod session_data;
mod sessions;
mod set_cookie;
#[cfg(feature = "shape")]
mod shape;
mod state;
mod suite;

#[cfg(feature = "axum")]
pub use adapters::axum;
#[cfg(feature = "tower")]
pub use adapters::tower;
pub use clock::{Clock, ManualClock};
pub use config::{Builder, Unreadable};
pub use error::{BuildError, CommitError, KeyProblem, OpenError, Place, RandomError, Reason, RingError, SealError, SessionError};
pub use exchange::{Exchange, LayerConflict, Parked};
pub use fields::ResponseFields;
pub use flash::{Flash, Level};
pub use keys::{Key, KeyId, KeyInfo, KeyRing};
pub use lifetime::Expiry;
pub use map::{Map, MapError};
pub use session::{Session, SessionId};
pub use session_data::SessionData;
pub use sessions::Sessions;
pub use set_cookie::SameSite;
pub use state::Status;
pub use suite::Suite;
