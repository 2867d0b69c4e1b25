//! A middleware that makes every request a visit.

use crate::Visit;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use sealed_session::Session;

pub async fn every_request_is_a_visit(
    session: Session<Visit>,
    request: Request,
    next: Next,
) -> Response {
    let _ = session.load_status(); // a touch; a visitor without a session still gets no cookie
    next.run(request).await
}
