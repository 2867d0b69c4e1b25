//! Sessions for Rocket 0.5: [`SessionFairing`] is attached to the rocket,
//! [`Session<T>`](crate::Session) is a request guard, and the errors are responders.
//!
//! ```
//! use rocket::{post, routes};
//! use sealed_session::adapter::rocket::SessionFairing;
//! use sealed_session::{KeyRing, Session, SessionError, Sessions};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Default, Serialize, Deserialize)]
//! struct Visit { cart: Vec<u32> }
//!
//! #[post("/add")]
//! fn add(session: Session<Visit>) -> Result<String, SessionError> {
//!     session.update(|visit| visit.cart.push(7))?; // a write that is refused leaves the session as it was
//!     Ok(session.read(|visit| visit.cart.len().to_string()))
//! }
//!
//! let sessions = Sessions::<Visit>::builder(KeyRing::ephemeral()?).build()?;
//! let app = rocket::build().attach(SessionFairing::new(sessions)).mount("/", routes![add]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Where it goes**: Rocket runs response fairings in the order in which they were attached.
//! Attach it after fairings that set `Cache-Control`, and before those that compress. It covers
//! every route. It also covers the catchers, whose status decides what is saved. (A request that
//! Rocket cannot parse goes to a catcher without any fairing: a session guard fails there.)
//!
//! - If two fairings conflict, the launch stops and the log names the cookie.
//! - The first fairing mounts the route `/.sealed-session/instead`. It sends the response to a
//!   request that is answered before its handler, because a request fairing cannot respond. A
//!   client that asks for it gets a 404.
//! - Rocket replaces a request's method by the form field `_method` before any fairing runs. A
//!   request with a form's content type therefore counts as unsafe, and
//!   [`Builder::cross_origin`](crate::Builder::cross_origin) judges it as a POST.
//! - Rocket drops a whole header field if it is not UTF-8; see below. Rocket's header values cannot
//!   be marked sensitive.
//! - Rocket's local client keeps cookies only in its jar. If a request has no `Cookie` field at
//!   all, the jar's cookies are used.
//! - If a commit fails, the answer is 500.
//! - The fairing answers the two endpoints of
//!   [`Builder::device_bound`](crate::Builder::device_bound), whatever is mounted.
//! - [`SessionError`] answers 403 for `CrossSite`, `Unproven` and `Unbound`, 503 with `Retry-After: 1`
//!   for `Unreadable`, and 500 for all others, through the catchers. [`ErrorResponse`]
//!   lists the statuses for the errors of `seal` and `open`.
//!
//! **A single cookie with bytes that are not UTF-8 signs the visitor out.** Rocket drops the whole
//! `Cookie` field before any fairing runs. A sibling domain can set such a cookie (`planted=\xff;
//! Domain=example.com`) in the visitor's browser. As long as that cookie exists, every request
//! arrives without a session: [`LoadStatus::New`](crate::LoadStatus::New), even after each new
//! sign-in. A write then replaces the visitor's session, and
//! [`OnUnreadable::Refuse`](crate::OnUnreadable::Refuse) does not prevent it. No other supported
//! framework does this, and this crate cannot see what was dropped. If you do not trust every
//! sibling domain, repair the field before it reaches Rocket. For nginx (tried with 1.22), in
//! `http`:
//!
//! ```nginx
//! map $http_cookie $session_alone {
//!     default "";
//!     "~(?:^|;)[ \t]*(?<session>__Host-Http-session=[^;\x80-\xff]+)" $session;
//! }
//! map $http_cookie $cookies_for_rocket {
//!     default $http_cookie;
//!     "~[\x80-\xff]" $session_alone;
//! }
//! ```
//!
//! and in the block that passes requests on: `proxy_set_header Cookie $cookies_for_rocket;`. A
//! field with a byte outside ASCII is then replaced by the session's cookie alone. Put your
//! cookie's name into the pattern. A rule that only removes such bytes makes things worse: a
//! sibling domain can set `\xa0__Host-Http-session=…`, and the rule would turn it into a cookie
//! with our name.

