//! Serves the recipe of this name.

use sealed_session::KeyRing;
use sealed_session_recipes::listen;
use sealed_session_recipes::sign_in_with_a_password::{
    Accounts, app, passwords::Passwords, sessions, users::Users,
};
use std::error::Error;
use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let accounts = Accounts {
        users: Arc::new(Users::default()),
        passwords: Passwords::new(argon2::Argon2::default())?,
    };
    accounts.users.add("ada", accounts.passwords.hash("correct horse battery".into()).await?);
    let sessions = sessions(KeyRing::ephemeral()?).build()?; // in production: KeyRing::from_env_or_file("SESSION_KEYS")?
    Ok(listen(app(sessions, accounts), 3000).await?)
}
