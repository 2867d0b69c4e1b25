//! Around everything: header fields that keep the page to itself, and no form from another site.

use crate::Demo;
use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};

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

pub fn around(app: Router<Demo>) -> Router<Demo> {
    app.layer(from_fn(refuse_foreign_forms)).layer(from_fn(add_fields))
}

async fn add_fields(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().extend(FIELDS);
    response
}

/// `SameSite=Lax` keeps the session's cookie out of other sites' forms. Keys and clock need no
/// cookie, so browsers are asked who sends the form; another port of localhost is the same site and
/// another origin.
async fn refuse_foreign_forms(request: Request, next: Next) -> Response {
    let site = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
    let foreign = !matches!(site, None | Some(b"same-origin" | b"none"));
    if foreign && !request.method().is_safe() {
        return (StatusCode::FORBIDDEN, "this form was sent by a page of another site")
            .into_response();
    }
    next.run(request).await
}
