//! The crate's tests, through its public API. Each module's first line names the rules that it
//! tests.
//!
//! Binaries of their own are `spec` (the test vectors), `read_back` (whose many types take as long
//! to compile as everything here), `memory` (which replaces the allocator), and `fork` and
//! `no_randomness` (which change their whole process).

#[path = "../support/mod.rs"]
mod support;

mod accept_alias;
mod attributes;
#[cfg(not(target_family = "wasm"))]
mod axum;
mod caching;
mod candidates;
#[cfg(all(feature = "compression", feature = "map"))]
mod compression;
#[cfg(all(feature = "config", feature = "compression", feature = "map"))]
mod config;
mod cross_origin;
mod cross_site;
mod csrf;
mod deleting;
#[cfg(not(target_family = "wasm"))]
mod events;
#[cfg(feature = "dbsc")]
mod device;
#[cfg(all(feature = "dbsc", not(target_family = "wasm")))]
mod device_page;
mod flash;
mod forged_names;
mod from_django;
mod handle;
mod hostile;
#[cfg(feature = "map")]
mod inspect;
#[cfg(not(target_family = "wasm"))]
mod key_file;
mod key_ring;
mod known_answers;
#[cfg(all(feature = "cookie", feature = "map"))]
mod jar;
mod life;
mod lifetimes;
#[cfg(feature = "map")]
mod map;
mod model;
mod moving_in;
mod on_event;
mod padding;
mod pieces;
mod points_of_presence;
#[cfg(feature = "map")]
mod properties;
mod protect;
#[cfg(not(target_family = "wasm"))]
mod reentry;
mod refresh_and_rotation;
mod request_headers;
#[cfg(not(target_family = "wasm"))]
mod secrets;
mod size;
#[cfg(all(feature = "compression", feature = "map", not(target_family = "wasm")))]
mod size_page;
mod tampering;
#[cfg(feature = "testing")]
mod testing;
mod tickets;
#[cfg(feature = "map")]
mod types_change;
mod validate;
