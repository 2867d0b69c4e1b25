//! A session of seshcookie.

use crate::Visit;
use axum_core::extract::FromRequestParts;
use futures_util::FutureExt;
use http::{HeaderMap, Request, Response};
use seshcookie::{Session, SessionLayer};
use std::convert::Infallible;
use tower::{Layer, ServiceExt, service_fn};

pub fn read(headers: &HeaderMap, layer: &SessionLayer<Visit>) -> Option<Visit> {
    let handler = service_fn(|request: Request<()>| async move {
        let mut parts = request.into_parts().0;
        let visit = match Session::from_request_parts(&mut parts, &()).await {
            Ok(session) => session.get().await,
            Err(_) => None,
        };
        Ok::<_, Infallible>(Response::new(visit))
    });
    let mut request = Request::new(());
    *request.headers_mut() = headers.clone();
    let answer = layer.layer(handler).oneshot(request).now_or_never()?; // it waits for nothing
    answer.ok()?.into_body()
}
