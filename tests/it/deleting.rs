//! docs/rules.md §5.9: only the application deletes a session, and browsers must carry it out.

use crate::support::*;
use sealed_session::clock::ManualClock;
use sealed_session::{Builder, LoadStatus, Reason, SameSite, Session, SessionInfo, Sessions};
use std::collections::BTreeMap;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The attributes of a line except `Max-Age`, sorted.
fn attributes(line: &str) -> Vec<&str> {
    let mut parts: Vec<&str> =
        line.split("; ").skip(1).filter(|part| !part.starts_with("Max-Age=")).collect();
    parts.sort_unstable();
    parts
}

#[test]
fn a_deletion_repeats_every_attribute_with_max_age_0() {
    let configurations: [fn(Builder<Visit>) -> Builder<Visit>; 4] = [
        |builder| builder,
        |builder| {
            builder
                .cookie_name("__Secure-s")
                .domain("example.org")
                .path("/shop")
                .same_site(SameSite::Strict)
        },
        |builder| builder.same_site(SameSite::None).partitioned(true),
        |builder| builder.cookie_name("plain").secure(false).http_only(false),
    ];
    for configure in configurations {
        let sessions = configure(builder(&clock())).build().unwrap();
        let mut browser = Browser::default();
        let set = browser.get(&sessions, |session| session.set(visit(7)).unwrap());
        let deleted = browser.get(&sessions, |session| session.purge().unwrap());
        // If there are two lines, the second deletes the copy without `Partitioned`.
        let line = deleted.lines()[0];
        assert!(
            line.starts_with(&format!("{}=;", sessions.cookie_name()))
                && line.ends_with("; Max-Age=0")
        );
        assert_eq!(attributes(line), attributes(set.line()));
    }
}

/// A browser with CHIPS. The same name with and without a partition makes two cookies, and it sends
/// both.
#[derive(Default)]
struct Jars(BTreeMap<(String, bool), String>);

impl Jars {
    fn send(
        &mut self,
        sessions: &Sessions<Visit>,
        act: impl FnOnce(&Session<Visit>),
    ) -> Option<u64> {
        let call = self.0.iter().fold(Call::post(), |call, ((name, _), value)| {
            call.asks("cookie", format!("{name}={value}"))
        });
        let answer = call.run(sessions, |session| {
            act(session);
            session.read(|visit| visit.user)
        });
        for line in answer.lines() {
            let (pair, attributes) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let key = (name.to_owned(), attributes.contains("; Partitioned"));
            if attributes.contains("Max-Age=0") {
                self.0.remove(&key);
            } else {
                self.0.insert(key, value.to_owned());
            }
        }
        answer.returned
    }
}

/// Sessions before and after `Partitioned` was switched on or off, optionally with another name.
fn switched(on: bool, alias: bool, clock: &ManualClock) -> (Sessions<Visit>, Sessions<Visit>) {
    let ring = ring();
    let base = || Sessions::builder(ring.clone()).clock(clock.clone()).same_site(SameSite::None);
    let before = base()
        .cookie_name(if alias { "__Host-shop" } else { NAME })
        .partitioned(!on)
        .build()
        .unwrap();
    let after = base().partitioned(on).delete_partitioned_copy(!on);
    let after = if alias { after.accept_alias("__Host-shop", "") } else { after };
    (before, after.build().unwrap())
}

#[test]
fn signing_out_works_after_partitioned_was_switched() {
    let ways: [fn(&Session<Visit>); 3] = [
        |_| (),
        |session| session.update(|visit| visit.cart.push(1)).unwrap(),
        |session| session.renew().unwrap(),
    ];
    let ends: [fn(&Session<Visit>); 2] = [
        |session| session.purge().unwrap(),
        |session| session.update(|visit| *visit = Visit::default()).unwrap(),
    ];
    for (on, alias) in [(true, false), (false, false), (true, true), (false, true)] {
        for (way, end) in ways.iter().flat_map(|way| ends.iter().map(move |end| (way, end))) {
            let clock = clock();
            let (before, after) = switched(on, alias, &clock);
            let mut jars = Jars::default();
            jars.send(&before, |session| session.set(visit(7)).unwrap());
            clock.advance(secs(2 * DAY)); // due for a refresh
            assert_eq!(jars.send(&after, way), Some(7));
            assert_eq!(jars.send(&after, |_| ()), Some(7));
            jars.send(&after, end);
            assert_eq!(jars.send(&after, |_| ()), None, "signed out, and in again: {on}, {alias}");
            assert!(jars.0.is_empty());
        }
    }
}

