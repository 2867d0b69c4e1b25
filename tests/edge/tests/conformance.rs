//! Every check of `tests/frameworks` against every platform: `cargo test -p sealed-session-edge
//! --test conformance -- Fastly` runs one platform's. The checks of a platform share its servers
//! and run one after the other, each from the beginning.

use libtest_mimic::{Arguments, Failed, Trial};
use sealed_session_edge::cells;
use sealed_session_edge::platform::{Platform, Servers};
use sealed_session_frameworks::checks::{self, Check};
use sealed_session_frameworks::site::Site;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

type Outcome = Result<(), Failed>;
type Order = (&'static Check, Sender<Outcome>);

fn main() {
    let mut trials = Vec::new();
    let mut owners = Vec::new();
    for platform in Platform::ALL {
        let (desk, owner) = desk(platform);
        owners.push(owner);
        for check in checks::ALL {
            let desk = Arc::clone(&desk);
            trials.push(Trial::test(format!("{}::{}", platform.name(), check.name), move || {
                let (answer, answered) = channel();
                desk.lock()
                    .map_err(|_| "another test panicked")?
                    .send((check, answer))
                    .map_err(|_| "the platform's thread ended")?;
                answered.recv().map_err(|_| "the platform's thread ended")?
            }));
        }
    }
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    // With the last trial the last order has come, and so each thread ends its servers: before the
    // process ends, and them with it by force.
    for owner in owners {
        let _ = owner.join();
    }
    conclusion.exit();
}

/// A thread that owns the platform's servers, which start when a check first needs them.
fn desk(platform: Platform) -> (Arc<Mutex<Sender<Order>>>, JoinHandle<()>) {
    let (orders, ordered) = channel::<Order>();
    let owner = thread::spawn(move || {
        let site = Site::of(Servers::of(platform));
        while let Ok((check, answer)) = ordered.recv() {
            let _ = answer.send(cell(platform, &site, check));
        }
    });
    (Arc::new(Mutex::new(orders)), owner)
}

fn cell(platform: Platform, site: &Site, check: &Check) -> Outcome {
    let judged = check.judge(cells::impossible(platform, check.name), |run| {
        assert_eq!(site.control("reset"), "ok");
        run(site);
    });
    judged.map_err(Failed::from)
}
