//! A server in each framework, with the routes of README.md: `Framework::start` makes one on a free
//! loopback port, in a thread of its own.

pub mod axum;

#[cfg(feature = "servers")]
pub mod actix_web;
#[cfg(feature = "servers")]
pub mod hyper;
#[cfg(feature = "servers")]
mod own;
#[cfg(feature = "servers")]
pub mod poem;
#[cfg(feature = "servers")]
pub mod rocket;
#[cfg(feature = "servers")]
pub mod salvo;

#[cfg(feature = "servers")]
use own::listener;
#[cfg(feature = "servers")]
pub use own::{Framework, Running};
