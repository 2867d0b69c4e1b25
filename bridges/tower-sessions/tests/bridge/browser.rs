//! A browser, as far as sessions are concerned: a jar of names and values, and one connection for
//! each request.

use axum::Router;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The cookie of the sealed session.
pub const SEALED: &str = "__Host-Http-session";

/// Serves an application until the test's runtime ends.
pub async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// A response as it came.
pub struct Reply(String);

impl Reply {
    pub fn status(&self) -> u16 {
        self.0.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").unwrap().1
    }

    pub fn fields(&self, name: &str) -> Vec<&str> {
        let head = self.0.split("\r\n\r\n").next().unwrap();
        let fields = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, text)| text).collect()
    }

    pub fn has(&self, name: &str) -> bool {
        !self.fields(name).is_empty()
    }

    pub fn location(&self) -> &str {
        self.fields("location")[0]
    }

    /// The `Set-Cookie` line of this cookie, if there is one.
    pub fn set_cookie(&self, name: &str) -> Option<&str> {
        let begins = format!("{name}=");
        self.fields("set-cookie").into_iter().find(|line| line.starts_with(&begins))
    }

    /// Whether it sets the sealed session.
    pub fn sets(&self) -> bool {
        self.set_cookie(SEALED).is_some_and(|line| !line.contains("Max-Age=0"))
    }

    /// Whether it deletes this cookie.
    pub fn deletes(&self, name: &str) -> bool {
        self.set_cookie(name).is_some_and(|line| line.contains("Max-Age=0"))
    }
}

/// A clone is a copy of its cookies, as a thief or a second window has them.
#[derive(Clone)]
pub struct Browser {
    pub address: SocketAddr,
    pub jar: BTreeMap<String, String>,
}

impl Browser {
    pub fn at(address: SocketAddr) -> Self {
        Self { address, jar: BTreeMap::new() }
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, "sec-fetch-site: same-origin\r\n", "").await
    }

    pub async fn post(&mut self, path: &str, form: &str) -> Reply {
        self.send("POST", path, "sec-fetch-site: same-origin\r\n", form).await
    }

    /// A form that a page of another site posts. Browsers keep the session's cookie back.
    pub async fn post_from_elsewhere(&mut self, path: &str) -> Reply {
        let cookie = self.jar.remove(SEALED);
        let reply = self.send("POST", path, "sec-fetch-site: cross-site\r\n", "").await;
        if let Some(cookie) = cookie {
            self.jar.entry(SEALED.to_owned()).or_insert(cookie);
        }
        reply
    }

    pub async fn send(&mut self, method: &str, path: &str, fields: &str, form: &str) -> Reply {
        let pairs: Vec<String> =
            self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookie = match pairs.is_empty() {
            true => String::new(),
            false => format!("cookie: {}\r\n", pairs.join("; ")),
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{fields}{cookie}\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            form.len(),
        );
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        let reply = Reply(reply);
        for line in reply.fields("set-cookie") {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            self.jar.remove(name);
            if !line.contains("Max-Age=0") {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }
}
