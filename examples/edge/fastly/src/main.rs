//! The shop on Fastly Compute, with no adapter: fastly's requests and responses turn into those of
//! `http`, and back. README.md has the commands.

use fastly::{Body, SecretStore};
use http::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use http::{Method, Request, Response, StatusCode};
use sealed_session::adapter::ErrorResponse;
use sealed_session::{CrossOrigin, KeyRing, Level, Session, SessionError, Sessions};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shop::{Article, Visit};
use std::io::Read;

/// The store and the secret in it that holds the key ring.
const STORE: &str = "shop";
const SECRET: &str = "SESSION_KEYS";

fn main() {
    let request = fastly::Request::from_client().into();
    let response = sessions().map_or_else(
        |why| {
            eprintln!("cannot answer requests: {why}");
            plain(StatusCode::INTERNAL_SERVER_ERROR, "")
        },
        |sessions| answer(&sessions, request),
    );
    fastly::Response::from(response.map(Body::from)).send_to_client();
}

/// For each request, since each has an instance of its own: building takes microseconds.
fn sessions() -> Result<Sessions<Visit>, String> {
    let store =
        SecretStore::open(STORE).map_err(|why| format!("the secret store {STORE}: {why}"))?;
    let secret = store
        .try_get(SECRET)
        .map_err(|why| format!("the secret {SECRET} of the store {STORE}: {why}"))?;
    let text = secret
        .ok_or_else(|| format!("the secret {SECRET} is not in the store {STORE}: {FORMAT}"))?
        .plaintext();
    let text = std::str::from_utf8(&text)
        .map_err(|_| format!("the secret {SECRET} is not text: {FORMAT}"))?;
    let ring: KeyRing = text.parse().map_err(|why| format!("the secret {SECRET}: {why}"))?;
    let builder = Sessions::builder(ring).cross_origin(CrossOrigin::refuse());
    builder.build().map_err(|why| format!("the secret {SECRET}: {why}"))
}

const FORMAT: &str = "it must hold the key ring: ssk1.xchacha20poly1305.<43 characters of base64url>, several keys separated by semicolons";

/// What an adapter does around a handler: refuse requests of other origins, load the session from the
/// request, commit it on the response. If sessions are bound to the device, `answer_dbsc`
/// comes first.
fn answer(sessions: &Sessions<Visit>, request: Request<Body>) -> Response<String> {
    let (head, body) = request.into_parts();
    if let Err(refused) = sessions.check_cross_origin(&head) {
        return refused.into();
    }
    let session = sessions.load((&head.method, &head.headers));
    let answered = match (&head.method, head.uri.path()) {
        (&Method::GET | &Method::HEAD, "/") => index(&session),
        (&Method::POST, "/sign-in") => sign_in(&session, body),
        (&Method::POST, "/cart") => add(&session, body),
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
    response
}

fn index(session: &Session<Visit>) -> Result<Response<String>, SessionError> {
    let flashes = session.take_flashes()?;
    Ok(html(session.read(|visit| shop::page("Fastly Compute", visit, &flashes))))
}

#[derive(Deserialize)]
struct SignIn {
    name: String,
}

fn sign_in(session: &Session<Visit>, body: Body) -> Result<Response<String>, SessionError> {
    let Some(form) = form::<SignIn>(body) else {
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

fn add(session: &Session<Visit>, body: Body) -> Result<Response<String>, SessionError> {
    let Some(form) = form::<Add>(body) else {
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

fn form<T: DeserializeOwned>(body: Body) -> Option<T> {
    let mut bytes = Vec::new();
    body.take(8 * 1024).read_to_end(&mut bytes).ok()?;
    serde_urlencoded::from_bytes(&bytes).ok()
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
