//! docs/rules.md §4, §5.3, §5.4 and §5.6: refreshes, the keys to which they move a session, and
//! which key seals and which open at a time.

use crate::support::*;
use sealed_session::{Expiry, KeyRing, Level, LoadStatus, Reason, SessionError, Sessions};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const TENTH: u64 = 14 * DAY / 10;

/// Returns whether a read `after` this many seconds refreshes a session of this expiry.
fn refreshes(
    sessions: &Sessions<Visit>,
    clock: &sealed_session::clock::ManualClock,
    expiry: Expiry,
    after: u64,
) -> bool {
    clock.set(secs(START));
    let mut browser = signed_in(sessions);
    browser.get(sessions, |session| session.set_expiry(expiry).unwrap());
    clock.advance(secs(after));
    let answer = browser.get(sessions, |session| session.load_status());
    assert_eq!(answer.returned, LoadStatus::Restored);
    answer.sets()
}

#[test]
fn a_tenth_of_the_idle_time_refreshes() {
    let (sessions, clock) = sessions();
    for (expiry, tenth) in
        [(Expiry::Default, TENTH), (Expiry::BrowserSession, TENTH), (Expiry::Idle(secs(1000)), 100)]
    {
        assert!(!refreshes(&sessions, &clock, expiry, tenth - 1), "{expiry:?}");
        assert!(refreshes(&sessions, &clock, expiry, tenth), "{expiry:?}");
    }
}

#[test]
fn a_fixed_end_is_never_refreshed_because_of_time() {
    let (sessions, clock) = sessions();
    assert!(!refreshes(&sessions, &clock, Expiry::At(at(START + 29 * DAY)), 28 * DAY));
}

#[test]
fn a_refresh_waits_at_least_a_second() {
    let (sessions, clock) = sessions();
    assert!(!refreshes(&sessions, &clock, Expiry::Idle(secs(5)), 0));
    assert!(refreshes(&sessions, &clock, Expiry::Idle(secs(5)), 1));
}

#[test]
fn refresh_after_is_a_share_of_the_sessions_idle_limit() {
    let clock = clock();
    for (share, idle, due) in
        [(0.5, 1000, 500), (0.25, 400, 100), (0.000_001, 1000, 1), (1e-9, 1000, 1)]
    {
        let sessions = builder(&clock).refresh_after(share).build().unwrap();
        assert!(!refreshes(&sessions, &clock, Expiry::Idle(secs(idle)), due - 1));
        assert!(refreshes(&sessions, &clock, Expiry::Idle(secs(idle)), due));
    }
    let never = builder(&clock).refresh_after(1.0).build().unwrap();
    assert!(!refreshes(&never, &clock, Expiry::Default, 14 * DAY - 1));
}

#[test]
fn refresh_after_0_refreshes_on_every_touch() {
    let clock = clock();
    let always = builder(&clock).refresh_after(0.0).build().unwrap();
    assert!(refreshes(&always, &clock, Expiry::Default, 0));
    assert!(
        !refreshes(&always, &clock, Expiry::At(at(START + DAY)), 5),
        "a fixed end has no idle limit to take a share of"
    );
}

#[test]
fn refresh_after_must_be_between_0_and_1() {
    for share in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert!(
            builder(&clock())
                .refresh_after(share)
                .build()
                .unwrap_err()
                .to_string()
                .contains("refresh_after")
        );
    }
}

#[test]
fn a_refresh_changes_only_issued_and_age() {
    let (sessions, clock) = sessions();
    let key = wire::Key::of(sessions.key_ring());
    let mut claims = wire::Claims::of(&sessions);
    (claims.id, claims.expiry) = (Some([9; 16]), wire::Expiry::Idle(10 * DAY));
    claims.flashes = vec![(77, "saved".to_owned())];
    let mut plain = claims.plain();
    plain.truncate(plain.len() - 2);
    plain.extend([0x80, 0x00, 0]); // the cart's length in two bytes, which no release writes
    let mut browser = Browser::holding(&key.seal(&plain));
    clock.advance(secs(2 * DAY));
    let answer = browser.get(&sessions, |session| session.cloned());
    let (after, data) = key.read(answer.value());
    assert_eq!(after, wire::Claims { issued: START + 2 * DAY, age: 2 * DAY, ..claims });
    assert_eq!(data, [1, 7, 0x80, 0x00, 0]);
}

#[test]
fn a_304_101_or_5xx_skips_a_refresh() {
    let (sessions, clock) = sessions();
    for status in [304, 101, 500, 503] {
        clock.set(secs(START));
        let mut browser = signed_in(&sessions);
        clock.advance(secs(2 * DAY));
        assert!(
            !browser.send(&sessions, Call::get().status(status), |session| session.cloned()).sets(),
            "{status}"
        );
        let write = |session: &sealed_session::Session<Visit>| session.set(visit(8)).unwrap();
        assert_eq!(
            browser.send(&sessions, Call::get().status(status), write).sets(),
            status < 500,
            "{status}"
        );
    }
}

