//! docs/rules.md §2, §3 and §5.5: flash messages, which wait until a page takes them and are
//! limited so that they cannot fill the cookie.

use crate::support::*;
use sealed_session::{Flash, Level, SessionError};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn texts(flashes: &[Flash]) -> Vec<&str> {
    flashes.iter().map(|flash| flash.text.as_str()).collect()
}

#[test]
fn a_flash_waits_until_it_is_taken() {
    let (sessions, _) = sessions();
    let mut browser = signed_in(&sessions);
    browser.get(&sessions, |session| session.flash(Level::SUCCESS, "saved").unwrap());
    let saved = Flash { level: Level::SUCCESS, text: "saved".to_owned() };
    assert_eq!(browser.get(&sessions, |session| session.flashes()).returned, vec![saved.clone()]);
    assert_eq!(browser.get(&sessions, |session| session.take_flashes()).returned, Ok(vec![saved]));
    assert_eq!(browser.get(&sessions, |session| session.take_flashes()).returned, Ok(vec![]));
    assert_eq!(browser.get(&sessions, |session| session.cloned()).returned, visit(7));
}

#[test]
fn reading_flashes_or_taking_none_sets_no_cookie() {
    let (sessions, _) = sessions();
    let mut browser = signed_in(&sessions);
    assert!(browser.get(&sessions, |session| session.take_flashes().unwrap()).lines().is_empty());
    browser.get(&sessions, |session| session.flash(Level::INFO, "hi").unwrap());
    assert!(browser.get(&sessions, |session| session.flashes()).lines().is_empty());
}

#[test]
fn a_flash_taken_in_the_same_request_sets_no_cookie() {
    let (sessions, _) = sessions();
    let answer = signed_in(&sessions).get(&sessions, |session| {
        session.flash(Level::INFO, "hi").unwrap();
        session.take_flashes().unwrap().len()
    });
    assert_eq!((answer.lines().len(), answer.returned), (0, 1));
}

#[test]
fn flashes_taken_by_a_failing_page_are_kept() {
    let (sessions, _) = sessions();
    let mut browser = signed_in(&sessions);
    browser.get(&sessions, |session| session.flash(Level::INFO, "hi").unwrap());
    browser.send(&sessions, Call::get().status(500), |session| session.take_flashes().unwrap());
    assert_eq!(browser.get(&sessions, |session| session.flashes().len()).returned, 1);
}

#[test]
fn flashes_are_returned_oldest_first() {
    let (sessions, _) = sessions();
    let answer = Call::get().run(&sessions, |session| {
        ["a", "b", "c"].into_iter().for_each(|text| session.flash(Level::INFO, text).unwrap());
        session.take_flashes().unwrap()
    });
    assert_eq!(texts(&answer.returned), ["a", "b", "c"]);
}

#[test]
fn a_seventeenth_flash_pushes_out_the_oldest() {
    let (sessions, _) = sessions();
    let waiting = |count: usize| {
        let answer = Call::get().run(&sessions, |session| {
            (0..count).for_each(|number| session.flash(Level::INFO, number.to_string()).unwrap());
            session.flashes()
        });
        (answer.returned.len(), answer.returned[0].text.clone())
    };
    assert_eq!(waiting(16), (16, "0".to_owned()));
    assert_eq!(waiting(17), (16, "1".to_owned()));
}

#[test]
fn all_texts_together_have_at_most_1024_bytes() {
    let (sessions, _) = sessions();
    let waiting = |second: usize| {
        let answer = Call::get().run(&sessions, |session| {
            session.flash(Level::INFO, "a".repeat(500)).unwrap();
            session.flash(Level::INFO, "b".repeat(second)).unwrap();
            session.flashes().len()
        });
        answer.returned
    };
    assert_eq!((waiting(524), waiting(525)), (2, 1));
}

#[test]
fn one_text_has_at_most_1024_bytes() {
    let (sessions, _) = sessions();
    Call::get().run(&sessions, |session| {
        assert_eq!(session.flash(Level::INFO, "é".repeat(512)), Ok(()));
        let refused = session.flash(Level::INFO, format!("{}x", "é".repeat(512)));
        assert_eq!(refused, Err(SessionError::FlashTooLong { length: 1025, allowed: 1024 }));
        assert_eq!(session.flashes().len(), 1, "and pushes nothing out");
    });
}

#[test]
fn the_levels_are_djangos_numbers_and_others_are_kept() {
    let levels = [
        Level::DEBUG,
        Level::INFO,
        Level::SUCCESS,
        Level::WARNING,
        Level::ERROR,
        Level(99),
        Level(0),
    ];
    assert_eq!(levels.map(|level| level.0), [10, 20, 25, 30, 40, 99, 0]);
    let (sessions, _) = sessions();
    let mut browser = Browser::default();
    let answer = browser.get(&sessions, |session| {
        levels.iter().for_each(|level| session.flash(*level, "x").unwrap())
    });
    let (claims, _) = wire::Key::of(sessions.key_ring()).read(answer.value());
    assert_eq!(
        claims.flashes.iter().map(|flash| flash.0).collect::<Vec<_>>(),
        levels.map(|level| level.0)
    );
    let taken = browser.get(&sessions, |session| session.take_flashes().unwrap()).returned;
    assert_eq!(taken.iter().map(|flash| flash.level).collect::<Vec<_>>(), levels);
}

#[test]
fn set_and_renew_keep_flashes_and_purge_does_not() {
    let (sessions, _) = sessions();
    let answer = Call::get().run(&sessions, |session| {
        session.flash(Level::INFO, "hi").unwrap();
        session.set(visit(1)).unwrap();
        session.renew().unwrap();
        let kept = session.flashes().len();
        session.purge().unwrap();
        (kept, session.flashes().len())
    });
    assert_eq!(answer.returned, (1, 0));
}
