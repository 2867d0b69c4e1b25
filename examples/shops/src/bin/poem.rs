//! The shop on Poem: `cargo run -p sealed-session-shops --bin poem`.

use poem::http::StatusCode;
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::web::{Form, Html, Redirect};
use poem::{EndpointExt, IntoResponse, Response, Route, Server, get, handler, post};
use sealed_session::adapter::poem::SessionMiddleware;
use sealed_session::{Level, Session, SessionError, Sessions};
use serde::Deserialize;
use shop::{Article, Visit};
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sessions = Sessions::<Visit>::builder(shop::ring()?).build()?;
    let app = Route::new()
        .at("/", get(index))
        .at("/sign-in", post(sign_in))
        .at("/cart", post(add))
        .at("/sign-out", post(sign_out))
        .with(SessionMiddleware::new(sessions));

    let listener = TcpListener::bind(shop::address()?).into_acceptor().await?;
    shop::announce("Poem", listener.local_addr()[0].as_socket_addr().ok_or("no address")?.port());
    Ok(Server::new_with_acceptor(listener).run(app).await?)
}

#[handler]
async fn index(session: Session<Visit>) -> Result<Html<String>, SessionError> {
    let flashes = session.take_flashes()?;
    Ok(Html(session.read(|visit| shop::page("Poem", visit, &flashes))))
}

#[derive(Deserialize)]
struct SignIn {
    name: String,
}

#[handler]
async fn sign_in(
    session: Session<Visit>,
    Form(form): Form<SignIn>,
) -> Result<Redirect, SessionError> {
    // A new id and a new time of creation: here, where the visitor has just proved who they are,
    // and nowhere else.
    session.renew()?;
    session.update(|visit| visit.sign_in(&form.name))?;
    Ok(Redirect::see_other("/"))
}

#[derive(Deserialize)]
struct Add {
    article: String,
}

#[handler]
async fn add(session: Session<Visit>, Form(form): Form<Add>) -> Result<Response, SessionError> {
    let Some(article) = Article::named(&form.article) else {
        return Ok("There is no such article.\n"
            .with_status(StatusCode::NOT_FOUND)
            .into_response());
    };
    session.update(|visit| visit.add(article))?;
    session.flash(Level::SUCCESS, format!("{} is in your cart.", article.name()))?;
    Ok(Redirect::see_other("/").into_response())
}

#[handler]
async fn sign_out(session: Session<Visit>) -> Result<Redirect, SessionError> {
    // The session ends here; the message goes into a new one, whose cookie goes with the page that
    // shows it.
    session.purge()?;
    session.flash(Level::INFO, "Signed out.")?;
    Ok(Redirect::see_other("/"))
}
