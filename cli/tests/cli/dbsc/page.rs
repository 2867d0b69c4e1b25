//! Faults of the page: it is not there, leads elsewhere, offers nothing, or is cached.

use super::site::{
    Site, answering, answering_at, hiding, instead_of, pages, plain, ring, sessions, shop, split,
    with_sessions,
};
use super::{check, check_at, command, fails, run};
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderValue, header};
use axum::response::Redirect;
use axum::routing::get;
use axum::{Router, response::IntoResponse};
use http_body::Frame;
use sealed_session::dbsc::WhenOff;
use sealed_session::{DeviceBound, Map, Session};
use std::convert::Infallible;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

const OFFER: &str = "secure-session-registration";

#[test]
fn nobody_listens() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let said = run(&mut command(&[&format!("http://127.0.0.1:{port}/sign-in")]));
    let line = fails(said, "page", "unreachable");
    assert!(line.contains("cannot connect") && line.contains("[curl: (7)"), "{line}");
}

#[test]
fn the_port_does_not_speak_tls() {
    let site = Site::start(shop());
    let said = run(&mut command(&[&format!("https://{}/sign-in", site.address)]));
    assert!(fails(said, "page", "tls").contains("certificate"));
}

#[test]
fn the_page_hangs() {
    let app = instead_of(shop(), "/sign-in", std::future::pending);
    let site = Site::start(app);
    let said = run(&mut command(&[&site.url("/sign-in"), "--timeout", "1s"]));
    assert!(fails(said, "page", "timeout").contains("within 1 s"));
}

#[test]
fn the_page_is_not_there() {
    for status in [404, 403, 502] {
        let app = instead_of(shop(), "/sign-in", move || async move { plain(status, &[], "no") });
        let line = fails(check(app), "page", "status");
        assert!(line.contains(&format!("answers {status}")), "{line}");
    }
}

#[test]
fn a_redirect_is_followed_on_the_same_host() {
    let app = shop().route("/account", get(|| async { Redirect::to("/sign-in?next=/account") }));
    let said = check_at(app, "/account").ok();
    assert!(said.contains("/account: 303, then GET http://127.0.0.1"), "{said}");
}

#[test]
fn a_redirect_to_another_host_is_not_followed() {
    let app = Router::new()
        .route("/sign-in", get(|| async { Redirect::to("https://id.example/in?client=secret") }));
    let line = fails(check(app), "page", "redirect");
    assert!(line.contains("leads to https://id.example/in, which"), "{line}");
}

#[test]
fn a_redirect_to_itself_ends() {
    let app = Router::new().route("/sign-in", get(|| async { Redirect::to("/sign-in") }));
    fails(check(app), "page", "redirect");
}

#[test]
fn a_redirect_to_an_identity_provider_may_offer() {
    let sign_in = |session: Session<Map>| async move {
        session.offer_binding();
        Redirect::to("https://id.example/in")
    };
    let routes = Router::new().route("/sign-in", get(sign_in));
    let app = with_sessions(routes, sessions(ring(), DeviceBound::at("/dbsc")));
    let said = check(app).ok();
    assert!(said.contains("/sign-in: 303\n"), "{said}");
}

#[test]
fn the_page_does_not_offer() {
    assert!(fails(check_at(shop(), "/about"), "offer", "no-offer").contains("offer_binding()"));
}

#[test]
fn the_binding_is_off() {
    let off = sessions(ring(), DeviceBound::at("/dbsc").off(WhenOff::Readable));
    fails(check(with_sessions(pages(), off)), "offer", "no-offer");
}

#[test]
fn a_proxy_removes_the_offer() {
    let line = fails(check(hiding(shop(), &[OFFER])), "offer", "no-offer");
    assert!(line.contains("must let it pass"), "{line}");
}

