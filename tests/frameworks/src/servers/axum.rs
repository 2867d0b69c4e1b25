//! The suite's server in axum: its routes and layers for any host, and with the feature `servers`
//! one on hyper.

use crate::contract::{App, Basket, Contract, Other, Visit};
#[cfg(feature = "servers")]
use crate::servers::Running;
use crate::steps::{self, Reply};
use axum::Router;
use axum::body::Body;
#[cfg(feature = "servers")]
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use futures_util::stream;
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::{Session, SessionError};
use std::collections::HashMap;
use std::convert::Infallible;

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, self.body).into_response();
        for (name, value) in self.headers {
            let name = HeaderName::try_from(name).expect("a field's name");
            response
                .headers_mut()
                .append(name, HeaderValue::try_from(value).expect("a field's value"));
        }
        response
    }
}

async fn plain() -> impl IntoResponse {
    ([("x-mine", "1"), ("vary", "accept"), ("cache-control", "public")], "hello")
}

async fn steps_of(
    State(contract): State<Contract>,
    Path(steps): Path<String>,
    visit: Session<Visit>,
) -> Result<Reply, SessionError> {
    steps::on(&steps, &visit, None, &contract)
}

async fn two(
    visit: Session<Visit>,
    State(contract): State<Contract>,
    basket: Session<Basket>,
    Path(steps): Path<String>,
) -> Result<Reply, SessionError> {
    steps::on(&steps, &visit, Some(&basket), &contract)
}

async fn order(
    method: Method,
    session: Session<Visit>,
    Path(word): Path<String>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
    body: String,
) -> String {
    let user = session.read(|visit| visit.user);
    format!(
        "{method} {word} {} {} {body} {user:?}\n",
        query["q"],
        headers["x-word"].to_str().unwrap_or_default()
    )
}

async fn streamed(
    State(contract): State<Contract>,
    Path((before, within)): Path<(String, String)>,
    visit: Session<Visit>,
) -> Result<Response, SessionError> {
    let head = steps::on(&before, &visit, None, &contract)?;
    let body =
        stream::once(async move { Ok::<_, Infallible>(steps::said(&within, &visit, &contract)) });
    Ok((head.into_response().into_parts().0, Body::from_stream(body)).into_response())
}

async fn events(
    State(contract): State<Contract>,
    Path((before, within)): Path<(String, String)>,
    visit: Session<Visit>,
) -> Result<impl IntoResponse, SessionError> {
    steps::on(&before, &visit, None, &contract)?;
    let data = async move {
        Ok::<_, Infallible>(
            Event::default().data(steps::said(&within, &visit, &contract).trim_end()),
        )
    };
    Ok(Sse::new(stream::once(data)))
}

#[cfg(feature = "servers")]
async fn socket(
    State(contract): State<Contract>,
    Path(before): Path<String>,
    visit: Session<Visit>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, SessionError> {
    steps::on(&before, &visit, None, &contract)?;
    Ok(upgrade.on_upgrade(async move |mut socket| {
        while let Some(Ok(Message::Text(steps))) = socket.recv().await {
            let said = steps::said(&steps, &visit, &contract);
            if socket.send(Message::Text(said.into())).await.is_err() {
                break;
            }
        }
    }))
}

async fn panicking(
    State(contract): State<Contract>,
    Path(steps): Path<String>,
    visit: Session<Visit>,
) -> String {
    let _ = steps::on(&steps, &visit, None, &contract);
    panic!("as the test asks");
}

async fn missing(_: Session<Other>) {}

async fn control(State(contract): State<Contract>, Path(what): Path<String>) -> String {
    contract.control(&what)
}

/// Answers by itself, inside the session's layer.
async fn early(
    State(contract): State<Contract>,
    mut request: Request,
    next: Next,
) -> Result<Response, SessionError> {
    let path = request.uri().path().to_owned();
    let (steps, status) = match (path.strip_prefix("/early/"), path.strip_prefix("/failing/")) {
        (Some(steps), _) => (steps, StatusCode::FORBIDDEN),
        (_, Some(steps)) => (steps, StatusCode::NOT_FOUND),
        _ => return Ok(next.run(request).await),
    };
    let visit: Session<Visit> = sealed_session::adapter::tower::session(request.extensions_mut())
        .expect("the layer is there");
    steps::on(steps, &visit, None, &contract)?;
    Ok((status, [("x-early", "1")]).into_response())
}

/// All routes but `/ws/{before}`: each host has WebSockets of its own, or none.
pub fn routes() -> Router<Contract> {
    Router::new()
        .route("/plain", get(plain))
        .route("/do/{steps}", any(steps_of))
        .route("/two/{steps}", any(two))
        .route("/order/{word}", any(order))
        .route("/stream/{before}/{within}", get(streamed))
        .route("/sse/{before}/{within}", get(events))
        .route("/panic/{steps}", any(panicking))
        .route("/missing", get(missing))
        .route("/control/{what}", get(control))
}

/// The routes with the layers of this kind of server.
pub fn layered(routes: Router<Contract>, app: App, contract: Contract) -> Router {
    let visits = || SessionLayer::new(contract.visits.clone());
    let baskets = || SessionLayer::new(contract.baskets.clone());
    let router = routes.layer(middleware::from_fn_with_state(contract.clone(), early));
    let router = match app {
        App::Bare => router,
        App::Standard => router.layer(visits()).layer(baskets()),
        App::Twice => router.layer(visits()).layer(baskets()).layer(visits()),
        App::CrossOrigin => router
            .layer(SessionLayer::new(contract.guarded_visits.clone()))
            .layer(SessionLayer::new(contract.guarded_baskets.clone())),
        App::Bound => {
            router.layer(SessionLayer::new(contract.bound_visits.clone())).layer(baskets())
        }
        App::SameEndpoint => router
            .layer(SessionLayer::new(contract.bound_visits.clone()))
            .layer(SessionLayer::new(contract.bound_baskets.clone())),
        App::SameCookie => {
            router.layer(visits()).layer(SessionLayer::new(contract.same_cookie.clone()))
        }
        App::SameType => {
            router.layer(visits()).layer(SessionLayer::new(contract.same_type.clone()))
        }
    };
    router.with_state(contract)
}

#[cfg(feature = "servers")]
pub fn start(app: App, contract: Contract) -> Result<Running, String> {
    Running::tokio(move |listener| async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        let routes = routes().route("/ws/{before}", get(socket));
        let _ = axum::serve(listener, layered(routes, app, contract)).await;
    })
}
