//! A browser, as far as sessions are concerned: a jar that keeps `SameSite`, and requests that say
//! where they come from. `reqwest` would keep `Secure` cookies back on plain http, which browsers
//! send to localhost.
#![allow(dead_code)] // each test file uses a part of it

use argon2::{Algorithm, Argon2, Params, Version};
use axum::Router;
use sealed_session::clock::ManualClock;
use sealed_session::{KeyRing, Suite};
use sealed_session_recipes::sign_in_with_a_password::passwords::Passwords;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub fn ring() -> KeyRing {
    KeyRing::generate(Suite::Xaes256Gcm).unwrap()
}

/// 2027-01-15T08:00:00Z, until it is told otherwise.
pub fn clock() -> ManualClock {
    ManualClock::at(Duration::from_secs(1_800_000_000))
}

/// Hashes that cost nothing: production's take a second in a build that is not optimised.
pub fn passwords() -> Passwords {
    Passwords::new(Argon2::new(
        Algorithm::Argon2id,
        Version::V0x13,
        Params::new(8, 1, 1, None).unwrap(),
    ))
    .unwrap()
}

pub const MINUTE: Duration = Duration::from_secs(60);

pub async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    serve_on(listener, app)
}

pub fn serve_on(listener: TcpListener, app: Router) -> SocketAddr {
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// Everything that the server sends until it closes.
pub struct Reply(String);

impl Reply {
    pub fn status(&self) -> u16 {
        self.0.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").unwrap().1
    }

    pub fn fields(&self, name: &str) -> Vec<&str> {
        let lines = self
            .0
            .split("\r\n\r\n")
            .next()
            .unwrap()
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "));
        lines
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }

    pub fn field(&self, name: &str) -> &str {
        let fields = self.fields(name);
        assert_eq!(fields.len(), 1, "{name}: {fields:?}");
        fields[0]
    }

    pub fn location(&self) -> &str {
        assert_eq!(self.status(), 303);
        self.field("location")
    }

    /// The value of the page's hidden input of this name.
    pub fn hidden(&self, name: &str) -> String {
        let begin = format!("name=\"{name}\" value=\"");
        self.body().split_once(&begin).unwrap().1.split_once('"').unwrap().0.to_owned()
    }
}

fn lines(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect()
}

#[derive(Clone)]
struct Cookie {
    name: String,
    value: String,
    crosses_sites: bool,
}

/// Where a request comes from.
#[derive(Clone, Copy, PartialEq)]
enum From {
    /// The visitor, or a page of the application.
    Us,
    Elsewhere(&'static str),
    /// No browser.
    Server,
}

/// A browser with a connection of its own for each request. A clone is a copy of its jar: of the
/// cookies that somebody kept.
#[derive(Clone)]
pub struct Browser {
    pub address: SocketAddr,
    jar: Vec<Cookie>,
}

impl Browser {
    pub fn at(address: SocketAddr) -> Self {
        Self { address, jar: Vec::new() }
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, "", From::Us).await
    }

    /// A page, as browsers ask for one.
    pub async fn visit(&mut self, path: &str) -> Reply {
        self.send_fields("GET", path, "", From::Us, "accept: text/html,application/xhtml+xml\r\n")
            .await
    }

    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Reply {
        self.send("POST", path, &serde_urlencoded::to_string(form).unwrap(), From::Us).await
    }

    /// With further fields.
    pub async fn get_with(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.send_fields("GET", path, "", From::Us, &lines(fields)).await
    }

    /// As a browser posts by itself to the endpoints of a device's key.
    pub async fn post_for_dbsc(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let fields = format!("sec-fetch-mode: no-cors\r\n{}", lines(fields));
        self.send_fields("POST", path, "", From::Us, &fields).await
    }

    /// As a mail provider's server posts: without cookies, and without the fields of a browser.
    pub async fn post_as_a_server(&self, path: &str, body: &str) -> Reply {
        Self::at(self.address).send("POST", path, body, From::Server).await
    }

    pub async fn post_json(&mut self, path: &str, json: &str) -> Reply {
        self.send("POST", path, json, From::Us).await
    }

    /// As a form on a page of another site posts, or of a sibling domain: `cross-site`,
    /// `same-site`.
    pub async fn post_from(
        &mut self,
        site: &'static str,
        path: &str,
        form: &[(&str, &str)],
    ) -> Reply {
        self.send("POST", path, &serde_urlencoded::to_string(form).unwrap(), From::Elsewhere(site))
            .await
    }

    /// As a link on a page of another site leads here.
    pub async fn follow_from_another_site(&mut self, path: &str) -> Reply {
        self.send("GET", path, "", From::Elsewhere("cross-site")).await
    }

    /// The `Cookie` field that goes with everything but another site's posts.
    pub fn cookies(&self) -> String {
        self.jar
            .iter()
            .map(|Cookie { name, value, .. }| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("; ")
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.jar.iter().find(|cookie| cookie.name == name).map(|cookie| &*cookie.value)
    }

    pub fn forget(&mut self, name: &str) {
        self.jar.retain(|cookie| cookie.name != name);
    }

    /// Puts a cookie into the jar that no server set.
    pub fn forge(&mut self, name: &str, value: &str) {
        self.forget(name);
        self.jar.push(Cookie {
            name: name.to_owned(),
            value: value.to_owned(),
            crosses_sites: true,
        });
    }

    async fn send(&mut self, method: &str, path: &str, body: &str, from: From) -> Reply {
        self.send_fields(method, path, body, from, "").await
    }

    async fn send_fields(
        &mut self,
        method: &str,
        path: &str,
        body: &str,
        from: From,
        fields: &str,
    ) -> Reply {
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{fields}");
        let mut sent = self.clone();
        match from {
            From::Us => head += "sec-fetch-site: same-origin\r\n",
            From::Server => {}
            From::Elsewhere(site) => {
                head += &format!("sec-fetch-site: {site}\r\n");
                sent.jar.retain(|cookie| {
                    method == "GET" || site == "same-site" || cookie.crosses_sites
                });
            }
        }
        if !sent.jar.is_empty() {
            head += &format!("cookie: {}\r\n", sent.cookies());
        }
        if method == "POST" {
            let kind = if body.starts_with('{') {
                "application/json"
            } else {
                "application/x-www-form-urlencoded"
            };
            head += &format!("content-type: {kind}\r\ncontent-length: {}\r\n", body.len());
        }
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        let reply = Reply(reply);
        for line in reply.fields("set-cookie") {
            self.keep(line);
        }
        reply
    }

    fn keep(&mut self, line: &str) {
        let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
        for attribute in ["Secure", "HttpOnly", "Path=/"] {
            assert!(
                line.contains(&format!("; {attribute}")),
                "a __Host-Http- cookie that browsers refuse: {line}"
            );
        }
        self.forget(name);
        if !line.contains("Max-Age=0") {
            let crosses_sites = line.contains("SameSite=None");
            self.jar.push(Cookie { name: name.to_owned(), value: value.to_owned(), crosses_sites });
        }
    }
}
