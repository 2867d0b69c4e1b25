//! A server whose sessions are bound to the visitor's device: `device-server RING_FILE
//! SETTING=VALUE …`. Several of these processes share the file of the ring, and nothing else.
//!
//! It prints its port. It speaks HTTP, so a browser needs a TLS proxy in front of it. It ends with
//! its standard input, so that it does not outlive the test that started it.

mod app;

use app::{Visit, World};
use sealed_session::clock::ManualClock;
use sealed_session::dbsc::WhenOff;
use sealed_session::{DeviceBound, KeyRing, Sessions};
use std::error::Error;
use std::io::Read;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let world = World::new(ManualClock::at_system_time());
    let sessions = sessions(&world)?;
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?.port());
    Ok(axum::serve(listener, app::app(sessions, world)).await?)
}

/// Durations are in seconds, and so is `now`, the time since 1970 at which the clock stands.
fn sessions(world: &World) -> Result<Sessions<Visit>, Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let ring = KeyRing::from_file(arguments.next().ok_or("expected the file of the ring")?)?;
    let mut builder = Sessions::<Visit>::builder(ring).clock(world.clock.clone());
    let mut device = DeviceBound::at("/dbsc").exclude("/assets");
    for argument in arguments {
        let (setting, value) = argument.split_once('=').ok_or("expected SETTING=VALUE")?;
        let seconds = || value.parse().map(Duration::from_secs);
        match setting {
            "now" => world.clock.set(seconds()?),
            "absolute_timeout" => builder = builder.absolute_timeout(seconds()?),
            "cookie_name" => builder = builder.cookie_name(value),
            "same_site" => builder = builder.same_site(value.parse()?),
            "origin" => device = device.origin(value),
            "proof_lifetime" => device = device.proof_lifetime(seconds()?),
            "require" => device = device.require(seconds()?),
            "off" => {
                device = device.off(match value {
                    "readable" => WhenOff::Readable,
                    "ended" => WhenOff::Ended,
                    _ => return Err("off is readable or ended".into()),
                });
            }
            _ => return Err(format!("unknown setting: {setting}").into()),
        }
    }
    let events = world.events.clone();
    Ok(builder.device_bound(device).on_event(move |event| events.add(event)).build()?)
}
