//! The code of docs/moving-in.md and docs/moving-out.md. Below its first lines, each file is a
//! block of a page word for word (`tests/guides/pages.rs` compares them), and is what the tests
//! call.

pub mod actix_session;
pub mod axum_extra;
pub mod builder;
pub mod export;
pub mod iron_session;
pub mod leaving;
pub mod private_jar;
pub mod rocket;
pub mod seshcookie;
pub mod tower_sessions;
mod visit;
pub mod visits;

pub use visit::Visit;
