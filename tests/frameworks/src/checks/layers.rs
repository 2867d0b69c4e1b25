//! Several sessions, several layers, several visitors, and the mistakes that an application can
//! make.

use crate::client::Request;
use crate::contract::App;
use crate::site::{BASKET, COOKIE, Site};
use std::net::SocketAddr;

pub(super) fn two_sessions_live_side_by_side(site: &Site) {
    let mut visitor = site.visitor();
    let response = visitor.gets("/two/user=7,basket=3");
    assert_eq!(
        (response.lines(COOKIE).len(), response.lines(BASKET).len()),
        (1, 1),
        "{response:?}"
    );
    assert_eq!(
        visitor.gets("/two/read,basket=4").text(),
        "user Some(7) cart [] note 0\nbasket 7\n"
    );
    let response = visitor.gets("/two/purge");
    assert_eq!(
        (response.lines(COOKIE).len(), response.lines(BASKET).len()),
        (1, 0),
        "{response:?}"
    );
    assert_eq!(visitor.gets("/two/read,basket=0").text(), "user None cart [] note 0\nbasket 7\n");
}

pub(super) fn the_session_stands_anywhere_among_the_arguments(site: &Site) {
    let request = Request::new("POST", "/order/there?q=why").with("x-word", "because").body("all");
    let request = request.with("content-type", "text/plain");
    assert_eq!(site.signed_in().send(request).text(), "POST there why because all Some(7)\n");
}

pub(super) fn visitors_at_the_same_time_have_each_their_own(site: &Site) {
    let address: SocketAddr = site.open_standard();
    let visit = |user: u32| {
        let mut jar = crate::client::Jar::default();
        let mut does = |steps: String| {
            let response = jar.on(Request::get(&format!("/do/{steps}"))).send(address);
            jar.take(&response);
            response
        };
        does(format!("user={user}"));
        for article in 0..10 {
            assert_eq!(does(format!("push={article}")).status, 200);
        }
        assert_eq!(
            does("read".to_owned()).text(),
            format!("user Some({user}) cart [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] note 0\n")
        );
    };
    std::thread::scope(|scope| (0..16).for_each(|user| drop(scope.spawn(move || visit(user)))));
}

pub(super) fn a_missing_layer_is_500_and_the_log_says_what_to_add(site: &Site) {
    let response = site.visitor().gets("/missing");
    assert_eq!(response.status, 500, "{response:?}");
    assert!(!response.text().contains("Other"), "the client learns nothing: {response:?}");
    site.logs(&["contract::Other", ": add .", COOKIE]);
}

pub(super) fn the_same_layer_twice_commits_once(site: &Site) {
    let response = site.send_to(App::Twice, &Request::get("/do/user=7"));
    assert_eq!((response.status, response.lines(COOKIE).len()), (200, 1), "{response:?}");
}

/// Refused at launch, or at the first request, by a sentence with these words.
fn refused(site: &Site, app: App, words: &[&str]) {
    if let Ok(address) = site.address(app) {
        let response = Request::get("/plain").send(address);
        assert_eq!((response.status, response.lines(COOKIE).len()), (500, 0), "{response:?}");
    }
    let cookie = site.cookie(app);
    site.logs(&[words, &[&*cookie]].concat());
}

pub(super) fn two_types_with_one_cookie_are_refused_by_name(site: &Site) {
    refused(site, App::SameCookie, &["share the cookie", "cookie_name"]);
}

pub(super) fn one_type_with_two_cookies_is_refused_by_name(site: &Site) {
    refused(site, App::SameType, &["share the type", "Visit", "wrap it in a newtype"]);
}

pub(super) fn two_sessions_with_one_endpoint_are_refused_by_name(site: &Site) {
    refused(site, App::SameEndpoint, &["both answer /dbsc/register", "DeviceBound::at"]);
}
