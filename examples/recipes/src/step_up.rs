//! A second factor that is not asked for on a remembered device, and a password that is asked for
//! again before something important ("step-up").
//!
//! ```text
//! password ──▶ remembered device? ── yes ──────────────────────▶ renew(), signed in
//!                    └─ no ─▶ page with a ticket ─▶ code ─▶ [remember] ─┘
//! important page ──▶ created_at() within 5 minutes? ── no ──▶ password ──▶ renew(), back to the page
//! ```
//! - **Between password and code** the session is not changed, and the visitor is not signed in.
//!   The page's form has a ticket that says whose password was right. It is valid for five minutes,
//!   and works more than once: the application must limit wrong codes for each user.
//! - **A remembered device** is a second `Sessions` with a cookie of its own, which lives for a
//!   month with or without visits. `Sessions` sets the attributes and `Max-Age`, and deletes the
//!   cookie. A ticket as a cookie's value would need all of that written by hand. The device's
//!   session holds the user's epoch, so a new password and "sign out everywhere" end it on every
//!   device.
//! - **Step-up.** `created_at()` is when the visitor last proved their identity, because this
//!   application calls `renew()` only at that moment. A refresh does not change it, and an old
//!   cookie never has a later one. `renew()` also gives the session a new id, so tickets that were
//!   issued for the old id no longer open.
//!
//! `cargo run -p sealed-session-recipes --bin step_up`, then sign in as `ada`, `correct horse
//! battery`. The code is `123456`.

use crate::html::{Page, page, text};
use crate::return_to::ReturnTo;
use crate::sign_in_with_a_password::users::User;
use crate::sign_in_with_a_password::{Accounts, Member, SignedIn, Visit, begin, sign_in_form};
use axum::extract::{DefaultBodyLimit, FromRequestParts, OriginalUri, Query, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response, Result};
use axum::routing::{get, post};
use axum::{Form, Router};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::clock::Clock;
use sealed_session::tickets::TicketsBuilder;
use sealed_session::{Builder, KeyRing, Session, Sessions, Tickets};
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};

/// What a device remembers: the user who last gave a code on it and chose to be remembered.
#[derive(Default, Serialize, Deserialize)]
pub struct Device {
    user: Option<SignedIn>,
}

/// The second kind of session; the first is that of `sign_in_with_a_password`. Idle and absolute timeout are equal, so the device is remembered for
/// 30 days from the last code, with or without visits.
pub fn devices(ring: KeyRing) -> Builder<Device> {
    Sessions::builder(ring)
        .cookie_name("__Host-Http-device")
        .idle_timeout(REMEMBERED)
        .absolute_timeout(REMEMBERED)
}

/// The tickets between password and code.
pub fn codes(ring: KeyRing) -> TicketsBuilder<Option<SignedIn>> {
    Tickets::builder(ring).purpose("step_up: code").valid_for(TO_GIVE_A_CODE)
}

/// What the handlers share.
#[derive(Clone)]
pub struct Site {
    pub accounts: Accounts,
    pub codes: Tickets<Option<SignedIn>>,
    /// Whether a code is the user's, now and for the first time: TOTP (RFC 6238), for example.
    pub is_code: fn(u64, &str) -> bool,
    /// The sessions' own.
    pub clock: Clock,
}

pub fn app(visits: Sessions<Visit>, devices: Sessions<Device>, site: Site) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/sign-in", get(sign_in_page).post(sign_in))
        .route("/code", post(code))
        .route("/api-key", get(api_key))
        .route("/again", get(again_page).post(again))
        .layer(SessionLayer::new(visits))
        .layer(SessionLayer::new(devices))
        .layer(DefaultBodyLimit::max(8 * 1024))
        .with_state(site)
}

#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: String,
}

async fn sign_in(
    State(site): State<Site>,
    session: Session<Visit>,
    device: Session<Device>,
    Form(Credentials { name, password }): Form<Credentials>,
) -> Result<Response> {
    let Some(user) = site.accounts.with_password(&name, password).await? else {
        let form = sign_in_form("<p>The name or the password is wrong.");
        return Ok((StatusCode::UNAUTHORIZED, form).into_response());
    };
    let signed_in = SignedIn::from(&user);
    if device.read(|device| device.user == Some(signed_in)) {
        begin(&session, &user)?;
        return Ok(Redirect::to("/").into_response());
    }
    let ticket = site.codes.issue(&Some(signed_in))?;
    Ok(code_form("", &ticket).into_response())
}

#[derive(Deserialize)]
struct Code {
    ticket: String,
    code: String,
    /// A checkbox: there if it is checked.
    remember: Option<String>,
}

