//! Every check against every framework, each with servers of its own.
//!
//! `cargo test -p sealed-session-frameworks --test conformance -- Rocket` runs one framework's.

use libtest_mimic::{Arguments, Failed, Trial};
use sealed_session_frameworks::cells;
use sealed_session_frameworks::checks::{self, Check};
use sealed_session_frameworks::servers::Framework;
use sealed_session_frameworks::site::Site;
use std::panic::{AssertUnwindSafe, catch_unwind};

fn main() {
    let pairs = Framework::ALL.into_iter().flat_map(|framework| checks::ALL.iter().map(move |check| (framework, check)));
    let trials = pairs
        .map(|(framework, check)| Trial::test(format!("{}::{}", framework.name(), check.name), move || cell(framework, check)));
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

fn cell(framework: Framework, check: &Check) -> Result<(), Failed> {
    let outcome = catch_unwind(AssertUnwindSafe(|| (check.run)(&Site::of(framework))));
    match (outcome, cells::impossible(framework, check.name)) {
        (Ok(()), None) | (Err(_), Some(_)) => Ok(()),
        (Ok(()), Some(reason)) => {
            Err(format!("it is possible now: take it out of src/cells.rs, which says that {reason}").into())
        }
        (Err(panic), None) => {
            let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
            Err(text.unwrap_or("it panicked").into())
        }
    }
}
