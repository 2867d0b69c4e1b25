//! What proxies let through, and what their caches keep: docs/size.md, "Behind proxies".

use sealed_session_proxies::{setups, site};
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn all_start() {
    let site = site::start().await;
    for setup in setups::all(site, Path::new(env!("CARGO_TARGET_TMPDIR"))).await {
        println!("{} {}", setup.name, setup.version);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "prints"]
async fn exact() {
    use sealed_session_proxies::measure::{Way, largest};
    let site = site::start().await;
    for setup in setups::all(site, &Path::new(env!("CARGO_TARGET_TMPDIR")).join("exact")).await {
        println!("{} {}", setup.name, setup.version);
        for l in ["h1", "h2", "h1 lifted for one cookie", "h1 lifted", "h2 lifted"] {
            let Some(a) = setup.find(l) else { continue };
            for way in [Way::OneLine, Way::Lines, Way::OneCookie, Way::Cookies] {
                println!("  {l} {way:?} {:?}", largest(a, way).await);
            }
        }
    }
    let h2 = sealed_session_proxies::client::Address { protocol: sealed_session_proxies::client::Protocol::Http2, ..site };
    for (l, a) in [("h1", site), ("h2", h2)] {
            for way in [Way::OneLine, Way::Lines, Way::OneCookie, Way::Cookies] {
                println!("  axum {l} {way:?} {:?}", largest(a, way).await);
            }
    }
}
