//! Sessions for Poem 3: [`SessionMiddleware`] wraps the endpoints, [`Session<T>`](crate::Session)
//! is an extractor, and the errors are Poem errors.
//!
//! ```
//! use poem::{EndpointExt, Route, handler, post};
//! use sealed_session::poem::SessionMiddleware;
//! use sealed_session::{KeyRing, Session, SessionError, Sessions};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Default, Serialize, Deserialize)]
//! struct Visit { cart: Vec<u32> }
//!
//! #[handler]
//! fn add(session: Session<Visit>) -> Result<String, SessionError> {
//!     session.update(|visit| visit.cart.push(7))?; // a write that is refused leaves the session as it was
//!     Ok(session.read(|visit| visit.cart.len().to_string()))
//! }
//!
//! let sessions = Sessions::<Visit>::builder(KeyRing::ephemeral()?).build()?;
//! let app = Route::new().at("/add", post(add)).with(SessionMiddleware::new(sessions));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Where it goes**: the last `.with(…)` is the outermost. Add the session's after middleware that
//! sets `Cache-Control`, and before compression, CORS and tracing.
//!
//! - The session is committed on every response, whatever its status. For an `Err`, it is committed
//!   on the response that the error stands for. If the session was touched, the error continues as
//!   [`poem::Error::from_response`], with its route but none of its other data: middleware that
//!   downcasts errors or reads their data belongs inside this one.
//! - If a commit fails, or if two layers conflict, the answer is 500.
//! - [`SessionError`] answers 403 for `Withheld`, 503 with `Retry-After: 1` for `Unreadable`, and
//!   500 for all others. [`Failure`] lists the statuses for the errors of `seal` and `open`.

use crate::adapters::error_response::{Failure, MissingLayer};
use crate::adapters::exchange::{Exchange, Parked};
use crate::adapters::reload_page::ReloadPage;
use crate::data::session_data::SessionData;
use crate::error::Answered;
use crate::error::{CommitError, OpenError, SealError, SessionError};
use crate::session::Session;
use crate::sessions::Sessions;
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, StatusCode};
use poem::error::ResponseError;
use poem::{
    Endpoint, Error, FromRequest, IntoResponse, Middleware, PathPattern, Request, RequestBody,
    Response, Result,
};
use std::fmt;

/// Adds a session to every request of an endpoint.
pub struct SessionMiddleware<T> {
    sessions: Sessions<T>,
}

impl<T: SessionData> SessionMiddleware<T> {
    /// Returns a middleware for this kind of session.
    pub fn new(sessions: Sessions<T>) -> Self {
        Self { sessions }
    }
}

impl<T> Clone for SessionMiddleware<T> {
    fn clone(&self) -> Self {
        Self { sessions: self.sessions.clone() }
    }
}

impl<T> fmt::Debug for SessionMiddleware<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionMiddleware").field("sessions", &self.sessions).finish()
    }
}

impl<T: SessionData, E: Endpoint> Middleware<E> for SessionMiddleware<T> {
    type Output = SessionEndpoint<T, E>;

    fn transform(&self, inner: E) -> Self::Output {
        SessionEndpoint { sessions: self.sessions.clone(), inner }
    }
}

/// An endpoint wrapped by [`SessionMiddleware`].
pub struct SessionEndpoint<T, E> {
    sessions: Sessions<T>,
    inner: E,
}

impl<T, E> fmt::Debug for SessionEndpoint<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionEndpoint").field("sessions", &self.sessions).finish_non_exhaustive()
    }
}

impl<T: SessionData, E: Endpoint> Endpoint for SessionEndpoint<T, E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let mut parked = request.extensions_mut().remove::<Parked>().unwrap_or_default();
        let begun = Exchange::begin(&self.sessions, &mut parked, |sessions| {
            sessions.load(request.method(), request.headers())
        });
        request.extensions_mut().insert(parked);
        let exchange = match begun {
            Ok(exchange) => exchange,
            Err(conflict) => return Ok(answer(Failure::from(&conflict), HeaderMap::new())),
        };
        let result = self.inner.call(request).await;
        let Some(exchange) = exchange else { return result.map(IntoResponse::into_response) };
        match result {
            Ok(output) => Ok(finish(exchange, output.into_response())),
            Err(error) if exchange.is_touched() => {
                let response = finish(exchange, error.into_response());
                let route = response.extensions().get::<PathPattern>().cloned();
                let mut error = Error::from_response(response);
                // Middleware that measures requests by route looks for the route here.
                route.into_iter().for_each(|route| error.set_data(route));
                Err(error)
            }
            Err(error) => Err(error),
        }
    }
}

fn finish<T: SessionData>(exchange: Exchange<T>, mut response: Response) -> Response {
    match exchange.finish(response.status(), response.headers_mut()) {
        Ok(()) => response,
        Err(failure) => answer(failure, std::mem::take(response.headers_mut())),
    }
}

fn answer(failure: Failure, mut headers: HeaderMap) -> Response {
    if let Some(seconds) = failure.retry_after() {
        headers.insert(RETRY_AFTER, HeaderValue::from_static(seconds));
    }
    let mut response = Response::default();
    response.set_status(failure.status());
    *response.headers_mut() = headers;
    response
}

impl<'a, T: SessionData> FromRequest<'a> for Session<T> {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let mend = "add .with(SessionMiddleware::new(sessions)) after the routes and middleware \
            that use the session; it covers only what was added before it";
        Ok(Parked::require(request.extensions().get(), mend)?)
    }
}

macro_rules! answered_as_failure {
    ($($error:ty),*) => {$(
        impl ResponseError for $error {
            fn status(&self) -> StatusCode {
                self.answer()
            }

            fn as_response(&self) -> Response {
                answer(Failure::from(self), HeaderMap::new())
            }
        }
    )*};
}

answered_as_failure!(SessionError, SealError, OpenError, CommitError, MissingLayer);

impl IntoResponse for ReloadPage {
    fn into_response(self) -> Response {
        let headers =
            self.headers().into_iter().map(|(name, value)| (name, HeaderValue::from_static(value)));
        (self.status(), HeaderMap::from_iter(headers), self.body()).into_response()
    }
}
