//! The recipe, driven over loopback.

mod support;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::{Session, SessionError, Sessions};
use sealed_session_recipes::middleware::{self, Site, Visit, app, only_users};
use std::sync::Arc;
use support::*;
use tokio::sync::{Notify, mpsc};

fn sessions() -> Sessions<Visit> {
    middleware::sessions(ring()).clock(clock()).build().unwrap()
}

async fn browser() -> Browser {
    Browser::at(serve(app(Site::new(sessions()))).await)
}

async fn signed_in() -> Browser {
    let mut browser = browser().await;
    assert_eq!(browser.post("/sign-in", &[]).await.location(), "/account");
    browser
}

#[tokio::test]
async fn the_middleware_lets_users_in_and_nobody_else() {
    let mut stranger = browser().await;
    assert_eq!(stranger.get("/account").await.status(), 401);
    assert_eq!(stranger.post("/notes", &[("text", "tea")]).await.status(), 401);
    assert!(stranger.cookies().is_empty());

    let mut user = signed_in().await;
    user.post("/notes", &[("text", "tea")]).await;
    let reply = user.get("/account").await;
    assert!(reply.body().contains("You are number 7.") && reply.body().contains("<li>tea"));
}

#[tokio::test]
async fn another_device_is_signed_out_at_its_next_request() {
    let mut laptop = signed_in().await;
    let mut phone = Browser::at(laptop.address);
    phone.post("/sign-in", &[]).await;
    assert_eq!(phone.get("/account").await.status(), 200);

    laptop.post("/sign-out-everywhere", &[]).await;
    let copy = phone.clone();
    assert_eq!(phone.get("/account").await.status(), 401);
    assert!(phone.cookies().is_empty(), "the 401 deletes the cookie");
    assert_eq!(copy.clone().get("/account").await.status(), 401, "a copy does not get in either");

    laptop.post("/sign-in", &[]).await;
    assert_eq!(laptop.get("/account").await.status(), 200);
}

#[tokio::test]
async fn forms_of_other_origins_are_refused() {
    let mut user = signed_in().await;
    for site in ["cross-site", "same-site"] {
        for path in ["/sign-in", "/notes", "/reports", "/sign-out-everywhere"] {
            let form = [("text", "theirs")];
            assert_eq!(user.post_from(site, path, &form).await.status(), 403, "{site} {path}");
        }
    }
    let account = user.get("/account").await;
    assert_eq!(account.status(), 200);
    assert!(!account.body().contains("theirs"));
}

#[tokio::test]
async fn a_task_leaves_its_result_for_a_later_request() {
    let mut browser = signed_in().await;
    browser.post("/notes", &[("text", "tea")]).await;
    assert_eq!(browser.post("/reports", &[]).await.status(), 202);
    for _ in 0..1000 {
        if browser.get("/reports").await.body().contains("<li>1 notes: tea") {
            return;
        }
    }
    panic!("no report");
}

#[tokio::test]
async fn a_client_without_cookies_keeps_the_sealed_value() {
    let clock = clock();
    let sessions = middleware::sessions(ring()).clock(clock.clone()).build().unwrap();
    let address = serve(app(Site::new(sessions))).await;
    let client = reqwest::Client::new();
    let url = |path: &str| format!("http://{address}{path}");
    let account = async |value: &str| {
        client.get(url("/api/account")).bearer_auth(value).send().await.unwrap().status()
    };

    let response = client.post(url("/api/sign-in")).send().await.unwrap();
    assert!(response.headers().get("set-cookie").is_none());
    let value = response.text().await.unwrap();
    assert_eq!(account(&value).await, 200);
    assert_eq!(account(&value[1..]).await, 401);
    assert_eq!(client.get(url("/api/account")).send().await.unwrap().status(), 401);

    clock.advance(15 * 24 * 60 * MINUTE);
    assert_eq!(account(&value).await, 401, "nothing has refreshed it");
}

#[tokio::test]
async fn signing_out_everywhere_ends_such_a_value_too() {
    let mut browser = signed_in().await;
    let client = reqwest::Client::new();
    let address = browser.address;
    let response = client.post(format!("http://{address}/api/sign-in")).send().await.unwrap();
    let value = response.text().await.unwrap();
    browser.post("/sign-out-everywhere", &[]).await;
    let request = client.get(format!("http://{address}/api/account")).bearer_auth(value);
    assert_eq!(request.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_middleware_outside_the_session_layer_is_500() {
    let site = Site::new(sessions());
    let app = Router::new()
        .route("/", get(|| async {}))
        .layer(SessionLayer::new(sessions()))
        .layer(from_fn_with_state(site, only_users));
    assert_eq!(Browser::at(serve(app).await).get("/").await.status(), 500);
}

#[tokio::test]
async fn what_a_middleware_writes_after_the_handler_is_saved() {
    async fn noted(
        session: Session<Visit>,
        request: axum::extract::Request,
        next: axum::middleware::Next,
    ) -> Result<axum::response::Response, SessionError> {
        let response = next.run(request).await;
        session.update(|visit| visit.notes.push("after".to_owned()))?;
        Ok(response)
    }
    let app =
        Router::new()
            .route(
                "/",
                get(|session: Session<Visit>| async move {
                    session.read(|v| v.notes.len()).to_string()
                }),
            )
            .layer(from_fn(noted))
            .layer(SessionLayer::new(sessions()));
    let mut browser = Browser::at(serve(app).await);
    assert_eq!(browser.get("/").await.body(), "0");
    assert_eq!(browser.get("/").await.body(), "1");
}

/// What the recipe warns of.
#[tokio::test]
async fn a_task_with_the_session_itself_cannot_save() {
    type Task = (Arc<Notify>, mpsc::UnboundedSender<Result<(), SessionError>>);
    async fn later(State((responded, result)): State<Task>, session: Session<Visit>) -> StatusCode {
        tokio::spawn(async move {
            responded.notified().await;
            let _ = result.send(session.update(|visit| visit.notes.push("late".to_owned())));
        });
        StatusCode::ACCEPTED
    }
    let (sender, mut results) = mpsc::unbounded_channel();
    let responded = Arc::new(Notify::new());
    let app = Router::new()
        .route("/", post(later))
        .layer(SessionLayer::new(sessions()))
        .with_state((responded.clone(), sender));
    let mut browser = Browser::at(serve(app).await);
    assert_eq!(browser.post("/", &[]).await.status(), 202);
    responded.notify_one();
    assert!(matches!(results.recv().await, Some(Err(SessionError::Responded))));
    assert!(browser.cookies().is_empty());
}
