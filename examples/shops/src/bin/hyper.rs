//! The shop on plain hyper, with no adapter: `cargo run -p sealed-session-shops --bin hyper`.

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use sealed_session::adapter::ErrorResponse;
use sealed_session::{Level, Session, SessionError, Sessions};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shop::{Article, Visit};
use std::convert::Infallible;
use std::error::Error;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sessions = Sessions::<Visit>::builder(shop::ring()?).build()?;

    let listener = TcpListener::bind(shop::address()?).await?;
    shop::announce("hyper", listener.local_addr()?.port());
    loop {
        let (stream, _) = listener.accept().await?;
        let sessions = sessions.clone();
        let service = service_fn(move |request| answer(sessions.clone(), request));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

/// What an adapter does around a handler: load the session from the request, commit it on the
/// response.
async fn answer(
    sessions: Sessions<Visit>,
    request: Request<Incoming>,
) -> Result<Response<String>, Infallible> {
    let (head, body) = request.into_parts();
    let session = sessions.load((&head.method, &head.headers));
    let answered = match (&head.method, head.uri.path()) {
        (&Method::GET | &Method::HEAD, "/") => index(&session),
        (&Method::POST, "/sign-in") => sign_in(&session, body).await,
        (&Method::POST, "/cart") => add(&session, body).await,
        (&Method::POST, "/sign-out") => sign_out(&session),
        _ => Ok(plain(StatusCode::NOT_FOUND, "There is no such page.\n")),
    };
    let mut response =
        answered.unwrap_or_else(|error| plain(ErrorResponse::from(&error).status_code(), ""));
    if let Err(error) = sessions.commit(&session, response.status(), response.headers_mut()) {
        // A lost write is never a 200. What is among the headers stays there: a purge is carried
        // out all the same.
        *response.status_mut() = ErrorResponse::after_commit(&error).status_code();
        response.body_mut().clear();
    }
    Ok(response)
}

fn index(session: &Session<Visit>) -> Result<Response<String>, SessionError> {
    let flashes = session.take_flashes()?;
    Ok(html(session.read(|visit| shop::page("hyper", visit, &flashes))))
}

#[derive(Deserialize)]
struct SignIn {
    name: String,
}

async fn sign_in(
    session: &Session<Visit>,
    body: Incoming,
) -> Result<Response<String>, SessionError> {
    let Some(form) = form::<SignIn>(body).await else {
        return Ok(plain(StatusCode::BAD_REQUEST, "A name is missing.\n"));
    };
    // A new id and a new time of creation: here, where the visitor has just proved who they are,
    // and nowhere else.
    session.renew()?;
    session.update(|visit| visit.sign_in(&form.name))?;
    Ok(see_other("/"))
}

#[derive(Deserialize)]
struct Add {
    article: String,
}

async fn add(session: &Session<Visit>, body: Incoming) -> Result<Response<String>, SessionError> {
    let Some(form) = form::<Add>(body).await else {
        return Ok(plain(StatusCode::BAD_REQUEST, "An article is missing.\n"));
    };
    let Some(article) = Article::named(&form.article) else {
        return Ok(plain(StatusCode::NOT_FOUND, "There is no such article.\n"));
    };
    session.update(|visit| visit.add(article))?;
    session.flash(Level::SUCCESS, format!("{} is in your cart.", article.name()))?;
    Ok(see_other("/"))
}

fn sign_out(session: &Session<Visit>) -> Result<Response<String>, SessionError> {
    // The session ends here; the message goes into a new one, whose cookie goes with the page that
    // shows it.
    session.purge()?;
    session.flash(Level::INFO, "Signed out.")?;
    Ok(see_other("/"))
}

// What a framework brings.

async fn form<T: DeserializeOwned>(body: Incoming) -> Option<T> {
    let body = Limited::new(body, 8 * 1024).collect().await.ok()?;
    serde_urlencoded::from_bytes(&body.to_bytes()).ok()
}

fn html(body: String) -> Response<String> {
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

fn plain(status: StatusCode, text: &str) -> Response<String> {
    let mut response = Response::new(text.to_owned());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

fn see_other(path: &'static str) -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(LOCATION, HeaderValue::from_static(path));
    response
}
