//! The suite's server in bare hyper: `load` and `commit` by hand.

use crate::contract::{App, Basket, Contract, Visit};
use crate::servers::Running;
use crate::steps::{self, Reply};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, stream};
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use sealed_session::adapter::ErrorResponse;
use sealed_session::{Session, SessionError};
use std::convert::Infallible;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

type Body = UnsyncBoxBody<Bytes, Infallible>;

fn full(text: impl Into<Bytes>) -> Body {
    Full::new(text.into()).boxed_unsync()
}

fn response(reply: Reply) -> Response<Body> {
    let mut response = Response::new(full(reply.body));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        let name = HeaderName::try_from(name).expect("a field's name");
        response.headers_mut().append(name, HeaderValue::try_from(value).expect("a field's value"));
    }
    response
}

fn failed(error: ErrorResponse) -> Response<Body> {
    Response::<String>::from(error).map(full)
}

/// What any handler gets.
struct Call<'a> {
    route: &'a str,
    rest: &'a str,
    visit: Session<Visit>,
    basket: Session<Basket>,
    contract: Contract,
}

/// `load`, the handler, `commit`; twice, since there are two sessions.
async fn answer(
    app: App,
    contract: Contract,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let path = request.uri().path().to_owned();
    let (route, rest) =
        path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    if app == App::Bare {
        return Ok(unlayered(route, rest, &contract));
    }
    if app == App::CrossOrigin
        && let Err(refused) = contract.guarded_baskets.check_cross_origin(&request)
    {
        return Ok(Response::<String>::from(refused).map(full));
    }
    let visits = if app == App::Bound { &contract.bound_visits } else { &contract.visits };
    if let Some(response) = visits.answer_dbsc(&request) {
        return Ok(response.map(full));
    }
    let visit = visits.load((request.method(), request.headers()));
    let basket = contract.baskets.load((request.method(), request.headers()));
    let call = Call {
        route,
        rest,
        visit: visit.clone(),
        basket: basket.clone(),
        contract: contract.clone(),
    };
    let mut response =
        handle(call, request).await.unwrap_or_else(|error| failed(ErrorResponse::from(&error)));
    let status = response.status();
    let committed = visits.commit(&visit, status, response.headers_mut());
    let committed =
        committed.and_then(|()| contract.baskets.commit(&basket, status, response.headers_mut()));
    Ok(committed.map_or_else(|error| failed(ErrorResponse::after_commit(&error)), |()| response))
}

fn unlayered(route: &str, rest: &str, contract: &Contract) -> Response<Body> {
    match route {
        "plain" => {
            let headers = [("x-mine", "1"), ("vary", "accept"), ("cache-control", "public")];
            let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
            response(Reply { status: 200, headers, body: "hello".into() })
        }
        "control" => full_response(contract.control(rest)),
        _ => response(Reply { status: 404, headers: Vec::new(), body: String::new() }),
    }
}

fn full_response(text: String) -> Response<Body> {
    Response::new(full(text))
}

async fn handle(
    call: Call<'_>,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, SessionError> {
    let Call { route, rest, visit, basket, contract } = call;
    let (before, within) = rest
        .split_once('/')
        .map_or((rest.to_owned(), String::new()), |(a, b)| (a.to_owned(), b.to_owned()));
    let early = |status| Reply {
        status,
        headers: vec![("x-early".into(), "1".into())],
        body: String::new(),
    };
    Ok(match route {
        "do" => response(steps::on(rest, &visit, None, &contract)?),
        "two" => response(steps::on(rest, &visit, Some(&basket), &contract)?),
        "order" => {
            let method = request.method().clone();
            let query = request
                .uri()
                .query()
                .and_then(|query| query.strip_prefix("q="))
                .unwrap_or_default()
                .to_owned();
            let word = request.headers()["x-word"].to_str().unwrap_or_default().to_owned();
            let body =
                request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            let body = String::from_utf8_lossy(&body);
            let user = visit.read(|visit| visit.user);
            full_response(format!("{method} {rest} {query} {word} {body} {user:?}\n"))
        }
        "stream" => {
            let mut streamed = response(steps::on(&before, &visit, None, &contract)?);
            let said =
                async move { Ok(Frame::data(steps::said(&within, &visit, &contract).into())) };
            *streamed.body_mut() = StreamBody::new(stream::once(said)).boxed_unsync();
            streamed
        }
        "sse" => {
            steps::on(&before, &visit, None, &contract)?;
            let event = async move {
                format!("data: {}\n\n", steps::said(&within, &visit, &contract).trim_end())
            };
            let body = StreamBody::new(stream::once(async { Ok(Frame::data(event.await.into())) }));
            let mut events = Response::new(body.boxed_unsync());
            events
                .headers_mut()
                .insert("content-type", HeaderValue::from_static("text/event-stream"));
            events
        }
        "ws" => {
            steps::on(&before, &visit, None, &contract)?;
            socket(&mut request, visit, contract)
        }
        "panic" => {
            let _ = steps::on(rest, &visit, None, &contract);
            panic!("as the test asks");
        }
        "early" => {
            steps::on(rest, &visit, None, &contract)?;
            response(early(403))
        }
        "failing" => {
            steps::on(rest, &visit, None, &contract)?;
            response(early(404))
        }
        _ => unlayered(route, rest, &contract),
    })
}

fn socket(
    request: &mut Request<Incoming>,
    visit: Session<Visit>,
    contract: Contract,
) -> Response<Body> {
    let key = request
        .headers()
        .get(SEC_WEBSOCKET_KEY)
        .map(|key| derive_accept_key(key.as_bytes()))
        .unwrap_or_default();
    let upgraded = hyper::upgrade::on(request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgraded.await else { return };
        let mut socket =
            WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
        while let Some(Ok(Message::Text(steps))) = socket.next().await {
            let said = steps::said(&steps, &visit, &contract);
            if socket.send(Message::text(said)).await.is_err() {
                break;
            }
        }
    });
    let mut response = Response::new(full(""));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, HeaderValue::try_from(key).expect("base64"));
    response
}

pub fn start(app: App, contract: Contract) -> Result<Running, String> {
    Running::tokio(move |listener| async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        while let Ok((stream, _)) = listener.accept().await {
            let contract = contract.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| answer(app, contract.clone(), request));
                let server = auto::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
            });
        }
    })
}
