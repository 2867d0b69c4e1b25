//! Serves on loopback, on IPv4 and IPv6 since `localhost` may mean either, until Ctrl-C.

use axum::Router;
use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;
use tokio::net::TcpListener;

const PORT: u16 = 3000;

/// Serves on the port that `PORT` names, or 3000, or the next one that is free.
pub async fn serve(app: Router) -> Result<(), Box<dyn Error>> {
    let first = match std::env::var("PORT") {
        Ok(port) => port
            .parse()
            .map_err(|_| format!("PORT is {port:?}, but must be a number from 0 to 65535"))?,
        Err(_) => PORT,
    };
    let (v4, v6) = bind(first).await?;
    println!(
        "The demo runs at http://localhost:{}  (press Ctrl-C to stop it)",
        v4.local_addr()?.port()
    );

    let mut servers = tokio::task::JoinSet::new();
    for listener in [Some(v4), v6].into_iter().flatten() {
        servers.spawn(
            axum::serve(listener, app.clone()).with_graceful_shutdown(interrupted()).into_future(),
        );
    }
    interrupted().await;
    // Responses on their way may finish; connections that browsers keep open for nothing may not
    // keep us.
    let _ = tokio::time::timeout(Duration::from_secs(2), servers.join_all()).await;
    println!(
        "\nThe keys are lost, and all sessions with them. In production, read the key ring from a file or \
         the environment."
    );
    Ok(())
}

async fn interrupted() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        eprintln!("cannot listen for Ctrl-C ({error}): stop the process another way");
        std::future::pending::<()>().await;
    }
}

async fn bind(first: u16) -> io::Result<(TcpListener, Option<TcpListener>)> {
    let mut port = first;
    loop {
        match bind_both(port).await {
            Err(error) if error.kind() == ErrorKind::AddrInUse && port < u16::MAX => port += 1,
            bound => return bound,
        }
    }
}

/// A port that another server has on one of the two addresses counts as taken: browsers might ask
/// that one.
async fn bind_both(port: u16) -> io::Result<(TcpListener, Option<TcpListener>)> {
    let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    match TcpListener::bind((Ipv6Addr::LOCALHOST, v4.local_addr()?.port())).await {
        Ok(v6) => Ok((v4, Some(v6))),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(error),
        Err(_) => Ok((v4, None)), // no IPv6 here
    }
}
