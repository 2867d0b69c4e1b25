//! "Sign out everywhere" for one user, where sessions are in cookies alone: each server holds in
//! memory since when each user's sessions count ([`signed_out`]), and asks that at every first
//! touch, with `Builder::validate`. A task reads the list from Redis in the background.
//!
//! - **No request waits for Redis** but the one that signs out everywhere, which writes to it and
//!   tells the visitor how that went.
//! - **The window.** The server that is asked refuses the user's other sessions at once. The others
//!   learn of it with their next look: at most `every` and the second and a half that a look may
//!   take, 10 s and a bit by default, and as long as Redis is away, or out of reach of one of them.
//!   So long a stolen cookie is good there, also to write with. A request that has begun is not cut
//!   off, nor is a WebSocket.
//! - **The time of creation is compared, not that of issue.** Within the window a server that has
//!   not heard may refresh the cookie, which moves `issued_at`: it would then be newer than the
//!   sign-out, and good for ever. `created_at` moves only with `renew()`, which belongs where the
//!   visitor has just proved who they are.
//! - **A second is the unit**: who signs in within the second of the sign-out would be refused, and
//!   is asked to wait for it to end. By as much as a server's clock was ahead when it signed the
//!   visitor in, that session may stay: keep clocks together.
//! - **A process reads the list before it serves**, and does not start without it.
//!
//! A button signs in as user 7. `sign_in_with_a_password`, of the recipes, has a sign-in, and a
//! number in the user's record for the same purpose: no window, for a look at the database with
//! every request.
//!
//! `SESSION_KEYS=… cargo run -p sealed-session-redis --bin sign_out_everywhere`

pub mod signed_out;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::{
    BuildError, CrossOrigin, KeyRing, LoadStatus, Reason, Session, SessionError, Sessions,
};
use serde::{Deserialize, Serialize};
use signed_out::SignedOut;
use std::time::{Duration, SystemTime};

/// The session.
#[derive(Default, Serialize, Deserialize)]
pub struct Visit {
    user: Option<u64>,
    requests: u64,
}

/// How long a session lives at all: so long Redis remembers who signed out.
pub const ABSOLUTE_TIMEOUT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// # Errors
/// As `build()`.
pub fn sessions(ring: KeyRing, signed_out: SignedOut) -> Result<Sessions<Visit>, BuildError> {
    Sessions::<Visit>::builder(ring)
        .absolute_timeout(ABSOLUTE_TIMEOUT)
        .cross_origin(CrossOrigin::refuse())
        .validate(move |info, visit| match visit.user {
            Some(user) if !signed_out.admits(user, info.created_at()) => {
                Err("signed out everywhere")
            }
            _ => Ok(()),
        })
        .build()
}

pub fn app(sessions: Sessions<Visit>, signed_out: SignedOut) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/count", post(count))
        .route("/sign-in", post(sign_in))
        .route("/sign-out-everywhere", post(sign_out_everywhere))
        .layer(SessionLayer::new(sessions))
        .route("/status", get(status))
        .with_state(signed_out)
}

async fn home(session: Session<Visit>) -> Html<String> {
    Html(match session.read(|visit| visit.user.map(|user| (user, visit.requests))) {
        Some((user, requests)) => {
            format!("<p>You are user {user}. {requests} requests in this session.{SIGNED_IN}")
        }
        None => {
            let why = match session.load_status() {
                LoadStatus::Rejected(Reason::Refused(why)) => format!(": {why}"),
                _ => String::new(),
            };
            format!("<p>Nobody is signed in{why}.{SIGN_IN}")
        }
    })
}

/// A write: the cookie is issued anew.
async fn count(session: Session<Visit>) -> Result<Redirect, SessionError> {
    session.update(|visit| visit.requests += 1)?;
    Ok(Redirect::to("/"))
}

#[derive(Deserialize)]
struct SignIn {
    user: u64,
}

async fn sign_in(
    State(signed_out): State<SignedOut>,
    session: Session<Visit>,
    Form(SignIn { user }): Form<SignIn>,
) -> Result<Response, SessionError> {
    if !signed_out.admits(user, SystemTime::now()) {
        return Ok((
            StatusCode::SERVICE_UNAVAILABLE,
            [(RETRY_AFTER, "1")],
            "Just signed out: try again.\n",
        )
            .into_response());
    }
    session.renew()?;
    session.set(Visit { user: Some(user), requests: 0 })?;
    Ok(Redirect::to("/").into_response())
}

async fn sign_out_everywhere(
    State(signed_out): State<SignedOut>,
    session: Session<Visit>,
) -> Result<Response, SessionError> {
    let Some(user) = session.read(|visit| visit.user) else {
        return Ok(StatusCode::UNAUTHORIZED.into_response());
    };
    let told = signed_out.sign_out(user).await;
    session.purge()?;
    Ok(match told {
        Ok(()) => Redirect::to("/").into_response(),
        // This server knows and will go on trying: neither done nor failed.
        Err(_) => (
            StatusCode::ACCEPTED,
            "Signed out here. Your other devices are signed out as soon as our servers receive the update.\n",
        )
            .into_response(),
    })
}

/// For the operator.
async fn status(State(signed_out): State<SignedOut>) -> String {
    format!("users {}\ntrouble {}", signed_out.len(), signed_out.trouble())
}

const SIGN_IN: &str = r#"<form method="post" action="/sign-in"><button name="user" value="7">Sign in as user 7</button></form>"#;

const SIGNED_IN: &str = r#"<form method="post" action="/count"><button>One more</button></form>
<form method="post" action="/sign-out-everywhere"><button>Sign out everywhere</button></form>"#;
