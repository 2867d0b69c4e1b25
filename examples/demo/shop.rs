//! The shop: how handlers use a typed session. Each asks for `Session<Visit>`, reads or updates it,
//! and sends the visitor back to the page; the layer puts what changed into the response.

use crate::Demo;
use crate::visit::{Article, Colour, Line, Visit};
use axum::extract::Form;
use axum::response::Redirect;
use axum::{Router, routing::post};
use sealed_session::{Level, Session, SessionError};
use serde::Deserialize;

pub fn routes() -> Router<Demo> {
    Router::new()
        .route("/sign-in", post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/cart/add", post(add))
        .route("/cart/remove", post(remove))
        .route("/dedication", post(dedicate))
        .route("/too-much", post(write_too_much))
}

type Answer = Result<Redirect, SessionError>;

fn to_page() -> Redirect {
    Redirect::to("/")
}

#[derive(Deserialize)]
struct SignIn {
    name: String,
}

async fn sign_in(session: Session<Visit>, Form(form): Form<SignIn>) -> Answer {
    let name: String = form.name.trim().chars().take(40).collect();
    if name.is_empty() {
        session.flash(Level::WARNING, "Please enter a name. Any name works.")?;
        return Ok(to_page());
    }
    // A new id and a new time of creation: here, where visitors have just proved who they are (in a
    // real shop), and nowhere else.
    session.renew()?;
    session.flash(Level::SUCCESS, format!("Welcome, {name}."))?;
    session.update(|visit| visit.user = Some(name))?;
    Ok(to_page())
}

async fn sign_out(session: Session<Visit>) -> Answer {
    session.purge()?;
    session
        .flash(Level::INFO, "You are signed out, and your cart was deleted with the session.")?;
    Ok(to_page())
}

#[derive(Deserialize)]
struct Add {
    article: Article,
    colour: Option<Colour>,
    count: u16,
}

async fn add(session: Session<Visit>, Form(form): Form<Add>) -> Answer {
    let colour = form.colour.filter(|_| form.article.comes_in_colours());
    let line = Line { article: form.article, colour, count: form.count.clamp(1, 999) };
    let added = session.update(|visit| visit.cart.push(line));
    tell(&session, added, "Added to your cart.")
}

#[derive(Deserialize)]
struct Remove {
    line: usize,
}

async fn remove(session: Session<Visit>, Form(form): Form<Remove>) -> Answer {
    session.update(|visit| {
        if form.line < visit.cart.len() {
            visit.cart.remove(form.line);
        }
    })?;
    Ok(to_page())
}

#[derive(Deserialize)]
struct Dedication {
    text: String,
}

async fn dedicate(session: Session<Visit>, Form(form): Form<Dedication>) -> Answer {
    let text = Some(form.text).filter(|text| !text.trim().is_empty());
    let written = session.update(|visit| visit.dedication = text);
    tell(&session, written, "The dedication was saved in your session.")
}

/// A dedication that no cookie has room for: the update is refused, and the session stays as it
/// was.
async fn write_too_much(session: Session<Visit>) -> Answer {
    let written = session.update(|visit| visit.dedication = Some("For ever yours. ".repeat(300)));
    tell(&session, written, "The dedication fitted into the cookie.")
}

/// Leaves a message for the next page: that it is done, or that the session would have become too
/// large.
fn tell(session: &Session<Visit>, written: Result<(), SessionError>, done: &str) -> Answer {
    let told = match written {
        Ok(()) => session.flash(Level::SUCCESS, done),
        Err(too_large @ SessionError::TooLarge { .. }) => {
            session.flash(Level::ERROR, format!("Not saved: {too_large}."))
        }
        Err(error) => return Err(error),
    };
    match told {
        // A session filled to the brim has no room for a message either; what was written before is
        // kept all the same.
        Ok(()) | Err(SessionError::TooLarge { .. }) => Ok(to_page()),
        Err(error) => Err(error),
    }
}
