//! From `cookie`'s `PrivateJar`.

use crate::scenario::{OURS, Old, deployment, node, run};
use crate::sites::{Jar, serve};
use axum::Router;
use axum::routing::{get, post};
use cookie::{Cookie, CookieJar, Key};
use http::HeaderMap;
use http::header::{COOKIE, SET_COOKIE};
use sealed_session::KeyRing;
use sealed_session_moving_in::builder::builder;
use sealed_session_moving_in::{Visit, private_jar};
use std::net::SocketAddr;

fn visit(user: u64) -> Visit {
    Visit { user: Some(user), cart: vec![3, 300] }
}

/// An application that has only `cookie`, and prints the cookie as it is.
fn server(key: Key) -> SocketAddr {
    let sign_in = |key: Key, user: u64| {
        post(move || {
            let mut jar = CookieJar::new();
            let json = serde_json::to_string(&visit(user)).unwrap();
            jar.private_mut(&key)
                .add(Cookie::build(("sid", json)).path("/").http_only(true).secure(true));
            let line = jar.delta().next().unwrap().to_string();
            async move { [(SET_COOKIE, line)] }
        })
    };
    let (key_8, key_who) = (key.clone(), key.clone());
    let who = |headers: HeaderMap| async move {
        let pairs = headers
            .get_all(COOKIE)
            .iter()
            .flat_map(|field| Cookie::split_parse(field.to_str().unwrap().to_owned()));
        let mut jar = CookieJar::new();
        pairs.for_each(|pair| jar.add_original(pair.unwrap()));
        let visit = jar
            .private(&key_who)
            .get("sid")
            .map(|opened| serde_json::from_str::<Visit>(opened.value()).unwrap());
        visit.and_then(|visit| visit.user).map_or("nobody".to_owned(), |user| user.to_string())
    };
    // As the guide asks of the release before the move: whatever begins or ends a session deletes
    // ours.
    let forget_ours =
        || async { [(SET_COOKIE, format!("{OURS}=; Path=/; Secure; HttpOnly; Max-Age=0"))] };
    let routes = Router::new()
        .route("/sign-in", sign_in(key, 7))
        .route("/who", get(who))
        .route("/forget", post(forget_ours));
    serve(routes.route("/sign-in-8", sign_in(key_8, 8)))
}

#[test]
fn private_jar() {
    let key = Key::generate();
    let (server, elsewhere) = (server(key.clone()), server(Key::generate()));
    let read = move |headers: &HeaderMap| private_jar::read(headers, &key);
    run(Old { server, elsewhere, cookie: "sid", read, visit: visit(7) });
}

#[test]
fn who_signs_in_anew_at_an_old_node_is_the_new_user_where_the_old_node_deletes_ours() {
    let key = Key::generate();
    let old = server(key.clone());
    let read = move |headers: &HeaderMap| private_jar::read(headers, &key);
    let sessions =
        builder(KeyRing::ephemeral().unwrap(), "sid", read).clock(deployment()).build().unwrap();
    let new = node(&sessions);
    let mut visitor = Jar::default();
    visitor.ask(old, "POST /sign-in");
    assert_eq!(visitor.ask(new, "GET /who"), "7");

    visitor.ask(old, "POST /sign-in-8");
    assert_eq!(visitor.ask(old, "GET /who"), "8");
    assert_eq!(visitor.ask(new, "GET /who"), "7", "what the guide warns of");
    visitor.ask(old, "POST /forget");
    assert_eq!(visitor.ask(new, "GET /who"), "8");
}