/// Returns whether a response that is sent this long after `load` refreshes.
fn refreshes_when_answered_after(millis: u64, back: bool) -> bool {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    clock.advance(secs(2 * DAY));
    let (now, took) = (clock.now(), std::time::Duration::from_millis(millis));
    let answer = browser.get(&sessions, |session| {
        session.load_status();
        clock.set(if back { now - took } else { now + took });
    });
    answer.sets()
}

#[test]
fn a_response_after_5_seconds_skips_a_refresh() {
    assert!(refreshes_when_answered_after(5_000, false));
    assert!(!refreshes_when_answered_after(5_001, false));
}

#[test]
fn a_clock_that_steps_back_counts_as_no_time() {
    assert!(refreshes_when_answered_after(3_600_000, true));
}

#[test]
fn a_slow_response_saves_its_changes() {
    let (sessions, clock) = sessions();
    let answer = signed_in(&sessions).get(&sessions, |session| {
        clock.advance(secs(100));
        session.set(visit(8)).unwrap();
    });
    assert!(answer.sets());
}

#[test]
fn skip_refresh_skips_refreshes_and_saves_changes() {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    clock.advance(secs(2 * DAY));
    let poll = |session: &sealed_session::Session<Visit>| {
        session.skip_refresh();
        session.cloned()
    };
    assert!(browser.get(&sessions, poll).lines().is_empty());
    let write = |session: &sealed_session::Session<Visit>| {
        session.skip_refresh();
        session.set(visit(8)).unwrap();
    };
    assert!(browser.get(&sessions, write).sets());
}

#[test]
fn regular_visits_last_until_the_absolute_timeout() {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    let mut next = START;
    while next + TENTH - 1 < START + 30 * DAY - 9 * TENTH {
        // just too early for a refresh, then the longest absence that is allowed
        for step in [TENTH - 1, 9 * TENTH] {
            next += step;
            clock.set(secs(next));
            assert_eq!(
                browser.get(&sessions, |session| session.load_status()).returned,
                LoadStatus::Restored
            );
        }
    }
}

#[test]
fn refreshes_at_gives_the_time() {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    assert_eq!(
        browser.get(&sessions, |session| session.info().refreshes_at()).returned,
        Some(at(START + TENTH))
    );
    browser.get(&sessions, |session| session.set_expiry(Expiry::At(at(START + DAY))).unwrap());
    assert_eq!(browser.get(&sessions, |session| session.info().refreshes_at()).returned, None);
    clock.advance(secs(9));
    let changed = browser.get(&sessions, |session| {
        session.set_expiry(Expiry::Default).unwrap();
        session.info().refreshes_at()
    });
    assert_eq!(changed.returned, Some(at(START + 9 + TENTH)));
}

#[test]
fn a_refresh_that_does_not_fit_is_skipped() {
    let (wide, clock) = sessions();
    let narrow: Sessions<Visit> = Sessions::builder(wide.key_ring().clone())
        .clock(clock.clone())
        .max_set_cookie_bytes(600)
        .build()
        .unwrap();
    let mut browser = Browser::default();
    browser.get(&wide, |session| session.update(|visit| visit.note = "x".repeat(700)).unwrap());
    clock.advance(secs(2 * DAY));
    let answer = browser.get(&narrow, |session| session.cloned().note.len());
    assert_eq!((answer.lines().len(), answer.committed, answer.returned), (0, Ok(()), 700));
}

// Keys.

/// The ids of the keys in a ring's text, in order.
fn ids(ring: &KeyRing) -> Vec<[u8; 4]> {
    ring.keys().iter().map(|key| key.id.to_bytes()).collect()
}

fn key_id(value: &str) -> [u8; 4] {
    wire::decode(value)[1..5].try_into().unwrap()
}

