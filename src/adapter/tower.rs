//! Sessions for any `tower::Service` over `http` requests, such as axum and plain hyper. The
//! service's response body must implement `From<String>`. [`SessionLayer`] loads the session, puts
//! it into the request's extensions, and commits it on the response.
//!
//! ```
//! use http::{Request, Response};
//! use sealed_session::adapter::tower::{SessionLayer, session};
//! use sealed_session::{KeyRing, Map, Sessions, Suite};
//! use std::convert::Infallible;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let sessions = Sessions::<Map>::new(KeyRing::generate(Suite::Xaes256Gcm)?)?;
//! let service = ServiceBuilder::new().layer(SessionLayer::new(sessions)).service(service_fn(|request: Request<String>| async move {
//!     let session = session::<Map>(request.extensions()).expect("the layer is there");
//!     session.insert("visited", &true).expect("it fits");
//!     Ok::<_, Infallible>(Response::new(String::from("hello")))
//! }));
//! let response = service.oneshot(Request::new(String::new())).await?;
//! assert!(response.headers().contains_key("set-cookie"));
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! **Where it goes**: outside layers that set `Cache-Control`, so that it sees what they set.
//! Inside compression, CORS, tracing and layers that catch panics, so that they see the response as
//! it goes out.
//!
//! - The session is committed on every response of the service, whatever its status. The service's
//!   future is dropped first, so that handles it still holds do not count.
//! - If the service returns an `Err`, nothing is committed.
//! - If a commit fails, the response is replaced by a 500 with an empty body. It carries the
//!   deletions of a purge, if there was one, in its `Set-Cookie` fields: a lost write is never a
//!   200, and a purge is always carried out.
//! - If a layer of the same [`Sessions`] has already put its session into a request, the request
//!   passes through. If a conflicting layer has, the service is not called, and the response is a
//!   500.
//! - If [`Builder::cross_origin`](crate::Builder::cross_origin) refuses the request, the service is
//!   not called, and the response is a 403.
//! - The layer answers the two endpoints of [`Builder::device_bound`](crate::Builder::device_bound)
//!   by itself. Their paths are compared with the request's, or with the whole path if the layer is
//!   inside axum's `nest` and the feature `axum` is on.

use crate::adapter::exchange::{Begun, SessionExchange};
use crate::adapter::request_sessions::RequestSessions;
use crate::data::session_data::SessionData;
use crate::headers::request::{FieldValue, RequestHeaders};
use crate::session::Session;
use crate::sessions::Sessions;
use http::header::HeaderName;
use http::{Extensions, Request, Response};
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_layer::Layer;
use tower_service::Service;

/// Returns the session that a [`SessionLayer`] put into a request's extensions, if there is one.
pub fn session<T: SessionData>(extensions: &Extensions) -> Option<Session<T>> {
    extensions.get::<RequestSessions>()?.session()
}

/// Adds a session to every request of a service. See the [module](self) for where it goes.
pub struct SessionLayer<T> {
    sessions: Sessions<T>,
}

impl<T: SessionData> SessionLayer<T> {
    /// Returns a layer for this kind of session.
    pub fn new(sessions: Sessions<T>) -> Self {
        Self { sessions }
    }
}

impl<T, S> Layer<S> for SessionLayer<T> {
    type Service = SessionService<T, S>;

    fn layer(&self, inner: S) -> Self::Service {
        SessionService { sessions: self.sessions.clone(), inner }
    }
}

impl<T> Clone for SessionLayer<T> {
    fn clone(&self) -> Self {
        Self { sessions: self.sessions.clone() }
    }
}

impl<T> fmt::Debug for SessionLayer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLayer").field("sessions", &self.sessions).finish()
    }
}

/// Adapts the request. Inside axum's `nest`, its path is that of the whole request.
struct Incoming<'a, B>(&'a Request<B>);

impl<B> RequestHeaders for Incoming<'_, B> {
    #[inline]
    fn method(&self) -> &str {
        self.0.method().as_str()
    }

    fn authority(&self) -> Option<&[u8]> {
        self.0.authority()
    }

    fn target(&self) -> Option<&str> {
        #[cfg(feature = "axum")]
        if let Some(original) = self.0.extensions().get::<axum::extract::OriginalUri>() {
            return original.path_and_query().map(|target| target.as_str());
        }
        self.0.target()
    }

    #[inline]
    fn for_each<'a>(&'a self, name: &HeaderName, each: &mut dyn FnMut(FieldValue<'a>)) {
        self.0.for_each(name, each);
    }
}

/// A service wrapped by [`SessionLayer`].
pub struct SessionService<T, S> {
    sessions: Sessions<T>,
    inner: S,
}

impl<T, S: Clone> Clone for SessionService<T, S> {
    fn clone(&self) -> Self {
        Self { sessions: self.sessions.clone(), inner: self.inner.clone() }
    }
}

impl<T, S: fmt::Debug> fmt::Debug for SessionService<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionService")
            .field("sessions", &self.sessions)
            .field("inner", &self.inner)
            .finish()
    }
}

impl<T, S, ReqBody, ResBody> Service<Request<ReqBody>> for SessionService<T, S>
where
    T: SessionData,
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: From<String>,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = ResponseFuture<T, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let mut kept = request.extensions_mut().remove::<RequestSessions>().unwrap_or_default();
        let begun = SessionExchange::begin(&self.sessions, &mut kept, Incoming(&request));
        request.extensions_mut().insert(kept);
        let (exchange, response) = match begun {
            Begun::Exchange(exchange) => (Some(exchange), None),
            Begun::PassThrough => (None, None),
            Begun::Respond(response) => (None, Some(response)),
        };
        let inner = response.is_none().then(|| self.inner.call(request));
        ResponseFuture { inner, response, exchange }
    }
}

pin_project! {
    /// The response future of a [`SessionService`].
    pub struct ResponseFuture<T, F> {
        // `None` after it has answered, and if the service is not called.
        #[pin]
        inner: Option<F>,
        // The response if the service is not called.
        response: Option<Response<String>>,
        // `None` if an outer layer commits.
        exchange: Option<SessionExchange<T>>,
    }
}

impl<T, F, ResBody, E> Future for ResponseFuture<T, F>
where
    T: SessionData,
    F: Future<Output = Result<Response<ResBody>, E>>,
    ResBody: From<String>,
{
    type Output = Result<Response<ResBody>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(response) = this.response.take() {
            return Poll::Ready(Ok(response.map(ResBody::from)));
        }
        let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Pending };
        let result = ready!(inner.poll(cx));
        this.inner.set(None);
        let exchange = this.exchange.take();
        Poll::Ready(result.map(|mut response| {
            let Some(exchange) = exchange else { return response };
            match exchange.finish(response.status(), response.headers_mut()) {
                Ok(()) => response,
                Err(error) => Response::<String>::from(error).map(ResBody::from),
            }
        }))
    }
}

impl<T, F> fmt::Debug for ResponseFuture<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
