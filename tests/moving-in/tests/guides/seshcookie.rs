//! From seshcookie.

use crate::scenario::{Old, deployment, run, status};
use crate::sites::serve;
use ::seshcookie::__testing::encode_cookie_for_layer;
use ::seshcookie::{Session, SessionConfig, SessionKeys, SessionLayer};
use axum::Router;
use axum::routing::{get, post};
use http::HeaderMap;
use sealed_session::{KeyRing, LoadStatus};
use sealed_session_moving_in::builder::builder;
use sealed_session_moving_in::{Visit, seshcookie};
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

fn visit() -> Visit {
    Visit { user: Some(7), cart: vec![3, 300] }
}

fn layer() -> SessionLayer<Visit> {
    let secret = cookie::Key::generate();
    SessionLayer::new(SessionKeys::new(secret.encryption()).unwrap(), SessionConfig::default())
        .unwrap()
}

fn server(layer: SessionLayer<Visit>) -> SocketAddr {
    let sign_in = |session: Session<Visit>| async move { session.insert(visit()).await };
    let who = |session: Session<Visit>| async move {
        session
            .get()
            .await
            .and_then(|visit| visit.user)
            .map_or("nobody".to_owned(), |user| user.to_string())
    };
    serve(Router::new().route("/sign-in", post(sign_in)).route("/who", get(who)).layer(layer))
}

#[test]
fn seshcookie() {
    let layer = layer();
    let (server, elsewhere) = (server(layer.clone()), server(self::layer()));
    let read = move |headers: &HeaderMap| seshcookie::read(headers, &layer);
    run(Old { server, elsewhere, cookie: "session", read, visit: visit() });
}

#[test]
fn seshcookie_past_its_idle_time_is_not_let_in() {
    let layer = layer();
    let before = |hours: u64| SystemTime::now() - Duration::from_secs(hours * 3600);
    let [young, old] =
        [23, 25].map(|hours| encode_cookie_for_layer(&layer, &visit(), before(hours)));
    let sessions = builder(KeyRing::ephemeral().unwrap(), "session", move |headers| {
        seshcookie::read(headers, &layer)
    });
    let sessions = sessions.clock(deployment()).build().unwrap();
    assert_eq!(status(&sessions, "session", &young), LoadStatus::Imported);
    assert_eq!(status(&sessions, "session", &old), LoadStatus::New);
}
