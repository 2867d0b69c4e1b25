//! Sessions for actix-web 4: [`SessionMiddleware`] wraps the app, [`Session<T>`](crate::Session) is
//! an extractor, and the errors are actix errors.
//!
//! ```
//! use actix_web::{App, web};
//! use sealed_session::actix_web::SessionMiddleware;
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
//! let sessions = Sessions::<Visit>::builder(KeyRing::ephemeral()?).build()?; // outside HttpServer::new's closure, which runs once a worker
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
//! - [`SessionError`] answers 403 for `Withheld`, 503 with `Retry-After: 1` for `Unreadable`, and
//!   500 for all others. [`Failure`] lists the statuses for the errors of `seal` and `open`.

use crate::adapters::error_response::{Failure, MissingLayer};
use crate::adapters::exchange::{Exchange, Parked};
use crate::adapters::reload_page::ReloadPage;
use crate::data::session_data::SessionData;
use crate::error::Answered;
use crate::error::{CommitError, OpenError, SealError, SessionError};
use crate::headers::ResponseFields;
use crate::session::Session;
use crate::sessions::Sessions;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, COOKIE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, SET_COOKIE,
};
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
    type Response = ServiceResponse<B>;
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
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<ServiceResponse<B>, Error>>>>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let mut parked = request.extensions_mut().remove::<Parked>().unwrap_or_default();
        let begun =
            Exchange::begin(&self.sessions, &mut parked, |sessions| load(sessions, &request));
        request.extensions_mut().insert(parked);
        let inner = Rc::clone(&self.inner);
        Box::pin(async move {
            let exchange =
                begun.map_err(|conflict| FailureError::from(Failure::from(&conflict)))?;
            let result = inner.call(request).await;
            let Some(exchange) = exchange else { return result };
            match result {
                Ok(mut response) => {
                    let status = response.status();
                    commit(exchange, status, response.headers_mut())?;
                    Ok(response)
                }
                Err(error) if exchange.is_touched() => {
                    let mut response = error.error_response();
                    let status = response.status();
                    commit(exchange, status, response.headers_mut())?;
                    Err(InternalError::from_response(error, response).into())
                }
                Err(error) => Err(error),
            }
        })
    }
}

fn load<T: SessionData>(sessions: &Sessions<T>, request: &ServiceRequest) -> Session<T> {
    let headers = request.headers();
    let site = headers.get("sec-fetch-site").map(|value| value.as_bytes());
    sessions.load_fields(
        request.method().as_str(),
        site,
        headers.get_all(COOKIE).map(|value| value.as_bytes()),
    )
}

fn commit<T: SessionData>(
    exchange: Exchange<T>,
    status: StatusCode,
    headers: &mut HeaderMap,
) -> Result<(), FailureError> {
    exchange.commit_fields(status.as_u16(), &mut Fields(headers)).map_err(|error| FailureError {
        failure: Failure::from(&error),
        set_cookie: exchange.deletions_of_a_purge().into_iter().filter_map(sensitive).collect(),
    })
}

/// Adapts actix's header map, which is that of `http` 0.2.
struct Fields<'a>(&'a mut HeaderMap);

impl ResponseFields for Fields<'_> {
    fn for_each(&self, each: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in &*self.0 {
            each(name.as_str(), value.as_bytes());
        }
    }

    fn replace(&mut self, name: &str, value: &str) -> Result<(), CommitError> {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value))
        else {
            return Err(CommitError::HeadersFull);
        };
        self.0.insert(name, value);
        Ok(())
    }

    fn append_set_cookies(&mut self, lines: Vec<String>) -> Result<(), CommitError> {
        let values: Option<Vec<_>> = lines.into_iter().map(sensitive).collect();
        values
            .ok_or(CommitError::HeadersFull)?
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
        let session = Parked::require(
            request.extensions().get(),
            "add .wrap(SessionMiddleware::new(sessions)) to the App or scope of the handler, after \
             the .wrap(…) of middleware that uses the session; the last .wrap(…) runs first",
        );
        ready(session.map_err(Error::from))
    }
}

/// A [`Failure`] on its way through actix, with the `Set-Cookie` fields that go out despite it.
#[derive(Debug)]
struct FailureError {
    failure: Failure,
    set_cookie: Vec<HeaderValue>,
}

impl From<Failure> for FailureError {
    fn from(failure: Failure) -> Self {
        Self { failure, set_cookie: Vec::new() }
    }
}

impl fmt::Display for FailureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the request failed because of its session: {}", self.failure.status())
    }
}

impl ResponseError for FailureError {
    fn status_code(&self) -> StatusCode {
        in_actix(self.failure.status())
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::new(self.status_code());
        let headers = response.headers_mut();
        for line in &self.set_cookie {
            headers.append(SET_COOKIE, line.clone());
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        if let Some(seconds) = self.failure.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(seconds));
        }
        response
    }
}

macro_rules! answered_as_failure {
    ($($error:ty),*) => {$(
        impl ResponseError for $error {
            fn status_code(&self) -> StatusCode {
                in_actix(self.answer())
            }

            fn error_response(&self) -> HttpResponse<BoxBody> {
                FailureError::from(Failure::from(self)).error_response()
            }
        }
    )*};
}

answered_as_failure!(SessionError, SealError, OpenError, CommitError, MissingLayer);

impl Responder for ReloadPage {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(in_actix(self.status()));
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