use crate::adapter::error_response::ErrorResponse;
use crate::adapter::exchange::{Begun, SessionExchange};
use crate::adapter::mistakes::MissingLayer;
use crate::adapter::request_sessions::RequestSessions;
use crate::data::session_data::SessionData;
use crate::error::{CrossOriginRefused, CsrfError, OpenError, SessionError, TicketError};
use crate::headers::request::{FieldValue, RequestHeaders};
use crate::headers::response::ResponseHeaders;
use crate::session::Session;
use crate::session::reload_page::ReloadPage;
use crate::sessions::Sessions;
use http::header::{COOKIE, HeaderName};
use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::http::uri::Origin;
use rocket::http::{Cookie, Header, Method, Status};
use rocket::request::{FromRequest, Outcome};
use rocket::response::{self, Responder};
use rocket::route::{self, Handler, Route};
use rocket::{Build, Data, Request, Response, Rocket, uri};
use std::cell::OnceCell;
use std::fmt;
use std::io::Cursor;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Adds a session to every request.
pub struct SessionFairing<T> {
    sessions: Sessions<T>,
}

impl<T: SessionData> SessionFairing<T> {
    /// Returns a fairing for this kind of session.
    pub fn new(sessions: Sessions<T>) -> Self {
        Self { sessions }
    }
}

impl<T> Clone for SessionFairing<T> {
    fn clone(&self) -> Self {
        Self { sessions: self.sessions.clone() }
    }
}

impl<T> fmt::Debug for SessionFairing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionFairing").field("sessions", &self.sessions).finish()
    }
}

/// Every kind of session that was attached, kept like the sessions of a request, so that a conflict
/// shows at launch.
#[derive(Default)]
struct Attached(Mutex<RequestSessions>);

/// The sessions of a request, in its local cache.
#[derive(Default)]
struct InRequest(Mutex<RequestSessions>);

/// Whether the request was answered.
#[derive(Default)]
struct Answered(AtomicBool);

/// The exchange that a request's fairing holds until the response.
struct Awaiting<T>(Mutex<Option<SessionExchange<T>>>);

#[rocket::async_trait]
impl<T: SessionData> Fairing for SessionFairing<T> {
    fn info(&self) -> Info {
        Info { name: "sealed session", kind: Kind::Ignite | Kind::Request | Kind::Response }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        let rocket = if rocket.state::<Attached>().is_some() {
            rocket
        } else {
            let route = Route::ranked(FIRST, Method::Get, INSTEAD.path().as_str(), SendInstead);
            rocket.manage(Attached::default()).mount("/", [route])
        };
        let no_request = ("GET", &[("", "")][..]);
        let begun = rocket.state::<Attached>().map(|attached| {
            SessionExchange::begin(&self.sessions, &mut lock(&attached.0), no_request)
        });
        match begun {
            Some(Begun::Respond(_)) => Err(rocket),
            _ => Ok(rocket),
        }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        let kept = request.local_cache(InRequest::default);
        let awaiting = request.local_cache(|| Awaiting::<T>(Mutex::new(None)));
        // A clone of a local client's request that was already sent shares that request's cache.
        if request.local_cache(Answered::default).0.swap(false, Ordering::AcqRel) {
            *lock(&kept.0) = RequestSessions::default();
        }
        let incoming = Incoming::new(request);
        let response = match SessionExchange::begin(&self.sessions, &mut lock(&kept.0), incoming) {
            Begun::Exchange(exchange) => {
                *lock(&awaiting.0) = Some(exchange);
                None
            }
            Begun::PassThrough => None,
            Begun::Respond(response) => Some(response),
        };
        if let Some(response) = response {
            respond_instead(request, response);
        }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let awaiting = request.local_cache(|| Awaiting::<T>(Mutex::new(None)));
        request.local_cache(Answered::default).0.store(true, Ordering::Release);
        let Some(exchange) = lock(&awaiting.0).take() else { return };
        let status = status_on_the_wire(request, response);
        if let Err(error) = exchange.finish(status, &mut Outgoing(response)) {
            replace(response, error.into());
        }
    }
}

