//! The module `testing`, for the tests of applications (docs/testing.md), does what a browser
//! would.

use crate::support::*;
use sealed_session::error::{KeyProblem, RingError};
use sealed_session::testing::{Change, Visitor, ring};
use sealed_session::{Expiry, KeyRing, Level, LoadStatus};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn sessions() -> (sealed_session::Sessions<Visit>, sealed_session::clock::ManualClock) {
    let clock = clock();
    (sealed_session::Sessions::builder(ring()).clock(clock.clone()).build().unwrap(), clock)
}

#[test]
fn deleting_a_copy_elsewhere_is_not_a_deletion() {
    let sessions = sealed_session::Sessions::<Visit>::builder(ring())
        .cookie_name("session")
        .delete_stale("session", Some("example.com"), "/")
        .delete_stale("session", None, "/app")
        .build()
        .unwrap();
    let mut visitor = Visitor::with(&sessions, &visit(7)).unwrap();
    let answer = Call::get()
        .asks("cookie", visitor.cookie_header())
        .run(&sessions, |session| session.set(visit(8)).unwrap());
    assert_eq!((answer.lines().len(), visitor.receive(answer.lines())), (3, Change::Set));
    assert_eq!(visitor.read(|visit| visit.user), Some(8));
}

#[test]
fn the_ring_is_always_the_same_and_published() {
    let (one, two) = (ring(), ring());
    assert_eq!(one.keys(), two.keys());
    let text = one.expose_secrets();
    let refused = text.parse::<KeyRing>().unwrap_err();
    assert!(matches!(refused, RingError::Text { problem: KeyProblem::Published, .. }), "{refused}");
}

#[test]
fn a_visitor_and_the_application_read_each_other() {
    let (sessions, clock) = sessions();
    let mut visitor = Visitor::with(&sessions, &visit(7)).unwrap();
    let answer = Call::get().asks("cookie", visitor.cookie_header()).run(&sessions, |session| {
        assert_eq!(session.load_status(), LoadStatus::Restored);
        session.renew().unwrap();
        session.set_expiry(Expiry::Idle(secs(60))).unwrap();
        session.flash(Level::INFO, "hello").unwrap();
        session.update(|visit| visit.user = Some(8)).unwrap();
        session.id()
    });
    assert_eq!(visitor.receive(answer.lines()), Change::Set);
    let session = visitor.session();
    assert_eq!(
        (session.cloned(), session.id(), session.info().expires_in()),
        (visit(8), answer.returned, secs(60))
    );
    assert_eq!(session.flashes()[0].text, "hello");
    clock.advance(secs(60));
    assert!(matches!(visitor.session().load_status(), LoadStatus::Rejected(_)));
}

#[test]
fn other_cookies_change_nothing_and_a_deletion_deletes() {
    let (sessions, _) = sessions();
    let mut visitor = Visitor::new(&sessions);
    assert_eq!(
        (visitor.cookie_header(), visitor.session().load_status()),
        (String::new(), LoadStatus::New)
    );
    let others = [
        "theme=dark; Path=/",
        "__Host-Http-sessions=x",
        "",
        "__Host-Http-session",
        "\u{2000}__Host-Http-session=x",
    ];
    assert_eq!(visitor.receive(others), Change::None);

    let answer = Call::get().run(&sessions, |session| session.set(visit(7)).unwrap());
    assert_eq!(visitor.receive(answer.headers.get_all("set-cookie")), Change::Set);
    let again = visitor.clone();
    let answer = Call::get()
        .asks("cookie", visitor.cookie_header())
        .run(&sessions, |session| session.purge().unwrap());
    assert_eq!(visitor.receive(answer.headers.get_all("set-cookie")), Change::Deleted);
    assert_eq!((visitor.cookie_header(), again.read(|visit| visit.user)), (String::new(), Some(7)));
    assert!(!format!("{again:?}").contains(&again.cookie_header()));
}

#[test]
fn each_kind_of_session_has_its_own_visitor() {
    let (visits, _) = sessions();
    let carts = sealed_session::Sessions::<Visit>::builder(ring())
        .cookie_name("__Host-cart")
        .build()
        .unwrap();
    let (mut visit, mut cart) =
        (Visitor::with(&visits, &visit(7)).unwrap(), Visitor::with(&carts, &visit(8)).unwrap());
    let both = |call: Call| {
        call.asks("cookie", visit.cookie_header()).asks("cookie", cart.cookie_header())
    };
    let answer = both(Call::get())
        .run(&visits, |session| session.update(|visit| visit.user = Some(9)).unwrap());
    let other = both(Call::get()).run(&carts, |session| session.purge().unwrap());
    let lines = || answer.lines().into_iter().chain(other.lines());
    assert_eq!((visit.receive(lines()), cart.receive(lines())), (Change::Set, Change::Deleted));
    assert_eq!(visit.read(|visit| visit.user), Some(9));
}

#[test]
fn an_id_that_cannot_be_sent_is_seen_to_be_lost() {
    let (sessions, _) = sessions();
    let mut visitor = Visitor::new(&sessions);
    let answer =
        Call::post().run(&sessions, |session| session.renew().map(|()| session.id()).unwrap());
    assert_eq!(visitor.receive(answer.lines()), Change::None);
    assert!(answer.returned.is_some() && visitor.session().id().is_none());
    let answer = Call::post().run(&sessions, |session| {
        session.renew().unwrap();
        session.update(|visit| visit.cart.push(7)).map(|()| session.id()).unwrap()
    });
    assert_eq!(visitor.receive(answer.lines()), Change::Set);
    assert_eq!(answer.returned, visitor.session().id());
}
