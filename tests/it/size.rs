//! docs/rules.md §5.5 and "Size": what fits into one cookie, to the byte.

use crate::support::*;
use sealed_session::{Expiry, KeyRing, Level, SameSite, SessionError, Sessions};
use serde::{Deserialize, Serialize};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn note(length: usize) -> Visit {
    Visit { note: "x".repeat(length), ..Visit::default() }
}

/// The longest note that a new session accepts, and the error for one byte more.
fn longest(sessions: &Sessions<Visit>) -> (usize, SessionError) {
    let fits = |length: &usize| {
        Call::get().run(sessions, |session| session.set(note(*length))).returned.is_ok()
    };
    let lengths: Vec<usize> = (0..5000).collect();
    let longest = lengths.partition_point(fits) - 1;
    let error =
        Call::get().run(sessions, |session| session.set(note(longest + 1))).returned.unwrap_err();
    (longest, error)
}

#[test]
fn an_empty_typed_session_costs_79_characters() {
    #[derive(Default, Serialize, Deserialize)]
    struct Empty;
    assert_eq!(Sessions::<Empty>::new(ring()).unwrap().seal(&Empty).unwrap().len(), 79);
}

#[test]
fn the_line_is_at_most_4093_bytes() {
    let (sessions, _) = sessions();
    let (length, error) = longest(&sessions);
    let SessionError::TooLarge { needed, allowed, .. } = error else { panic!("{error}") };
    assert!(allowed == 4093 && (4094..=4096).contains(&needed), "{needed} of {allowed}");
    let line =
        Call::get().run(&sessions, |session| session.set(note(length)).unwrap()).line().len();
    assert!((4080..=4093).contains(&line), "{line}");
}

#[test]
fn what_fits_still_fits_on_the_last_day() {
    let clock = clock();
    for allowed in 800..808 {
        let sessions = builder(&clock).max_set_cookie_bytes(allowed).build().unwrap();
        clock.set(secs(START));
        let (length, _) = longest(&sessions);
        let mut browser = Browser::default();
        browser.get(&sessions, |session| session.set(note(length)).unwrap());
        for day in [13, 26, 29] {
            clock.set(secs(START + day * DAY));
            let answer = browser.get(&sessions, |session| session.cloned());
            assert!(answer.committed.is_ok() && answer.line().len() <= allowed);
        }
    }
}

#[test]
fn commit_finds_nothing_too_large_that_a_write_accepted() {
    let clock = clock();
    for allowed in 600..604 {
        let sessions = builder(&clock)
            .max_set_cookie_bytes(allowed)
            .refresh_after(0.0)
            .session_ids(true)
            .build()
            .unwrap();
        for expiry in
            [Expiry::BrowserSession, Expiry::Idle(secs(29 * DAY)), Expiry::At(at(START + 29 * DAY))]
        {
            clock.set(secs(START + 120)); // the first node's clock is ahead of the second's
            let write = |length: usize, user: u64| {
                move |session: &sealed_session::Session<Visit>| {
                    session.set_expiry(expiry)?;
                    session.set(Visit { user: Some(user), ..note(length) })
                }
            };
            let fits =
                |length: &usize| Call::get().run(&sessions, write(*length, 1)).returned.is_ok();
            let length = (0..400).take_while(fits).last().unwrap();
            let mut browser = Browser::default();
            browser.get(&sessions, write(length, 1));
            for (user, later) in [(2, 0), (3, DAY), (4, 28 * DAY)] {
                clock.set(secs(START + later));
                let answer = browser.get(&sessions, write(length, user));
                assert_eq!((&answer.returned, &answer.committed), (&Ok(()), &Ok(())));
                assert!(answer.line().len() <= allowed);
            }
        }
    }
}

#[test]
fn a_write_that_does_not_fit_changes_nothing() {
    let (sessions, _) = sessions();
    let answer = signed_in(&sessions).get(&sessions, |session| {
        assert!(matches!(
            session.update(|visit| visit.note = "x".repeat(5000)),
            Err(SessionError::TooLarge { .. })
        ));
        assert!(matches!(session.set(note(5000)), Err(SessionError::TooLarge { .. })));
        assert_eq!(session.update(|visit| visit.note.len()), Ok(0));
        session.cloned()
    });
    assert_eq!((answer.lines().len(), answer.returned), (0, visit(7)));
}

#[test]
fn size_is_the_length_of_the_line_as_sent() {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    for expiry in [
        Expiry::Default,
        Expiry::BrowserSession,
        Expiry::Idle(secs(9)),
        Expiry::At(at(START + 9 * DAY)),
    ] {
        clock.advance(secs(3));
        let answer = browser.get(&sessions, |session| {
            session.update(|visit| visit.cart.push(u32::MAX)).unwrap();
            session.set_expiry(expiry).unwrap();
            session.flash(Level::INFO, "hi").unwrap();
            session.size()
        });
        assert_eq!(answer.line().len(), answer.returned, "{expiry:?}");
    }
    assert_eq!(Call::get().run(&sessions, |session| session.size()).returned, 0);
}

#[test]
fn size_differs_from_the_measure_at_most_by_max_age() {
    let (sessions, _) = sessions();
    let (length, error) = longest(&sessions);
    let SessionError::TooLarge { needed, .. } = error else { panic!("{error}") };
    for expiry in [Expiry::Default, Expiry::BrowserSession] {
        let size = Call::get().run(&sessions, |session| {
            session.set(note(length)).unwrap();
            session.set_expiry(expiry).unwrap();
            session.size()
        });
        // `age` grows by 3 bytes, 4 characters; a byte more of note is up to 2; `; Max-Age=2592120`
        // is 17
        assert!(needed - size.returned <= 17 + 4 + 2, "{} of {needed}", size.returned);
    }
}

