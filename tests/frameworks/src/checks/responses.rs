//! What becomes of the session by the way in which a request is answered.

use crate::client::Request;
use crate::site::{COOKIE, Site, Visitor};

const BEFORE: &str = "user Some(7) cart [] note 0\n";
const AFTER: &str = "user Some(7) cart [1] note 0\n";

pub(super) fn a_4xx_saves(site: &Site) {
    for status in [400, 404, 418, 499] {
        let mut visitor = site.signed_in();
        let response = visitor.does(&format!("push=1,answer={status}"));
        assert_eq!((response.status, response.lines(COOKIE).len()), (status, 1), "{response:?}");
        assert_eq!(visitor.does("read").text(), AFTER);
    }
}

pub(super) fn a_5xx_saves_nothing(site: &Site) {
    for status in [500, 502, 503] {
        let mut visitor = site.signed_in();
        site.advance(2 * 86_400);
        let response = visitor.does(&format!("push=1,answer={status}"));
        assert_eq!((response.status, response.lines(COOKIE).len()), (status, 0), "{response:?}");
        assert!(
            response.list("vary").contains(&"cookie".to_owned()),
            "it was touched all the same: {response:?}"
        );
        assert_eq!(visitor.does("read").text(), BEFORE);
    }
}

pub(super) fn a_redirect_saves(site: &Site) {
    for status in [302, 303, 307] {
        let mut visitor = site.signed_in();
        let response = visitor.does(&format!("push=1,answer={status},header=location:there"));
        assert_eq!((response.status, response.lines(COOKIE).len()), (status, 1), "{response:?}");
        assert_eq!(response.all("location"), ["there"]);
        assert_eq!(visitor.does("read").text(), AFTER);
    }
}

pub(super) fn a_304_saves_a_change_and_refreshes_nothing(site: &Site) {
    let mut visitor = site.signed_in();
    site.advance(2 * 86_400);
    let response = visitor.does("no-refresh,nothing,answer=304");
    assert_eq!((response.status, response.lines(COOKIE).len()), (304, 0));
    // A 304 has no body, so nothing is said; it is touched by `push` alone.
    assert_eq!(visitor.clone().does("same,answer=304").lines(COOKIE).len(), 0, "a refresh was due");
    assert_eq!(visitor.does("push=1,answer=304").lines(COOKIE).len(), 1);
}

pub(super) fn head_is_as_get(site: &Site) {
    let visitor = site.signed_in();
    site.advance(2 * 86_400);
    let response = site.send(&visitor.jar.on(Request::new("HEAD", "/do/read")));
    assert_eq!(
        (response.status, response.lines(COOKIE).len(), response.body.len()),
        (200, 1, 0),
        "{response:?}"
    );
}

/// A handler writes and panics. The connection may be cut, as hyper does.
fn panic_after(steps: &str, visitor: &Visitor<'_>, site: &Site) {
    let request = visitor.jar.on(Request::get(&format!("/panic/{steps}")));
    if let Ok(response) = request.send_or_cut(site.open_standard()) {
        assert_eq!((response.status, response.lines(COOKIE).len()), (500, 0), "{response:?}");
    }
}

pub(super) fn a_panic_saves_nothing(site: &Site) {
    let mut visitor = site.signed_in();
    panic_after("push=1", &visitor, site);
    assert_eq!(visitor.does("read").text(), BEFORE);
}

pub(super) fn a_handle_that_outlives_a_panic_cannot_write(site: &Site) {
    panic_after("push=1,keep", &site.signed_in(), site);
    let late = site.control("kept=push=2");
    assert!(late.contains("the response was already sent"), "{late}");
}

pub(super) fn purge_is_carried_out_on_a_5xx(site: &Site) {
    let response = site.signed_in().does("purge,answer=502");
    assert_eq!(response.status, 502);
    assert!(response.lines(COOKIE)[0].contains("Max-Age=0"), "{response:?}");
}

pub(super) fn what_is_too_large_is_500_and_the_session_stays(site: &Site) {
    let mut visitor = site.signed_in();
    let response = visitor.does("push=1,fill=20000");
    assert_eq!((response.status, response.lines(COOKIE).len()), (500, 0), "{response:?}");
    assert_eq!(visitor.does("read").text(), BEFORE);
    assert_eq!(visitor.does("fill=2000,size").status, 200, "what fits is saved");
    assert_eq!(visitor.does("read").text(), "user Some(7) cart [] note 2000\n");
}

pub(super) fn a_handlers_session_error_has_its_status(site: &Site) {
    let mut visitor = site.signed_in();
    for (word, status, retry_after) in
        [("cross-site", 403, None), ("unreadable", 503, Some("1")), ("too-large", 500, None)]
    {
        let response = visitor.does(&format!("error={word}"));
        assert_eq!(
            (response.status, response.all("retry-after").first().copied()),
            (status, retry_after),
            "{response:?}"
        );
        let body = response.text();
        assert!(
            !["5000", "4093", "session", "cookie"].iter().any(|word| body.contains(word)),
            "the client learns nothing: {body}"
        );
    }
}

pub(super) fn an_early_answer_of_a_middleware_saves(site: &Site) {
    let mut visitor = site.signed_in();
    let response = visitor.gets("/early/push=1");
    assert_eq!((response.status, response.lines(COOKIE).len()), (403, 1), "{response:?}");
    assert_eq!(visitor.does("read").text(), AFTER);
}

pub(super) fn an_error_of_a_middleware_saves(site: &Site) {
    let mut visitor = site.signed_in();
    let response = visitor.gets("/failing/push=1");
    assert_eq!((response.status, response.lines(COOKIE).len()), (404, 1), "{response:?}");
    assert!(response.list("vary").contains(&"cookie".to_owned()), "{response:?}");
    assert_eq!(visitor.does("read").text(), AFTER);
}

pub(super) fn an_error_of_a_middleware_without_a_touch_says_nothing(site: &Site) {
    let response = site.signed_in().gets("/failing/nothing");
    assert_eq!(response.status, 404);
    for name in ["set-cookie", "vary", "cache-control"] {
        assert!(response.all(name).is_empty(), "{response:?}");
    }
}

pub(super) fn another_set_cookie_of_the_handler_is_kept(site: &Site) {
    let mut visitor = site.signed_in();
    let response = visitor.does("push=1,header=set-cookie:theme=dark,header=set-cookie:lang=en");
    assert_eq!(
        (response.lines("theme"), response.lines("lang")),
        (vec!["theme=dark"], vec!["lang=en"]),
        "{response:?}"
    );
    assert_eq!(response.lines(COOKIE).len(), 1);
    let purge = visitor.does("purge,header=set-cookie:theme=light");
    assert_eq!(purge.all("set-cookie").len(), 2, "{purge:?}");
}
