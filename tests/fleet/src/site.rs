//! The site: four routes, as plain as an application would write them. Every page says who it took
//! the visitor for.
//!
//! Two of them write for visitors who look anonymous, as redirects to a sign-in page with a message
//! do: on a server that cannot read a session, that is what puts an empty one in its place.

use crate::releases::Visit;
use axum::Router;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::{Level, Session, SessionError, Sessions};
use serde::Deserialize;

pub fn app<T: Visit>(sessions: Sessions<T>) -> Router {
    Router::new()
        .route("/", get(index::<T>))
        .route("/account", get(account::<T>))
        .route("/count", post(count::<T>))
        .route("/sign-in", post(sign_in::<T>))
        .layer(SessionLayer::new(sessions))
}

async fn index<T: Visit>(session: Session<T>) -> String {
    page(&session)
}

async fn account<T: Visit>(session: Session<T>) -> Result<Response, SessionError> {
    if session.read(|visit| visit.user().is_none()) {
        return to_sign_in(&session);
    }
    Ok(page(&session).into_response())
}

async fn count<T: Visit>(session: Session<T>) -> Result<Response, SessionError> {
    if session.read(|visit| visit.user().is_none()) {
        return to_sign_in(&session);
    }
    session.update(T::add)?;
    Ok(page(&session).into_response())
}

#[derive(Deserialize)]
struct SignIn {
    user: u32,
}

async fn sign_in<T: Visit>(
    session: Session<T>,
    Query(form): Query<SignIn>,
) -> Result<String, SessionError> {
    session.renew()?;
    session.update(|visit| visit.sign_in(form.user))?;
    Ok(page(&session))
}

fn to_sign_in<T: Visit>(session: &Session<T>) -> Result<Response, SessionError> {
    session.flash(Level::INFO, "Please sign in first.")?;
    Ok((StatusCode::SEE_OTHER, Redirect::to("/sign-in")).into_response())
}

/// `user 7 count 12`, or `stranger`.
fn page<T: Visit>(session: &Session<T>) -> String {
    session.read(|visit| match visit.user() {
        Some(user) => format!("user {user} count {}\n", visit.count()),
        None => "stranger\n".to_owned(),
    })
}
