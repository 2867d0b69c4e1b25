//! Serves the recipe of this name.

use sealed_session::KeyRing;
use sealed_session::clock::Clock;
use sealed_session_recipes::listen;
use sealed_session_recipes::sign_in_with_a_password::{
    Accounts, passwords::Passwords, sessions, users::Users,
};
use sealed_session_recipes::step_up::{Site, app, codes, devices};
use std::error::Error;
use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let accounts = Accounts {
        users: Arc::new(Users::default()),
        passwords: Passwords::new(argon2::Argon2::default())?,
    };
    accounts.users.add("ada", accounts.passwords.hash("correct horse battery".into()).await?);
    let ring = KeyRing::ephemeral()?; // in production: KeyRing::from_env_or_file("SESSION_KEYS")?
    let site = Site {
        accounts,
        codes: codes(ring.clone()).build()?,
        is_code: |_, code| code == "123456",
        clock: Clock::system(),
    };
    let devices = devices(ring.clone()).build()?;
    Ok(listen(app(sessions(ring).build()?, devices, site), 3000).await?)
}
