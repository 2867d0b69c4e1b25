//! The style sheet and the icon, from this binary: nothing comes from elsewhere.

use crate::Demo;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::{Router, routing::get};

pub fn routes() -> Router<Demo> {
    Router::new()
        .route("/style.css", get(asset("text/css; charset=utf-8", include_str!("style.css"))))
        .route("/favicon.svg", get(asset("image/svg+xml", include_str!("favicon.svg"))))
}

fn asset(kind: &'static str, body: &'static str) -> impl IntoResponse + Clone {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], body)
}
