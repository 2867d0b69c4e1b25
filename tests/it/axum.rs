//! docs/rules.md §5.1, §5.7, §5.8, §5.10, §5.12 and §5.13 with the axum adapter, over real loopback
//! sockets: what is sent, and what a handle can do afterwards.

use crate::support::*;
use axum::Router;
use axum::body::Body;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use futures_util::stream;
use sealed_session::adapter::RequestSessions;
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::adapter::tower::session as session_of;
use sealed_session::clock::ManualClock;
use sealed_session::error::TicketError;
use sealed_session::{
    CrossOrigin, DeviceBound, Level, OpenError, SameSite, Session, SessionError, Sessions,
};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Barrier, mpsc};
use tower::{Layer, ServiceExt, service_fn};

async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// Everything that the server sends until it closes.
struct Reply(Vec<u8>);

impl Reply {
    fn text(&self) -> String {
        String::from_utf8(self.0.clone()).unwrap()
    }

    fn status(&self) -> u16 {
        self.text().split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn body(&self) -> String {
        self.text().split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    fn fields(&self, name: &str) -> Vec<String> {
        let text = self.text();
        let lines = text
            .split("\r\n\r\n")
            .next()
            .unwrap()
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "));
        lines
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_owned())
            .collect()
    }

    fn sets(&self) -> bool {
        self.fields("set-cookie").iter().any(|line| !line.contains("Max-Age=0"))
    }

    fn deletes(&self) -> bool {
        self.fields("set-cookie").iter().any(|line| line.contains("Max-Age=0"))
    }
}

/// A browser that opens a connection for each request.
struct Client {
    address: SocketAddr,
    cookies: Vec<(String, String)>,
}

impl Client {
    async fn of(app: Router) -> Self {
        Self { address: serve(app).await, cookies: Vec::new() }
    }

    /// A browser in which user 7 has already signed in.
    async fn signed_in(app: Router, sessions: &Sessions<Visit>) -> Self {
        let cookie = (sessions.cookie_name().to_owned(), sessions.seal(&visit(7)).unwrap());
        Self { cookies: vec![cookie], ..Self::of(app).await }
    }

    fn head(&self, method: &str, path: &str, fields: &str) -> String {
        let cookies: String = self
            .cookies
            .iter()
            .map(|(name, value)| format!("cookie: {name}={value}\r\n"))
            .collect();
        format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{cookies}{fields}\r\n")
    }

    async fn send(&mut self, method: &str, path: &str) -> Reply {
        self.send_with(method, path, "").await
    }

    async fn send_with(&mut self, method: &str, path: &str, fields: &str) -> Reply {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = self.head(method, path, &format!("{fields}connection: close\r\n"));
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let reply = Reply(bytes);
        for line in reply.fields("set-cookie") {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        reply
    }

    async fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path).await
    }
}

async fn show(session: Session<Visit>) -> String {
    session.read(|visit| format!("{:?} {:?}", visit.user, visit.cart))
}

async fn add(session: Session<Visit>) -> Result<String, SessionError> {
    session.update(|visit| {
        visit.cart.push(7);
        visit.cart.len().to_string()
    })
}

fn layered(sessions: &Sessions<Visit>, app: Router) -> Router {
    app.layer(SessionLayer::new(sessions.clone()))
}

fn shop() -> (Router, Sessions<Visit>, ManualClock) {
    let (sessions, clock) = sessions();
    let app = Router::new()
        .route("/show", get(show))
        .route("/add", post(add))
        .route("/answer/{status}", any(answer));
    (layered(&sessions, app), sessions, clock)
}

/// Writes, and answers with a status.
async fn answer(
    session: Session<Visit>,
    Path(status): Path<u16>,
) -> Result<StatusCode, SessionError> {
    session.update(|visit| visit.cart.push(1))?;
    Ok(StatusCode::from_u16(status).unwrap())
}

#[tokio::test]
async fn each_visitor_gets_their_own_session() {
    let (app, _, _) = shop();
    let mut one = Client::of(app.clone()).await;
    let mut two = Client::of(app).await;
    assert_eq!(one.send("POST", "/add").await.body(), "1");
    assert_eq!(one.send("POST", "/add").await.body(), "2");
    assert_eq!(two.send("POST", "/add").await.body(), "1");
    assert_eq!(one.get("/show").await.body(), "None [7, 7]");
}