#[test]
fn the_longest_attributes_are_measured() {
    let clock = clock();
    let plain = builder(&clock).cookie_name("__Secure-s");
    let long = builder(&clock).cookie_name("__Secure-s").domain("shop.example.org").path("/shop");
    let long = long.same_site(SameSite::Strict).partitioned(true);
    let more = "; Domain=shop.example.org; Partitioned".len() + "/shop".len() - "/".len()
        + "Strict".len()
        - "Lax".len();
    let (plain, long) = (longest(&plain.build().unwrap()).0, longest(&long.build().unwrap()).0);
    assert!(
        (more * 3 / 4 - 1..=more * 3 / 4 + 1).contains(&(plain - long)),
        "{plain} {long} {more}"
    );
}

#[test]
fn a_limit_is_between_256_and_4096_bytes() {
    let clock = clock();
    for bytes in [0, 255, 4097] {
        assert!(
            builder(&clock)
                .max_set_cookie_bytes(bytes)
                .build()
                .unwrap_err()
                .to_string()
                .contains("max_set_cookie_bytes")
        );
    }
    for bytes in [256, 4096] {
        let sessions = builder(&clock).max_set_cookie_bytes(bytes).build().unwrap();
        let answer =
            Call::get().run(&sessions, |session| session.set(note(longest(&sessions).0)).unwrap());
        assert!((bytes - 12..=bytes).contains(&answer.line().len()));
    }
}

#[test]
fn flashes_make_room_for_data_oldest_first() {
    let (sessions, _) = sessions();
    let answer = Call::get().run(&sessions, |session| {
        for text in ["one", "two", "three"] {
            session.flash(Level::INFO, text.repeat(60)).unwrap();
        }
        // room for the data and some of the messages
        session.set(note(longest(&sessions).0 - 600)).unwrap();
        let some: Vec<String> =
            session.flashes().iter().map(|flash| flash.text[..3].to_owned()).collect();
        session.set(note(longest(&sessions).0)).unwrap();
        (some, session.flashes().len())
    });
    assert_eq!(answer.returned, (vec!["two".to_owned(), "thr".to_owned()], 0));
}

#[test]
fn a_flash_that_does_not_fit_is_refused() {
    let (sessions, _) = sessions();
    let full = note(longest(&sessions).0);
    let answer = Call::get().run(&sessions, |session| {
        session.set(full.clone()).unwrap();
        (session.flash(Level::INFO, "saved"), session.flashes().len(), session.cloned() == full)
    });
    assert!(matches!(answer.returned, (Err(SessionError::TooLarge { .. }), 0, true)));
}

#[test]
fn an_id_and_an_expiry_are_measured_too() {
    let (sessions, _) = sessions();
    let answer = Call::get().run(&sessions, |session| {
        session.set(note(longest(&sessions).0)).unwrap();
        let renew = session.renew();
        let expiry = session.set_expiry(Expiry::At(at(START + DAY)));
        (renew, expiry, session.id(), session.info().expiry())
    });
    let refused =
        |result: &Result<(), SessionError>| matches!(result, Err(SessionError::TooLarge { .. }));
    let (renew, expiry, id, kept) = &answer.returned;
    assert!(refused(renew) && refused(expiry));
    assert_eq!((*id, *kept), (None, Expiry::Default));
    assert!(answer.sets());
}

#[test]
fn seal_refuses_what_update_refuses() {
    let (sessions, _) = sessions();
    let (length, error) = longest(&sessions);
    let SessionError::TooLarge { needed, allowed, .. } = error else { panic!("{error}") };
    assert!(sessions.seal(&note(length)).is_ok());
    let refused = sessions.seal(&note(length + 1));
    assert_eq!(refused, Err(SessionError::TooLarge { needed, allowed, largest: None }));
}

/// `tests/data/shop.json` as a developer would type it.
#[derive(Default, Serialize, Deserialize)]
struct Shop {
    user_id: u64,
    role: Role,
    csrf: [u8; 16],
    name: String,
    email: String,
    locale: String,
    theme: String,
    cart: Vec<Item>,
    notes: Vec<String>,
}

#[derive(Default, Serialize, Deserialize)]
enum Role {
    #[default]
    Visitor,
    Customer,
    Admin,
}

#[derive(Serialize, Deserialize)]
struct Item {
    sku: String,
    qty: u32,
    price_cents: u32,
}

#[test]
fn the_typed_shop_takes_290_characters() {
    #[derive(Default, Serialize, Deserialize)]
    struct Empty {}

    let shop: Shop = serde_json::from_str(include_str!("../data/shop.json")).unwrap();
    let ring = KeyRing::ephemeral().unwrap();
    assert_eq!(Sessions::<Shop>::new(ring.clone()).unwrap().seal(&shop).unwrap().len(), 290);
    assert_eq!(Sessions::<Empty>::new(ring.clone()).unwrap().seal(&Empty {}).unwrap().len(), 79);
    // The table of docs/changing-types.md.
    #[cfg(feature = "map")]
    {
        use sealed_session::Encoding;
        let named = Sessions::<Shop>::builder(ring).encoding(Encoding::Named).build().unwrap();
        assert_eq!(named.seal(&shop).unwrap().len(), 399);
    }
}
