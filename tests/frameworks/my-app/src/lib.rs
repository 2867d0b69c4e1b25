//! The application that docs/testing.md tests. It lets visitors in who are signed in: `GET
//! /account` and `POST /add` are 401 for others. In axum and Rocket there are `POST /sign-in` and
//! `POST /sign-out` too.

use sealed_session::clock::{Clock, ManualClock};
use sealed_session::testing::{Visitor, ring};
use sealed_session::{BuildError, KeyRing, Session, SessionError, Sessions};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Default, Serialize, Deserialize)]
pub struct Visit {
    pub user: Option<u64>,
    pub cart: Vec<u32>,
}

/// `main` hands in `KeyRing::from_env_or_file("SESSION_KEYS")?` and `Clock::system()`.
pub fn sessions(ring: KeyRing, clock: Clock) -> Result<Sessions<Visit>, BuildError> {
    Sessions::builder(ring).idle_timeout(Duration::from_secs(3600)).clock(clock).build()
}

/// The application's sessions, the clock that they read, and a visitor who is signed in.
pub fn signed_in() -> (Sessions<Visit>, ManualClock, Visitor<Visit>) {
    let clock = ManualClock::at_system_time();
    let sessions = sessions(ring(), clock.clone().into()).unwrap();
    let visitor = Visitor::with(&sessions, &Visit { user: Some(7), cart: vec![] }).unwrap();
    (sessions, clock, visitor)
}

/// The status of `GET /account`.
fn account(session: &Session<Visit>) -> u16 {
    if session.read(|visit| visit.user.is_some()) { 200 } else { 401 }
}

/// The status of `POST /add`, which puts 7 into the cart.
fn add(session: &Session<Visit>) -> Result<u16, SessionError> {
    let status = account(session);
    if status == 200 {
        session.update(|visit| visit.cart.push(7))?;
    }
    Ok(status)
}

pub mod axum {
    use crate::Visit;
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::{get, post};
    use sealed_session::adapter::axum::SessionLayer;
    use sealed_session::{Level, Session, SessionError, Sessions};

    fn status(code: u16) -> StatusCode {
        StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    async fn account(session: Session<Visit>) -> StatusCode {
        status(crate::account(&session))
    }

    async fn add(session: Session<Visit>) -> Result<StatusCode, SessionError> {
        crate::add(&session).map(status)
    }

    async fn sign_in(session: Session<Visit>) -> Result<(), SessionError> {
        session.renew()?;
        session.update(|visit| visit.user = Some(7))?;
        session.flash(Level::SUCCESS, "Welcome back.")
    }

    async fn sign_out(session: Session<Visit>) -> Result<(), SessionError> {
        session.purge()
    }

    pub fn app(sessions: Sessions<Visit>) -> Router {
        Router::new()
            .route("/account", get(account))
            .route("/add", post(add))
            .route("/sign-in", post(sign_in))
            .route("/sign-out", post(sign_out))
            .layer(SessionLayer::new(sessions))
    }
}

pub mod actix {
    use crate::Visit;
    use actix_web::body::MessageBody;
    use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
    use actix_web::http::StatusCode;
    use actix_web::{App, Error, HttpResponse, web};
    use sealed_session::adapter::actix_web::SessionMiddleware;
    use sealed_session::{Session, SessionError, Sessions};

    fn status(code: u16) -> HttpResponse {
        HttpResponse::new(StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
    }

    async fn account(session: Session<Visit>) -> HttpResponse {
        status(crate::account(&session))
    }

    async fn add(session: Session<Visit>) -> Result<HttpResponse, SessionError> {
        crate::add(&session).map(status)
    }

    pub fn app(
        sessions: Sessions<Visit>,
    ) -> App<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<impl MessageBody>,
            Error = Error,
            InitError = (),
        >,
    > {
        App::new()
            .route("/account", web::get().to(account))
            .route("/add", web::post().to(add))
            .wrap(SessionMiddleware::new(sessions))
    }
}

pub mod rocket {
    use crate::Visit;
    use rocket::http::Status;
    use rocket::{Build, Rocket, get, post, routes};
    use sealed_session::adapter::rocket::SessionFairing;
    use sealed_session::{Session, SessionError, Sessions};

    #[get("/account")]
    fn account(session: Session<Visit>) -> Status {
        Status::new(crate::account(&session))
    }

    #[post("/add")]
    fn add(session: Session<Visit>) -> Result<Status, SessionError> {
        crate::add(&session).map(Status::new)
    }

    #[post("/sign-in")]
    fn sign_in(session: Session<Visit>) -> Result<(), SessionError> {
        session.renew()?;
        session.update(|visit| visit.user = Some(7))
    }

    #[post("/sign-out")]
    fn sign_out(session: Session<Visit>) -> Result<(), SessionError> {
        session.purge()
    }

    pub fn app(sessions: Sessions<Visit>) -> Rocket<Build> {
        rocket::build()
            .attach(SessionFairing::new(sessions))
            .mount("/", routes![account, add, sign_in, sign_out])
    }
}

pub mod poem {
    use crate::Visit;
    use poem::http::StatusCode;
    use poem::{Endpoint, EndpointExt, Route, get, handler, post};
    use sealed_session::adapter::poem::SessionMiddleware;
    use sealed_session::{Session, SessionError, Sessions};

    fn status(code: u16) -> StatusCode {
        StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    #[handler]
    fn account(session: Session<Visit>) -> StatusCode {
        status(crate::account(&session))
    }

    #[handler]
    fn add(session: Session<Visit>) -> Result<StatusCode, SessionError> {
        crate::add(&session).map(status)
    }

    pub fn app(sessions: Sessions<Visit>) -> impl Endpoint {
        Route::new()
            .at("/account", get(account))
            .at("/add", post(add))
            .with(SessionMiddleware::new(sessions))
    }
}

pub mod salvo {
    use crate::Visit;
    use salvo::prelude::*;
    use sealed_session::adapter::salvo::SessionHandler;
    use sealed_session::{Session, SessionError, Sessions};

    fn status(code: u16) -> StatusCode {
        StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    #[handler]
    async fn account(session: Session<Visit>, res: &mut Response) {
        res.status_code(status(crate::account(&session)));
    }

    #[handler]
    async fn add(session: Session<Visit>, res: &mut Response) -> Result<(), SessionError> {
        res.status_code(status(crate::add(&session)?));
        Ok(())
    }

    pub fn app(sessions: Sessions<Visit>) -> Service {
        let routes = Router::new()
            .push(Router::with_path("account").get(account))
            .push(Router::with_path("add").post(add));
        Service::new(routes).hoop(SessionHandler::new(sessions))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_shows_what_is_here() {
        let (page, here) = (include_str!("../../../../docs/testing.md"), include_str!("lib.rs"));
        let shown: Vec<&str> =
            page.split("```rust\n").skip(1).filter_map(|block| block.split("```").next()).collect();
        assert_eq!(shown.len(), 2);
        for block in shown {
            let (_, items) = block.split_once("\n\n").expect("items behind what they use");
            assert!(here.contains(items), "{items}");
        }
    }
}
