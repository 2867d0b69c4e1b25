//! Large sessions: over several cookies, which are sent, found and deleted together; compressed; and
//! padded.

use crate::client::{Request, Response};
use crate::contract::PADDING;
use crate::site::{BASKET, COOKIE, Site, Visitor};

/// Bytes of a `Set-Cookie` line, by default.
const LINE: usize = 4093;
/// Letters of text for which a session needs three cookies.
const LETTERS: usize = 7000;
const READ: &str = "user Some(7) cart [] note 7000\n";
const ATTRIBUTES: [&str; 4] = ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"];

/// The names of the first pieces of a session.
fn names(count: usize) -> Vec<String> {
    let later = (1..count).map(|digit| format!("{COOKIE}.{digit}"));
    std::iter::once(COOKIE.to_owned()).chain(later).collect()
}

/// The names of the cookies that a response sets, and of those that it deletes, in its order.
fn changes(response: &Response) -> (Vec<String>, Vec<String>) {
    let (deleted, set): (Vec<&str>, Vec<&str>) =
        response.all("set-cookie").into_iter().partition(|line| line.contains("; Max-Age=0"));
    let name = |line: &str| line.split('=').next().unwrap_or_default().to_owned();
    (set.into_iter().map(name).collect(), deleted.into_iter().map(name).collect())
}

/// A visitor whose session is in three cookies.
fn with_three_cookies(site: &Site) -> Visitor<'_> {
    let mut visitor = site.visitor();
    let response = visitor.does(&format!("user=7,fill={LETTERS}"));
    assert_eq!(changes(&response), (names(3), vec![]), "{response:?}");
    visitor
}

pub(super) fn a_session_too_large_for_one_cookie_is_set_in_several(site: &Site) {
    let mut visitor = site.signed_in();
    let response = visitor.does(&format!("fill={LETTERS},size"));
    assert_eq!(response.status, 200);
    assert_eq!(changes(&response), (names(3), vec![]), "{response:?}");
    let lines = response.all("set-cookie");
    for line in &lines {
        let attributes: Vec<&str> = line.split("; ").skip(1).collect();
        assert!(line.len() <= LINE && attributes.contains(&"Max-Age=1209600"), "{line}");
        assert!(ATTRIBUTES.iter().all(|attribute| attributes.contains(attribute)), "{line}");
    }
    let said: usize = response.text().trim().parse().expect("a size");
    assert_eq!(lines.iter().map(|line| line.len()).sum::<usize>(), said);
    let response = visitor.does("read,status");
    assert_eq!(response.text(), format!("{READ}Restored\n"));
    assert_eq!(changes(&response), (vec![], vec![]), "{response:?}");
}

pub(super) fn pieces_are_found_in_any_order(site: &Site) {
    let mut visitor = with_three_cookies(site);
    visitor.jar.0.insert(1, ("theme".into(), "dark".into()));
    for _ in 0..visitor.jar.0.len() {
        visitor.jar.0.rotate_left(1);
        assert_eq!(visitor.does("read").text(), READ);
    }
    visitor.jar.0.reverse();
    assert_eq!(visitor.does("read").text(), READ);
}

pub(super) fn a_missing_piece_gives_no_session_and_deletes_nothing(site: &Site) {
    let whole = with_three_cookies(site);
    for (missing, status) in
        [(0, "New"), (1, "Rejected(PiecesMixed)"), (2, "Rejected(PiecesMixed)")]
    {
        let mut visitor = whole.clone();
        visitor.jar.0.remove(missing);
        let response = visitor.does("read,status");
        assert_eq!(response.text(), format!("user None cart [] note 0\n{status}\n"), "{missing}");
        assert_eq!(changes(&response), (vec![], vec![]), "{response:?}");
        // A write begins a new session, and nothing of the old one is left.
        visitor.does("user=8");
        assert_eq!(visitor.does("read").text(), "user Some(8) cart [] note 0\n");
        assert_eq!(visitor.jar.0.len(), 1);
    }
}

