//! The suite's side of the socket: requests written byte by byte, responses read byte by byte, and
//! a visitor's jar. It depends on no HTTP library but for HTTP/2's frames, so that what a server
//! really sent is what a check sees.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The longest that a server may stay silent. It bounds a failing check, and times none.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request, as it is to go over the wire.
#[derive(Clone)]
pub struct Request {
    method: String,
    path: String,
    host: String,
    fields: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Request {
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            host: "localhost".to_owned(),
            fields: Vec::new(),
            body: Vec::new(),
        }
    }

    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// A field, beside those of its name.
    pub fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.fields.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// What the request is for, in place of `localhost`.
    pub fn host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    pub fn body(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self
    }

    /// A form of a page on this site, or of another one.
    pub fn form(path: &str, site: &str, body: &str) -> Self {
        let form =
            Self::new("POST", path).with("content-type", "application/x-www-form-urlencoded");
        form.with("sec-fetch-site", site).body(body)
    }

    fn bytes(&self, last: &str) -> Vec<u8> {
        let Self { method, path, host, .. } = self;
        let mut bytes = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n").into_bytes();
        for (name, value) in &self.fields {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        if !self.body.is_empty() {
            bytes.extend(format!("content-length: {}\r\n", self.body.len()).bytes());
        }
        bytes.extend([last.as_bytes(), b"\r\n", &self.body].concat());
        bytes
    }

    /// Sends it over HTTP/1.1, on a connection of its own, and reads all that comes.
    pub fn send(&self, address: SocketAddr) -> Response {
        self.send_or_cut(address)
            .unwrap_or_else(|error| panic!("no response to {} {}: {error}", self.method, self.path))
    }

    /// As `send`, where the server may cut the connection instead.
    pub fn send_or_cut(&self, address: SocketAddr) -> std::io::Result<Response> {
        let mut stream = connect(address);
        let request = self.bytes("connection: close\r\n");
        let mut response = Vec::new();
        // Piece by piece, looking for an answer in between: a server that has seen enough answers
        // before all is sent.
        for piece in request.chunks(16 * 1024) {
            if stream.write_all(piece).is_err() || answered(&stream) {
                break;
            }
        }
        match read_to_end(&mut stream, &mut response) {
            Err(error) if response.is_empty() => Err(error),
            _ => Response::parse(&response, self.method == "HEAD").ok_or_else(|| {
                std::io::Error::new(ErrorKind::UnexpectedEof, "the connection was cut")
            }),
        }
    }

    /// Sends it over HTTP/2 with prior knowledge: each field as it stands, so one `Cookie` field
    /// for each cookie.
    pub fn send_h2(&self, address: SocketAddr) -> Response {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let patient = tokio::time::timeout;
        runtime.block_on(async {
            patient(PATIENCE, self.send_h2_async(address)).await.expect("an answer over HTTP/2")
        })
    }

    async fn send_h2_async(&self, address: SocketAddr) -> Response {
        let stream = tokio::net::TcpStream::connect(address).await.expect("a server");
        let (client, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
        tokio::spawn(connection);
        let mut client = client.ready().await.expect("room for a stream");
        let mut request = http::Request::builder()
            .method(&*self.method)
            .uri(format!("http://{}{}", self.host, self.path));
        for (name, value) in &self.fields {
            request = request.header(name, &value[..]);
        }
        let (response, _) =
            client.send_request(request.body(()).expect("a request"), true).expect("a stream");
        let (head, mut body) = response.await.expect("a response").into_parts();
        let mut bytes = Vec::new();
        while let Some(data) = body.data().await {
            let data = data.expect("data");
            let _ = body.flow_control().release_capacity(data.len());
            bytes.extend_from_slice(&data);
        }
        let fields = head.headers.iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into())
        });
        Response { status: head.status.as_u16(), fields: fields.collect(), body: bytes }
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("a server that listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}

fn answered(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).expect("a socket");
    let answered = matches!(stream.peek(&mut [0]), Ok(1));
    stream.set_nonblocking(false).expect("a socket");
    answered
}

fn read_to_end(stream: &mut TcpStream, into: &mut Vec<u8>) -> std::io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            read => into.extend_from_slice(&buffer[..read]),
        }
    }
}

