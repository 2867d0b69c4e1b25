//! From Rocket's private cookies.

use crate::scenario::{Old, run};
use ::rocket::config::SecretKey;
use ::rocket::fairing::AdHoc;
use ::rocket::http::CookieJar;
use ::rocket::{Config, get, post, routes};
use http::HeaderMap;
use sealed_session_moving_in::{Visit, rocket};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::mpsc;

#[post("/sign-in")]
fn sign_in(jar: &CookieJar<'_>) {
    jar.add_private(("user_id", "7"));
}

#[get("/who")]
fn who(jar: &CookieJar<'_>) -> String {
    jar.get_private("user_id").map_or("nobody".to_owned(), |cookie| cookie.value().to_owned())
}

/// `secret` is read by Rocket's own rules, as bytes in `secret_key` are.
fn server(secret: &[u8]) -> SocketAddr {
    let secret: SecretKey = serde_json::from_value(secret.into()).unwrap();
    let (sender, ports) = mpsc::channel();
    std::thread::spawn(move || {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let config = Config {
            address,
            port: 0,
            secret_key: secret,
            log_level: ::rocket::config::LogLevel::Off,
            ..Config::default()
        };
        let tell = AdHoc::on_liftoff("port", |rocket| {
            Box::pin(async move { sender.send(rocket.config().port).unwrap() })
        });
        let app = ::rocket::custom(config).mount("/", routes![sign_in, who]).attach(tell);
        ::rocket::execute(app.launch()).unwrap();
    });
    SocketAddr::from((Ipv4Addr::LOCALHOST, ports.recv().unwrap()))
}

fn secret() -> Vec<u8> {
    cookie::Key::generate().master().to_vec()
}

fn moves_in(secret: &[u8]) {
    let key = rocket::key(secret);
    let read = move |headers: &HeaderMap| rocket::read(headers, &key);
    let visit = Visit { user: Some(7), cart: vec![] };
    run(Old {
        server: server(secret),
        elsewhere: server(&self::secret()),
        cookie: "user_id",
        read,
        visit,
    });
}

#[test]
fn rocket_with_a_secret_of_32_bytes() {
    moves_in(&secret()[..32]);
}

#[test]
fn rocket_with_a_secret_of_64_bytes() {
    moves_in(&secret());
}
