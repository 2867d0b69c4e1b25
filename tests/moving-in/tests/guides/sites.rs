//! Servers on loopback, and a visitor's browser as far as cookies go.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

/// A socket that the system picks, for frameworks that take one.
pub fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Serves in a thread of its own, until the tests end.
pub fn serve(app: axum::Router) -> SocketAddr {
    let (listener, address) = listen();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), app).await.unwrap()
        });
    });
    address
}

/// The cookies of one browser. What is set is kept by its name, and `Max-Age=0` deletes it.
#[derive(Clone, Default)]
pub struct Jar {
    cookies: BTreeMap<String, String>,
    ignores_age: bool,
}

impl Jar {
    pub fn with(name: &str, value: &str) -> Self {
        let mut jar = Self::default();
        jar.put(name, value);
        jar
    }

    /// A thief's client, which keeps what it is told to drop.
    pub fn of_a_thief() -> Self {
        Self { ignores_age: true, ..Self::default() }
    }

    pub fn put(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    pub fn names(&self) -> Vec<&str> {
        self.cookies.keys().map(String::as_str).collect()
    }

    pub fn value(&self, name: &str) -> &str {
        self.cookies.get(name).unwrap_or_else(|| panic!("no {name} in the jar: {:?}", self.names()))
    }

    /// The body of the answer, whose cookies are kept.
    pub fn ask(&mut self, server: SocketAddr, request: &str) -> String {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookie = if cookies.is_empty() {
            String::new()
        } else {
            format!("Cookie: {}\r\n", cookies.join("; "))
        };
        let mut stream = TcpStream::connect(server).unwrap();
        let text = format!(
            "{request} HTTP/1.1\r\nHost: {server}\r\n{cookie}Content-Length: 0\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();

        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        assert!(lines.next().unwrap().contains(" 200"), "{request}: {answer}");
        for (name, line) in lines.filter_map(|line| line.split_once(": ")) {
            assert!(
                !name.eq_ignore_ascii_case("transfer-encoding"),
                "the body is not as it was sent"
            );
            if name.eq_ignore_ascii_case("set-cookie") {
                self.receive(line);
            }
        }
        body.to_owned()
    }

    fn receive(&mut self, line: &str) {
        let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
        let (name, value) = pair.split_once('=').unwrap();
        if !self.ignores_age
            && attributes
                .split(';')
                .any(|attribute| attribute.trim().eq_ignore_ascii_case("max-age=0"))
        {
            self.cookies.remove(name);
        } else {
            self.put(name, value);
        }
    }
}
