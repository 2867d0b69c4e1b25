//! Sign-in with a name and a password, and how to end a session that is only in a cookie.
//!
//! - A sign-in calls `renew()`, which gives the session a new id and a new time of creation. An
//!   attacker who knew the cookie before (session fixation) does not know the one after.
//! - Each user has a number, `epoch`. A session holds the epoch at its sign-in, and every request
//!   compares the two. A new password and "sign out everywhere" increment the user's epoch, and
//!   every other session of that user ends at once. This needs the user's record in each request,
//!   which most requests read anyway. Without any state on the server, no session can be ended
//!   before its time.
//! - Forms that pages of other origins post are refused ([`sessions`]), also the sign-in form, which
//!   works without a session. Without that, another site could sign the visitor in as somebody else.
//! - Unknown names and wrong passwords are answered with the same text, after the same work
//!   ([`passwords`]).
//!
//! `links_by_email` has the forgotten password. `step_up` has a second factor, and a password that
//! is asked for again.
//!
//! Left to the application: a limit on attempts by name and by address, a list of leaked passwords
//! (NIST SP 800-63B), a log of sign-ins.
//!
//! `cargo run -p sealed-session-recipes --bin sign_in_with_a_password`, then sign in as `ada`,
//! `correct horse battery`.

pub mod passwords;
pub mod users;

use crate::html::{Page, page, text};
use axum::extract::{DefaultBodyLimit, FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response, Result};
use axum::routing::{get, post};
use axum::{Form, Router};
use passwords::{HashingFailed, Passwords};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::{Builder, CrossOrigin, KeyRing, Level, Session, SessionError, Sessions};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use users::{User, Users};

/// The session.
#[derive(Default, Serialize, Deserialize)]
pub struct Visit {
    user: Option<SignedIn>,
}

/// The settings of the sessions.
pub fn sessions(ring: KeyRing) -> Builder<Visit> {
    Sessions::builder(ring).cross_origin(CrossOrigin::refuse())
}

/// The user who signed in, and the user's epoch at that time.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SignedIn {
    id: u64,
    epoch: u32,
}

impl SignedIn {
    /// The user as the database has them now, unless their epoch has changed.
    pub(crate) fn user(self, users: &Users) -> Option<User> {
        users.by_id(self.id).filter(|user| user.epoch == self.epoch)
    }
}

impl From<&User> for SignedIn {
    fn from(user: &User) -> Self {
        Self { id: user.id, epoch: user.epoch }
    }
}

/// What the handlers share.
#[derive(Clone)]
pub struct Accounts {
    pub users: Arc<Users>,
    pub passwords: Passwords,
}

impl Accounts {
    /// The user of this name, if the password is theirs.
    pub(crate) async fn with_password(
        &self,
        name: &str,
        password: String,
    ) -> Result<Option<User>, HashingFailed> {
        // One look at the record: if the password changes while this one is checked, the epoch is
        // old and the session never valid.
        let user = self.users.by_name(name);
        let hash = user.as_ref().map(|user| user.hash.clone());
        let is_right = self.passwords.verify(hash, password).await?;
        Ok(user.filter(|_| is_right))
    }
}

pub fn app(sessions: Sessions<Visit>, accounts: Accounts) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/sign-in", get(sign_in_page).post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/sign-out-everywhere", post(sign_out_everywhere))
        .route("/password", post(change_password))
        .layer(SessionLayer::new(sessions))
        .layer(DefaultBodyLimit::max(8 * 1024))
        .with_state(accounts)
}

/// The user whose session this is, as the database has them now. A handler that takes a `Member`
/// runs only if a user is signed in.
pub(crate) struct Member(pub(crate) User);

impl Member {
    pub(crate) fn of(session: &Session<Visit>, users: &Users) -> Option<Self> {
        // A session of an older epoch is left where it is: deleting it here could undo a sign-in
        // that another tab has just made.
        session.read(|visit| visit.user)?.user(users).map(Self)
    }
}

impl FromRequestParts<Accounts> for Member {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, accounts: &Accounts) -> Result<Self, Response> {
        let session = Session::from_request_parts(parts, accounts)
            .await
            .map_err(IntoResponse::into_response)?;
        Self::of(&session, &accounts.users).ok_or_else(|| Redirect::to("/sign-in").into_response())
    }
}

#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: String,
}

