//! The recipe against a provider, both on loopback.

mod support;

use axum::http::Uri;
use sealed_session::clock::ManualClock;
use sealed_session_recipes::provider::{self, Registered};
use sealed_session_recipes::sign_in_with_oauth::{Client, Provider, app, sessions, states};
use std::net::SocketAddr;
use support::*;
use tokio::net::TcpListener;

const SESSION: &str = "__Host-Http-session";
const STATE: &str = "__Host-Http-oauth";

struct Site {
    address: SocketAddr,
    provider: SocketAddr,
    clock: ManualClock,
}

/// The application and its provider. The ports are known before either runs, since each has to know
/// the other's.
async fn site(form_post: bool) -> Site {
    let ours = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let theirs = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let redirect_uri = format!("http://{}/callback", ours.local_addr().unwrap());
    let registered = Registered {
        client_id: "recipes".into(),
        client_secret: "of the test".into(),
        redirect_uri: redirect_uri.clone(),
    };
    let base = format!("http://{}", theirs.local_addr().unwrap());
    let provider = Provider {
        authorize_url: format!("{base}/authorize"),
        token_url: format!("{base}/token"),
        userinfo_url: format!("{base}/userinfo"),
        client_id: registered.client_id.clone(),
        client_secret: registered.client_secret.clone(),
        redirect_uri,
        form_post,
    };
    let (ring, clock) = (ring(), clock());
    let visits = sessions(ring.clone()).clock(clock.clone()).build().unwrap();
    let states = states(ring).clock(clock.clone()).build().unwrap();
    let client = Client::new(provider, states).unwrap();
    let provider = serve_on(theirs, provider::app(registered));
    Site { address: serve_on(ours, app(visits, client)), provider, clock }
}

impl Site {
    fn browser(&self) -> Browser {
        Browser::at(self.address)
    }

    /// Begins a sign-in and asks the provider: what its page or its redirect brings back.
    async fn begin(&self, browser: &mut Browser, path: &str) -> Answer {
        let url: Uri = browser.get(path).await.location().parse().unwrap();
        assert_eq!(url.authority().unwrap().as_str(), self.provider.to_string());
        let reply = Browser::at(self.provider).get(url.path_and_query().unwrap().as_str()).await;
        match reply.status() {
            200 => Answer { code: reply.hidden("code"), state: reply.hidden("state") },
            _ => {
                let url: Uri = reply.location().parse().unwrap();
                serde_urlencoded::from_str(url.query().unwrap()).unwrap()
            }
        }
    }
}

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Answer {
    code: String,
    state: String,
}

impl Answer {
    fn fields(&self) -> [(&str, &str); 2] {
        [("code", &self.code), ("state", &self.state)]
    }

    /// As the provider's page posts it.
    async fn post(&self, browser: &mut Browser) -> Reply {
        browser.post_from("cross-site", "/callback", &self.fields()).await
    }

    /// As the provider's redirect brings it.
    async fn follow(&self, browser: &mut Browser) -> Reply {
        let query = serde_urlencoded::to_string(self.fields()).unwrap();
        browser.follow_from_another_site(&format!("/callback?{query}")).await
    }
}

async fn is_signed_in(browser: &mut Browser) -> bool {
    browser.get("/").await.body().contains("You are Ada (ada-1815).")
}

#[tokio::test]
async fn a_redirect_signs_in_and_leads_back() {
    let site = site(false).await;
    let mut browser = site.browser();
    let answer = site.begin(&mut browser, "/sign-in?return_to=/basket%3Fpage=2").await;
    assert_eq!(answer.follow(&mut browser).await.location(), "/basket?page=2");
    assert!(is_signed_in(&mut browser).await);
    assert!(browser.cookie(STATE).is_none(), "it is used up");
}

