//! One conformance suite for every framework that the crate works in. It is written against HTTP
//! alone: `checks` says what must be seen on a socket, `client` is the socket, `site` the servers
//! that a check is run against.
//!
//! The servers (`servers`, one file per framework) all answer the same routes, which README.md
//! lists for whoever writes an adapter of their own; what their handlers do with a session is one
//! small language, `steps`, so that no two of them can differ in it.
//!
//! Without the feature `servers` there are no frameworks, and without `suite` only what a server on
//! WebAssembly is built from: `tests/edge` has three of those.

#[cfg(feature = "servers")]
pub mod cells;
#[cfg(feature = "suite")]
pub mod checks;
#[cfg(feature = "suite")]
pub mod client;
pub mod contract;
#[cfg(feature = "suite")]
#[path = "../../support/device_key.rs"]
pub mod device_key;
pub mod servers;
#[cfg(feature = "suite")]
pub mod site;
pub mod steps;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/testing.md")]
struct Testing;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
