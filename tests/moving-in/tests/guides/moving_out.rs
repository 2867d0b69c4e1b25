//! From ours to a database, and to axum-extra's `PrivateCookieJar`.

use crate::scenario::{OURS, moment, node};
use crate::sites::{Jar, serve};
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use axum_extra::extract::cookie::{Key, PrivateCookieJar};
use http::{HeaderMap, Method};
use sealed_session::clock::ManualClock;
use sealed_session::{KeyRing, OpenError, Sessions};
use sealed_session_moving_in::Visit;
use sealed_session_moving_in::export::row;
use sealed_session_moving_in::leaving::{DELETE_FROM, READ_UNTIL, delete_ours, visit};
use std::net::SocketAddr;
use std::time::Duration;
use time::OffsetDateTime;

fn signed_in() -> Visit {
    Visit { user: Some(7), cart: vec![3, 300] }
}

#[test]
fn a_cookie_becomes_a_row() {
    let sessions = Sessions::<Visit>::new(KeyRing::ephemeral().unwrap()).unwrap();
    let value = sessions.seal(&signed_in()).unwrap();
    assert_eq!(
        row(&sessions, &value).unwrap(),
        (Some(7), r#"{"user":7,"cart":[3,300]}"#.to_owned())
    );
    let other = Sessions::<Visit>::new(KeyRing::ephemeral().unwrap()).unwrap();
    assert!(row(&other, &value).unwrap_err().is::<OpenError>());
}

/// The application after it moved out.
#[derive(Clone)]
struct App {
    key: Key,
    ours: Sessions<Visit>,
    clock: ManualClock,
}

impl axum::extract::FromRef<App> for Key {
    fn from_ref(app: &App) -> Self {
        app.key.clone()
    }
}

async fn who(
    State(app): State<App>,
    method: Method,
    request: HeaderMap,
    jar: PrivateCookieJar,
) -> (PrivateCookieJar, HeaderMap, String) {
    let now = OffsetDateTime::UNIX_EPOCH + app.clock.now();
    let (visit, jar) = visit(jar, &app.ours, &method, &request, now);
    let mut response = HeaderMap::new();
    if now >= DELETE_FROM {
        delete_ours(&app.ours, &method, &request, &mut response).unwrap();
    }
    (jar, response, visit.user.map_or("nobody".to_owned(), |user| user.to_string()))
}

async fn sign_out(
    State(app): State<App>,
    method: Method,
    request: HeaderMap,
    jar: PrivateCookieJar,
) -> (PrivateCookieJar, HeaderMap) {
    let mut response = HeaderMap::new();
    delete_ours(&app.ours, &method, &request, &mut response).unwrap();
    (jar.remove("sid"), response)
}

fn server(app: App) -> SocketAddr {
    serve(Router::new().route("/who", get(who)).route("/sign-out", post(sign_out)).with_state(app))
}

#[test]
fn a_visitor_of_ours_is_signed_in_under_another_library() {
    let clock = ManualClock::at(moment(DELETE_FROM - time::Duration::weeks(1)));
    let ours = Sessions::<Visit>::builder(KeyRing::ephemeral().unwrap())
        .clock(clock.clone())
        .build()
        .unwrap();
    let key = Key::generate();
    let (before, after) =
        (node(&ours), server(App { key: key.clone(), ours: ours.clone(), clock: clock.clone() }));
    let came = Jar::with(OURS, &ours.seal(&signed_in()).unwrap());

    let mut visitor = came.clone();
    assert_eq!(visitor.ask(before, "GET /who"), "7");
    for server in [after, before, after, before] {
        assert_eq!(visitor.ask(server, "GET /who"), "7");
    }
    assert_eq!(visitor.names(), [OURS, "sid"]);
    let mut headers = HeaderMap::new();
    headers.insert("cookie", format!("sid={}", visitor.value("sid")).parse().unwrap());
    let sid = PrivateCookieJar::from_headers(&headers, key).get("sid").unwrap();
    assert_eq!(serde_json::from_str::<Visit>(sid.value()).unwrap(), signed_in());

    let mut leaving = visitor.clone();
    leaving.ask(after, "POST /sign-out");
    assert_eq!(leaving.ask(after, "GET /who"), "nobody");
    assert!(!leaving.names().contains(&OURS));

    // Never in place of a cookie of the new library that does not open.
    let mut forged = came.clone();
    forged.put("sid", "junk");
    assert_eq!(forged.ask(after, "GET /who"), "nobody");
    let mut stranger = Jar::with(
        OURS,
        &Sessions::new(KeyRing::ephemeral().unwrap()).unwrap().seal(&signed_in()).unwrap(),
    );
    assert_eq!(stranger.ask(after, "GET /who"), "nobody");

    clock.set(moment(DELETE_FROM));
    assert_eq!(visitor.ask(after, "GET /who"), "7");
    assert_eq!(visitor.names(), ["sid"]);
    assert_eq!(visitor.ask(after, "GET /who"), "7");

    let late = ours.seal(&signed_in()).unwrap();
    clock.set(moment(READ_UNTIL) - Duration::from_secs(1));
    assert_eq!(
        Jar::with(OURS, &late).ask(after, "GET /who"),
        "nobody",
        "it has been idle for two weeks: our limits hold here too"
    );
    let fresh = ours.seal(&signed_in()).unwrap();
    assert_eq!(Jar::with(OURS, &fresh).ask(after, "GET /who"), "7");
    clock.set(moment(READ_UNTIL));
    assert_eq!(Jar::with(OURS, &fresh).ask(after, "GET /who"), "nobody");
}
