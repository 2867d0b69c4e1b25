//! A shop whose visitors sign in, fill a cart and write a note of any length. Every form leads back
//! to the page, as in a real shop.

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::clock::ManualClock;
use sealed_session::{Expiry, LoadStatus, Session, SessionError, Sessions};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Default, Serialize, Deserialize)]
pub struct Visit {
    user: Option<String>,
    cart: Vec<String>,
    note: String,
}

pub fn app(sessions: Sessions<Visit>, clock: ManualClock) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/account", get(page))
        .route("/account/no-store", get(account_no_store))
        .route("/sign-in", post(sign_in))
        .route("/cart", post(add))
        .route("/note", post(write))
        .route("/sign-out", post(sign_out))
        .layer(SessionLayer::new(sessions))
        .route("/clock/{hours}", post(advance))
        .with_state(clock)
}

/// Shows the whole session, so that a test can compare it.
async fn page(session: Session<Visit>) -> Html<String> {
    let status = match session.load_status() {
        LoadStatus::Rejected(reason) => format!("Rejected: {}", reason.as_str()),
        status => format!("{status:?}"),
    };
    let (size, user, cart, note) = session.read(|visit| {
        let user = visit.user.clone().unwrap_or_default();
        let cart: String =
            visit.cart.iter().map(|article| format!("<li>{}</li>", text(article))).collect();
        (session.size(), text(&user), cart, text(&visit.note))
    });
    Html(format!(
        r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Shop</title>
<link rel="icon" href="data:,">
<p id="status">{status}</p>
<p id="size">{size}</p>
<p id="user">{user}</p>
<ul id="cart">{cart}</ul>
<form method="post" action="/sign-in">
<input name="name"><input name="remember" type="checkbox" checked><button>Sign in</button>
</form>
<form method="post" action="/cart"><input name="article"><button>Add</button></form>
<form method="post" action="/note"><textarea name="text">
{note}</textarea><button>Save</button></form>
<form method="post" action="/sign-out"><button>Sign out</button></form>
"#
    ))
}

/// The same page from a handler that forbids to store it.
async fn account_no_store(session: Session<Visit>) -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-store")], page(session).await)
}

type Answer = Result<Redirect, SessionError>;

fn to_page() -> Answer {
    Ok(Redirect::to("/"))
}

#[derive(Deserialize)]
struct SignIn {
    name: String,
    remember: Option<String>,
}

async fn sign_in(session: Session<Visit>, Form(form): Form<SignIn>) -> Answer {
    session.renew()?;
    let expiry = form.remember.map_or(Expiry::BrowserSession, |_| Expiry::Default);
    session.set_expiry(expiry)?;
    session.update(|visit| visit.user = Some(form.name))?;
    to_page()
}

#[derive(Deserialize)]
struct Add {
    article: String,
}

async fn add(session: Session<Visit>, Form(form): Form<Add>) -> Answer {
    session.update(|visit| visit.cart.push(form.article))?;
    to_page()
}

#[derive(Deserialize)]
struct Note {
    text: String,
}

async fn write(session: Session<Visit>, Form(form): Form<Note>) -> Result<Response, SessionError> {
    match session.update(|visit| visit.note = form.text) {
        Err(SessionError::TooLarge { needed, allowed, .. }) => {
            let answer = format!("needs {needed} bytes of {allowed}");
            Ok((StatusCode::PAYLOAD_TOO_LARGE, answer).into_response())
        }
        written => written.and_then(|()| to_page()).map(IntoResponse::into_response),
    }
}

async fn sign_out(session: Session<Visit>) -> Answer {
    session.purge()?;
    to_page()
}

/// Advances the clock of every session. Not a part of the shop, so it is outside of the layer.
async fn advance(State(clock): State<ManualClock>, Path(hours): Path<u64>) {
    clock.advance(Duration::from_secs(hours * 3600));
}

/// Escapes for HTML text.
fn text(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;")
}
