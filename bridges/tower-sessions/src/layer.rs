//! `BridgeLayer`: adds a `tower_sessions::Session` to every request, saves it after the handler,
//! and commits the sealed session on the response.

use crate::last_error::LastError;
use crate::legacy::{LegacyIds, LegacyStore};
use crate::store::{Failure, RequestStore};
use http::{Request, Response, StatusCode};
use sealed_session::adapter::tower::{SessionLayer, SessionService};
use sealed_session::adapter::{ErrorResponse, RequestSessions};
use sealed_session::{Map, Sessions};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;
use tower_sessions_core::Session;

/// Adds a [`tower_sessions::Session`](Session) to every request of a service, in place of
/// tower-sessions' `SessionManagerLayer`. The [crate's page](crate) says what it does.
///
/// It is a [`SessionLayer`] of the same [`Sessions`] too: handlers can also take a
/// [`sealed_session::Session<Map>`](sealed_session::Session).
///
/// A layer of the same `Sessions` inside another one passes requests through.
#[derive(Clone, Debug)]
pub struct BridgeLayer {
    sessions: Sessions<Map>,
    legacy: Option<Arc<LegacyStore>>,
}

impl BridgeLayer {
    /// Returns a layer for these sessions.
    pub fn new(sessions: Sessions<Map>) -> Self {
        Self { sessions, legacy: None }
    }

    /// Moves the sessions of an existing tower-sessions deployment. If no cookie of the sealed
    /// session came, the request is not cross-site, and the former deployment's cookie came, the
    /// first access through a `Session` reads the former store and makes the session out of the
    /// record. If the store fails, that access fails.
    ///
    /// The record and its cookie are deleted when the visitor comes back with the sealed session,
    /// or signs out.
    pub fn import_from(mut self, legacy: LegacyStore) -> Self {
        self.legacy = Some(Arc::new(legacy));
        self
    }
}

impl<S> Layer<S> for BridgeLayer {
    type Service = SessionService<Map, BridgeService<S>>;

    fn layer(&self, inner: S) -> Self::Service {
        let bridge = BridgeService { inner, legacy: self.legacy.clone() };
        SessionLayer::new(self.sessions.clone()).layer(bridge)
    }
}

/// A service inside a [`BridgeLayer`].
#[derive(Clone)]
pub struct BridgeService<S> {
    inner: S,
    legacy: Option<Arc<LegacyStore>>,
}

impl<S: fmt::Debug> fmt::Debug for BridgeService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BridgeService").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for BridgeService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    S::Future: Send + 'static,
    ResBody: From<String> + Send + 'static,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        if request.extensions().get::<LastError>().is_some() {
            return Box::pin(self.inner.call(request)); // a layer around this one saves
        }
        let legacy = self.legacy.as_ref().and_then(|from| LegacyIds::of(from, request.headers()));
        let extensions = request.extensions_mut();
        let kept = extensions.get::<RequestSessions>().cloned().unwrap_or_default();
        let store = Arc::new(RequestStore::new(kept, legacy));
        let session = Session::new(Some(store.placeholder()), Arc::clone(&store), None);
        extensions.insert(store.last_error());
        extensions.insert(session.clone());
        let inner = self.inner.call(request);
        Box::pin(async move {
            let mut response = inner.await?;
            let status = response.status();
            // The handler saw the error and chose its own error response, so that one is kept.
            let stays = is_error(status) && store.last_error().get().is_some();
            match store.finish(&session, status.is_server_error()).await {
                Err(failure) if !stays => response = answer(failure),
                _ => {}
            }
            store.retire_legacy(response.headers_mut()).await;
            Ok(response)
        })
    }
}

fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

fn answer<B: From<String>>(failure: Failure) -> Response<B> {
    match failure {
        Failure::Session(error) => {
            Response::<String>::from(ErrorResponse::from(&error)).map(B::from)
        }
        Failure::Other(error) => {
            tracing::error!(%error, "a session could not be saved");
            let mut response = Response::new(B::from(String::new()));
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    }
}
