//! For axum 0.8: [`SessionLayer`] on the router, [`Session<T>`](crate::Session) as an extractor, and errors as responses.
//!
//! ```
//! use axum::{Router, routing::post};
//! use sealed_session::axum::SessionLayer;
//! use sealed_session::{KeyRing, Session, SessionError, Sessions};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Default, Serialize, Deserialize)]
//! struct Visit { cart: Vec<u32> }
//!
//! async fn add(session: Session<Visit>) -> Result<String, SessionError> {
//!     session.update(|visit| visit.cart.push(7))?; // an Err leaves the session as it was
//!     Ok(session.read(|visit| visit.cart.len().to_string()))
//! }
//!
//! let sessions = Sessions::<Visit>::builder(KeyRing::ephemeral()?).build()?;
//! let app: Router = Router::new().route("/add", post(add)).layer(SessionLayer::new(sessions));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A router's outermost layer is the one that was added last: add the session's after what sets `Cache-Control`, and before
//! compression, CORS and tracing. [`tower`](crate::tower) says what the layer does.
//!
//! [`SessionError`] answers 403 for `Withheld`, 503 with `Retry-After: 1` for `Unreadable`, and 500 for all others.

pub use crate::adapters::tower::{SessionLayer, SessionService};
use crate::error::SessionError;
use crate::events::{self, Topic};
use crate::exchange::Parked;
use crate::session::Session;
use crate::session_data::SessionData;
use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::RETRY_AFTER;
use http::request::Parts;
use std::any::type_name;
use std::error::Error;
use std::fmt;

impl<S: Sync, T: SessionData> FromRequestParts<S> for Session<T> {
    type Rejection = MissingLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingLayer> {
        let session = parts.extensions.get::<Parked>().and_then(Parked::session);
        session.ok_or(MissingLayer { data: type_name::<T>() })
    }
}

/// No layer put a session of this type into the request. Answers 500, and says in the log which layer to add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingLayer {
    data: &'static str,
}

impl fmt::Display for MissingLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = self.data;
        write!(
            f,
            "a handler asks for Session<{data}>, and no layer around it has one: add .layer(SessionLayer::new(sessions)) with a Sessions<{data}>"
        )
    }
}

impl Error for MissingLayer {}

impl IntoResponse for MissingLayer {
    fn into_response(self) -> Response {
        events::internal_error(Topic::MissingLayer, &self.to_string());
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

impl IntoResponse for SessionError {
    fn into_response(self) -> Response {
        match self {
            Self::Withheld => StatusCode::FORBIDDEN.into_response(),
            Self::Unreadable => (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")]).into_response(),
            _ => {
                events::internal_error(Topic::HandlerError, &format!("a handler could not write the session: {self}"));
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}
