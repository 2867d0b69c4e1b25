//! What tests share: a request and its answer, a browser's jar, a clock, the captured events, and a
//! second implementation of the wire format of SPEC §3.
#![allow(dead_code, unused_imports)] // each binary and target uses a part of it

#[cfg(feature = "dbsc")]
pub mod device;
#[cfg(feature = "dbsc")]
pub mod device_key;
mod raw_request;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
pub use raw_request::raw_request;
use sealed_session::SessionError;
use sealed_session::clock::ManualClock;
use sealed_session::{Builder, KeyRing, Session, SessionData, Sessions, Suite};
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};

pub const MINUTE: u64 = 60;
pub const DAY: u64 = 86_400;
/// 2027-01-15T08:00:00Z.
pub const START: u64 = 1_800_000_000;
pub const NAME: &str = "__Host-Http-session";
/// One that is compiled in.
pub const SUITE: Suite =
    if cfg!(feature = "aes") { Suite::Xaes256Gcm } else { Suite::XChaCha20Poly1305 };

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    pub user: Option<u64>,
    pub cart: Vec<u32>,
    pub note: String,
}

pub fn visit(user: u64) -> Visit {
    Visit { user: Some(user), ..Visit::default() }
}

pub fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A second before 1970, or 1970 on hosts whose times begin there, as JavaScript's.
pub fn before_1970() -> SystemTime {
    SystemTime::UNIX_EPOCH.checked_sub(secs(1)).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// A Unix second as the public face has it.
pub fn at(unix: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + secs(unix)
}

pub fn clock() -> ManualClock {
    ManualClock::at(secs(START))
}

pub fn ring() -> KeyRing {
    KeyRing::generate(SUITE).unwrap()
}

/// A ring's line of a new key, with attributes behind it.
pub fn line(attributes: &str) -> String {
    format!("{} {attributes}", *sealed_session::keys::Key::generate(SUITE).unwrap().expose_secret())
}

pub fn builder(clock: &ManualClock) -> Builder<Visit> {
    Sessions::builder(ring()).clock(clock.clone())
}

/// The defaults, and the clock that they read.
pub fn sessions() -> (Sessions<Visit>, ManualClock) {
    let clock = clock();
    (builder(&clock).build().unwrap(), clock)
}

/// Defaults over a ring of this text.
pub fn sessions_of(ring: &str, clock: &ManualClock) -> Sessions<Visit> {
    Sessions::builder(ring.parse().unwrap()).clock(clock.clone()).build().unwrap()
}

/// One request and what its handler answers.
pub struct Call {
    method: Method,
    request: HeaderMap,
    status: StatusCode,
    response: HeaderMap,
}

impl Call {
    pub fn new(method: &str) -> Self {
        let method = method.parse().unwrap();
        Self {
            method,
            request: HeaderMap::new(),
            status: StatusCode::OK,
            response: HeaderMap::new(),
        }
    }

    pub fn get() -> Self {
        Self::new("GET")
    }

    pub fn post() -> Self {
        Self::new("POST")
    }

    /// A request field, beside those of its name.
    pub fn asks(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.request.append(
            HeaderName::try_from(name).unwrap(),
            HeaderValue::from_bytes(value.as_ref()).unwrap(),
        );
        self
    }

    /// A cookie of the default name, in a field of its own.
    pub fn cookie(self, value: &str) -> Self {
        self.asks("cookie", format!("{NAME}={value}"))
    }

    pub fn status(mut self, status: u16) -> Self {
        self.status = StatusCode::from_u16(status).unwrap();
        self
    }

    /// A field of the handler's response.
    pub fn answers(mut self, name: &str, value: &str) -> Self {
        self.response
            .append(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
        self
    }

    pub fn load<T: SessionData>(&self, sessions: &Sessions<T>) -> Session<T> {
        sessions.load(self.headers())
    }

    pub fn headers(&self) -> (&Method, &HeaderMap) {
        (&self.method, &self.request)
    }

    pub fn run<T: SessionData, R>(
        mut self,
        sessions: &Sessions<T>,
        handler: impl FnOnce(&Session<T>) -> R,
    ) -> Answer<R> {
        let session = self.load(sessions);
        let returned = handler(&session);
        let committed = sessions.commit(&session, self.status, &mut self.response);
        Answer { returned, committed, headers: self.response }
    }
}

pub struct Answer<R> {
    pub returned: R,
    pub committed: Result<(), SessionError>,
    pub headers: HeaderMap,
}

impl<R> Answer<R> {
    /// All fields of a name, in their order.
    pub fn fields(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    pub fn lines(&self) -> Vec<&str> {
        self.fields("set-cookie")
    }

    /// The one `Set-Cookie` line.
    pub fn line(&self) -> &str {
        let lines = self.lines();
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines[0]
    }

    /// The value in the one `Set-Cookie` line.
    pub fn value(&self) -> &str {
        self.line().split(';').next().unwrap().split_once('=').unwrap().1
    }

    /// An attribute of the one `Set-Cookie` line: `Some("")` for one without a value.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let parts =
            self.line().split("; ").skip(1).map(|part| part.split_once('=').unwrap_or((part, "")));
        parts.filter(|(known, _)| *known == name).map(|(_, value)| value).next()
    }

    pub fn max_age(&self) -> Option<u64> {
        self.attribute("Max-Age").map(|seconds| seconds.parse().unwrap())
    }

    pub fn sets(&self) -> bool {
        self.lines().iter().any(|line| !line.contains("Max-Age=0"))
    }

    pub fn deletes(&self) -> bool {
        self.lines().iter().any(|line| line.contains("Max-Age=0"))
    }
}

/// A visitor's browser: keeps what is set, drops what is deleted, and never drops by age (as a
/// thief's would not).
#[derive(Clone, Default)]
pub struct Browser {
    jar: Vec<(String, String)>,
    /// The line of the next response that it ignores.
    ignored: Option<usize>,
}

impl Browser {
    /// One that holds a cookie of the default name.
    pub fn holding(value: &str) -> Self {
        Self { jar: vec![(NAME.to_owned(), value.to_owned())], ignored: None }
    }

    /// Makes it ignore one `Set-Cookie` line of the next response.
    pub fn drop_line(&mut self, index: usize) {
        self.ignored = Some(index);
    }

    /// Adds a cookie.
    pub fn plant(&mut self, name: &str, value: &str) {
        self.jar.push((name.to_owned(), value.to_owned()));
    }

    /// The names of its cookies.
    pub fn names(&self) -> Vec<&str> {
        self.jar.iter().map(|(name, _)| &**name).collect()
    }

    pub fn send<T: SessionData, R>(
        &mut self,
        sessions: &Sessions<T>,
        mut call: Call,
        handler: impl FnOnce(&Session<T>) -> R,
    ) -> Answer<R> {
        if !self.jar.is_empty() {
            call = call.asks("cookie", self.cookies());
        }
        let answer = call.run(sessions, handler);
        let ignored = self.ignored.take();
        for (index, line) in answer.lines().into_iter().enumerate() {
            if Some(index) == ignored {
                continue;
            }
            self.keep(line);
        }
        answer
    }

    /// Does what a `Set-Cookie` line says.
    pub fn keep(&mut self, line: &str) {
        let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
        self.forget(name);
        if !line.contains("Max-Age=0") {
            self.plant(name, value);
        }
    }

    pub fn forget(&mut self, name: &str) {
        self.jar.retain(|(known, _)| known != name);
    }

    /// Its `Cookie` field.
    pub fn cookies(&self) -> String {
        let pairs: Vec<String> =
            self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    /// The value of a cookie.
    pub fn value_of(&self, name: &str) -> Option<&str> {
        self.jar.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    /// A `GET` that is answered with 200.
    pub fn get<T: SessionData, R>(
        &mut self,
        sessions: &Sessions<T>,
        handler: impl FnOnce(&Session<T>) -> R,
    ) -> Answer<R> {
        self.send(sessions, Call::get(), handler)
    }

    /// The value that it holds, of whatever one cookie.
    pub fn value(&self) -> &str {
        assert_eq!(self.jar.len(), 1);
        &self.jar[0].1
    }

    pub fn is_empty(&self) -> bool {
        self.jar.is_empty()
    }
}

/// A browser in which user 7 has just signed in.
pub fn signed_in(sessions: &Sessions<Visit>) -> Browser {
    let mut browser = Browser::default();
    browser.get(sessions, |session| session.set(visit(7)).unwrap());
    assert!(!browser.is_empty());
    browser
}

/// The wire format of SPEC §3, for envelopes that the crate itself would never make.
pub mod wire {
    use super::{NAME, START, Visit, visit};
    use aead::{AeadInOut, KeyInit, inout::InOutBuf};
    use hkdf::Hkdf;
    use sealed_session::{KeyRing, Sessions};
    use serde::{Deserialize, Serialize};
    use sha2::Sha256;

    #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
    pub enum Expiry {
        Default,
        BrowserSession,
        Idle(u64),
        At(u64),
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Claims {
        pub issued: u64,
        pub age: u64,
        pub id: Option<[u8; 16]>,
        pub expiry: Expiry,
        pub flashes: Vec<(u8, String)>,
        pub shape: [u8; 4],
    }

    impl Claims {
        /// Issued and created at `START`.
        pub fn of(sessions: &Sessions<Visit>) -> Self {
            let shape = sessions.shape();
            Self {
                issued: START,
                age: 0,
                id: None,
                expiry: Expiry::Default,
                flashes: Vec::new(),
                shape,
            }
        }

        /// The plaintext of form 0 with user 7 as its data.
        pub fn plain(&self) -> Vec<u8> {
            [
                &[0],
                &postcard::to_allocvec(self).unwrap()[..],
                &postcard::to_allocvec(&visit(7)).unwrap(),
            ]
            .concat()
        }
    }

    /// One key, from its line in a ring's text.
    pub struct Key {
        suite: &'static str,
        secret: Vec<u8>,
    }

    impl Key {
        pub fn of(ring: &KeyRing) -> Self {
            Self::parse(&ring.expose_secrets())
        }

        pub fn parse(text: &str) -> Self {
            let mut parts = text.split_whitespace().next().unwrap().split('.').skip(1);
            let suite = if parts.next() == Some("xaes256gcm") {
                "XAES-256-GCM"
            } else {
                "XChaCha20-Poly1305"
            };
            Self { suite, secret: decode(parts.next().unwrap()) }
        }

        fn derive<const N: usize>(&self, info: &str) -> [u8; N] {
            let mut out = [0; N];
            Hkdf::<Sha256>::new(None, &self.secret)
                .expand(format!("{info}{}", self.suite).as_bytes(), &mut out)
                .unwrap();
            out
        }

        pub fn id(&self) -> [u8; 4] {
            self.derive("sealed-session v1 key id ")
        }

        /// The cookie value of a plaintext, for the default name and no context.
        pub fn seal(&self, plaintext: &[u8]) -> String {
            let mut nonce = [0; 24];
            getrandom::fill(&mut nonce).unwrap();
            self.seal_with(self.id(), nonce, NAME, b"", plaintext)
        }

        pub fn seal_with(
            &self,
            id: [u8; 4],
            nonce: [u8; 24],
            name: &str,
            context: &[u8],
            plaintext: &[u8],
        ) -> String {
            let header = [&[1], &id[..]].concat();
            let aad = aad(&header, name, context);
            let mut body = plaintext.to_vec();
            let key: [u8; 32] = self.derive("sealed-session v1 ");
            let buffer = InOutBuf::from(&mut body[..]);
            let tag = match self.suite {
                #[cfg(feature = "aes")]
                "XAES-256-GCM" => xaes_256_gcm::Xaes256Gcm::new((&key).into())
                    .encrypt_inout_detached((&nonce).into(), &aad, buffer),
                #[cfg(feature = "chacha")]
                _ => chacha20poly1305::XChaCha20Poly1305::new((&key).into())
                    .encrypt_inout_detached((&nonce).into(), &aad, buffer),
                #[cfg(not(feature = "chacha"))]
                _ => panic!("not compiled in"),
            };
            let tag: [u8; 16] = tag.unwrap().into();
            encode(&[&header[..], &nonce, &body, &tag].concat())
        }

        /// The plaintext of a cookie's value, for the default name and no context.
        pub fn open(&self, value: &str) -> Vec<u8> {
            let bytes = decode(value);
            let (header, nonce, tag) = (
                &bytes[..5],
                <[u8; 24]>::try_from(&bytes[5..29]).unwrap(),
                &bytes[bytes.len() - 16..],
            );
            let aad = aad(header, NAME, b"");
            let mut body = bytes[29..bytes.len() - 16].to_vec();
            let tag = <[u8; 16]>::try_from(tag).unwrap();
            let key: [u8; 32] = self.derive("sealed-session v1 ");
            let buffer = InOutBuf::from(&mut body[..]);
            let opened = match self.suite {
                #[cfg(feature = "aes")]
                "XAES-256-GCM" => xaes_256_gcm::Xaes256Gcm::new((&key).into())
                    .decrypt_inout_detached((&nonce).into(), &aad, buffer, (&tag).into()),
                #[cfg(feature = "chacha")]
                _ => chacha20poly1305::XChaCha20Poly1305::new((&key).into())
                    .decrypt_inout_detached((&nonce).into(), &aad, buffer, (&tag).into()),
                #[cfg(not(feature = "chacha"))]
                _ => panic!("not compiled in"),
            };
            opened.expect("the tag matches");
            body
        }

        /// Claims and data of a cookie's value.
        pub fn read(&self, value: &str) -> (Claims, Vec<u8>) {
            let plaintext = self.open(value);
            assert_eq!(plaintext[0], 0, "the plain form");
            let (claims, data) = postcard::take_from_bytes(&plaintext[1..]).unwrap();
            (claims, data.to_vec())
        }
    }

    fn aad(header: &[u8], name: &str, context: &[u8]) -> Vec<u8> {
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        [header, &length, name.as_bytes(), context].concat()
    }

    pub fn encode(bytes: &[u8]) -> String {
        data_encoding::BASE64URL_NOPAD.encode(bytes)
    }

    pub fn decode(text: &str) -> Vec<u8> {
        data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).unwrap()
    }
}

/// The events of one thread, as text. Its subscriber is the only one of the process and never
/// changes, because tracing remembers which events a process wants when each is first emitted.
#[cfg(not(target_family = "wasm"))]
pub mod logs {
    use std::cell::{Cell, RefCell};
    use std::io::{Result, Write};
    use std::sync::Once;
    use tracing_subscriber::filter::dynamic_filter_fn;
    use tracing_subscriber::layer::{Layer, SubscriberExt};

    thread_local! {
        static LISTENERS: Cell<usize> = const { Cell::new(0) };
        static TEXT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }

    /// Captures this thread's events until it is dropped. An earlier one of the thread does not see
    /// them.
    pub struct Log {
        start: usize,
    }

    impl Log {
        pub fn listen() -> Self {
            static SUBSCRIBER: Once = Once::new();
            SUBSCRIBER.call_once(|| {
                let format =
                    tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| Writer);
                let here = dynamic_filter_fn(|_, _| LISTENERS.get() > 0);
                let subscriber = tracing_subscriber::registry().with(format.with_filter(here));
                tracing::subscriber::set_global_default(subscriber).unwrap();
            });
            LISTENERS.set(LISTENERS.get() + 1);
            Self { start: TEXT.with_borrow(Vec::len) }
        }

        pub fn text(&self) -> String {
            TEXT.with_borrow(|text| String::from_utf8(text[self.start..].to_vec()).unwrap())
        }
    }

    impl Drop for Log {
        fn drop(&mut self) {
            LISTENERS.set(LISTENERS.get() - 1);
            TEXT.with_borrow_mut(|text| text.truncate(self.start));
        }
    }

    struct Writer;

    impl Write for Writer {
        fn write(&mut self, bytes: &[u8]) -> Result<usize> {
            TEXT.with_borrow_mut(|text| text.extend_from_slice(bytes));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    pub fn logged(run: impl FnOnce()) -> String {
        let log = Log::listen();
        run();
        log.text()
    }
}
