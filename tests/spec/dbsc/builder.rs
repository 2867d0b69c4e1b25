//! The crate, configured as a server of the vectors.

use super::file::Server;
use sealed_session::clock::ManualClock;
use sealed_session::dbsc::WhenOff;
use sealed_session::{Builder, DeviceBound, KeyRing, SameSite, SessionData, Sessions};
use std::time::Duration;

pub fn builder<T: SessionData>(server: &Server, clock: &ManualClock) -> Builder<T> {
    let ring = KeyRing::danger_from_published(&server.ring.join("\n")).expect("a ring");
    let mut builder = Sessions::builder(ring)
        .cookie_name(&*server.cookie_name)
        .context(&*server.contexts[0])
        .absolute_timeout(Duration::from_secs(server.absolute_timeout))
        .same_site(server.same_site.parse::<SameSite>().expect("an attribute"))
        .clock(clock.clone());
    for name in &server.other_names {
        builder = builder.accept_alias(name, &*server.contexts[0]);
    }
    for context in &server.contexts[1..] {
        builder = builder.accept_alias(&server.cookie_name, &**context);
    }
    if server.mode == "none" { builder } else { builder.device_bound(device_bound(server)) }
}

fn device_bound(server: &Server) -> DeviceBound {
    let mut device =
        DeviceBound::at(&*server.path).proof_lifetime(Duration::from_secs(server.proof_lifetime));
    if let Some(origin) = &server.origin {
        device = device.origin(origin);
    }
    for path in &server.excluded {
        device = device.exclude(path);
    }
    if let Some(within) = server.within {
        device = device.require(Duration::from_secs(within));
    }
    match &*server.mode {
        "off-readable" => device.off(WhenOff::Readable),
        "off-ended" => device.off(WhenOff::Ended),
        _ => device,
    }
}
