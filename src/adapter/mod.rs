//! Adapters for web frameworks, and the parts for writing an adapter for another framework.
//!
//! Each module is one thin file. It loads the session of a request ([`RequestHeaders`]), gives it
//! to the handler, commits it on the response ([`ResponseHeaders`]), and maps errors
//! ([`ErrorResponse`]). All rules of a session's life are in the core. The steps that adapters
//! share are in [`SessionExchange`].
//!
//! A framework without a module here needs about 20 lines: see the example of [`SessionExchange`].

mod error_response;
mod exchange;
mod mistakes;
mod request_sessions;

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

pub use crate::headers::request::{FieldValue, RequestHeaders};
pub use crate::headers::response::ResponseHeaders;
pub use crate::session::reload_page::ReloadPage;
pub use error_response::ErrorResponse;
pub use exchange::{Begun, SessionExchange};
pub use mistakes::MissingLayer;
pub use request_sessions::RequestSessions;
