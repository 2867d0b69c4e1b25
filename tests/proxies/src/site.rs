//! The site behind the proxies: sessions as large as they can be, pages of which some are cached,
//! and raw cookies of any size. Its responses carry the headers that sites usually add.
//!
//! Everything under `/without` is the same site without the response fields that keep sessions out
//! of shared caches. It shows what a cache does with them.

use crate::client::{Address, Answer, Protocol};
use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::{self, Next};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::{get, post};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::{Builder, KeyRing, Session, SessionError, Sessions};
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;

/// What sites add to every response.
const USUAL: [(&str, &str); 5] = [
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("content-security-policy", "default-src 'self'; frame-ancestors 'none'"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
];

/// The attributes of the default cookie.
const ATTRIBUTES: &str = "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=1209600";

/// Seconds that a cache may keep a page.
const CACHED: &str = "max-age=60";

#[derive(Default, Serialize, Deserialize)]
struct Visit {
    name: String,
    text: String,
}

/// A configuration of sessions.
pub struct Configuration {
    /// How the document calls it.
    pub name: &'static str,
    /// Where the site serves it.
    path: &'static str,
    configure: fn(Builder<Visit>) -> Builder<Visit>,
}

pub const CONFIGURATIONS: [Configuration; 4] = [
    Configuration {
        name: "`max_set_cookie_bytes(3600)`",
        path: "/one-shorter",
        configure: |builder| builder.max_set_cookie_bytes(3600),
    },
    Configuration { name: "default: one cookie", path: "/one", configure: |builder| builder },
    Configuration {
        name: "`max_cookies(2)`",
        path: "/two",
        configure: |builder| builder.max_cookies(2),
    },
    Configuration {
        name: "`max_cookies(4)`, `max_cookie_bytes(14_000)`",
        path: "/four",
        configure: |builder| builder.max_cookies(4).max_cookie_bytes(14_000),
    },
];

impl Configuration {
    /// Writes the largest session that the configuration admits. The body is its text.
    pub async fn fill(&self, server: Address) -> Answer {
        server.post(&format!("{}/fill", self.path), &[]).await
    }

    /// Reads the session of these cookies. The body is its text.
    pub async fn read(&self, server: Address, cookies: &[String]) -> Answer {
        server.get(&format!("{}/read", self.path), cookies).await
    }
}

/// Starts the site on a free port of loopback. It answers until the runtime ends.
pub async fn start() -> Address {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let app = app(port);
    tokio::spawn(async { axum::serve(listener, app).await });
    Address { port, protocol: Protocol::Http1 }
}

/// What [`start`]'s site at this port answers to `/ready`, and no other site.
pub fn ready(port: u16) -> String {
    format!("the site of process {} at port {port}", std::process::id())
}

fn app(port: u16) -> Router {
    let ring = KeyRing::ephemeral().unwrap();
    let mut app = Router::new()
        .route("/ready", get(move || async move { ready(port) }))
        .route("/raw/out", get(raw_out))
        .route("/raw/in", get(raw_in));
    for Configuration { path, configure, .. } in CONFIGURATIONS {
        let sessions = configure(Sessions::builder(ring.clone())).build().unwrap();
        let routes = Router::new().route("/fill", post(fill)).route("/read", get(read));
        app = app.nest(path, routes.layer(SessionLayer::new(sessions)));
    }
    let shop = Router::new()
        .route("/sign-in", post(sign_in))
        .route("/page", get(page))
        .route("/first", get(first))
        .route("/public", get(public))
        .layer(SessionLayer::new(Sessions::<Visit>::new(ring).unwrap()));
    let without = shop.clone().layer(middleware::map_response(without_caching_fields));
    app.nest("/shop", shop)
        .nest("/without", without)
        .layer(middleware::from_fn_with_state(Arc::default(), usual_headers))
}

/// Adds the usual headers, and a number that no other response has.
async fn usual_headers(
    State(count): State<Arc<AtomicUsize>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in USUAL {
        let name = HeaderName::from_static(name);
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    let id = format!("{:016}", count.fetch_add(1, Ordering::Relaxed));
    response.headers_mut().insert("x-request-id", id.parse().unwrap());
    response
}

/// Removes the caching fields that the crate added, and restores what the handlers below wrote.
async fn without_caching_fields(mut response: Response) -> Response {
    response.headers_mut().remove(VARY);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(CACHED));
    response
}

/// Bytes of the cookies to set, each as a whole line: `4000,3000`.
#[derive(Deserialize)]
struct Lines {
    lines: String,
}

/// Sets cookies of any size with the response that a session has.
async fn raw_out(Query(Lines { lines }): Query<Lines>) -> impl IntoResponse {
    let set = lines.split(',').enumerate().map(|(index, bytes)| {
        let name = cookie_name(index);
        let value = text(bytes.parse::<usize>().unwrap() - name.len() - 1 - ATTRIBUTES.len());
        (SET_COOKIE, format!("{name}={value}{ATTRIBUTES}"))
    });
    let set: Vec<_> = set.collect();
    ([(VARY, "Cookie"), (CACHE_CONTROL, "private")], AppendHeaders(set), text(1000))
}

/// The name of a session's piece.
pub fn cookie_name(index: usize) -> String {
    let name = "__Host-Http-session";
    if index == 0 { name.to_owned() } else { format!("{name}.{index}") }
}

/// Returns the bytes of all cookies that came, in the form in which HTTP/1.1 sends them.
async fn raw_in(headers: HeaderMap) -> String {
    let cookies: Vec<_> = headers.get_all(COOKIE).iter().collect();
    let joints = 2 * cookies.len().saturating_sub(1);
    (cookies.iter().map(|cookie| cookie.len()).sum::<usize>() + joints).to_string()
}

/// Writes the largest session that the configuration admits, to within three bytes of line, and
/// returns its text.
async fn fill(session: Session<Visit>) -> Result<String, SessionError> {
    let mut length = 0;
    while session.remaining() > 3 {
        // Four characters of line hold three bytes, and a further cookie has a name of its own.
        length += (session.remaining() / 2).max(1);
        session.update(|visit| visit.text = text(length))?;
    }
    Ok(text(length))
}

async fn read(session: Session<Visit>) -> String {
    session.read(|visit| visit.text.clone())
}

/// Text that no compression makes much shorter, the same for the same length.
pub fn text(length: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let characters = (0..length).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(ALPHABET[usize::try_from(state >> 58).unwrap()])
    });
    characters.collect()
}

