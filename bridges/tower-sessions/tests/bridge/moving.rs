//! Visitors of a deployment on tower-sessions' own layer and a store, who come to servers with the
//! bridge.

use crate::app::routes;
use crate::browser::{Browser, SEALED, serve};
use crate::login::{ADA, sessions, users};
use crate::users::Users;
use async_trait::async_trait;
use axum::http::StatusCode;
use axum::routing::{get, post};
use sealed_session::{Map, Session as Sealed};
use sealed_session_tower_sessions::tower_sessions_core::session::{Id, Record};
use sealed_session_tower_sessions::tower_sessions_core::session_store;
use sealed_session_tower_sessions::{BridgeLayer, LegacyStore};
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};
use tower_sessions::{MemoryStore, Session, SessionManagerLayer, SessionStore};

/// The former deployment, and a visitor who signed in there.
struct Former {
    store: MemoryStore,
    users: Users,
    ada: Browser,
}

impl Former {
    async fn new() -> Self {
        let (store, users) = (MemoryStore::default(), users());
        let layer = SessionManagerLayer::new(store.clone()).with_name("sid");
        let app = routes(users.clone()).layer(layer);
        let mut ada = Browser::at(serve(app).await);
        ada.post("/sign-in", ADA).await;
        assert!(ada.get("/").await.body().contains("Visit 1.\n<p>You are ada."));
        assert_eq!(ada.jar.keys().collect::<Vec<_>>(), ["sid"]);
        Self { store, users, ada }
    }

    fn legacy(&self) -> LegacyStore {
        LegacyStore::new(self.store.clone()).cookie_name("sid")
    }

    /// Begins a server with the bridge.
    async fn successor(&self, legacy: LegacyStore) -> SocketAddr {
        let fail = async |session: Session| {
            session.get::<String>("a").await.unwrap();
            StatusCode::BAD_GATEWAY
        };
        let public = async |session: Session| {
            session.get::<String>("a").await.unwrap();
            [("cache-control", "public, max-age=60")]
        };
        let forget = async |session: Session| {
            let _ = session.delete().await;
            format!("{:?}", session.get::<u32>("visits").await.unwrap())
        };
        let purge = async |session: Session, sealed: Sealed<Map>| {
            let visits = session.get::<u32>("visits").await.unwrap();
            sealed.purge().unwrap();
            format!("{visits:?}")
        };
        let routes = routes(self.users.clone())
            .route("/fail", get(fail))
            .route("/public", get(public))
            .route("/forget", post(forget))
            .route("/purge", post(purge));
        serve(routes.layer(BridgeLayer::new(sessions()).import_from(legacy))).await
    }

    async fn record(&self, sid: &str) -> Option<Record> {
        self.store.load(&sid.parse().unwrap()).await.unwrap()
    }
}

#[tokio::test]
async fn visitors_stay_signed_in() {
    let former = Former::new().await;
    let mut ada = former.ada.clone();
    let sid = ada.jar["sid"].clone();
    ada.address = former.successor(former.legacy()).await;

    let reply = ada.get("/").await;
    assert!(reply.body().contains("Visit 2.\n<p>You are ada."));
    assert!(reply.sets() && ada.jar.contains_key("sid"));
    assert!(former.record(&sid).await.is_some(), "this response may yet get lost");

    let reply = ada.get("/").await;
    assert!(reply.body().contains("Visit 3.\n<p>You are ada."));
    assert_eq!(
        reply.set_cookie("sid"),
        Some("sid=; Path=/; Secure; HttpOnly; Max-Age=0"),
        "now it has arrived"
    );
    assert_eq!(ada.jar.keys().collect::<Vec<_>>(), [SEALED]);
    assert!(former.record(&sid).await.is_none());
    assert!(!ada.get("/").await.deletes("sid"));
}

#[tokio::test]
async fn a_page_that_does_not_ask_moves_nothing() {
    let former = Former::new().await;
    let mut ada = former.ada.clone();
    ada.address = former.successor(former.legacy()).await;
    let reply = ada.get("/about").await;
    assert!(!reply.has("set-cookie") && !reply.has("vary"));
}

