//! Sessions that are bound to the visitor's device, as a browser that supports DBSC meets them.

use crate::client::{Jar, Request, Response};
use crate::contract::App;
use crate::device_key::{DeviceKey, Registered, challenge};
use crate::site::{COOKIE, Site};

const REGISTER: &str = "/dbsc/register";
const MINUTE: u64 = 60;

/// A request for an endpoint, as Chromium sends it.
fn to_endpoint(url: &str, fields: &[(&str, &str)]) -> Request {
    let request = Request::new("POST", url).with("sec-fetch-site", "same-origin");
    let request = request.with("sec-fetch-mode", "no-cors");
    fields.iter().fold(request, |request, (name, value)| request.with(name, value))
}

/// The names of the cookies that a response sets, and of those that it deletes.
fn set_and_deleted(response: &Response) -> (Vec<&str>, Vec<&str>) {
    let lines = response.all("set-cookie").into_iter();
    let (deleted, set): (Vec<_>, Vec<_>) = lines
        .filter_map(|line| Some((line.split_once('=')?.0, line)))
        .partition(|(_, line)| line.contains("Max-Age=0"));
    let names = |lines: Vec<(_, _)>| lines.into_iter().map(|(name, _)| name).collect();
    (names(set), names(deleted))
}

/// No cache stores the answer of an endpoint, and no page of another origin reads it.
fn assert_endpoints(response: &Response) {
    assert_eq!(response.all("cache-control"), ["no-store"], "{response:?}");
    let cors = response.fields.iter().any(|(name, _)| name.starts_with("access-control-"));
    assert!(!cors, "{response:?}");
}

#[derive(Clone)]
struct Browser<'a> {
    site: &'a Site,
    jar: Jar,
    key: DeviceKey,
}

impl<'a> Browser<'a> {
    /// One that has not been here, at a server that begins anew.
    fn new(site: &'a Site) -> Self {
        assert_eq!(site.control_of(App::Bound, "reset"), "ok");
        Self { site, jar: Jar::default(), key: DeviceKey::new(1) }
    }

    /// One in which user 7 signed in after it registered its key.
    fn signed_in(site: &'a Site) -> (Self, Registered) {
        let mut browser = Self::new(site);
        let registered = browser.registers();
        assert_eq!(browser.does("renew,user=7").status, 200);
        (browser, registered)
    }

    fn control(&self, what: &str) {
        assert_eq!(self.site.control_of(App::Bound, what), "ok");
    }

    fn send(&mut self, request: Request) -> Response {
        let response = self.site.send_to(App::Bound, &self.jar.on(request));
        self.jar.take(&response);
        response
    }

    fn does(&mut self, steps: &str) -> Response {
        self.send(Request::get(&format!("/do/{steps}")))
    }

    fn asks(&mut self, url: &str, fields: &[(&str, &str)]) -> Response {
        let response = self.send(to_endpoint(url, fields));
        assert_endpoints(&response);
        response
    }

    fn is_offered(&mut self) -> String {
        let response = self.does("offer");
        challenge(response.all("secure-session-registration")[0])
    }

    fn registers(&mut self) -> Registered {
        let challenge = self.is_offered();
        let token = self.key.registration(&challenge);
        let response = self.asks(REGISTER, &[("secure-session-response", &token)]);
        assert_eq!(response.status, 200, "{response:?}");
        Registered::read(&response.text()).expect("instructions")
    }

