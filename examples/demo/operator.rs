//! What an operator does: rotates keys, retires keys, and (in a demo) moves the clock. No handler
//! here touches a session: a new key reaches each visitor by itself, at their next write or
//! refresh.

use crate::Demo;
use crate::page::Note;
use crate::stored::{proof_deletions, set_cookies};
use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Router, routing::post};
use sealed_session::error::RingError;
use sealed_session::keys::Key;
use sealed_session::{KeyRing, Suite};
use serde::Deserialize;
use std::time::Duration;
use zeroize::Zeroizing;

pub fn routes() -> Router<Demo> {
    Router::new()
        .route("/keys/rotate", post(rotate))
        .route("/keys/retire", post(retire))
        .route("/clock/advance", post(advance))
        .route("/clock/reset", post(reset))
}

async fn rotate(State(demo): State<Demo>) -> Redirect {
    match with_new_key_first(&demo.ring).and_then(|new| demo.ring.replace(&new)) {
        Ok(()) => Note::Rotated.redirect(),
        Err(error) => refused(&error),
    }
}

async fn retire(State(demo): State<Demo>) -> Redirect {
    match with_first_key_alone(&demo.ring).and_then(|new| demo.ring.replace(&new)) {
        Ok(()) => Note::Retired.redirect(),
        Err(error) => refused(&error),
    }
}

/// A ring is a text with one key a line, and the first one seals (unless times say otherwise). In
/// production this text lies in a secret manager, and is read with `KeyRing::from_env_or_file`.
fn with_new_key_first(ring: &KeyRing) -> Result<KeyRing, RingError> {
    let key = Key::generate(Suite::Xaes256Gcm)?;
    Zeroizing::new(format!("{}\n{}", *key.expose_secret(), *ring.expose_secrets())).parse()
}

fn with_first_key_alone(ring: &KeyRing) -> Result<KeyRing, RingError> {
    ring.expose_secrets().lines().next().unwrap_or_default().parse()
}

fn refused(error: &RingError) -> Redirect {
    eprintln!("the ring was not changed: {error}");
    Note::RingRefused.redirect()
}

#[derive(Deserialize)]
struct Advance {
    hours: u32,
}

async fn advance(
    State(demo): State<Demo>,
    headers: HeaderMap,
    Form(form): Form<Advance>,
) -> Response {
    demo.clock.advance(Duration::from_secs(u64::from(form.hours.min(24 * 400)) * 60 * 60));
    // The proof of a device has ended by this clock, and not by the browser's. Without it, the
    // browser gets a new one before its next request.
    (set_cookies(proof_deletions(&headers)), Note::Advanced.redirect()).into_response()
}

async fn reset(State(demo): State<Demo>) -> Redirect {
    demo.clock.back_to_the_present();
    Note::Reset.redirect()
}
