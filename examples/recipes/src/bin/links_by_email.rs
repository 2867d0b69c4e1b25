//! Serves the recipe of this name beside the one that signs in with a password. Prints the mails.

use sealed_session::KeyRing;
use sealed_session::clock::Clock;
use sealed_session_recipes::links_by_email::{Links, Mail, Unsubscribed, app, sessions};
use sealed_session_recipes::listen;
use sealed_session_recipes::sign_in_with_a_password::{
    self, Accounts, passwords::Passwords, users::Users,
};
use std::error::Error;
use std::sync::Arc;
use tokio::sync::mpsc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let accounts = Accounts {
        users: Arc::new(Users::default()),
        passwords: Passwords::new(argon2::Argon2::default())?,
    };
    let ring = KeyRing::ephemeral()?; // in production: KeyRing::from_env_or_file("SESSION_KEYS")?
    let links = Links::new("http://localhost:3000", &ring, &Clock::system())?;
    let (outbox, mut mails) = mpsc::channel::<Mail>(64);
    tokio::spawn(async move {
        while let Some(mail) = mails.recv().await {
            println!("To: {}\nSubject: {}\n\n{}\n", mail.to, mail.subject, mail.link);
        }
    });
    println!("begin at http://localhost:3000/sign-up");
    let sessions = sessions(ring).build()?;
    let sign_in = sign_in_with_a_password::app(sessions.clone(), accounts.clone());
    let links = app(sessions, accounts, links, outbox, Unsubscribed::default());
    Ok(listen(sign_in.merge(links), 3000).await?)
}
