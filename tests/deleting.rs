//! Only the application deletes, and browsers must obey: docs/rules.md §5.9.

mod support;

use sealed_session::{Admission, Builder, ManualClock, Reason, SameSite, Status};
use support::*;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The attributes of a line but `Max-Age`, in order.
fn attributes(line: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = line.split("; ").skip(1).filter(|part| !part.starts_with("Max-Age=")).collect();
    parts.sort_unstable();
    parts
}

#[test]
fn s5_9_a_deletion_repeats_name_and_every_attribute_with_an_empty_value_and_max_age_0() {
    let configurations: [fn(Builder<Visit>) -> Builder<Visit>; 4] = [
        |builder| builder,
        |builder| builder.cookie_name("__Secure-s").domain("example.org").path("/shop").same_site(SameSite::Strict),
        |builder| builder.same_site(SameSite::None).partitioned(true),
        |builder| builder.cookie_name("plain").secure(false).http_only(false),
    ];
    for configure in configurations {
        let sessions = configure(builder(&clock())).build().unwrap();
        let mut browser = Browser::default();
        let set = browser.get(&sessions, |session| session.set(visit(7)).unwrap());
        let deleted = browser.get(&sessions, |session| session.purge().unwrap());
        assert_eq!((deleted.value(), deleted.max_age()), ("", Some(0)));
        assert!(deleted.line().starts_with(&format!("{}=;", sessions.cookie_name())));
        assert_eq!(attributes(deleted.line()), attributes(set.line()));
    }
}

#[test]
fn s5_9_nothing_is_deleted_where_no_cookie_came() {
    let (sessions, _) = sessions();
    assert!(Call::get().run(&sessions, |session| session.purge().unwrap()).lines().is_empty());
    let other = Call::get().asks("cookie", "session=1; __Host-Http-session.x=2");
    assert!(other.run(&sessions, |session| session.purge().unwrap()).lines().is_empty());
    assert!(Call::get().cookie("").run(&sessions, |session| session.purge().unwrap()).deletes());
}

#[test]
fn s5_9_pieces_that_came_are_deleted_readable_or_not() {
    let (sessions, _) = sessions();
    let call = Call::get().asks("cookie", "__Host-Http-session.1=abc; __Host-Http-session.3=def");
    let answer = call.run(&sessions, |session| session.purge().unwrap());
    let names: Vec<&str> = answer.lines().iter().map(|line| line.split('=').next().unwrap()).collect();
    assert!(names.contains(&"__Host-Http-session.1") && names.contains(&"__Host-Http-session.3"), "{names:?}");
    assert!(!names.contains(&"__Host-Http-session.2"));
    assert!(answer.lines().iter().all(|line| line.contains("=; ") && line.contains("Max-Age=0") && line.contains("HttpOnly")));
}

#[test]
fn s5_9_a_session_that_takes_the_place_of_pieces_deletes_those_behind_the_first() {
    let (sessions, _) = sessions();
    let call = Call::get().asks("cookie", "__Host-Http-session=2.AQ; __Host-Http-session.1=abc");
    let answer = call.run(&sessions, |session| session.set(visit(7)).unwrap());
    assert!(answer.sets() && answer.deletes());
    assert_eq!(answer.lines().len(), 2);
}

