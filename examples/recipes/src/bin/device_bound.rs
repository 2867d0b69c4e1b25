//! Serves the recipe of this name.

use sealed_session::KeyRing;
use sealed_session_recipes::device_bound::{app, sessions};
use sealed_session_recipes::listen;
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sessions = sessions(KeyRing::ephemeral()?).build()?; // in production: KeyRing::from_env_or_file("SESSION_KEYS")?
    Ok(listen(app(sessions), 3000).await?)
}
