//! Around everything: header fields that keep the page to itself, and no form from another origin.

use crate::Demo;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use sealed_session::{Map, Sessions};

/// No script at all, no style or picture but our own, no form that leads elsewhere, no frame around
/// us.
const CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const FIELDS: [(HeaderName, HeaderValue); 5] = [
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP)),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

pub fn around(app: Router<Demo>, notes: Sessions<Map>) -> Router<Demo> {
    app.layer(from_fn_with_state(notes, refuse_other_origins)).layer(from_fn(add_fields))
}

async fn add_fields(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().extend(FIELDS);
    response
}

/// Keys and clock have no session, and so no layer that checks: this asks the `Sessions` itself, for
/// all forms.
async fn refuse_other_origins(
    State(notes): State<Sessions<Map>>,
    request: Request,
    next: Next,
) -> Response {
    match notes.check_cross_origin(&request) {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.into(),
    }
}
