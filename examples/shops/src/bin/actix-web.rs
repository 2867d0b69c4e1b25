//! The shop on actix-web: `cargo run -p sealed-session-shops --bin actix-web`.

use actix_web::http::StatusCode;
use actix_web::web::{Form, Html, Redirect};
use actix_web::{App, Either, HttpServer, get, post};
use sealed_session::adapter::actix_web::SessionMiddleware;
use sealed_session::{Level, Session, SessionError, Sessions};
use serde::Deserialize;
use shop::{Article, Visit};
use std::error::Error;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sessions = Sessions::<Visit>::builder(shop::ring()?).build()?;
    let app = move || {
        App::new()
            .service(index)
            .service(sign_in)
            .service(add)
            .service(sign_out)
            .wrap(SessionMiddleware::new(sessions.clone()))
    };

    let server = HttpServer::new(app).bind(shop::address()?)?;
    shop::announce("actix-web", server.addrs()[0].port());
    Ok(server.run().await?)
}

#[get("/")]
async fn index(session: Session<Visit>) -> Result<Html, SessionError> {
    let flashes = session.take_flashes()?;
    Ok(Html::new(session.read(|visit| shop::page("actix-web", visit, &flashes))))
}

#[derive(Deserialize)]
struct SignIn {
    name: String,
}

#[post("/sign-in")]
async fn sign_in(session: Session<Visit>, form: Form<SignIn>) -> Result<Redirect, SessionError> {
    // A new id and a new time of creation: here, where the visitor has just proved who they are,
    // and nowhere else.
    session.renew()?;
    session.update(|visit| visit.sign_in(&form.name))?;
    Ok(Redirect::to("/").see_other())
}

#[derive(Deserialize)]
struct Add {
    article: String,
}

#[post("/cart")]
async fn add(
    session: Session<Visit>,
    form: Form<Add>,
) -> Result<Either<Redirect, (&'static str, StatusCode)>, SessionError> {
    let Some(article) = Article::named(&form.article) else {
        return Ok(Either::Right(("There is no such article.\n", StatusCode::NOT_FOUND)));
    };
    session.update(|visit| visit.add(article))?;
    session.flash(Level::SUCCESS, format!("{} is in your cart.", article.name()))?;
    Ok(Either::Left(Redirect::to("/").see_other()))
}

#[post("/sign-out")]
async fn sign_out(session: Session<Visit>) -> Result<Redirect, SessionError> {
    // The session ends here; the message goes into a new one, whose cookie goes with the page that
    // shows it.
    session.purge()?;
    session.flash(Level::INFO, "Signed out.")?;
    Ok(Redirect::to("/").see_other())
}
