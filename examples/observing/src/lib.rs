//! A shop whose session events and key ring are metrics for Prometheus. `counters` is the part to
//! copy.

pub mod counters;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Router, response::IntoResponse};
use metrics_exporter_prometheus::PrometheusHandle;
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::{BuildError, KeyRing, Session, SessionError, Sessions};
use serde::{Deserialize, Serialize};

/// What a visitor's session holds.
#[derive(Default, Serialize, Deserialize)]
pub struct Visit {
    pub user: Option<u64>,
    pub cart: Vec<String>,
}

/// Returns sessions whose events are counted.
///
/// # Errors
/// Those of the builder.
pub fn sessions(ring: KeyRing) -> Result<Sessions<Visit>, BuildError> {
    let sessions = Sessions::builder(ring).on_event(counters::count).build()?;
    counters::register(sessions.cookie_name());
    Ok(sessions)
}

/// What `/metrics` needs.
#[derive(Clone)]
struct Exporter {
    prometheus: PrometheusHandle,
    ring: KeyRing,
}

/// Returns the shop, with `/metrics` beside it. Serve that page where only Prometheus can get it.
pub fn app(sessions: Sessions<Visit>, prometheus: PrometheusHandle) -> Router {
    let exporter = Exporter { prometheus, ring: sessions.key_ring().clone() };
    let shop = Router::new()
        .route("/", get(show))
        .route("/sign-in", post(sign_in))
        .route("/add", post(add))
        .route("/sign-out", post(sign_out))
        .layer(SessionLayer::new(sessions));
    Router::new()
        .route("/metrics", get(exported))
        .with_state(exporter)
        .route("/health", get(|| async { "ok" }))
        .merge(shop)
}

async fn show(session: Session<Visit>) -> String {
    session.read(|visit| format!("user {:?}, {} in the cart\n", visit.user, visit.cart.len()))
}

async fn sign_in(session: Session<Visit>) -> Result<(), SessionError> {
    session.renew()?;
    session.update(|visit| visit.user = Some(7))
}

/// Puts the request's body into the cart.
async fn add(session: Session<Visit>, article: String) -> Result<(), SessionError> {
    session.update(|visit| visit.cart.push(article))
}

async fn sign_out(session: Session<Visit>) -> Result<(), SessionError> {
    session.purge()
}

/// Reads the ring's gauges and returns all metrics.
async fn exported(State(exporter): State<Exporter>) -> impl IntoResponse {
    counters::read_ring(&exporter.ring);
    ([("content-type", "text/plain; version=0.0.4")], exporter.prometheus.render())
}
