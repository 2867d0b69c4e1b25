//! The site as a browser and a thief see it: its pages, its two endpoints, and a browser that
//! supports DBSC.

use crate::client::{Jar, Request, Response};
use crate::device_key::{DeviceKey, Registered, challenge};
use crate::pair::Node;
use serde::Deserialize;

pub const SESSION: &str = "__Host-Http-session";
/// How the names of proofs begin.
pub const PROOF: &str = "__Host-session-proof-";
/// Seconds of a proof's cookie, and of the proof that is sealed in it.
pub const MAX_AGE: u64 = 600;
pub const SEALED: u64 = 660;
/// Seconds of a challenge: 60, and 120 by which clocks may differ.
pub const CHALLENGE: u64 = 180;

/// The numbers of the device keys.
pub const VICTIM: u8 = 7;
pub const THIEF: u8 = 66;

/// What a page says.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Page {
    pub user: Option<u32>,
    pub count: u32,
    pub status: String,
    pub binding: String,
    pub id: Option<String>,
    pub created: u64,
    pub expiry: String,
    pub flashes: usize,
}

/// A jar of these cookies.
pub fn jar(cookies: &[(&str, &str)]) -> Jar {
    Jar(cookies.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect())
}

/// The request as the proxy passes it on.
fn proxied(request: Request) -> Request {
    request
        .host("shop.example")
        .with("x-forwarded-proto", "https")
        .with("x-forwarded-for", "192.0.2.1")
}

/// Sends a request to a route of the application.
pub fn send(node: &Node, request: Request, cookies: &Jar) -> Response {
    let response = cookies.on(proxied(request)).send(node.address);
    let proofs = response.all("set-cookie").into_iter().filter(|line| line.starts_with(PROOF));
    let set: Vec<&str> = proofs.filter(|line| !line.contains("Max-Age=0")).collect();
    assert!(set.is_empty(), "a page gave a proof: {set:?}");
    response
}

/// A navigation to a page.
pub fn get(node: &Node, path: &str, cookies: &Jar) -> Response {
    let request = Request::get(path).with("sec-fetch-site", "same-origin");
    send(node, request, cookies)
}

/// A form of the site's own.
pub fn post(node: &Node, path: &str, cookies: &Jar) -> Response {
    let request = Request::new("POST", path)
        .with("sec-fetch-site", "same-origin")
        .with("origin", "https://shop.example")
        .with("content-length", "0");
    send(node, request, cookies)
}

pub fn page(response: &Response) -> Page {
    assert_eq!(response.status, 200, "{}", response.text());
    serde_json::from_slice(&response.body).unwrap()
}

/// What the site takes the holder of these cookies for.
pub fn seen(node: &Node, cookies: &Jar) -> Page {
    page(&get(node, "/", cookies))
}

/// The site refuses the session in these cookies for this reason, on every kind of request, and
/// leaves its cookie alone.
#[track_caller]
pub fn assert_refused(node: &Node, cookies: &Jar, status: &str) {
    let response = get(node, "/", cookies);
    let seen = page(&response);
    assert_eq!((seen.user, &*seen.status), (None, status), "{:?}", cookies.0);
    assert_eq!((seen.count, seen.id, seen.flashes), (0, None, 0), "{:?}", cookies.0);
    assert_ne!(seen.binding, "bound");
    assert_eq!(response.lines(SESSION), Vec::<&str>::new());
    assert_eq!(get(node, "/admin", cookies).status, 403);
}

/// The site takes the holder for the victim, with a proven binding.
#[track_caller]
pub fn assert_accepted(node: &Node, cookies: &Jar) {
    let seen = seen(node, cookies);
    let expected = (Some(u32::from(VICTIM)), "restored", "bound");
    assert_eq!((seen.user, &*seen.status, &*seen.binding), expected, "{:?}", cookies.0);
}

/// A request to an endpoint as Chromium sends it.
pub fn endpoint(url: &str) -> Request {
    Request::new("POST", url)
        .with("sec-fetch-site", "same-origin")
        .with("sec-fetch-mode", "no-cors")
        .with("sec-fetch-dest", "empty")
        .with("origin", "https://shop.example")
        .with("content-length", "0")
}

/// Sends a request to an endpoint.
#[track_caller]
pub fn ask(node: &Node, request: Request, cookies: &Jar) -> Response {
    let response = cookies.on(proxied(request)).send(node.address);
    assert_eq!(response.all("cache-control"), ["no-store"], "{response:?}");
    let cors = response.fields.iter().find(|(name, _)| name.starts_with("access-control-"));
    assert_eq!(cors, None);
    assert!([200, 403, 405, 503].contains(&response.status), "{response:?}");
    if response.status != 200 {
        assert_eq!(response.all("set-cookie"), Vec::<&str>::new());
    }
    response
}

/// The word for why an endpoint refused.
pub fn word(response: &Response) -> String {
    let text = response.text();
    text.trim_end().strip_prefix("device binding: ").expect("a refusal").to_owned()
}

/// The events of a node since the last call.
pub fn events(node: &Node) -> Vec<String> {
    let text = get(node, "/events", &Jar::default()).text();
    text.lines().map(str::to_owned).collect()
}

