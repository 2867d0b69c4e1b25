//! The crate at the edge, run for real: the conformance suite's sites and the shops of
//! `examples/edge`, in workerd, viceroy and wasmtime on loopback. README.md has the commands.
//!
//! `process` is a child with its log, `platform` says how each platform is started; the tests read
//! from there.

pub mod cells;
pub mod platform;
pub mod process;