#[test]
fn without_times_the_first_key_seals_and_all_open() {
    let (old, new) = (line(""), line(""));
    let clock = clock();
    let before = sessions_of(&old, &clock);
    let after = sessions_of(&format!("{new}\n{old}"), &clock);
    let mut browser = signed_in(&before);
    let answer = browser.get(&after, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    assert_eq!(key_id(answer.value()), ids(after.key_ring())[0]);
}

#[test]
fn all_nodes_change_keys_in_the_same_second() {
    let (old, new) = (line(""), line("seal-from=2027-01-16T08:00:00Z"));
    let clock = clock();
    let sessions = sessions_of(&format!("{new}\n{old}"), &clock);
    let ids = ids(sessions.key_ring());
    let early = wire::Key::parse(&new).seal(&wire::Claims::of(&sessions).plain());
    assert_eq!(sessions.open(&early).unwrap(), visit(7), "it opens before its seal-from");
    clock.set(secs(START + DAY - 1));
    assert_eq!(key_id(&sessions.seal(&visit(1)).unwrap()), ids[1]);
    clock.set(secs(START + DAY));
    assert_eq!(key_id(&sessions.seal(&visit(1)).unwrap()), ids[0]);
}

#[test]
fn the_key_with_the_latest_seal_from_seals() {
    let (a, b) = ("seal-from=2027-01-01T00:00:00Z", "seal-from=2027-01-02T00:00:00Z");
    let clock = clock();
    let seals = |attributes: &[&str]| {
        let text: Vec<String> = attributes.iter().map(|attributes| line(attributes)).collect();
        let sessions = sessions_of(&text.join("\n"), &clock);
        let value = sessions.seal(&visit(1)).unwrap();
        ids(sessions.key_ring()).iter().position(|id| *id == key_id(&value)).unwrap()
    };
    assert_eq!(seals(&[a, b]), 1);
    assert_eq!(seals(&[b, a]), 0);
    assert_eq!(seals(&[b, b, a]), 0);
    assert_eq!(
        seals(&[a, "seal-from=2027-01-15T08:00:00Z", "seal-from=2027-01-15T08:00:01Z", ""]),
        1
    );
    assert_eq!(
        seals(&["seal-from=2027-01-02T00:00:00Z open-until=2027-01-15T08:00:00Z", a]),
        1,
        "one that has run out does not"
    );
    assert_eq!(seals(&["", ""]), 0);
}

#[test]
fn a_key_opens_until_its_end_and_not_at_it() {
    let (old, new) = (line("open-until=2027-01-16T08:00:00Z"), line(""));
    let clock = clock();
    let sessions = sessions_of(&format!("{new}\n{old}"), &clock);
    let value = wire::Key::parse(&old).seal(&wire::Claims::of(&sessions).plain());
    clock.set(secs(START + DAY - 1));
    assert!(sessions.open(&value).is_ok());
    clock.set(secs(START + DAY));
    assert_eq!(sessions.open(&value).unwrap_err().reason(), Reason::KeyEnded);
}

#[test]
fn a_key_that_left_the_ring_is_unknown() {
    let (before, clock) = sessions();
    let after = sessions_of(&line(""), &clock);
    assert_eq!(
        after.open(&before.seal(&visit(7)).unwrap()).unwrap_err().reason(),
        Reason::UnknownKey
    );
}

#[test]
fn an_active_session_soon_moves_to_the_new_key() {
    let (old, new) = (line(""), line(""));
    let clock = clock();
    let mut browser = signed_in(&sessions_of(&old, &clock));
    let rotated = sessions_of(&format!("{new}\n{old}"), &clock);
    clock.advance(secs(TENTH - 1));
    assert!(
        !browser.get(&rotated, |session| session.cloned()).sets(),
        "a new key alone rewrites nothing"
    );
    clock.advance(secs(1));
    let answer = browser.get(&rotated, |session| session.cloned());
    assert_eq!(key_id(answer.value()), ids(rotated.key_ring())[0]);
}

#[test]
fn during_a_deploy_nodes_do_not_reseal_each_others_cookies() {
    let (old, new) = (line(""), line(""));
    let clock = clock();
    let nodes = [
        sessions_of(&format!("{old}\n{new}"), &clock),
        sessions_of(&format!("{new}\n{old}"), &clock),
    ];
    let mut browser = signed_in(&nodes[0]);
    clock.advance(secs(TENTH));
    let sets: Vec<bool> = (0..20)
        .map(|request| browser.get(&nodes[request % 2], |session| session.cloned()).sets())
        .collect();
    assert_eq!(sets.iter().filter(|set| **set).count(), 1, "{sets:?}");
}

/// Returns whether a session sealed by a key with `old` attributes is refreshed at once on a ring
/// that seals with a key of `new` attributes.
fn moves_at_once(old: &str, new: &str, expiry: Expiry) -> bool {
    let clock = clock();
    let (old, new) = (line(old), line(new));
    let mut browser = Browser::default();
    browser.get(&sessions_of(&old, &clock), |session| {
        session.set(visit(7)).unwrap();
        session.set_expiry(expiry).unwrap();
    });
    let answer =
        browser.get(&sessions_of(&format!("{new}\n{old}"), &clock), |session| session.cloned());
    answer.sets()
}

#[test]
fn a_session_moves_at_once_to_a_key_that_ends_later() {
    let (soon, a_second_later) =
        ("open-until=2027-01-16T08:00:00Z", "open-until=2027-01-16T08:00:01Z");
    assert!(moves_at_once(soon, "", Expiry::Default));
    assert!(moves_at_once(soon, a_second_later, Expiry::Default));
    assert!(!moves_at_once(soon, soon, Expiry::Default), "not to one that ends as soon");
    assert!(
        !moves_at_once(soon, "", Expiry::Idle(secs(DAY))),
        "not where the session ends as soon"
    );
    assert!(moves_at_once(soon, "", Expiry::Idle(secs(DAY + 1))));
}

#[test]
fn a_fixed_end_is_refreshed_because_of_the_key() {
    let soon = "open-until=2027-01-16T08:00:00Z";
    assert!(moves_at_once(soon, "", Expiry::At(at(START + 2 * DAY))));
    assert!(!moves_at_once(soon, "", Expiry::At(at(START + DAY))));
}

#[test]
fn without_a_sealing_key_sessions_are_read_only() {
    let (opens, clock) = (line("open-until=2027-03-01T00:00:00Z"), clock());
    let seals_later = line("seal-from=2027-02-01T00:00:00Z");
    let mut browser = signed_in(&sessions_of(&opens, &clock));
    // A clock that reads 1970 at build, as in a Worker's global scope, and the right time
    // afterwards.
    clock.set(secs(0));
    let stuck: Sessions<Visit> = sessions_of(
        &format!("{seals_later}\n{}", opens.replace("open", "seal-from=2027-02-01T00:00:00Z open")),
        &clock,
    );
    clock.set(secs(START + 10 * DAY));
    let answer = browser.get(&stuck, |session| {
        let update = session.update(|visit| visit.cart.push(1));
        (session.load_status(), session.cloned(), update, session.seal())
    });
    let none = (
        LoadStatus::Restored,
        visit(7),
        Err(SessionError::NoSealingKey),
        Err(SessionError::NoSealingKey),
    );
    assert_eq!(
        (answer.lines().len(), answer.committed, answer.returned),
        (0, Ok(()), none),
        "and no refresh"
    );
    assert_eq!(stuck.seal(&visit(1)), Err(SessionError::NoSealingKey));
    assert!(browser.get(&stuck, |session| session.purge().unwrap()).deletes());
}

/// A value that its own `Serialize` refuses, or one that is too large for a cookie.
#[derive(Default, serde::Deserialize)]
struct Unfit(u32);

impl serde::Serialize for Unfit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            666 => Err(serde::ser::Error::custom("refused")),
            number => serializer.serialize_newtype_struct("Unfit", &number),
        }
    }
}

