//! From axum-extra's `PrivateCookieJar`.

use crate::scenario::{Old, run};
use crate::sites::serve;
use ::axum_extra::extract::cookie::{Cookie, Key, PrivateCookieJar};
use axum::Router;
use axum::routing::{get, post};
use http::HeaderMap;
use sealed_session_moving_in::{Visit, axum_extra};
use std::net::SocketAddr;

fn server(key: Key) -> SocketAddr {
    let sign_in = |jar: PrivateCookieJar| async {
        jar.add(Cookie::build(("session", "7")).path("/").secure(true))
    };
    let who = |jar: PrivateCookieJar| async move {
        jar.get("session").map_or("nobody".to_owned(), |it| it.value().to_owned())
    };
    serve(Router::new().route("/sign-in", post(sign_in)).route("/who", get(who)).with_state(key))
}

#[test]
fn axum_extra() {
    let key = Key::generate();
    let (server, elsewhere) = (server(key.clone()), server(Key::generate()));
    let read = move |headers: &HeaderMap| axum_extra::read(headers, &key);
    run(Old {
        server,
        elsewhere,
        cookie: "session",
        read,
        visit: Visit { user: Some(7), cart: vec![] },
    });
}
