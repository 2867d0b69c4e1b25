//! What every library's visitor must find, whichever library it is.

use crate::sites::{Jar, serve};
use axum::Router;
use axum::routing::{get, post};
use http::{HeaderMap, Method};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::clock::ManualClock;
use sealed_session::{KeyRing, LoadStatus, Reason, Session, SessionError, Sessions};
use sealed_session_moving_in::Visit;
use sealed_session_moving_in::builder::{DELETE_FROM, READ_UNTIL, builder};
use std::net::SocketAddr;
use std::time::Duration;
use time::OffsetDateTime;

pub const OURS: &str = "__Host-Http-session";

/// The library's part.
pub struct Old<R> {
    /// Its application: `POST /sign-in` signs in user 7, `GET /who` answers `7` or `nobody`.
    pub server: SocketAddr,
    /// The same application under another key.
    pub elsewhere: SocketAddr,
    pub cookie: &'static str,
    /// The guide's function.
    pub read: R,
    /// What is to become of its session.
    pub visit: Visit,
}

/// The application after the move, on a node of its own.
pub fn node(sessions: &Sessions<Visit>) -> SocketAddr {
    async fn who(session: Session<Visit>) -> String {
        session.read(|visit| visit.user.map_or("nobody".to_owned(), |user| user.to_string()))
    }
    async fn status(session: Session<Visit>) -> String {
        format!("{:?}", session.load_status())
    }
    async fn sign_out(session: Session<Visit>) -> Result<(), SessionError> {
        session.purge()
    }
    let routes = Router::new()
        .route("/who", get(who))
        .route("/status", get(status))
        .route("/sign-out", post(sign_out));
    serve(routes.layer(SessionLayer::new(sessions.clone())))
}

pub fn moment(date: OffsetDateTime) -> Duration {
    Duration::from_secs(date.unix_timestamp().unsigned_abs())
}

/// Two weeks before the old cookies go.
pub fn deployment() -> ManualClock {
    ManualClock::at(moment(DELETE_FROM - time::Duration::weeks(2)))
}

pub fn run<R: Fn(&HeaderMap) -> Option<Visit> + Clone + Send + Sync + 'static>(old: Old<R>) {
    let clock = deployment();
    let ring = KeyRing::ephemeral().unwrap();
    let sessions =
        builder(ring, old.cookie, old.read.clone()).clock(clock.clone()).build().unwrap();
    let (first, second) = (node(&sessions), node(&sessions));

    let mut visitor = Jar::default();
    visitor.ask(old.server, "POST /sign-in");
    assert_eq!(visitor.names(), [old.cookie]);
    assert_eq!(visitor.ask(old.server, "GET /who"), "7");
    let before = visitor.clone();
    let kept = before.value(old.cookie);

    // The first request to a new node brings ours, and the old one stays.
    assert_eq!(visitor.ask(first, "GET /status"), "Imported");
    assert_eq!(sessions.open(visitor.value(OURS)).unwrap(), old.visit);
    assert_eq!(visitor.names(), [OURS, old.cookie]);
    assert_eq!(visitor.value(old.cookie), kept);
    assert_eq!(visitor.ask(second, "GET /status"), "Restored");

    // Half the fleet is rolled back.
    for server in [old.server, first, old.server, second, first, old.server] {
        assert_eq!(visitor.ask(server, "GET /who"), "7");
        assert_eq!(visitor.names(), [OURS, old.cookie]);
    }

    refuses(&sessions, &old, kept);
    ours_is_never_passed_over(&sessions, first, &old, kept);

    // Signing out ends both, at any time.
    let mut leaving = visitor.clone();
    leaving.ask(first, "POST /sign-out");
    assert!(leaving.names().is_empty(), "{:?}", leaving.names());
    assert_eq!(leaving.ask(second, "GET /who"), "nobody");
    let mut leaving_at_once = before.clone();
    leaving_at_once.ask(first, "POST /sign-out");
    assert!(leaving_at_once.names().is_empty());

    // The second before the date, nothing goes; from the date on, a mere look deletes the old one.
    clock.set(moment(DELETE_FROM) - Duration::from_secs(1));
    visitor.ask(first, "GET /who");
    assert_eq!(visitor.names(), [OURS, old.cookie]);
    clock.set(moment(DELETE_FROM));
    assert_eq!(visitor.ask(first, "GET /who"), "7");
    assert_eq!(visitor.names(), [OURS]);
    assert_eq!(visitor.ask(second, "GET /who"), "7");

    // Who comes now for the first time is let in all the same, until the last date.
    clock.set(moment(READ_UNTIL) - Duration::from_secs(1));
    let mut late = before.clone();
    assert_eq!(late.ask(second, "GET /who"), "7");
    assert_eq!(late.names(), [OURS]);
    clock.set(moment(READ_UNTIL));
    let mut too_late = before.clone();
    assert_eq!(too_late.ask(second, "GET /who"), "nobody");
    assert!(too_late.names().is_empty());
}

