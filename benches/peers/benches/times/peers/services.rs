//! What the peers with a tower layer share: requests through a service that never waits, and the
//! same service without a layer, which is subtracted.

use super::{Operations, typical};
use crate::interleave::Contender;
use crate::ours::cookie_of;
use axum_core::body::Body;
use http::{HeaderValue, Request, Response, StatusCode};
use std::convert::Infallible;
use std::hint::black_box;
use tower::{Service, service_fn};

const BARE: &str = "bare: tower";

/// The request through a service whose handler does nothing.
pub fn add_bare(operations: &mut Operations<'_>) {
    for group in
        [&mut operations.seal, &mut operations.open, &mut operations.change, &mut operations.read]
    {
        let mut service = service_fn(|_: Request<()>| async {
            Ok::<_, Infallible>(Response::new(Body::empty()))
        });
        let cookie = HeaderValue::from_static("session=0");
        group.add(Contender::new(BARE, move || answer(service.call(request(Some(&cookie))))));
    }
}

/// Adds a peer by its three services: one that writes the session, one that reads it, one that does
/// both.
pub fn add<W, R, C>(
    operations: &mut Operations<'_>,
    name: &str,
    mut write: W,
    mut read: R,
    mut change: C,
) where
    W: Service<Request<()>, Response = Response<Body>, Error = Infallible> + 'static,
    R: Service<Request<()>, Response = Response<Body>, Error = Infallible> + Clone + 'static,
    C: Service<Request<()>, Response = Response<Body>, Error = Infallible> + 'static,
{
    let written = answer(write.call(request(None)));
    let Some(line) = written.headers().get("set-cookie") else {
        let reason = format!("no Set-Cookie, status {}", written.status());
        for group in [
            &mut operations.seal,
            &mut operations.open,
            &mut operations.change,
            &mut operations.read,
        ] {
            group.refuse(name, &reason);
        }
        return;
    };
    let cookie = cookie_of(line);
    let name_len =
        cookie.as_bytes().iter().position(|byte| *byte == b'=').expect("a cookie has a name") + 1;
    let characters =
        typical(|| cookie_of(&answer(write.call(request(None))).headers()["set-cookie"]).len())
            - name_len;
    // The handlers answer 204 where they found no session.
    assert_eq!(answer(read.call(request(Some(&cookie)))).status(), StatusCode::OK, "{name}");
    let changed = answer(change.call(request(Some(&cookie))));
    assert_eq!(changed.status(), StatusCode::OK, "{name}");
    let (for_open, for_read) = (cookie.clone(), cookie.clone());
    let mut reader = read.clone();
    operations.seal.add(through(name, characters, move || answer(write.call(request(None)))));
    operations
        .open
        .add(through(name, characters, move || answer(read.call(request(Some(&for_open))))));
    operations
        .read
        .add(through(name, characters, move || answer(reader.call(request(Some(&for_read))))));
    if changed.headers().contains_key("set-cookie") {
        operations
            .change
            .add(through(name, characters, move || answer(change.call(request(Some(&cookie))))));
    } else {
        operations.change.refuse(name, "the change set no cookie");
    }
}

fn through<'a, R>(name: &str, characters: usize, once: impl FnMut() -> R + 'a) -> Contender<'a> {
    Contender::new(name, once).less(BARE).characters(characters)
}

fn request(cookie: Option<&HeaderValue>) -> Request<()> {
    let mut request = Request::new(());
    if let Some(cookie) = cookie {
        request.headers_mut().insert("cookie", black_box(cookie).clone());
    }
    request
}

/// The services here never wait, so one poll answers.
fn answer<F: Future<Output = Result<R, Infallible>>, R>(future: F) -> R {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(Ok(response)) => response,
        _ => unreachable!("nothing here waits or fails"),
    }
}

/// The handlers' answer: 204 where there was no session.
pub fn found<T>(found: Option<T>) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    if black_box(found).is_none() {
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    response
}
