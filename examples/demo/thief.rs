//! What somebody does who has the visitor's cookie and not the key: flips a bit of it, or keeps a
//! copy and plays it back later.
//!
//! These routes lie outside the session layers: they set the cookie's raw value themselves. An
//! application never does that. The copy is kept in the visitor's browser, in a third cookie, since
//! this process keeps nothing about any visitor.

use crate::Demo;
use crate::envelope::{Envelope, Part, cookie};
use crate::page::Note;
use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::{Router, routing::post};
use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use serde::Deserialize;

/// Where the copy of a cookie lies.
pub const COPY: &str = "__Host-Http-copy";

pub fn routes() -> Router<Demo> {
    Router::new()
        .route("/bit/flip", post(flip))
        .route("/copy/keep", post(keep))
        .route("/copy/replay", post(replay))
        .route("/copy/forget", post(forget))
}

#[derive(Deserialize)]
struct Flip {
    part: Part,
}

async fn flip(State(demo): State<Demo>, headers: HeaderMap, Form(form): Form<Flip>) -> Response {
    let name = demo.visits.cookie_name();
    let Some(mut envelope) = cookie(&headers, name).and_then(Envelope::decode) else {
        return Note::NoCookie.redirect().into_response();
    };
    envelope.flip_lowest_bit_of_first_byte(form.part);
    (set_raw(name, envelope.encode()), Note::Flipped.redirect()).into_response()
}

async fn keep(State(demo): State<Demo>, headers: HeaderMap) -> Response {
    match cookie(&headers, demo.visits.cookie_name()) {
        Some(value) => (set_raw(COPY, value), Note::Kept.redirect()).into_response(),
        None => Note::NoCookie.redirect().into_response(),
    }
}

async fn replay(State(demo): State<Demo>, headers: HeaderMap) -> Response {
    match cookie(&headers, COPY) {
        Some(copy) => {
            (set_raw(demo.visits.cookie_name(), copy), Note::Replayed.redirect()).into_response()
        }
        None => Note::NoCopy.redirect().into_response(),
    }
}

async fn forget() -> Response {
    let gone = AppendHeaders([(SET_COOKIE, raw(COPY, "").max_age(Duration::ZERO).to_string())]);
    (gone, Note::Forgotten.redirect()).into_response()
}

fn set_raw(
    name: &str,
    value: impl AsRef<str>,
) -> AppendHeaders<[(axum::http::HeaderName, String); 1]> {
    // Longer than any session lives: its end is inside the seal, and no `Max-Age` can move it.
    AppendHeaders([(
        SET_COOKIE,
        raw(name, value.as_ref()).max_age(Duration::days(400)).to_string(),
    )])
}

/// The attributes that browsers ask of a name with `__Host-Http-`.
fn raw<'a>(name: &'a str, value: &'a str) -> cookie::CookieBuilder<'a> {
    Cookie::build((name, value)).path("/").secure(true).http_only(true).same_site(SameSite::Lax)
}