/// Neither a cookie with a character changed, nor one of another key, nor anything else that the
/// old library did not make.
fn refuses<R>(sessions: &Sessions<Visit>, old: &Old<R>, kept: &str) {
    assert_eq!(status(sessions, old.cookie, kept), LoadStatus::Imported);

    let mut stranger = Jar::default();
    stranger.ask(old.elsewhere, "POST /sign-in");
    assert_eq!(stranger.ask(old.elsewhere, "GET /who"), "7");
    let strange = stranger.value(old.cookie);
    assert_eq!(status(sessions, old.cookie, strange), LoadStatus::New, "under another key");
    let mut tries = Jar::with(old.cookie, strange);
    assert_eq!(tries.ask(old.server, "GET /who"), "nobody");

    // The last characters may hold bits that base64 does not use, and what iron-session does not
    // authenticate.
    for place in 0..kept.len() - 6 {
        let mut tampered = kept.as_bytes().to_vec();
        tampered[place] = if tampered[place] == b'7' { b'8' } else { b'7' };
        let tampered = String::from_utf8(tampered).unwrap();
        assert_eq!(status(sessions, old.cookie, &tampered), LoadStatus::New, "{tampered}");
    }
    for junk in ["", "7", "%", "=", "\u{e9}", &"A".repeat(4000), &kept[..kept.len() / 2]] {
        assert_eq!(status(sessions, old.cookie, junk), LoadStatus::New, "{junk}");
    }
}

fn ours_is_never_passed_over<R>(
    sessions: &Sessions<Visit>,
    node: SocketAddr,
    old: &Old<R>,
    kept: &str,
) {
    let other_ring =
        Sessions::<Visit>::new(KeyRing::ephemeral().unwrap()).unwrap().seal(&old.visit).unwrap();
    for (value, reason) in [("j.unk", Reason::Malformed), (&*other_ring, Reason::UnknownKey)] {
        let mut visitor = Jar::with(old.cookie, kept);
        visitor.put(OURS, value);
        assert_eq!(visitor.ask(node, "GET /who"), "nobody");
        assert_eq!(
            (visitor.value(OURS), visitor.value(old.cookie)),
            (value, kept),
            "nothing is replaced, nothing is lost"
        );
        let header = format!("{}={kept}; {OURS}={value}", old.cookie);
        assert_eq!(load(sessions, &header).load_status(), LoadStatus::Rejected(reason));
    }
}

pub fn status(sessions: &Sessions<Visit>, name: &str, value: &str) -> LoadStatus {
    load(sessions, &format!("{name}={value}")).load_status()
}

pub fn load(sessions: &Sessions<Visit>, cookies: &str) -> Session<Visit> {
    let mut headers = HeaderMap::new();
    headers.insert("cookie", http::HeaderValue::from_bytes(cookies.as_bytes()).unwrap());
    sessions.load((&Method::GET, &headers))
}
