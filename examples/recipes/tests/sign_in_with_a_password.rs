//! The recipe, driven over loopback.

mod support;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, Method};
use sealed_session_recipes::sign_in_with_a_password::{Accounts, app, sessions, users::Users};
use std::net::SocketAddr;
use std::sync::Arc;
use support::*;

const SESSION: &str = "__Host-Http-session";
const PASSWORD: &str = "correct horse battery";
const ADA: [(&str, &str); 2] = [("name", "ada"), ("password", PASSWORD)];

async fn accounts() -> Accounts {
    let accounts = Accounts { users: Arc::new(Users::default()), passwords: passwords() };
    for name in ["ada", "bob"] {
        accounts.users.add(name, accounts.passwords.hash(PASSWORD.to_owned()).await.unwrap());
    }
    accounts
}

async fn site() -> (SocketAddr, Accounts) {
    let accounts = accounts().await;
    (serve(app(sessions(ring()).build().unwrap(), accounts.clone())).await, accounts)
}

async fn signed_in(address: SocketAddr) -> Browser {
    let mut browser = Browser::at(address);
    assert_eq!(browser.post("/sign-in", &ADA).await.location(), "/");
    browser
}

async fn is_signed_in(browser: &mut Browser) -> bool {
    browser.get("/").await.body().contains("You are ada.")
}

#[tokio::test]
async fn who_knows_the_password_is_signed_in_until_they_sign_out() {
    let (address, _) = site().await;
    let mut browser = Browser::at(address);
    assert!(!is_signed_in(&mut browser).await);
    let mut browser = signed_in(address).await;
    assert!(is_signed_in(&mut browser).await);
    assert_eq!(browser.post("/sign-out", &[]).await.location(), "/");
    assert!(browser.cookie(SESSION).is_none() && !is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn unknown_names_and_wrong_passwords_look_the_same() {
    let (address, _) = site().await;
    let mut browser = Browser::at(address);
    let wrong = browser.post("/sign-in", &[("name", "ada"), ("password", "wrong")]).await;
    let unknown = browser.post("/sign-in", &[("name", "eve"), ("password", PASSWORD)]).await;
    // What nobody's hash is of.
    let nobody = browser.post("/sign-in", &[("name", "eve"), ("password", "")]).await;
    for reply in [&wrong, &unknown, &nobody] {
        assert_eq!((reply.status(), reply.body()), (401, wrong.body()));
    }
    assert!(browser.cookie(SESSION).is_none());
}

#[tokio::test]
async fn a_new_password_ends_the_users_other_sessions_and_no_one_elses() {
    let (address, _) = site().await;
    let (mut here, mut there) = (signed_in(address).await, signed_in(address).await);
    let mut kept = here.clone();
    let mut bob = Browser::at(address);
    bob.post("/sign-in", &[("name", "bob"), ("password", PASSWORD)]).await;

    let new = "staple of another kind";
    let reply = here.post("/password", &[("current", PASSWORD), ("new", new)]).await;
    assert_eq!(reply.location(), "/");
    assert!(is_signed_in(&mut here).await);
    assert!(!is_signed_in(&mut there).await);
    assert!(!is_signed_in(&mut kept).await, "a copy of the cookie from before");
    assert!(bob.get("/").await.body().contains("You are bob."));

    assert_eq!(there.post("/sign-in", &ADA).await.status(), 401);
    assert_eq!(there.post("/sign-in", &[("name", "ada"), ("password", new)]).await.status(), 303);
    assert!(is_signed_in(&mut there).await);
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session_and_every_copy() {
    let (address, _) = site().await;
    let (mut here, mut there) = (signed_in(address).await, signed_in(address).await);
    let mut kept = here.clone();
    assert_eq!(here.post("/sign-out-everywhere", &[]).await.location(), "/");
    assert!(here.get("/").await.body().contains("signed out on every device"));
    for browser in [&mut here, &mut there, &mut kept] {
        assert!(!is_signed_in(browser).await);
        assert_eq!(
            browser
                .post("/password", &[("current", PASSWORD), ("new", "a new one of mine")])
                .await
                .location(),
            "/sign-in"
        );
    }
}

#[tokio::test]
async fn an_ended_session_deletes_nothing() {
    let (address, accounts) = site().await;
    let mut browser = signed_in(address).await;
    accounts.users.end_sessions(1);
    assert!(!is_signed_in(&mut browser).await);
    assert!(browser.cookie(SESSION).is_some(), "it could be another tab's new one by now");
    browser.post("/sign-in", &ADA).await;
    assert!(is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn a_password_is_changed_only_by_who_knows_it_and_to_a_long_one() {
    let (address, _) = site().await;
    let (mut browser, mut other) = (signed_in(address).await, signed_in(address).await);
    for (current, new, status) in [("wrong", "long enough for this", 403), (PASSWORD, "short", 422)]
    {
        assert_eq!(
            browser.post("/password", &[("current", current), ("new", new)]).await.status(),
            status
        );
    }
    assert!(is_signed_in(&mut browser).await && is_signed_in(&mut other).await);
}

#[tokio::test]
async fn of_two_changes_at_once_one_is_refused() {
    let (_, Accounts { users, .. }) = site().await;
    let seen = users.by_id(1).unwrap().epoch;
    assert_eq!(users.set_hash(1, seen, "one".into()), Some(seen + 1));
    assert_eq!(users.set_hash(1, seen, "other".into()), None);
    assert_eq!(users.by_id(1).unwrap().hash, "one");
}

#[tokio::test]
async fn signing_in_begins_a_session_that_nobody_fixed() {
    let (ring, clock) = (ring(), clock());
    let sessions = sessions(ring).session_ids(true).clock(clock.clone()).build().unwrap();
    let address = serve(app(sessions.clone(), accounts().await)).await;
    let loaded = |browser: &Browser| {
        let headers = HeaderMap::from_iter([(COOKIE, browser.cookies().parse().unwrap())]);
        let session = sessions.load((&Method::GET, &headers));
        (session.id().unwrap(), session.info().created_at())
    };
    // An attacker's own session, put into the visitor's browser.
    let mut browser = signed_in(address).await;
    let mut attacker = browser.clone();
    let (id, created) = loaded(&browser);

    clock.advance(MINUTE);
    browser.post("/sign-in", &[("name", "bob"), ("password", PASSWORD)]).await;
    assert!(browser.get("/").await.body().contains("You are bob."));
    let (new_id, new_created) = loaded(&browser);
    assert_ne!(new_id, id);
    assert_eq!(new_created, created + MINUTE);
    assert!(is_signed_in(&mut attacker).await, "theirs has learnt nothing");
}

#[tokio::test]
async fn forms_of_other_origins_are_refused_the_one_that_signs_in_too() {
    let (address, _) = site().await;
    for site in ["cross-site", "same-site"] {
        let mut stranger = Browser::at(address);
        assert_eq!(stranger.post_from(site, "/sign-in", &ADA).await.status(), 403);
        assert!(stranger.cookie(SESSION).is_none());
        let mut browser = signed_in(address).await;
        for path in ["/sign-out", "/sign-out-everywhere", "/password"] {
            assert_eq!(browser.post_from(site, path, &[]).await.status(), 403);
        }
        assert!(is_signed_in(&mut browser).await);
    }
}