#[test]
fn a_proxy_changes_the_offer() {
    for (from, to, why) in [
        ("\"", "", "grammar"),
        ("(ES256)", "(RS256)", "does not offer ES256"),
        ("path=", "way=", "no path"),
        ("challenge=", "riddle=", "no challenge"),
        ("/dbsc/register", "//thief.example/", "another origin"),
    ] {
        let app = answering(shop(), move |response| {
            if let Some(offer) = response.headers_mut().get_mut(OFFER) {
                let changed = offer.to_str().unwrap().replace(from, to);
                *offer = HeaderValue::try_from(changed).unwrap();
            }
        });
        let line = fails(check(app), "offer", "offer-changed");
        assert!(line.contains(why), "{line}");
    }
}

#[test]
fn a_layer_lets_caches_store_the_page() {
    let app = answering_at(shop(), "/sign-in", |_, response| {
        let public = HeaderValue::from_static("public, max-age=60");
        response.headers_mut().insert(header::CACHE_CONTROL, public);
    });
    fails(check(app), "cache", "cacheable");
}

#[test]
fn a_cache_answers_with_the_first_offer() {
    let stored: Arc<OnceLock<HeaderValue>> = Arc::default();
    let app = answering_at(shop(), "/sign-in", move |_, response| {
        let offer = response.headers_mut().get_mut(OFFER).unwrap();
        *offer = stored.get_or_init(|| offer.clone()).clone();
    });
    let said = check(app);
    assert!(said.out.contains("ok\trefresh\t"), "the steps behind it are tried: {said:?}");
    fails(said, "cache", "cached-offer");
}

#[test]
fn a_server_of_the_fleet_offers_nothing() {
    let stored: Arc<OnceLock<()>> = Arc::default();
    let app = answering_at(shop(), "/sign-in", move |_, response| {
        if stored.set(()).is_err() {
            response.headers_mut().remove(OFFER);
        }
    });
    assert!(fails(check(app), "cache", "no-offer").contains("fleet"));
}

/// A body without an end, and how many bytes of it were sent.
struct Endless(Arc<AtomicUsize>);

impl HttpBody for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = Bytes::from_static(&[b'x'; 4096]);
        self.0.fetch_add(bytes.len(), Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }
}

#[test]
fn a_page_without_an_end_is_no_fault() {
    let sent: Arc<AtomicUsize> = Arc::default();
    let counted = Arc::clone(&sent);
    let sign_in = move |session: Session<Map>| async move {
        session.offer_binding();
        Body::new(Endless(counted))
    };
    let routes = Router::new().route("/sign-in", get(sign_in));
    let app = with_sessions(routes, sessions(ring(), DeviceBound::at("/dbsc")));
    assert!(check(app).ok().contains("ok\trefresh\t"));
    // What is not read is in buffers of the system.
    let sent = sent.load(Ordering::Relaxed);
    assert!(sent < 100_000_000, "{sent} bytes were sent");
}

#[test]
fn cookies_of_the_page_are_sent_to_the_endpoints() {
    // As a proxy needs them that sends a visitor to one server.
    let app = answering_at(shop(), "/sign-in", |_, response| {
        let line = HeaderValue::from_static("server=one; Path=/");
        response.headers_mut().append(header::SET_COOKIE, line);
    });
    let elsewhere = Router::new().fallback(|headers: axum::http::HeaderMap| async move {
        let cookies = headers.get("cookie").map_or("none", |value| value.to_str().unwrap());
        plain(502, &[("x-cookies", cookies)], "").into_response()
    });
    let seen: Arc<OnceLock<String>> = Arc::default();
    let recorded = Arc::clone(&seen);
    let elsewhere = answering(elsewhere, move |response| {
        let cookies = response.headers()["x-cookies"].to_str().unwrap().to_owned();
        recorded.set(cookies).unwrap();
    });
    fails(check(split(app, super::site::REGISTER, elsewhere)), "registration", "server-error");
    assert_eq!(seen.get().unwrap(), "server=one");
}
