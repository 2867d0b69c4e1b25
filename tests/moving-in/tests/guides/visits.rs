//! The page's middleware: with it a request whose handler reads no session is a visit, and without
//! it none.

use crate::scenario::{OURS, deployment};
use crate::sites::{Jar, serve};
use axum::Router;
use axum::middleware::from_fn;
use axum::routing::get;
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::{KeyRing, Sessions};
use sealed_session_moving_in::Visit;
use sealed_session_moving_in::visits::every_request_is_a_visit;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_request_that_reads_no_session_is_a_visit_with_the_middleware_alone() {
    let clock = deployment();
    let sessions = Sessions::<Visit>::builder(KeyRing::ephemeral().unwrap())
        .idle_timeout(5 * HOUR)
        .refresh_after(0.0)
        .clock(clock.clone())
        .build()
        .unwrap();
    let plain = Router::new().route("/", get(async || "hello"));
    let layer = SessionLayer::new(sessions.clone());
    let without = serve(plain.clone().layer(layer.clone()));
    let with = serve(plain.layer(from_fn(every_request_is_a_visit)).layer(layer));

    let value = sessions.seal(&Visit { user: Some(7), cart: vec![] }).unwrap();
    let (mut goes_without, mut goes_with) = (Jar::with(OURS, &value), Jar::with(OURS, &value));
    let mut has_none = Jar::default();
    clock.advance(3 * HOUR);
    assert_eq!(goes_without.ask(without, "GET /"), "hello");
    assert_eq!(goes_with.ask(with, "GET /"), "hello");
    assert_eq!(has_none.ask(with, "GET /"), "hello");
    assert!(has_none.names().is_empty());
    clock.advance(3 * HOUR);
    assert!(sessions.open(goes_without.value(OURS)).is_err());
    assert_eq!(sessions.open(goes_with.value(OURS)).unwrap().user, Some(7));
}
