//! The variants on axum: bare, ours, PrivateJar and tower-sessions in Redis.

use crate::{Variant, change, example, page, ring, same_page};
use axum::Router;
use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum_extra::extract::PrivateCookieJar;
use axum_extra::extract::cookie::{Cookie, Key};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::{Session, SessionError, Sessions};
use sealed_session_benches::Shop;
use std::error::Error;
use std::net::Ipv4Addr;
use tokio::net::TcpListener;
use tower_layer::Identity;
use tower_sessions::SessionManagerLayer;
use tower_sessions_redis_store::RedisStore;
use tower_sessions_redis_store::fred::prelude::{ClientLike, Config, Pool};

#[tokio::main(flavor = "current_thread")]
pub async fn serve(variant: Variant, redis: Option<&str>) -> Result<(), Box<dyn Error>> {
    let app = match variant {
        Variant::Bare => Router::new().route("/", get(bare)).route("/begin", post(bare)),
        Variant::Idle => {
            Router::new().route("/", get(bare)).route("/begin", post(bare)).layer(Identity::new())
        }
        Variant::Untouched => ours(get(bare))?,
        Variant::Read => ours(get(read))?,
        Variant::Write => ours(get(write))?,
        Variant::PeerRead => jar(get(jar_read)),
        Variant::PeerWrite => jar(get(jar_write)),
        Variant::RedisRead => in_redis(get(redis_read), redis).await?,
        Variant::RedisWrite => in_redis(get(redis_write), redis).await?,
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?.port());
    Ok(axum::serve(listener, app).await?)
}

async fn bare() -> String {
    same_page()
}

fn ours(index: axum::routing::MethodRouter) -> Result<Router, Box<dyn Error>> {
    let sessions = Sessions::<Shop>::builder(ring()?).build()?;
    Ok(Router::new()
        .route("/", index)
        .route("/begin", post(begin))
        .layer(SessionLayer::new(sessions)))
}

async fn begin(session: Session<Shop>) -> Result<(), SessionError> {
    session.set(example())
}

async fn read(session: Session<Shop>) -> String {
    session.read(page)
}

async fn write(session: Session<Shop>) -> Result<String, SessionError> {
    session.update(|shop| {
        change(shop);
        page(shop)
    })
}

#[derive(Clone)]
struct JarKey(Key);

impl FromRef<JarKey> for Key {
    fn from_ref(state: &JarKey) -> Self {
        state.0.clone()
    }
}

fn jar(index: axum::routing::MethodRouter<JarKey>) -> Router {
    Router::new()
        .route("/", index)
        .route("/begin", post(jar_begin))
        .with_state(JarKey(Key::generate()))
}

/// With the attributes that a session's cookie ought to have.
fn cookie(shop: &Shop) -> Cookie<'static> {
    let value = serde_json::to_string(shop).unwrap_or_default();
    Cookie::build(("__Host-session", value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(axum_extra::extract::cookie::SameSite::Lax)
        .build()
}

fn shop_of(jar: &PrivateCookieJar) -> Option<Shop> {
    serde_json::from_str(jar.get("__Host-session")?.value()).ok()
}

async fn jar_begin(jar: PrivateCookieJar) -> PrivateCookieJar {
    jar.add(cookie(&example()))
}

async fn jar_read(jar: PrivateCookieJar) -> Result<String, StatusCode> {
    shop_of(&jar).map(|shop| page(&shop)).ok_or(StatusCode::INTERNAL_SERVER_ERROR)
}

async fn jar_write(jar: PrivateCookieJar) -> Result<Response, StatusCode> {
    let mut shop = shop_of(&jar).ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
    change(&mut shop);
    let jar = jar.add(cookie(&shop));
    Ok((jar, page(&shop)).into_response())
}

async fn in_redis(
    index: axum::routing::MethodRouter,
    redis: Option<&str>,
) -> Result<Router, Box<dyn Error>> {
    let pool =
        Pool::new(Config::from_url(redis.ok_or("no REDIS_URL is given")?)?, None, None, None, 4)?;
    pool.connect();
    pool.wait_for_connect().await?;
    let layer = SessionManagerLayer::new(RedisStore::new(pool));
    Ok(Router::new().route("/", index).route("/begin", post(redis_begin)).layer(layer))
}

type RedisError = (StatusCode, String);

fn failed(error: tower_sessions::session::Error) -> RedisError {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

async fn redis_begin(session: tower_sessions::Session) -> Result<(), RedisError> {
    session.insert("shop", example()).await.map_err(failed)
}

async fn redis_shop(session: &tower_sessions::Session) -> Result<Shop, RedisError> {
    let shop = session.get("shop").await.map_err(failed)?;
    shop.ok_or((StatusCode::INTERNAL_SERVER_ERROR, "no session".to_owned()))
}

async fn redis_read(session: tower_sessions::Session) -> Result<String, RedisError> {
    Ok(page(&redis_shop(&session).await?))
}

async fn redis_write(session: tower_sessions::Session) -> Result<String, RedisError> {
    let mut shop = redis_shop(&session).await?;
    change(&mut shop);
    let page = page(&shop);
    session.insert("shop", shop).await.map_err(failed)?;
    Ok(page)
}