#[tokio::test]
async fn a_form_post_signs_in_though_the_browser_holds_the_session_back() {
    let site = site(true).await;
    let mut browser = site.browser();
    let answer = site.begin(&mut browser, "/sign-in").await;
    assert_eq!(answer.post(&mut browser).await.location(), "/");
    assert!(is_signed_in(&mut browser).await && browser.cookie(STATE).is_none());

    // And again, with a session that does not come along: renew() allows a new one in its place.
    let before = browser.cookie(SESSION).unwrap().to_owned();
    let answer = site.begin(&mut browser, "/sign-in").await;
    assert_eq!(answer.post(&mut browser).await.status(), 303);
    assert_ne!(browser.cookie(SESSION).unwrap(), before);
    assert!(is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn the_browser_s_cookie_crosses_sites_for_ten_minutes() {
    let site = site(true).await;
    let reply = site.browser().get("/sign-in").await;
    let line = reply.field("set-cookie");
    assert!(
        line.starts_with("__Host-Http-oauth=")
            && line.contains("SameSite=None")
            && line.contains("Max-Age=600"),
        "{line}"
    );
}

#[tokio::test]
async fn another_state_is_refused_and_ends_nothing() {
    let site = site(true).await;
    let mut browser = site.browser();
    let answer = site.begin(&mut browser, "/sign-in").await;
    for state in ["", "x", &answer.state[1..]] {
        let wrong = Answer { state: state.to_owned(), ..answer.clone() };
        assert_eq!(wrong.post(&mut browser).await.status(), 400);
    }
    assert_eq!(
        answer.post(&mut browser).await.status(),
        303,
        "a stranger's nonsense has not ended it"
    );
}

#[tokio::test]
async fn without_the_browser_s_cookie_an_answer_is_refused() {
    let site = site(true).await;
    let mut browser = site.browser();
    let answer = site.begin(&mut browser, "/sign-in").await;
    browser.forget(STATE);
    assert_eq!(answer.post(&mut browser).await.status(), 400);
    let empty = Answer { state: String::new(), ..answer };
    assert_eq!(
        empty.post(&mut browser).await.status(),
        400,
        "no sign-in under way is not one with an empty state"
    );
    assert!(browser.cookie(SESSION).is_none());
}

#[tokio::test]
async fn an_answer_is_taken_once() {
    let site = site(false).await;
    let mut browser = site.browser();
    let answer = site.begin(&mut browser, "/sign-in").await;
    let mut kept = browser.clone();
    answer.follow(&mut browser).await.location();
    assert_eq!(answer.follow(&mut browser).await.status(), 400);
    // Who puts the state's cookie back gets as far as the provider, which has crossed the code off.
    assert_eq!(answer.follow(&mut kept).await.status(), 502);
    assert!(!is_signed_in(&mut kept).await);
}

#[tokio::test]
async fn ten_minutes_are_enough() {
    let site = site(true).await;
    let (mut quick, mut slow) = (site.browser(), site.browser());
    let quick_answer = site.begin(&mut quick, "/sign-in").await;
    let slow_answer = site.begin(&mut slow, "/sign-in").await;
    site.clock.advance(10 * MINUTE - std::time::Duration::from_secs(1));
    assert_eq!(quick_answer.post(&mut quick).await.status(), 303);
    site.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(slow_answer.post(&mut slow).await.status(), 400);
}

#[tokio::test]
async fn who_begins_again_has_ten_minutes_again() {
    let site = site(true).await;
    let mut browser = site.browser();
    let first = site.begin(&mut browser, "/sign-in").await;
    site.clock.advance(9 * MINUTE);
    let second = site.begin(&mut browser, "/sign-in").await;
    site.clock.advance(9 * MINUTE);
    assert_eq!(first.post(&mut browser).await.status(), 400);
    assert_eq!(second.post(&mut browser).await.status(), 303);
}

#[tokio::test]
async fn a_second_tab_does_not_end_the_sign_in_of_the_first() {
    let site = site(true).await;
    let mut browser = site.browser();
    let first = site.begin(&mut browser, "/sign-in?return_to=/first").await;
    let second = site.begin(&mut browser, "/sign-in?return_to=/second").await;
    let mut other = browser.clone();
    assert_eq!(first.post(&mut browser).await.location(), "/first");
    assert_eq!(second.post(&mut other).await.location(), "/second");
}

#[tokio::test]
async fn another_visitors_code_is_worth_nothing() {
    let site = site(true).await;
    let (mut attacker, mut visitor) = (site.browser(), site.browser());
    let attackers = site.begin(&mut attacker, "/sign-in").await;
    let visitors = site.begin(&mut visitor, "/sign-in").await;
    // The attacker's whole answer, posted by a page of theirs: the state is not this browser's.
    assert_eq!(attackers.post(&mut visitor).await.status(), 400);
    // A code that was stolen on its way, with one's own state: the provider wants the verifier of
    // the one who asked for it.
    let stolen = Answer { code: visitors.code, state: attackers.state };
    assert_eq!(stolen.post(&mut attacker).await.status(), 502);
    assert!(!is_signed_in(&mut attacker).await && !is_signed_in(&mut visitor).await);
}

#[tokio::test]
async fn a_provider_that_says_no_signs_nobody_in() {
    let site = site(true).await;
    let mut browser = site.browser();
    let Answer { state, .. } = site.begin(&mut browser, "/sign-in").await;
    let denied = [("error", "access_denied"), ("state", &*state)];
    assert_eq!(browser.post_from("cross-site", "/callback", &denied).await.status(), 403);
    assert!(browser.cookie(SESSION).is_none());
}

#[tokio::test]
async fn forms_of_other_origins_are_refused_except_the_provider_s() {
    let site = site(true).await;
    let mut browser = site.browser();
    let answer = site.begin(&mut browser, "/sign-in").await;
    assert_eq!(answer.post(&mut browser).await.status(), 303);
    for other in ["cross-site", "same-site"] {
        for path in ["/sign-out", "/callback/", "//callback"] {
            assert_eq!(browser.post_from(other, path, &[]).await.status(), 403, "{other} {path}");
        }
    }
    assert!(is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn return_to_leads_nowhere_else() {
    let site = site(true).await;
    for path in ["https://evil.example", "//evil.example", "/%5Cevil.example", "/%09/evil.example"]
    {
        let reply = site.browser().get(&format!("/sign-in?return_to={path}")).await;
        assert_eq!(reply.status(), 400, "{path}");
        assert!(reply.fields("location").is_empty() && reply.fields("set-cookie").is_empty());
    }
}

#[tokio::test]
async fn the_browser_s_cookie_is_no_session_and_the_session_no_such_cookie() {
    let site = site(true).await;
    let mut browser = site.browser();
    let answer = site.begin(&mut browser, "/sign-in").await;
    let state = browser.cookie(STATE).unwrap().to_owned();
    browser.forge(SESSION, &state);
    assert!(!is_signed_in(&mut browser).await);
    browser.forget(SESSION);
    answer.post(&mut browser).await;
    let session = browser.cookie(SESSION).unwrap().to_owned();
    browser.forge(STATE, &session);
    assert_eq!(answer.post(&mut browser).await.status(), 400);
}