#[test]
fn after_partitioned_was_switched_a_write_leaves_one_cookie() {
    for (on, alias) in [(true, false), (false, false), (true, true), (false, true)] {
        let clock = clock();
        let (before, after) = switched(on, alias, &clock);
        let mut jars = Jars::default();
        jars.send(&before, |session| session.set(visit(7)).unwrap());
        clock.advance(secs(2 * DAY));
        jars.send(&after, |_| ());
        assert_eq!(
            jars.0.len(),
            2,
            "a page that embeds ours must not move the session out of the jar of the visitor's own visits"
        );
        jars.send(&after, |session| session.update(|visit| visit.cart.push(1)).unwrap());
        assert_eq!(jars.0.keys().collect::<Vec<_>>(), [&(NAME.to_owned(), on)]);
    }
}

#[test]
fn without_partitioned_no_copy_is_deleted() {
    let (sessions, _) = sessions();
    let mut browser = signed_in(&sessions);
    assert!(
        browser.get(&sessions, |session| session.renew().unwrap()).line().contains("SameSite=Lax")
    );
    assert!(browser.get(&sessions, |session| session.purge().unwrap()).deletes());
    let partitioned =
        builder(&clock()).same_site(SameSite::None).partitioned(true).build().unwrap();
    let first = Call::get().run(&partitioned, |session| session.set(visit(7)).unwrap());
    assert_eq!(first.lines().len(), 1, "no cookie came");
    let both = builder(&clock())
        .same_site(SameSite::None)
        .partitioned(true)
        .delete_partitioned_copy(true)
        .build();
    let sentence = both.unwrap_err().to_string();
    assert!(sentence.contains("delete_partitioned_copy"), "{sentence}");
}

#[test]
fn a_client_that_only_knows_names_keeps_the_session() {
    let copies = builder(&clock()).cookie_name("__Secure-shop").delete_stale(
        "__Secure-shop",
        Some("example.org"),
        "/",
    );
    let clock = clock();
    let switched_on = switched(true, false, &clock).1;
    let switched_off = switched(false, false, &clock).1;
    for sessions in [copies.build().unwrap(), switched_on, switched_off] {
        let value = sessions.seal(&visit(7)).unwrap();
        let cookie = format!("{}={value}", sessions.cookie_name());
        let answer =
            Call::post().asks("cookie", &cookie).run(&sessions, |session| session.renew().unwrap());
        let of_the_name = format!("{}=", sessions.cookie_name());
        let lines: Vec<&str> =
            answer.lines().into_iter().filter(|line| line.starts_with(&of_the_name)).collect();
        assert!(lines.len() > 1);
        assert!(
            !lines.last().unwrap().contains("Max-Age=0"),
            "the last line of the name deletes: {lines:?}"
        );
    }
}

#[test]
fn nothing_is_deleted_if_no_cookie_was_sent() {
    let (sessions, _) = sessions();
    assert!(Call::get().run(&sessions, |session| session.purge().unwrap()).lines().is_empty());
    let other = Call::get().asks("cookie", "session=1; __Host-Http-session.x=2");
    assert!(other.run(&sessions, |session| session.purge().unwrap()).lines().is_empty());
    let emptied = Call::get().cookie("").run(&sessions, |session| session.purge().unwrap());
    assert!(emptied.deletes(), "an emptied one came too");
}

#[test]
fn pieces_are_deleted_whether_readable_or_not() {
    let (sessions, _) = sessions();
    let call = Call::get().asks("cookie", "__Host-Http-session.1=abc; __Host-Http-session.3=def");
    let answer = call.run(&sessions, |session| session.purge().unwrap());
    let names: Vec<&str> =
        answer.lines().iter().map(|line| line.split('=').next().unwrap()).collect();
    assert!(
        names.contains(&"__Host-Http-session.1") && names.contains(&"__Host-Http-session.3"),
        "{names:?}"
    );
    assert!(!names.contains(&"__Host-Http-session.2"));
    assert!(answer.lines().iter().all(|line| line.contains("=; ")
        && line.contains("Max-Age=0")
        && line.contains("HttpOnly")));
}

#[test]
fn a_session_that_replaces_pieces_deletes_the_rest() {
    let (sessions, _) = sessions();
    let call = Call::get().asks("cookie", "__Host-Http-session=2.AQ; __Host-Http-session.1=abc");
    let answer = call.run(&sessions, |session| session.set(visit(7)).unwrap());
    assert!(answer.sets() && answer.deletes());
    assert_eq!(answer.lines().len(), 2);
}