#[tokio::test]
async fn a_move_that_is_lost_is_made_again() {
    let former = Former::new().await;
    let mut ada = former.ada.clone();
    ada.address = former.successor(former.legacy()).await;
    assert!(!ada.get("/fail").await.has("set-cookie"));
    assert!(ada.get("/").await.body().contains("Visit 2.\n<p>You are ada."));
}

#[tokio::test]
async fn signing_out_ends_the_old_session_too() {
    let former = Former::new().await;
    let mut ada = former.ada.clone();
    let mut copy = former.ada.clone();
    ada.address = former.successor(former.legacy().delete_after(in_a_day())).await;
    let reply = ada.post("/sign-out", "").await;
    assert!(reply.deletes("sid"));
    assert!(ada.get("/").await.body().contains("<p>Nobody"));
    assert_eq!(copy.get("/orders").await.status(), 307, "the former server");
    copy.address = ada.address;
    copy.jar = former.ada.jar.clone();
    assert_eq!(copy.get("/orders").await.status(), 307, "the new one");
}

#[tokio::test]
async fn a_purge_of_the_sealed_session_ends_the_old_one() {
    for moved_before in [false, true] {
        let former = Former::new().await;
        let mut ada = former.ada.clone();
        let sid = ada.jar["sid"].clone();
        ada.address = former.successor(former.legacy().delete_after(in_a_day())).await;
        if moved_before {
            ada.get("/").await;
        }
        let reply = ada.post("/purge", "").await;
        assert!(reply.body().starts_with("Some"));
        assert!(reply.deletes("sid") && !reply.sets());
        assert!(former.record(&sid).await.is_none());
    }
}

#[tokio::test]
async fn an_ended_session_is_not_moved() {
    let former = Former::new().await;
    let mut ada = former.ada.clone();
    let record = former.record(&ada.jar["sid"]).await;
    ada.address = former.successor(LegacyStore::new(Fixed(record)).cookie_name("sid")).await;
    let reply = ada.post("/forget", "").await;
    assert_eq!(reply.body(), "None");
    assert!(!reply.has("set-cookie"));
}

#[tokio::test]
async fn what_moved_is_kept_for_a_rollback() {
    let former = Former::new().await;
    let mut ada = former.ada.clone();
    let before = ada.address;
    ada.address = former.successor(former.legacy().delete_after(in_a_day())).await;
    for _ in 0..2 {
        assert!(!ada.get("/").await.deletes("sid"));
    }
    ada.address = before;
    assert!(ada.get("/").await.body().contains("<p>You are ada."), "rolled back");
    ada.address = former.successor(former.legacy().delete_after(SystemTime::now())).await;
    ada.jar.remove(SEALED); // sealed under the ring of the other server
    ada.get("/").await;
    assert!(ada.get("/").await.deletes("sid"));
}

#[tokio::test]
async fn a_cookie_that_does_not_open_is_not_replaced() {
    let former = Former::new().await;
    let mut ada = former.ada.clone();
    let sid = ada.jar["sid"].clone();
    ada.address = former.successor(former.legacy()).await;
    ada.jar.insert(SEALED.to_owned(), "broken".to_owned());
    assert_eq!(ada.get("/orders").await.status(), 307);
    assert!(former.record(&sid).await.is_some());
}

#[tokio::test]
async fn another_site_moves_and_ends_nothing() {
    let former = Former::new().await;
    let mut ada = former.ada.clone();
    ada.address = former.successor(former.legacy()).await;
    let reply = ada.post_from_elsewhere("/sign-out").await;
    assert!(!reply.deletes("sid"));
    assert!(ada.get("/").await.body().contains("<p>You are ada."));
}

#[tokio::test]
async fn an_unknown_id_begins_nothing() {
    let former = Former::new().await;
    let mut stranger = Browser::at(former.successor(former.legacy()).await);
    stranger.jar.insert("sid".to_owned(), Id::default().to_string());
    let reply = stranger.get("/orders").await;
    assert_eq!(reply.status(), 307);
    assert!(reply.deletes("sid") && stranger.jar.is_empty());
    stranger.jar.insert("sid".to_owned(), "no id".to_owned());
    assert!(!stranger.get("/orders").await.has("set-cookie"));
}

