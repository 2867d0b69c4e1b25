//! A friendly page if a session does not fit its cookie. The crate's own answer is an empty 500;
//! an application whose sessions grow with what visitors do wraps [`SessionError`] in an error of
//! its own, and says what they can do about it.
//!
//! - A write that does not fit changes nothing: the session is as it was before that write, and so
//!   is the cookie.
//! - The page is a 4xx. What the handler wrote before the failed write is then saved. With a 5xx
//!   it would not be.
//! - `try_update` takes the same error, so that a rule of the application's own can refuse inside
//!   the closure, and `?` works on both.
//!
//! `cargo run -p sealed-session-recipes --bin too_large`

use crate::html::{Page, page, text};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::{Builder, CrossOrigin, KeyRing, Session, SessionError, Sessions};
use serde::{Deserialize, Serialize};

/// The session.
#[derive(Default, Serialize, Deserialize)]
pub struct Visit {
    notes: Vec<String>,
}

/// The settings of the sessions.
pub fn sessions(ring: KeyRing) -> Builder<Visit> {
    Sessions::builder(ring).cross_origin(CrossOrigin::refuse())
}

/// What a handler can fail with.
pub enum AppError {
    /// The note is no note.
    Empty,
    /// The session would need a cookie of so many bytes, and may have so many.
    TooLarge { needed: usize, allowed: usize },
    /// The session stands in the way: the crate's own answers are right (403, 503, 500).
    Session(SessionError),
}

impl From<SessionError> for AppError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::TooLarge { needed, allowed, .. } => Self::TooLarge { needed, allowed },
            other => Self::Session(other),
        }
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        match self {
            Self::Empty => {
                (StatusCode::UNPROCESSABLE_ENTITY, page("Nothing noted", "<p>Write something. <a href=\"/\">Back</a>"))
            }
            Self::TooLarge { needed, allowed } => {
                // In a cookie, four characters carry three bytes.
                let over = needed.saturating_sub(allowed).div_ceil(4) * 3;
                let body = format!(
                    "<p>Your notes are full: this one is about {over} characters too long. Your \
                     earlier notes are safe: <a href=\"/\">strike out some</a>, then enter this one again."
                );
                (StatusCode::PAYLOAD_TOO_LARGE, page("Your notes are full", &body))
            }
            Self::Session(error) => return error.into_response(),
        }
        .into_response()
    }
}

pub fn app(sessions: Sessions<Visit>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/notes", post(add))
        .route("/notes/strike", post(strike))
        .layer(SessionLayer::new(sessions))
}

#[derive(Deserialize)]
struct Note {
    text: String,
}

async fn add(session: Session<Visit>, Form(note): Form<Note>) -> Result<Redirect, AppError> {
    session.try_update(|visit| {
        let text = note.text.trim();
        if text.is_empty() {
            return Err(AppError::Empty);
        }
        visit.notes.push(text.to_owned());
        Ok(())
    })?;
    Ok(Redirect::to("/"))
}

#[derive(Deserialize)]
struct Strike {
    note: usize,
}

async fn strike(
    session: Session<Visit>,
    Form(Strike { note }): Form<Strike>,
) -> Result<Redirect, AppError> {
    session.update(|visit| {
        if note < visit.notes.len() {
            visit.notes.remove(note);
        }
    })?;
    Ok(Redirect::to("/"))
}

async fn home(session: Session<Visit>) -> Page {
    let line = |(number, note): (usize, &String)| {
        format!(
            "<li>{} <form method=\"post\" action=\"/notes/strike\"><button name=\"note\" value=\"{number}\">Strike out</button></form>",
            text(note)
        )
    };
    let notes: String = session.read(|visit| visit.notes.iter().enumerate().map(line).collect());
    let body = format!(
        "<ul>{notes}</ul><form method=\"post\" action=\"/notes\"><textarea name=\"text\"></textarea><button>Note</button></form>"
    );
    page("Notes", &body)
}
