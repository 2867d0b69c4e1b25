//! One request's session: its state, its first access, its writes, and its commit.

// `handle`, `csrf`, `map`, `map_key`, `reload_page`, `device`, `size` and `to_cookies` have the
// public methods: the documentation shows them in this order.
mod handle;
mod csrf;
#[cfg(feature = "map")]
mod map;
#[cfg(feature = "map")]
mod map_key;
pub(crate) mod reload_page;
#[cfg(feature = "dbsc")]
mod device;
pub(crate) mod size;
#[cfg(feature = "cookie")]
mod to_cookies;

pub(crate) mod state;
mod stage;
mod device_proof;
pub(crate) mod load_status;
mod load;
pub(crate) mod open;
mod snapshot;
mod write;
mod write_kind;
mod write_lock;
pub(crate) mod plan;
pub(crate) mod commit;
mod cleanup;

pub use handle::Session;
