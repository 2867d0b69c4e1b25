//! What somebody does who has the visitor's cookie and not the key: flips a bit of it, or keeps a
//! copy and plays it back later.
//!
//! These routes lie outside the session layers: they set the cookies' raw values themselves. An
//! application never does that. The copy is kept in the visitor's browser, in cookies of its own,
//! since this process keeps nothing about any visitor.

use crate::Demo;
use crate::envelope::{Envelope, Part};
use crate::page::Note;
use crate::stored::{StoredValue, deletions, set_cookies};
use crate::visit::Visit;
use axum::extract::{Form, State};
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Router, routing::post};
use sealed_session::{LoadStatus, Sessions};
use serde::Deserialize;

/// The copy of a session.
const COPY: &str = "__Host-Http-copy";
/// Whether the copy was replayed.
const REPLAYED: &str = "__Host-Http-replayed";

pub fn routes() -> Router<Demo> {
    Router::new()
        .route("/bit/flip", post(flip))
        .route("/copy/keep", post(keep))
        .route("/copy/replay", post(replay))
        .route("/copy/forget", post(forget))
        .route("/start-over", post(start_over))
}

/// What the thief has.
pub struct Loot {
    pub copy: StoredValue,
    pub is_replayed: bool,
}

impl Loot {
    pub fn find(headers: &HeaderMap) -> Option<Self> {
        let copy = StoredValue::find(headers, COPY)?;
        Some(Self { copy, is_replayed: StoredValue::find(headers, REPLAYED).is_some() })
    }

    /// What becomes of the copy if a request brings it and no other cookie, as from the thief's own
    /// computer.
    pub fn sent_alone(&self, sessions: &Sessions<Visit>) -> LoadStatus {
        let mut headers = HeaderMap::new();
        let renamed = self.copy.renamed(sessions.cookie_name());
        let pairs = renamed.cookies.iter().map(|(name, piece)| format!("{name}={piece}"));
        let field = pairs.collect::<Vec<_>>().join("; ");
        if let Ok(field) = HeaderValue::try_from(field) {
            headers.insert(COOKIE, field);
        }
        sessions.load((&Method::GET, &headers)).load_status()
    }
}

#[derive(Deserialize)]
struct Flip {
    part: Part,
}

async fn flip(State(demo): State<Demo>, headers: HeaderMap, Form(form): Form<Flip>) -> Response {
    let Some(stored) = session_cookie(&demo, &headers) else { return nothing_to_take() };
    let Some(mut envelope) = Envelope::decode(&stored.value) else { return nothing_to_take() };
    envelope.flip_lowest_bit_of_first_byte(form.part);
    let flipped = stored.with_value(&envelope.encode());
    (set_cookies(flipped.lines()), Note::Flipped.redirect()).into_response()
}

async fn keep(State(demo): State<Demo>, headers: HeaderMap) -> Response {
    let Some(stored) = session_cookie(&demo, &headers) else { return nothing_to_take() };
    let mut lines = forget_lines(&headers);
    lines.extend(stored.renamed(COPY).lines());
    (set_cookies(lines), Note::Kept.redirect()).into_response()
}

async fn replay(State(demo): State<Demo>, headers: HeaderMap) -> Response {
    let Some(loot) = Loot::find(&headers) else { return Note::NoCopy.redirect().into_response() };
    let name = demo.visits.serving().cookie_name();
    let replayed = StoredValue::single(REPLAYED, "yes");
    let mut lines = deletions(&headers, name);
    lines.extend(loot.copy.renamed(name).lines());
    lines.extend(replayed.lines());
    (set_cookies(lines), Note::Replayed.redirect()).into_response()
}

async fn forget(headers: HeaderMap) -> Response {
    (set_cookies(forget_lines(&headers)), Note::Forgotten.redirect()).into_response()
}

/// Leaves the browser without the session and without the copy.
async fn start_over(State(demo): State<Demo>, headers: HeaderMap) -> Response {
    let mut lines = deletions(&headers, demo.visits.serving().cookie_name());
    lines.extend(forget_lines(&headers));
    (set_cookies(lines), Redirect::to("/#next")).into_response()
}

fn forget_lines(headers: &HeaderMap) -> Vec<String> {
    [deletions(headers, COPY), deletions(headers, REPLAYED)].concat()
}

fn session_cookie(demo: &Demo, headers: &HeaderMap) -> Option<StoredValue> {
    StoredValue::find(headers, demo.visits.serving().cookie_name())
}

fn nothing_to_take() -> Response {
    Note::NoCookie.redirect().into_response()
}
