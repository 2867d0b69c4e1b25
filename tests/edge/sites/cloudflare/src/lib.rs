//! The conformance suite's site on Cloudflare Workers: axum's routes, with the WebSockets of
//! Workers. The variable `APP` says how it is put together.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::Response;
use axum::response::IntoResponse;
use axum::routing::get;
use futures_util::StreamExt;
use sealed_session::{Session, SessionError};
use sealed_session_frameworks::contract::{App, Contract, Visit};
use sealed_session_frameworks::servers::axum::{layered, routes};
use sealed_session_frameworks::steps;
use std::sync::OnceLock;
use tower_service::Service;
use worker::{
    Context, Env, HttpRequest, WebSocketPair, WebsocketEvent, event,
    wasm_bindgen_futures::spawn_local,
};

#[event(fetch)]
async fn fetch(request: HttpRequest, env: Env, _: Context) -> worker::Result<Response<Body>> {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    let contract =
        CONTRACT.get_or_init(|| Contract::new("__Host-Http-session", "__Host-Http-basket")).clone();
    let app = App::named(&env.var("APP")?.to_string()).ok_or("APP names no kind of server")?;
    let routes: Router<Contract> = routes().route("/ws/{before}", get(socket));
    Ok(layered(routes, app, contract).call(request).await?)
}

#[worker::send]
async fn socket(
    State(contract): State<Contract>,
    Path(before): Path<String>,
    visit: Session<Visit>,
) -> Result<Response<Body>, SessionError> {
    steps::on(&before, &visit, None, &contract)?;
    Ok(upgrade(visit, contract)
        .map_or_else(|error| error.to_string().into_response(), Response::from))
}

fn upgrade(visit: Session<Visit>, contract: Contract) -> worker::Result<worker::Response> {
    let WebSocketPair { client, server } = WebSocketPair::new()?;
    server.accept()?;
    spawn_local(async move {
        let Ok(mut events) = server.events() else { return };
        while let Some(Ok(WebsocketEvent::Message(message))) = events.next().await {
            let said = steps::said(&message.text().unwrap_or_default(), &visit, &contract);
            if server.send_with_str(said).is_err() {
                break;
            }
        }
    });
    worker::Response::from_websocket(client)
}
