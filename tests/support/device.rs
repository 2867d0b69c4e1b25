//! A browser that supports DBSC, as far as the server sees it: it registers a key when a response
//! offers that, holds requests back until it has the bound cookie, and refreshes.

pub use super::device_key::*;
use super::{Answer, Browser, Call};
use http::{HeaderMap, Request, Response};
use sealed_session::{Session, SessionData, Sessions};

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
