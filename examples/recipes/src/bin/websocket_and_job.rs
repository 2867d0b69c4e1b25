//! Serves the recipe of this name.

use sealed_session::KeyRing;
use sealed_session::clock::Clock;
use sealed_session_recipes::listen;
use sealed_session_recipes::websocket_and_job::{Sealed, app, sessions};
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ring = KeyRing::ephemeral()?; // in production: KeyRing::from_env_or_file("SESSION_KEYS")?
    let sealed = Sealed::new(&ring, &Clock::system())?;
    let (app, worker) = app(sessions(ring).build()?, sealed);
    tokio::spawn(worker.run());
    Ok(listen(app, 3000).await?)
}
