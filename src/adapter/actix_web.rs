//! Sessions for actix-web 4: [`SessionMiddleware`] wraps the app, [`Session<T>`](crate::Session) is
//! an extractor, and the errors are actix errors.
//!
//! ```
//! use actix_web::{App, web};
//! use sealed_session::adapter::actix_web::SessionMiddleware;
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
//! // Outside the closure of `HttpServer::new`, which runs once per worker:
//! let sessions = Sessions::<Visit>::builder(KeyRing::ephemeral()?).build()?;
//! let app = App::new().wrap(SessionMiddleware::new(sessions.clone())).route("/add", web::post().to(add));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Where it goes**: the last `.wrap(…)` is the outermost. Add the session's after middleware that
//! sets `Cache-Control`, and before compression, CORS and logging.
//!
//! - The session is committed on every response, whatever its status. If a middleware inside
//!   returns an `Err`, the session is committed on that error's `error_response()`. If the session
//!   was touched, the error continues as an [`InternalError`] with that response; otherwise it
//!   continues unchanged. An `InternalError` gives out its response only once: middleware around
//!   this one that inspects errors must use `as_response_error().status_code()`.
//! - If a commit fails, or if two layers conflict, the answer is 500.
//! - The middleware answers the two endpoints of
//!   [`Builder::device_bound`](crate::Builder::device_bound). In a scope,
//!   [`DeviceBound::at`](crate::DeviceBound::at) names the whole path, such as `/shop/dbsc`. Around a
//!   resource or a route it does not see them.
//! - [`SessionError`] answers 403 for `CrossSite`, `Unproven` and `Unbound`, 503 with `Retry-After: 1`
//!   for `Unreadable`, and 500 for all others. [`ErrorResponse`] lists the status of
//!   every error.

use crate::adapter::error_response::ErrorResponse;
use crate::adapter::exchange::{Begun, SessionExchange};
use crate::adapter::mistakes::MissingLayer;
use crate::adapter::request_sessions::RequestSessions;
use crate::data::session_data::SessionData;
use crate::error::{CrossOriginRefused, CsrfError, OpenError, SessionError, TicketError};
use crate::headers::request::{FieldValue, RequestHeaders};
use crate::headers::response::ResponseHeaders;
use crate::session::Session;
use crate::session::reload_page::ReloadPage;
use crate::sessions::Sessions;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, HeaderMap, HeaderName, HeaderValue, SET_COOKIE};
use actix_web::{
    Error, FromRequest, HttpMessage, HttpRequest, HttpResponse, Responder, ResponseError,
};
use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;

/// Adds a session to every request of an app or scope.
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

impl<T, S, B> Transform<S, ServiceRequest> for SessionMiddleware<T>
where
    T: SessionData,
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = SessionService<T, S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(SessionService { sessions: self.sessions.clone(), inner: Rc::new(inner) }))
    }
}

/// A service wrapped by [`SessionMiddleware`].
pub struct SessionService<T, S> {
    sessions: Sessions<T>,
    inner: Rc<S>,
}

impl<T, S> fmt::Debug for SessionService<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionService").field("sessions", &self.sessions).finish_non_exhaustive()
    }
}

impl<T, S, B> Service<ServiceRequest> for SessionService<T, S>
where
    T: SessionData,
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let mut kept = request.extensions_mut().remove::<RequestSessions>().unwrap_or_default();
        let begun = SessionExchange::begin(&self.sessions, &mut kept, Incoming(&request));
        request.extensions_mut().insert(kept);
        let inner = Rc::clone(&self.inner);
        Box::pin(async move {
            let exchange = match begun {
                Begun::Exchange(exchange) => exchange,
                Begun::PassThrough => {
                    return inner.call(request).await.map(ServiceResponse::map_into_left_body);
                }
                // Not an `Err`, which actix's `Logger` and `DefaultHeaders` pass over.
                Begun::Respond(response) => {
                    let response = Replacement(response).error_response();
                    return Ok(request.into_response(response).map_into_right_body());
                }
            };
            let result = inner.call(request).await;
            match result {
                Ok(mut response) => {
                    let status = response.status();
                    finish(exchange, status, response.headers_mut())?;
                    Ok(response.map_into_left_body())
                }
                Err(error) if exchange.is_touched() => {
                    let mut response = error.error_response();
                    let status = response.status();
                    finish(exchange, status, response.headers_mut())?;
                    Err(InternalError::from_response(error, response).into())
                }
                Err(error) => Err(error),
            }
        })
    }
}

