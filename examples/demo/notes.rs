//! The notes: a second session beside the typed one, in a cookie of its own. A `Map` holds any
//! value under a string, for those who come from Django, Rails or Express.

use crate::{Demo, page};
use axum::extract::Form;
use axum::response::Redirect;
use axum::{Router, routing::post};
use sealed_session::{Map, Session, SessionError};
use serde::{Deserialize, Serialize};

pub fn routes() -> Router<Demo> {
    Router::new()
        .route("/notes/write", post(write))
        .route("/notes/remove", post(remove))
        .route("/notes/clear", post(clear))
}

/// One value of the map. Values may be of different types; these happen to be of one.
#[derive(Serialize, Deserialize)]
pub struct Note {
    pub text: String,
    pub urgent: bool,
}

#[derive(Deserialize)]
struct Write {
    key: String,
    text: String,
    /// A box that is not ticked is not sent.
    urgent: Option<String>,
}

async fn write(notes: Session<Map>, Form(form): Form<Write>) -> Result<Redirect, SessionError> {
    match notes.insert(form.key, Note { text: form.text, urgent: form.urgent.is_some() }) {
        Ok(_) => Ok(Redirect::to("/#notes")),
        Err(SessionError::TooLarge { .. }) => Ok(page::Note::NotesAreFull.redirect()),
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
struct Remove {
    key: String,
}

async fn remove(notes: Session<Map>, Form(form): Form<Remove>) -> Result<Redirect, SessionError> {
    notes.delete(&form.key)?;
    Ok(Redirect::to("/#notes"))
}

async fn clear(notes: Session<Map>) -> Result<Redirect, SessionError> {
    notes.clear()?;
    Ok(Redirect::to("/#notes"))
}
