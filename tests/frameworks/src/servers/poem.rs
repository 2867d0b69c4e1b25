//! The suite's server in Poem.

use crate::contract::{App, Basket, Contract, Other, Visit};
use crate::servers::Running;
use crate::steps::{self, Reply};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, stream};
use poem::http::{HeaderMap, Method, StatusCode};
use poem::listener::TcpAcceptor;
use poem::web::sse::{Event, SSE};
use poem::web::websocket::{Message, WebSocket};
use poem::web::{Data, Path, Query};
use poem::{
    Body, Endpoint, EndpointExt, Error, FromRequest, IntoResponse, Request, Response, Result,
    Route, Server, get, handler,
};
use sealed_session::adapter::poem::SessionMiddleware;
use sealed_session::{Session, SessionError};
use std::collections::HashMap;
use std::io;

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let builder = Response::builder().status(status);
        self.headers
            .into_iter()
            .fold(builder, |builder, (name, value)| builder.header(name, value))
            .body(self.body)
    }
}

#[handler]
fn plain() -> Response {
    Response::builder()
        .header("x-mine", "1")
        .header("vary", "accept")
        .header("cache-control", "public")
        .body("hello")
}

#[handler]
fn steps_of(
    contract: Data<&Contract>,
    steps: Path<String>,
    visit: Session<Visit>,
) -> Result<Reply, SessionError> {
    steps::on(&steps, &visit, None, &contract)
}

#[handler]
fn two(
    visit: Session<Visit>,
    contract: Data<&Contract>,
    basket: Session<Basket>,
    steps: Path<String>,
) -> Result<Reply, SessionError> {
    steps::on(&steps, &visit, Some(&basket), &contract)
}

#[handler]
fn order(
    method: Method,
    session: Session<Visit>,
    word: Path<String>,
    headers: &HeaderMap,
    query: Query<HashMap<String, String>>,
    body: String,
) -> String {
    let user = session.read(|visit| visit.user);
    format!(
        "{method} {} {} {} {body} {user:?}\n",
        *word,
        query["q"],
        headers["x-word"].to_str().unwrap_or_default()
    )
}

#[handler]
fn streamed(
    contract: Data<&Contract>,
    Path((before, within)): Path<(String, String)>,
    visit: Session<Visit>,
) -> Result<Body, SessionError> {
    let contract = contract.clone();
    steps::on(&before, &visit, None, &contract)?;
    let said =
        async move { Ok::<_, io::Error>(Bytes::from(steps::said(&within, &visit, &contract))) };
    Ok(Body::from_bytes_stream(stream::once(said)))
}

#[handler]
fn events(
    contract: Data<&Contract>,
    Path((before, within)): Path<(String, String)>,
    visit: Session<Visit>,
) -> Result<SSE, SessionError> {
    let contract = contract.clone();
    steps::on(&before, &visit, None, &contract)?;
    let event = async move { Event::message(steps::said(&within, &visit, &contract).trim_end()) };
    Ok(SSE::new(stream::once(event)))
}

#[handler]
fn socket(
    contract: Data<&Contract>,
    Path(before): Path<String>,
    visit: Session<Visit>,
    upgrade: WebSocket,
) -> Result<Response, SessionError> {
    let contract = contract.clone();
    steps::on(&before, &visit, None, &contract)?;
    let talk = move |mut socket: poem::web::websocket::WebSocketStream| async move {
        while let Some(Ok(Message::Text(steps))) = socket.next().await {
            if socket.send(Message::Text(steps::said(&steps, &visit, &contract))).await.is_err() {
                break;
            }
        }
    };
    Ok(upgrade.on_upgrade(talk).into_response())
}

#[handler]
fn panicking(contract: Data<&Contract>, steps: Path<String>, visit: Session<Visit>) -> String {
    let _ = steps::on(&steps, &visit, None, &contract);
    panic!("as the test asks");
}

#[handler]
fn missing(_: Session<Other>) {}

#[handler]
fn control(contract: Data<&Contract>, what: Path<String>) -> String {
    contract.control(&what)
}

/// Answers, or errs, by itself, inside the session's layer.
async fn early<E: Endpoint>(inner: std::sync::Arc<E>, request: Request) -> Result<Response> {
    let path = request.uri().path().to_owned();
    let (early, failing) = (path.strip_prefix("/early/"), path.strip_prefix("/failing/"));
    let Some(steps) = early.or(failing) else {
        return inner.call(request).await.map(IntoResponse::into_response);
    };
    let visit = Session::<Visit>::from_request_without_body(&request).await?;
    let contract = Data::<&Contract>::from_request_without_body(&request).await?;
    steps::on(steps, &visit, None, &contract)?;
    if failing.is_some() {
        return Err(Error::from_status(StatusCode::NOT_FOUND));
    }
    Ok(Response::builder().status(StatusCode::FORBIDDEN).header("x-early", "1").finish())
}

fn endpoint(app: App, contract: &Contract) -> poem::endpoint::BoxEndpoint<'static> {
    let visits = || SessionMiddleware::new(contract.visits.clone());
    let baskets = || SessionMiddleware::new(contract.baskets.clone());
    let routes = Route::new()
        .at("/plain", get(plain))
        .at("/do/:steps", steps_of)
        .at("/two/:steps", two)
        .at("/order/:word", order)
        .at("/stream/:before/:within", get(streamed))
        .at("/sse/:before/:within", get(events))
        .at("/ws/:before", get(socket))
        .at("/panic/:steps", panicking)
        .at("/missing", get(missing))
        .at("/control/:what", get(control))
        .around(early);
    let data = contract.clone();
    match app {
        App::Bare => routes.data(data).boxed(),
        App::Standard => routes.with(visits()).with(baskets()).data(data).boxed(),
        App::Twice => routes.with(visits()).with(baskets()).with(visits()).data(data).boxed(),
        App::CrossOrigin => routes
            .with(SessionMiddleware::new(contract.guarded_visits.clone()))
            .with(SessionMiddleware::new(contract.guarded_baskets.clone()))
            .data(data)
            .boxed(),
        App::Bound => routes
            .with(SessionMiddleware::new(contract.bound_visits.clone()))
            .with(baskets())
            .data(data)
            .boxed(),
        App::SameEndpoint => routes
            .with(SessionMiddleware::new(contract.bound_visits.clone()))
            .with(SessionMiddleware::new(contract.bound_baskets.clone()))
            .data(data)
            .boxed(),
        App::SameCookie => routes
            .with(visits())
            .with(SessionMiddleware::new(contract.same_cookie.clone()))
            .data(data)
            .boxed(),
        App::SameType => routes
            .with(visits())
            .with(SessionMiddleware::new(contract.same_type.clone()))
            .data(data)
            .boxed(),
    }
}

pub fn start(app: App, contract: Contract) -> Result<Running, String> {
    Running::tokio(move |listener| async move {
        let acceptor = TcpAcceptor::from_std(listener).expect("a listener");
        let _ = Server::new_with_acceptor(acceptor).run(endpoint(app, &contract)).await;
    })
}
