//! Shared caches in front of the site. What a response sets or reads of a session is never stored
//! for another visitor. The same pages without this crate's response fields are, which shows that
//! these tests can fail.

use crate::support::running;
use sealed_session_proxies::client::{Address, Outcome};
use sealed_session_proxies::setups::Setup;

const WITH: &str = "/shop";
const WITHOUT: &str = "/without";

/// How far one visitor's page went.
#[derive(Debug, PartialEq, Eq)]
enum Page {
    /// Every visitor got their own.
    Own,
    /// Another visitor got it.
    Leaked,
}
use Page::{Leaked, Own};

async fn sign_in(cache: Address, name: &str) -> Vec<String> {
    let answer = cache.post(&format!("/shop/sign-in?name={name}"), &[]).await;
    assert!(answer.outcome.passed(), "{:?}", answer.outcome);
    answer.cookies()
}

/// Two visitors and a stranger read a page that may be cached and depends on the session.
async fn reading(cache: Address, site: &str) -> Page {
    let (ana, ben) = (sign_in(cache, "Ana").await, sign_in(cache, "Ben").await);
    let path = format!("{site}/page");
    let mut leaked = false;
    let visitors: [(&[String], &str); 4] =
        [(&ana, "Hello, Ana"), (&ben, "Hello, Ben"), (&[], "Hello, stranger"), (&ana, "Hello, Ana")];
    for (cookies, own) in visitors {
        let page = cache.get(&path, cookies).await;
        assert!(page.outcome.passed(), "{:?}", page.outcome);
        leaked |= page.body != own;
    }
    if leaked { Leaked } else { Own }
}

/// Two visitors without a session get one from a page that may be cached.
async fn setting(cache: Address, site: &str) -> Page {
    let path = format!("{site}/first");
    let (ana, ben) = (cache.get(&path, &[]).await, cache.get(&path, &[]).await);
    assert_eq!(ana.lines().len(), 1);
    if ana.body == ben.body || ana.lines() == ben.lines() {
        assert_eq!((ana.body, ana.cookies()), (ben.body, ben.cookies()), "one visitor's page with another's session");
        return Leaked;
    }
    Own
}

/// Whether a page without a session comes from the cache.
async fn caches(cache: Address) -> bool {
    let (one, two) = (cache.get("/shop/public", &[]).await, cache.get("/shop/public", &[]).await);
    assert!(one.outcome.passed() && two.outcome.passed());
    // The site numbers its responses.
    one.headers["x-request-id"] == two.headers["x-request-id"]
}

/// What each of the pages does: reading and setting, with this crate's fields and without.
async fn all(setup: &Setup, listener: &str) -> [[Page; 2]; 2] {
    let cache = setup.at(listener);
    assert!(caches(cache).await, "{listener} stores nothing");
    [
        [reading(cache, WITH).await, setting(cache, WITH).await],
        [reading(cache, WITHOUT).await, setting(cache, WITHOUT).await],
    ]
}
