//! Serves the recipe of this name.

use sealed_session::{KeyRing, Sessions};
use sealed_session_recipes::listen;
use sealed_session_recipes::templates::app;
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sessions = Sessions::new(KeyRing::ephemeral()?)?; // in production: KeyRing::from_env_or_file("SESSION_KEYS")?
    Ok(listen(app(sessions)?, 3000).await?)
}
