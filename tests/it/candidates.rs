//! docs/rules.md §5.1 and §5.2: several cookies of one name in a request, as a sibling domain can
//! plant them.

use crate::support::*;
use sealed_session::{KeyRing, LoadStatus, Reason, SessionInfo, Sessions};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The status and the user of a request with these values, each in its own cookie.
fn request<'a>(
    sessions: &Sessions<Visit>,
    values: impl IntoIterator<Item = &'a str>,
) -> (LoadStatus, Option<u64>) {
    let call = values.into_iter().fold(Call::get(), Call::cookie);
    call.run(sessions, |session| (session.load_status(), session.read(|visit| visit.user))).returned
}

fn issued(sessions: &Sessions<Visit>, issued: u64, user: u64) -> String {
    let claims = wire::Claims { issued, ..wire::Claims::of(sessions) }.plain();
    let claims = &claims[..claims.len() - 4];
    let data = postcard::to_allocvec(&visit(user)).unwrap();
    wire::Key::of(sessions.key_ring()).seal(&[claims, &data].concat())
}

/// A value under our key whose tag does not match.
fn bad_seal(sessions: &Sessions<Visit>) -> String {
    let key = wire::Key::of(sessions.key_ring());
    key.seal_with(key.id(), [7; 24], "another-name", b"", &wire::Claims::of(sessions).plain())
}

#[test]
fn the_latest_issued_wins_and_of_equals_the_first() {
    let (sessions, _) = sessions();
    let [old, new, new_too] =
        [(START - 1, 1), (START, 2), (START, 3)].map(|(at, user)| issued(&sessions, at, user));
    for (order, user) in
        [([&old, &new], 2), ([&new, &old], 2), ([&new, &new_too], 2), ([&new_too, &new], 3)]
    {
        assert_eq!(
            request(&sessions, order.map(String::as_str)),
            (LoadStatus::Restored, Some(user))
        );
    }
}

#[test]
fn a_cookie_that_fails_does_not_displace_one_that_opens() {
    let (sessions, _) = sessions();
    let (good, bad) = (issued(&sessions, START, 1), bad_seal(&sessions));
    let future = issued(&sessions, START + 999, 2);
    for planted in ["", "junk", "2.AQ", &"A".repeat(5000), &bad, &future] {
        assert_eq!(request(&sessions, [planted, &good]), (LoadStatus::Restored, Some(1)));
        assert_eq!(request(&sessions, [&good, planted]), (LoadStatus::Restored, Some(1)));
    }
}

#[test]
fn one_field_and_several_fields_are_the_same() {
    let (sessions, _) = sessions();
    let (old, new) = (issued(&sessions, START - 1, 1), issued(&sessions, START, 2));
    let one = Call::get().asks("cookie", format!("a=1;{NAME}={old};b=2; {NAME}={new}"));
    let several = Call::get().asks("cookie", "a=1").cookie(&old).asks("cookie", "b=2").cookie(&new);
    for call in [one, several] {
        assert_eq!(
            call.run(&sessions, |session| session.read(|visit| visit.user)).returned,
            Some(2)
        );
    }
}

#[test]
fn sixteen_are_opened_and_the_seventeenth_is_not() {
    let (sessions, _) = sessions();
    let (good, bad) = (issued(&sessions, START, 1), bad_seal(&sessions));
    let after = |planted| request(&sessions, std::iter::repeat_n(&*bad, planted).chain([&*good]));
    assert_eq!(after(15), (LoadStatus::Restored, Some(1)));
    assert_eq!(after(16), (LoadStatus::Rejected(Reason::TooMany), None));
}

#[test]
fn a_failure_before_decryption_does_not_count() {
    let (sessions, _) = sessions();
    let good = issued(&sessions, START, 1);
    let unknown = wire::Key::of(&ring()).seal(&wire::Claims::of(&sessions).plain());
    for planted in ["", "junk!", "2.AQ", "Ag", &unknown, &"A".repeat(4097)] {
        assert_eq!(
            request(&sessions, [planted; 100].into_iter().chain([&*good])),
            (LoadStatus::Restored, Some(1))
        );
    }
}

#[test]
fn at_most_64_kib_are_read() {
    let (sessions, _) = sessions();
    let good = issued(&sessions, START, 1);
    let (junk, rest) = ("A".repeat(4096), "A".repeat(4096 - good.len()));
    let full = std::iter::repeat_n(&*junk, 15);
    assert_eq!(
        request(&sessions, full.clone().chain([&*rest, &good])),
        (LoadStatus::Restored, Some(1))
    );
    let one_more = format!("{rest}A");
    let status = request(&sessions, full.chain([&*one_more, &good]));
    assert_eq!(status, (LoadStatus::Rejected(Reason::UnknownVersion), None));
}

