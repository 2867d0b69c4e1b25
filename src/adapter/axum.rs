//! Sessions for axum 0.8: [`SessionLayer`] wraps the router, [`Session<T>`](crate::Session) is an
//! extractor, and the errors are responses.
//!
//! ```
//! use axum::{Router, routing::post};
//! use sealed_session::adapter::axum::SessionLayer;
//! use sealed_session::{KeyRing, Session, SessionError, Sessions};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Default, Serialize, Deserialize)]
//! struct Visit { cart: Vec<u32> }
//!
//! async fn add(session: Session<Visit>) -> Result<String, SessionError> {
//!     session.update(|visit| visit.cart.push(7))?; // a write that is refused leaves the session as it was
//!     Ok(session.read(|visit| visit.cart.len().to_string()))
//! }
//!
//! let sessions = Sessions::<Visit>::builder(KeyRing::ephemeral()?).build()?;
//! let app: Router = Router::new().route("/add", post(add)).layer(SessionLayer::new(sessions));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A router's outermost layer is the one added last. Add the session's after layers that set
//! `Cache-Control`, and before compression, CORS and tracing. The module
//! [`tower`](crate::adapter::tower) says what the layer does.
//!
//! The layer answers the two endpoints of [`Builder::device_bound`](crate::Builder::device_bound).
//! Add it with `Router::layer` to the outermost router: `route_layer` runs for routes only, and the
//! endpoints have none. Inside `nest` it answers them if the nested router has a fallback, and
//! [`DeviceBound::at`](crate::DeviceBound::at) names the whole path:
//!
//! ```
//! # use axum::{Router, http::StatusCode};
//! # use sealed_session::adapter::axum::SessionLayer;
//! # use sealed_session::{DeviceBound, KeyRing, Map, Sessions};
//! let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?)
//!     .device_bound(DeviceBound::at("/shop/dbsc"))
//!     .build()?;
//! let shop = Router::new().fallback(StatusCode::NOT_FOUND).layer(SessionLayer::new(sessions));
//! let app: Router = Router::new().nest("/shop", shop);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`SessionError`] answers 403 for `CrossSite`, `Unproven` and `Unbound`, 503 with `Retry-After: 1`
//! for `Unreadable`, and 500 for all others. [`ErrorResponse`] lists the status of every error. A
//! handler that also serves routers without the layer takes an `Option<Session<T>>`.
//!
//! If a session grows with what visitors do, use an error of your own to tell them politely that it
//! is full. What a handler wrote before the failed write is saved if the response is a 4xx, and not
//! if it is a 5xx:
//!
//! ```
//! use axum::http::StatusCode;
//! use axum::response::{Html, IntoResponse, Response};
//! use sealed_session::{Session, SessionError};
//! # #[derive(Default, serde::Serialize, serde::Deserialize)]
//! # struct Visit { notes: Vec<String> }
//!
//! enum AppError { Full, Session(SessionError) }
//!
//! impl From<SessionError> for AppError {
//!     fn from(error: SessionError) -> Self {
//!         match error {
//!             SessionError::TooLarge { .. } => Self::Full,
//!             other => Self::Session(other),
//!         }
//!     }
//! }
//!
//! impl IntoResponse for AppError {
//!     fn into_response(self) -> Response {
//!         match self {
//!             Self::Full => (StatusCode::PAYLOAD_TOO_LARGE, Html("<p>Your notes are full. Strike out what is done.")).into_response(),
//!             Self::Session(error) => error.into_response(),
//!         }
//!     }
//! }
//!
//! async fn note(session: Session<Visit>, note: String) -> Result<(), AppError> {
//!     session.update(|visit| visit.notes.push(note))?; // the session, and the cookie, stay as they were
//!     Ok(())
//! }
//! # let app: axum::Router = axum::Router::new().route("/note", axum::routing::post(note));
//! ```

use crate::adapter::error_response::ErrorResponse;
use crate::adapter::mistakes::MissingLayer;
use crate::adapter::request_sessions::RequestSessions;
pub use crate::adapter::tower::{SessionLayer, SessionService};
use crate::data::session_data::SessionData;
use crate::error::{CrossOriginRefused, CsrfError, OpenError, SessionError, TicketError};
use crate::session::Session;
use crate::session::reload_page::ReloadPage;
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;
use std::convert::Infallible;

impl<S: Sync, T: SessionData> FromRequestParts<S> for Session<T> {
    type Rejection = MissingLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingLayer> {
        RequestSessions::require(
            parts.extensions.get(),
            "add .layer(SessionLayer::new(sessions)) after the routes and middleware that use the \
             session; a layer covers only what was added before it",
        )
    }
}

/// `None` if no layer of this type is around the handler. A visitor without a session gets an empty
/// one, not `None`.
impl<S: Sync, T: SessionData> OptionalFromRequestParts<S> for Session<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get().and_then(RequestSessions::session))
    }
}

macro_rules! answered_as_error_response {
    ($($error:ty),*) => {$(
        impl IntoResponse for $error {
            fn into_response(self) -> Response {
                ErrorResponse::from(&self).into_response()
            }
        }
    )*};
}

answered_as_error_response!(
    SessionError,
    OpenError,
    TicketError,
    CsrfError,
    CrossOriginRefused,
    MissingLayer
);

impl IntoResponse for ReloadPage {
    fn into_response(self) -> Response {
        (self.status_code(), self.headers(), self.body()).into_response()
    }
}

impl IntoResponse for ErrorResponse {
    fn into_response(self) -> Response {
        self.into()
    }
}
