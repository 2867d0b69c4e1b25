use axum::Router;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response, Result};
use axum::routing::{get, post};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::dbsc::{DeviceBinding, Skipped, Unproven};
use sealed_session::{Session, Sessions};

#[derive(Default, serde::Serialize, serde::Deserialize)]
pub struct Visit {
    pub user: Option<u64>,
}

pub fn app(sessions: Sessions<Visit>) -> Router {
    Router::new()
        .route("/account", get(account))
        .route("/sign-in", get(sign_in_page).post(sign_in))
        .route("/sign-in-again", post(sign_in_again))
        .layer(SessionLayer::new(sessions))
}

async fn account(session: Session<Visit>) -> Response {
    if let DeviceBinding::Unproven(why) = session.binding() {
        return not_checked(why);
    }
    match session.read(|visit| visit.user) {
        Some(user) => Html(format!("<p>You are user {user}.")).into_response(),
        None => Redirect::to("/sign-in").into_response(),
    }
}

/// Not "signed out": the session is still there.
fn not_checked(why: Unproven) -> Response {
    let advice = match why {
        // The response deletes the useless proof, so the browser gets a new one first.
        Unproven::Late | Unproven::Other => "Reload this page.",
        Unproven::Skipped(Skipped::QuotaExceeded) => "Wait ten minutes, then reload this page.",
        Unproven::Skipped(_) => "Wait a moment, then reload this page.",
        // The browser has lost its key. Or this is another browser, with a stolen cookie.
        _ => "Reload this page. If that does not help, sign in again.",
    };
    let page = format!(
        "<h1>We could not check this device</h1>
         <p>You are still signed in, but only on the device that you signed in with. {advice}
         <form method=post action=/sign-in-again><button>Sign in again</button></form>"
    );
    (StatusCode::FORBIDDEN, Html(page)).into_response()
}

/// Ends the session that cannot be proven, and the key that it was bound to.
async fn sign_in_again(session: Session<Visit>) -> Result<Redirect> {
    session.purge()?;
    Ok(Redirect::to("/sign-in"))
}

async fn sign_in_page(session: Session<Visit>) -> Html<&'static str> {
    session.offer_binding();
    Html("<form method=post><button>Sign in</button></form>")
}

/// After the password was checked.
async fn sign_in(session: Session<Visit>) -> Result<Redirect> {
    session.renew()?; // binds, if the browser has registered a key
    session.set(Visit { user: Some(7) })?;
    Ok(Redirect::to("/account"))
}
