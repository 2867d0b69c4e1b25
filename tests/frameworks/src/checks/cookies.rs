//! What requests bring: the cookie is found in the bytes of the `Cookie` fields, and nothing that
//! only looks like it.

use crate::client::{Jar, Request, Response};
use crate::site::{COOKIE, Site};

const IN: &str = "user Some(7) cart [] note 0\n";
const OUT: &str = "user None cart [] note 0\n";

fn read() -> Request {
    Request::get("/do/read")
}

/// The good cookie of a visitor, `name=value`.
fn good(site: &Site) -> String {
    format!("{COOKIE}={}", site.signed_in().jar.value(COOKIE))
}

fn says(response: &Response, text: &str) {
    assert_eq!((response.status, &*response.text()), (200, text), "{response:?}");
}

pub(super) fn a_tampered_cookie_is_refused_and_left_where_it_is(site: &Site) {
    let value = site.signed_in().jar.value(COOKIE);
    for at in [0, 3, 8, 20, 40, 60, value.len() - 2] {
        let mut bytes = value.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let tampered = String::from_utf8(bytes).expect("ASCII");
        let response = site.send(&read().with("cookie", format!("{COOKIE}={tampered}")));
        says(&response, OUT);
        assert!(response.all("set-cookie").is_empty(), "{response:?}");
    }
}

pub(super) fn of_several_cookies_the_one_issued_last_counts(site: &Site) {
    let old = good(site);
    site.advance(10);
    let mut visitor = site.visitor();
    visitor.does("user=8");
    let new = format!("{COOKIE}={}", visitor.jar.value(COOKIE));
    for cookies in [format!("{old}; {new}"), format!("{new}; {old}")] {
        says(&site.send(&read().with("cookie", cookies)), "user Some(8) cart [] note 0\n");
    }
}

pub(super) fn junk_beside_a_good_cookie_does_no_harm(site: &Site) {
    let good = good(site);
    let junk = format!(
        "{COOKIE}=junk; {COOKIE}=; {COOKIE}=\"quoted\"; {COOKIE}; ={COOKIE}; ;;; {COOKIE}={}",
        "A".repeat(300)
    );
    for cookies in [
        format!("{junk}; {good}"),
        format!("{good}; {junk}"),
        format!("a=b;{good};c=d"),
        format!(" \t{good}\t ; x=1"),
    ] {
        let response = site.send(&read().with("cookie", &cookies));
        says(&response, IN);
        assert!(response.all("set-cookie").is_empty(), "{response:?}");
    }
}

pub(super) fn cookies_are_found_in_several_fields(site: &Site) {
    let good = good(site);
    says(&site.send(&read().with("cookie", "a=1").with("cookie", &good).with("cookie", "b=2")), IN);
    says(&site.send(&read().with("cookie", format!("{COOKIE}=junk")).with("cookie", &good)), IN);
    let mut visitor = site.visitor();
    visitor.does("user=7,fill=7000");
    assert_eq!(visitor.jar.0.len(), 3);
    let request = visitor.jar.apart_on(read().with("cookie", "a=1"));
    says(&site.send(&request.with("cookie", "b=2")), "user Some(7) cart [] note 7000\n");
}

pub(super) fn cookies_are_found_in_the_fields_of_http_2(site: &Site) {
    let good = good(site);
    let request = read().with("cookie", "a=1").with("cookie", &good).with("cookie", "b=2");
    says(&request.send_h2(site.open_standard()), IN);
    // As large as a session can be.
    let mut jar = Jar::default();
    jar.take(&Request::get("/do/user=7,fill=9900").send_h2(site.open_standard()));
    assert_eq!(jar.0.len(), 4);
    let request = jar.apart_on(read().with("cookie", "a=1"));
    says(&request.send_h2(site.open_standard()), "user Some(7) cart [] note 9900\n");
}

