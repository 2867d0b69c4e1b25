//! The session outside of handlers: in a middleware of the application's own, in `State`, and in a
//! background task.
//!
//! - **Order.** `.layer()` puts a layer around everything that was added before it. The session
//!   layer is therefore added after every middleware that takes a `Session`. In the other order
//!   there is no session yet: such a request is a 500, and the log says what to add.
//! - **A middleware** takes `Session<Visit>` like a handler, and gets the same session. It may read
//!   and write before `next.run(request)` and after it: the session layer commits when both are
//!   done.
//! - **A check that waits** for a database belongs here, or in an extractor. `Builder::validate`
//!   cannot wait. The closures of `read` and `update` cannot either, so the handler reads what it
//!   needs, waits, and then writes.
//! - **`Sessions` in `State`** seals and opens values without a request or a response, here for a
//!   client that is not a browser and sends the value as a bearer token. Nothing refreshes such a
//!   value: it ends after the idle timeout. `open` checks it like a cookie (`validate` included),
//!   but this application's check of the version is its own, and has to be called.
//! - **A background task** gets a copy of the data, never the session. A handle in a task can still
//!   read, but once the response is sent its writes fail (`SessionError::Responded`), because there
//!   is no response left to carry them. The task puts its result where the next request finds it.
//!
//! `cargo run -p sealed-session-recipes --bin middleware`

use crate::html::{Page, page, text};
use axum::extract::{FromRef, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::{Builder, CrossOrigin, KeyRing, Session, SessionError, Sessions};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The session.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    pub user: Option<SignedIn>,
    pub notes: Vec<String>,
}

