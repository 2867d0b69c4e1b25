//! The library beside crates that applications already use: `figment` and `config` for the
//! settings, axum-extra's and Rocket's cookie jars for the cookie.

mod configuration;
mod jars;
