//! docs/moving-in.md, each library in an application of its own, over loopback sockets.

mod actix_session;
mod axum_extra;
mod iron_session;
mod pages;
mod private_jar;
mod rocket;
mod scenario;
mod seshcookie;
mod sites;
mod tower_sessions;
