//! A session that is bound to a device: a request with it and its proof, and a refresh.

use super::NOW;
use super::device_key::{DeviceKey, Registered, challenge};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use sealed_session::clock::ManualClock;
use sealed_session::{DeviceBound, KeyRing, Session, SessionData, Sessions};
use std::hint::black_box;

pub struct Bound<T> {
    pub sessions: Sessions<T>,
    /// With the session and the proof.
    pub request: HeaderMap,
    /// With a signed token.
    refresh: Request<()>,
}

impl<T: SessionData + Clone> Bound<T> {
    /// Returns `None` if the session has no cookie, because it is empty.
    pub fn new(ring: &KeyRing, data: &T) -> Option<Self> {
        let sessions = Sessions::<T>::builder(ring.clone())
            .clock(ManualClock::at(NOW))
            .device_bound(DeviceBound::at("/dbsc"))
            .build()
            .expect("a configuration");
        let answer = |request: &HeaderMap, handler: &dyn Fn(&Session<T>)| {
            let session = sessions.load((&Method::POST, request));
            handler(&session);
            let mut answer = HeaderMap::new();
            sessions.commit(&session, StatusCode::OK, &mut answer).expect("it fits");
            answer
        };
        let ask = |url: &str, fields: &[(&str, &str)]| -> Response<String> {
            sessions.answer_dbsc(endpoint_request(url, fields)).expect("an endpoint")
        };
        let key = DeviceKey::new(1);
        let offered = answer(&HeaderMap::new(), &|session| session.offer_binding());
        let token = key.registration(&challenge_of(&offered, "secure-session-registration"));
        let registered = ask("/dbsc/register", &[("secure-session-response", &token)]);
        let proof = pair(registered.headers())?;
        let signed_in = answer(&with_cookies(&proof), &|session| {
            session.renew().expect("an id");
            session.set(data.clone()).expect("it fits");
        });
        let request = with_cookies(&format!("{}; {proof}", pair(&signed_in)?));
        let came = sessions.load((&Method::GET, &request));
        assert!(came.require_binding().is_ok(), "the session is not bound");

        let Registered { id, refresh_url, .. } = Registered::read(registered.body())?;
        let asked = ask(&refresh_url, &[("sec-secure-session-id", &id)]);
        let token = key.refresh(&challenge_of(asked.headers(), "secure-session-challenge"));
        let fields = [("sec-secure-session-id", &*id), ("secure-session-response", &token)];
        let refresh = endpoint_request(&refresh_url, &fields);
        Some(Self { sessions, request, refresh })
    }

    /// Sends the refresh. Returns whether it brought a proof.
    pub fn is_refreshed(&self) -> bool {
        let answer = self.sessions.answer_dbsc(black_box(&self.refresh));
        answer.is_some_and(|answer| answer.status() == StatusCode::OK)
    }
}

fn endpoint_request(url: &str, fields: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::post(format!("https://shop.example{url}"))
        .header("sec-fetch-site", "same-origin")
        .header("sec-fetch-mode", "no-cors");
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    request.body(()).expect("a request")
}

fn challenge_of(headers: &HeaderMap, name: &str) -> String {
    challenge(headers[name].to_str().expect("ASCII"))
}

fn with_cookies(cookies: &str) -> HeaderMap {
    let mut request = HeaderMap::new();
    request.insert("cookie", HeaderValue::from_str(cookies).expect("ASCII"));
    request
}

/// Returns the name and the value of the cookie that a response sets.
fn pair(headers: &HeaderMap) -> Option<String> {
    let line = headers.get("set-cookie")?.to_str().ok()?;
    line.split(';').next().map(str::to_owned)
}
