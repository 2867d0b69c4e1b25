//! The application: handlers as they are written for tower-sessions, axum-login and axum-messages.
//! Only [`app`] knows of sealed sessions.

use crate::users::{Credentials, Users};
use axum::Form;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{Route, get, post};
use axum_login::{AuthManager, AuthSession, login_required, permission_required};
use axum_messages::{Messages, MessagesManagerLayer};
use sealed_session::{BuildError, CrossOrigin, KeyRing, Map, Sessions};
use sealed_session_tower_sessions::BridgeLayer;
use serde::Deserialize;
use tower::layer::layer_fn;
use tower_sessions::Session;

/// The settings of the sessions. They refuse forms that pages of other origins post, also the
/// sign-in form.
pub fn sessions(ring: KeyRing) -> Result<Sessions<Map>, BuildError> {
    Sessions::builder(ring).cross_origin(CrossOrigin::refuse()).build()
}

/// The application on sealed sessions.
pub fn app(users: Users, sessions: Sessions<Map>) -> Router {
    routes(users).layer(BridgeLayer::new(sessions))
}

/// The routes. They need a layer around them that provides a `tower_sessions::Session`.
pub fn routes(users: Users) -> Router {
    Router::new()
        .route("/orders/ship", post(ship).layer(permission_required!(Users, "ship")))
        .route("/orders", get(orders).layer(login_required!(Users, login_url = "/sign-in")))
        .route("/", get(home))
        .route("/sign-in", get(sign_in_form).post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/password", post(change_password))
        .layer(MessagesManagerLayer)
        // As axum-login's AuthManagerLayer does it, without the cookie that it would add.
        .layer(layer_fn(move |inner: Route| {
            AuthManager::new(inner, users.clone(), "axum-login.data")
        }))
        // The layers above read the session of each request that they see. This page is outside.
        .route("/about", get(async || "We ship."))
}

/// Any error of a session or of the users.
struct Failed;

impl<E: std::error::Error> From<E> for Failed {
    fn from(_: E) -> Self {
        Self // a real application logs it
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

async fn home(
    auth: AuthSession<Users>,
    messages: Messages,
    session: Session,
) -> Result<Html<String>, Failed> {
    let visits: u32 = session.get("visits").await?.unwrap_or(0) + 1;
    session.insert("visits", visits).await?;
    let messages: String = messages.map(|message| format!("<p><em>{message}</em>\n")).collect();
    let form = "<form method=post action=/sign-out><button>Sign out</button></form>";
    let who = match auth.user {
        Some(user) => format!("<p>You are {}. {form}", user.name),
        None => "<p>Nobody is signed in. <a href=/sign-in>Sign in</a>".to_owned(),
    };
    Ok(Html(format!("{messages}<p>Visit {visits}.\n{who}")))
}

async fn sign_in_form(messages: Messages) -> Html<String> {
    let messages: String = messages.map(|message| format!("<p><em>{message}</em>\n")).collect();
    Html(format!(
        "{messages}<form method=post><input name=name><input name=password type=password>\
         <button>Sign in</button></form>"
    ))
}

async fn sign_in(
    mut auth: AuthSession<Users>,
    messages: Messages,
    Form(credentials): Form<Credentials>,
) -> Result<Redirect, Failed> {
    let Some(user) = auth.authenticate(credentials).await? else {
        messages.error("The name or the password is wrong.");
        return Ok(Redirect::to("/sign-in"));
    };
    auth.login(&user).await?;
    messages.success(format!("Welcome, {}.", user.name));
    Ok(Redirect::to("/"))
}

async fn sign_out(mut auth: AuthSession<Users>, messages: Messages) -> Result<Redirect, Failed> {
    auth.logout().await?;
    messages.info("You are signed out.");
    Ok(Redirect::to("/"))
}

async fn orders() -> &'static str {
    "Orders: none."
}

async fn ship() -> &'static str {
    "Shipped."
}

#[derive(Deserialize)]
struct NewPassword {
    password: String,
}

/// Ends every other session of the user: their hash is no longer the user's.
async fn change_password(
    mut auth: AuthSession<Users>,
    messages: Messages,
    Form(form): Form<NewPassword>,
) -> Result<Response, Failed> {
    let Some(user) = auth.user.clone() else {
        return Ok(StatusCode::UNAUTHORIZED.into_response());
    };
    let id = axum_login::AuthUser::id(&user);
    let Some(user) = auth.backend.set_password(id, &form.password)? else {
        return Ok(StatusCode::UNAUTHORIZED.into_response());
    };
    auth.login(&user).await?; // this session goes on
    messages.success("The password was changed.");
    Ok(Redirect::to("/").into_response())
}
