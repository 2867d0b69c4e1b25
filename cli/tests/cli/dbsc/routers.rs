//! Where an application puts the session's layer: around its routers, or inside of `nest`.

use super::site::{pages, ring, sessions, with_sessions};
use super::{check_at, fails};
use axum::Router;
use axum::http::StatusCode;
use sealed_session::DeviceBound;

/// A shop below `/shop`, with the layer outside of it.
fn outside(path: &str) -> Router {
    let routes = Router::new().nest("/shop", pages());
    with_sessions(routes, sessions(ring(), DeviceBound::at(path)))
}

/// The same, with the layer inside.
fn inside(routes: Router, path: &str) -> Router {
    let device = DeviceBound::at(path);
    Router::new().nest("/shop", with_sessions(routes, sessions(ring(), device)))
}

#[test]
fn a_layer_outside_of_nest_answers_at_every_path() {
    check_at(outside("/dbsc"), "/shop/sign-in").ok();
    check_at(outside("/shop/dbsc"), "/shop/sign-in").ok();
}

#[test]
fn a_layer_inside_of_nest_answers_below_it_with_a_fallback() {
    let routes = || pages().fallback(StatusCode::NOT_FOUND);
    check_at(inside(routes(), "/shop/dbsc"), "/shop/sign-in").ok();
    fails(check_at(inside(routes(), "/dbsc"), "/shop/sign-in"), "registration", "no-route");
}

/// axum asks the inner router for its own routes only.
#[test]
fn a_layer_inside_of_nest_is_not_reached_without_a_fallback() {
    let said = check_at(inside(pages(), "/shop/dbsc"), "/shop/sign-in");
    let line = fails(said, "registration", "no-route");
    assert!(line.contains("outside of nest()"), "{line}");
}
