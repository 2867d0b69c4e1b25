//! Forms that pages of other origins cannot post (CSRF), in askama.
//!
//! - The setting `cross_origin` refuses what pages of other origins post, before any handler runs.
//!   It protects the sign-in form too, which has no session: otherwise another site could sign the
//!   visitor in as somebody else.
//! - The forms of a signed-in visitor also have a token, for browsers that send neither
//!   `Sec-Fetch-Site` nor `Origin`, and for proxies that remove them. It belongs to the session's
//!   id, which `renew()` draws at sign-in. The handler verifies it before it changes anything.
//! - A visitor's token can be old: they signed in again in another tab. They get the form again,
//!   with what they typed and a new token.
//!
//! The sign-in takes any name: `sign_in_with_a_password` has the rest.
//!
//! `cargo run -p sealed-session-recipes --bin forms`

use crate::html::fields;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::error::{CsrfError, TicketError};
use sealed_session::{Builder, CrossOrigin, KeyRing, Session, SessionError, Sessions};
use serde::{Deserialize, Serialize};

/// The session.
#[derive(Default, Serialize, Deserialize)]
pub struct Visit {
    name: Option<String>,
    address: String,
}

/// The settings of the sessions.
pub fn sessions(ring: KeyRing) -> Builder<Visit> {
    Sessions::builder(ring).cross_origin(CrossOrigin::refuse())
}

pub fn app(sessions: Sessions<Visit>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/sign-in", post(sign_in))
        .route("/address", post(change_address))
        .route("/sign-out", post(sign_out))
        .layer(SessionLayer::new(sessions))
}

/// For a stranger. There is no token, and the page sets no cookie.
#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage;

/// For a signed-in visitor.
#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    name: String,
    address: String,
    message: &'static str,
    csrf: String,
}

async fn home(session: Session<Visit>) -> Result<Response, AppError> {
    let (name, address) = session.read(|visit| (visit.name.clone(), visit.address.clone()));
    let Some(name) = name else {
        return Ok((fields(), Html(SignInPage.render()?)).into_response());
    };
    account(&session, name, address, "")
}

fn account(
    session: &Session<Visit>,
    name: String,
    address: String,
    message: &'static str,
) -> Result<Response, AppError> {
    let page = AccountPage { name, address, message, csrf: session.csrf_token()? };
    Ok((fields(), Html(page.render()?)).into_response())
}

#[derive(Deserialize)]
struct SignIn {
    name: String,
}

async fn sign_in(
    session: Session<Visit>,
    Form(form): Form<SignIn>,
) -> Result<Redirect, SessionError> {
    session.renew()?; // a new id: tokens from before are refused from here on
    session.update(|visit| visit.name = Some(form.name))?;
    Ok(Redirect::to("/"))
}

#[derive(Deserialize)]
struct ChangeAddress {
    csrf: String,
    address: String,
}

async fn change_address(
    session: Session<Visit>,
    Form(form): Form<ChangeAddress>,
) -> Result<Response, AppError> {
    let Some(name) = session.read(|visit| visit.name.clone()) else {
        return Ok(Redirect::to("/").into_response()); // the session has ended: sign in
    };
    if session.verify_csrf(&form.csrf).is_err() {
        let page = account(&session, name, form.address, "The page was old. Please save again.")?;
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    }
    session.update(|visit| visit.address = form.address)?;
    Ok(Redirect::to("/").into_response())
}

#[derive(Deserialize)]
struct SignOut {
    csrf: String,
}

async fn sign_out(
    session: Session<Visit>,
    Form(form): Form<SignOut>,
) -> Result<Redirect, AppError> {
    session.verify_csrf(&form.csrf)?;
    session.purge()?;
    Ok(Redirect::to("/"))
}

/// Why a handler failed. The crate's errors keep their own responses.
enum AppError {
    Session(SessionError),
    /// 403.
    Csrf(CsrfError),
    /// A signed-in session without an id: a sign-in forgot `renew()`.
    Token(TicketError),
    Template(askama::Error),
}

impl From<SessionError> for AppError {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

impl From<CsrfError> for AppError {
    fn from(error: CsrfError) -> Self {
        Self::Csrf(error)
    }
}

impl From<TicketError> for AppError {
    fn from(error: TicketError) -> Self {
        Self::Token(error)
    }
}

impl From<askama::Error> for AppError {
    fn from(error: askama::Error) -> Self {
        Self::Template(error)
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        match self {
            Self::Session(error) => error.into_response(),
            Self::Csrf(error) => error.into_response(),
            Self::Token(error) => error.into_response(),
            Self::Template(error) => {
                eprintln!("a page cannot be rendered: {error}");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}
