//! Serves the shop: `sealed-session-observing RING ADDRESS`. It follows the ring's file, and prints
//! the address that it listens at.

use metrics_exporter_prometheus::PrometheusBuilder;
use sealed_session::KeyFile;
use std::error::Error;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(ring), Some(address)) = (args.next(), args.next()) else {
        return Err("usage: sealed-session-observing RING ADDRESS".into());
    };
    // First the recorder: what is counted before it is installed is lost.
    let prometheus = PrometheusBuilder::new().install_recorder()?;
    let keys = KeyFile::watch(ring)?;
    let sessions = sealed_session_observing::sessions(keys.ring())?;
    let listener = TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, sealed_session_observing::app(sessions, prometheus)).await?)
}
