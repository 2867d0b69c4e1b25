//! New, changed, unchanged, untouched, ended.

use crate::client::{Request, Response};
use crate::contract::App;
use crate::site::{COOKIE, Site};

pub(super) fn a_first_write_sets_the_cookie(site: &Site) {
    let mut visitor = site.visitor();
    let response = visitor.does("user=7");
    assert_eq!((response.status, response.lines(COOKIE).len()), (200, 1), "{response:?}");
    assert_eq!(visitor.does("read,status").text(), "user Some(7) cart [] note 0\nRestored\n");
}

pub(super) fn the_cookie_has_its_attributes(site: &Site) {
    let response = site.visitor().does("user=7");
    let line = response.lines(COOKIE)[0];
    let mut attributes: Vec<&str> = line.split("; ").skip(1).collect();
    attributes.sort_unstable();
    assert_eq!(
        attributes,
        ["HttpOnly", "Max-Age=1209600", "Path=/", "SameSite=Lax", "Secure"],
        "{line}"
    );
}

pub(super) fn a_change_sends_the_cookie_anew(site: &Site) {
    let mut visitor = site.signed_in();
    let before = visitor.jar.value(COOKIE);
    assert_eq!(visitor.does("push=1").lines(COOKIE).len(), 1);
    assert_ne!(visitor.jar.value(COOKIE), before);
    assert_eq!(visitor.does("read").text(), "user Some(7) cart [1] note 0\n");
}

pub(super) fn an_update_that_changes_nothing_sends_nothing(site: &Site) {
    let response = site.signed_in().does("same,push=1,read,empty,user=7,read");
    assert_eq!(response.lines(COOKIE).len(), 0, "the bytes end as they began: {response:?}");
    assert_eq!(site.signed_in().does("same").lines(COOKIE).len(), 0);
}

pub(super) fn an_untouched_response_is_that_without_the_layer(site: &Site) {
    let visitor = site.signed_in();
    site.advance(2 * 86_400);
    let undated = |response: Response| {
        let mut fields: Vec<_> =
            response.fields.into_iter().filter(|(name, _)| name != "date").collect();
        // Two servers of one framework may write them in another order.
        fields.sort_unstable();
        (response.status, fields, response.body)
    };
    for (method, path) in [("GET", "/plain"), ("HEAD", "/plain"), ("GET", "/nowhere")] {
        let request = visitor.jar.on(Request::new(method, path));
        let [with, without] =
            [App::Standard, App::Bare].map(|app| undated(site.send_to(app, &request)));
        assert_eq!(with, without, "{method} {path}");
    }
}

pub(super) fn a_session_that_is_asked_for_and_not_touched_says_nothing(site: &Site) {
    let mut visitor = site.signed_in();
    site.advance(2 * 86_400);
    let response = visitor.does("nothing");
    assert_eq!(response.status, 200);
    for name in ["set-cookie", "vary", "cache-control"] {
        assert!(response.all(name).is_empty(), "{response:?}");
    }
}

pub(super) fn purge_deletes_the_cookie_with_every_attribute(site: &Site) {
    let mut visitor = site.signed_in();
    let response = visitor.does("purge");
    let lines = response.lines(COOKIE);
    assert_eq!(lines.len(), 1, "{response:?}");
    let mut parts: Vec<&str> = lines[0].split("; ").collect();
    parts.sort_unstable();
    assert_eq!(
        parts,
        ["HttpOnly", "Max-Age=0", "Path=/", "SameSite=Lax", "Secure", &format!("{COOKIE}=")]
    );
    assert_eq!(visitor.does("read,status").text(), "user None cart [] note 0\nNew\n");
    assert_eq!(
        visitor.does("purge").lines(COOKIE).len(),
        0,
        "nothing came, and nothing is deleted"
    );
}

pub(super) fn renew_keeps_the_data_under_a_new_id(site: &Site) {
    let mut visitor = site.signed_in();
    let id = |visitor: &mut crate::site::Visitor<'_>| visitor.does("id").text();
    visitor.does("renew");
    let first = id(&mut visitor);
    assert_eq!(visitor.does("renew").lines(COOKIE).len(), 1);
    let second = id(&mut visitor);
    assert!(
        first.contains("Some") && second.contains("Some") && first != second,
        "{first} {second}"
    );
    assert_eq!(visitor.does("read").text(), "user Some(7) cart [] note 0\n");
}

pub(super) fn an_empty_session_sets_no_cookie(site: &Site) {
    for steps in ["read", "renew", "idle=60", "user=7,empty", "status"] {
        let response = site.visitor().does(steps);
        assert_eq!(
            (response.status, response.lines(COOKIE).len()),
            (200, 0),
            "{steps}: {response:?}"
        );
    }
}

pub(super) fn an_update_that_empties_the_session_deletes_its_cookie(site: &Site) {
    let response = site.signed_in().does("empty");
    assert!(response.lines(COOKIE)[0].contains("Max-Age=0"), "{response:?}");
}

pub(super) fn a_flash_message_is_shown_once(site: &Site) {
    let mut visitor = site.signed_in();
    visitor.does("flash=saved");
    assert_eq!(visitor.does("flashes").text(), "saved\n");
    assert_eq!(visitor.does("flashes").text(), "\n");
}

pub(super) fn signing_out_leaves_its_message_and_then_nothing(site: &Site) {
    let mut visitor = site.signed_in();
    visitor.does("purge,flash=out");
    assert_eq!(visitor.does("flashes,read").text(), "out\nuser None cart [] note 0\n");
    assert!(visitor.jar.0.is_empty(), "the cookie went with the page that showed the message");
}