async fn sign_in(
    State(accounts): State<Accounts>,
    session: Session<Visit>,
    Form(credentials): Form<Credentials>,
) -> Result<Response> {
    let Credentials { name, password } = credentials;
    let Some(user) = accounts.with_password(&name, password).await? else {
        return Ok((
            StatusCode::UNAUTHORIZED,
            sign_in_form("<p>The name or the password is wrong."),
        )
            .into_response());
    };
    begin(&session, &user)?;
    Ok(Redirect::to("/").into_response())
}

/// Makes this the session of a user who has just signed in.
pub(crate) fn begin(session: &Session<Visit>, user: &User) -> Result<(), SessionError> {
    session.renew()?;
    // What was gathered before the sign-in (a basket, a language) is kept. If the session holds
    // what belongs to one user, set() a whole new one.
    session.update(|visit| visit.user = Some(user.into()))
}

async fn sign_out(session: Session<Visit>) -> Result<Redirect> {
    session.purge()?;
    Ok(Redirect::to("/"))
}

async fn sign_out_everywhere(
    State(accounts): State<Accounts>,
    Member(user): Member,
    session: Session<Visit>,
) -> Result<Redirect> {
    accounts.users.end_sessions(user.id);
    session.purge()?;
    session.flash(Level::SUCCESS, "You are signed out on every device.")?;
    Ok(Redirect::to("/"))
}

#[derive(Deserialize)]
struct NewPassword {
    current: String,
    new: String,
}

async fn change_password(
    State(accounts): State<Accounts>,
    Member(mut user): Member,
    session: Session<Visit>,
    Form(form): Form<NewPassword>,
) -> Result<Response> {
    let refuse = |status, why| (status, page("Change the password", why)).into_response();
    if form.new.chars().count() < SHORTEST_PASSWORD {
        return Ok(refuse(
            StatusCode::UNPROCESSABLE_ENTITY,
            "<p>Use at least 15 characters; a few words are enough.",
        ));
    }
    // A person who finds an unlocked computer is signed in, but does not know the password.
    if !accounts.passwords.verify(Some(user.hash.clone()), form.current).await? {
        return Ok(refuse(StatusCode::FORBIDDEN, "<p>The current password is wrong."));
    }
    let hash = accounts.passwords.hash(form.new).await?;
    let Some(epoch) = accounts.users.set_hash(user.id, user.epoch, hash) else {
        return Ok(refuse(
            StatusCode::CONFLICT,
            "<p>The password was changed meanwhile, or you signed out everywhere.",
        ));
    };
    user.epoch = epoch;
    begin(&session, &user)?; // this session goes on, the user's others have ended
    // A message that does not fit is not worth a 500, which would not save the session either.
    let _ = session.flash(
        Level::SUCCESS,
        "The password was changed, and you are signed out on every other device.",
    );
    Ok(Redirect::to("/").into_response())
}

async fn home(State(accounts): State<Accounts>, session: Session<Visit>) -> Result<Page> {
    let messages: String = session
        .take_flashes()?
        .iter()
        .map(|flash| format!("<p><em>{}</em>", text(&flash.text)))
        .collect();
    let body = match Member::of(&session, &accounts.users) {
        None => "<p>Nobody is signed in. <a href=\"/sign-in\">Sign in</a>".to_owned(),
        Some(Member(user)) => format!("<p>You are {}.{SIGNED_IN}", text(user.name)),
    };
    Ok(page("Home", &format!("{messages}{body}")))
}

async fn sign_in_page() -> Page {
    sign_in_form("")
}

pub(crate) fn sign_in_form(message: &str) -> Page {
    page("Sign in", &format!("{message}{SIGN_IN}"))
}

/// NIST SP 800-63B-4 §3.1.1.2, where a password is all that is asked for.
pub(crate) const SHORTEST_PASSWORD: usize = 15;

const SIGN_IN: &str = r#"<form method="post" action="/sign-in">
<p><label>Name <input name="name" autocomplete="username" required></label>
<p><label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<p><button>Sign in</button></form>"#;

const SIGNED_IN: &str = r#"
<form method="post" action="/sign-out"><button>Sign out</button></form>
<form method="post" action="/sign-out-everywhere"><button>Sign out everywhere</button></form>
<form method="post" action="/password">
<p><label>Current password <input name="current" type="password" autocomplete="current-password" required></label>
<p><label>New password <input name="new" type="password" autocomplete="new-password" minlength="15" required></label>
<p><button>Change the password</button></form>"#;