async fn code(
    State(site): State<Site>,
    session: Session<Visit>,
    device: Session<Device>,
    Form(Code { ticket, code, remember }): Form<Code>,
) -> Result<Response> {
    let signed_in = site.codes.open(&ticket).ok().flatten();
    // Compared with the record: the password may have been changed since it was checked.
    let users = &site.accounts.users;
    let Some(user) = signed_in.and_then(|signed_in| signed_in.user(users)) else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    if !(site.is_code)(user.id, &code) {
        let form = code_form("<p>The code is wrong.", &ticket);
        return Ok((StatusCode::UNAUTHORIZED, form).into_response());
    }
    begin(&session, &user)?;
    if remember.is_some() {
        device.renew()?; // 30 days from now
        device.set(Device { user: Some(SignedIn::from(&user)) })?;
    }
    Ok(Redirect::to("/").into_response())
}

/// A user who proved their identity within the last five minutes. A handler that takes a `Recent`
/// runs only for such a user.
struct Recent(User);

impl FromRequestParts<Site> for Recent {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let session =
            Session::from_request_parts(parts, site).await.map_err(IntoResponse::into_response)?;
        let Some(Member(user)) = Member::of(&session, &site.accounts.users) else {
            return Err(Redirect::to("/sign-in").into_response());
        };
        if site.proved_recently(session.info().created_at()) {
            return Ok(Self(user));
        }
        // Back to this page, if it is one. A form is lost: show it on a page that takes a `Recent`.
        let path = OriginalUri::from_request_parts(parts, site)
            .await
            .ok()
            .filter(|_| parts.method == Method::GET)
            .and_then(|OriginalUri(uri)| ReturnTo::try_from(uri.to_string()).ok())
            .unwrap_or_default();
        let query = serde_urlencoded::to_string([("return_to", path.as_str())]);
        let query = query.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())?;
        Err(Redirect::to(&format!("/again?{query}")).into_response())
    }
}

impl Site {
    /// A time that is ahead of this server's clock is recent: another server's clock set it.
    fn proved_recently(&self, created: SystemTime) -> bool {
        let now = SystemTime::UNIX_EPOCH + self.clock.now();
        now.duration_since(created).unwrap_or_default() < RECENT
    }
}

/// Something that an unlocked computer must not give away.
async fn api_key(Recent(user): Recent) -> Page {
    page("API key", &format!("<p>The key of {} is …", text(user.name)))
}

#[derive(Deserialize)]
struct Again {
    #[serde(default)]
    return_to: ReturnTo,
    #[serde(default)]
    password: String,
}

async fn again_page(Query(Again { return_to, .. }): Query<Again>) -> Page {
    again_form("", &return_to)
}

async fn again(
    State(site): State<Site>,
    session: Session<Visit>,
    Form(Again { return_to, password }): Form<Again>,
) -> Result<Response> {
    let Some(Member(user)) = Member::of(&session, &site.accounts.users) else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    if site.accounts.with_password(&user.name, password).await?.is_none() {
        let form = again_form("<p>The password is wrong.", &return_to);
        return Ok((StatusCode::FORBIDDEN, form).into_response());
    }
    session.renew()?;
    Ok(Redirect::to(return_to.as_str()).into_response())
}

async fn home(State(site): State<Site>, session: Session<Visit>) -> Page {
    let body = match Member::of(&session, &site.accounts.users) {
        None => "<p>Nobody is signed in. <a href=\"/sign-in\">Sign in</a>".to_owned(),
        Some(Member(user)) => {
            format!("<p>You are {}. <a href=\"/api-key\">Show my API key</a>", text(user.name))
        }
    };
    page("Home", &body)
}

async fn sign_in_page() -> Page {
    sign_in_form("")
}

fn code_form(message: &str, ticket: &str) -> Page {
    let ticket = text(ticket);
    page(
        "Your code",
        &format!(
            "{message}<form method=\"post\" action=\"/code\"><input type=\"hidden\" name=\"ticket\" value=\"{ticket}\">\
             <p><label>Code <input name=\"code\" inputmode=\"numeric\" autocomplete=\"one-time-code\" required></label>\
             <p><label><input name=\"remember\" type=\"checkbox\"> Do not ask on this device for 30 days</label>\
             <p><button>Sign in</button></form>"
        ),
    )
}

fn again_form(message: &str, return_to: &ReturnTo) -> Page {
    let return_to = text(return_to.as_str());
    page(
        "Your password again",
        &format!(
            "{message}<form method=\"post\" action=\"/again\"><input type=\"hidden\" name=\"return_to\" value=\"{return_to}\">\
             <p><label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\" required></label>\
             <p><button>Continue</button></form>"
        ),
    )
}

const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 60 * 60);
const RECENT: Duration = Duration::from_secs(5 * 60);
const TO_GIVE_A_CODE: Duration = Duration::from_secs(5 * 60);