/// A response in place of the handler's, in the request's local cache.
#[derive(Default)]
struct Instead(Mutex<Option<http::Response<String>>>);

/// The path of the route that sends it. A client that asks for this path gets a 404.
static INSTEAD: Origin<'static> = uri!("/.sealed-session/instead");
/// Before the routes of the application.
const FIRST: isize = isize::MIN;

/// Leads a request to the route that sends `response`, because a request fairing cannot respond by
/// itself.
fn respond_instead(request: &mut Request<'_>, response: http::Response<String>) {
    *lock(&request.local_cache(Instead::default).0) = Some(response);
    request.set_method(Method::Get);
    request.set_uri(INSTEAD.clone());
}

/// The route's handler.
#[derive(Clone)]
struct SendInstead;

#[rocket::async_trait]
impl Handler for SendInstead {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> route::Outcome<'r> {
        let Some(instead) = lock(&request.local_cache(Instead::default).0).take() else {
            return route::Outcome::forward(data, Status::NotFound);
        };
        let mut response = Response::new();
        replace(&mut response, instead);
        route::Outcome::Success(response)
    }
}

/// Adapts Rocket's request.
struct Incoming<'a, 'r> {
    request: &'a Request<'r>,
    /// The cookies of a local client's jar, if the request has no `Cookie` field.
    jar: Vec<String>,
    authority: OnceCell<String>,
    target: OnceCell<String>,
}

impl<'a, 'r> Incoming<'a, 'r> {
    fn new(request: &'a Request<'r>) -> Self {
        let mut jar = Vec::new();
        if !request.headers().contains("cookie") {
            let pair = |cookie: &Cookie<'_>| format!("{}={}", cookie.name(), cookie.value());
            jar.extend(request.cookies().iter().map(pair));
        }
        Self { request, jar, authority: OnceCell::new(), target: OnceCell::new() }
    }
}

impl RequestHeaders for Incoming<'_, '_> {
    fn method(&self) -> &str {
        let kind = self.request.content_type();
        let form = kind.is_some_and(|kind| kind.is_form() || kind.is_form_data());
        let method = if form { Method::Post } else { self.request.method() };
        method.as_str()
    }

    fn authority(&self) -> Option<&[u8]> {
        let host = self.request.host()?;
        Some(self.authority.get_or_init(|| host.to_string()).as_bytes())
    }

    fn target(&self) -> Option<&str> {
        Some(self.target.get_or_init(|| self.request.uri().to_string()))
    }

    fn for_each<'a>(&'a self, name: &HeaderName, each: &mut dyn FnMut(FieldValue<'a>)) {
        if *name == COOKIE {
            self.jar.iter().for_each(|pair| each(FieldValue::Bytes(pair.as_bytes())));
        }
        for value in self.request.headers().get(name.as_str()) {
            each(FieldValue::Bytes(value.as_bytes()));
        }
    }
}

/// Returns the response's status, or 101 for an upgrade: Rocket sets that status after its
/// fairings.
fn status_on_the_wire(request: &Request<'_>, response: &mut Response<'_>) -> u16 {
    let protocols = request.headers().get("upgrade").flat_map(|field| field.split(','));
    let upgrades = protocols.map(str::trim).any(|protocol| response.upgrade(protocol).is_some());
    if upgrades { Status::SwitchingProtocols.code } else { response.status().code }
}

/// Replaces a response by another one, with its body.
fn replace(response: &mut Response<'_>, other: http::Response<String>) {
    *response = Response::new();
    response.set_status(in_rocket(other.status()));
    for (name, value) in other.headers() {
        // The values are ours, and ASCII.
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        response.adjoin_header(Header::new(name.to_string(), value));
    }
    let body = other.into_body();
    response.set_sized_body(body.len(), Cursor::new(body));
}

