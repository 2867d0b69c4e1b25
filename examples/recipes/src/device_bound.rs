//! Sessions that are bound to the visitor's device, so that a copied cookie is refused: an admin
//! area for such sessions alone, and a page for a visitor whose browser brought no proof.
//!
//! ```text
//! sign-in page ── offer_binding() ──▶ the browser registers a key, in the background
//! sign-in ─────── renew() ──────────▶ bound, if it had registered one by then
//! every page ──── binding() ── Unproven ──▶ 403, "Is this your device?"
//! admin area ──── require_binding() ── Unbound ──▶ 403, what it needs
//! ```
//! - **Only the sign-in page offers.** The browser makes its key while the visitor types.
//!   `SessionLayer` answers the browser's requests below `/dbsc` itself.
//! - **Unproven is not signed out.** The session is empty for this request, and the cookie stays.
//!   Mostly a reload is enough. So the middleware answers before the handlers, which would show the
//!   page of a visitor without a session, or redirect to the sign-in.
//! - **To sign in again, the session ends first.** Otherwise nothing would be offered to a browser
//!   that says why it has no proof, and the new session would be unbound.
//! - **Browsers without support** get an unbound session and all pages but the admin area.
//!
//! The sign-in takes any name: `sign_in_with_a_password` has the rest. Browsers bind over TLS only,
//! so `docs/device-bound.md` says what to put in front.
//!
//! `cargo run -p sealed-session-recipes --bin device_bound`

use crate::html::{Page, page, text};
use axum::extract::{FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::dbsc::{DeviceBinding, DeviceBound, Skipped, Unproven};
use sealed_session::{Builder, CrossOrigin, KeyRing, Session, SessionError, Sessions};
use serde::{Deserialize, Serialize};

/// The session.
#[derive(Default, Serialize, Deserialize)]
pub struct Visit {
    name: Option<String>,
}

/// The settings of the sessions.
pub fn sessions(ring: KeyRing) -> Builder<Visit> {
    Sessions::builder(ring)
        .cross_origin(CrossOrigin::refuse())
        .device_bound(DeviceBound::at("/dbsc"))
}

pub fn app(sessions: Sessions<Visit>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/admin", get(admin))
        .route_layer(from_fn(refuse_unproven)) // the routes above, and not the sign-in
        .route("/sign-in", get(sign_in_page).post(sign_in))
        .route("/sign-in-again", post(sign_in_again))
        .route("/sign-out", post(sign_out))
        .layer(SessionLayer::new(sessions))
}

/// Answers in the place of a handler if the session is bound and the request has no proof.
async fn refuse_unproven(session: Session<Visit>, request: Request, next: Next) -> Response {
    let DeviceBinding::Unproven(why) = session.binding() else { return next.run(request).await };
    // What the browser says of itself decides about words only.
    let advice = match why {
        Unproven::Skipped(Skipped::QuotaExceeded) => {
            "Your browser cannot confirm this device right now. Try again in ten minutes."
        }
        Unproven::Skipped(_) => "Your browser could not reach us for its proof. Try again.",
        _ => "Reload this page.",
    };
    let body = format!(
        "<p>You are signed in on one device, and this request came without its proof. {advice}\
         <form method=\"post\" action=\"/sign-in-again\">If that does not help: \
         <button>Sign in again</button></form>"
    );
    (StatusCode::FORBIDDEN, page("Is this your device?", &body)).into_response()
}

/// Ends the session that cannot be proven, and the key that it was bound to.
async fn sign_in_again(session: Session<Visit>) -> Result<Redirect, SessionError> {
    session.purge()?;
    Ok(Redirect::to("/sign-in"))
}

async fn sign_in_page(session: Session<Visit>) -> Page {
    session.offer_binding();
    page(
        "Sign in",
        "<form method=\"post\" action=\"/sign-in\"><label>Name <input name=\"name\" required></label> <button>Sign in</button></form>",
    )
}

#[derive(Deserialize)]
struct SignIn {
    name: String,
}

async fn sign_in(
    session: Session<Visit>,
    Form(SignIn { name }): Form<SignIn>,
) -> Result<Redirect, SessionError> {
    session.renew()?; // binds; a session that came unproven is replaced
    session.set(Visit { name: Some(name) })?;
    Ok(Redirect::to("/"))
}

async fn sign_out(session: Session<Visit>) -> Result<Redirect, SessionError> {
    session.purge()?;
    Ok(Redirect::to("/"))
}

/// A visitor whose session is bound to the device. A handler that takes an `Admin` runs only for
/// such a visitor. This recipe admits all of them: check here who is an administrator.
struct Admin(String);

impl<S: Send + Sync> FromRequestParts<S> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let session: Session<Visit> =
            Session::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let Some(name) = session.read(|visit| visit.name.clone()) else {
            return Err(Redirect::to("/sign-in").into_response());
        };
        session
            .require_binding()
            .map_err(|_| (StatusCode::FORBIDDEN, unbound()).into_response())?;
        Ok(Self(name))
    }
}

fn unbound() -> Page {
    page(
        "Not with this browser",
        "<p>The admin area needs a session that is bound to your device. \
         <a href=\"/sign-in\">Sign in again</a> with a browser that supports Device Bound Session Credentials.",
    )
}

async fn admin(Admin(name): Admin) -> Page {
    page("Admin area", &format!("<p>{}, this is …", text(name)))
}

async fn home(session: Session<Visit>) -> Page {
    let body = match session.read(|visit| visit.name.clone()) {
        None => "<p>Nobody is signed in. <a href=\"/sign-in\">Sign in</a>".to_owned(),
        Some(name) => format!(
            "<p>You are {}. <a href=\"/admin\">Admin area</a>\
             <form method=\"post\" action=\"/sign-out\"><button>Sign out</button></form>",
            text(name)
        ),
    };
    page("Home", &body)
}
