//! The conformance suite's site as a WASI-HTTP component: axum's routes. `APP` says how it is put
//! together, and `STATE` names the file that holds what `/control` has changed, since each request
//! has an instance of its own.

use sealed_session_frameworks::contract::{App, Contract};
use sealed_session_frameworks::servers::axum::{layered, routes};
use std::env;
use std::fs;
use wstd::http::{Body, Error, Request, Response};

#[wstd::http_server]
async fn main(request: Request<Body>) -> Result<Response<Body>, Error> {
    let contract = Contract::new("__Host-Http-session", "__Host-Http-basket");
    let app =
        App::named(&env::var("APP")?).ok_or_else(|| Error::msg("APP names no kind of server"))?;
    let state = env::var("STATE")?;
    contract.resume(&fs::read_to_string(&state).unwrap_or_default());
    let controls = request.uri().path().starts_with("/control/");
    let response = wstd_axum::serve(request, layered(routes(), app, contract.clone())).await?;
    if controls {
        fs::write(&state, contract.saved())?;
    }
    Ok(response)
}
