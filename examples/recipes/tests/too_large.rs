//! The recipe, driven over loopback.

mod support;

use sealed_session_recipes::too_large::{app, sessions};
use support::*;

const SESSION: &str = "__Host-Http-session";

async fn browser() -> Browser {
    Browser::at(serve(app(sessions(ring()).build().unwrap())).await)
}

#[tokio::test]
async fn what_does_not_fit_is_said_kindly_and_changes_nothing() {
    let mut browser = browser().await;
    assert_eq!(browser.post("/notes", &[("text", "buy bread")]).await.location(), "/");
    let before = browser.cookie(SESSION).unwrap().to_owned();

    let essay = "much to say. ".repeat(400);
    let reply = browser.post("/notes", &[("text", &essay)]).await;
    assert_eq!(reply.status(), 413);
    assert!(
        reply.body().contains("Your notes are full")
            && reply.body().contains("characters too long"),
        "{}",
        reply.body()
    );
    assert!(reply.fields("set-cookie").is_empty(), "the cookie stays the one that it was");
    assert_eq!(browser.cookie(SESSION), Some(&*before));
    let home = browser.get("/").await;
    assert!(home.body().contains("buy bread") && !home.body().contains("much to say"));
}

#[tokio::test]
async fn striking_out_makes_room() {
    let mut browser = browser().await;
    let half = "half of it. ".repeat(150);
    assert_eq!(browser.post("/notes", &[("text", &half)]).await.status(), 303);
    assert_eq!(browser.post("/notes", &[("text", &half)]).await.status(), 413);
    assert_eq!(browser.post("/notes/strike", &[("note", "0")]).await.status(), 303);
    assert_eq!(browser.post("/notes", &[("text", &half)]).await.status(), 303);
}

#[tokio::test]
async fn the_applications_own_rule_refuses_inside_the_closure() {
    let mut browser = browser().await;
    assert_eq!(browser.post("/notes", &[("text", "  ")]).await.status(), 422);
    assert!(browser.cookie(SESSION).is_none());
}

#[tokio::test]
async fn other_errors_answer_as_the_crate_does() {
    use axum::response::IntoResponse;
    use sealed_session::SessionError;
    use sealed_session_recipes::too_large::AppError;
    for error in [SessionError::CrossSite, SessionError::Unreadable, SessionError::Busy] {
        let (ours, theirs) = (AppError::from(error.clone()).into_response(), error.into_response());
        assert_eq!((ours.status(), ours.headers()), (theirs.status(), theirs.headers()));
    }
}

#[tokio::test]
async fn forms_of_other_origins_are_refused() {
    let mut browser = browser().await;
    browser.post("/notes", &[("text", "buy bread")]).await;
    for site in ["cross-site", "same-site"] {
        let form = [("text", "theirs"), ("note", "0")];
        for path in ["/notes", "/notes/strike"] {
            assert_eq!(browser.post_from(site, path, &form).await.status(), 403, "{site} {path}");
        }
    }
    let home = browser.get("/").await;
    assert!(home.body().contains("buy bread") && !home.body().contains("theirs"));
}