#[tokio::test]
async fn an_id_can_be_read_from_a_signed_cookie() {
    let former = Former::new().await;
    let mut ada = former.ada.clone();
    let genuine = |value: &str| value.strip_prefix("signed.")?.parse().ok();
    ada.address = former.successor(former.legacy().read_id_with(genuine)).await;
    assert_eq!(ada.get("/orders").await.status(), 307);
    let signed = format!("signed.{}", ada.jar["sid"]);
    ada.jar.insert("sid".to_owned(), signed);
    assert_eq!(ada.get("/orders").await.status(), 200);
}

#[tokio::test]
async fn a_record_that_does_not_fit_stays() {
    let former = Former::new().await;
    let mut ada = former.ada.clone();
    let sid = ada.jar["sid"].clone();
    let mut record = former.record(&sid).await.unwrap();
    record.data.insert("essay".to_owned(), "much to say. ".repeat(400).into());
    former.store.save(&record).await.unwrap();
    ada.address = former.successor(former.legacy()).await;
    assert_eq!(ada.get("/orders").await.status(), 307, "the visitor has an empty session");
    assert!(former.record(&sid).await.is_some());
}

/// A store with one record, or one that is down. It deletes nothing, and does not look at dates.
#[derive(Debug)]
struct Fixed(Option<Record>);

fn down() -> session_store::Error {
    session_store::Error::Backend("down".to_owned())
}

#[async_trait]
impl SessionStore for Fixed {
    async fn save(&self, _: &Record) -> session_store::Result<()> {
        Err(down())
    }

    async fn load(&self, _: &Id) -> session_store::Result<Option<Record>> {
        self.0.clone().map(Some).ok_or_else(down)
    }

    async fn delete(&self, _: &Id) -> session_store::Result<()> {
        Err(down())
    }
}

#[tokio::test]
async fn a_store_that_is_down_signs_nobody_out() {
    let former = Former::new().await;
    let mut ada = former.ada.clone();
    ada.address = former.successor(LegacyStore::new(Fixed(None)).cookie_name("sid")).await;
    let reply = ada.get("/").await;
    assert_eq!(reply.status(), 500);
    assert!(!reply.has("set-cookie"));
    assert_eq!(Browser::at(ada.address).get("/").await.status(), 200, "others need no store");
}

#[tokio::test]
async fn a_record_that_cannot_be_deleted_is_tried_again() {
    let former = Former::new().await;
    let mut ada = former.ada.clone();
    let record = former.record(&ada.jar["sid"]).await;
    ada.address = former.successor(LegacyStore::new(Fixed(record)).cookie_name("sid")).await;
    for _ in 0..3 {
        let reply = ada.get("/").await;
        assert!(reply.body().contains("<p>You are ada.") && !reply.deletes("sid"));
    }
    let reply = ada.post("/sign-out", "").await;
    assert_eq!(reply.status(), 500, "the handler learns that the old session lives on");
    assert!(reply.deletes(SEALED) && !reply.deletes("sid"));
}

#[tokio::test]
async fn a_record_that_has_expired_is_not_read() {
    let former = Former::new().await;
    let mut ada = former.ada.clone();
    let mut record = former.record(&ada.jar["sid"]).await.unwrap();
    record.expiry_date = SystemTime::now().into();
    ada.address = former.successor(LegacyStore::new(Fixed(Some(record))).cookie_name("sid")).await;
    assert_eq!(ada.get("/orders").await.status(), 307);
}

#[tokio::test]
async fn a_page_for_shared_caches_deletes_nothing() {
    let former = Former::new().await;
    let mut ada = former.ada.clone();
    ada.address = former.successor(former.legacy().path("/app").domain("example.com")).await;
    ada.get("/").await;
    let reply = ada.get("/public").await;
    assert_eq!(reply.fields("cache-control"), ["public, max-age=60"]);
    assert!(!reply.has("set-cookie"));
    assert_eq!(
        ada.get("/").await.set_cookie("sid"),
        Some("sid=; Path=/app; Domain=example.com; Secure; HttpOnly; Max-Age=0")
    );
}

fn in_a_day() -> SystemTime {
    SystemTime::now() + Duration::from_secs(86_400)
}
