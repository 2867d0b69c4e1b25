//! Reverse proxies from Debian's packages, each in front of a real site with sealed sessions.
//! `tests/it` finds out what they let through and what their caches keep, and compares it with the
//! tables of docs/size.md.
//!
//! ```text
//! client (hyper, HTTP/1.1 and HTTP/2) ─▶ proxy, a process with a listener for each configuration ─▶ site (axum, in this process)
//! ```
//! `site` is what the proxies stand in front of; `client` sends a browser's headers; `proxy` starts
//! and ends a process; `setups` has every proxy's configuration; `measure` asks how many bytes pass;
//! `tables` reads the tables of the document.

#![forbid(unsafe_code)]

pub mod client;
pub mod measure;
pub mod proxy;
pub mod setups;
pub mod site;
pub mod tables;
