//! As a WASI-HTTP component.

use wstd::http::{Body, Error, Request, Response};

#[wstd::http_server]
async fn main(request: Request<Body>) -> Result<Response<Body>, Error> {
    let keys = std::env::var("SESSION_KEYS").unwrap_or_default();
    Ok(edge_numbers::answer(&keys, &request).map(Body::from))
}