/// The settings of the sessions.
pub fn sessions(ring: KeyRing) -> Builder<Visit> {
    Sessions::builder(ring).cross_origin(CrossOrigin::refuse())
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignedIn {
    pub id: u64,
    /// The user's version when they signed in. The database counts it up to end all of the user's
    /// sessions.
    pub version: u32,
}

/// What the handlers share.
#[derive(Clone)]
pub struct Site {
    sessions: Sessions<Visit>,
    database: Arc<Mutex<Database>>,
}

/// In memory; in production a database.
#[derive(Default)]
struct Database {
    versions: HashMap<u64, u32>,
    reports: HashMap<u64, Vec<String>>,
}

impl Site {
    pub fn new(sessions: Sessions<Visit>) -> Self {
        Self { sessions, database: Arc::default() }
    }

    fn with<R>(&self, query: impl FnOnce(&mut Database) -> R) -> R {
        query(&mut self.database.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A query in production, and therefore async.
    async fn current_version(&self, user: u64) -> u32 {
        tokio::task::yield_now().await;
        self.with(|database| *database.versions.entry(user).or_default())
    }

    async fn is_current(&self, user: SignedIn) -> bool {
        self.current_version(user.id).await == user.version
    }
}

/// Lets a handler take `State<Sessions<Visit>>`.
impl FromRef<Site> for Sessions<Visit> {
    fn from_ref(site: &Site) -> Self {
        site.sessions.clone()
    }
}

pub fn app(site: Site) -> Router {
    let for_users = Router::new()
        .route("/account", get(account))
        .route("/notes", post(note))
        .route("/reports", get(reports).post(order_report))
        .route("/sign-out-everywhere", post(sign_out_everywhere))
        .route_layer(from_fn_with_state(site.clone(), only_users));
    Router::new()
        .route("/", get(home))
        .route("/sign-in", post(sign_in))
        .merge(for_users)
        .layer(SessionLayer::new(site.sessions.clone()))
        .route("/api/sign-in", post(api_sign_in))
        .route("/api/account", get(api_account))
        .with_state(site)
}

/// The user who is signed in, for the handlers behind [`only_users`].
#[derive(Clone, Copy)]
pub struct CurrentUser(pub u64);

/// Answers 401 to visitors who are not signed in, or whose sessions were ended.
pub async fn only_users(
    State(site): State<Site>,
    session: Session<Visit>,
    mut request: Request,
    next: Next,
) -> Result<Response, SessionError> {
    let user = session.read(|visit| visit.user); // a copy: the session is not locked while waiting
    match user {
        Some(user) if site.is_current(user).await => {
            request.extensions_mut().insert(CurrentUser(user.id));
            Ok(next.run(request).await)
        }
        Some(_) => {
            session.purge()?; // carried out with this 401
            Ok(StatusCode::UNAUTHORIZED.into_response())
        }
        None => Ok(StatusCode::UNAUTHORIZED.into_response()),
    }
}

async fn home() -> Page {
    page(
        "Notes",
        r#"<form method="post" action="/sign-in"><button>Sign in as Ada</button></form>
<p><a href="/account">Your notes</a>, <a href="/reports">your reports</a>"#,
    )
}

async fn sign_in(
    State(site): State<Site>,
    session: Session<Visit>,
) -> Result<Redirect, SessionError> {
    let version = site.current_version(7).await; // first wait, then write
    session.renew()?;
    session.update(|visit| visit.user = Some(SignedIn { id: 7, version }))?;
    Ok(Redirect::to("/account"))
}

/// Ends every session of the user, on every device: the next request of each is a 401.
async fn sign_out_everywhere(
    State(site): State<Site>,
    Extension(CurrentUser(user)): Extension<CurrentUser>,
    session: Session<Visit>,
) -> Result<Redirect, SessionError> {
    site.with(|database| *database.versions.entry(user).or_default() += 1);
    session.purge()?;
    Ok(Redirect::to("/"))
}

async fn account(
    Extension(CurrentUser(user)): Extension<CurrentUser>,
    session: Session<Visit>,
) -> Page {
    let notes: String = session
        .read(|visit| visit.notes.iter().map(|note| format!("<li>{}", text(note))).collect());
    page("Your notes", &format!("<p>You are number {user}.<ul>{notes}</ul>{FORMS}"))
}

#[derive(Deserialize)]
struct Note {
    text: String,
}

async fn note(session: Session<Visit>, Form(note): Form<Note>) -> Result<Redirect, SessionError> {
    session.update(|visit| visit.notes.push(note.text))?;
    Ok(Redirect::to("/account"))
}

/// Starts a task and responds before it is done.
async fn order_report(
    State(site): State<Site>,
    Extension(CurrentUser(user)): Extension<CurrentUser>,
    session: Session<Visit>,
) -> (StatusCode, &'static str) {
    let notes = session.read(|visit| visit.notes.clone()); // what the task needs, and no more
    tokio::spawn(async move {
        tokio::task::yield_now().await; // the work
        let report = format!("{} notes: {}", notes.len(), notes.join(", "));
        site.with(|database| database.reports.entry(user).or_default().push(report));
    });
    (StatusCode::ACCEPTED, "Your report will be at /reports.\n")
}

async fn reports(
    State(site): State<Site>,
    Extension(CurrentUser(user)): Extension<CurrentUser>,
) -> Page {
    let reports = site.with(|database| database.reports.get(&user).cloned().unwrap_or_default());
    let lines: String = reports.iter().map(|line| format!("<li>{}", text(line))).collect();
    page("Your reports", &format!("<ul>{lines}</ul>"))
}

/// A new session, sealed for a client that keeps it itself. Seal only here, where the user proves
/// who they are: each seal of a value begins a new session, with all of its time ahead of it.
async fn api_sign_in(State(site): State<Site>) -> Result<String, SessionError> {
    let user = SignedIn { id: 7, version: site.current_version(7).await };
    site.sessions.seal(&Visit { user: Some(user), notes: Vec::new() })
}

async fn api_account(
    State(site): State<Site>,
    State(sessions): State<Sessions<Visit>>,
    headers: HeaderMap,
) -> Result<String, StatusCode> {
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let value = value.and_then(|value| value.strip_prefix("Bearer "));
    let visit = value.and_then(|value| sessions.open(value).ok());
    match visit.and_then(|visit| visit.user) {
        Some(user) if site.is_current(user).await => Ok(format!("You are number {}.\n", user.id)),
        _ => Err(StatusCode::UNAUTHORIZED),
    }
}

const FORMS: &str = r#"<form method="post" action="/notes"><input name="text" required><button>Note</button></form>
<form method="post" action="/reports"><button>Order a report</button></form>
<form method="post" action="/sign-out-everywhere"><button>Sign out everywhere</button></form>"#;
