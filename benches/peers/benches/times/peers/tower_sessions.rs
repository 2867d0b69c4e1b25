//! tower-sessions with tower-sessions-cookie-store, private cookies: a tower layer, and no public
//! seal or open that encrypts.

use super::{Operations, services};
use axum_core::body::Body;
use http::{Request, Response};
use sealed_session_benches::Payload;
use std::convert::Infallible;
use tower::{Layer, service_fn};
use tower_sessions_cookie_store::{CookieSessionManagerLayer, Key, Session};

const FIELD: &str = "data";

pub fn add<T: Payload>(operations: &mut Operations<'_>, data: &T) {
    let layer = CookieSessionManagerLayer::private(Key::generate());
    let data = data.clone();
    let write = layer.layer(service_fn(move |request: Request<()>| {
        let data = data.clone();
        async move {
            session(&request).insert(FIELD, data).await.expect("it is JSON");
            Ok::<_, Infallible>(Response::new(Body::empty()))
        }
    }));
    let read = layer.layer(service_fn(|request: Request<()>| async move {
        Ok::<_, Infallible>(services::found(
            session(&request).get::<T>(FIELD).await.expect("it is a T"),
        ))
    }));
    let change = layer.layer(service_fn(|request: Request<()>| async move {
        let session = session(&request);
        let data = session.get::<T>(FIELD).await.expect("it is a T");
        let found = data.is_some();
        if let Some(mut data) = data {
            data.visit();
            session.insert(FIELD, data).await.expect("it is JSON");
        }
        Ok::<_, Infallible>(services::found(found.then_some(())))
    }));
    services::add(operations, "tower-sessions, cookie store", write, read, change);
}

fn session(request: &Request<()>) -> Session {
    request.extensions().get::<Session>().expect("the layer is there").clone()
}
