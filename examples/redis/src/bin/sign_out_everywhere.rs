//! Serves the example of this name.

use sealed_session::KeyRing;
use sealed_session_redis::sign_out_everywhere::signed_out::SignedOut;
use sealed_session_redis::sign_out_everywhere::{app, sessions};
use sealed_session_redis::{Settings, serve};
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let settings = Settings::from_env()?;
    let signed_out = SignedOut::read(settings.redis).await?;
    let sessions = sessions(KeyRing::from_env("SESSION_KEYS")?, signed_out.clone())?;
    serve(app(sessions, signed_out.clone()), settings.port, signed_out.follow(settings.every)).await
}