#[tokio::test]
async fn an_untouched_response_is_the_one_without_the_layer() {
    let (sessions, clock) = sessions();
    let answer =
        || async { ([("x-mine", "1"), ("vary", "accept"), ("cache-control", "public")], "hello") };
    let app = Router::new().route("/", get(answer)).route("/empty", get(|| async {}));
    let mut without = Client::signed_in(app.clone(), &sessions).await;
    let mut with = Client::signed_in(layered(&sessions, app), &sessions).await;
    clock.advance(secs(2 * DAY));
    for path in ["/", "/empty", "/missing"] {
        let [a, b] = [without.get(path).await.text(), with.get(path).await.text()];
        let undated = |text: &str| {
            text.lines().filter(|line| !line.starts_with("date:")).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(undated(&a), undated(&b));
    }
}

#[tokio::test]
async fn extracting_a_session_does_not_change_the_response() {
    let (sessions, clock) = sessions();
    let app = Router::new().route("/", get(|_session: Session<Visit>| async { "hello" }));
    let mut client = Client::signed_in(layered(&sessions, app), &sessions).await;
    clock.advance(secs(2 * DAY));
    let reply = client.get("/").await;
    assert!(
        reply.fields("vary").is_empty()
            && reply.fields("cache-control").is_empty()
            && !reply.sets()
    );
}

#[tokio::test]
async fn a_missing_layer_is_500_and_the_log_names_it() {
    let log = logs::Log::listen();
    let reply = Client::of(Router::new().route("/", get(show))).await.get("/").await;
    assert_eq!((reply.status(), reply.body()), (500, String::new()));
    let log = log.text();
    assert!(
        log.contains("add .layer(SessionLayer::new(sessions))") && log.contains("Visit"),
        "{log}"
    );
}

#[tokio::test]
async fn a_misplaced_layer_is_500_and_the_log_gives_its_place() {
    let app = layered(&sessions().0, Router::new()).route("/", get(show));
    let log = logs::Log::listen();
    assert_eq!(Client::of(app).await.get("/").await.status(), 500);
    let log = log.text();
    assert!(
        log.contains("after the routes") && log.contains("only what was added before it"),
        "{log}"
    );
}

#[tokio::test]
async fn an_optional_session_is_none_only_without_a_layer() {
    async fn optional(session: Option<Session<Visit>>) -> String {
        session.map_or("no layer".to_owned(), |session| {
            format!("{:?}", session.read(|visit| visit.user))
        })
    }
    let log = logs::Log::listen();
    let app = || Router::new().route("/", get(optional));
    assert_eq!(Client::of(app()).await.get("/").await.body(), "no layer");
    let (sessions, _) = sessions();
    let baskets = Sessions::<Basket>::builder(ring()).cookie_name("basket").build().unwrap();
    assert_eq!(
        Client::of(app().layer(SessionLayer::new(baskets))).await.get("/").await.body(),
        "no layer"
    );
    assert_eq!(Client::of(layered(&sessions, app())).await.get("/").await.body(), "None");
    assert_eq!(
        Client::signed_in(layered(&sessions, app()), &sessions).await.get("/").await.body(),
        "Some(7)"
    );
    assert!(!log.text().contains("WARN"), "{}", log.text());
}

#[tokio::test]
async fn session_errors_answer_403_503_and_500() {
    async fn fail(Path(which): Path<String>) -> Result<(), SessionError> {
        Err(match &*which {
            "cross-site" => SessionError::CrossSite,
            "unreadable" => SessionError::Unreadable,
            "busy" => SessionError::Busy,
            "responded" => SessionError::Responded,
            "no-key" => SessionError::NoSealingKey,
            _ => SessionError::TooLarge { needed: 5000, allowed: 4093, largest: None },
        })
    }
    let mut client = Client::of(Router::new().route("/{which}", get(fail))).await;
    assert_eq!(client.get("/cross-site").await.status(), 403);
    let unreadable = client.get("/unreadable").await;
    assert_eq!(
        (unreadable.status(), unreadable.fields("retry-after")),
        (503, vec!["1".to_owned()])
    );
    for other in ["busy", "responded", "no-key", "too-large"] {
        let reply = client.get(&format!("/{other}")).await;
        assert_eq!(
            (reply.status(), reply.body()),
            (500, String::new()),
            "the client learns nothing"
        );
    }
}

#[tokio::test]
async fn the_errors_of_seal_open_issue_and_commit_are_responses_too() {
    async fn ticket(session: Session<Visit>) -> Result<String, SessionError> {
        session.seal()
    }
    async fn redeem(
        State(sessions): State<Sessions<Visit>>,
        ticket: String,
    ) -> Result<String, OpenError> {
        sessions.open(&ticket).map(|visit| format!("{:?}", visit.user))
    }
    async fn fail(Path(which): Path<String>) -> Result<(), Response> {
        Err(match &*which {
            "seal" => SessionError::TooLarge { needed: 5000, allowed: 4093, largest: None }
                .into_response(),
            "commit" => SessionError::HeadersFull.into_response(),
            "issue" => TicketError::NoSealingKey.into_response(),
            _ => refused().into_response(),
        })
    }
    fn refused() -> OpenError {
        let sessions = builder(&clock()).validate(|_, _| Err("signed out")).build().unwrap();
        sessions.open(&sessions.seal(&visit(7)).unwrap()).unwrap_err()
    }
    let (sessions, _) = sessions();
    let app = Router::new()
        .route("/ticket", get(ticket))
        .route("/redeem", post(redeem))
        .route("/fail/{which}", get(fail));
    let mut client =
        Client::signed_in(layered(&sessions, app.with_state(sessions.clone())), &sessions).await;
    let log = logs::Log::listen();
    let ticket = client.get("/ticket").await.body();
    for (body, answer) in [(&*ticket, (200, "Some(7)")), (&ticket[1..], (400, "")), ("", (400, ""))]
    {
        let mut stream = TcpStream::connect(client.address).await.unwrap();
        let length = format!("content-length: {}\r\nconnection: close\r\n", body.len());
        stream
            .write_all((client.head("POST", "/redeem", &length) + body).as_bytes())
            .await
            .unwrap();
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).await.unwrap();
        let reply = Reply(reply);
        assert_eq!((reply.status(), &*reply.body()), answer, "the client learns nothing");
    }
    for (which, status) in [("seal", 500), ("commit", 500), ("issue", 500), ("open", 400)] {
        let reply = client.get(&format!("/fail/{which}")).await;
        assert_eq!((reply.status(), reply.body()), (status, String::new()), "{which}");
    }
    let log = log.text();
    assert!(
        log.contains("DEBUG sealed_session: the sealed value does not open: refused, signed out"),
        "{log}"
    );
    assert!(
        log.lines().all(|line| !line.contains("does not open") || line.contains("DEBUG")),
        "{log}"
    );
}

