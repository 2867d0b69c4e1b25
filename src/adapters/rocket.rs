//! Sessions for Rocket 0.5: [`SessionFairing`] is attached to the rocket,
//! [`Session<T>`](crate::Session) is a request guard, and the errors are responders.
//!
//! ```
//! use rocket::{post, routes};
//! use sealed_session::rocket::SessionFairing;
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
//! - Rocket takes a form's `_method` as its method before any fairing runs. A request with a form's
//!   content type therefore counts as unsafe.
//! - Rocket drops a whole header field if it is not UTF-8; see below. Rocket's header values cannot
//!   be marked sensitive.
//! - Rocket's local client keeps cookies only in its jar. If a request has no `Cookie` field at
//!   all, the jar's cookies are used.
//! - If a commit fails, the answer is 500.
//! - [`SessionError`] answers 403 for `Withheld`, 503 with `Retry-After: 1` for `Unreadable`, and
//!   500 for all others, through the catchers. [`Failure`] lists the statuses for the errors of
//!   `seal` and `open`.
//!
//! **A single cookie of any name that is not UTF-8 signs the visitor out.** Rocket drops the whole
//! `Cookie` field before any fairing runs. A sibling domain can set such a cookie (`planted=\xff;
//! Domain=example.com`) in the visitor's browser. As long as that cookie exists, every request
//! arrives without a session: [`Status::New`](crate::Status::New), even after each new sign-in. A
//! write then replaces the visitor's session, and
//! [`Unreadable::Protect`](crate::Unreadable::Protect) does not prevent it. No other supported
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

use crate::adapters::error_response::{Failure, MissingLayer};
use crate::adapters::exchange::{Exchange, Parked};
use crate::adapters::reload_page::ReloadPage;
use crate::data::session_data::SessionData;
use crate::error::{CommitError, OpenError, SealError, SessionError};
use crate::headers::ResponseFields;
use crate::session::Session;
use crate::sessions::Sessions;
use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::http::{Header, Method, Status};
use rocket::request::{FromRequest, Outcome};
use rocket::response::{self, Responder};
use rocket::{Build, Data, Request, Response, Rocket};
use std::fmt;
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

/// Every kind of session that was attached, parked like the sessions of a request, so that a
/// conflict shows at launch.
#[derive(Default)]
struct Attached(Mutex<Parked>);

/// The sessions of a request, in its local cache.
#[derive(Default)]
struct InRequest(Mutex<Parked>);

/// Whether the request was answered.
#[derive(Default)]
struct Answered(AtomicBool);

/// The exchange that a request's fairing holds until the response.
struct Awaiting<T>(Mutex<Option<Exchange<T>>>);

#[rocket::async_trait]
impl<T: SessionData> Fairing for SessionFairing<T> {
    fn info(&self) -> Info {
        Info { name: "sealed session", kind: Kind::Ignite | Kind::Request | Kind::Response }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        let rocket = if rocket.state::<Attached>().is_some() {
            rocket
        } else {
            rocket.manage(Attached::default())
        };
        let attached = rocket.state::<Attached>();
        let begun = attached
            .map(|attached| Exchange::begin(&self.sessions, &mut lock(&attached.0), no_request));
        match begun {
            Some(Err(conflict)) => {
                let _ = Failure::from(&conflict);
                Err(rocket)
            }
            _ => Ok(rocket),
        }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        let parked = request.local_cache(InRequest::default);
        let awaiting = request.local_cache(|| Awaiting::<T>(Mutex::new(None)));
        // A clone of a local client's request that was already sent shares that request's cache.
        if request.local_cache(Answered::default).0.swap(false, Ordering::AcqRel) {
            *lock(&parked.0) = Parked::default();
        }
        // The launch has checked that there are no conflicts.
        let exchange = Exchange::begin(&self.sessions, &mut lock(&parked.0), |sessions| {
            load(sessions, request)
        })
        .ok()
        .flatten();
        if exchange.is_some() {
            *lock(&awaiting.0) = exchange;
        }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let awaiting = request.local_cache(|| Awaiting::<T>(Mutex::new(None)));
        request.local_cache(Answered::default).0.store(true, Ordering::Release);
        let Some(exchange) = lock(&awaiting.0).take() else { return };
        let status = status_on_the_wire(request, response);
        if let Err(error) = exchange.commit_fields(status, &mut Fields(response)) {
            fail(Failure::from(&error), exchange.deletions_of_a_purge(), response);
        }
    }
}

