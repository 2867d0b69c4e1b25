//! An application written for tower-sessions, axum-login and axum-messages, on sealed sessions.
//!
//! `SESSION_KEYS=… cargo run -p sealed-session-tower-sessions --example login`, then open
//! <http://localhost:3000> and sign in as `ada` or `bob`, with the password
//! `correct horse battery`. Without `SESSION_KEYS`, sessions end with the program.

mod app;
mod users;

use argon2::Argon2;
use sealed_session::KeyRing;
use std::error::Error;
use std::net::Ipv4Addr;
use tokio::net::TcpListener;
use users::Users;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ring = match std::env::var_os("SESSION_KEYS") {
        Some(_) => KeyRing::from_env("SESSION_KEYS")?,
        None => KeyRing::ephemeral()?,
    };
    let sessions = app::sessions(ring)?;
    let users = Users::new(Argon2::default())?;
    users.add("ada", "correct horse battery", &["ship"])?;
    users.add("bob", "correct horse battery", &[])?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 3000)).await?;
    axum::serve(listener, app::app(users, sessions)).await?;
    Ok(())
}
