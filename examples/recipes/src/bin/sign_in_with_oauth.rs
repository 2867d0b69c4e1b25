//! Serves the recipe of this name, and a provider on port 3001. That one is at `127.0.0.1` and the
//! application at `localhost`: two sites, so that the browser holds back what it would hold back of
//! a real provider's.

use sealed_session::KeyRing;
use sealed_session_recipes::sign_in_with_oauth::{Client, Provider, app, sessions, states};
use sealed_session_recipes::{listen, provider, random};
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client_secret = random::token().map_err(|_| "no randomness")?;
    let redirect_uri = "http://localhost:3000/callback".to_owned();
    let registered = provider::Registered {
        client_id: "recipes".into(),
        client_secret: client_secret.clone(),
        redirect_uri: redirect_uri.clone(),
    };
    let ring = KeyRing::ephemeral()?; // in production: KeyRing::from_env_or_file("SESSION_KEYS")?
    let provider = Provider {
        authorize_url: "http://127.0.0.1:3001/authorize".into(),
        token_url: "http://127.0.0.1:3001/token".into(),
        userinfo_url: "http://127.0.0.1:3001/userinfo".into(),
        client_id: registered.client_id.clone(),
        client_secret,
        redirect_uri,
        form_post: true,
    };
    let client = Client::new(provider, states(ring.clone()).build()?)?;
    tokio::try_join!(
        listen(provider::app(registered), 3001),
        listen(app(sessions(ring).build()?, client), 3000)
    )?;
    Ok(())
}
