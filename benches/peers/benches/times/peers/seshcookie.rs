//! seshcookie, which has a tower layer and no public seal or open. Its refresh is off, so that
//! reading sets nothing.

use super::{Operations, secret, services};
use axum_core::body::Body;
use axum_core::extract::FromRequestParts;
use http::{Request, Response};
use sealed_session_benches::Payload;
use seshcookie::{Session, SessionConfig, SessionKeys, SessionLayer};
use std::convert::Infallible;
use tower::{Layer, service_fn};

pub fn add<T: Payload>(operations: &mut Operations<'_>, data: &T) {
    let keys = SessionKeys::new(&secret()).expect("32 bytes");
    let layer = SessionLayer::<T>::new(keys, SessionConfig::default().refresh_after(None))
        .expect("a configuration");
    let data = data.clone();
    let write = layer.layer(service_fn(move |request: Request<()>| {
        let data = data.clone();
        async move {
            session::<T>(request).await.insert(data).await;
            Ok::<_, Infallible>(Response::new(Body::empty()))
        }
    }));
    let read = layer.layer(service_fn(|request: Request<()>| async {
        Ok::<_, Infallible>(services::found(session::<T>(request).await.get().await))
    }));
    let change = layer.layer(service_fn(|request: Request<()>| async {
        let session = session::<T>(request).await;
        Ok::<_, Infallible>(services::found(
            session.modify(|data| data.as_mut().map(T::visit)).await,
        ))
    }));
    services::add(operations, "seshcookie", write, read, change);
}

async fn session<T: Payload>(request: Request<()>) -> Session<T> {
    let mut parts = request.into_parts().0;
    Session::from_request_parts(&mut parts, &()).await.expect("the layer is there")
}
