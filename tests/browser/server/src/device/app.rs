//! A site whose visitors sign in and sign out, and that shows what it knows of their session.

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse, Redirect};
use axum::routing::{get, post};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::clock::ManualClock;
use sealed_session::dbsc::DeviceBinding;
use sealed_session::hooks::{Event, EventKind};
use sealed_session::{LoadStatus, Reason, Session, SessionError, Sessions};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

#[derive(Default, Serialize, Deserialize)]
pub struct Visit {
    user: Option<String>,
    notes: u32,
}

/// What a test controls and watches.
#[derive(Clone)]
pub struct World {
    pub clock: ManualClock,
    pub events: Events,
}

impl World {
    pub fn new(clock: ManualClock) -> Self {
        Self { clock, events: Events::default() }
    }
}

/// The events since they were last taken, one a line: the name and the reason.
#[derive(Clone, Default)]
pub struct Events(Arc<Mutex<String>>);

impl Events {
    pub fn add(&self, event: &Event<'_>) {
        let why = match event.kind() {
            EventKind::Rejected { reason: Reason::Unproven(why), .. } => format!("unproven {why}"),
            _ => event.reason().unwrap_or_default().to_owned(),
        };
        let mut lines = self.0.lock().unwrap();
        writeln!(lines, "{}", format!("{} {why}", event.name()).trim_end()).unwrap();
    }

    fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

pub fn app(sessions: Sessions<Visit>, world: World) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/state", get(state))
        .route("/sign-in", get(sign_in_page).post(sign_in))
        .route("/note", post(note))
        .route("/admin", get(admin))
        .route("/sign-out", post(sign_out))
        .route("/assets/logo.svg", get(logo))
        .layer(SessionLayer::new(sessions))
        .route("/control/clock", get(clock))
        .route("/control/clock/{now}", post(set_clock))
        .route("/control/events", get(events))
        .with_state(world)
}

/// Shows the whole session, one `name: value` a line.
async fn state(session: Session<Visit>) -> String {
    let status = match session.load_status() {
        LoadStatus::Rejected(reason) => format!("Rejected: {}", reason.as_str()),
        status => format!("{status:?}"),
    };
    let (binding, proven_at) = match session.binding() {
        DeviceBinding::Bound { proven_at } => {
            let since_1970 = proven_at.duration_since(UNIX_EPOCH).unwrap_or_default();
            ("bound", since_1970.as_secs().to_string())
        }
        DeviceBinding::Unproven(why) => (why.as_str(), String::new()),
        _ => ("unbound", String::new()),
    };
    session.read(|Visit { user, notes }| {
        let user = user.as_deref().unwrap_or_default();
        format!(
            "status: {status}\nuser: {user}\nnotes: {notes}\nbinding: {binding}\n\
             proven_at: {proven_at}\n"
        )
    })
}

/// A page with the state, with an image that needs no session, and with more.
fn page_of(state: &str, more: &str) -> Html<String> {
    let state = state.replace('&', "&amp;").replace('<', "&lt;");
    Html(format!(
        r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Device</title>
<link rel="icon" href="data:,">
<img src="/assets/logo.svg" alt="">
<pre id="state">{state}</pre>
{more}
"#
    ))
}

async fn page(session: Session<Visit>) -> Html<String> {
    let forms = r#"<form method="post" action="/note"><button>Add a note</button></form>
<form method="post" action="/sign-out"><button>Sign out</button></form>"#;
    page_of(&state(session).await, forms)
}

async fn sign_in_page(session: Session<Visit>) -> Html<String> {
    session.offer_binding();
    let form = r#"<form method="post" action="/sign-in"><input name="name"><button>Sign in</button></form>"#;
    page_of(&state(session).await, form)
}

type Answer = Result<Redirect, SessionError>;

#[derive(Deserialize)]
struct SignIn {
    name: String,
}

async fn sign_in(session: Session<Visit>, Form(form): Form<SignIn>) -> Answer {
    session.renew()?;
    session.update(|visit| visit.user = Some(form.name))?;
    Ok(Redirect::to("/"))
}

async fn note(session: Session<Visit>) -> Answer {
    session.update(|visit| visit.notes += 1)?;
    Ok(Redirect::to("/"))
}

async fn admin(session: Session<Visit>) -> Result<Html<String>, SessionError> {
    session.require_binding()?;
    Ok(page_of(&state(session).await, "<p>The admin area</p>"))
}

async fn sign_out(session: Session<Visit>) -> Answer {
    session.purge()?;
    Ok(Redirect::to("/"))
}

/// A file that needs no session, so the browser does not wait for a proof.
async fn logo() -> impl IntoResponse {
    let image = r#"<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>"#;
    ([(CONTENT_TYPE, "image/svg+xml")], image)
}

async fn clock(State(world): State<World>) -> String {
    world.clock.now().as_secs().to_string()
}

/// Sets the clock of the sessions, in seconds since 1970.
async fn set_clock(State(world): State<World>, Path(now): Path<u64>) {
    world.clock.set(Duration::from_secs(now));
}

async fn events(State(world): State<World>) -> String {
    world.events.take()
}