pub(super) fn a_percent_encoded_name_is_not_ours(site: &Site) {
    let value = site.signed_in().jar.value(COOKIE);
    for name in ["%5F%5FHost-Http-session", "__Host-Http%2Dsession", "__host-http-session"] {
        let response =
            site.send(&Request::get("/do/read,status").with("cookie", format!("{name}={value}")));
        says(&response, &format!("{OUT}New\n"));
    }
}

pub(super) fn a_name_behind_an_odd_blank_is_not_ours(site: &Site) {
    let value = site.signed_in().jar.value(COOKIE);
    // U+2000 and U+00A0 in UTF-8, U+00A0 in Latin-1: a sibling domain may set each of these.
    for blank in [&b"\xe2\x80\x80"[..], b"\xc2\xa0", b"\xa0"] {
        let cookie = [blank, COOKIE.as_bytes(), b"=", value.as_bytes()].concat();
        says(
            &site.send(&Request::get("/do/read,status").with("cookie", cookie)),
            &format!("{OUT}New\n"),
        );
    }
}

pub(super) fn a_good_cookie_is_found_among_a_thousand(site: &Site) {
    let good = good(site);
    let others: Vec<String> = (0..1000).map(|number| format!("c{number}={number}")).collect();
    let cookies = format!("{}; {good}; {}", others[..500].join("; "), others[500..].join("; "));
    says(&site.send(&read().with("cookie", cookies)), IN);
}

pub(super) fn a_good_cookie_is_found_beside_a_field_that_is_not_utf_8(site: &Site) {
    let good = good(site);
    says(&site.send(&read().with("cookie", b"odd=\xff\xfe").with("cookie", &good)), IN);
}

pub(super) fn a_good_cookie_is_found_beside_one_that_is_not_utf_8(site: &Site) {
    let good = good(site);
    let cookies = [b"odd=\xff\xfe; ", good.as_bytes(), b"; more=\xe9"].concat();
    says(&site.send(&read().with("cookie", cookies)), IN);
}

pub(super) fn a_header_beyond_the_limit_is_4xx_and_the_server_lives_on(site: &Site) {
    let good = good(site);
    let cookies = format!("{good}; junk={}", "x".repeat(2 * 1024 * 1024));
    let response = read()
        .with("cookie", cookies)
        .send_or_cut(site.open_standard())
        .expect("an answer before the connection ends");
    assert!((400..500).contains(&response.status), "{}", response.status);
    says(&site.send(&read().with("cookie", good)), IN);
}

pub(super) fn a_form_of_another_site_is_cross_site(site: &Site) {
    let refused = site.send(&Request::form("/do/push=1", "cross-site", "a=b"));
    assert_eq!((refused.status, refused.all("set-cookie").len()), (403, 0), "{refused:?}");
    let read = site.send(&Request::form("/do/status", "cross-site", "a=b"));
    says(&read, "CrossSite\n");
    for site_of in ["same-origin", "same-site", "none"] {
        assert_eq!(site.send(&Request::form("/do/push=1", site_of, "a=b")).lines(COOKIE).len(), 1);
    }
    // Where the cookie came, nothing was held back.
    let visitor = site.signed_in();
    let came = site.send(&visitor.jar.on(Request::form("/do/push=1", "cross-site", "a=b")));
    assert_eq!((came.status, came.lines(COOKIE).len()), (200, 1), "{came:?}");
}

pub(super) fn a_form_cannot_hide_its_method(site: &Site) {
    let hidden = site.send(&Request::form("/do/push=1", "cross-site", "_method=get"));
    assert_eq!((hidden.status, hidden.all("set-cookie").len()), (403, 0), "{hidden:?}");
}

pub(super) fn a_sign_in_from_another_site_works(site: &Site) {
    for steps in ["renew,user=7", "set=7"] {
        let response = site.send(&Request::form(&format!("/do/{steps}"), "cross-site", "a=b"));
        assert_eq!(
            (response.status, response.lines(COOKIE).len()),
            (200, 1),
            "{steps}: {response:?}"
        );
    }
}