/// A response, with its body put together.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    /// In their order; names in lower case.
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    fn parse(bytes: &[u8], head_only: bool) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes[..end]);
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let fields = lines.filter_map(|line| line.split_once(':'));
        let fields: Vec<_> = fields
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let chunked =
            fields.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let body = if head_only { &[][..] } else { &bytes[end + 4..] };
        let body = if chunked && !head_only { unchunked(body) } else { body.to_vec() };
        Some(Self { status, fields, body })
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The values of all fields of a name.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(known, _)| known == name).map(|(_, value)| &**value).collect()
    }

    /// The members of a list field, whichever way it is written.
    pub fn list(&self, name: &str) -> Vec<String> {
        let members = self
            .all(name)
            .into_iter()
            .flat_map(|value| value.split(','))
            .map(|member| member.trim().to_ascii_lowercase());
        members.filter(|member| !member.is_empty()).collect()
    }

    /// The lines that set or delete a cookie.
    pub fn lines(&self, cookie: &str) -> Vec<&str> {
        self.all("set-cookie")
            .into_iter()
            .filter(|line| line.split('=').next() == Some(cookie))
            .collect()
    }
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let size = std::str::from_utf8(&rest[..end])
            .ok()
            .and_then(|size| usize::from_str_radix(size.trim(), 16).ok());
        let Some(size @ 1..) = size else { break };
        let Some(chunk) = rest.get(end + 2..end + 2 + size) else { break };
        body.extend_from_slice(chunk);
        rest = rest.get(end + 4 + size..).unwrap_or_default();
    }
    body
}

/// A visitor's browser: keeps what is set, forgets what is deleted, and drops nothing by age.
#[derive(Clone, Default)]
pub struct Jar(pub Vec<(String, String)>);

impl Jar {
    /// The request, with the jar's cookies in one field.
    pub fn on(&self, request: Request) -> Request {
        if self.0.is_empty() {
            return request;
        }
        let pairs: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.with("cookie", pairs.join("; "))
    }

    /// The request, with each of the jar's cookies in a field of its own.
    pub fn apart_on(&self, request: Request) -> Request {
        self.0.iter().fold(request, |request, (name, value)| {
            request.with("cookie", format!("{name}={value}"))
        })
    }

    pub fn take(&mut self, response: &Response) {
        for line in response.all("set-cookie") {
            let Some((name, value)) = line.split(';').next().and_then(|pair| pair.split_once('='))
            else {
                continue;
            };
            self.0.retain(|(known, _)| known != name);
            if !line.contains("Max-Age=0") {
                self.0.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    pub fn value(&self, cookie: &str) -> String {
        let found = self.0.iter().find(|(name, _)| name == cookie);
        found.unwrap_or_else(|| panic!("the jar has no {cookie}")).1.clone()
    }
}

/// A WebSocket, once the server has switched to it. Messages are short texts.
pub struct Socket(TcpStream);

impl Socket {
    /// Asks for one; gives the response too.
    pub fn open(address: SocketAddr, request: Request) -> (Response, Self) {
        let mut stream = connect(address);
        let request = request.with("upgrade", "websocket").with("sec-websocket-version", "13");
        let request = request.with("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        stream.write_all(&request.bytes("connection: Upgrade\r\n")).expect("a server that reads");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("a response");
            head.push(byte[0]);
        }
        (Response::parse(&head, true).expect("a response"), Self(stream))
    }

    /// Says something, and gives the answer (RFC 6455 §5.2; the mask is zero).
    pub fn ask(&mut self, text: &str) -> String {
        let length =
            u8::try_from(text.len()).ok().filter(|length| *length < 126).expect("a short message");
        self.0
            .write_all(&[&[0x81, 0x80 | length, 0, 0, 0, 0], text.as_bytes()].concat())
            .expect("a server that reads");
        let mut head = [0; 2];
        self.0.read_exact(&mut head).expect("an answer");
        assert_eq!(head[0], 0x81, "one frame of text");
        let mut answer = vec![0; usize::from(head[1])];
        self.0.read_exact(&mut answer).expect("the whole answer");
        String::from_utf8(answer).expect("text")
    }
}