/// Sends a token to the registration.
#[track_caller]
pub fn register(node: &Node, token: &str) -> Response {
    let request = endpoint("/dbsc/register").with("secure-session-response", token);
    ask(node, request, &Jar::default())
}

/// The challenge of an offer to a stranger.
pub fn offered(node: &Node) -> String {
    let response = get(node, "/sign-in", &Jar::default());
    let offers = response.all("secure-session-registration");
    assert_eq!(response.all("cache-control"), ["no-store"]);
    challenge(offers[0])
}

/// A browser that supports DBSC, or a thief's program.
#[derive(Clone)]
pub struct Browser {
    pub jar: Jar,
    pub key: DeviceKey,
    pub registered: Option<Registered>,
}

impl Browser {
    pub fn new(key: DeviceKey) -> Self {
        Self { jar: Jar::default(), key, registered: None }
    }

    /// The victim, signed in with a proof.
    pub fn victim(node: &Node) -> Self {
        let mut browser = Self::new(DeviceKey::new(VICTIM));
        browser.register(node);
        browser.sign_in(node, VICTIM.into());
        assert_accepted(node, &browser.jar);
        browser
    }

    /// The victim, signed in without a proof.
    pub fn unbound(node: &Node) -> Self {
        let mut browser = Self::new(DeviceKey::new(VICTIM));
        browser.sign_in(node, VICTIM.into());
        let seen = seen(node, &browser.jar);
        assert_eq!((seen.user, &*seen.binding), (Some(u32::from(VICTIM)), "unbound"));
        browser
    }

    /// A thief with a key of their own and its fresh proof.
    pub fn thief(node: &Node) -> Self {
        let mut browser = Self::new(DeviceKey::new(THIEF));
        browser.register(node);
        browser
    }

    pub fn get(&mut self, node: &Node, path: &str) -> Response {
        let response = get(node, path, &self.jar);
        self.jar.take(&response);
        response
    }

    pub fn post(&mut self, node: &Node, path: &str) -> Response {
        let response = post(node, path, &self.jar);
        self.jar.take(&response);
        response
    }

    pub fn sign_in(&mut self, node: &Node, user: u32) -> Page {
        page(&self.post(node, &format!("/sign-in?user={user}")))
    }

    /// Registers the key, with the challenge that the sign-in page offers.
    pub fn register(&mut self, node: &Node) {
        let token = self.key.registration(&offered(node));
        let response = register(node, &token);
        assert_eq!(response.status, 200, "{}", response.text());
        self.jar.take(&response);
        self.registered = Registered::read(&response.text());
    }

    fn registered(&self) -> &Registered {
        self.registered.as_ref().expect("a registered browser")
    }

    pub fn id(&self) -> &str {
        &self.registered().id
    }

    pub fn refresh_url(&self) -> &str {
        &self.registered().refresh_url
    }

    /// The sealed key in the URL.
    pub fn sealed_key(&self) -> &str {
        self.refresh_url().split_once("&key=").expect("a key").1
    }

    pub fn proof_name(&self) -> &str {
        &self.registered().cookie
    }

    pub fn proof(&self) -> String {
        self.jar.value(self.proof_name())
    }

    pub fn session(&self) -> String {
        self.jar.value(SESSION)
    }

    /// A request to the refresh endpoint.
    pub fn refresh_request(&self) -> Request {
        endpoint(self.refresh_url()).with("sec-secure-session-id", self.id())
    }

    /// The challenge of a refresh: the answer to a request without a token.
    #[track_caller]
    pub fn challenge(&self, node: &Node) -> String {
        let response = ask(node, self.refresh_request(), &self.jar);
        assert_eq!((response.status, &*word(&response)), (403, "no-token"));
        challenge(response.all("secure-session-challenge")[0])
    }

    /// Sends a token to the refresh.
    #[track_caller]
    pub fn answer(&self, node: &Node, token: &str) -> Response {
        let request = self.refresh_request().with("secure-session-response", token);
        let response = ask(node, request, &self.jar);
        if response.status == 403 {
            // Without a challenge, Chromium would delete its session.
            let field = response.all("secure-session-challenge")[0];
            assert!(field.ends_with(&format!(r#";id="{}""#, self.id())), "{field}");
        }
        response
    }

    /// Refreshes, and keeps what comes.
    #[track_caller]
    pub fn refresh(&mut self, node: &Node) {
        let token = self.key.refresh(&self.challenge(node));
        let response = self.answer(node, &token);
        assert_eq!(response.status, 200, "{}", response.text());
        self.jar.take(&response);
        self.registered = Registered::read(&response.text());
        self.registered();
    }
}

/// The answer ends the browser's DBSC session.
#[track_caller]
pub fn assert_ended(response: &Response) {
    assert_eq!(response.status, 200, "{}", response.text());
    assert_eq!(Registered::read(&response.text()), None, "{}", response.text());
    let given = response.all("set-cookie").into_iter().find(|line| !line.contains("Max-Age=0"));
    assert_eq!(given, None);
}

/// The endpoint refuses, with this word.
#[track_caller]
pub fn assert_doubt(response: &Response, expected: &str) {
    assert_eq!((response.status, &*word(response)), (403, expected));
}
