//! Every check against every framework, each with servers of its own.
//!
//! `cargo test -p sealed-session-frameworks --test conformance -- Rocket` runs one framework's.

use libtest_mimic::{Arguments, Failed, Trial};
use sealed_session_frameworks::cells;
use sealed_session_frameworks::checks;
use sealed_session_frameworks::servers::Framework;
use sealed_session_frameworks::site::Site;

fn main() {
    let pairs = Framework::ALL
        .into_iter()
        .flat_map(|framework| checks::ALL.iter().map(move |check| (framework, check)));
    let trials = pairs.map(|(framework, check)| {
        Trial::test(format!("{}::{}", framework.name(), check.name), move || {
            let judged = check
                .judge(cells::impossible(framework, check.name), |run| run(&Site::of(framework)));
            judged.map_err(Failed::from)
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}
