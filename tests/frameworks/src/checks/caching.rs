//! What a response says to caches, beside what the handler said.

use crate::client::Response;
use crate::site::{COOKIE, Site};

fn lists(response: &Response) -> (Vec<String>, Vec<String>) {
    (response.list("vary"), response.list("cache-control"))
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).into()
}

pub(super) fn a_touched_response_is_private_and_varies(site: &Site) {
    for steps in ["read", "id", "expires", "status", "size", "push=1", "purge", "flashes"] {
        let response = site.signed_in().does(steps);
        assert_eq!(
            lists(&response),
            (words(["cookie"]), words(["private"])),
            "{steps}: {response:?}"
        );
    }
    assert_eq!(
        lists(&site.visitor().does("read")),
        (words(["cookie"]), words(["private"])),
        "without a session too"
    );
}

pub(super) fn vary_is_merged(site: &Site) {
    let mut visitor = site.signed_in();
    let vary = |response: Response| response.list("vary");
    assert_eq!(
        vary(visitor.does("read,header=vary:accept+accept-encoding")),
        ["accept", "accept-encoding", "cookie"]
    );
    assert_eq!(
        vary(visitor.does("read,header=vary:accept,header=vary:origin")),
        ["accept", "origin", "cookie"]
    );
    assert_eq!(vary(visitor.does("read,header=vary:cookie")), ["cookie"]);
    assert_eq!(vary(visitor.does("push=1,header=vary:*")), ["*"]);
}

pub(super) fn cache_control_is_merged(site: &Site) {
    let response = site.signed_in().does("read,header=cache-control:max-age=60");
    assert_eq!(response.list("cache-control"), ["max-age=60", "private"], "{response:?}");
    let response = site.signed_in().does("read,header=cache-control:private");
    assert_eq!(response.list("cache-control"), ["private"], "{response:?}");
}

pub(super) fn a_public_response_may_read(site: &Site) {
    let response = site.signed_in().does("read,header=cache-control:public+max-age=60");
    assert_eq!(
        lists(&response),
        (words(["cookie"]), words(["public", "max-age=60"])),
        "{response:?}"
    );
}

pub(super) fn what_sets_the_cookie_is_never_public(site: &Site) {
    for steps in ["push=1", "purge"] {
        let response = site
            .signed_in()
            .does(&format!("{steps},header=cache-control:public+s-maxage=60+max-age=5"));
        assert_eq!(response.lines(COOKIE).len(), 1);
        assert_eq!(
            lists(&response),
            (words(["cookie"]), words(["max-age=5", "private"])),
            "{response:?}"
        );
    }
}

pub(super) fn no_store_is_never_weakened(site: &Site) {
    for steps in ["read", "push=1", "purge"] {
        let response = site.signed_in().does(&format!("{steps},header=cache-control:no-store"));
        assert_eq!(response.list("cache-control"), ["no-store"], "{response:?}");
    }
}

pub(super) fn a_cdn_is_told_not_to_store_the_cookie(site: &Site) {
    for field in ["cdn-cache-control", "surrogate-control", "cloudflare-cdn-cache-control"] {
        let response = site.signed_in().does(&format!("push=1,header={field}:max-age=60"));
        assert_eq!(response.all(field), ["no-store"], "{response:?}");
        let response = site.signed_in().does(&format!("read,header={field}:max-age=60"));
        assert_eq!(response.all(field), ["max-age=60"], "{response:?}");
    }
}

pub(super) fn a_public_response_refreshes_nothing(site: &Site) {
    let mut visitor = site.signed_in();
    site.advance(2 * 86_400);
    let response = visitor.does("read,header=cache-control:public");
    assert!(response.lines(COOKIE).is_empty(), "{response:?}");
    assert_eq!(visitor.does("read").lines(COOKIE).len(), 1);
}
