//! Sessions for Salvo 1: [`SessionHandler`] is a `hoop`, [`Session<T>`](crate::Session) comes from
//! the depot or as a handler's argument, and Salvo can render the errors.
//!
//! ```
//! # use salvo_core as salvo;
//! use salvo::prelude::*;
//! use sealed_session::adapter::salvo::{SessionDepotExt, SessionHandler};
//! use sealed_session::{KeyRing, Session, SessionError, Sessions};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Default, Serialize, Deserialize)]
//! struct Visit { cart: Vec<u32> }
//!
//! #[handler]
//! async fn add(session: Session<Visit>) -> Result<String, SessionError> {
//!     session.update(|visit| visit.cart.push(7))?; // a write that is refused leaves the session as it was
//!     Ok(session.read(|visit| visit.cart.len().to_string()))
//! }
//!
//! /// Gets the session from the depot.
//! #[handler]
//! async fn empty(depot: &mut Depot, res: &mut Response) -> Result<(), SessionError> {
//!     match depot.session::<Visit>() {
//!         Ok(session) => session.update(|visit| visit.cart.clear())?,
//!         Err(missing) => res.render(missing),
//!     }
//!     Ok(())
//! }
//!
//! let sessions = Sessions::<Visit>::builder(KeyRing::ephemeral()?).build()?;
//! let router = Router::new()
//!     .hoop(SessionHandler::new(sessions))
//!     .push(Router::with_path("add").post(add))
//!     .push(Router::with_path("empty").post(empty));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Where it goes**: the first `.hoop(…)` is the outermost. Add the session's before hoops that
//! set `Cache-Control`, and after compression, CORS and handlers that catch panics.
//!
//! With [`Builder::device_bound`](crate::Builder::device_bound), add it to the `Service`. The hoops of
//! a router run only for its routes, and the two endpoints, which the handler answers, have none:
//!
//! ```
//! # use salvo_core::{Router, Service};
//! # use sealed_session::adapter::salvo::SessionHandler;
//! # use sealed_session::{DeviceBound, KeyRing, Map, Sessions};
//! # let router = Router::new();
//! let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?)
//!     .device_bound(DeviceBound::at("/dbsc"))
//!     .build()?;
//! let service = Service::new(router).hoop(SessionHandler::new(sessions));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Catchers run after the response is committed. A catcher that asks for the session needs the hoop
//! too: `Catcher::default().hoop(SessionHandler::new(sessions))`. If a handler touched the session,
//! the catcher can read its result but cannot write. Otherwise the catcher gets a session of its
//! own.
//!
//! - If a commit fails, or if two layers conflict, the answer is 500.
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
use http::{HeaderValue, StatusCode};
use salvo_core::extract::{Extractible, Metadata};
use salvo_core::http::ResBody;
use salvo_core::{Depot, FlowCtrl, Handler, Request, Response, Scribe, async_trait};
use std::fmt;

/// Adds a session to every request that passes through it.
pub struct SessionHandler<T> {
    sessions: Sessions<T>,
}

impl<T: SessionData> SessionHandler<T> {
    /// Returns a handler for this kind of session, for `Router::hoop` or `Service::hoop`.
    pub fn new(sessions: Sessions<T>) -> Self {
        Self { sessions }
    }
}

impl<T> Clone for SessionHandler<T> {
    fn clone(&self) -> Self {
        Self { sessions: self.sessions.clone() }
    }
}

impl<T> fmt::Debug for SessionHandler<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionHandler").field("sessions", &self.sessions).finish()
    }
}

#[async_trait]
impl<T: SessionData> Handler for SessionHandler<T> {
    async fn handle(
        &self,
        req: &mut Request,
        depot: &mut Depot,
        res: &mut Response,
        ctrl: &mut FlowCtrl,
    ) {
        let mut kept = depot.remove_typed::<RequestSessions>().unwrap_or_default();
        let begun = SessionExchange::begin(&self.sessions, &mut kept, Incoming(req));
        depot.insert_typed(kept);
        let exchange = match begun {
            Begun::Exchange(exchange) => exchange,
            Begun::PassThrough => {
                ctrl.call_next(req, depot, res).await;
                return;
            }
            Begun::Respond(response) => {
                ctrl.skip_rest();
                return replace(res, response);
            }
        };
        ctrl.call_next(req, depot, res).await;
        let status = res.status_code.unwrap_or(StatusCode::OK);
        if let Err(error) = exchange.finish(status, res.headers_mut()) {
            replace(res, error.into());
        }
    }
}

/// Replaces a response by another one.
fn replace(res: &mut Response, response: http::Response<String>) {
    let (parts, body) = response.into_parts();
    res.status_code(parts.status);
    res.replace_body(if body.is_empty() { ResBody::None } else { body.into() });
    *res.headers_mut() = parts.headers;
}

/// Adapts Salvo's request.
struct Incoming<'a>(&'a Request);

impl RequestHeaders for Incoming<'_> {
    fn method(&self) -> &str {
        self.0.method().as_str()
    }

    fn authority(&self) -> Option<&[u8]> {
        authority(self.0.uri(), self.0.headers())
    }

    fn target(&self) -> Option<&str> {
        self.0.uri().path_and_query().map(|target| target.as_str())
    }

    fn for_each<'a>(&'a self, name: &HeaderName, each: &mut dyn FnMut(FieldValue<'a>)) {
        self.0.headers().get_all(name).iter().for_each(|value| each(FieldValue::Shared(value)));
    }
}

/// Access to a request's sessions through its depot.
pub trait SessionDepotExt {
    /// Returns a handle of this request's session.
    ///
    /// # Errors
    /// [`MissingLayer`] if no [`SessionHandler`] of this type is around the handler. Render it to
    /// answer 500.
    fn session<T: SessionData>(&self) -> Result<Session<T>, MissingLayer>;
}

impl SessionDepotExt for Depot {
    fn session<T: SessionData>(&self) -> Result<Session<T>, MissingLayer> {
        let fix = "add .hoop(SessionHandler::new(sessions)) to a router above the handler, before \
            every .hoop(…) that uses the session; a catcher needs its own .hoop(…)";
        RequestSessions::require(self.get_typed().ok(), fix)
    }
}

impl<'ex, T: SessionData> Extractible<'ex> for Session<T> {
    fn metadata() -> &'static Metadata {
        static METADATA: Metadata = Metadata::new("sealed_session::Session");
        &METADATA
    }

    #[allow(refining_impl_trait, reason = "callers of the trait may know the error")]
    async fn extract(_: &'ex mut Request, depot: &'ex mut Depot) -> Result<Self, MissingLayer> {
        depot.session()
    }
}

macro_rules! answered_as_error_response {
    ($($error:ty),*) => {$(
        impl Scribe for $error {
            fn render(self, res: &mut Response) {
                ErrorResponse::from(&self).render(res);
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

impl Scribe for ReloadPage {
    fn render(self, res: &mut Response) {
        res.status_code(self.status_code());
        for (name, value) in self.headers() {
            res.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        res.body(self.body().as_bytes());
    }
}

impl Scribe for ErrorResponse {
    fn render(self, res: &mut Response) {
        res.status_code(self.status_code());
        for (name, value) in self.headers() {
            res.headers_mut().append(name, value.clone());
        }
        if !self.body().is_empty() {
            res.body(self.body().as_bytes());
        }
    }
}