fn finish<T: SessionData>(
    exchange: SessionExchange<T>,
    status: StatusCode,
    headers: &mut HeaderMap,
) -> Result<(), Error> {
    let finished = exchange.finish(status, &mut Outgoing(headers));
    finished.map_err(|error| Replacement(error.into()).into())
}

/// Adapts actix's request, whose types are those of `http` 0.2.
struct Incoming<'a>(&'a ServiceRequest);

impl RequestHeaders for Incoming<'_> {
    fn method(&self) -> &str {
        self.0.method().as_str()
    }

    fn authority(&self) -> Option<&[u8]> {
        let of_uri = self.0.uri().authority().map(|authority| authority.as_str().as_bytes());
        of_uri.or_else(|| self.0.headers().get(HOST).map(HeaderValue::as_bytes))
    }

    fn target(&self) -> Option<&str> {
        self.0.uri().path_and_query().map(|target| target.as_str())
    }

    fn for_each<'a>(&'a self, name: &http::HeaderName, each: &mut dyn FnMut(FieldValue<'a>)) {
        self.0
            .headers()
            .get_all(name.as_str())
            .for_each(|value| each(FieldValue::Bytes(value.as_bytes())));
    }
}

/// Adapts actix's header map, which is that of `http` 0.2.
struct Outgoing<'a>(&'a mut HeaderMap);

impl ResponseHeaders for Outgoing<'_> {
    fn for_each(&self, each: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in &*self.0 {
            each(name.as_str(), value.as_bytes());
        }
    }

    fn replace(&mut self, name: &str, value: &str) -> Result<(), SessionError> {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value))
        else {
            return Err(SessionError::HeadersFull);
        };
        self.0.insert(name, value);
        Ok(())
    }

    fn append_set_cookies(&mut self, lines: Vec<String>) -> Result<(), SessionError> {
        let values: Option<Vec<_>> = lines.into_iter().map(sensitive).collect();
        values
            .ok_or(SessionError::HeadersFull)?
            .into_iter()
            .for_each(|value| self.0.append(SET_COOKIE, value));
        Ok(())
    }
}

fn sensitive(line: String) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(line).ok()?;
    value.set_sensitive(true);
    Some(value)
}

impl<T: SessionData> FromRequest for Session<T> {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let session = RequestSessions::require(
            request.extensions().get(),
            "add .wrap(SessionMiddleware::new(sessions)) to the App or scope of the handler, after \
             the .wrap(…) of middleware that uses the session; the last .wrap(…) runs first",
        );
        ready(session.map_err(Error::from))
    }
}

/// A response in place of the handler's, on its way through actix as an error.
#[derive(Debug)]
struct Replacement(http::Response<String>);

impl fmt::Display for Replacement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the request was answered because of its session: {}", self.0.status())
    }
}

impl ResponseError for Replacement {
    fn status_code(&self) -> StatusCode {
        in_actix(self.0.status())
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let body = self.0.body();
        let body = if body.is_empty() { BoxBody::new(()) } else { BoxBody::new(body.clone()) };
        let mut response = HttpResponse::with_body(self.status_code(), body);
        for (name, value) in self.0.headers() {
            let name = HeaderName::try_from(name.as_str());
            let line = HeaderValue::from_bytes(value.as_bytes());
            if let (Ok(name), Ok(mut line)) = (name, line) {
                line.set_sensitive(value.is_sensitive());
                response.headers_mut().append(name, line);
            }
        }
        response
    }
}

macro_rules! answered_as_error_response {
    ($($error:ty),*) => {$(
        impl ResponseError for $error {
            fn status_code(&self) -> StatusCode {
                in_actix(self.status_code())
            }

            fn error_response(&self) -> HttpResponse<BoxBody> {
                Replacement(ErrorResponse::from(self).into()).error_response()
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

impl Responder for ReloadPage {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(in_actix(self.status_code()));
        self.headers().into_iter().for_each(|(name, value)| {
            response.insert_header((name.as_str(), value));
        });
        response.body(self.body())
    }
}

/// Converts a status to actix's type, which is that of `http` 0.2.
fn in_actix(status: http::StatusCode) -> StatusCode {
    StatusCode::from_u16(status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
