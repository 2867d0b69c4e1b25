//! What a thief can do with a session that is bound to a device. Two servers share a ring file
//! alone. The victim's browser registers, signs in and is robbed at one of them; the attack goes to
//! the other; then the same the other way round. Requests are as a proxy that terminates TLS passes
//! them on.
//!
//! Time is a file that the test writes, so no test waits.

#[path = "../../../frameworks/src/client.rs"]
#[allow(dead_code)] // it also speaks HTTP/2 and WebSocket
mod client;
#[path = "../../../support/device_key.rs"]
#[allow(dead_code)] // other suites use more of it
mod device_key;

mod pair;
mod site;

mod challenges;
mod clocks;
mod copies;
mod limits;
mod purposes;
mod requests;
mod rings;
mod settings;
mod sign_in;
mod sign_out;
mod tokens;
mod unproven;