#[tokio::test]
async fn a_cross_site_form_is_403_and_replaces_nothing() {
    let (app, _, _) = shop();
    let mut client = Client::of(app).await;
    let mut stream = TcpStream::connect(client.address).await.unwrap();
    let head = client.head("POST", "/add", "sec-fetch-site: cross-site\r\nconnection: close\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).await.unwrap();
    assert!(Reply(reply.clone()).status() == 403 && !Reply(reply).sets());
    assert_eq!(client.send("POST", "/add").await.status(), 200);
}

#[tokio::test]
async fn a_4xx_or_redirect_saves_and_a_5xx_does_not() {
    let (app, sessions, _) = shop();
    for (status, saves) in [
        (200, true),
        (303, true),
        (304, true),
        (404, true),
        (499, true),
        (500, false),
        (503, false),
    ] {
        let reply =
            Client::signed_in(app.clone(), &sessions).await.get(&format!("/answer/{status}")).await;
        assert_eq!((reply.status(), reply.sets()), (status, saves));
    }
    let login =
        |session: Session<Visit>| async move { session.set(visit(7)).map(|()| Redirect::to("/")) };
    let reply = Client::of(layered(&sessions, Router::new().route("/login", get(login))))
        .await
        .get("/login")
        .await;
    assert!(reply.status() == 303 && reply.sets());
}

#[tokio::test]
async fn a_purge_on_5xx_deletes() {
    let (sessions, _) = sessions();
    let app = Router::new().route(
        "/",
        get(|session: Session<Visit>| async move {
            (StatusCode::BAD_GATEWAY, session.purge().is_ok().to_string())
        }),
    );
    let reply = Client::signed_in(layered(&sessions, app), &sessions).await.get("/").await;
    assert!(reply.status() == 502 && reply.deletes());
}

#[tokio::test]
async fn head_saves_as_get_does() {
    let (app, sessions, clock) = shop();
    let mut client = Client::signed_in(app, &sessions).await;
    clock.advance(secs(2 * DAY));
    let reply = client.send("HEAD", "/show").await;
    assert!(reply.sets() && reply.body().is_empty());
}

// Layers.

#[tokio::test]
async fn the_same_layer_twice_commits_once() {
    let (app, sessions, _) = shop();
    let reply = Client::of(layered(&sessions, app)).await.send("POST", "/add").await;
    assert_eq!((reply.status(), reply.fields("set-cookie").len()), (200, 1));
}

#[tokio::test]
async fn a_layer_on_and_around_a_nested_router_commits_once() {
    let (inner, sessions, _) = shop();
    let outer = Router::new().nest("/shop", inner).route("/show", get(show));
    let mut client = Client::of(layered(&sessions, outer)).await;
    assert_eq!(client.send("POST", "/shop/add").await.fields("set-cookie").len(), 1);
    assert_eq!(client.get("/show").await.body(), "None [7]");
}

#[derive(Default, Serialize, Deserialize)]
struct Basket {
    items: u32,
}

#[tokio::test]
async fn two_types_with_two_cookies_work_side_by_side() {
    async fn both(visit: Session<Visit>, basket: Session<Basket>) -> Result<String, SessionError> {
        visit.update(|visit| visit.cart.push(1))?;
        basket.update(|basket| basket.items += 10)?;
        Ok(format!("{} {}", visit.cloned().cart.len(), basket.read(|basket| basket.items)))
    }
    let (sessions, _) = sessions();
    let baskets = Sessions::<Basket>::builder(ring()).cookie_name("basket").build().unwrap();
    let app =
        layered(&sessions, Router::new().route("/", get(both))).layer(SessionLayer::new(baskets));
    let mut client = Client::of(app).await;
    assert_eq!(client.get("/").await.fields("set-cookie").len(), 2);
    assert_eq!(client.get("/").await.body(), "2 20");
}

/// Returns the status of a request through both layers. The log must contain these words.
async fn conflict<A, B>(inner: Sessions<A>, outer: Sessions<B>, words: &[&str]) -> u16
where
    A: sealed_session::SessionData,
    B: sealed_session::SessionData,
{
    let log = logs::Log::listen();
    let app = Router::new()
        .route("/", get(|| async { "hello" }))
        .layer(SessionLayer::new(inner))
        .layer(SessionLayer::new(outer));
    let reply = Client::of(app).await.get("/").await;
    let log = log.text();
    assert!(words.iter().all(|word| log.contains(word)), "{log}");
    reply.status()
}

#[tokio::test]
async fn one_cookie_for_two_types_or_two_rings_is_500() {
    let (sessions, clock) = sessions();
    let other_type = Sessions::<Basket>::new(sessions.key_ring().clone()).unwrap();
    assert_eq!(conflict(sessions.clone(), other_type, &[NAME]).await, 500);
    let other_ring = builder(&clock).build().unwrap();
    assert_eq!(conflict(sessions.clone(), other_ring, &[NAME]).await, 500);
    assert_eq!(conflict(sessions.clone(), sessions, &[]).await, 200);
}

#[tokio::test]
async fn one_type_under_two_cookie_names_is_500() {
    let (sessions, clock) = sessions();
    let other_name = builder(&clock).cookie_name("other").build().unwrap();
    assert_eq!(conflict(sessions, other_name, &[NAME, "other", "Visit"]).await, 500);
}

#[tokio::test]
async fn one_path_of_the_device_endpoints_for_two_sessions_is_500() {
    let (_, clock) = sessions();
    let bound = |path| builder(&clock).device_bound(DeviceBound::at(path)).build().unwrap();
    let baskets = |path| {
        let builder = Sessions::<Basket>::builder(ring()).cookie_name("basket");
        builder.device_bound(DeviceBound::at(path)).build().unwrap()
    };
    let words = ["/dbsc/register", "another path", NAME, "basket"];
    assert_eq!(conflict(bound("/dbsc"), baskets("/dbsc"), &words).await, 500);
    assert_eq!(conflict(bound("/dbsc"), baskets("/other"), &[]).await, 200);
}

/// Returns the start of the body that answers a POST from another site.
async fn foreign_post(app: &Router, path: &str) -> (u16, String) {
    let request = Request::post(path).header("sec-fetch-site", "cross-site");
    let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 1024).await.unwrap();
    (status, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn in_a_nest_an_exempt_path_is_the_whole_one() {
    let passes = async |exempt: &str, path: &str| {
        let setting = CrossOrigin::refuse().exempt(exempt);
        let sessions = builder(&clock()).cross_origin(setting).build().unwrap();
        let inner = layered(&sessions, Router::new().route("/hooks", post(show)));
        let app = Router::new().nest("/shop", Router::new().nest("/api", inner));
        foreign_post(&app, path).await.0 == 200
    };
    assert!(passes("/shop/api/hooks", "/shop/api/hooks").await);
    assert!(passes("/shop/", "/shop/api/hooks").await);
    assert!(!passes("/hooks", "/shop/api/hooks").await);
    assert!(!passes("/api/hooks", "/shop/api/hooks").await);
}

#[tokio::test]
async fn the_device_endpoints_are_reached_by_their_whole_path() {
    let at = |path| builder(&clock()).device_bound(DeviceBound::at(path)).build().unwrap();
    let routes = || Router::new().route("/show", get(show));
    let nest = |inner| Router::new().nest("/shop", inner);
    let around = layered(&at("/dbsc"), nest(routes()));
    let without_fallback = nest(layered(&at("/shop/dbsc"), routes()));
    let with_fallback = nest(layered(&at("/shop/dbsc"), routes().fallback(StatusCode::NOT_FOUND)));
    let stripped = nest(layered(&at("/dbsc"), routes().fallback(StatusCode::NOT_FOUND)));
    let route_layer = routes().route_layer(SessionLayer::new(at("/dbsc")));
    let outside = Router::new().fallback_service(SessionLayer::new(at("/dbsc")).layer(routes()));
    for (app, path, is_reached) in [
        (&around, "/dbsc/register", true),
        (&around, "/shop/dbsc/register", false),
        (&with_fallback, "/shop/dbsc/register", true),
        (&without_fallback, "/shop/dbsc/register", false),
        (&stripped, "/shop/dbsc/register", false),
        (&route_layer, "/dbsc/register", false),
        (&outside, "/dbsc/register", true),
    ] {
        let (status, body) = foreign_post(app, path).await;
        assert_eq!(body.starts_with("device binding: "), is_reached, "{path}: {status} {body}");
        assert_eq!(status, if is_reached { 403 } else { 404 }, "{path}");
    }
}

#[tokio::test]
async fn each_mistake_is_warned_about_at_its_first_request() {
    // In a process of its own, because warnings are limited per minute for the whole process.
    const ALONE: &str = "SEALED_SESSION_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let name = "axum::each_mistake_is_warned_about_at_its_first_request";
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(ALONE, "1")
            .output();
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        return assert!(text.contains("1 passed"), "{text}");
    }
    let log = logs::Log::listen();
    let fails =
        get(|| async { SessionError::TooLarge { needed: 5000, allowed: 4093, largest: None } });
    let mut client =
        Client::of(Router::new().route("/missing", get(show)).route("/fails", fails)).await;
    client.get("/fails").await;
    client.get("/missing").await;
    let (sessions, clock) = sessions();
    conflict(sessions, builder(&clock).build().unwrap(), &["WARN"]).await;
    let log = log.text();
    assert_eq!(log.lines().filter(|line| line.contains("WARN")).count(), 2, "{log}");
}

#[tokio::test]
async fn events_are_counted_once_per_response() {
    let counts = Arc::new(std::sync::Mutex::new(Vec::new()));
    let counter = Arc::clone(&counts);
    let sessions = builder(&clock())
        .on_event(move |event| counter.lock().unwrap().push((event.name(), event.reason())))
        .build()
        .unwrap();
    let app = Router::new()
        .route("/show", get(show))
        .route("/add", post(add))
        .route("/answer/{status}", any(answer))
        .route("/untouched", get(|| async { "hello" }));
    let app = layered(&sessions, app);
    let taken = || std::mem::take(&mut *counts.lock().unwrap());
    let mut client = Client::of(app).await;
    client.send("POST", "/add").await;
    assert_eq!(taken(), [("created", None)]);
    client.get("/untouched").await;
    client.get("/missing").await;
    assert_eq!(taken(), []);
    client.get("/show").await;
    assert_eq!(taken(), [("restored", None)]);
    client.send("POST", "/answer/500").await;
    assert_eq!(taken(), [("restored", None)]);
    client.send("POST", "/answer/303").await;
    assert_eq!(taken(), [("restored", None), ("changed", None)]);
    client.cookies[0].1.push('!');
    client.get("/show").await;
    assert_eq!(taken(), [("rejected", Some("malformed"))]);
}

// Pages that other sites link to, under SameSite=Strict.

/// A request of a browser that follows a link, or posts a form, from `site`.
async fn from_site(client: &mut Client, method: &str, path: &str, site: &str) -> Reply {
    client
        .send_with(method, path, &format!("sec-fetch-site: {site}\r\nsec-fetch-mode: navigate\r\n"))
        .await
}

fn strict() -> (Router, Sessions<Visit>) {
    async fn landing(session: Session<Visit>) -> Result<Response, SessionError> {
        if let Some(page) = session.reload_page() {
            return Ok(page.into_response());
        }
        add(session).await.map(IntoResponse::into_response)
    }
    let sessions = builder(&clock()).same_site(SameSite::Strict).build().unwrap();
    let app = Router::new()
        .route("/landing", any(landing))
        .route("/add", any(add))
        .route("/show", get(show));
    (layered(&sessions, app), sessions)
}

#[tokio::test]
async fn under_strict_a_link_can_read_and_cannot_write() {
    let mut client = Client::of(strict().0).await;
    assert_eq!(from_site(&mut client, "GET", "/add", "cross-site").await.status(), 403);
    assert_eq!(from_site(&mut client, "GET", "/show", "cross-site").await.status(), 200);
}

#[tokio::test]
async fn the_reload_page_leads_a_link_to_the_visitors_session() {
    let (app, sessions) = strict();
    // A browser sends the cookie when the page refreshes itself, but not when it follows the link.
    let mut holds_it_back = Client::of(app).await;
    let first = from_site(&mut holds_it_back, "GET", "/landing?from=a+search", "cross-site").await;
    assert_eq!((first.status(), first.fields("cache-control")), (200, vec!["no-store".to_owned()]));
    assert_eq!(first.fields("content-type"), ["text/html; charset=utf-8"]);
    assert!(
        first.body().contains("<meta http-equiv=\"refresh\" content=\"0\">"),
        "{}",
        first.body()
    );
    assert!(
        first.fields("set-cookie").is_empty() && !first.body().contains("search"),
        "it repeats nothing of the request"
    );

    let mut new_visitor = Client { address: holds_it_back.address, cookies: Vec::new() };
    let second = from_site(&mut new_visitor, "GET", "/landing?from=a+search", "same-origin").await;
    assert!((second.status(), &*second.body()) == (200, "1") && second.sets());

    let value = sessions.seal(&Visit { cart: vec![1, 2], ..visit(7) }).unwrap();
    let mut signed_in =
        Client { address: holds_it_back.address, cookies: vec![(NAME.to_owned(), value)] };
    assert_eq!(from_site(&mut signed_in, "GET", "/landing", "same-origin").await.body(), "3");
}

#[tokio::test]
async fn the_reload_page_is_only_for_links_without_the_cookie() {
    let (app, sessions) = strict();
    let mut client = Client::of(app.clone()).await;
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        assert_eq!(
            from_site(&mut client, method, "/landing", "cross-site").await.status(),
            403,
            "{method}"
        );
    }
    let head = from_site(&mut client, "HEAD", "/landing", "cross-site").await;
    assert_eq!((head.status(), head.fields("cache-control")), (200, vec!["no-store".to_owned()]));
    for site in ["none", "same-site", "same-origin"] {
        let reply = from_site(&mut Client::of(app.clone()).await, "GET", "/landing", site).await;
        assert!(reply.sets() && reply.body() == "1", "{site}");
    }
    let with_the_cookie =
        from_site(&mut Client::signed_in(app, &sessions).await, "GET", "/landing", "cross-site")
            .await;
    assert!(with_the_cookie.sets() && with_the_cookie.body() == "1");
}

