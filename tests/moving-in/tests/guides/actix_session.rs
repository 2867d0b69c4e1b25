//! From actix-session's `CookieSessionStore`.

use crate::scenario::{Old, run};
use crate::sites::listen;
use ::actix_session::config::CookieContentSecurity;
use ::actix_session::storage::CookieSessionStore;
use ::actix_session::{Session, SessionMiddleware};
use actix_web::cookie::Key;
use actix_web::{App, HttpServer, Responder, rt, web};
use http::HeaderMap;
use sealed_session_moving_in::{Visit, actix_session};
use std::net::SocketAddr;

async fn sign_in(session: Session) -> impl Responder {
    session.insert("user", 7).unwrap();
    session.insert("cart", [3, 300]).unwrap();
    ""
}

async fn who(session: Session) -> impl Responder {
    session.get::<u64>("user").unwrap().map_or("nobody".to_owned(), |user| user.to_string())
}

fn server(key: Key, security: CookieContentSecurity) -> SocketAddr {
    let (listener, address) = listen();
    std::thread::spawn(move || {
        let app = move || {
            let session = SessionMiddleware::builder(CookieSessionStore::default(), key.clone());
            let session = session.cookie_content_security(security).build();
            App::new()
                .wrap(session)
                .route("/sign-in", web::post().to(sign_in))
                .route("/who", web::get().to(who))
        };
        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap();
        rt::System::new().block_on(server.run()).unwrap();
    });
    address
}

fn moves_in(security: CookieContentSecurity) {
    let key = Key::generate();
    let (server, elsewhere) = (server(key.clone(), security), server(Key::generate(), security));
    let read = move |headers: &HeaderMap| actix_session::read(headers, &key, security);
    run(Old {
        server,
        elsewhere,
        cookie: "id",
        read,
        visit: Visit { user: Some(7), cart: vec![3, 300] },
    });
}

#[test]
fn actix_session_private() {
    moves_in(CookieContentSecurity::Private);
}

#[test]
fn actix_session_signed() {
    moves_in(CookieContentSecurity::Signed);
}
