//! A site on loopback: a shop whose sign-in page offers the binding, and what stands in front of
//! it.

use crate::run::token;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, serve};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::{DeviceBound, KeyRing, Map, Session, Sessions};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub(crate) const REGISTER: &str = "/dbsc/register";
pub(crate) const REFRESH: &str = "/dbsc/refresh";

/// A server that ends with its test.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
}

impl Site {
    pub(crate) fn start(app: Router) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (started, address) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                started.send(listener.local_addr().unwrap()).unwrap();
                tokio::select! {
                    served = serve(listener, app) => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self { address: address.recv().unwrap(), stop: Some(stop) }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }
}

pub(crate) fn ring() -> KeyRing {
    token().parse().unwrap()
}

pub(crate) fn sessions(ring: KeyRing, device: DeviceBound) -> Sessions<Map> {
    Sessions::builder(ring).device_bound(device).build().unwrap()
}

/// The routes, without the session's layer.
pub(crate) fn pages() -> Router {
    let sign_in = |session: Session<Map>| async move {
        session.offer_binding();
        "<form method=post>"
    };
    Router::new().route("/sign-in", get(sign_in)).route("/about", get(|| async { "a shop" }))
}

pub(crate) fn with_sessions(routes: Router, sessions: Sessions<Map>) -> Router {
    routes.layer(SessionLayer::new(sessions))
}

/// A shop as it should be.
pub(crate) fn shop() -> Router {
    with_sessions(pages(), sessions(ring(), DeviceBound::at("/dbsc")))
}

/// Changes every response.
pub(crate) fn answering(
    app: Router,
    change: impl Fn(&mut Response) + Clone + Send + Sync + 'static,
) -> Router {
    answering_at(app, "", move |_, response| change(response))
}

/// Changes the responses of one path, or of all. `change` gets the path.
pub(crate) fn answering_at(
    app: Router,
    path: &'static str,
    change: impl Fn(&str, &mut Response) + Clone + Send + Sync + 'static,
) -> Router {
    app.layer(middleware::from_fn(move |request: Request, next: Next| {
        let change = change.clone();
        async move {
            let came = request.uri().path().to_owned();
            let mut response = next.run(request).await;
            if path.is_empty() || came == path {
                change(&came, &mut response);
            }
            response
        }
    }))
}

/// Changes every request before it reaches the application, as a proxy does: what axum noted of the
/// request as it was is gone.
pub(crate) fn asking(
    app: Router,
    change: impl Fn(&mut Request) + Clone + Send + Sync + 'static,
) -> Router {
    let changed = middleware::from_fn(move |mut request: Request, next: Next| {
        change(&mut request);
        request.extensions_mut().clear();
        next.run(request)
    });
    // Routes are found behind the change.
    Router::new().fallback_service(app).layer(changed)
}

/// Answers requests for one path itself.
pub(crate) fn instead_of<F>(
    app: Router,
    path: &'static str,
    answer: impl Fn() -> F + Clone + Send + Sync + 'static,
) -> Router
where
    F: Future<Output = Response> + Send,
{
    app.layer(middleware::from_fn(move |request: Request, next: Next| {
        let answer = answer.clone();
        async move {
            if request.uri().path() == path { answer().await } else { next.run(request).await }
        }
    }))
}

/// A response as a proxy or a framework makes it.
pub(crate) fn plain(status: u16, fields: &[(&'static str, &str)], body: &'static str) -> Response {
    let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
    for (name, value) in fields {
        response.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
    }
    response
}

/// Sends one path to another application.
pub(crate) fn split(app: Router, path: &'static str, other: Router) -> Router {
    let other = Arc::new(other);
    app.layer(middleware::from_fn(move |request: Request, next: Next| {
        let other = Router::clone(&other);
        async move {
            if request.uri().path() == path {
                use tower_service::Service;
                return other.into_service().call(request).await.unwrap();
            }
            next.run(request).await
        }
    }))
}

/// Removes fields of requests.
pub(crate) fn dropping(app: Router, names: &'static [&'static str]) -> Router {
    asking(app, move |request| {
        for name in names {
            request.headers_mut().remove(*name);
        }
    })
}

/// Removes fields of responses.
pub(crate) fn hiding(app: Router, names: &'static [&'static str]) -> Router {
    answering(app, move |response| {
        for name in names {
            response.headers_mut().remove(*name);
        }
    })
}

pub(crate) fn drop_query(request: &mut Request) {
    let path = request.uri().path().to_owned();
    *request.uri_mut() = Uri::try_from(path).unwrap();
}

pub(crate) fn as_get(request: &mut Request) {
    *request.method_mut() = Method::GET;
}

/// Changes the lines that set cookies.
pub(crate) fn rewrite_cookies(response: &mut Response, from: &str, to: &str) {
    let lines: Vec<String> = response
        .headers()
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|line| line.to_str().unwrap().replace(from, to))
        .collect();
    response.headers_mut().remove(header::SET_COOKIE);
    for line in lines {
        response.headers_mut().append(header::SET_COOKIE, HeaderValue::from_str(&line).unwrap());
    }
}

pub(crate) fn set_body(response: &mut Response, body: &str) {
    response.headers_mut().remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(body.to_owned());
}
