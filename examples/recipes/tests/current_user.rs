//! The recipe, driven over loopback.

mod support;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::{Session, SessionError, Sessions};
use sealed_session_recipes::current_user::{CurrentUser, Site, Visit, app, sessions};
use std::collections::HashMap;
use support::*;

async fn browser() -> Browser {
    Browser::at(serve(app(sessions(ring()).build().unwrap(), Site { name: "Notes" })).await)
}

async fn signed_in() -> Browser {
    let mut browser = browser().await;
    assert_eq!(browser.post("/sign-in", &[("return_to", "/account")]).await.location(), "/account");
    browser
}

#[tokio::test]
async fn who_is_signed_in_is_there_as_an_argument() {
    let mut browser = signed_in().await;
    assert!(browser.visit("/account").await.body().contains("You are Ada, number 7."));
    assert!(browser.get("/").await.body().contains("Hello, Ada."));
}

#[tokio::test]
async fn a_page_for_users_sends_others_to_sign_in_and_back() {
    let mut browser = browser().await;
    let reply = browser.visit("/account?page=2&sort=name").await;
    let location = reply.location().to_owned();
    assert_eq!(location, "/sign-in?return_to=%2Faccount%3Fpage%3D2%26sort%3Dname");
    assert!(
        reply.field("vary").eq_ignore_ascii_case("cookie")
            && reply.field("cache-control").contains("private")
    );

    let form = browser.visit(&location).await;
    let return_to = form.hidden("return_to").replace("&amp;", "&");
    assert_eq!(
        browser.post("/sign-in", &[("return_to", &return_to)]).await.location(),
        "/account?page=2&sort=name"
    );
    assert_eq!(browser.visit("/account?page=2&sort=name").await.status(), 200);
}

#[tokio::test]
async fn scripts_and_forms_of_others_are_401() {
    let mut browser = browser().await;
    assert_eq!(browser.get("/account").await.status(), 401);
    assert_eq!(browser.post("/notes/rust", &[("text", "hello")]).await.status(), 401);
    assert!(browser.cookies().is_empty());
}

#[tokio::test]
async fn an_optional_user_is_none_for_others() {
    assert!(browser().await.get("/").await.body().contains("Hello, stranger."));
}

#[tokio::test]
async fn signing_out_ends_it() {
    let mut browser = signed_in().await;
    browser.post("/sign-out", &[]).await;
    assert_eq!(browser.get("/account").await.status(), 401);
}

#[tokio::test]
async fn forms_of_other_origins_are_refused() {
    let mut browser = signed_in().await;
    for site in ["cross-site", "same-site"] {
        for path in ["/sign-in", "/notes/rust", "/sign-out"] {
            let form = [("text", "theirs")];
            assert_eq!(browser.post_from(site, path, &form).await.status(), 403, "{site} {path}");
        }
    }
    let account = browser.visit("/account").await;
    assert!(account.body().contains("You are Ada") && !account.body().contains("theirs"));
}

#[tokio::test]
async fn return_to_leads_nowhere_else() {
    let mut browser = browser().await;
    for path in ["//evil.example", "https://evil.example", "/\\evil.example"] {
        assert_eq!(browser.post("/sign-in", &[("return_to", path)]).await.status(), 422);
    }
    // A path that looks like another host's comes back as the front page.
    let reply = browser.visit("//evil.example/account").await;
    assert!(reply.status() == 404 || reply.location() == "/sign-in?return_to=%2F");
}

#[tokio::test]
async fn a_handler_takes_the_session_among_all_the_others() {
    let mut browser = signed_in().await;
    assert_eq!(
        browser.post("/notes/rust", &[("text", "one")]).await.body(),
        "Notes: [\"Ada, rust: one\"]"
    );
    let reply = browser.post("/notes/tea?first=true", &[("text", "two")]).await;
    assert_eq!(reply.body(), "Notes: [\"Ada, tea: two\", \"Ada, rust: one\"]");
}

#[tokio::test]
async fn without_the_layer_it_is_500_and_nobodys_fault_but_the_applications() {
    let app = Router::new()
        .route("/user", get(|_: CurrentUser| async {}))
        .route("/optional", get(|_: Option<CurrentUser>| async {}));
    let mut browser = Browser::at(serve(app).await);
    assert_eq!(
        (browser.visit("/user").await.status(), browser.visit("/optional").await.status()),
        (500, 500)
    );
}

type S = Session<Visit>;
type Numbers = HashMap<String, u32>;

/// Everybody's notes together: all handles of a request are one session.
fn add(session: &S, note: impl ToString) -> Result<String, SessionError> {
    session.update(|visit| {
        visit.notes.push(note.to_string());
        visit.notes.join(" ")
    })
}

#[tokio::test]
async fn the_session_stands_in_any_place() {
    async fn first(
        s: S,
        State(a): State<u32>,
        Path(b): Path<u32>,
        Query(c): Query<Numbers>,
        Form(d): Form<Numbers>,
    ) -> Answer {
        add(&s, a + b + c["c"] + d["d"])
    }
    async fn second(
        State(a): State<u32>,
        s: S,
        Path(b): Path<u32>,
        Query(c): Query<Numbers>,
        Form(d): Form<Numbers>,
    ) -> Answer {
        add(&s, a + b + c["c"] + d["d"])
    }
    async fn third(
        Path(b): Path<u32>,
        State(a): State<u32>,
        s: S,
        Query(c): Query<Numbers>,
        Json(d): Json<Numbers>,
    ) -> Answer {
        add(&s, a + b + c["c"] + d["d"])
    }
    async fn last(
        _: Method,
        Query(c): Query<Numbers>,
        Path(b): Path<u32>,
        _: HeaderMap,
        State(a): State<u32>,
        s: S,
    ) -> Answer {
        add(&s, a + b + c["c"])
    }
    async fn twice(one: S, Path(b): Path<u32>, two: S) -> Answer {
        add(&one, b)?;
        add(&two, b)
    }
    type Answer = Result<String, SessionError>;
    let app = Router::new()
        .route("/first/{b}", post(first))
        .route("/second/{b}", post(second))
        .route("/third/{b}", post(third))
        .route("/last/{b}", post(last))
        .route("/twice/{b}", post(twice))
        .layer(SessionLayer::new(Sessions::<Visit>::new(ring()).unwrap()))
        .with_state(1000_u32);
    let mut browser = Browser::at(serve(app).await);
    assert_eq!(browser.post("/first/200?c=30", &[("d", "4")]).await.body(), "1234");
    assert_eq!(browser.post("/second/200?c=30", &[("d", "5")]).await.body(), "1234 1235");
    assert_eq!(browser.post_json("/third/200?c=30", "{\"d\":6}").await.body(), "1234 1235 1236");
    assert_eq!(browser.post("/last/200?c=30", &[]).await.body(), "1234 1235 1236 1230");
    assert_eq!(browser.post("/twice/7", &[]).await.body(), "1234 1235 1236 1230 7 7");
}
