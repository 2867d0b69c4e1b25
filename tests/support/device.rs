//! A browser that supports DBSC, as far as the server sees it: it registers a key when a response
//! offers that, holds requests back until it has the bound cookie, and refreshes.

use super::{Answer, Browser, Call};
use data_encoding::BASE64URL_NOPAD;
use http::{HeaderMap, Request, Response};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use sealed_session::{Session, SessionData, Sessions};

pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64URL_NOPAD.encode(bytes.as_ref())
}

/// A key that does not leave its device.
#[derive(Clone)]
pub struct DeviceKey(SigningKey);

impl DeviceKey {
    /// The same for the same number.
    pub fn new(number: u8) -> Self {
        Self(SigningKey::from_slice(&[number; 32]).unwrap())
    }

    pub fn jwk(&self) -> String {
        let point = self.0.verifying_key().to_sec1_point(false);
        let (x, y) = (base64url(&point.as_bytes()[1..33]), base64url(&point.as_bytes()[33..]));
        format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)
    }

    /// A token with any header and payload, signed by this key.
    pub fn token(&self, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", base64url(header), base64url(payload));
        let signature: Signature = self.0.sign(signed.as_bytes());
        format!("{signed}.{}", base64url(signature.to_bytes()))
    }

    pub fn registration(&self, challenge: &str) -> String {
        let header = format!(r#"{{"alg":"ES256","jwk":{},"typ":"dbsc+jwt"}}"#, self.jwk());
        self.token(&header, &format!(r#"{{"jti":"{challenge}"}}"#))
    }

    pub fn refresh(&self, challenge: &str) -> String {
        self.token(r#"{"alg":"ES256","typ":"dbsc+jwt"}"#, &format!(r#"{{"jti":"{challenge}"}}"#))
    }
}

/// What a browser stores of a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    pub id: String,
    pub refresh_url: String,
    pub cookie: String,
}

impl Registered {
    /// Reads the instructions. `None` if they end the DBSC session.
    pub fn read(json: &str) -> Option<Self> {
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        if json["continue"] == false {
            return None;
        }
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        Some(Self {
            id: text(&json["session_identifier"]),
            refresh_url: text(&json["refresh_url"]),
            cookie: text(&json["credentials"][0]["name"]),
        })
    }
}

/// The challenge in a `Secure-Session-Challenge` or `Secure-Session-Registration` field.
pub fn challenge(field: &str) -> String {
    let begin = field.find("challenge=\"").map_or(0, |at| at + "challenge=".len());
    field[begin..].split('"').nth(1).unwrap().to_owned()
}

/// A request for one of the endpoints, as Chromium sends it.
pub fn endpoint_request(url: &str, cookies: &str, fields: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::post(format!("https://shop.example{url}"))
        .header("sec-fetch-site", "same-origin")
        .header("sec-fetch-mode", "no-cors");
    if !cookies.is_empty() {
        request = request.header("cookie", cookies);
    }
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

#[derive(Clone)]
pub struct BoundBrowser {
    pub browser: Browser,
    /// The key of the next registration, or of the current one.
    pub key: DeviceKey,
    pub registered: Option<Registered>,
}

impl BoundBrowser {
    pub fn new(number: u8) -> Self {
        Self { browser: Browser::default(), key: DeviceKey::new(number), registered: None }
    }

    fn keep(&mut self, headers: &HeaderMap) {
        for line in headers.get_all("set-cookie") {
            self.browser.keep(line.to_str().unwrap());
        }
    }

    /// Sends a request to an endpoint, and keeps the cookies of the answer.
    pub fn ask<T: SessionData>(
        &mut self,
        sessions: &Sessions<T>,
        url: &str,
        fields: &[(&str, &str)],
    ) -> Response<String> {
        let request = endpoint_request(url, &self.browser.cookies(), fields);
        let response = sessions.answer_dbsc(&request).unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
        self.keep(response.headers());
        response
    }

    /// Registers the key with an offer's challenge.
    pub fn register<T: SessionData>(&mut self, sessions: &Sessions<T>, offer: &str) {
        let token = self.key.registration(&challenge(offer));
        let fields = [("secure-session-response", &*token)];
        let response = self.ask(sessions, "/dbsc/register", &fields);
        assert_eq!(response.status(), 200, "{}", response.body());
        self.registered = Registered::read(response.body());
    }

    /// Refreshes as Chromium does: the first request brings no token.
    pub fn refresh<T: SessionData>(&mut self, sessions: &Sessions<T>) -> Response<String> {
        let Registered { id, refresh_url, .. } = self.registered.clone().unwrap();
        let asked = self.ask(sessions, &refresh_url, &[("sec-secure-session-id", &id)]);
        let answered = match asked.headers().get("secure-session-challenge") {
            Some(field) => {
                let token = self.key.refresh(&challenge(field.to_str().unwrap()));
                let fields = [("sec-secure-session-id", &*id), ("secure-session-response", &token)];
                self.ask(sessions, &refresh_url, &fields)
            }
            None => asked,
        };
        match answered.status().as_u16() {
            200 => self.registered = Registered::read(answered.body()),
            403 if answered.headers().contains_key("secure-session-challenge") => {}
            500.. => {}
            _ => self.registered = None,
        }
        answered
    }

    /// Drops the cookie of the proof, as at its end.
    pub fn drop_proof(&mut self) {
        let name = self.registered.as_ref().unwrap().cookie.clone();
        self.browser.forget(&name);
    }

    /// Sends a request, after a refresh if the proof is missing, and registers if the response
    /// offers it.
    pub fn send<T: SessionData, R>(
        &mut self,
        sessions: &Sessions<T>,
        call: Call,
        handler: impl FnOnce(&Session<T>) -> R,
    ) -> Answer<R> {
        let lacks_proof =
            |registered: &Registered| !self.browser.names().contains(&&*registered.cookie);
        if self.registered.as_ref().is_some_and(lacks_proof) {
            self.refresh(sessions);
        }
        let answer = self.browser.send(sessions, call, handler);
        if let Some(offer) = answer.fields("secure-session-registration").first() {
            self.register(sessions, offer);
        }
        answer
    }

    pub fn get<T: SessionData, R>(
        &mut self,
        sessions: &Sessions<T>,
        handler: impl FnOnce(&Session<T>) -> R,
    ) -> Answer<R> {
        self.send(sessions, Call::get(), handler)
    }
}