pub(super) fn growing_and_shrinking_leaves_no_piece_behind(site: &Site) {
    let mut visitor = site.signed_in();
    let mut before = 1;
    for (letters, count) in [(9900, 4), (5000, 2), (LETTERS, 3), (100, 1), (9900, 4)] {
        let response = visitor.does(&format!("fill={letters}"));
        let mut no_longer_needed = names(before);
        no_longer_needed.drain(..count.min(before));
        assert_eq!(changes(&response), (names(count), no_longer_needed), "{response:?}");
        assert_eq!(visitor.jar.0.len(), count);
        let read = format!("user Some(7) cart [] note {letters}\n");
        assert_eq!(visitor.does("read").text(), read);
        before = count;
    }
}

pub(super) fn purge_deletes_every_piece(site: &Site) {
    let mut visitor = with_three_cookies(site);
    let response = visitor.does("purge");
    let (set, mut deleted) = changes(&response);
    deleted.sort_unstable();
    assert_eq!((set, deleted), (vec![], names(3)), "{response:?}");
    for line in response.all("set-cookie") {
        assert!(ATTRIBUTES.iter().all(|attribute| line.contains(attribute)), "{line}");
    }
    assert!(visitor.jar.0.is_empty());
}

pub(super) fn a_refresh_sends_every_piece(site: &Site) {
    let mut visitor = with_three_cookies(site);
    site.advance(2 * 86_400);
    let response = visitor.does("read");
    assert_eq!((changes(&response), &*response.text()), ((names(3), vec![]), READ), "{response:?}");
    let response = visitor.does("read");
    assert_eq!((changes(&response), &*response.text()), ((vec![], vec![]), READ), "{response:?}");
}

pub(super) fn every_kind_of_response_sends_every_piece(site: &Site) {
    let fill = format!("user=7,fill={LETTERS}");
    for (path, status) in [
        (format!("/do/{fill},answer=404"), 404),
        (format!("/do/{fill},answer=303,header=location:there"), 303),
        (format!("/early/{fill}"), 403),
        (format!("/failing/{fill}"), 404),
        (format!("/stream/{fill}/read"), 200),
    ] {
        let mut visitor = site.visitor();
        let response = visitor.gets(&path);
        assert_eq!((response.status, changes(&response)), (status, (names(3), vec![])), "{path}");
        assert_eq!(visitor.does("read").text(), READ, "{path}");
    }
    let head = site.send(&Request::new("HEAD", &format!("/do/{fill}")));
    assert_eq!(changes(&head), (names(3), vec![]));
}

pub(super) fn another_set_cookie_beside_pieces_is_kept(site: &Site) {
    let mut visitor = site.signed_in();
    let others = "header=set-cookie:theme=dark,header=set-cookie:lang=en";
    for (steps, count) in [(format!("fill={LETTERS}"), 3), ("purge".to_owned(), 3)] {
        let response = visitor.does(&format!("{steps},{others}"));
        assert_eq!(response.lines("theme"), ["theme=dark"], "{response:?}");
        assert_eq!(response.lines("lang"), ["lang=en"], "{response:?}");
        assert_eq!(response.all("set-cookie").len(), 2 + count, "{response:?}");
    }
}

pub(super) fn a_session_is_compressed_and_padded(site: &Site) {
    let mut visitor = site.visitor();
    // One block more than the shortest session: the other letters take no room.
    let length = |response: &Response| response.lines(BASKET)[0].len();
    let short = visitor.gets("/two/basket=1");
    let long = visitor.gets("/two/basket-fill=5000");
    assert!(length(&long) <= length(&short) + PADDING * 4 / 3 + 2, "{short:?} {long:?}");
    assert_eq!(visitor.gets("/two/basket=0,basket-note").text(), "basket 1\nnote 5000\n");
    // The length says nothing about a few letters.
    let lengths = [1, 5, 9].map(|letters| {
        let response = visitor.gets(&format!("/two/basket-fill={letters}"));
        assert_eq!(visitor.gets("/two/basket-note").text(), format!("note {letters}\n"));
        length(&response)
    });
    assert_eq!(lengths, [length(&short); 3]);
}
