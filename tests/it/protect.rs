//! SPEC §10.8, `OnUnreadable::Refuse`: a server that cannot read a visitor's session yet does not
//! overwrite it.

use crate::support::*;
use sealed_session::{Expiry, Level, LoadStatus, OnUnreadable, Session, SessionError, Sessions};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A server with one key that seals and one that has ended, and with this policy for unreadable
/// cookies.
fn node(unreadable: OnUnreadable) -> (Sessions<Visit>, wire::Key, String) {
    let ended = line("open-until=2027-01-15T08:00:00Z");
    let ring: sealed_session::KeyRing = format!("{}\n{ended}", line("")).parse().unwrap();
    let key = wire::Key::of(&ring);
    (Sessions::builder(ring).clock(clock()).on_unreadable(unreadable).build().unwrap(), key, ended)
}

/// Cookies that another server may be able to read.
fn of_another_node(sessions: &Sessions<Visit>, key: &wire::Key) -> Vec<String> {
    let claims = wire::Claims::of(sessions);
    let plain = claims.plain();
    vec![
        wire::Key::of(&ring()).seal(&plain),
        "AgAA".to_owned(),
        key.seal(&[&[8], &plain[1..]].concat()),
        key.seal(&wire::Claims { shape: [0; 4], ..claims.clone() }.plain()),
        key.seal(&wire::Claims { issued: START + 999, ..claims }.plain()),
    ]
}

/// Cookies that no server can read.
fn of_no_node(sessions: &Sessions<Visit>, key: &wire::Key, ended: &str) -> Vec<String> {
    let claims = wire::Claims::of(sessions);
    vec![
        "junk!".to_owned(),
        "2.AQ".to_owned(),
        key.seal_with(key.id(), [0; 24], "x", b"", &claims.plain()),
        wire::Key::parse(ended).seal(&claims.plain()),
        key.seal(&wire::Claims { age: 40 * DAY, ..claims }.plain()),
    ]
}

fn write(session: &Session<Visit>) -> Result<(), SessionError> {
    session.update(|visit| visit.user = Some(1))
}

#[test]
fn by_default_a_write_replaces_an_unreadable_session() {
    let (sessions, key, _) = node(OnUnreadable::Replace);
    for value in of_another_node(&sessions, &key) {
        let answer = Call::get().cookie(&value).run(&sessions, write);
        assert!(answer.returned.is_ok() && answer.sets());
    }
}

#[test]
fn refuse_errs_if_another_server_may_read_the_cookie() {
    let (sessions, key, _) = node(OnUnreadable::Refuse);
    for value in of_another_node(&sessions, &key) {
        let answer = Call::get().cookie(&value).run(&sessions, |session| {
            let refused = Err(SessionError::Unreadable);
            assert!(matches!(session.load_status(), LoadStatus::Rejected(_)));
            assert_eq!(write(session), refused);
            assert_eq!(session.set(visit(1)), refused);
            assert_eq!(session.flash(Level::INFO, "hi"), refused);
            assert_eq!(session.set_expiry(Expiry::BrowserSession), refused);
        });
        assert!(answer.lines().is_empty());
    }
}

#[test]
fn refuse_allows_purge_and_renew() {
    let (sessions, key, _) = node(OnUnreadable::Refuse);
    for value in of_another_node(&sessions, &key) {
        assert!(
            Call::get().cookie(&value).run(&sessions, |session| session.purge().unwrap()).deletes()
        );
        let renewed = Call::get().cookie(&value).run(&sessions, |session| {
            session.renew().unwrap();
            write(session)
        });
        assert!(renewed.returned.is_ok() && renewed.sets());
    }
}

#[test]
fn refuse_does_not_keep_what_no_server_reads() {
    let (sessions, key, ended) = node(OnUnreadable::Refuse);
    for value in of_no_node(&sessions, &key, &ended) {
        assert_eq!(Call::get().cookie(&value).run(&sessions, write).returned, Ok(()));
    }
}

#[test]
fn refuse_does_not_affect_other_sessions() {
    let (sessions, key, _) = node(OnUnreadable::Refuse);
    assert_eq!(Call::get().run(&sessions, write).returned, Ok(()));
    let good = sessions.seal(&visit(7)).unwrap();
    for unknown in of_another_node(&sessions, &key) {
        assert_eq!(
            Call::get().cookie(&unknown).cookie(&good).run(&sessions, write).returned,
            Ok(())
        );
    }
}