fn in_rocket(status: http::StatusCode) -> Status {
    Status::new(status.as_u16())
}

/// Adapts Rocket's response.
struct Outgoing<'a, 'r>(&'a mut Response<'r>);

impl ResponseHeaders for Outgoing<'_, '_> {
    fn for_each(&self, each: &mut dyn FnMut(&str, &[u8])) {
        for header in self.0.headers().iter() {
            each(&header.name().as_str().to_ascii_lowercase(), header.value().as_bytes());
        }
    }

    fn replace(&mut self, name: &str, value: &str) -> Result<(), SessionError> {
        self.0.set_header(Header::new(name.to_owned(), value.to_owned()));
        Ok(())
    }

    fn append_set_cookies(&mut self, lines: Vec<String>) -> Result<(), SessionError> {
        lines.into_iter().for_each(|line| self.0.adjoin_header(Header::new("set-cookie", line)));
        Ok(())
    }
}

#[rocket::async_trait]
impl<'r, T: SessionData> FromRequest<'r> for Session<T> {
    type Error = MissingLayer;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, MissingLayer> {
        let kept = request.local_cache(InRequest::default);
        let fix = "add .attach(SessionFairing::new(sessions)) to the Rocket that is launched; \
            Rocket runs no fairing for a request that it cannot parse, so its catcher has no \
            session";
        match RequestSessions::require(Some(&lock(&kept.0)), fix) {
            Ok(session) => Outcome::Success(session),
            Err(missing) => {
                Outcome::Error((in_rocket(ErrorResponse::from(&missing).status_code()), missing))
            }
        }
    }
}

macro_rules! answered_as_error_response {
    ($($error:ty),*) => {$(
        impl<'r> Responder<'r, 'static> for $error {
            fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
                ErrorResponse::from(&self).respond_to(request)
            }
        }
    )*};
}

answered_as_error_response!(SessionError, OpenError, TicketError, CsrfError, CrossOriginRefused);

impl<'r> Responder<'r, 'static> for ReloadPage {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Response::build();
        response.status(in_rocket(self.status_code()));
        self.headers().into_iter().for_each(|(name, value)| {
            response.raw_header(name.to_string(), value);
        });
        response.sized_body(self.body().len(), Cursor::new(self.body())).ok()
    }
}

impl<'r> Responder<'r, 'static> for ErrorResponse {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        if self.headers().is_empty() {
            return Err(in_rocket(self.status_code()));
        }
        let mut response = Response::new();
        replace(&mut response, self.into());
        Ok(response)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KeyRing;
    use rocket::fairing::AdHoc;
    use rocket::local::blocking::Client;

    #[test]
    fn a_response_in_place_of_the_handlers_is_sent() {
        let ring = KeyRing::ephemeral().unwrap();
        let sessions = Sessions::<u32>::builder(ring).schema_version(1).build().unwrap();
        let answers = AdHoc::on_request("answers", |request, _| {
            Box::pin(async move {
                if request.uri().path() == "/answered" {
                    let response = http::Response::builder().status(418).header("x-instead", "1");
                    respond_instead(request, response.body(String::from("instead")).unwrap());
                }
            })
        });
        let app = rocket::build().attach(SessionFairing::new(sessions)).attach(answers);
        let client = Client::untracked(app).unwrap();
        for request in [client.get("/answered"), client.post("/answered")] {
            let response = request.dispatch();
            assert_eq!(response.status().code, 418);
            assert_eq!(response.headers().get_one("x-instead"), Some("1"));
            assert_eq!(response.into_string().as_deref(), Some("instead"));
        }
        for path in ["/other", "/.sealed-session/instead"] {
            assert_eq!(client.get(path).dispatch().status(), Status::NotFound);
        }
    }
}
