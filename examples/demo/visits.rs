//! The shop's sessions, built in four ways that differ in what they write. Each reads what the
//! others wrote. One of them serves at a time, for all visitors, as after a deployment.

use crate::Demo;
use crate::clock::DemoClock;
use crate::page::Note;
use crate::visit::Visit;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Router, routing::post};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::{
    BuildError, DeviceBound, KeyRing, Level, LoadStatus, Session, SessionError, Sessions,
};
use serde::Deserialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tower::{ServiceExt, service_fn};

/// Padded sessions are padded to a multiple of this many bytes. A real site would use less; this can
/// be seen on the page.
const PADDED_TO: usize = 256;

/// What a session goes through before it is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Writing {
    Plain,
    Compressed,
    Padded,
    Both,
}

impl Writing {
    pub const ALL: [Self; 4] = [Self::Plain, Self::Compressed, Self::Padded, Self::Both];

    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "Plain",
            Self::Compressed => "Compressed",
            Self::Padded => "Padded",
            Self::Both => "Compressed and padded",
        }
    }

    /// As it stands in forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Compressed => "compressed",
            Self::Padded => "padded",
            Self::Both => "both",
        }
    }

    pub fn compresses(self) -> bool {
        matches!(self, Self::Compressed | Self::Both)
    }

    pub fn pads_to(self) -> Option<usize> {
        matches!(self, Self::Padded | Self::Both).then_some(PADDED_TO)
    }

    fn build(self, ring: &KeyRing, clock: &DemoClock) -> Result<Sessions<Visit>, BuildError> {
        let builder = Sessions::<Visit>::builder(ring.clone())
            .clock(clock.clone())
            .max_cookies(2)
            .device_bound(device_bound())
            .compress(self.compresses());
        match self.pads_to() {
            Some(multiple) => builder.pad_to(multiple).build(),
            None => builder.build(),
        }
    }
}

/// Over TLS, and in browsers that support it, sessions are bound to the visitor's device.
fn device_bound() -> DeviceBound {
    DeviceBound::at("/dbsc").exclude("/style.css").exclude("/favicon.svg")
}

/// Clones share the choice.
#[derive(Clone)]
pub struct Visits {
    /// In the order of [`Writing::ALL`].
    built: [Sessions<Visit>; 4],
    chosen: Arc<AtomicUsize>,
}

impl Visits {
    pub fn new(ring: &KeyRing, clock: &DemoClock) -> Result<Self, BuildError> {
        let build = |writing: Writing| writing.build(ring, clock);
        let [plain, compressed, padded, both] = Writing::ALL.map(build);
        Ok(Self { built: [plain?, compressed?, padded?, both?], chosen: Arc::default() })
    }

    /// The sessions that serve now.
    pub fn serving(&self) -> &Sessions<Visit> {
        &self.built[self.chosen.load(Ordering::Relaxed)]
    }

    pub fn writing(&self) -> Writing {
        Writing::ALL[self.chosen.load(Ordering::Relaxed)]
    }

    pub fn all(&self) -> impl Iterator<Item = (Writing, &Sessions<Visit>)> {
        Writing::ALL.into_iter().zip(&self.built)
    }

    /// The application, with a layer of the sessions that serve at the time of the request.
    pub fn around(&self, app: Router) -> Router<Demo> {
        let visits = self.clone();
        let apps = self.built.clone().map(|built| app.clone().layer(SessionLayer::new(built)));
        Router::new().fallback_service(service_fn(move |request| {
            apps[visits.chosen.load(Ordering::Relaxed)].clone().oneshot(request)
        }))
    }
}

pub fn routes() -> Router<Demo> {
    Router::new().route("/writing", post(choose))
}

#[derive(Deserialize)]
struct Choose {
    writing: Writing,
}

/// Changes the sessions that serve, and writes the visitor's own in the new way. The layer is not
/// around this handler: it has loaded the session before the choice is made.
async fn choose(
    State(demo): State<Demo>,
    headers: HeaderMap,
    Form(form): Form<Choose>,
) -> Result<Response, SessionError> {
    demo.visits.chosen.store(form.writing as usize, Ordering::Relaxed);
    let sessions = demo.visits.serving();
    let session = sessions.load((&Method::POST, &headers));
    if session.load_status() != LoadStatus::Restored {
        return Ok(Note::Writing.redirect().into_response());
    }
    let written = write_again(&session).and_then(|()| {
        session.flash(
            Level::SUCCESS,
            format!("{}: your session was written again.", form.writing.name()),
        )
    });
    if written.is_err() {
        return Ok(Note::WritingLater.redirect().into_response());
    }
    let mut response = Redirect::to("/#size").into_response();
    sessions.commit(&session, response.status(), response.headers_mut())?;
    Ok(response)
}

/// Writes the data again, in the way of the session's `Sessions`. Writing the value that is already
/// there does nothing, so another value is written first.
///
/// If the data do not fit, the session is left empty: do not commit it.
pub fn write_again(session: &Session<Visit>) -> Result<(), SessionError> {
    let visit = session.cloned();
    session.set(Visit::default())?;
    session.set(visit)
}
