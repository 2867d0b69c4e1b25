//! A fleet on loopback, and its visitors under load. `tests/roll.rs` rolls keys, releases and
//! restarts over it, and nobody is signed out; `tests/mistakes.rs` makes each of the classic
//! mistakes and counts what it cost, which is the table in docs/rotation.md.
//!
//! ```text
//! visitors (reqwest, a jar each) ─▶ nginx, round robin ─▶ three processes of `node` ◀─ a ring file each, one clock file with a skew each
//! ```
//! `site` and `releases` are what a node serves; `clock` is shared by the nodes and the test;
//! `fleet` starts, stops and equips processes; `visitors` makes the load and judges every page;
//! `tally` is what they saw; `operator` runs the program that rotates the ring.

#![forbid(unsafe_code)]

pub mod clock;
pub mod fleet;
pub mod operator;
pub mod releases;
pub mod site;
pub mod tally;
pub mod visitors;
