//! SPEC §14: a session over several cookies. Whatever a browser keeps of what was sent, the next
//! request finds the old session, the new one, or none; never another and never half of one.

use crate::support::*;
use sealed_session::clock::ManualClock;
use sealed_session::{Builder, LoadStatus, Reason, Session, SessionError, Sessions};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A session whose value has about this many characters.
fn long(user: u64, characters: usize) -> Visit {
    // Each letter depends on the user, so that pieces of two sessions differ.
    let letter = |index: usize| char::from(b'a' + ((user as usize + index) % 26) as u8);
    Visit { note: (0..characters * 3 / 4).map(letter).collect(), ..visit(user) }
}

fn wide(clock: &ManualClock, cookies: u8) -> Builder<Visit> {
    builder(clock).max_cookies(cookies).max_cookie_bytes(14_000)
}

/// The name and value of each line that sets a cookie.
fn set<R>(answer: &Answer<R>) -> Vec<(String, String)> {
    let pairs = answer.lines().into_iter().filter(|line| !line.contains("Max-Age=0"));
    pairs
        .map(|line| line.split(';').next().unwrap().split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The pieces of a session that a server sends.
fn sent(sessions: &Sessions<Visit>, visit: &Visit) -> Vec<(String, String)> {
    let answer = Call::get().run(sessions, |session| session.set(visit.clone()).unwrap());
    answer.committed.as_ref().unwrap();
    set(&answer)
}

/// What a request with these cookies, in this order, finds.
fn found<'a>(
    sessions: &Sessions<Visit>,
    cookies: impl IntoIterator<Item = &'a (String, String)>,
) -> (LoadStatus, Visit) {
    let call = cookies
        .into_iter()
        .fold(Call::get(), |call, (name, value)| call.asks("cookie", format!("{name}={value}")));
    call.run(sessions, |session| (session.load_status(), session.cloned())).returned
}

const MIXED: (LoadStatus, Visit) = (
    LoadStatus::Rejected(Reason::PiecesMixed),
    Visit { user: None, cart: Vec::new(), note: String::new() },
);

#[test]
fn a_session_takes_as_many_cookies_as_it_needs() {
    let clock = clock();
    let sessions = wide(&clock, 4).build().unwrap();
    for (characters, count) in [(1_000, 1), (5_000, 2), (9_000, 3), (13_000, 4)] {
        let visit = long(7, characters);
        let cookies = sent(&sessions, &visit);
        assert_eq!(cookies.len(), count, "{characters}");
        let names = ["", ".1", ".2", ".3"].map(|suffix| format!("{NAME}{suffix}"));
        assert!(cookies.iter().map(|(name, _)| name).eq(&names[..count]));
        assert!(cookies.iter().all(|(name, value)| name.len() + value.len() <= 4096));
        // In any order, whatever limit the reader has.
        let reader = sessions_like(&sessions, &clock, 1);
        for reader in [&sessions, &reader] {
            assert_eq!(found(reader, &cookies), (LoadStatus::Restored, visit.clone()));
            assert_eq!(found(reader, cookies.iter().rev()), (LoadStatus::Restored, visit.clone()));
        }
    }
}

/// A node with the same ring and another number of cookies.
fn sessions_like(sessions: &Sessions<Visit>, clock: &ManualClock, cookies: u8) -> Sessions<Visit> {
    Sessions::builder(sessions.key_ring().clone())
        .clock(clock.clone())
        .max_cookies(cookies)
        .max_cookie_bytes(14_000)
        .build()
        .unwrap()
}

#[test]
fn a_missing_piece_gives_no_session() {
    let sessions = wide(&clock(), 4).build().unwrap();
    let cookies = sent(&sessions, &long(7, 13_000));
    for missing in 0..cookies.len() {
        let rest = cookies.iter().enumerate().filter(|(index, _)| *index != missing);
        let found = found(&sessions, rest.map(|(_, cookie)| cookie));
        // Without the first piece there is nothing to open.
        let expected = if missing == 0 { (LoadStatus::New, Visit::default()) } else { MIXED };
        assert_eq!(found, expected, "{missing}");
    }
}

#[test]
fn pieces_of_two_sessions_are_not_joined() {
    let clock = clock();
    let sessions = wide(&clock, 4).build().unwrap();
    let old = sent(&sessions, &long(7, 9_000));
    clock.advance(secs(60));
    for (user, characters) in [(7, 9_000), (8, 9_000), (8, 13_000), (7, 5_000)] {
        let other = sent(&sessions, &long(user, characters));
        for choice in 0..1_u32 << old.len().min(other.len()) {
            let mixed: Vec<_> = (0..other.len().max(old.len()))
                .filter_map(|index| {
                    let from = if choice & (1 << index) == 0 { &old } else { &other };
                    from.get(index)
                })
                .collect();
            let (status, visit) = found(&sessions, mixed.iter().copied());
            let whole =
                |cookies: &[(String, String)]| cookies.iter().all(|cookie| mixed.contains(&cookie));
            if whole(&old) {
                assert_eq!((status, visit), (LoadStatus::Restored, long(7, 9_000)));
            } else if whole(&other) {
                assert_eq!((status, visit), (LoadStatus::Restored, long(user, characters)));
            } else {
                assert_eq!((status, visit), MIXED, "{choice:b}");
            }
        }
    }
}

#[test]
fn pieces_in_each_others_place_do_not_open() {
    let sessions = wide(&clock(), 4).build().unwrap();
    let cookies = sent(&sessions, &long(7, 13_000));
    let swapped = |one: usize, other: usize| {
        let mut swapped = cookies.clone();
        (swapped[one].1, swapped[other].1) = (cookies[other].1.clone(), cookies[one].1.clone());
        found(&sessions, &swapped)
    };
    // The tie fits, and the tag does not.
    assert_eq!(swapped(1, 2).0, LoadStatus::Rejected(Reason::BadSeal));
    // The cookie itself is no first piece any more.
    assert_eq!(swapped(0, 1).0, LoadStatus::Rejected(Reason::Malformed));
}

#[test]
fn of_two_complete_sessions_the_younger_counts() {
    let clock = clock();
    let sessions = wide(&clock, 4).build().unwrap();
    let old = sent(&sessions, &long(7, 9_000));
    clock.advance(secs(60));
    let new = sent(&sessions, &long(8, 5_000));
    let alone = sent(&sessions, &visit(9));
    for cookies in [[&old, &new], [&new, &old]] {
        let found = found(&sessions, cookies.into_iter().flatten());
        assert_eq!(found, (LoadStatus::Restored, long(8, 5_000)));
    }
    // A session in one cookie beside the pieces of another.
    clock.advance(secs(60));
    assert_eq!(found(&sessions, old[1..].iter().chain(&alone)).1, visit(9));
    assert_eq!(found(&sessions, old.iter().chain(&alone)).1, visit(9));
}

#[test]
fn a_planted_or_repeated_piece_changes_nothing() {
    let sessions = wide(&clock(), 4).build().unwrap();
    let visit = long(7, 9_000);
    let cookies = sent(&sessions, &visit);
    let planted = |value: &str| (format!("{NAME}.1"), value.to_owned());
    let others = [
        planted("junk"),
        planted(""),
        planted("AAAAAA.AAAA"),
        (format!("{NAME}.3"), format!("{}.AAAA", &cookies[0].1[10..16])),
        (format!("{NAME}.9"), "x".repeat(5_000)),
        cookies[1].clone(),
        cookies[2].clone(),
    ];
    for other in &others {
        let restored = (LoadStatus::Restored, visit.clone());
        assert_eq!(found(&sessions, std::iter::once(other).chain(&cookies)), restored, "{other:?}");
        assert_eq!(found(&sessions, cookies.iter().chain([other])), restored, "{other:?}");
    }
}

#[test]
fn what_claims_to_be_a_first_piece_is_bounded() {
    let sessions = wide(&clock(), 4).build().unwrap();
    let visit = long(7, 9_000);
    let cookies = sent(&sessions, &visit);
    let first = &cookies[0].1[2..];
    let claims = |count: &str| {
        let mut claimed = cookies.clone();
        claimed[0].1 = format!("{count}.{first}");
        found(&sessions, &claimed).0
    };
    assert_eq!(claims("3"), LoadStatus::Restored);
    for count in ["4", "9"] {
        assert_eq!(claims(count), LoadStatus::Rejected(Reason::PiecesMixed), "{count}");
    }
    for count in ["0", "1", "10", "200", "2.3", "-2", "２"] {
        assert_eq!(claims(count), LoadStatus::Rejected(Reason::Malformed), "{count}");
    }
    // Fewer pieces than there are: half of the value never opens.
    let half = claims("2");
    assert!(
        [Reason::BadSeal, Reason::Malformed].map(LoadStatus::Rejected).contains(&half),
        "{half:?}"
    );
    for short in ["2.", "2.AAAA", "2.AAAAAAAAAAAAA"] {
        let cookies = [(NAME.to_owned(), short.to_owned()), cookies[1].clone()];
        assert_eq!(found(&sessions, &cookies), MIXED);
    }
    // Sixteen are joined, and the seventeenth is not.
    let false_first = (NAME.to_owned(), format!("2.{}", "A".repeat(20)));
    let flood = |count: usize| vec![false_first.clone(); count];
    assert_eq!(found(&sessions, flood(15).iter().chain(&cookies)).1, visit);
    assert_eq!(found(&sessions, flood(16).iter().chain(&cookies)), MIXED);
}

#[test]
fn a_joined_value_has_at_most_14000_characters() {
    let sessions = wide(&clock(), 4).build().unwrap();
    let pieces = |last: usize| {
        let part = "A".repeat(4_000);
        let later = |digit: u8, part: &str| (format!("{NAME}.{digit}"), format!("AAAAAA.{part}"));
        [
            (NAME.to_owned(), format!("4.{part}")),
            later(1, &part),
            later(2, &part),
            later(3, &part[..last]),
        ]
    };
    // The version that is `A`.
    assert_eq!(found(&sessions, &pieces(2_000)).0, LoadStatus::Rejected(Reason::UnknownVersion));
    assert_eq!(found(&sessions, &pieces(2_001)).0, LoadStatus::Rejected(Reason::TooLong));
}

#[test]
fn a_browser_that_drops_one_line_keeps_a_session_or_none() {
    let clock = clock();
    let sessions = wide(&clock, 4).build().unwrap();
    let sizes = [0, 1_000, 5_000, 9_000, 13_000];
    for (before, after) in sizes.iter().flat_map(|one| sizes.map(|other| (*one, other))) {
        let mut browser = Browser::default();
        let write = |user: u64, characters: usize| {
            move |session: &Session<Visit>| match characters {
                0 => session.purge(),
                _ => session.set(long(user, characters)),
            }
        };
        browser.get(&sessions, write(7, before)).returned.unwrap();
        clock.advance(secs(1));
        let lines = browser.clone().get(&sessions, write(8, after)).lines().len();
        for dropped in 0..=lines {
            let mut browser = browser.clone();
            browser.drop_line(dropped);
            browser.get(&sessions, write(8, after)).committed.unwrap();
            let (status, found) = browser
                .get(&sessions, |session| (session.load_status(), session.cloned()))
                .returned;
            let is = |user: u64, characters: usize| {
                let (expected, visit) = match characters {
                    0 => (LoadStatus::New, Visit::default()),
                    _ => (LoadStatus::Restored, long(user, characters)),
                };
                (status, &found) == (expected, &visit)
            };
            let what = format!("{before} to {after} without line {dropped}: {status:?}");
            if dropped == lines {
                assert!(is(8, after), "{what}");
            }
            assert!(is(7, before) || is(8, after) || (status, found.clone()) == MIXED, "{what}");
            // The next write repairs it, whatever was dropped.
            browser.get(&sessions, |session| session.set(visit(9)).unwrap());
            assert_eq!(browser.get(&sessions, |session| session.cloned()).returned, visit(9));
            assert!(!browser.value().is_empty(), "one cookie is left");
        }
    }
}

#[test]
fn a_smaller_session_deletes_the_pieces_that_it_does_not_need() {
    let sessions = wide(&clock(), 4).build().unwrap();
    let mut browser = Browser::default();
    for (characters, cookies) in
        [(13_000, 4), (9_000, 3), (13_000, 4), (5_000, 2), (1_000, 1), (9_000, 3)]
    {
        browser.get(&sessions, |session| session.set(long(7, characters)).unwrap());
        assert_eq!(browser.names().len(), cookies, "{characters}");
        let found = browser.get(&sessions, |session| session.cloned());
        assert_eq!((found.lines().len(), found.returned), (0, long(7, characters)));
    }
    let ended = browser.get(&sessions, |session| session.purge().unwrap());
    assert_eq!((ended.lines().len(), browser.is_empty()), (3, true));
}

#[test]
fn all_pieces_go_out_on_every_write_and_refresh() {
    let clock = clock();
    let sessions = wide(&clock, 4).build().unwrap();
    let mut browser = Browser::default();
    browser.get(&sessions, |session| session.set(long(7, 9_000)).unwrap());
    let write = browser.get(&sessions, |session| {
        session.update(|visit| visit.cart.push(1)).unwrap();
        session.size()
    });
    assert_eq!(set(&write).len(), 3);
    assert_eq!(write.lines().iter().map(|line| line.len()).sum::<usize>(), write.returned);
    clock.advance(secs(2 * DAY));
    // A stale piece is deleted with the refresh.
    browser.plant(&format!("{NAME}.3"), "stale");
    let refresh = browser.get(&sessions, |session| session.cloned());
    assert_eq!((set(&refresh).len(), refresh.lines().len()), (3, 4));
    assert_eq!(browser.names().len(), 3);
}

#[test]
fn a_lower_limit_reads_and_refuses_only_what_stays_too_large() {
    let clock = clock();
    let wide = wide(&clock, 4).build().unwrap();
    let narrow = sessions_like(&wide, &clock, 1);
    let mut browser = Browser::default();
    browser.get(&wide, |session| session.set(long(7, 9_000)).unwrap());
    // A refresh that would not fit is left out, and loses nothing.
    clock.advance(secs(3 * DAY));
    let read = browser.get(&narrow, |session| session.cloned());
    assert_eq!((read.lines().len(), read.returned), (0, long(7, 9_000)));
    let refused = browser.get(&narrow, |session| session.update(|visit| visit.cart.push(1)));
    let TooLarge { needed, allowed } = too_large(refused.returned);
    assert!(allowed == 4093 && needed > 9_000, "{needed}");
    assert_eq!(browser.get(&narrow, |session| session.cloned()).returned, long(7, 9_000));
    // A write that makes it smaller is accepted, and the pieces go.
    browser.get(&narrow, |session| session.update(|visit| visit.note.clear()).unwrap());
    assert_eq!(browser.get(&wide, |session| session.cloned()).returned, visit(7));
    assert_eq!(browser.names(), [NAME]);
}

struct TooLarge {
    needed: usize,
    allowed: usize,
}

fn too_large<R: std::fmt::Debug>(result: Result<R, SessionError>) -> TooLarge {
    match result.unwrap_err() {
        SessionError::TooLarge { needed, allowed, .. } => TooLarge { needed, allowed },
        other => panic!("{other}"),
    }
}

/// The bytes of the session's cookies in a request.
fn in_a_request(cookies: &[(String, String)]) -> usize {
    cookies.iter().map(|(name, value)| name.len() + 1 + value.len() + 2).sum()
}

#[test]
fn all_cookies_together_are_within_the_bounds_to_the_byte() {
    let clock = clock();
    for (cookies, line, request) in [
        (2, 4093, 7_900),
        (2, 4093, 14_000),
        (3, 4093, 7_900),
        (4, 4093, 14_000),
        (2, 600, 1_000),
        (4, 400, 14_000),
        (2, 600, 600),
        (4, 600, 700),
    ] {
        let sessions = builder(&clock)
            .max_cookies(cookies)
            .max_set_cookie_bytes(line)
            .max_cookie_bytes(request)
            .build()
            .unwrap();
        let fits = |length: &usize| {
            let note = Visit { note: "x".repeat(*length), ..Visit::default() };
            Call::get().run(&sessions, |session| session.set(note)).returned.is_ok()
        };
        let lengths: Vec<usize> = (0..12_000).collect();
        let longest = lengths.partition_point(fits) - 1;
        let note = |length: usize| Visit { note: "x".repeat(length), ..Visit::default() };
        let refused = Call::get().run(&sessions, |session| session.set(note(longest + 1)));
        let TooLarge { needed, allowed } = too_large(refused.returned);
        assert_eq!(allowed, sessions.allowed_bytes());
        assert!(needed > allowed && needed <= allowed + 3, "{needed} of {allowed}");

        // Today the age is 0, which takes 3 bytes less than it can take later.
        let answer = Call::get().run(&sessions, |session| session.set(note(longest)).unwrap());
        let (set, lines) = (set(&answer), answer.lines());
        assert!(set.len() <= usize::from(cookies) && lines.iter().all(|one| one.len() <= line));
        let bytes = in_a_request(&set);
        assert!(bytes <= request, "{bytes} of {request}");
        let room = usize::from(cookies) * line - lines.iter().map(|line| line.len()).sum::<usize>();
        assert!(room < 12 || request - bytes < 12, "{room}, or {bytes} of {request}");
        assert_eq!(found(&sessions, &set).1, note(longest));

        // What fits today fits on the last day.
        let mut browser = Browser::default();
        browser.get(&sessions, |session| session.set(note(longest)).unwrap());
        for day in [13, 26, 29] {
            clock.set(secs(START + day * DAY));
            let refreshed = browser.get(&sessions, |session| session.cloned());
            assert!(refreshed.sets(), "day {day}");
            let set = self::set(&refreshed);
            assert!(refreshed.lines().iter().all(|one| one.len() <= line));
            assert!(in_a_request(&set) <= request);
        }
        clock.set(secs(START));
    }
}

#[test]
fn a_value_in_pieces_is_sealed_and_opened_whole() {
    let sessions = wide(&clock(), 4).build().unwrap();
    let value = sessions.seal(&long(7, 9_000)).unwrap();
    assert!(value.len() > 8_000 && !value.contains('.'));
    assert_eq!(sessions.open(&value).unwrap(), long(7, 9_000));
    let cookies = sent(&sessions, &long(7, 9_000));
    assert_eq!(sessions.open(&cookies[0].1).unwrap_err().reason(), Reason::Pieces);
    let narrow = builder(&clock()).build().unwrap();
    assert!(narrow.seal(&long(7, 9_000)).is_err());
}

#[test]
fn limits_are_checked_when_sessions_are_built() {
    let refused = |builder: Builder<Visit>, word: &str| {
        let error = builder.build().unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    for cookies in [0, 5, 255] {
        refused(builder(&clock()).max_cookies(cookies), "max_cookies must be between 1 and 4");
    }
    for bytes in [0, 255, 14_001] {
        refused(builder(&clock()).max_cookie_bytes(bytes), "max_cookie_bytes must be between");
    }
    let partitioned = |bytes: usize| builder(&clock()).partitioned(true).max_cookie_bytes(bytes);
    refused(partitioned(10_241), "at most 10240 with partitioned(true)");
    assert!(partitioned(10_240).build().is_ok());
}
