//! The shop: how handlers use a typed session. Each asks for `Session<Visit>`, reads or updates it,
//! and sends the visitor back to the page; the layer puts what changed into the response.

use crate::Demo;
use crate::page::Note;
use crate::visit::{Line, Visit};
use axum::extract::Form;
use axum::response::Redirect;
use axum::{Router, routing::post};
use base64::prelude::{BASE64_STANDARD_NO_PAD, Engine};
use sealed_session::{Level, Session, SessionError};
use serde::Deserialize;
use sha2::{Digest, Sha256};

pub fn routes() -> Router<Demo> {
    Router::new()
        .route("/sign-in", post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/cart/add", post(add))
        .route("/cart/remove", post(remove))
        .route("/letter", post(write))
        .route("/letter/long", post(write_much))
        .route("/letter/too-long", post(write_too_much))
}

/// Leads back to the part of the page that shows what the handler did.
type Answer = Result<Redirect, SessionError>;

#[derive(Deserialize)]
struct SignIn {
    name: String,
}

async fn sign_in(session: Session<Visit>, Form(form): Form<SignIn>) -> Answer {
    let name: String = form.name.trim().chars().take(40).collect();
    if name.is_empty() {
        return Ok(Note::NoName.redirect());
    }
    let welcome = format!("Welcome, {name}.");
    // A new id and a new time of creation, and bound to the device if the browser has a key: here,
    // where visitors have just proved who they are (in a real shop), and nowhere else.
    let written = session.renew().and_then(|()| session.update(|visit| visit.user = Some(name)));
    tell(&session, written, &welcome, "/#next")
}

async fn sign_out(session: Session<Visit>) -> Answer {
    session.purge()?;
    session
        .flash(Level::INFO, "You are signed out, and your cart was deleted with the session.")?;
    Ok(Redirect::to("/#next"))
}

async fn add(session: Session<Visit>, Form(line): Form<Line>) -> Answer {
    let added = session.update(|visit| visit.cart.push(line.checked()));
    tell(&session, added, "Added to your cart.", "/#sign-in")
}

#[derive(Deserialize)]
struct Remove {
    line: usize,
}

async fn remove(session: Session<Visit>, Form(form): Form<Remove>) -> Answer {
    let written = session.update(|visit| {
        if form.line < visit.cart.len() {
            visit.cart.remove(form.line);
        }
    });
    tell(&session, written, "Removed from your cart.", "/#sign-in")
}

#[derive(Deserialize)]
struct Letter {
    text: String,
}

async fn write(session: Session<Visit>, Form(form): Form<Letter>) -> Answer {
    let text = Some(form.text).filter(|text| !text.trim().is_empty());
    let written = session.update(|visit| visit.letter = text);
    tell(&session, written, "Your letter is in your session.", "/#size")
}

/// A letter that needs two cookies, or one if it is compressed.
async fn write_much(session: Session<Visit>) -> Answer {
    let text = include_str!("letter.txt").trim_end().to_owned();
    let written = session.update(|visit| visit.letter = Some(text));
    tell(&session, written, "Mr Darcy’s letter is in your session.", "/#size")
}

/// A letter that no two cookies hold, compressed or not: the update is refused, and the session
/// stays as it was.
async fn write_too_much(session: Session<Visit>) -> Answer {
    let digits =
        (0u32..240).map(|n| BASE64_STANDARD_NO_PAD.encode(Sha256::digest(n.to_le_bytes())));
    let written = session.update(|visit| visit.letter = Some(digits.collect()));
    tell(&session, written, "It fitted.", "/#size")
}

/// Leaves a message for the next page: that it is done, or that the session would have become too
/// large.
fn tell(
    session: &Session<Visit>,
    written: Result<(), SessionError>,
    done: &str,
    place: &str,
) -> Answer {
    let (told, otherwise) = match written {
        Ok(()) => (session.flash(Level::SUCCESS, done), Redirect::to(place)),
        Err(too_large @ SessionError::TooLarge { .. }) => {
            let told = session.flash(Level::ERROR, format!("Not saved: {too_large}."));
            (told, Note::NotSaved.redirect())
        }
        Err(error) => return Err(error),
    };
    match told {
        Ok(()) => Ok(Redirect::to(place)),
        // A session filled to the brim has no room for a message either; what was written before is
        // kept all the same.
        Err(SessionError::TooLarge { .. }) => Ok(otherwise),
        Err(error) => Err(error),
    }
}