#[test]
fn a_missing_sealing_key_is_reported_first() {
    let clock = clock();
    let text = line("open-until=2027-01-16T08:00:00Z");
    let (large, unfit) = (
        sessions_of(&text, &clock),
        Sessions::<Unfit>::builder(text.parse().unwrap()).clock(clock.clone()),
    );
    let unfit = unfit.build().unwrap();
    clock.set(secs(START + 2 * DAY));
    let too_large = Visit { cart: vec![u32::MAX; 4000], ..visit(7) };
    let session = Call::get().load(&large);
    assert_eq!(session.set(too_large.clone()), Err(SessionError::NoSealingKey));
    assert_eq!(session.update(|visit| *visit = too_large.clone()), Err(SessionError::NoSealingKey));
    assert_eq!(large.seal(&too_large), Err(SessionError::NoSealingKey));
    let session = Call::get().load(&unfit);
    assert_eq!(session.set(Unfit(666)), Err(SessionError::NoSealingKey));
    assert_eq!(session.update(|unfit| unfit.0 = 666), Err(SessionError::NoSealingKey));
    assert_eq!(unfit.seal(&Unfit(666)), Err(SessionError::NoSealingKey));
}

#[test]
fn a_handle_keeps_the_ring_of_its_first_touch() {
    let clock = clock();
    let sessions = sessions_of(&line(""), &clock);
    let value = sessions.seal(&visit(7)).unwrap();
    let (touched, untouched) =
        (Call::get().cookie(&value).load(&sessions), Call::get().cookie(&value).load(&sessions));
    let old = ids(sessions.key_ring())[0];
    touched.load_status();
    sessions.key_ring().replace(&ring()).unwrap();
    assert_eq!(untouched.load_status(), LoadStatus::Rejected(Reason::UnknownKey));
    touched.flash(Level::INFO, "hi").unwrap();
    assert_eq!(key_id(&touched.seal().unwrap()), old);
    let mut headers = http::HeaderMap::new();
    sessions.commit(&touched, http::StatusCode::OK, &mut headers).unwrap();
    let line = headers["set-cookie"].to_str().unwrap();
    assert_eq!(key_id(line.split([';', '=']).nth(1).unwrap()), old);
}

#[test]
fn replace_changes_the_ring_of_every_clone() {
    let (sessions, _) = sessions();
    let clone = sessions.clone();
    let new = ring();
    sessions.key_ring().replace(&new).unwrap();
    assert_eq!(key_id(&clone.seal(&visit(1)).unwrap()), ids(&new)[0]);
}
