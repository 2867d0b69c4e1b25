//! docs/device-bound.md: its example, its minutes, and its table of characters.
//! `SEALED_SESSION_DEVICE=write cargo test --test it device_page::` writes the table again.

mod example;

use crate::support::device::*;
use crate::support::*;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response};
use sealed_session::clock::ManualClock;
use sealed_session::{DeviceBound, KeyRing, Session, Sessions};
use std::fmt::Write;
use tower::ServiceExt;

const BEGIN: &str = "<!-- characters, made by tests/it/device_page.rs -->\n";
const END: &str = "<!-- end of characters -->\n";
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/device-bound.md");

fn page() -> String {
    std::fs::read_to_string(PATH).unwrap()
}

/// A browser's requests to the example.
struct Visitor {
    app: Router,
    jar: Browser,
}

impl Visitor {
    async fn send(&mut self, request: Request<()>) -> Response<String> {
        let (mut parts, ()) = request.into_parts();
        parts.headers.insert("cookie", self.jar.cookies().parse().unwrap());
        let request = Request::from_parts(parts, Body::empty());
        let (parts, body) = self.app.clone().oneshot(request).await.unwrap().into_parts();
        for line in parts.headers.get_all("set-cookie") {
            self.jar.keep(line.to_str().unwrap());
        }
        let body = to_bytes(body, 100_000).await.unwrap().to_vec();
        Response::from_parts(parts, String::from_utf8(body).unwrap())
    }

    async fn get(&mut self, path: &str, fields: &[(&str, &str)]) -> Response<String> {
        let mut request = Request::get(path);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        self.send(request.body(()).unwrap()).await
    }

    async fn post(&mut self, path: &str) -> Response<String> {
        self.send(Request::post(path).body(()).unwrap()).await
    }
}

fn page_sessions<T: sealed_session::SessionData>(
    clock: &ManualClock,
    ring: &KeyRing,
) -> Sessions<T> {
    let setting = DeviceBound::at("/dbsc");
    Sessions::builder(ring.clone()).clock(clock.clone()).device_bound(setting).build().unwrap()
}

#[tokio::test]
async fn an_unproven_visitor_sees_a_page_of_its_own() {
    let app = example::app(page_sessions(&clock(), &ring()));
    let mut visitor = Visitor { app, jar: Browser::default() };
    assert_eq!(visitor.get("/account", &[]).await.headers()["location"], "/sign-in");

    let offer = visitor.get("/sign-in", &[]).await;
    let offer = offer.headers()["secure-session-registration"].to_str().unwrap();
    let token = DeviceKey::new(1).registration(&challenge(offer));
    let fields = [("secure-session-response", &*token)];
    let registered = visitor.send(endpoint_request("/dbsc/register", "", &fields)).await;
    let Registered { id, cookie, .. } = Registered::read(registered.body()).unwrap();
    visitor.post("/sign-in").await;
    assert!(visitor.get("/account", &[]).await.body().contains("You are user 7"));

    visitor.jar.forget(&cookie);
    let skipped = |why| format!("{why};session_identifier=\"{id}\"");
    for (fields, advice) in [
        (vec![], "If that does not help, sign in again"),
        (vec![("secure-session-skipped", &*skipped("quota_exceeded"))], "Wait ten minutes"),
        (vec![("secure-session-skipped", &*skipped("unreachable"))], "Wait a moment"),
    ] {
        let refused = visitor.get("/account", &fields).await;
        assert_eq!(refused.status(), 403);
        assert!(refused.body().contains(advice), "{}", refused.body());
        // A browser that does not say why it has no proof has lost the key.
        let offer = visitor.get("/sign-in", &fields).await;
        let is_offered = offer.headers().contains_key("secure-session-registration");
        assert_eq!(is_offered, fields.is_empty());
    }
    visitor.jar.plant(&cookie, "AAAA");
    let refused = visitor.get("/account", &[]).await;
    assert!(refused.body().contains("<p>You are still signed in"), "{}", refused.body());
    assert!(refused.body().contains(" Reload this page.\n"), "{}", refused.body());
    assert_eq!(visitor.jar.value_of(&cookie), None, "so that the browser refreshes");

    assert_eq!(visitor.post("/sign-in-again").await.headers()["location"], "/sign-in");
    let offer = visitor.get("/sign-in", &[]).await;
    assert!(offer.headers().contains_key("secure-session-registration"));
}

#[test]
fn the_page_shows_the_tested_example() {
    let code = include_str!("device_page/example.rs");
    assert!(page().contains(&format!("```rust\n{code}")), "copy tests/it/device_page/example.rs");
}

fn signed_in_with_key(sessions: &Sessions<Visit>) -> BoundBrowser {
    let mut browser = BoundBrowser::new(1);
    browser.get(sessions, |session| session.offer_binding());
    browser.send(sessions, Call::post(), |session| {
        session.renew().unwrap();
        session.set(visit(7)).unwrap();
    });
    browser
}