fn no_request<T: SessionData>(sessions: &Sessions<T>) -> Session<T> {
    sessions.load_fields(Method::Get.as_str(), None, [])
}

fn load<T: SessionData>(sessions: &Sessions<T>, request: &Request<'_>) -> Session<T> {
    let headers = request.headers();
    let form = request.content_type().is_some_and(|kind| kind.is_form() || kind.is_form_data());
    let method = if form { Method::Post } else { request.method() };
    let site = headers.get_one("sec-fetch-site").map(str::as_bytes);
    if headers.contains("cookie") {
        return sessions.load_fields(
            method.as_str(),
            site,
            headers.get("cookie").map(str::as_bytes),
        );
    }
    let jar: Vec<String> = request
        .cookies()
        .iter()
        .map(|cookie| format!("{}={}", cookie.name(), cookie.value()))
        .collect();
    sessions.load_fields(method.as_str(), site, jar.iter().map(String::as_bytes))
}

/// Returns the response's status, or 101 for an upgrade: Rocket sets that status after its
/// fairings.
fn status_on_the_wire(request: &Request<'_>, response: &mut Response<'_>) -> u16 {
    let protocols = request.headers().get("upgrade").flat_map(|field| field.split(','));
    let upgrades = protocols.map(str::trim).any(|protocol| response.upgrade(protocol).is_some());
    if upgrades { Status::SwitchingProtocols.code } else { response.status().code }
}

/// Replaces the response by a bare status and the deletions of a purge.
fn fail(failure: Failure, lines: Vec<String>, response: &mut Response<'_>) {
    *response = Response::new();
    response.set_status(in_rocket(failure));
    for line in lines {
        response.adjoin_header(Header::new("set-cookie", line));
        response.set_header(Header::new("cache-control", "no-store"));
    }
}

fn in_rocket(failure: Failure) -> Status {
    Status::new(failure.status().as_u16())
}

struct Fields<'a, 'r>(&'a mut Response<'r>);

impl ResponseFields for Fields<'_, '_> {
    fn for_each(&self, each: &mut dyn FnMut(&str, &[u8])) {
        for header in self.0.headers().iter() {
            each(&header.name().as_str().to_ascii_lowercase(), header.value().as_bytes());
        }
    }

    fn replace(&mut self, name: &str, value: &str) -> Result<(), CommitError> {
        self.0.set_header(Header::new(name.to_owned(), value.to_owned()));
        Ok(())
    }

    fn append_set_cookies(&mut self, lines: Vec<String>) -> Result<(), CommitError> {
        lines.into_iter().for_each(|line| self.0.adjoin_header(Header::new("set-cookie", line)));
        Ok(())
    }
}

#[rocket::async_trait]
impl<'r, T: SessionData> FromRequest<'r> for Session<T> {
    type Error = MissingLayer;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, MissingLayer> {
        let parked = request.local_cache(InRequest::default);
        let mend = "add .attach(SessionFairing::new(sessions)) to the Rocket that is launched; \
            Rocket runs no fairing for a request that it cannot parse, so its catcher has no \
            session";
        match Parked::require(Some(&lock(&parked.0)), mend) {
            Ok(session) => Outcome::Success(session),
            Err(missing) => Outcome::Error((in_rocket(Failure::from(&missing)), missing)),
        }
    }
}

macro_rules! answered_as_failure {
    ($($error:ty),*) => {$(
        impl<'r> Responder<'r, 'static> for $error {
            fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
                Failure::from(&self).respond_to(request)
            }
        }
    )*};
}

answered_as_failure!(SessionError, SealError, OpenError, CommitError);

impl<'r> Responder<'r, 'static> for ReloadPage {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Response::build();
        response.status(Status::new(self.status().as_u16()));
        self.headers().into_iter().for_each(|(name, value)| {
            response.raw_header(name.to_string(), value);
        });
        response.sized_body(self.body().len(), std::io::Cursor::new(self.body())).ok()
    }
}

impl<'r> Responder<'r, 'static> for Failure {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        match self.retry_after() {
            Some(seconds) => {
                let mut response = Response::build();
                response.status(in_rocket(self)).raw_header("retry-after", seconds).ok()
            }
            None => Err(in_rocket(self)),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
