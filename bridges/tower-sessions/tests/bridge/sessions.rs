//! The rules of a session under tower-sessions' interface: an untouched request, writes that are
//! refused, renewal, end, expiry, refresh, and what happens after the response.

use crate::browser::{Browser, SEALED, serve};
use axum::extract::{Path, Request};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use futures_util::FutureExt;
use sealed_session::clock::ManualClock;
use sealed_session::hooks::EndCause;
use sealed_session::{
    Builder, KeyRing, Map, OnUnreadable, Session as Sealed, SessionError, Sessions, Suite,
};
use sealed_session_tower_sessions::{BridgeLayer, LastError};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;
use tower_sessions::{Expiry, Session};

const DAY: u64 = 86_400;

type Answer = Result<String, (StatusCode, String)>;

fn failed(error: impl ToString) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

fn builder() -> Builder<Map> {
    Sessions::builder(KeyRing::generate(Suite::Xaes256Gcm).unwrap())
}

/// A browser at handlers that read and write, and at those of the test.
async fn at(builder: Builder<Map>, routes: Router) -> Browser {
    let app = Router::new()
        .route("/get/{key}", get(read))
        .route("/set/{key}", post(write))
        .route("/about", get(async |_: Session| "about"))
        .merge(routes)
        .layer(BridgeLayer::new(builder.build().unwrap()));
    Browser::at(serve(app).await)
}

async fn read(session: Session, Path(key): Path<String>) -> Answer {
    let value: Option<String> = session.get(&key).await.map_err(failed)?;
    Ok(value.unwrap_or_else(|| "nothing".to_owned()))
}

async fn write(session: Session, Path(key): Path<String>, value: String) -> Answer {
    session.insert(&key, value).await.map_err(failed)?;
    Ok("written".to_owned())
}