#[test]
fn of_several_failures_the_most_hopeful_is_reported() {
    let clock = clock();
    let ended = line("open-until=2027-01-15T08:00:00Z");
    let keys = format!("{}\n{ended}", line("")).parse().unwrap();
    let refuse = |_: &SessionInfo, visit: &Visit| {
        if visit.user == Some(9) { Err("banned") } else { Ok(()) }
    };
    let sessions =
        Sessions::<Visit>::builder(keys).clock(clock.clone()).validate(refuse).build().unwrap();
    let key = wire::Key::of(sessions.key_ring());
    let claims = wire::Claims::of(&sessions);
    let plain = claims.plain();
    let (bad, expired) = (bad_seal(&sessions), issued(&sessions, START - 14 * DAY, 1));
    let by_hope = [
        (Reason::FromTheFuture, issued(&sessions, START + 121, 1)),
        (Reason::OtherShape, key.seal(&wire::Claims { shape: [0; 4], ..claims.clone() }.plain())),
        (Reason::UnknownForm, key.seal(&[&[9], &plain[1..]].concat())),
        (Reason::Undecodable, key.seal(&[&plain[..], &[0]].concat())),
        (Reason::PiecesMixed, "2.AQ".to_owned()),
        (Reason::UnknownVersion, "Ag".to_owned()),
        (Reason::UnknownKey, wire::Key::of(&ring()).seal(&plain)),
        (Reason::KeyEnded, wire::Key::parse(&ended).seal(&plain)),
        (Reason::Refused("banned"), issued(&sessions, START, 9)),
        (Reason::ExpiredIdle, expired),
        (Reason::TooMany, [&*bad; 17].join(&format!("; {NAME}="))),
        (Reason::BadSeal, bad),
        (Reason::TooLong, "A".repeat(4097)),
        (Reason::Malformed, "!".to_owned()),
    ];
    for (index, (reason, value)) in by_hope.iter().enumerate() {
        assert_eq!(request(&sessions, [&**value]).0, LoadStatus::Rejected(*reason));
        for (other, worse) in &by_hope[index + 1..] {
            assert_eq!(request(&sessions, [&**value, worse]).0, LoadStatus::Rejected(*reason));
            if *other != Reason::TooMany {
                assert_eq!(request(&sessions, [&**worse, value]).0, LoadStatus::Rejected(*reason));
            }
        }
    }
}

#[test]
fn of_several_expired_the_latest_issued_gives_the_reason() {
    let (sessions, _) = sessions();
    let key = wire::Key::of(sessions.key_ring());
    let base = wire::Claims::of(&sessions);
    let idle = key.seal(&wire::Claims { issued: START - 20 * DAY, ..base.clone() }.plain());
    let fixed = key.seal(
        &wire::Claims { issued: START - 9, expiry: wire::Expiry::At(START - 1), ..base.clone() }
            .plain(),
    );
    let absolute = key.seal(&wire::Claims { issued: START - 5, age: 40 * DAY, ..base }.plain());
    let status = |values: &[&str]| request(&sessions, values.iter().copied()).0;
    assert_eq!(status(&[&idle, &fixed]), LoadStatus::Rejected(Reason::ExpiredAt));
    assert_eq!(status(&[&absolute, &fixed, &idle]), LoadStatus::Rejected(Reason::ExpiredAbsolute));
}

#[test]
fn the_key_is_found_by_its_id_and_never_by_trial() {
    let (ours, clock) = (line(""), clock());
    let sessions = sessions_of(&format!("{ours}\n{}", line("")), &clock);
    let ring: &KeyRing = sessions.key_ring();
    let second = ring.keys()[1].id.to_bytes();
    let mislabelled = wire::Key::parse(&ours).seal_with(
        second,
        [1; 24],
        NAME,
        b"",
        &wire::Claims::of(&sessions).plain(),
    );
    assert_eq!(sessions.open(&mislabelled).unwrap_err().reason(), Reason::BadSeal);
}

#[test]
fn one_line_deletes_a_planted_cookie_and_our_own() {
    let (sessions, _) = sessions();
    let call = Call::get().cookie("junk").cookie(&issued(&sessions, START, 1));
    assert!(call.run(&sessions, |session| session.purge().unwrap()).line().contains("Max-Age=0"));
}
