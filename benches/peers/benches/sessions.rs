//! Seal and open, and a whole request, of one session in this crate and in its peers, in one run: read the times as ratios.
//!
//! `seal` and `open` are the cookie alone: `Sessions::seal` and `open` here, serde_json and `PrivateJar` there. `write` and `read` are a
//! request through the peer's own tower layer, from `Cookie` to `Set-Cookie`. `nonce` is the operating system's share of every seal.

use cookie::{Cookie, CookieJar};
use criterion::{Criterion, criterion_group, criterion_main};
use http::{HeaderValue, Request, Response};
use sealed_session::{KeyRing, Sessions, Suite};
use sealed_session_benches::{Empty, Large, Shop};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::hint::black_box;
use tower::{Layer, Service, service_fn};

trait Payload: Clone + Default + Serialize + DeserializeOwned + Send + Sync + 'static {}
impl<T: Clone + Default + Serialize + DeserializeOwned + Send + Sync + 'static> Payload for T {}

fn all(criterion: &mut Criterion) {
    criterion.bench_function("nonce", |bencher| {
        bencher.iter(|| {
            let mut nonce = [0; 24];
            getrandom::fill(&mut nonce).expect("the system has randomness");
            nonce
        });
    });
    payload(criterion, "empty", &Empty {});
    payload(criterion, "shop", &Shop::example());
    payload(criterion, "3 KB", &Large::example());
}

fn payload<T: Payload>(criterion: &mut Criterion, name: &str, data: &T) {
    for (suite, label) in [(Suite::Xaes256Gcm, "sealed-session XAES"), (Suite::XChaCha20Poly1305, "sealed-session XChaCha")] {
        let sessions = Sessions::<T>::new(KeyRing::generate(suite).expect("the system has randomness"));
        let value = sessions.seal(data).expect("it fits");
        println!("{name}: {label}: {} characters", value.len());
        criterion.bench_function(&format!("{name}/seal/{label}"), |bencher| bencher.iter(|| sessions.seal(black_box(data))));
        criterion.bench_function(&format!("{name}/open/{label}"), |bencher| bencher.iter(|| sessions.open(black_box(&value))));
    }
    private_jar(criterion, name, data);
    through_our_layer(criterion, name, data);
    through_seshcookie(criterion, name, data);
}

fn private_jar<T: Payload>(criterion: &mut Criterion, name: &str, data: &T) {
    let key = cookie::Key::generate();
    // As frameworks send and read it: percent-encoded, since its base64 is not the one for cookies.
    let seal = |data: &T| {
        let mut jar = CookieJar::new();
        jar.private_mut(&key).add(Cookie::new("session", serde_json::to_string(data).expect("it is JSON")));
        jar.get("session").expect("it was added").encoded().to_string()
    };
    let open = |pair: &str| {
        let mut jar = CookieJar::new();
        jar.add_original(Cookie::parse_encoded(pair.to_owned()).expect("it is a cookie"));
        let cookie = jar.private(&key).get("session").expect("it opens");
        serde_json::from_str::<T>(cookie.value()).expect("it is a T")
    };
    let value = seal(data);
    println!("{name}: PrivateJar + serde_json: {} characters", value.len() - "session=".len());
    criterion.bench_function(&format!("{name}/seal/PrivateJar + serde_json"), |bencher| bencher.iter(|| seal(black_box(data))));
    criterion.bench_function(&format!("{name}/open/PrivateJar + serde_json"), |bencher| bencher.iter(|| open(black_box(&value))));
}

fn through_our_layer<T: Payload>(criterion: &mut Criterion, name: &str, data: &T) {
    let sessions = Sessions::<T>::new(KeyRing::generate(Suite::Xaes256Gcm).expect("the system has randomness"));
    let layer = sealed_session::tower::SessionLayer::new(sessions);
    let session = |request: &Request<()>| sealed_session::tower::session::<T>(request.extensions()).expect("the layer is there");
    let data = data.clone();
    let mut write = layer.layer(service_fn(move |request: Request<()>| {
        let result = session(&request).set(data.clone());
        async { Ok::<_, Infallible>(result.map_or_else(|_| Response::new(1), |()| Response::new(0))) }
    }));
    let mut read = layer.layer(service_fn(move |request: Request<()>| {
        let found = session(&request).read(|_| 1);
        async move { Ok::<_, Infallible>(Response::new(found)) }
    }));
    both(criterion, name, "sealed-session XAES", &mut write, &mut read);
}

fn through_seshcookie<T: Payload>(criterion: &mut Criterion, name: &str, data: &T) {
    use axum_core::{body::Body, extract::FromRequestParts};
    let keys = seshcookie::SessionKeys::new(&[0; 32].map(|_: u8| rand_byte())).expect("a key");
    let config = seshcookie::SessionConfig::default().refresh_after(None);
    let layer = seshcookie::SessionLayer::<T>::new(keys, config).expect("a configuration");
    let data = data.clone();
    let mut write = layer.layer(service_fn(move |request: Request<()>| {
        let data = data.clone();
        async move {
            let mut parts = request.into_parts().0;
            let session = seshcookie::Session::<T>::from_request_parts(&mut parts, &()).await.expect("the layer is there");
            session.insert(data).await;
            Ok::<_, Infallible>(Response::new(Body::empty()))
        }
    }));
    let mut read = layer.layer(service_fn(move |request: Request<()>| async move {
        let mut parts = request.into_parts().0;
        let session = seshcookie::Session::<T>::from_request_parts(&mut parts, &()).await.expect("the layer is there");
        black_box(session.get().await);
        Ok::<_, Infallible>(Response::new(Body::empty()))
    }));
    both(criterion, name, "seshcookie", &mut write, &mut read);
}

fn rand_byte() -> u8 {
    getrandom::u32().expect("the system has randomness").to_le_bytes()[0]
}

fn both<W, R, B>(criterion: &mut Criterion, name: &str, peer: &str, write: &mut W, read: &mut R)
where
    W: Service<Request<()>, Response = Response<B>, Error = Infallible>,
    R: Service<Request<()>, Response = Response<B>, Error = Infallible>,
{
    let without_cookie = || Request::new(());
    criterion.bench_function(&format!("{name}/write/{peer}"), |bencher| bencher.iter(|| answer(write.call(without_cookie()))));
    // An empty session sets no cookie here, so there is none to read.
    let Some(line) = answer(write.call(without_cookie())).headers_mut().remove("set-cookie") else { return };
    let cookie = line.as_bytes().split(|byte| *byte == b';').next().expect("a split has a first part");
    let cookie = HeaderValue::from_bytes(cookie).expect("part of a header value");
    println!("{name}: {peer}: Set-Cookie of {} bytes", line.len());
    let with_cookie = || {
        let mut request = Request::new(());
        request.headers_mut().insert("cookie", cookie.clone());
        request
    };
    criterion.bench_function(&format!("{name}/read/{peer}"), |bencher| bencher.iter(|| answer(read.call(with_cookie()))));
}

/// The services here never wait, so one poll answers.
fn answer<F: Future<Output = Result<R, Infallible>>, R>(future: F) -> R {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(Ok(response)) => response,
        _ => unreachable!("nothing here waits or fails"),
    }
}

criterion_group! {
    name = sessions;
    config = Criterion::default().sample_size(40).warm_up_time(std::time::Duration::from_millis(500)).measurement_time(std::time::Duration::from_secs(2));
    targets = all
}
criterion_main!(sessions);
