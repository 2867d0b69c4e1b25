//! The shop on Cloudflare Workers, with axum. README.md has the commands.

use axum::Router;
use axum::body::Body;
use axum::extract::Form;
use axum::http::{Response, StatusCode};
use axum::response::{Html, IntoResponse, Redirect};
use axum::routing::{get, post};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::{CrossOrigin, KeyRing, Level, Session, SessionError, Sessions};
use serde::Deserialize;
use shop::{Article, Visit};
use std::sync::OnceLock;
use tower_service::Service;
use worker::{Context, Env, HttpRequest, event};

/// The secret that holds the key ring: `npx wrangler secret put SESSION_KEYS`.
const BINDING: &str = "SESSION_KEYS";

#[event(fetch)]
async fn fetch(request: HttpRequest, env: Env, _: Context) -> worker::Result<Response<Body>> {
    let sessions = match sessions(&env) {
        Ok(sessions) => sessions,
        Err(why) => {
            worker::console_error!("{why}");
            return Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response());
        }
    };
    let mut app = Router::new()
        .route("/", get(index))
        .route("/sign-in", post(sign_in))
        .route("/cart", post(add))
        .route("/sign-out", post(sign_out))
        .layer(SessionLayer::new(sessions));
    Ok(app.call(request).await?)
}

/// Built at an isolate's first request and not before: at global scope a Worker has no secrets, no
/// clock and no randomness. A new secret is a new deployment, whose isolates are new.
fn sessions(env: &Env) -> Result<Sessions<Visit>, String> {
    static SESSIONS: OnceLock<Sessions<Visit>> = OnceLock::new();
    if let Some(sessions) = SESSIONS.get() {
        return Ok(sessions.clone());
    }
    let secret =
        env.secret(BINDING).map_err(|_| format!("the secret {BINDING} is not bound: {FORMAT}"))?;
    let ring: KeyRing =
        secret.to_string().parse().map_err(|why| format!("the secret {BINDING}: {why}"))?;
    let sessions = Sessions::builder(ring)
        .cross_origin(CrossOrigin::refuse())
        .build()
        .map_err(|why| format!("the secret {BINDING}: {why}"))?;
    Ok(SESSIONS.get_or_init(|| sessions).clone())
}

const FORMAT: &str = "it must hold the key ring: ssk1.xchacha20poly1305.<43 characters of base64url>, several keys separated by semicolons";

async fn index(session: Session<Visit>) -> Result<Html<String>, SessionError> {
    let flashes = session.take_flashes()?;
    Ok(Html(session.read(|visit| shop::page("Cloudflare Workers", visit, &flashes))))
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

async fn add(
    session: Session<Visit>,
    Form(form): Form<Add>,
) -> Result<Response<Body>, SessionError> {
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
