//! The variants on actix-web: bare, ours, and actix-session in a cookie and in Redis.

use crate::{Variant, change, example, page, ring, same_page};
use actix_session::SessionMiddleware as TheirMiddleware;
use actix_session::storage::{CookieSessionStore, RedisSessionStore};
use actix_web::cookie::Key;
use actix_web::error::ErrorInternalServerError;
use actix_web::middleware::Identity;
use actix_web::web::{get, post};
use actix_web::{App, Error as ActixError, HttpServer};
use sealed_session::adapter::actix_web::SessionMiddleware;
use sealed_session::{Session, SessionError, Sessions};
use sealed_session_benches::Shop;
use std::error::Error;
use std::net::{Ipv4Addr, TcpListener};

#[actix_web::main]
pub async fn serve(variant: Variant, redis: Option<&str>) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", listener.local_addr()?.port());
    let key = Key::generate();
    macro_rules! run {
        ($app:expr) => {
            HttpServer::new(move || $app).workers(1).listen(listener)?.run().await?
        };
    }
    match variant {
        Variant::Bare => {
            run!(App::new().route("/", get().to(bare)).route("/begin", post().to(bare)))
        }
        Variant::Idle => run!(
            App::new()
                .wrap(Identity::default())
                .route("/", get().to(bare))
                .route("/begin", post().to(bare))
        ),
        Variant::Untouched | Variant::Read | Variant::Write => {
            let sessions = Sessions::<Shop>::builder(ring()?).build()?;
            run!(
                App::new()
                    .wrap(SessionMiddleware::new(sessions.clone()))
                    .route("/begin", post().to(begin))
                    .route(
                        "/",
                        match variant {
                            Variant::Untouched => get().to(bare),
                            Variant::Read => get().to(read),
                            _ => get().to(write),
                        }
                    )
            );
        }
        Variant::PeerRead | Variant::PeerWrite => {
            run!(
                App::new()
                    .wrap(TheirMiddleware::new(CookieSessionStore::default(), key.clone()))
                    .route("/begin", post().to(their_begin))
                    .route(
                        "/",
                        if variant == Variant::PeerRead {
                            get().to(their_read)
                        } else {
                            get().to(their_write)
                        }
                    )
            );
        }
        Variant::RedisRead | Variant::RedisWrite => {
            let store = RedisSessionStore::new(redis.ok_or("no REDIS_URL is given")?).await?;
            run!(
                App::new()
                    .wrap(TheirMiddleware::new(store.clone(), key.clone()))
                    .route("/begin", post().to(their_begin))
                    .route(
                        "/",
                        if variant == Variant::RedisRead {
                            get().to(their_read)
                        } else {
                            get().to(their_write)
                        }
                    )
            );
        }
    }
    Ok(())
}

async fn bare() -> String {
    same_page()
}

async fn begin(session: Session<Shop>) -> Result<&'static str, SessionError> {
    session.set(example())?;
    Ok("")
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

async fn their_begin(session: actix_session::Session) -> Result<&'static str, ActixError> {
    session.insert("shop", example())?;
    Ok("")
}

fn their_shop(session: &actix_session::Session) -> Result<Shop, ActixError> {
    session.get("shop")?.ok_or_else(|| ErrorInternalServerError("no session"))
}

async fn their_read(session: actix_session::Session) -> Result<String, ActixError> {
    Ok(page(&their_shop(&session)?))
}

async fn their_write(session: actix_session::Session) -> Result<String, ActixError> {
    let mut shop = their_shop(&session)?;
    change(&mut shop);
    let page = page(&shop);
    session.insert("shop", shop)?;
    Ok(page)
}
