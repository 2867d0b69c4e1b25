//! What outlives the handler: streams, sockets, handles.

use crate::client::{Request, Socket};
use crate::site::{COOKIE, Site};

pub(super) fn a_streaming_body_reads_and_cannot_write(site: &Site) {
    let mut visitor = site.signed_in();
    let response = visitor.gets("/stream/push=1/read");
    assert_eq!((response.status, response.lines(COOKIE).len()), (200, 1), "{response:?}");
    assert_eq!(response.text(), "user Some(7) cart [1] note 0\n");
    assert_eq!(visitor.gets("/stream/read/push=2").text(), "Responded\n");
    assert_eq!(visitor.does("read").text(), "user Some(7) cart [1] note 0\n");
}

pub(super) fn a_first_touch_in_a_streaming_body_counts(site: &Site) {
    let mut visitor = site.signed_in();
    site.advance(2 * 86_400);
    let response = visitor.gets("/stream/nothing/read");
    assert_eq!(response.text(), "user Some(7) cart [] note 0\n");
    assert!(response.list("vary").contains(&"cookie".to_owned()), "{response:?}");
    assert!(response.list("cache-control").contains(&"private".to_owned()), "{response:?}");
    assert!(response.lines(COOKIE).is_empty(), "nobody had opened it, so it is not refreshed");
    assert_eq!(visitor.gets("/stream/nothing/push=2").text(), "Responded\n");
}

pub(super) fn server_sent_events_carry_the_session(site: &Site) {
    let mut visitor = site.signed_in();
    let response = visitor.gets("/sse/push=1/read");
    assert!(response.all("content-type")[0].starts_with("text/event-stream"), "{response:?}");
    assert_eq!(response.lines(COOKIE).len(), 1, "{response:?}");
    let text = response.text();
    let data = text
        .lines()
        .find_map(|line| line.strip_prefix("data:"))
        .unwrap_or_else(|| panic!("no event in {text:?}"));
    assert_eq!(data.trim(), "user Some(7) cart [1] note 0");
    assert!(visitor.gets("/sse/nothing/push=2").text().contains("Responded"));
}

pub(super) fn a_websocket_upgrade_saves_and_its_socket_cannot(site: &Site) {
    let mut visitor = site.signed_in();
    let (response, mut socket) =
        Socket::open(site.open_standard(), visitor.jar.on(Request::get("/ws/push=1")));
    assert_eq!((response.status, response.lines(COOKIE).len()), (101, 1), "{response:?}");
    visitor.jar.take(&response);
    assert_eq!(socket.ask("read"), "user Some(7) cart [1] note 0\n");
    assert_eq!(socket.ask("push=2"), "Responded\n");
    assert_eq!(visitor.does("read").text(), "user Some(7) cart [1] note 0\n");
}

pub(super) fn a_websocket_upgrade_refreshes_nothing(site: &Site) {
    let visitor = site.signed_in();
    site.advance(2 * 86_400);
    let (response, mut socket) =
        Socket::open(site.open_standard(), visitor.jar.on(Request::get("/ws/read")));
    assert_eq!((response.status, response.lines(COOKIE).len()), (101, 0), "{response:?}");
    assert_eq!(socket.ask("read"), "user Some(7) cart [] note 0\n");
}

pub(super) fn a_handle_that_is_kept_cannot_write(site: &Site) {
    let mut visitor = site.signed_in();
    let response = visitor.does("keep");
    assert!(
        response.list("vary").contains(&"cookie".to_owned()),
        "it may yet be read: {response:?}"
    );
    assert_eq!(site.control("kept=read"), "user Some(7) cart [] note 0\n");
    let late = site.control("kept=push=1");
    assert!(
        late.contains("the response was already sent") && late.contains("copy of the data"),
        "{late}"
    );
    assert_eq!(visitor.does("read").text(), "user Some(7) cart [] note 0\n");
}