#[test]
fn the_reload_page_is_a_plain_http_response() {
    let (_, sessions) = strict();
    let page = sessions.load(raw_request("GET", Some(b"cross-site"), [])).reload_page().unwrap();
    let response: axum::http::Response<String> = page.into();
    assert_eq!(
        (response.status(), &response.headers()["cache-control"]),
        (page.status_code(), &"no-store".parse().unwrap())
    );
    assert_eq!(response.body(), page.body());
}

// What outlives the response.

/// What a handle reports after the response: it reads and does not write.
fn too_late(session: &Session<Visit>) -> String {
    format!("{:?} {:?}", session.cloned().user, session.update(|visit| visit.user = Some(8)))
}

const TOO_LATE: &str = "Some(7) Err(Responded)";

#[tokio::test]
async fn a_streaming_body_can_only_read_and_is_private() {
    async fn streamed(session: Session<Visit>) -> Body {
        Body::from_stream(stream::once(async move { Ok::<_, Infallible>(too_late(&session)) }))
    }
    let (sessions, clock) = sessions();
    let mut client =
        Client::signed_in(layered(&sessions, Router::new().route("/", get(streamed))), &sessions)
            .await;
    clock.advance(secs(2 * DAY));
    let reply = client.get("/").await;
    assert!(reply.body().contains(TOO_LATE), "{}", reply.body());
    assert_eq!(
        (reply.fields("vary"), reply.fields("cache-control")),
        (vec!["Cookie".into()], vec!["private".into()])
    );
    assert!(!reply.sets(), "commit opens nothing");
}

