//! Shared caches in front of the site. What a response sets or reads of a session never reaches
//! another visitor. The same pages without this crate's response fields do, which shows that these
//! tests can fail.

use crate::support::{Running, run};
use sealed_session_proxies::client::{Address, Answer};
use sealed_session_proxies::tables::{document, table};

/// Whom a page reached that depends on the session.
#[derive(Debug, PartialEq, Eq)]
enum Page {
    /// Each response reached one visitor, once.
    NotStored,
    /// A stored response reached the same visitor again, and nobody else.
    KeptForOne,
    /// Another visitor got it.
    Leaked,
}
use Page::{KeptForOne, Leaked, NotStored};

/// What becomes of two pages that may be cached: one that reads the session, and one that gives a
/// session to visitors who have none. First with this crate's response fields, then without.
async fn pages(cache: Address) -> [[Page; 2]; 2] {
    let (one, two) = (get(cache, "/shop/public", &[]).await, get(cache, "/shop/public", &[]).await);
    assert_eq!(id(&one), id(&two), "the cache stores nothing");
    [
        [reading(cache, "/shop/page").await, setting(cache, "/shop/first").await],
        [reading(cache, "/without/page").await, setting(cache, "/without/first").await],
    ]
}

/// Two visitors and one without a session read the page, and the first reads it again.
async fn reading(cache: Address, path: &str) -> Page {
    let ana = cache.post("/shop/sign-in?name=Ana", &[]).await.cookies();
    let ben = cache.post("/shop/sign-in?name=Ben", &[]).await.cookies();
    assert_eq!((ana.len(), ben.len()), (1, 1));
    let visitors: [(&[String], _); 4] = [
        (&ana, "Hello, Ana"),
        (&ben, "Hello, Ben"),
        (&[], "Hello, stranger"),
        (&ana, "Hello, Ana"),
    ];
    let mut ids = vec![];
    for (cookies, own) in visitors {
        let page = get(cache, path, cookies).await;
        if page.body != own {
            return Leaked;
        }
        ids.push(id(&page));
    }
    if ids[0] == ids[3] { KeptForOne } else { NotStored }
}

/// Two visitors without a session come one after the other.
async fn setting(cache: Address, path: &str) -> Page {
    let (ana, ben) = (get(cache, path, &[]).await, get(cache, path, &[]).await);
    assert_eq!(ana.lines().len(), 1);
    if id(&ana) == id(&ben) {
        assert_eq!((&ana.body, ana.cookies()), (&ben.body, ben.cookies()));
        return Leaked;
    }
    NotStored
}

async fn get(cache: Address, path: &str, cookies: &[String]) -> Answer {
    let page = cache.get(path, cookies).await;
    assert!(page.outcome.passed(), "{path}: {:?}", page.outcome);
    page
}

/// The number that the site gave the response, and no other.
fn id(answer: &Answer) -> String {
    answer.headers["x-request-id"].to_str().unwrap().to_owned()
}

/// Asserts what becomes of the pages, and that the document's table has the same.
fn check(proxy: &'static str, listener: &'static str, row: &'static str, expected: [[Page; 2]; 2]) {
    run(async move |running: &'static Running| {
        let found = pages(running.setup(proxy).at(listener)).await;
        assert_eq!(found, expected, "with this crate's fields, and without");
        let [[reads, sets], [reads_without, sets_without]] = found.map(|found| found.map(words));
        let rows = table(&document(), "caches");
        let cells = rows.iter().find(|cells| cells[0] == row).expect("a row");
        assert_eq!(cells[1..], [reads, reads_without, sets, sets_without], "{row}");
    });
}

fn words(page: Page) -> &'static str {
    match page {
        NotStored => "not stored",
        KeptForOne => "stored for the same visitor",
        Leaked => "leaks",
    }
}

#[test]
fn nginx_stores_no_page_with_a_session() {
    let expected = [[NotStored, NotStored], [Leaked, NotStored]];
    check("nginx", "cache", "nginx `proxy_cache`", expected);
}

#[test]
fn nor_does_nginx_that_ignores_set_cookie() {
    let expected = [[NotStored, NotStored], [Leaked, Leaked]];
    let row = "nginx, `proxy_ignore_headers Set-Cookie`";
    check("nginx", "cache that ignores Set-Cookie", row, expected);
}

#[test]
fn nginx_that_ignores_cache_control_stores_a_page_for_one_visitor() {
    let expected = [[KeptForOne, NotStored], [Leaked, NotStored]];
    let row = "nginx, `proxy_ignore_headers Cache-Control`";
    check("nginx", "cache that ignores Cache-Control", row, expected);
}

/// No response field prevents it.
#[test]
fn nginx_that_ignores_both_hands_out_new_sessions() {
    let expected = [[KeptForOne, Leaked], [Leaked, Leaked]];
    let row = "nginx, `proxy_ignore_headers Set-Cookie Cache-Control`";
    check("nginx", "cache that ignores both", row, expected);
}

/// The built-in rules also pass every request with a cookie, so they are safe without this crate's
/// fields.
#[test]
fn varnish_stores_no_page_with_a_session() {
    let expected = [[NotStored, NotStored], [NotStored, NotStored]];
    check("Varnish", "cache", "Varnish, built-in rules", expected);
}

#[test]
fn nor_does_varnish_that_looks_up_requests_with_cookies() {
    let expected = [[NotStored, NotStored], [Leaked, NotStored]];
    let row = "Varnish, `return (hash)` in `vcl_recv`";
    check("Varnish", "cache that looks up requests with cookies", row, expected);
}

/// No response field prevents it.
#[test]
fn varnish_without_its_rules_for_responses_hands_out_new_sessions() {
    let expected = [[KeptForOne, Leaked], [Leaked, Leaked]];
    let row = "Varnish, also `return (deliver)` in `vcl_backend_response`";
    check("Varnish", "cache that stores every response", row, expected);
}
