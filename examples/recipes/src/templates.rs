//! Pages from a template engine, with flash messages: askama, whose templates the compiler checks,
//! and minijinja, which reads templates while the program runs. Both render the same two files of
//! `templates/`.
//!
//! - A template gets plain values. [`Message`] is a flash message as a template shows it: the
//!   level's name is the class of its style, and its role makes screen readers say it.
//! - A message may hold what a visitor typed. Both engines escape values in files that end in
//!   `.html`. Do not mark a message as safe, and do not build HTML in a message.
//! - The handler takes the messages and renders the page. If that fails, the response is a 500,
//!   which saves nothing, so the next page shows the messages.
//! - A page that shows a message removes it from the session, so its response sets the cookie. A
//!   page without messages does not.
//!
//! `cargo run -p sealed-session-recipes --bin templates`

use crate::html::fields;
use askama::Template;
use axum::extract::{OriginalUri, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Form, Router};
use minijinja::Environment;
use minijinja::value::Serde;
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::{
    Builder, CrossOrigin, Flash, KeyRing, Level, Session, SessionError, Sessions,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The session.
#[derive(Default, Serialize, Deserialize)]
pub struct Visit {
    notes: Vec<String>,
}

/// The settings of the sessions.
pub fn sessions(ring: KeyRing) -> Builder<Visit> {
    Sessions::builder(ring).cross_origin(CrossOrigin::refuse())
}

/// A flash message as templates show it.
#[derive(Serialize)]
struct Message {
    /// `debug`, `info`, `success`, `warning` or `error`.
    level: &'static str,
    /// `alert` interrupts a screen reader, `status` waits for it.
    role: &'static str,
    text: String,
}

impl From<Flash> for Message {
    fn from(flash: Flash) -> Self {
        let role = if flash.level >= Level::WARNING { "alert" } else { "status" };
        Self { level: flash.level.name(), role, text: flash.text }
    }
}

/// The values of `templates/notes.html`. askama reads the fields, and minijinja their
/// serialization.
#[derive(Template, Serialize)]
#[template(path = "notes.html")]
struct Notes {
    path: &'static str,
    messages: Vec<Message>,
    notes: Vec<String>,
}

impl Notes {
    fn take(session: &Session<Visit>, path: &'static str) -> Result<Self, SessionError> {
        let messages = session.take_flashes()?.into_iter().map(Message::from).collect();
        Ok(Self { path, messages, notes: session.read(|visit| visit.notes.clone()) })
    }
}

/// # Errors
/// A template does not parse.
pub fn app(sessions: Sessions<Visit>) -> Result<Router, minijinja::Error> {
    let mut templates = Environment::new();
    templates.add_template("messages.html", include_str!("../templates/messages.html"))?;
    templates.add_template("notes.html", include_str!("../templates/notes.html"))?;
    Ok(Router::new()
        .route("/", get(Redirect::to("/askama")))
        .route("/askama", get(askama_page).post(add))
        .route("/minijinja", get(minijinja_page).post(add))
        .layer(SessionLayer::new(sessions))
        .with_state(Arc::new(templates)))
}

async fn askama_page(session: Session<Visit>) -> Result<Response, PageError> {
    let page = Notes::take(&session, "/askama")?.render()?;
    Ok((fields(), Html(page)).into_response())
}

async fn minijinja_page(
    State(templates): State<Arc<Environment<'static>>>,
    session: Session<Visit>,
) -> Result<Response, PageError> {
    let notes = Notes::take(&session, "/minijinja")?;
    let page = templates.get_template("notes.html")?.render(Serde(notes))?;
    Ok((fields(), Html(page)).into_response())
}

#[derive(Deserialize)]
struct Note {
    text: String,
}

/// Back to the page that the form was on, which shows the message.
async fn add(
    session: Session<Visit>,
    OriginalUri(uri): OriginalUri,
    Form(note): Form<Note>,
) -> Result<Redirect, SessionError> {
    let text: String = note.text.trim().chars().take(40).collect();
    if text.is_empty() {
        session.flash(Level::ERROR, "Write something first.")?;
    } else {
        let known = session.read(|visit| visit.notes.contains(&text));
        session.update(|visit| visit.notes.push(text.clone()))?;
        if known {
            session.flash(Level::WARNING, format!("“{text}” is there twice now."))?;
        } else {
            session.flash(Level::SUCCESS, format!("“{text}” is noted."))?;
        }
    }
    Ok(Redirect::to(uri.path()))
}

/// Why there is no page.
enum PageError {
    /// The crate's own response is right: 403, 503 or 500.
    Session(SessionError),
    /// A value did not fit its template.
    Template(String),
}

impl From<SessionError> for PageError {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

impl From<askama::Error> for PageError {
    fn from(error: askama::Error) -> Self {
        Self::Template(error.to_string())
    }
}

impl From<minijinja::Error> for PageError {
    fn from(error: minijinja::Error) -> Self {
        Self::Template(error.to_string())
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        match self {
            Self::Session(error) => error.into_response(),
            Self::Template(why) => {
                eprintln!("a page cannot be rendered: {why}");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}
