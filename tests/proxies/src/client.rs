//! A client that sends the headers of a browser, and exactly the cookies that it is given. Each
//! request has a connection of its own.

use axum::body::Bytes;
use axum::http::header::{COOKIE, HOST, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::error::Error;
use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::net::TcpStream;

/// The headers of a navigation in Chromium, from one page of the site to another.
const BROWSER: [(&str, &str); 14] = [
    ("sec-ch-ua", r#""Chromium";v="156", "Google Chrome";v="156", "Not_A Brand";v="24""#),
    ("sec-ch-ua-mobile", "?0"),
    ("sec-ch-ua-platform", r#""Linux""#),
    ("upgrade-insecure-requests", "1"),
    (
        "user-agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
    ),
    (
        "accept",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
    ),
    ("sec-fetch-site", "same-origin"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-user", "?1"),
    ("sec-fetch-dest", "document"),
    ("referer", "https://shop.example/catalogue/shoes/running?size=43&colour=blue&sort=price"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("accept-language", "en-GB,en;q=0.9,de;q=0.8"),
    ("priority", "u=0, i"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// All cookies in one field, as browsers do.
    Http1,
    /// A field for every cookie, as browsers do; without TLS, and without asking first.
    Http2,
}

/// Where a server listens on loopback.
#[derive(Clone, Copy, Debug)]
pub struct Address {
    pub port: u16,
    pub protocol: Protocol,
}

/// What came back.
pub struct Answer {
    pub outcome: Outcome,
    pub headers: HeaderMap,
    pub body: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Status(StatusCode),
    /// No response: the connection or the stream was closed. The text says how.
    Closed(String),
}

impl Outcome {
    pub fn passed(&self) -> bool {
        matches!(self, Self::Status(status) if status.is_success())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(to, "{}", status.as_u16()),
            Self::Closed(_) => to.write_str("closed"),
        }
    }
}

impl Answer {
    /// The values of `Set-Cookie`.
    pub fn lines(&self) -> Vec<String> {
        let values = self.headers.get_all(SET_COOKIE).iter();
        values.map(|value| value.to_str().expect("ASCII").to_owned()).collect()
    }

    /// The cookies that a browser would send back: `name=value` of every line.
    pub fn cookies(&self) -> Vec<String> {
        let lines = self.lines().into_iter();
        lines.map(|line| line.split(';').next().unwrap_or_default().to_owned()).collect()
    }
}

impl Address {
    pub async fn get(self, path: &str, cookies: &[String]) -> Answer {
        self.request(Method::GET, path, cookies).await
    }

    pub async fn post(self, path: &str, cookies: &[String]) -> Answer {
        self.request(Method::POST, path, cookies).await
    }

    async fn request(self, method: Method, path: &str, cookies: &[String]) -> Answer {
        let exchange = async {
            let response = self.send(method, path, cookies).await?;
            let (head, body) = response.into_parts();
            let body = String::from_utf8_lossy(&body.collect().await?.to_bytes()).into_owned();
            Ok::<_, Box<dyn Error>>(Answer {
                outcome: Outcome::Status(head.status),
                headers: head.headers,
                body,
            })
        };
        let closed = |why: String| Answer {
            outcome: Outcome::Closed(why),
            headers: HeaderMap::new(),
            body: String::new(),
        };
        match tokio::time::timeout(Duration::from_secs(20), exchange).await {
            Ok(answer) => answer.unwrap_or_else(|error| closed(with_causes(&*error))),
            Err(_) => closed("no answer in 20 seconds".to_owned()),
        }
    }

    async fn send(
        self,
        method: Method,
        path: &str,
        cookies: &[String],
    ) -> Result<Response<Incoming>, Box<dyn Error>> {
        let host = format!("127.0.0.1:{}", self.port);
        let stream = TokioIo::new(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await?);
        let mut request = Request::builder().method(method);
        match self.protocol {
            Protocol::Http1 => request = request.uri(path).header(HOST, &host),
            Protocol::Http2 => {
                request = request.uri(format!("http://{host}{path}")).version(Version::HTTP_2);
            }
        }
        for (name, value) in BROWSER {
            request = request.header(name, value);
        }
        match self.protocol {
            Protocol::Http1 if cookies.is_empty() => {}
            Protocol::Http1 => request = request.header(COOKIE, cookies.join("; ")),
            Protocol::Http2 => {
                for cookie in cookies {
                    request = request.header(COOKIE, cookie);
                }
            }
        }
        let request = request.body(Empty::<Bytes>::new())?;
        Ok(match self.protocol {
            Protocol::Http1 => {
                let (mut sender, connection) =
                    hyper::client::conn::http1::handshake(stream).await?;
                tokio::spawn(connection);
                sender.send_request(request).await?
            }
            Protocol::Http2 => {
                let executor = TokioExecutor::new();
                let mut builder = hyper::client::conn::http2::Builder::new(executor);
                // Its own bound is 16 KB, below what some proxies let out.
                builder.max_header_list_size(1 << 20);
                let (mut sender, connection) = builder.handshake(stream).await?;
                tokio::spawn(connection);
                sender.send_request(request).await?
            }
        })
    }
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
