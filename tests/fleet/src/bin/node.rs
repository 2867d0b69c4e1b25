//! One server of the fleet, told what it is by its environment (`fleet::Equipment`). It ends when
//! its standard input does, so that none outlives its test.

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::middleware::{self, Next};
use sealed_session::{KeyFile, KeyRing, OnUnreadable};
use sealed_session_fleet::clock;
use sealed_session_fleet::releases::Release;
use std::error::Error;
use std::io::Read;
use std::net::Ipv4Addr;
use std::path::Path;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let variable = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let name = HeaderValue::from_str(&variable("NODE")?)?;
    let clock = clock::of_node(Path::new(&variable("CLOCK")?), variable("SKEW")?.parse()?)?;
    let release: Release = variable("RELEASE")?.parse()?;
    let unreadable =
        if variable("PROTECT").is_ok() { OnUnreadable::Refuse } else { OnUnreadable::Replace };
    // Without a file: what a server does whose author never thought of keys.
    let ring = match variable("KEYS") {
        Ok(path) => KeyFile::watch(path)?.ring(),
        Err(_) => KeyRing::ephemeral()?,
    };
    // Loopback has none, but a test may play a proxy that does.
    let has_tls = variable("TLS").is_ok();
    let app = release.app(ring, clock, unreadable, has_tls)?.layer(middleware::from_fn(
        move |request: Request, next: Next| {
            let name = name.clone();
            async move {
                let mut response = next.run(request).await;
                response.headers_mut().insert("x-node", name);
                response
            }
        },
    ));

    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, variable("PORT")?.parse()?)).await?;
    println!("{}", listener.local_addr()?.port());
    Ok(axum::serve(listener, app).await?)
}