/// One value for each reason for which a single cookie can fail.
fn rejected(clock: &ManualClock) -> (sealed_session::Sessions<Visit>, Vec<(Reason, String)>) {
    let ended = line("open-until=2027-01-15T08:00:00Z");
    let keys = format!("{}\n{ended}", line("")).parse().unwrap();
    let refuse = |info: &SessionInfo, _: &Visit| {
        if info.id().is_some() { Err("on the list") } else { Ok(()) }
    };
    let sessions = sealed_session::Sessions::builder(keys)
        .clock(clock.clone())
        .validate(refuse)
        .build()
        .unwrap();
    let key = wire::Key::of(sessions.key_ring());
    let claims = wire::Claims::of(&sessions);
    let plain = claims.plain();
    let of = |claims: wire::Claims| key.seal(&claims.plain());
    let values = vec![
        (Reason::FromTheFuture, of(wire::Claims { issued: START + 999, ..claims.clone() })),
        (Reason::OtherShape, of(wire::Claims { shape: [1; 4], ..claims.clone() })),
        (Reason::UnknownForm, key.seal(&[&[8], &plain[1..]].concat())),
        (Reason::Undecodable, key.seal(&plain[..plain.len() - 1])),
        (Reason::PiecesMixed, "3.AQ".to_owned()),
        (Reason::UnknownVersion, "AgAA".to_owned()),
        (Reason::UnknownKey, wire::Key::of(&ring()).seal(&plain)),
        (Reason::KeyEnded, wire::Key::parse(&ended).seal(&plain)),
        (Reason::Refused("on the list"), of(wire::Claims { id: Some([7; 16]), ..claims.clone() })),
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
fn a_cookie_that_fails_stays_until_the_handler_writes() {
    let (sessions, values) = rejected(&clock());
    for (reason, value) in values {
        let read = Call::get()
            .cookie(&value)
            .run(&sessions, |session| (session.load_status(), session.cloned()));
        assert_eq!(
            (read.lines().len(), read.returned),
            (0, (LoadStatus::Rejected(reason), Visit::default()))
        );
        let nothing =
            Call::get().cookie(&value).run(&sessions, |session| session.update(|_| ()).unwrap());
        assert!(
            nothing.lines().is_empty(),
            "{reason}: an update that changes nothing writes nothing"
        );
        assert!(
            Call::get()
                .cookie(&value)
                .run(&sessions, |session| session.set(visit(1)).unwrap())
                .sets(),
            "{reason}"
        );
        assert!(
            Call::get().cookie(&value).run(&sessions, |session| session.purge().unwrap()).deletes(),
            "{reason}"
        );
    }
}

#[test]
fn an_update_that_empties_the_session_deletes() {
    let (sessions, _) = sessions();
    let mut browser = signed_in(&sessions);
    let answer =
        browser.get(&sessions, |session| session.update(|visit| visit.user = None).unwrap());
    assert_eq!((answer.value(), answer.max_age()), ("", Some(0)));
}

#[test]
fn taking_the_last_flash_of_an_empty_session_deletes() {
    let (sessions, _) = sessions();
    let mut browser = Browser::default();
    browser.get(&sessions, |session| session.flash(sealed_session::Level::INFO, "bye").unwrap());
    assert!(browser.get(&sessions, |session| session.take_flashes().unwrap()).deletes());
    assert!(browser.is_empty());
}

#[test]
fn a_cross_site_request_deletes_nothing() {
    let (sessions, _) = sessions();
    let call = Call::post().asks("sec-fetch-site", "cross-site");
    let answer = call.run(&sessions, |session| {
        assert_eq!(session.load_status(), LoadStatus::CrossSite);
        let _ = session.purge();
        let _ = session.take_flashes();
    });
    assert!(answer.lines().is_empty());
}

#[test]
fn a_server_with_a_wrong_clock_or_ring_signs_nobody_out() {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    let wrong_ring = sessions_of(&line(""), &clock);
    browser.get(&wrong_ring, |session| session.load_status());
    for wrong in [START + 900 * DAY, START - DAY, 0] {
        clock.set(secs(wrong));
        browser.get(&sessions, |session| session.take_flashes().unwrap());
    }
    clock.set(secs(START));
    assert_eq!(browser.get(&sessions, |session| session.cloned()).returned, visit(7));
}
