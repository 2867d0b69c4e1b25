//! The site and the proxies, which all tests share. Each is started once, by the first test that
//! needs it, and ends with this process.

use sealed_session_proxies::client::Address;
use sealed_session_proxies::setups::{self, Setup};
use sealed_session_proxies::site;
use std::path::Path;
use std::sync::LazyLock;
use tokio::runtime::Runtime;

pub struct Running {
    pub site: Address,
    pub setups: [Setup; 5],
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static RUNNING: LazyLock<Running> = LazyLock::new(|| {
    RUNTIME.block_on(async {
        let site = site::start().await;
        let setups = setups::all(site, Path::new(env!("CARGO_TARGET_TMPDIR"))).await;
        for setup in &setups {
            println!("{} {}", setup.name, setup.version);
        }
        Running { site, setups }
    })
});

/// Runs a test with all of them.
pub fn run<F: Future<Output = ()>>(test: impl FnOnce(&'static Running) -> F) {
    let running = &*RUNNING;
    RUNTIME.block_on(test(running));
}

impl Running {
    pub fn setup(&self, name: &str) -> &Setup {
        self.setups.iter().find(|setup| setup.name == name).expect("a proxy of that name")
    }
}
