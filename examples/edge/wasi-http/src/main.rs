//! The shop as a WASI-HTTP component, with axum. README.md has the commands.

use axum::Router;
use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::{CrossOrigin, KeyRing, Level, Session, SessionError, Sessions};
use serde::Deserialize;
use shop::{Article, Visit};

/// Called for each request, where the host starts an instance for each, as `wasmtime serve` does.
#[wstd_axum::http_server]
fn main() -> Router {
    match sessions() {
        Ok(sessions) => Router::new()
            .route("/", get(index))
            .route("/sign-in", post(sign_in))
            .route("/cart", post(add))
            .route("/sign-out", post(sign_out))
            .layer(SessionLayer::new(sessions)),
        Err(why) => {
            eprintln!("cannot answer requests: {why}");
            Router::new().fallback(async || StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

fn sessions() -> Result<Sessions<Visit>, String> {
    let ring = KeyRing::from_env("SESSION_KEYS").map_err(|why| format!("SESSION_KEYS: {why}"))?;
    let builder = Sessions::builder(ring).cross_origin(CrossOrigin::refuse());
    builder.build().map_err(|why| format!("SESSION_KEYS: {why}"))
}

async fn index(session: Session<Visit>) -> Result<Html<String>, SessionError> {
    let flashes = session.take_flashes()?;
    Ok(Html(session.read(|visit| shop::page("WASI-HTTP", visit, &flashes))))
}

#[derive(Deserialize)]
struct SignIn {
    name: String,
}

async fn sign_in(
    session: Session<Visit>,
    Form(form): Form<SignIn>,
) -> Result<Redirect, SessionError> {
    // A new id and a new time of creation: here, where the visitor has just proved who they are,
    // and nowhere else.
    session.renew()?;
    session.update(|visit| visit.sign_in(&form.name))?;
    Ok(Redirect::to("/"))
}

#[derive(Deserialize)]
struct Add {
    article: String,
}

async fn add(session: Session<Visit>, Form(form): Form<Add>) -> Result<Response, SessionError> {
    let Some(article) = Article::named(&form.article) else {
        return Ok((StatusCode::NOT_FOUND, "There is no such article.\n").into_response());
    };
    session.update(|visit| visit.add(article))?;
    session.flash(Level::SUCCESS, format!("{} is in your cart.", article.name()))?;
    Ok(Redirect::to("/").into_response())
}

async fn sign_out(session: Session<Visit>) -> Result<Redirect, SessionError> {
    // The session ends here; the message goes into a new one, whose cookie goes with the page that
    // shows it.
    session.purge()?;
    session.flash(Level::INFO, "Signed out.")?;
    Ok(Redirect::to("/"))
}
