//! A type of the application's own on top of the session: `CurrentUser` in a handler's arguments,
//! as an extractor. A handler that takes one runs only for signed-in visitors, so no handler can
//! forget to ask. One that takes `Option<CurrentUser>` runs for everybody.
//!
//! - A visitor who is not signed in and asks for a page is sent to sign in, and comes back
//!   afterwards. Anything else (a form, a script's fetch) is answered 401, because a redirect would
//!   lose what was sent.
//! - `Session<T>` goes with `State`, `Path`, `Query` and the other extractors in any order, as
//!   often as you like: all of them are the same session. Only what reads the body (`Form`, `Json`)
//!   comes last, as everywhere in axum.
//!
//! Here a button signs everybody in as Ada. `sign_in_with_a_password` has a sign-in, and compares
//! the session with the user's record.
//!
//! `cargo run -p sealed-session-recipes --bin current_user`

use crate::html::{Page, page, text};
use crate::return_to::ReturnTo;
use axum::extract::{FromRequestParts, OptionalFromRequestParts, OriginalUri, Path, Query, State};
use axum::http::header::ACCEPT;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response, Result};
use axum::routing::{get, post};
use axum::{Form, Router};
use sealed_session::adapter::MissingLayer;
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::{Builder, CrossOrigin, KeyRing, Session, SessionError, Sessions};
use serde::{Deserialize, Serialize};

/// The session.
#[derive(Default, Serialize, Deserialize)]
pub struct Visit {
    pub user: Option<CurrentUser>,
    pub notes: Vec<String>,
}

/// The settings of the sessions.
pub fn sessions(ring: KeyRing) -> Builder<Visit> {
    Sessions::builder(ring).cross_origin(CrossOrigin::refuse())
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentUser {
    pub id: u64,
    pub name: String,
}

impl<S: Send + Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = NoUser;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, NoUser> {
        match <Self as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await {
            Ok(Some(user)) => Ok(user),
            Ok(None) => Err(NoUser::signs_in(parts)),
            Err(missing) => Err(NoUser::MissingLayer(missing)),
        }
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for CurrentUser {
    type Rejection = MissingLayer;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, MissingLayer> {
        let session =
            <Session<Visit> as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        Ok(session.read(|visit| visit.user.clone()))
    }
}

/// Nobody is signed in, or nobody can be.
#[derive(Debug)]
pub enum NoUser {
    /// To the sign-in page, and back here afterwards.
    SignIn(ReturnTo),
    Unauthorized,
    /// The application has no `SessionLayer` for a `Visit`.
    MissingLayer(MissingLayer),
}

impl NoUser {
    fn signs_in(parts: &Parts) -> Self {
        let is_page = parts
            .headers
            .get(ACCEPT)
            .is_some_and(|accept| accept.as_bytes().starts_with(b"text/html"));
        if parts.method != Method::GET || !is_page {
            return Self::Unauthorized;
        }
        // In a nested router `parts.uri` has lost its beginning.
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        let path = uri.path_and_query().map(|path| path.as_str().to_owned());
        Self::SignIn(path.and_then(|path| path.try_into().ok()).unwrap_or_default())
    }
}

impl IntoResponse for NoUser {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn(path) => match serde_urlencoded::to_string([("return_to", path.as_str())])
            {
                Ok(query) => Redirect::to(&format!("/sign-in?{query}")).into_response(),
                Err(_) => Redirect::to("/sign-in").into_response(),
            },
            Self::Unauthorized => StatusCode::UNAUTHORIZED.into_response(),
            Self::MissingLayer(missing) => missing.into_response(),
        }
    }
}

/// What the handlers share: a database's pool, in earnest.
#[derive(Clone)]
pub struct Site {
    pub name: &'static str,
}

pub fn app(sessions: Sessions<Visit>, site: Site) -> Router {
    Router::new()
        .route("/", get(home))
        .nest("/account", Router::new().route("/", get(account)))
        .route("/notes/{topic}", post(note))
        .route("/sign-in", get(sign_in_page).post(sign_in))
        .route("/sign-out", post(sign_out))
        .layer(SessionLayer::new(sessions))
        .with_state(site)
}

async fn home(user: Option<CurrentUser>, State(site): State<Site>) -> Page {
    let greeting = user.map_or("stranger".to_owned(), |user| text(user.name));
    page(site.name, &format!("<p>Hello, {greeting}. <a href=\"/account\">Your account</a>"))
}

async fn account(user: CurrentUser, session: Session<Visit>) -> Page {
    let notes: String = session
        .read(|visit| visit.notes.iter().map(|note| format!("<li>{}", text(note))).collect());
    page(
        "Your account",
        &format!("<p>You are {}, number {}.<ul>{notes}</ul>{ACCOUNT}", text(user.name), user.id),
    )
}

#[derive(Deserialize)]
struct Placed {
    #[serde(default)]
    first: bool,
}

#[derive(Deserialize)]
struct Note {
    text: String,
}

/// All of axum's everyday extractors beside the session's.
async fn note(
    Path(topic): Path<String>,
    session: Session<Visit>,
    State(site): State<Site>,
    user: CurrentUser,
    Query(placed): Query<Placed>,
    Form(note): Form<Note>,
) -> Result<String, SessionError> {
    let line = format!("{}, {topic}: {}", user.name, note.text);
    session.update(|visit| {
        let place = if placed.first { 0 } else { visit.notes.len() };
        visit.notes.insert(place, line);
        format!("{}: {:?}", site.name, visit.notes)
    })
}

#[derive(Deserialize)]
struct SignIn {
    #[serde(default)]
    return_to: ReturnTo,
}

async fn sign_in_page(Query(SignIn { return_to }): Query<SignIn>) -> Page {
    let return_to = text(return_to.as_str());
    let form = format!(
        "<form method=\"post\" action=\"/sign-in\"><input type=\"hidden\" name=\"return_to\" value=\"{return_to}\">\
         <button>Sign in as Ada</button></form>"
    );
    page("Sign in", &form)
}

async fn sign_in(
    session: Session<Visit>,
    Form(SignIn { return_to }): Form<SignIn>,
) -> Result<Redirect, SessionError> {
    session.renew()?;
    session.update(|visit| visit.user = Some(CurrentUser { id: 7, name: "Ada".to_owned() }))?;
    Ok(Redirect::to(return_to.as_str()))
}

async fn sign_out(session: Session<Visit>) -> Result<Redirect, SessionError> {
    session.purge()?;
    Ok(Redirect::to("/"))
}

const ACCOUNT: &str = r#"<form method="post" action="/notes/account?first=true"><input name="text" required><button>Note</button></form>
<form method="post" action="/sign-out"><button>Sign out</button></form>"#;