#[tokio::test]
async fn a_request_is_touched_by_access_alone() {
    let opened = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&opened);
    let builder = builder().validate(move |_, _| {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    let mut visitor = at(builder, Router::new()).await;
    for came in [0, 1] {
        let before = opened.load(Ordering::Relaxed);
        let reply = visitor.get("/about").await;
        assert!(!reply.has("set-cookie") && !reply.has("vary") && !reply.has("cache-control"));
        assert_eq!(opened.load(Ordering::Relaxed), before, "nothing was decrypted");

        let reply = visitor.get("/get/a").await;
        assert_eq!(reply.fields("vary"), ["Cookie"]);
        assert_eq!(reply.fields("cache-control"), ["private"]);
        assert!(!reply.has("set-cookie"));
        assert_eq!(opened.load(Ordering::Relaxed), before + came);
        visitor.post("/set/a", "1").await;
    }
}

#[tokio::test]
async fn values_keep_their_kinds() {
    let written = serde_json::json!({
        "null": null, "yes": true, "text": "é", "list": [1, -1, 1.5, 0.1, u64::MAX, i64::MIN],
        "deep": { "a": { "b": [{}] } },
    });
    let (set, expected) = (written.clone(), written);
    let routes = Router::new()
        .route(
            "/set",
            post(async move |session: Session| session.insert("v", set).await.map_err(failed)),
        )
        .route(
            "/same",
            get(async move |session: Session| {
                let value: Option<serde_json::Value> = session.get("v").await.map_err(failed)?;
                Ok::<_, (StatusCode, String)>((value == Some(expected)).to_string())
            }),
        );
    let mut visitor = at(builder(), routes).await;
    assert_eq!(visitor.post("/set", "").await.status(), 200);
    assert_eq!(visitor.get("/same").await.body(), "true");
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let mut visitor = at(builder(), Router::new()).await;
    visitor.post("/set/a", "kept").await;
    let before = visitor.jar.clone();
    let reply = visitor.post("/set/a", &"much to say. ".repeat(400)).await;
    assert_eq!((reply.status(), reply.body()), (500, ""), "the handler knew of nothing");
    assert!(!reply.has("set-cookie"));
    assert_eq!(visitor.jar, before);
    assert_eq!(visitor.get("/get/a").await.body(), "kept");
}

#[tokio::test]
async fn a_handler_learns_why_a_save_failed() {
    async fn note(
        session: Session,
        Extension(last): Extension<LastError>,
        note: String,
    ) -> StatusCode {
        assert_eq!(last.get(), None);
        session.insert("a", note).await.unwrap();
        let error = session.save().await.unwrap_err();
        assert!(error.to_string().contains("its largest field, \"a\""), "{error}");
        match last.get() {
            Some(SessionError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            other => panic!("{other:?}"),
        }
    }
    async fn careless(session: Session, note: String) {
        session.insert("a", note).await.unwrap();
        let _ = session.save().await;
    }
    let routes = Router::new().route("/note", post(note)).route("/careless", post(careless));
    let mut visitor = at(builder(), routes).await;
    let long = "much to say. ".repeat(400);
    assert_eq!(visitor.post("/note", &long).await.status(), 413);
    assert_eq!(visitor.post("/careless", &long).await.status(), 500, "a lost write is no 200");
    assert!(visitor.jar.is_empty());
}

#[tokio::test]
async fn a_write_for_another_site_is_403() {
    async fn sign_in(session: Session) -> Answer {
        session.cycle_id().await.map_err(failed)?;
        session.insert("user", "ada").await.map_err(failed)?;
        Ok(String::new())
    }
    let routes = Router::new().route("/sign-in", post(sign_in));
    let mut visitor = at(builder(), routes).await;
    visitor.post("/set/a", "kept").await;
    let reply = visitor.post_from_elsewhere("/set/a").await;
    assert_eq!(reply.status(), 403);
    assert!(!reply.has("set-cookie"));
    assert_eq!(visitor.get("/get/a").await.body(), "kept");
    // A visitor who has just proved who they are may write.
    assert_eq!(visitor.post_from_elsewhere("/sign-in").await.status(), 200);
    assert_eq!(visitor.get("/get/user").await.body(), "ada");
}

#[tokio::test]
async fn a_session_of_another_server_is_503() {
    let elsewhere = builder().build().unwrap();
    let mut visitor = at(builder().on_unreadable(OnUnreadable::Refuse), Router::new()).await;
    let mut data = Map::new();
    data.insert("a", "kept").unwrap();
    visitor.jar.insert(SEALED.to_owned(), elsewhere.seal(&data).unwrap());
    assert_eq!(visitor.get("/get/a").await.body(), "nothing");
    let reply = visitor.post("/set/a", "1").await;
    assert_eq!((reply.status(), reply.fields("retry-after")), (503, vec!["1"]));
    assert!(!reply.has("set-cookie"));
}

#[tokio::test]
async fn a_save_inside_an_update_is_busy() {
    async fn nested(
        session: Session,
        sealed: Sealed<Map>,
        Extension(last): Extension<LastError>,
    ) -> String {
        session.insert("a", "kept").await.unwrap();
        let inside = sealed.update(|_| session.save().now_or_never().expect("it never waits"));
        assert!(inside.unwrap().is_err());
        assert_eq!(last.get(), Some(SessionError::Busy));
        session.get("a").await.unwrap().unwrap()
    }
    let mut visitor = at(builder(), Router::new().route("/nested", post(nested))).await;
    assert_eq!(visitor.post("/nested", "").await.body(), "kept");
    assert_eq!(visitor.get("/get/a").await.body(), "kept", "the layer saved it afterwards");
}

#[tokio::test]
async fn a_renewal_that_failed_is_no_200() {
    fn cycle_inside_an_update(session: &Session, sealed: &Sealed<Map>) {
        let inside = sealed.update(|_| session.cycle_id().now_or_never().expect("it never waits"));
        assert!(inside.unwrap().is_err());
    }
    async fn ignored(session: Session, sealed: Sealed<Map>) {
        cycle_inside_an_update(&session, &sealed);
    }
    async fn made_up_for(session: Session, sealed: Sealed<Map>) -> Answer {
        cycle_inside_an_update(&session, &sealed);
        session.insert("b", "2").await.map_err(failed)?;
        session.save().await.map_err(failed)?;
        Ok(sealed.id().is_some().to_string())
    }
    let routes =
        Router::new().route("/ignored", post(ignored)).route("/made-up-for", post(made_up_for));
    let mut visitor = at(builder(), routes).await;
    visitor.post("/set/a", "kept").await;
    let reply = visitor.post("/ignored", "").await;
    assert_eq!(reply.status(), 500);
    assert!(!reply.has("set-cookie"));
    let reply = visitor.post("/made-up-for", "").await;
    assert_eq!((reply.status(), reply.body()), (200, "true"));
    assert_eq!(visitor.get("/get/a").await.body(), "kept");
}

#[tokio::test]
async fn a_5xx_saves_nothing_and_ends_what_was_flushed() {
    async fn write_and_fail(session: Session) -> StatusCode {
        session.insert("a", "lost").await.unwrap();
        session.cycle_id().await.unwrap();
        StatusCode::BAD_GATEWAY
    }
    async fn flush_and_fail(session: Session) -> StatusCode {
        session.flush().await.unwrap();
        StatusCode::BAD_GATEWAY
    }
    async fn too_much_and_fail(session: Session) -> StatusCode {
        session.insert("a", "much to say. ".repeat(400)).await.unwrap();
        StatusCode::BAD_GATEWAY
    }
    let routes = Router::new()
        .route("/write", post(write_and_fail))
        .route("/too-much", post(too_much_and_fail))
        .route("/flush", post(flush_and_fail));
    let mut visitor = at(builder(), routes).await;
    visitor.post("/set/a", "kept").await;
    assert!(!visitor.post("/write", "").await.has("set-cookie"));
    assert_eq!(visitor.post("/too-much", "").await.status(), 502, "nothing was to be saved");
    assert_eq!(visitor.get("/get/a").await.body(), "kept");
    let reply = visitor.post("/flush", "").await;
    assert_eq!(reply.status(), 502);
    assert!(reply.deletes(SEALED));
}

/// The ends that `on_end` reported.
type Ends = Arc<Mutex<Vec<EndCause>>>;

fn reporting(ends: &Ends) -> Builder<Map> {
    let ends = Arc::clone(ends);
    builder().on_end(move |end| ends.lock().unwrap().push(end.cause()))
}

#[tokio::test]
async fn cycle_id_renews_and_flush_purges() {
    async fn cycle(session: Session, sealed: Sealed<Map>) -> Answer {
        let before = sealed.id();
        session.cycle_id().await.map_err(failed)?;
        assert_ne!(sealed.id(), before);
        session.save().await.map_err(failed)?;
        let id = sealed.id().unwrap().to_bytes();
        assert_eq!(session.id().unwrap().0.to_le_bytes(), id, "from here on the ids are the same");
        Ok(String::new())
    }
    async fn twice(session: Session) -> Answer {
        session.cycle_id().await.map_err(failed)?;
        session.cycle_id().await.map_err(failed)?;
        Ok(String::new())
    }
    async fn flush(session: Session) -> Answer {
        session.flush().await.map_err(failed)?;
        Ok(String::new())
    }
    let ends = Ends::default();
    let routes = Router::new()
        .route("/cycle", post(cycle))
        .route("/twice", post(twice))
        .route("/flush", post(flush));
    let mut visitor = at(reporting(&ends), routes).await;
    visitor.post("/set/a", "kept").await;
    for path in ["/cycle", "/twice"] {
        assert!(visitor.post(path, "").await.sets());
        assert_eq!(visitor.get("/get/a").await.body(), "kept");
    }
    assert_eq!(*ends.lock().unwrap(), [EndCause::Renew, EndCause::Renew]);
    assert!(visitor.post("/flush", "").await.deletes(SEALED));
    assert_eq!(ends.lock().unwrap()[2..], [EndCause::Purge]);
    assert_eq!(visitor.get("/get/a").await.body(), "nothing");
}

#[tokio::test]
async fn a_flush_ends_the_session_in_any_order() {
    async fn after_cycle(session: Session) -> Answer {
        session.cycle_id().await.map_err(failed)?;
        session.flush().await.map_err(failed)?; // has no id, and calls no `delete`
        Ok(String::new())
    }
    async fn after_save(session: Session) -> Answer {
        session.cycle_id().await.map_err(failed)?;
        session.save().await.map_err(failed)?;
        session.flush().await.map_err(failed)?;
        Ok(String::new())
    }
    async fn before_an_error(session: Session) -> (StatusCode, &'static str) {
        session.cycle_id().await.unwrap();
        session.flush().await.unwrap();
        (StatusCode::BAD_GATEWAY, "")
    }
    async fn before_a_write(session: Session) -> Answer {
        session.flush().await.map_err(failed)?;
        session.insert("b", "new").await.map_err(failed)?;
        Ok(String::new())
    }
    let routes = Router::new()
        .route("/after-cycle", post(after_cycle))
        .route("/after-save", post(after_save))
        .route("/before-an-error", post(before_an_error))
        .route("/before-a-write", post(before_a_write));
    let mut visitor = at(builder(), routes).await;
    for path in ["/after-cycle", "/after-save", "/before-an-error"] {
        visitor.post("/set/a", "kept").await;
        assert!(visitor.post(path, "").await.deletes(SEALED), "{path}");
        assert!(visitor.jar.is_empty(), "{path}");
    }
    visitor.post("/set/a", "kept").await;
    assert!(visitor.post("/before-a-write", "").await.sets());
    assert_eq!(visitor.get("/get/a").await.body(), "nothing");
    assert_eq!(visitor.get("/get/b").await.body(), "new");
}

#[tokio::test]
async fn a_second_cycle_after_a_save_keeps_the_data() {
    async fn cycle(session: Session, sealed: Sealed<Map>) -> Answer {
        session.cycle_id().await.map_err(failed)?;
        session.save().await.map_err(failed)?;
        let first = sealed.id();
        session.cycle_id().await.map_err(failed)?;
        session.save().await.map_err(failed)?;
        assert_ne!(sealed.id(), first);
        assert!(sealed.id().is_some());
        Ok(String::new())
    }
    let mut visitor = at(builder(), Router::new().route("/cycle", post(cycle))).await;
    visitor.post("/set/a", "kept").await;
    assert!(visitor.post("/cycle", "").await.sets());
    assert_eq!(visitor.get("/get/a").await.body(), "kept");
}

#[tokio::test]
async fn clearing_a_session_deletes_its_cookie() {
    let routes =
        Router::new().route("/clear", post(async |session: Session| session.clear().await));
    let mut visitor = at(builder(), routes).await;
    visitor.post("/set/a", "kept").await;
    assert!(visitor.post("/clear", "").await.deletes(SEALED));
}

#[tokio::test]
async fn an_expiry_goes_into_the_seal() {
    async fn expire(session: Session, Path(how): Path<String>) -> Answer {
        let date = |days| time::OffsetDateTime::now_utc() + time::Duration::days(days);
        session.insert("a", "kept").await.map_err(failed)?;
        session.set_expiry(Some(match how.as_str() {
            "idle" => Expiry::OnInactivity(time::Duration::hours(2)),
            "browser" => Expiry::OnSessionEnd,
            "date" => Expiry::AtDateTime(date(3)),
            _ => Expiry::AtDateTime(date(-1)),
        }));
        Ok(String::new())
    }
    let mut visitor = at(builder(), Router::new().route("/expire/{how}", post(expire))).await;
    let line = |reply: crate::browser::Reply| reply.set_cookie(SEALED).unwrap_or("").to_owned();
    assert!(line(visitor.post("/expire/idle", "").await).contains("Max-Age=7200"));
    assert!(!line(visitor.post("/expire/browser", "").await).contains("Max-Age"));
    let until = line(visitor.post("/expire/date", "").await);
    let age = until.split("Max-Age=").nth(1).unwrap().split(';').next().unwrap();
    assert!((3 * DAY - 60..=3 * DAY).contains(&age.parse::<u64>().unwrap()), "{until}");
    let reply = visitor.post("/expire/past", "").await;
    assert_eq!(reply.status(), 500, "an end in the past is refused, as by `set_expiry`");
    assert!(!reply.has("set-cookie"));
}

#[tokio::test]
async fn reading_refreshes_when_it_is_due() {
    let clock = ManualClock::at_system_time();
    let mut visitor = at(builder().clock(clock.clone()), Router::new()).await;
    visitor.post("/set/a", "kept").await;
    assert!(!visitor.get("/get/a").await.sets());
    clock.advance(Duration::from_secs(2 * DAY));
    assert!(!visitor.get("/about").await.sets(), "nobody asked for the session");
    assert!(visitor.get("/get/a").await.sets());
    clock.advance(Duration::from_secs(13 * DAY));
    assert_eq!(visitor.get("/get/a").await.body(), "kept");
    clock.advance(Duration::from_secs(15 * DAY));
    assert_eq!(visitor.get("/get/a").await.body(), "nothing");
}

#[tokio::test]
async fn a_session_works_in_a_spawned_task() {
    async fn spawned(session: Session) -> String {
        let task = tokio::spawn(async move {
            session.insert("a", "from a task").await.unwrap();
            session.get("a").await.unwrap().unwrap()
        });
        task.await.unwrap()
    }
    let mut visitor = at(builder(), Router::new().route("/spawned", post(spawned))).await;
    assert_eq!(visitor.post("/spawned", "").await.body(), "from a task");
    assert_eq!(visitor.get("/get/a").await.body(), "from a task");
}

#[tokio::test]
async fn a_save_after_the_response_is_an_error() {
    let (told, saved) = oneshot::channel();
    let (go, gone) = oneshot::channel();
    let once = Arc::new(Mutex::new(Some((told, gone))));
    let late = async move |session: Session| {
        session.insert("a", "in time").await.unwrap();
        let (told, gone) = once.lock().unwrap().take().unwrap();
        tokio::spawn(async move {
            gone.await.unwrap();
            session.insert("a", "too late").await.unwrap();
            told.send(session.save().await.map_err(|error| error.to_string())).unwrap();
        });
    };
    let mut visitor = at(builder(), Router::new().route("/late", post(late))).await;
    assert!(visitor.post("/late", "").await.sets());
    go.send(()).unwrap();
    let error = saved.await.unwrap().unwrap_err();
    assert!(error.starts_with("the response was already sent"), "{error}");
    assert_eq!(visitor.get("/get/a").await.body(), "in time");
}

#[tokio::test]
async fn a_second_layer_passes_through() {
    async fn between(session: Session, request: Request, next: Next) -> Response {
        session.insert("b", "2").await.unwrap();
        next.run(request).await
    }
    let sessions = builder().build().unwrap();
    let app = Router::new()
        .route("/get/{key}", get(read))
        .route("/set/{key}", post(write))
        .layer(BridgeLayer::new(sessions.clone()))
        .layer(from_fn(between))
        .layer(BridgeLayer::new(sessions));
    let mut visitor = Browser::at(serve(app).await);
    let reply = visitor.post("/set/a", "1").await;
    assert_eq!(reply.fields("set-cookie").len(), 1);
    assert_eq!(visitor.get("/get/a").await.body(), "1");
    assert_eq!(visitor.get("/get/b").await.body(), "2");
}