fn user(session: &Session<Visit>) -> Option<u64> {
    session.read(|visit| visit.user)
}

/// Returns `true` if this jar is good for that many seconds, and no longer.
fn is_good_for(jar: &Browser, sessions: &Sessions<Visit>, clock: &ManualClock, life: u64) -> bool {
    let begin = clock.now();
    let user_after = |seconds| {
        clock.set(begin + secs(seconds));
        jar.clone().get(sessions, user).returned
    };
    let ends = (user_after(life - 1), user_after(life)) == (Some(7), None);
    clock.set(begin);
    ends
}

#[test]
fn copied_cookies_are_good_for_as_long_as_the_page_says() {
    let (clock, ring) = (clock(), ring());
    let sessions = page_sessions::<Visit>(&clock, &ring);
    let mut browser = signed_in_with_key(&sessions);
    assert!(is_good_for(&browser.browser, &sessions, &clock, 11 * MINUTE));

    // The thief also has a refresh's request. It is good until its challenge ends.
    let Registered { id, refresh_url, .. } = browser.registered.clone().unwrap();
    let asked = browser.ask(&sessions, &refresh_url, &[("sec-secure-session-id", &id)]);
    let field = asked.headers()["secure-session-challenge"].to_str().unwrap();
    let token = browser.key.refresh(&challenge(field));
    let captured = [("sec-secure-session-id", &*id), ("secure-session-response", &*token)];
    let mut thief = browser.clone();
    clock.advance(secs(3 * MINUTE - 1));
    assert_eq!(thief.ask(&sessions, &refresh_url, &captured).status(), 200);
    assert!(is_good_for(&thief.browser, &sessions, &clock, 11 * MINUTE));
    clock.advance(secs(1));
    assert_eq!(thief.ask(&sessions, &refresh_url, &captured).status(), 403);

    let page = page();
    assert!(page.contains("11 minutes after the last refresh"));
    assert!(page.contains("14 minutes"));
}

fn table() -> String {
    let (clock, ring) = (clock(), ring());
    let sessions = page_sessions::<Visit>(&clock, &ring);
    let plain = Sessions::<Visit>::builder(ring).clock(clock.clone()).build().unwrap();
    let sealed = |sessions: &Sessions<Visit>, browser: &mut BoundBrowser, note: usize| {
        browser.send(sessions, Call::post(), |session| {
            session.renew().unwrap();
            session.set(Visit { note: "n".repeat(note), ..visit(7) }).unwrap();
        });
        browser.browser.value_of(NAME).unwrap().len()
    };
    let mut bound = signed_in_with_key(&sessions);
    let mut more: Vec<usize> = Vec::new();
    for note in 0..60 {
        let unbound = sealed(&plain, &mut BoundBrowser::new(2), note);
        assert_eq!(sealed(&sessions, &mut BoundBrowser::new(2), note), unbound);
        more.push(sealed(&sessions, &mut bound, note) - unbound);
    }
    let (least, most) = (more.iter().min().unwrap(), more.iter().max().unwrap());

    let mut offered = BoundBrowser::new(1).browser;
    let offer = offered.get(&sessions, |session| session.offer_binding());
    let offer = offer.fields("secure-session-registration")[0];
    let answered = bound.refresh(&sessions);
    let line = answered.headers()["set-cookie"].to_str().unwrap();
    let pair = line.split(';').next().unwrap();
    let (name, value) = pair.split_once('=').unwrap();
    let (sent, url) = (pair.len() + "; ".len(), bound.registered.unwrap().refresh_url);

    let mut table = String::from("| what | characters |\n| --- | --- |\n");
    let mut row = |what: &str, characters: &dyn std::fmt::Display| {
        writeln!(table, "| {what} | {characters} |").unwrap();
    };
    row("more in the cookie of a bound session", &format!("{least} or {most}"));
    row("more in the cookie of an unbound session", &0);
    let what = format!("the proof, in each request: `; {name}=…`, whose value has {}", value.len());
    row(&what, &sent);
    row(
        "the offer, in the response of the sign-in page: `Secure-Session-Registration`",
        &offer.len(),
    );
    row("the address of the refresh, with the sealed key", &url.len());
    row("the body of the answer to a registration or a refresh", &answered.body().len());
    row("its `Set-Cookie`", &line.len());
    // The names of cookies with a key's id differ from browser to browser, and not in length.
    table.replace(name, "__Host-session-proof-AAAA")
}

#[test]
fn the_table_says_how_many_characters_it_costs() {
    let page = page();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    let table = table();
    if std::env::var("SEALED_SESSION_DEVICE").is_ok_and(|value| value == "write") {
        std::fs::write(PATH, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    } else {
        assert_eq!(written, table);
    }
}