/// Leptos and Dioxus keep the request's parts for the page that they stream.
#[tokio::test]
async fn a_first_access_in_a_stream_is_refused() {
    async fn streamed(request: Request<Body>) -> Body {
        let (mut parts, _) = request.into_parts();
        Body::from_stream(stream::once(async move {
            let late = Session::<Visit>::from_request_parts(&mut parts, &()).await;
            Ok::<_, Infallible>(late.map_or_else(|error| error.to_string(), |_| "found".to_owned()))
        }))
    }
    let (sessions, _) = sessions();
    let app = layered(&sessions, Router::new().route("/", get(streamed)));
    let reply = Client::signed_in(app, &sessions).await.get("/").await;
    assert!(reply.fields("vary").is_empty(), "caches may keep it");
    let body = reply.body();
    assert!(body.contains("take a handle before the response begins"), "{body}");
    assert!(!body.contains("is registered for it"), "the layer is not missing: {body}");
}

#[tokio::test]
async fn server_sent_events_can_only_read() {
    async fn events(session: Session<Visit>) -> Result<Response, SessionError> {
        session.flash(Level::INFO, "listening")?;
        let event = async move { Ok::<_, Infallible>(Event::default().data(too_late(&session))) };
        Ok(Sse::new(stream::once(event)).into_response())
    }
    let (sessions, _) = sessions();
    let reply =
        Client::signed_in(layered(&sessions, Router::new().route("/", get(events))), &sessions)
            .await
            .get("/")
            .await;
    assert!(reply.sets() && reply.body().contains(TOO_LATE), "{}", reply.body());
    assert_eq!(reply.fields("cache-control"), ["no-cache, private"]);
}