/// One value for each reason that a single cookie can have.
fn rejected(clock: &ManualClock) -> (sealed_session::Sessions<Visit>, Vec<(Reason, String)>) {
    let ended = line("open-until=2027-01-15T08:00:00Z");
    let keys = format!("{}\n{ended}", line("")).parse().unwrap();
    let refuse = |admission: &Admission<'_, Visit>| if admission.id().is_some() { Err("on the list") } else { Ok(()) };
    let sessions = sealed_session::Sessions::builder(keys).clock(clock.clone()).admit(refuse).build().unwrap();
    let key = wire::Key::of(sessions.key_ring());
    let claims = wire::Claims::of(&sessions);
    let plain = claims.plain();
    let of = |claims: wire::Claims| key.seal(&claims.plain());
    let values = vec![
        (Reason::FromTheFuture, of(wire::Claims { issued: START + 999, ..claims.clone() })),
        (Reason::OtherShape, of(wire::Claims { shape: [1; 4], ..claims.clone() })),
        (Reason::UnknownForm, key.seal(&[&[1], &plain[1..]].concat())),
        (Reason::Undecodable, key.seal(&plain[..plain.len() - 1])),
        (Reason::Pieces, "3.AQ".to_owned()),
        (Reason::UnknownVersion, "AgAA".to_owned()),
        (Reason::UnknownKey, wire::Key::of(&ring()).seal(&plain)),
        (Reason::KeyEnded, wire::Key::parse(&ended).seal(&plain)),
        (Reason::Refused, of(wire::Claims { id: Some([7; 16]), ..claims.clone() })),
        (Reason::ExpiredIdle, of(wire::Claims { issued: START - 20 * DAY, ..claims.clone() })),
        (Reason::ExpiredAbsolute, of(wire::Claims { age: 31 * DAY, ..claims.clone() })),
        (Reason::ExpiredAt, of(wire::Claims { expiry: wire::Expiry::At(START), ..claims })),
        (Reason::BadSeal, key.seal_with(key.id(), [0; 24], "x", b"", &plain)),
        (Reason::TooLong, "A".repeat(4097)),
        (Reason::Malformed, "{}".to_owned()),
    ];
    (sessions, values)
}

#[test]
fn s5_9_a_cookie_that_does_not_open_stays_until_the_handler_writes_whatever_the_reason() {
    let (sessions, values) = rejected(&clock());
    for (reason, value) in values {
        let read = Call::get().cookie(&value).run(&sessions, |session| (session.status(), session.cloned()));
        assert_eq!((read.lines().len(), read.returned), (0, (Status::Rejected(reason), Visit::default())));
        let nothing = Call::get().cookie(&value).run(&sessions, |session| session.update(|_| ()).unwrap());
        assert!(nothing.lines().is_empty(), "{reason}: an update that changes nothing writes nothing");
        assert!(Call::get().cookie(&value).run(&sessions, |session| session.set(visit(1)).unwrap()).sets(), "{reason}");
        assert!(Call::get().cookie(&value).run(&sessions, |session| session.purge().unwrap()).deletes(), "{reason}");
    }
}

#[test]
fn s5_9_an_update_that_leaves_the_session_empty_deletes() {
    let (sessions, _) = sessions();
    let mut browser = signed_in(&sessions);
    let answer = browser.get(&sessions, |session| session.update(|visit| visit.user = None).unwrap());
    assert_eq!((answer.value(), answer.max_age()), ("", Some(0)));
}

#[test]
fn s5_9_taking_the_last_flash_of_a_session_of_nothing_else_deletes() {
    let (sessions, _) = sessions();
    let mut browser = Browser::default();
    browser.get(&sessions, |session| session.flash(sealed_session::Level::INFO, "bye").unwrap());
    assert!(browser.get(&sessions, |session| session.take_flashes().unwrap()).deletes());
    assert!(browser.is_empty());
}

#[test]
fn s5_9_a_withheld_request_can_delete_nothing() {
    let (sessions, _) = sessions();
    let call = Call::post().asks("sec-fetch-site", "cross-site");
    let answer = call.run(&sessions, |session| {
        assert_eq!(session.status(), Status::Withheld);
        let _ = session.purge();
        let _ = session.take_flashes();
    });
    assert!(answer.lines().is_empty());
}

#[test]
fn s5_9_a_node_with_a_wrong_clock_or_ring_signs_nobody_out() {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    let wrong_ring = sessions_of(&line(""), &clock);
    browser.get(&wrong_ring, |session| session.status());
    for wrong in [START + 900 * DAY, START - DAY, 0] {
        clock.set(secs(wrong));
        browser.get(&sessions, |session| session.take_flashes().unwrap());
    }
    clock.set(secs(START));
    assert_eq!(browser.get(&sessions, |session| session.cloned()).returned, visit(7));
}
