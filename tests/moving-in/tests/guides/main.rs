//! docs/moving-in.md and docs/moving-out.md, each library in an application of its own, over
//! loopback sockets.

mod actix_session;
mod axum_extra;
mod iron_session;
mod moving_out;
mod pages;
mod private_jar;
mod rocket;
mod scenario;
mod seshcookie;
mod sites;
mod tower_sessions;
mod visits;
