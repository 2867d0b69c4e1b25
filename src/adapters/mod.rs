//! Adapters, one thin file per framework. Each takes the raw `Cookie` fields, hands the session to
//! the handler, commits on the response, and maps errors. All rules of a session's life are in the
//! core. The steps that adapters share are in `exchange.rs`.

pub(crate) mod error_response;
pub(crate) mod exchange;
pub(crate) mod reload_page;

#[cfg(feature = "actix-web")]
pub mod actix_web;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "poem")]
pub mod poem;
#[cfg(feature = "rocket")]
pub mod rocket;
#[cfg(feature = "salvo")]
pub mod salvo;
#[cfg(feature = "tower")]
pub mod tower;