#[derive(Deserialize)]
struct SignIn {
    name: String,
}

async fn sign_in(
    session: Session<Visit>,
    Query(form): Query<SignIn>,
) -> Result<String, SessionError> {
    session.renew()?;
    session.update(|visit| visit.name = form.name)?;
    Ok(greeting(&session))
}

/// A page that only reads the session, and says that it may be cached.
async fn page(session: Session<Visit>) -> impl IntoResponse {
    ([(CACHE_CONTROL, CACHED)], greeting(&session))
}

/// A page that gives a session to everybody who has none, and says that it may be cached.
async fn first(session: Session<Visit>) -> Result<impl IntoResponse, SessionError> {
    static VISITORS: AtomicUsize = AtomicUsize::new(0);
    if session.read(|visit| visit.name.is_empty()) {
        let name = format!("visitor {}", VISITORS.fetch_add(1, Ordering::Relaxed));
        session.update(|visit| visit.name = name)?;
    }
    Ok(([(CACHE_CONTROL, CACHED)], greeting(&session)))
}

/// A page without a session.
async fn public() -> impl IntoResponse {
    ([(CACHE_CONTROL, CACHED)], "the same for everybody")
}

fn greeting(session: &Session<Visit>) -> String {
    session.read(|visit| match &*visit.name {
        "" => "Hello, stranger".to_owned(),
        name => format!("Hello, {name}"),
    })
}
