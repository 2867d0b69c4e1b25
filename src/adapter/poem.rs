//! Sessions for Poem 3: [`SessionMiddleware`] wraps the endpoints, [`Session<T>`](crate::Session)
//! is an extractor, and the errors are Poem errors.
//!
//! ```
//! use poem::{EndpointExt, Route, handler, post};
//! use sealed_session::adapter::poem::SessionMiddleware;
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
//! - The middleware answers the two endpoints of
//!   [`Builder::device_bound`](crate::Builder::device_bound). Inside `nest`,
//!   [`DeviceBound::at`](crate::DeviceBound::at) names the whole path, such as `/shop/dbsc`. Around
//!   one route (`at`) it does not see them.
//! - [`SessionError`] answers 403 for `CrossSite`, `Unproven` and `Unbound`, 503 with `Retry-After: 1`
//!   for `Unreadable`, and 500 for all others. [`ErrorResponse`] lists the status of
//!   every error.

use crate::adapter::error_response::ErrorResponse;
use crate::adapter::exchange::{Begun, SessionExchange};
use crate::adapter::mistakes::MissingLayer;
use crate::adapter::request_sessions::RequestSessions;
use crate::data::session_data::SessionData;
use crate::error::{CrossOriginRefused, CsrfError, OpenError, SessionError, TicketError};
use crate::headers::request::{FieldValue, RequestHeaders, authority};
use crate::session::Session;
use crate::session::reload_page::ReloadPage;
use crate::sessions::Sessions;
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
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
        let mut kept = request.extensions_mut().remove::<RequestSessions>().unwrap_or_default();
        let begun = SessionExchange::begin(&self.sessions, &mut kept, Incoming(&request));
        request.extensions_mut().insert(kept);
        let exchange = match begun {
            Begun::Exchange(exchange) => exchange,
            Begun::PassThrough => {
                return self.inner.call(request).await.map(IntoResponse::into_response);
            }
            Begun::Respond(response) => return Ok(in_poem(response)),
        };
        let result = self.inner.call(request).await;
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

fn finish<T: SessionData>(exchange: SessionExchange<T>, mut response: Response) -> Response {
    match exchange.finish(response.status(), response.headers_mut()) {
        Ok(()) => response,
        Err(error) => in_poem(error.into()),
    }
}

/// Adapts Poem's request.
struct Incoming<'a>(&'a Request);

impl Incoming<'_> {
    /// Returns the URI with the prefixes of nests. A request of poem's `TestClient` has an empty
    /// original, and the one that a handler sees stands in for it.
    fn whole_uri(&self) -> &Uri {
        let original = self.0.original_uri();
        if *original == Uri::default() { self.0.uri() } else { original }
    }
}

impl RequestHeaders for Incoming<'_> {
    fn method(&self) -> &str {
        self.0.method().as_str()
    }

    fn authority(&self) -> Option<&[u8]> {
        authority(self.whole_uri(), self.0.headers())
    }

    fn target(&self) -> Option<&str> {
        self.whole_uri().path_and_query().map(|target| target.as_str())
    }

    fn for_each<'a>(&'a self, name: &HeaderName, each: &mut dyn FnMut(FieldValue<'a>)) {
        self.0.headers().get_all(name).iter().for_each(|value| each(FieldValue::Shared(value)));
    }
}

fn in_poem(response: http::Response<String>) -> Response {
    let (parts, body) = response.into_parts();
    let mut response = Response::from(body);
    response.set_status(parts.status);
    *response.headers_mut() = parts.headers;
    response
}

impl<'a, T: SessionData> FromRequest<'a> for Session<T> {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let fix = "add .with(SessionMiddleware::new(sessions)) after the routes and middleware \
            that use the session; it covers only what was added before it";
        Ok(RequestSessions::require(request.extensions().get(), fix)?)
    }
}

macro_rules! answered_as_error_response {
    ($($error:ty),*) => {$(
        impl ResponseError for $error {
            fn status(&self) -> StatusCode {
                self.status_code()
            }

            fn as_response(&self) -> Response {
                in_poem(ErrorResponse::from(self).into())
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
        let headers =
            self.headers().into_iter().map(|(name, value)| (name, HeaderValue::from_static(value)));
        (self.status_code(), HeaderMap::from_iter(headers), self.body()).into_response()
    }
}