#[tokio::test]
async fn a_websocket_upgrade_commits_and_its_socket_can_only_read() {
    async fn upgrade(
        session: Session<Visit>,
        ws: WebSocketUpgrade,
    ) -> Result<Response, SessionError> {
        session.update(|visit| visit.cart.push(1))?;
        Ok(ws.on_upgrade(async move |mut socket| {
            socket.send(Message::text(too_late(&session))).await.unwrap()
        }))
    }
    let (sessions, _) = sessions();
    let client =
        Client::signed_in(layered(&sessions, Router::new().route("/", get(upgrade))), &sessions)
            .await;
    let fields = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    let mut stream = TcpStream::connect(client.address).await.unwrap();
    stream.write_all(client.head("GET", "/", fields).as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    while !String::from_utf8_lossy(&bytes).contains(TOO_LATE) {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
    }
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let reply = Reply(bytes[..head + 4].to_vec());
    assert!(reply.status() == 101 && reply.sets());
}

#[tokio::test]
async fn a_task_can_only_read_after_the_response() {
    let (keep, mut kept) = mpsc::unbounded_channel();
    let keeping = |State(keep): State<mpsc::UnboundedSender<Session<Visit>>>,
                   session: Session<Visit>| async move {
        keep.send(session.clone()).unwrap();
    };
    let (sessions, _) = sessions();
    let app = Router::new().route("/", get(keeping)).with_state(keep);
    let reply = Client::signed_in(layered(&sessions, app), &sessions).await.get("/").await;
    assert_eq!(reply.fields("vary"), ["Cookie"], "a handle that is left counts as a touch");
    assert_eq!(too_late(&kept.recv().await.unwrap()), TOO_LATE);
}

/// Signals that the handler's future was dropped.
struct Gone(mpsc::UnboundedSender<()>);

impl Drop for Gone {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

#[tokio::test]
async fn a_cancelled_request_closes_its_session() {
    let (keep, mut kept) = mpsc::unbounded_channel();
    let (gone, mut is_gone) = mpsc::unbounded_channel();
    let waits = move |session: Session<Visit>| {
        let (keep, gone) = (keep.clone(), gone.clone());
        async move {
            let _gone = Gone(gone);
            keep.send(session).unwrap();
            std::future::pending::<()>().await;
        }
    };
    let (sessions, _) = sessions();
    let client =
        Client::signed_in(layered(&sessions, Router::new().route("/", get(waits))), &sessions)
            .await;
    let mut stream = TcpStream::connect(client.address).await.unwrap();
    stream.write_all(client.head("GET", "/", "").as_bytes()).await.unwrap();
    let session = kept.recv().await.unwrap();
    assert_eq!(session.update(|visit| visit.user), Ok(Some(7)), "while the request lives");
    drop(stream);
    is_gone.recv().await.unwrap();
    assert_eq!(too_late(&session), TOO_LATE);
}

#[tokio::test]
async fn a_panicking_handler_saves_nothing_and_closes_the_session() {
    let (keep, mut kept) = mpsc::unbounded_channel();
    let panics = move |session: Session<Visit>| {
        let keep = keep.clone();
        async move {
            session.update(|visit| visit.cart.push(1)).unwrap();
            keep.send(session).unwrap();
            if true {
                panic!("on purpose");
            }
        }
    };
    let (sessions, _) = sessions();
    let app = layered(&sessions, Router::new().route("/", get(panics)).route("/show", get(show)));
    let mut client = Client::signed_in(app, &sessions).await;
    assert!(client.get("/").await.0.is_empty());
    assert_eq!(too_late(&kept.recv().await.unwrap()), TOO_LATE);
    assert_eq!(client.get("/show").await.body(), "Some(7) []");
}

#[tokio::test]
async fn of_parallel_requests_the_last_response_wins() {
    let push = |State(both): State<Arc<Barrier>>,
                session: Session<Visit>,
                Path(item): Path<u32>| async move {
        session.update(|visit| visit.cart.push(item)).unwrap();
        both.wait().await;
    };
    let (sessions, _) = sessions();
    let app = Router::new().route("/{item}", get(push)).with_state(Arc::new(Barrier::new(2)));
    let mut one = Client::signed_in(layered(&sessions, app), &sessions).await;
    let mut two = Client { address: one.address, cookies: one.cookies.clone() };
    tokio::join!(one.get("/1"), two.get("/2"));
    let carts = [&one, &two].map(|client| sessions.open(&client.cookies[0].1).unwrap().cart);
    assert_eq!(carts, [vec![1], vec![2]]);
}

// Without a socket, for what a server would hide.

#[tokio::test]
async fn a_failing_service_commits_nothing_and_closes_the_session() {
    let (sessions, _) = sessions();
    let (keep, mut kept) = mpsc::unbounded_channel();
    let service = SessionLayer::new(sessions).layer(service_fn(move |request: Request<String>| {
        let session = session_of::<Visit>(request.extensions()).unwrap();
        session.set(visit(7)).unwrap();
        keep.send(session).unwrap();
        async { Err::<Response<String>, _>("broken") }
    }));
    assert_eq!(service.oneshot(Request::default()).await.unwrap_err(), "broken");
    assert_eq!(too_late(&kept.recv().await.unwrap()), TOO_LATE);
}

#[tokio::test]
async fn a_change_that_cannot_be_committed_is_500() {
    let service = |writes: bool| {
        SessionLayer::new(sessions().0).layer(service_fn(
            move |request: Request<String>| async move {
                if writes {
                    session_of::<Visit>(request.extensions()).unwrap().set(visit(7)).unwrap();
                }
                let (mut headers, mut number) = (HeaderMap::new(), 0);
                while headers
                    .try_insert(
                        HeaderName::try_from(format!("x-{number}")).unwrap(),
                        HeaderValue::from_static(""),
                    )
                    .is_ok()
                {
                    number += 1;
                }
                let mut response = Response::new("hello".to_owned());
                *response.headers_mut() = headers;
                Ok::<_, Infallible>(response)
            },
        ))
    };
    let lost = service(true).oneshot(Request::default()).await.unwrap();
    assert_eq!(
        (lost.status(), lost.headers().len(), &**lost.body()),
        (StatusCode::INTERNAL_SERVER_ERROR, 0, "")
    );
    let untouched = service(false).oneshot(Request::default()).await.unwrap();
    assert_eq!((untouched.status(), &**untouched.body()), (StatusCode::OK, "hello"));
}

#[tokio::test]
async fn a_session_that_no_handler_took_is_not_a_held_handle() {
    let (sessions, _) = sessions();
    let service = |as_handle: bool| {
        SessionLayer::new(sessions.clone()).layer(service_fn(
            move |request: Request<String>| async move {
                let parked = request.extensions().get::<RequestSessions>().unwrap().clone();
                let mut response = Response::new(String::new());
                if as_handle {
                    response.extensions_mut().insert(parked.session::<Visit>());
                }
                response.extensions_mut().insert(parked);
                Ok::<_, Infallible>(response)
            },
        ))
    };
    assert!(service(false).oneshot(Request::default()).await.unwrap().headers().is_empty());
    assert!(
        service(true).oneshot(Request::default()).await.unwrap().headers().contains_key("vary")
    );
}

#[tokio::test]
async fn a_handle_in_the_services_future_is_dropped_before_commit() {
    let service = SessionLayer::new(sessions().0).layer(service_fn(|request: Request<String>| {
        let held = session_of::<Visit>(request.extensions()).unwrap();
        std::future::poll_fn(move |_| {
            let _still_here_when_it_has_answered = &held;
            Poll::Ready(Ok::<_, Infallible>(Response::new(String::new())))
        })
    }));
    assert!(service.oneshot(Request::default()).await.unwrap().headers().is_empty());
}

// HTTP/2 in as few frames as possible.

#[tokio::test]
async fn all_cookie_fields_of_http_2_are_read() {
    let (app, sessions, _) = shop();
    let mut client = Client::signed_in(app, &sessions).await;
    let value = client.cookies.remove(0).1;
    let cookie = format!("{NAME}={value}");
    let field = |value: &str| {
        let length = if value.len() < 127 {
            vec![value.len() as u8]
        } else {
            vec![127, u8::try_from(value.len() - 127).unwrap()]
        };
        [&[0, 6][..], b"cookie", &length, value.as_bytes()].concat()
    };
    let path = [&[4, 5][..], b"/show"].concat(); // a literal for static entry 4, `:path`
    let headers = [
        &[0x82, 0x86][..],
        &path,
        &[1, 9],
        b"localhost",
        &field("a=1"),
        &field(&cookie),
        &field("b=2"),
    ]
    .concat();
    let frame =
        [&[0, (headers.len() >> 8) as u8, headers.len() as u8, 1, 5, 0, 0, 0, 1][..], &headers]
            .concat();
    let mut stream = TcpStream::connect(client.address).await.unwrap();
    stream
        .write_all(
            &[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[0, 0, 0, 4, 0, 0, 0, 0, 0][..], &frame]
                .concat(),
        )
        .await
        .unwrap();
    let body = loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        let mut payload = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
        stream.read_exact(&mut payload).await.unwrap();
        if head[3] == 0 {
            break payload; // DATA
        }
    };
    assert_eq!(String::from_utf8(body).unwrap(), "Some(7) []");
}
