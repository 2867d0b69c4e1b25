//! Timeouts, refreshes and keys. The suite sets the servers' clock; nobody waits.

use crate::site::{COOKIE, Site};

const DAY: u64 = 86_400;
const OUT: &str = "user None cart [] note 0\n";
const IN: &str = "user Some(7) cart [] note 0\n";

pub(super) fn an_idle_session_is_over(site: &Site) {
    let mut visitor = site.signed_in();
    site.advance(14 * DAY - 1);
    assert_eq!(visitor.clone().does("read").text(), IN, "a second before");
    site.advance(1);
    let response = visitor.does("read,status");
    assert_eq!(response.text(), format!("{OUT}Rejected(ExpiredIdle)\n"));
    assert!(response.all("set-cookie").is_empty(), "what does not open is left where it is");
}

pub(super) fn an_old_session_is_over_however_often_it_was_visited(site: &Site) {
    let mut visitor = site.signed_in();
    for _ in 0..2 {
        site.advance(10 * DAY);
        assert_eq!(visitor.does("read").text(), IN);
    }
    site.advance(10 * DAY);
    assert_eq!(visitor.does("read,status").text(), format!("{OUT}Rejected(ExpiredAbsolute)\n"));
}

pub(super) fn a_visit_refreshes_the_cookie_after_a_tenth(site: &Site) {
    let mut visitor = site.signed_in();
    let tenth = 14 * DAY / 10;
    site.advance(tenth - 1);
    assert!(visitor.does("read").lines(COOKIE).is_empty(), "a second before");
    site.advance(1);
    let response = visitor.does("read,expires");
    assert_eq!(response.lines(COOKIE).len(), 1);
    assert!(response.lines(COOKIE)[0].contains("Max-Age=1209600"), "{response:?}");
    assert_eq!(visitor.does("read").text(), IN);
}

pub(super) fn a_poll_can_leave_out_its_refresh(site: &Site) {
    let mut visitor = site.signed_in();
    site.advance(2 * DAY);
    assert!(visitor.does("read,no-refresh").lines(COOKIE).is_empty());
    assert_eq!(visitor.does("read").lines(COOKIE).len(), 1);
}

pub(super) fn a_session_can_end_with_the_browser(site: &Site) {
    let response = site.visitor().does("user=7,browser-session");
    assert!(!response.lines(COOKIE)[0].contains("Max-Age"), "{response:?}");
}

pub(super) fn a_session_can_have_an_end_of_its_own(site: &Site) {
    let mut visitor = site.signed_in();
    let response = visitor.does("idle=60,expires");
    assert_eq!(response.text(), "60\n");
    assert!(response.lines(COOKIE)[0].contains("Max-Age=60"), "{response:?}");
    site.advance(60);
    assert_eq!(visitor.does("read").text(), OUT);
}

pub(super) fn keys_rotate_in_the_middle_of_traffic(site: &Site) {
    let mut visitor = site.signed_in();
    // The version and the key's id stand in the first characters of the value.
    let key = |visitor: &crate::site::Visitor<'_>| visitor.jar.value(COOKIE)[..6].to_owned();
    let mut keys = vec![key(&visitor)];
    for article in 0..9 {
        if article % 3 == 0 {
            assert_eq!(site.control("rotate"), "ok");
        }
        assert_eq!(visitor.does(&format!("push={article}")).status, 200);
        keys.push(key(&visitor));
    }
    assert_eq!(
        visitor.does("read").text(),
        "user Some(7) cart [0, 1, 2, 3, 4, 5, 6, 7, 8] note 0\n"
    );
    keys.dedup();
    assert_eq!(keys.len(), 4, "each new key sealed: {keys:?}");
}

pub(super) fn a_session_under_a_forgotten_key_is_over_and_its_cookie_stays(site: &Site) {
    let mut visitor = site.signed_in();
    assert_eq!(site.control("forget"), "ok");
    let response = visitor.does("read,status");
    assert_eq!(response.text(), format!("{OUT}Rejected(UnknownKey)\n"));
    assert!(response.all("set-cookie").is_empty(), "another server may know the key");
}
