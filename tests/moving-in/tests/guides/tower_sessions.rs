//! From tower-sessions with tower-sessions-cookie-store.

use crate::scenario::{Old, deployment, run, status};
use crate::sites::{Jar, serve};
use ::tower_sessions::Session;
use axum::Router;
use axum::routing::{get, post};
use http::HeaderMap;
use sealed_session::{KeyRing, LoadStatus};
use sealed_session_moving_in::builder::builder;
use sealed_session_moving_in::{Visit, tower_sessions};
use std::net::SocketAddr;
use tower_sessions_cookie_store::{
    CookieController, CookieSessionConfig, CookieSessionManagerLayer, Expiry, Key,
};

fn server<C: CookieController>(layer: CookieSessionManagerLayer<C>) -> SocketAddr {
    let sign_in = |session: Session| async move {
        session.insert("user", 7).await.unwrap();
        session.insert("cart", [3, 300]).await.unwrap();
    };
    let who = |session: Session| async move {
        session
            .get::<u64>("user")
            .await
            .unwrap()
            .map_or("nobody".to_owned(), |user| user.to_string())
    };
    serve(Router::new().route("/sign-in", post(sign_in)).route("/who", get(who)).layer(layer))
}

fn moves_in<C: CookieController>(
    layer: impl Fn(Key) -> CookieSessionManagerLayer<C>,
    read: impl Fn(&HeaderMap, &Key) -> Option<Visit> + Clone + Send + Sync + 'static,
) {
    let key = Key::generate();
    let (server_here, elsewhere) = (server(layer(key.clone())), server(layer(Key::generate())));
    let (reader, its_key) = (read.clone(), key.clone());
    let read_here = move |headers: &HeaderMap| reader(headers, &its_key);
    let visit = Visit { user: Some(7), cart: vec![3, 300] };
    run(Old { server: server_here, elsewhere, cookie: "session", read: read_here, visit });

    let past = Expiry::AtDateTime(time::OffsetDateTime::now_utc() - time::Duration::seconds(1));
    let lapsed =
        server(layer(key.clone()).with_config(CookieSessionConfig::default().with_expiry(past)));
    let mut visitor = Jar::of_a_thief();
    visitor.ask(lapsed, "POST /sign-in");
    let sessions =
        builder(KeyRing::ephemeral().unwrap(), "session", move |headers| read(headers, &key));
    let sessions = sessions.clock(deployment()).build().unwrap();
    assert_eq!(
        status(&sessions, "session", visitor.value("session")),
        LoadStatus::New,
        "the date inside the record has passed"
    );
}

#[test]
fn tower_sessions_private() {
    moves_in(CookieSessionManagerLayer::private, tower_sessions::read_private);
}

#[test]
fn tower_sessions_signed() {
    moves_in(CookieSessionManagerLayer::signed, tower_sessions::read_signed);
}
