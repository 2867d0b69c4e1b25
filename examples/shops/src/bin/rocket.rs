//! The shop on Rocket: `cargo run -p sealed-session-shops --bin rocket`.

use rocket::config::LogLevel;
use rocket::fairing::AdHoc;
use rocket::form::{Form, FromForm};
use rocket::response::Redirect;
use rocket::response::content::RawHtml;
use rocket::response::status::NotFound;
use rocket::{Config, Either, Orbit, Rocket, get, post, routes, uri};
use sealed_session::adapter::rocket::SessionFairing;
use sealed_session::{Level, Session, SessionError, Sessions};
use shop::{Article, Visit};
use std::error::Error;

#[rocket::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sessions = Sessions::<Visit>::builder(shop::ring()?).build()?;
    let address = shop::address()?;
    // Quieter than Rocket is by itself, so that the shop's own line is the first.
    let config = Config {
        address: address.ip(),
        port: address.port(),
        log_level: LogLevel::Critical,
        ..Config::default()
    };
    let app = rocket::custom(config)
        .mount("/", routes![index, sign_in, add, sign_out])
        .attach(SessionFairing::new(sessions));

    let announce = |rocket: &Rocket<Orbit>| shop::announce("Rocket", rocket.config().port);
    app.attach(AdHoc::on_liftoff("announce", move |rocket| {
        Box::pin(async move { announce(rocket) })
    }))
    .launch()
    .await?;
    Ok(())
}

#[get("/")]
fn index(session: Session<Visit>) -> Result<RawHtml<String>, SessionError> {
    let flashes = session.take_flashes()?;
    Ok(RawHtml(session.read(|visit| shop::page("Rocket", visit, &flashes))))
}

#[derive(FromForm)]
struct SignIn {
    name: String,
}

#[post("/sign-in", data = "<form>")]
fn sign_in(session: Session<Visit>, form: Form<SignIn>) -> Result<Redirect, SessionError> {
    // A new id and a new time of creation: here, where the visitor has just proved who they are,
    // and nowhere else.
    session.renew()?;
    session.update(|visit| visit.sign_in(&form.name))?;
    Ok(Redirect::to(uri!(index)))
}

#[derive(FromForm)]
struct Add {
    article: String,
}

#[post("/cart", data = "<form>")]
fn add(
    session: Session<Visit>,
    form: Form<Add>,
) -> Result<Either<Redirect, NotFound<&'static str>>, SessionError> {
    let Some(article) = Article::named(&form.article) else {
        return Ok(Either::Right(NotFound("There is no such article.\n")));
    };
    session.update(|visit| visit.add(article))?;
    session.flash(Level::SUCCESS, format!("{} is in your cart.", article.name()))?;
    Ok(Either::Left(Redirect::to(uri!(index))))
}

#[post("/sign-out")]
fn sign_out(session: Session<Visit>) -> Result<Redirect, SessionError> {
    // The session ends here; the message goes into a new one, whose cookie goes with the page that
    // shows it.
    session.purge()?;
    session.flash(Level::INFO, "Signed out.")?;
    Ok(Redirect::to(uri!(index)))
}