    /// The challenge that a refresh without a token is answered with.
    fn is_challenged(&mut self, Registered { id, refresh_url, .. }: &Registered) -> String {
        let response = self.asks(refresh_url, &[("sec-secure-session-id", id)]);
        assert_eq!((response.status, set_and_deleted(&response)), (403, (vec![], vec![])));
        let [field] = response.all("secure-session-challenge")[..] else {
            panic!("{response:?}");
        };
        assert!(field.ends_with(&format!(r#";id="{id}""#)), "{response:?}");
        challenge(field)
    }

    /// Refreshes as Chromium does: the first request brings no token.
    fn refreshes(&mut self, registered: &Registered) -> Registered {
        let challenge = self.is_challenged(registered);
        let token = self.key.refresh(&challenge);
        let Registered { id, refresh_url, cookie } = registered;
        let fields = [("sec-secure-session-id", &**id), ("secure-session-response", &token)];
        let response = self.asks(refresh_url, &fields);
        assert_eq!(response.status, 200, "{response:?}");
        assert_eq!(set_and_deleted(&response), (vec![&**cookie], vec![]));
        Registered::read(&response.text()).expect("instructions")
    }

    fn drops(&mut self, cookie: &str) {
        let known = self.jar.0.len();
        self.jar.0.retain(|(name, _)| name != cookie);
        assert_eq!(self.jar.0.len() + 1, known, "it had {cookie}");
    }

    fn assert_signed_in(&mut self) {
        let text = self.does("read,binding").text();
        assert_eq!(text, "user Some(7) cart [] note 0\nBound\n");
    }
}

pub(super) fn a_page_offers_the_binding_and_is_not_stored(site: &Site) {
    let mut browser = Browser::new(site);
    let page = browser.does("offer");
    assert_eq!((page.status, page.all("set-cookie").len()), (200, 0), "{page:?}");
    assert_eq!(page.list("cache-control"), ["no-store"]);
    let [offer] = page.all("secure-session-registration")[..] else { panic!("{page:?}") };
    assert!(offer.starts_with(r#"(ES256);path="/dbsc/register";challenge=""#), "{offer}");
    for steps in ["nothing", "read", "user=7", "renew", "purge", "offer,answer=503"] {
        let page = browser.does(steps);
        assert!(page.all("secure-session-registration").is_empty(), "{steps}: {page:?}");
    }
    let (mut bound, _) = Browser::signed_in(site);
    assert!(bound.does("offer").all("secure-session-registration").is_empty());
}

pub(super) fn a_registration_is_answered_with_a_proof(site: &Site) {
    let mut browser = Browser::new(site);
    let offered = browser.is_offered();
    let token = browser.key.registration(&offered);
    let answer = browser.asks(REGISTER, &[("secure-session-response", &token)]);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.all("content-type"), ["application/json"]);
    let registered = Registered::read(&answer.text()).expect("instructions");
    assert!(registered.refresh_url.starts_with("/dbsc/refresh?"), "{registered:?}");
    let [line] = answer.lines(&registered.cookie)[..] else { panic!("{answer:?}") };
    assert!(line.starts_with("__Host-session-proof-"), "{line}");
    let mut attributes: Vec<&str> = line.split("; ").skip(1).collect();
    attributes.sort_unstable();
    assert_eq!(attributes, ["HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax", "Secure"]);
    assert_eq!(answer.all("set-cookie").len(), 1, "no session begins: {answer:?}");

    let without_key = browser.key.refresh(&offered);
    let another_signature = DeviceKey::new(2).registration(&offered).replace('.', "");
    for token in ["", "junk", &without_key, &another_signature] {
        let answer = browser.asks(REGISTER, &[("secure-session-response", token)]);
        assert_eq!((answer.status, answer.all("set-cookie").len()), (403, 0), "{token}");
    }
}

pub(super) fn a_sign_in_binds_and_its_cookie_alone_is_unproven(site: &Site) {
    let (mut browser, Registered { cookie, .. }) = Browser::signed_in(site);
    browser.assert_signed_in();
    assert_eq!(browser.does("require-binding").status, 200);

    let mut thief = browser.clone();
    thief.drops(&cookie);
    assert_eq!(
        thief.does("read,status,binding").text(),
        "user None cart [] note 0\nRejected(Unproven(Missing))\nUnproven(Missing)\n"
    );
    for request in [Request::get("/do/require-binding"), Request::new("POST", "/do/push=3")] {
        let response = thief.send(request);
        assert_eq!((response.status, response.all("set-cookie").len()), (403, 0), "{response:?}");
    }
    browser.assert_signed_in();

    let mut unbound = Browser::new(site);
    unbound.does("renew,user=8");
    assert_eq!(unbound.does("read,binding").text(), "user Some(8) cart [] note 0\nUnbound\n");
    assert_eq!(unbound.does("require-binding").status, 403);
}

pub(super) fn a_refresh_takes_a_signature_and_brings_a_new_proof(site: &Site) {
    let (mut browser, registered) = Browser::signed_in(site);
    browser.control(&format!("advance={}", 9 * MINUTE));
    let mut late = browser.clone();
    browser.drops(&registered.cookie);

    let forged = DeviceKey::new(2).refresh(&browser.is_challenged(&registered));
    let id = &*registered.id;
    let fields = [("sec-secure-session-id", id), ("secure-session-response", &forged)];
    let answer = browser.asks(&registered.refresh_url, &fields);
    assert_eq!(answer.all("secure-session-challenge").len(), 1, "{answer:?}");
    assert_eq!((answer.status, answer.all("set-cookie").len()), (403, 0), "{answer:?}");

    let again = browser.refreshes(&registered);
    assert_eq!((&again.id, &again.cookie), (&registered.id, &registered.cookie));
    browser.control(&format!("advance={}", 3 * MINUTE));
    browser.assert_signed_in();
    assert_eq!(late.does("status").text(), "Rejected(Unproven(Late))\n");
}

pub(super) fn keys_rotate_under_a_bound_session(site: &Site) {
    let (mut browser, registered) = Browser::signed_in(site);
    browser.control("rotate");
    browser.assert_signed_in();
    let registered = browser.refreshes(&registered);
    browser.assert_signed_in();

    // What this server cannot read, another one may: nothing ends.
    browser.control("forget");
    let answer =
        browser.asks(&registered.refresh_url, &[("sec-secure-session-id", &registered.id)]);
    assert_eq!((answer.status, answer.all("retry-after")), (503, vec!["1"]), "{answer:?}");
    assert!(answer.all("set-cookie").is_empty(), "{answer:?}");
}

pub(super) fn an_endpoint_takes_a_post_of_its_own_origin_alone(site: &Site) {
    let mut browser = Browser::new(site);
    let offered = browser.is_offered();
    let token = browser.key.registration(&offered);
    for (of, mode) in [
        ("cross-site", "no-cors"),
        ("same-site", "no-cors"),
        ("none", "no-cors"),
        ("same-origin", "cors"),
        ("same-origin", "navigate"),
    ] {
        let request = Request::new("POST", REGISTER).with("origin", "https://attacker.example");
        let request = request.with("sec-fetch-site", of).with("sec-fetch-mode", mode);
        let answer = browser.send(request.with("secure-session-response", &token));
        assert_endpoints(&answer);
        assert_eq!((answer.status, answer.all("set-cookie").len()), (403, 0), "{of} {mode}");
    }
    let registered = browser.registers();
    for path in [REGISTER, "/dbsc/register?a=b", &registered.refresh_url] {
        for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
            let request = Request::new(method, path).with("origin", "https://attacker.example");
            let answer = browser.send(request.with("access-control-request-method", "POST"));
            assert_endpoints(&answer);
            assert_eq!(
                (answer.status, answer.all("allow")),
                (405, vec!["POST"]),
                "{method} {path}"
            );
        }
    }
}

pub(super) fn a_path_beside_the_endpoints_is_the_applications(site: &Site) {
    let mut browser = Browser::new(site);
    for path in [
        "/dbsc",
        "/dbsc/",
        "/dbsc/other",
        "/dbsc/registers",
        "/dbsc/register/",
        "/dbsc/register/more",
        "/dbsc/%72egister",
        "/dbsc//register",
        "/DBSC/register",
        "/nested/dbsc/register",
    ] {
        let posted = browser.send(to_endpoint(path, &[]));
        for answer in [posted, browser.send(Request::get(path))] {
            assert_eq!(answer.status, 404, "{path}: {answer:?}");
            assert!(!answer.text().contains("device binding"), "{path}: {answer:?}");
        }
    }
}

pub(super) fn a_sign_out_ends_the_proof_and_the_next_refresh(site: &Site) {
    let (mut browser, Registered { id, refresh_url, cookie }) = Browser::signed_in(site);
    let marker = cookie.replace("-proof-", "-ended-");
    let answer = browser.does("purge");
    assert_eq!(set_and_deleted(&answer), (vec![&*marker], vec![COOKIE, &*cookie]), "{answer:?}");
    assert!(answer.lines(&marker)[0].contains("SameSite=None"), "{answer:?}");

    let ended = browser.asks(&refresh_url, &[("sec-secure-session-id", &id)]);
    let text = format!(r#"{{"session_identifier":"{id}","continue":false}}"#);
    assert_eq!((ended.status, ended.text()), (200, text));
    let (set, mut deleted) = set_and_deleted(&ended);
    deleted.sort_unstable();
    assert_eq!((set, deleted), (vec![], vec![&*marker, &*cookie]), "{ended:?}");
    assert!(browser.jar.0.is_empty());
    // A fault on the way out would leave the browser signed in.
    let (mut browser, Registered { cookie, .. }) = Browser::signed_in(site);
    let (set, deleted) = (cookie.replace("-proof-", "-ended-"), vec![COOKIE, &*cookie]);
    let answer = browser.does("purge,answer=500");
    assert_eq!(set_and_deleted(&answer), (vec![&*set], deleted), "{answer:?}");
}
