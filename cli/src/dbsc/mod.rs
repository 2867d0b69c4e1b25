//! `dbsc check`: does to a site what a browser does that supports Device Bound Session Credentials,
//! and says what is in the way. Nobody is signed in, and the server stores nothing of it.
//!
//! ```text
//! GET the page      ─▶ 200, Secure-Session-Registration, no-store  page, offer, cache
//! POST …/register   ─▶ 200, instructions                           registration, instructions
//!                      the proof's cookie                          proof
//! POST …/refresh    ─▶ 403, Secure-Session-Challenge               challenge
//! POST …/refresh    ─▶ 200, instructions, a new proof              refresh
//! ```
//! `steps.rs` has the steps, `problem.rs` what can be wrong with an answer, `report.rs` the output.
//! `http.rs` sends the requests. No secret is shown: no cookie's value, challenge or token, and no
//! query of an address.

pub(crate) mod address;
mod cookies;
mod fields;
mod http;
mod instructions;
mod key;
mod problem;
mod report;
mod steps;

use crate::args::Dbsc;
use crate::failure::Failure;
use crate::output::Output;
use std::process::ExitCode;

pub(crate) fn run(command: Dbsc, out: &Output) -> Result<ExitCode, Failure> {
    match command {
        Dbsc::Check { url, timeout } => steps::run(url, timeout)?.print(out),
    }
}
