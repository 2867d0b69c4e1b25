//! The server that real browsers visit: `browser-server SETTING=VALUE …`, with the ring in
//! `SESSION_KEYS`. It prints its port and ends with its standard input, so that it does not outlive
//! the test that started it.

mod shop;

use sealed_session::clock::ManualClock;
use sealed_session::{KeyRing, Sessions};
use shop::Visit;
use std::error::Error;
use std::io::Read;
use std::net::Ipv4Addr;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let clock = ManualClock::at_system_time();
    let sessions = sessions(clock.clone())?;
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?.port());
    Ok(axum::serve(listener, shop::app(sessions, clock)).await?)
}

fn sessions(clock: ManualClock) -> Result<Sessions<Visit>, Box<dyn Error>> {
    let mut builder = Sessions::<Visit>::builder(KeyRing::from_env("SESSION_KEYS")?).clock(clock);
    for argument in std::env::args().skip(1) {
        let (setting, value) = argument.split_once('=').ok_or("expected SETTING=VALUE")?;
        builder = match setting {
            "cookie_name" => builder.cookie_name(value),
            "max_cookies" => builder.max_cookies(value.parse()?),
            "max_cookie_bytes" => builder.max_cookie_bytes(value.parse()?),
            "partitioned" => builder.partitioned(value.parse()?),
            "delete_partitioned_copy" => builder.delete_partitioned_copy(value.parse()?),
            _ => return Err(format!("unknown setting: {setting}").into()),
        };
    }
    Ok(builder.build()?)
}
