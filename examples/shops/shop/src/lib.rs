//! What the shops of every framework and of every platform at the edge share, and nothing of any of
//! them: what is kept of a visitor, what is for sale, the page, and for servers the ring of keys
//! and the address.
//!
//! Read on with `../src/bin/axum.rs`, or with the framework you know, and put another one beside
//! it; or with `examples/edge`.

mod page;

pub use page::page;

use sealed_session::KeyRing;
use serde::{Deserialize, Serialize};
use std::env;
use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};

/// What the shop keeps of a visitor: the session.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    pub user: Option<String>,
    pub cart: Vec<Line>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub article: Article,
    pub count: u32,
}

/// What is for sale.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Article {
    WritingPaper,
    SealingWax,
    SignetRing,
}

impl Visit {
    /// Takes the visitor's word for who they are. **A real shop proves it first**, by a password or
    /// a passkey.
    pub fn sign_in(&mut self, name: &str) {
        let name: String = name.trim().chars().take(40).collect();
        self.user = Some(name).filter(|name| !name.is_empty());
    }

    pub fn add(&mut self, article: Article) {
        match self.cart.iter_mut().find(|line| line.article == article) {
            Some(line) => line.count = line.count.saturating_add(1),
            None => self.cart.push(Line { article, count: 1 }),
        }
    }
}

impl Article {
    pub const ALL: [Self; 3] = [Self::WritingPaper, Self::SealingWax, Self::SignetRing];

    /// The article that a form calls so.
    pub fn named(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|article| article.slug() == slug)
    }

    pub fn slug(self) -> &'static str {
        match self {
            Self::WritingPaper => "writing-paper",
            Self::SealingWax => "sealing-wax",
            Self::SignetRing => "signet-ring",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::WritingPaper => "Writing paper",
            Self::SealingWax => "Sealing wax",
            Self::SignetRing => "Signet ring",
        }
    }
}

/// The keys in `SESSION_KEYS`, as in production; without it, new ones that end with the process.
pub fn ring() -> Result<KeyRing, Box<dyn Error>> {
    match env::var_os("SESSION_KEYS") {
        Some(_) => Ok(KeyRing::from_env("SESSION_KEYS")?),
        None => Ok(KeyRing::ephemeral()?),
    }
}

/// Where to listen: on loopback, at the port that `PORT` names, or at 3000. At port 0, the system
/// chooses.
pub fn address() -> Result<SocketAddr, Box<dyn Error>> {
    let port = match env::var("PORT") {
        Ok(port) => port
            .parse()
            .map_err(|_| format!("PORT is {port:?}, and must be a number from 0 to 65535"))?,
        Err(_) => 3000,
    };
    Ok((Ipv4Addr::LOCALHOST, port).into())
}

/// Says where the shop can be visited: by name, since browsers take a `Secure` cookie over plain
/// http from `localhost` alone.
pub fn announce(framework: &str, port: u16) {
    println!("The shop on {framework} is open at http://localhost:{port}");
}
