//! The application of `examples/login`, on axum-login and axum-messages.

use crate::app::{self, app};
use crate::browser::{Browser, SEALED, serve};
use crate::users::Users;
use argon2::{Algorithm, Argon2, Params, Version};
use sealed_session::{KeyRing, Map, Sessions, Suite};

pub const ADA: &str = "name=ada&password=correct+horse";
const BOB: &str = "name=bob&password=correct+horse";

/// Two users, with hashes that cost little.
pub fn users() -> Users {
    let params = Params::new(8, 1, 1, None).unwrap();
    let users = Users::new(Argon2::new(Algorithm::Argon2id, Version::V0x13, params)).unwrap();
    users.add("ada", "correct horse", &["ship"]).unwrap();
    users.add("bob", "correct horse", &[]).unwrap();
    users
}

pub fn sessions() -> Sessions<Map> {
    app::sessions(KeyRing::generate(Suite::Xaes256Gcm).unwrap()).unwrap()
}

async fn visitor() -> Browser {
    Browser::at(serve(app(users(), sessions())).await)
}

#[tokio::test]
async fn a_visitor_signs_in_and_out() {
    let mut ada = visitor().await;
    let reply = ada.get("/orders").await;
    assert_eq!((reply.status(), reply.location()), (307, "/sign-in?next=%2Forders"));

    let reply = ada.post("/sign-in", "name=ada&password=wrong").await;
    assert_eq!((reply.status(), reply.location()), (303, "/sign-in"));
    assert!(ada.get("/sign-in").await.body().contains("<em>The name or the password is wrong."));
    assert!(!ada.get("/sign-in").await.body().contains("<em>"), "a message is shown once");

    let reply = ada.post("/sign-in", ADA).await;
    assert_eq!((reply.status(), reply.location()), (303, "/"));
    assert!(reply.sets());
    let home = ada.get("/").await;
    assert!(home.body().contains("<em>Welcome, ada.</em>\n<p>Visit 1.\n<p>You are ada."));
    let home = ada.get("/").await;
    assert!(home.body().contains("<p>Visit 2.\n<p>You are ada.") && !home.body().contains("<em>"));
    assert_eq!(ada.get("/orders").await.body(), "Orders: none.");
    assert_eq!(ada.jar.keys().collect::<Vec<_>>(), [SEALED], "one cookie, and no other");

    assert_eq!(ada.post("/sign-out", "").await.status(), 303);
    let home = ada.get("/").await;
    assert!(home.body().contains("<em>You are signed out.</em>\n<p>Visit 1.\n<p>Nobody"));
    assert_eq!(ada.get("/orders").await.status(), 307);
}

#[tokio::test]
async fn forms_of_other_origins_are_refused() {
    let mut ada = visitor().await;
    for site in ["cross-site", "same-site"] {
        let field = format!("sec-fetch-site: {site}\r\n");
        let mut stranger = Browser::at(ada.address);
        assert_eq!(stranger.send("POST", "/sign-in", &field, ADA).await.status(), 403, "{site}");
        assert!(stranger.jar.is_empty(), "nobody was signed in");
        ada.post("/sign-in", ADA).await;
        assert_eq!(ada.send("POST", "/sign-out", &field, "").await.status(), 403, "{site}");
        assert_eq!(ada.get("/orders").await.body(), "Orders: none.");
    }
}

#[tokio::test]
async fn permissions_are_the_users() {
    let mut ada = visitor().await;
    let mut bob = Browser::at(ada.address);
    assert_eq!(ada.post("/orders/ship", "").await.status(), 403);
    ada.post("/sign-in", ADA).await;
    bob.post("/sign-in", BOB).await;
    assert_eq!(ada.post("/orders/ship", "").await.body(), "Shipped.");
    assert_eq!(bob.get("/orders").await.status(), 200);
    assert_eq!(bob.post("/orders/ship", "").await.status(), 403);
}

#[tokio::test]
async fn a_new_password_ends_other_sessions() {
    let mut ada = visitor().await;
    ada.post("/sign-in", ADA).await;
    let mut elsewhere = ada.clone();
    assert!(elsewhere.get("/").await.body().contains("You are ada."));

    ada.post("/password", "password=another+horse").await;
    assert!(ada.get("/").await.body().contains("<em>The password was changed."));
    assert_eq!(ada.get("/orders").await.status(), 200, "the session that changed it goes on");

    let reply = elsewhere.get("/orders").await;
    assert_eq!(reply.status(), 307);
    assert!(reply.deletes(SEALED) && elsewhere.jar.is_empty());
}

#[tokio::test]
async fn instances_share_only_the_ring() {
    let ring = KeyRing::generate(Suite::Xaes256Gcm).unwrap();
    let instance = || Sessions::<Map>::new(ring.expose_secrets().parse().unwrap()).unwrap();
    let one = serve(app(users_of_one_database(), instance())).await;
    let other = serve(app(users_of_one_database(), instance())).await;

    let mut ada = Browser::at(one);
    ada.post("/sign-in", ADA).await;
    ada.address = other;
    assert!(ada.get("/").await.body().contains("<em>Welcome, ada.</em>\n<p>Visit 1."));
    ada.address = one;
    assert!(ada.get("/").await.body().contains("<p>Visit 2.\n<p>You are ada."));
    ada.post("/sign-out", "").await;
    ada.address = other;
    assert_eq!(ada.get("/orders").await.status(), 307);
}

/// The same users each time: both instances read one table.
fn users_of_one_database() -> Users {
    static USERS: std::sync::LazyLock<Users> = std::sync::LazyLock::new(users);
    USERS.clone()
}

#[tokio::test]
async fn a_page_outside_axum_login_is_untouched() {
    let mut ada = visitor().await;
    ada.post("/sign-in", ADA).await;
    let reply = ada.get("/about").await;
    assert_eq!(reply.body(), "We ship.");
    assert!(!reply.has("set-cookie") && !reply.has("vary") && !reply.has("cache-control"));
    let reply = ada.get("/orders").await;
    assert_eq!(reply.fields("vary"), ["Cookie"], "axum-login reads the session of this one");
}

#[tokio::test]
async fn signing_in_renews_the_session() {
    let sessions = sessions();
    let mut ada = Browser::at(serve(app(users(), sessions.clone())).await);
    ada.get("/").await;
    let id = |browser: &Browser| {
        let mut headers = axum::http::HeaderMap::new();
        headers.insert("cookie", format!("{SEALED}={}", browser.jar[SEALED]).parse().unwrap());
        sessions.load((&axum::http::Method::GET, &headers)).id()
    };
    assert_eq!(id(&ada), None);
    ada.post("/sign-in", ADA).await;
    let signed_in = id(&ada);
    assert!(signed_in.is_some());
    ada.get("/").await;
    assert_eq!(id(&ada), signed_in);
}
