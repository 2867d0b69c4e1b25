//! The shop on Salvo: `cargo run -p sealed-session-shops --bin salvo`.

use salvo::prelude::*;
use sealed_session::adapter::salvo::SessionHandler;
use sealed_session::{Level, Session, SessionError, Sessions};
use serde::Deserialize;
use shop::{Article, Visit};
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sessions = Sessions::<Visit>::builder(shop::ring()?).build()?;
    let app = Router::new()
        .hoop(SessionHandler::new(sessions))
        .get(index)
        .push(Router::with_path("sign-in").post(sign_in))
        .push(Router::with_path("cart").post(add))
        .push(Router::with_path("sign-out").post(sign_out));

    let listener = TcpListener::new(shop::address()?).try_bind().await?;
    shop::announce("Salvo", listener.local_addr()?.port());
    Ok(Server::new(listener).try_serve(app).await?)
}

#[handler]
async fn index(session: Session<Visit>) -> Result<Text<String>, SessionError> {
    let flashes = session.take_flashes()?;
    Ok(Text::Html(session.read(|visit| shop::page("Salvo", visit, &flashes))))
}

#[derive(Deserialize, Extractible)]
#[salvo(extract(default_source(from = "body")))]
struct SignIn {
    name: String,
}

#[handler]
async fn sign_in(session: Session<Visit>, form: SignIn) -> Result<Redirect, SessionError> {
    // A new id and a new time of creation: here, where the visitor has just proved who they are,
    // and nowhere else.
    session.renew()?;
    session.update(|visit| visit.sign_in(&form.name))?;
    Ok(Redirect::other("/"))
}

#[derive(Deserialize, Extractible)]
#[salvo(extract(default_source(from = "body")))]
struct Add {
    article: String,
}

#[handler]
async fn add(session: Session<Visit>, form: Add, res: &mut Response) -> Result<(), SessionError> {
    let Some(article) = Article::named(&form.article) else {
        res.status_code(StatusCode::NOT_FOUND).render("There is no such article.\n");
        return Ok(());
    };
    session.update(|visit| visit.add(article))?;
    session.flash(Level::SUCCESS, format!("{} is in your cart.", article.name()))?;
    res.render(Redirect::other("/"));
    Ok(())
}

#[handler]
async fn sign_out(session: Session<Visit>) -> Result<Redirect, SessionError> {
    // The session ends here; the message goes into a new one, whose cookie goes with the page that
    // shows it.
    session.purge()?;
    session.flash(Level::INFO, "Signed out.")?;
    Ok(Redirect::other("/"))
}
