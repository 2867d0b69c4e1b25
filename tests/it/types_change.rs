//! docs/rules.md §5.16, SPEC §6.3 and docs/changing-types.md: the struct changes between releases,
//! and old and new servers answer the same visitors.

use crate::support::*;
use sealed_session::clock::ManualClock;
use sealed_session::{Builder, Encoding, Level, LoadStatus, Map, Reason, SessionError, Sessions};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The next release of `Visit` in the support module: the same name, one field less and one more.
mod new {
    #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Visit {
        pub user: Option<u64>,
        pub cart: Vec<u32>,
        pub theme: Option<String>,
    }
}

fn upgrade(old: Visit) -> new::Visit {
    new::Visit { user: old.user, cart: old.cart, theme: None }
}

fn downgrade(new: &new::Visit) -> Visit {
    Visit { user: new.user, cart: new.cart.clone(), note: String::new() }
}

/// Two releases with one ring and one clock.
struct Fleet {
    old: Sessions<Visit>,
    new: Sessions<new::Visit>,
    clock: ManualClock,
}

fn fleet(configure: impl FnOnce(Builder<new::Visit>) -> Builder<new::Visit>) -> Fleet {
    let clock = clock();
    let old = builder(&clock).build().unwrap();
    let new = configure(
        Sessions::builder(old.key_ring().clone()).clock(clock.clone()).upgrade_from(upgrade),
    );
    Fleet { new: new.build().unwrap(), old, clock }
}

fn reason<T: sealed_session::SessionData>(sessions: &Sessions<T>, value: &str) -> Option<Reason> {
    sessions.open(value).err().map(|error| error.reason())
}

#[test]
fn an_old_session_is_read_as_the_new_type() {
    let Fleet { old, new, clock } = fleet(|builder| builder);
    let mut browser = Browser::default();
    browser.get(&old, |session| {
        session.set(visit(7)).unwrap();
        session.renew().unwrap();
        session.flash(Level::INFO, "saved").unwrap();
    });
    let claims = browser
        .get(&old, |session| {
            (session.id(), session.info().created_at(), session.info().expires_at())
        })
        .returned;
    clock.advance(secs(MINUTE));
    let answer = browser.get(&new, |session| {
        assert_eq!(
            (session.load_status(), session.is_new(), session.is_empty()),
            (LoadStatus::Restored, false, false)
        );
        assert_eq!(
            (session.id(), session.info().created_at(), session.info().expires_at()),
            claims
        );
        assert_eq!(session.flashes().len(), 1);
        session.read(|visit| visit.user)
    });
    assert_eq!(answer.returned, Some(7));
    assert!(answer.lines().is_empty());
}

#[test]
fn a_refresh_seals_the_old_bytes() {
    let Fleet { old, new, clock } = fleet(|builder| builder);
    let mut browser = signed_in(&old);
    for _ in 0..3 {
        clock.advance(secs(2 * DAY));
        let answer = browser.get(&new, |session| session.read(|visit| visit.user));
        assert!(answer.sets());
        assert_eq!(old.open(browser.value()).unwrap(), visit(7));
    }
}

#[test]
fn a_refresh_after_undone_writes_seals_the_old_bytes() {
    let Fleet { old, new, clock } = fleet(|builder| builder);
    let mut browser = signed_in(&old);
    clock.advance(secs(2 * DAY));
    let answer = browser.get(&new, |session| {
        let size = session.size();
        session.update(|visit| visit.cart.push(9)).unwrap();
        assert!(session.is_modified());
        session.update(|visit| visit.cart.clear()).unwrap();
        session.flash(Level::INFO, "saved").unwrap();
        session.take_flashes().unwrap();
        assert!(!session.is_modified());
        assert_eq!(session.size(), size);
    });
    assert!(answer.sets());
    assert_eq!(old.open(browser.value()).unwrap(), visit(7));
}

#[test]
fn an_update_that_changes_nothing_sends_nothing() {
    let Fleet { old, new, .. } = fleet(|builder| builder);
    let mut browser = signed_in(&old);
    let same = |session: &sealed_session::Session<new::Visit>| {
        session.update(|visit| visit.user = Some(7)).unwrap();
        session.set(new::Visit { user: Some(7), ..new::Visit::default() }).unwrap();
        assert!(!session.is_modified());
    };
    assert!(browser.get(&new, same).lines().is_empty());
}

#[test]
fn every_kind_of_write_seals_the_new_type() {
    type Write = fn(&sealed_session::Session<new::Visit>) -> Result<(), SessionError>;
    let writes: [Write; 6] = [
        |session| session.update(|visit| visit.cart.push(1)),
        |session| session.set(new::Visit { user: Some(7), cart: vec![1], theme: None }),
        |session| session.flash(Level::INFO, "saved"),
        |session| session.renew(),
        |session| session.set_expiry(sealed_session::Expiry::BrowserSession),
        |session| session.take_flashes().map(drop),
    ];
    for write in writes {
        let Fleet { old, new, .. } = fleet(|builder| builder);
        let mut browser = signed_in(&old);
        browser.get(&old, |session| session.flash(Level::INFO, "hello").unwrap());
        assert!(browser.get(&new, |session| write(session).unwrap()).sets());
        assert_eq!(reason(&old, browser.value()), Some(Reason::OtherShape));
        assert_eq!(browser.get(&new, |session| session.read(|visit| visit.user)).returned, Some(7));
    }
}

#[test]
fn without_downgrade_to_old_servers_see_another_shape() {
    let Fleet { old, new, .. } = fleet(|builder| builder);
    let mut browser = signed_in(&old);
    browser.get(&new, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    let answer = browser.get(&old, |session| session.load_status());
    assert_eq!(answer.returned, LoadStatus::Rejected(Reason::OtherShape));
    assert!(answer.lines().is_empty(), "it stays for the new ones");
}

#[test]
fn with_downgrade_to_old_and_new_servers_alternate() {
    let Fleet { old, new, clock } = fleet(|builder| builder.downgrade_to(downgrade));
    let mut browser = signed_in(&old);
    for turn in 0..12 {
        clock.advance(secs(if turn % 3 == 0 { 2 * DAY } else { MINUTE }));
        if turn % 2 == 0 {
            browser.get(&new, |session| {
                assert_eq!(
                    (session.load_status(), session.read(|visit| visit.user)),
                    (LoadStatus::Restored, Some(7))
                );
                session.update(|visit| visit.cart.push(turn)).unwrap();
                session.flash(Level::INFO, "saved").unwrap();
            });
        } else {
            browser.get(&old, |session| {
                assert_eq!(
                    (session.load_status(), session.read(|visit| visit.user)),
                    (LoadStatus::Restored, Some(7))
                );
                assert_eq!(session.take_flashes().unwrap().len(), 1);
                session.update(|visit| visit.cart.push(turn)).unwrap();
            });
        }
    }
    let cart: Vec<u32> = (0..12).collect();
    assert_eq!(old.open(browser.value()).unwrap().cart, cart);
    assert_eq!(new.open(browser.value()).unwrap().cart, cart);
}

#[test]
fn the_two_steps_and_the_way_back_lose_no_session() {
    let Fleet { old, new: step_1, clock } = fleet(|builder| builder.downgrade_to(downgrade));
    let ring = old.key_ring().clone();
    let step_2 = Sessions::builder(ring).clock(clock).upgrade_from(upgrade).build().unwrap();
    let mut browser = signed_in(&old);
    let write = |browser: &mut Browser, sessions: &Sessions<new::Visit>| {
        browser.get(sessions, |session| {
            assert_eq!(session.read(|visit| visit.user), Some(7));
            session.update(|visit| visit.cart.push(1)).unwrap();
        });
    };
    write(&mut browser, &step_1);
    write(&mut browser, &step_2);
    assert_eq!(reason(&old, browser.value()), Some(Reason::OtherShape));
    // Step 2 is rolled back. Step 1 reads what it sealed, and writes what the oldest release reads.
    write(&mut browser, &step_1);
    write(&mut browser, &step_2);
    browser.get(&step_1, |session| session.flash(Level::INFO, "back").unwrap());
    assert_eq!(old.open(browser.value()).unwrap().cart, [1; 4]);
    browser.get(&old, |session| assert_eq!(session.take_flashes().unwrap().len(), 1));
}

#[test]
fn a_refresh_under_downgrade_to_keeps_the_new_bytes() {
    let Fleet { old, new: step_1, clock } = fleet(|builder| builder.downgrade_to(downgrade));
    let step_2 = Sessions::builder(old.key_ring().clone())
        .clock(clock.clone())
        .upgrade_from(upgrade)
        .build()
        .unwrap();
    let mut browser = Browser::default();
    browser.get(&step_2, |session| {
        session.update(|visit| visit.theme = Some("dark".to_owned())).unwrap()
    });
    clock.advance(secs(2 * DAY));
    assert!(browser.get(&step_1, |session| session.read(|_| ())).sets());
    assert_eq!(step_2.open(browser.value()).unwrap().theme.as_deref(), Some("dark"));
}

#[test]
fn fields_unknown_to_the_older_type_are_not_written() {
    let Fleet { new, .. } = fleet(|builder| builder.downgrade_to(downgrade));
    let mut browser = Browser::default();
    let dark = |visit: &mut new::Visit| visit.theme = Some("dark".to_owned());
    let answer = browser.get(&new, |session| {
        session.update(dark).unwrap();
        (session.is_modified(), session.is_empty())
    });
    assert_eq!((answer.returned, answer.lines().len()), ((false, true), 0));
    let answer = browser.get(&new, |session| {
        session.update(|visit| {
            dark(visit);
            visit.user = Some(7);
        })
    });
    answer.returned.unwrap();
    assert_eq!(browser.get(&new, |session| session.cloned()).returned, upgrade(visit(7)));
}

#[test]
fn seal_writes_what_a_response_would() {
    let Fleet { old, new, clock } = fleet(|builder| builder.downgrade_to(downgrade));
    let seven = new::Visit { user: Some(7), ..new::Visit::default() };
    assert_eq!(old.open(&new.seal(&seven).unwrap()).unwrap(), visit(7));
    let fresh = Call::get().run(&new, |session| session.seal().unwrap()).returned;
    assert_eq!(old.open(&fresh).unwrap(), Visit::default());
    let plain = Sessions::builder(old.key_ring().clone())
        .clock(clock)
        .upgrade_from(upgrade)
        .build()
        .unwrap();
    let sealed = signed_in(&old).get(&plain, |session| session.seal().unwrap()).returned;
    assert_eq!(
        (plain.open(&sealed).unwrap(), reason(&old, &sealed)),
        (seven, Some(Reason::OtherShape))
    );
}

#[test]
fn an_empty_session_is_empty_in_both_types() {
    let clock = clock();
    let old = builder(&clock).build().unwrap();
    let light = |old: Visit| new::Visit { theme: Some("light".to_owned()), ..upgrade(old) };
    let note = |new: &new::Visit| Visit { note: "written".to_owned(), ..downgrade(new) };
    let ring = old.key_ring().clone();
    let new = Sessions::builder(ring)
        .clock(clock)
        .upgrade_from(light)
        .downgrade_to(note)
        .build()
        .unwrap();
    let mut browser = Browser::default();
    browser.get(&old, |session| session.flash(Level::INFO, "hello").unwrap());
    browser.get(&new, |session| {
        assert_eq!(session.cloned(), new::Visit::default());
        session.flash(Level::INFO, "and more").unwrap();
        assert!(!session.is_empty());
    });
    let answer = browser.get(&new, |session| {
        assert_eq!(session.take_flashes().unwrap().len(), 2);
        assert!(session.is_empty());
    });
    assert!(answer.deletes() && browser.is_empty());

    let mut browser = signed_in(&old);
    assert!(browser.get(&new, |session| session.set(new::Visit::default()).unwrap()).deletes());
    assert!(browser.is_empty());
}

#[test]
fn a_session_that_upgrades_to_the_default_is_empty() {
    let Fleet { old, new, clock } = fleet(|builder| builder);
    let mut browser = Browser::default();
    browser.get(&old, |session| {
        session.update(|visit| visit.note = "gone in the new type".to_owned()).unwrap()
    });
    clock.advance(secs(2 * DAY));
    let answer = browser.get(&new, |session| {
        assert!(session.is_empty());
        session.size()
    });
    assert_eq!((answer.returned, answer.lines().len()), (0, 0));
    browser.get(&new, |session| session.update(|visit| visit.user = Some(7)).unwrap());
    assert_eq!(new.open(browser.value()).unwrap().user, Some(7));
}

#[test]
fn purge_ends_an_old_session() {
    for configure in [
        |builder: Builder<new::Visit>| builder,
        |builder: Builder<new::Visit>| builder.downgrade_to(downgrade),
    ] {
        let Fleet { old, new, .. } = fleet(configure);
        let mut browser = signed_in(&old);
        assert!(browser.get(&new, |session| session.purge().unwrap()).deletes());
        assert!(browser.is_empty());
        let mut browser = signed_in(&old);
        browser.get(&new, |session| {
            session.purge().unwrap();
            session.flash(Level::INFO, "signed out").unwrap();
        });
        assert_eq!(browser.get(&new, |session| session.take_flashes().unwrap().len()).returned, 1);
        assert!(browser.is_empty());
    }
}

#[test]
fn the_size_is_that_of_the_type_that_is_written() {
    // The older type needs ten bytes more for each number.
    #[derive(Default, Serialize, Deserialize)]
    #[serde(rename = "Numbers")]
    struct Long(Vec<String>);
    #[derive(Default, Serialize, Deserialize)]
    struct Numbers(Vec<u32>);

    let up = |old: Long| Numbers(old.0.iter().map(|text| text.parse().unwrap()).collect());
    let down = |new: &Numbers| Long(new.0.iter().map(|number| format!("{number:010}")).collect());
    let ring = ring();
    let step_1 =
        Sessions::builder(ring.clone()).upgrade_from(up).downgrade_to(down).build().unwrap();
    let step_2 = Sessions::builder(ring).upgrade_from(up).build().unwrap();
    let call = || Call::post();
    let many = || Numbers((0..500).collect());
    let refused = call().run(&step_1, |session| session.set(many())).returned;
    assert!(
        matches!(refused, Err(SessionError::TooLarge { needed, allowed: 4093, .. }) if needed > 7000),
        "{refused:?}"
    );
    assert!(step_1.seal(&many()).is_err());
    let answer = call().run(&step_2, |session| session.set(many()).map(|()| session.size()));
    assert_eq!(answer.returned.clone().unwrap(), answer.line().len());

    let answer = call().run(&step_1, |session| {
        session.set(Numbers(vec![1, 2])).unwrap();
        session.size()
    });
    assert_eq!(answer.returned, answer.line().len());
}

/// What is written must be readable as the older type. What is only compared need not be.
#[test]
fn an_update_repairs_what_the_older_type_cannot_read() {
    #[derive(Clone, Copy, Default, Serialize, Deserialize)]
    #[serde(try_from = "u32", into = "u32")]
    struct Digit(u32);
    impl TryFrom<u32> for Digit {
        type Error = &'static str;

        fn try_from(number: u32) -> Result<Self, Self::Error> {
            if number < 10 { Ok(Self(number)) } else { Err("more than a digit") }
        }
    }
    impl From<Digit> for u32 {
        fn from(digit: Digit) -> Self {
            digit.0
        }
    }
    #[derive(Default, Serialize, Deserialize)]
    struct Small {
        seats: Digit,
    }
    #[derive(Default, Serialize, Deserialize)]
    struct Large {
        seats: u32,
        row: u32,
    }

    let up = |old: Small| Large { seats: old.seats.0, row: 0 };
    let ring = ring();
    let step_1 = Sessions::builder(ring.clone())
        .upgrade_from(up)
        .downgrade_to(|new: &Large| Small { seats: Digit(new.seats) })
        .build()
        .unwrap();
    let step_2 = Sessions::builder(ring).upgrade_from(up).build().unwrap();
    let mut browser = Browser::holding(&step_2.seal(&Large { seats: 12, row: 3 }).unwrap());
    let unmended = browser.get(&step_1, |session| session.update(|large| large.row = 4));
    assert!(matches!(unmended.returned, Err(SessionError::Unencodable(_))));
    assert!(!unmended.sets());
    let mended = browser.get(&step_1, |session| session.update(|large| large.seats = 7));
    assert_eq!((mended.sets(), mended.returned), (true, Ok(())));
    assert_eq!(browser.get(&step_1, |session| session.read(|large| large.seats)).returned, 7);
}

#[test]
fn an_upgrade_that_does_not_fit_keeps_the_old_session() {
    #[derive(Default, Serialize, Deserialize)]
    #[serde(rename = "Numbers")]
    struct Long(Vec<String>);
    #[derive(Default, Serialize, Deserialize)]
    struct Numbers(Vec<u32>);

    let clock = clock();
    let ring = ring();
    let old = Sessions::<Numbers>::builder(ring.clone()).clock(clock.clone()).build().unwrap();
    let up = |old: Numbers| Long(old.0.iter().map(|number| format!("{number:010}")).collect());
    let new = Sessions::builder(ring).clock(clock.clone()).upgrade_from(up).build().unwrap();
    let mut browser = Browser::default();
    browser.get(&old, |session| session.set(Numbers((0..500).collect())).unwrap());
    clock.advance(secs(2 * DAY));
    let answer = browser.get(&new, |session| {
        assert!(matches!(session.renew(), Err(SessionError::TooLarge { .. })));
        session.read(|long| long.0.len())
    });
    assert_eq!(answer.returned, 500);
    assert!(answer.sets(), "the old bytes, refreshed");
    assert_eq!(old.open(browser.value()).unwrap().0.len(), 500);
}

#[test]
fn several_old_types_are_told_apart() {
    #[derive(Default, Serialize, Deserialize)]
    #[serde(rename = "Visit")]
    struct First {
        user: Option<u64>,
    }
    let ring = ring();
    let first = Sessions::<First>::new(ring.clone()).unwrap();
    let second = Sessions::<Visit>::new(ring.clone()).unwrap();
    let map = Sessions::<Map>::new(ring.clone()).unwrap();
    let numbered = Sessions::<Visit>::builder(ring.clone()).schema_version(9).build().unwrap();
    let own = Sessions::<new::Visit>::new(ring.clone()).unwrap();
    let new = Sessions::builder(ring)
        .upgrade_from(|First { user }| new::Visit { user, ..new::Visit::default() })
        .upgrade_from(upgrade)
        .upgrade_from_version(9, |old: Visit| new::Visit { cart: vec![9], ..upgrade(old) })
        .upgrade_from(|map: Map| new::Visit {
            user: map.get("user").ok().flatten(),
            ..new::Visit::default()
        })
        .build()
        .unwrap();
    let mut seven = Map::new();
    seven.insert("user", 7).unwrap();
    let value = new::Visit { user: Some(7), ..new::Visit::default() };
    let sealed = [
        first.seal(&First { user: Some(7) }).unwrap(),
        second.seal(&visit(7)).unwrap(),
        map.seal(&seven).unwrap(),
        own.seal(&value).unwrap(),
    ];
    for sealed in &sealed {
        assert_eq!(new.open(sealed).unwrap(), value);
    }
    assert_eq!(new.open(&numbered.seal(&visit(7)).unwrap()).unwrap().cart, [9]);
}

#[test]
fn an_import_is_written_as_the_older_type() {
    let clock = clock();
    let old = builder(&clock).build().unwrap();
    let sid = sealed_session::migrate::LegacyCookie::new("sid", at(START + DAY));
    let new = Sessions::builder(old.key_ring().clone())
        .clock(clock)
        .upgrade_from(upgrade)
        .downgrade_to(downgrade)
        .import_from(sid, |_| {
            Some(new::Visit { user: Some(7), theme: Some("dark".to_owned()), cart: vec![] })
        })
        .build()
        .unwrap();
    let answer = Call::get().asks("cookie", "sid=7").run(&new, |session| session.load_status());
    assert_eq!(answer.returned, LoadStatus::Imported);
    assert_eq!(old.open(answer.value()).unwrap(), visit(7));
}

#[test]
fn validate_sees_the_upgraded_data() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let clock = clock();
    let old = builder(&clock).build().unwrap();
    let new = Sessions::builder(old.key_ring().clone())
        .clock(clock)
        .upgrade_from(move |old: Visit| {
            counted.fetch_add(1, Ordering::Relaxed);
            upgrade(old)
        })
        .validate(|_, visit| if visit.user == Some(7) { Err("not seven") } else { Ok(()) })
        .build()
        .unwrap();
    assert_eq!(reason(&new, &old.seal(&visit(7)).unwrap()), Some(Reason::Refused("not seven")));
    assert_eq!(calls.swap(0, Ordering::Relaxed), 1);
    let cookie = old.seal(&visit(8)).unwrap();
    Call::get().cookie(&cookie).run(&new, |session| session.read(|visit| visit.user));
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    Call::get().cookie(&cookie).run(&new, |_| ());
    assert_eq!(calls.load(Ordering::Relaxed), 1, "an untouched session is not opened");
}

#[test]
fn the_latest_issued_wins_whatever_its_type() {
    let Fleet { old, new, clock } = fleet(|builder| builder);
    let first = new.seal(&new::Visit { user: Some(1), ..new::Visit::default() }).unwrap();
    clock.advance(secs(1));
    let second = old.seal(&visit(2)).unwrap();
    for order in [[&first, &second], [&second, &first]] {
        let call = order.into_iter().fold(Call::get(), |call, value| call.cookie(value));
        assert_eq!(call.run(&new, |session| session.read(|visit| visit.user)).returned, Some(2));
    }
}

#[test]
fn undecodable_data_of_an_old_shape_are_reported() {
    let Fleet { old, new, .. } = fleet(|builder| builder);
    let key = wire::Key::of(old.key_ring());
    let mut plaintext = wire::Claims::of(&old).plain();
    plaintext.push(0);
    assert_eq!(reason(&new, &key.seal(&plaintext)), Some(Reason::Undecodable));
}

#[test]
fn build_refuses_contradicting_upgrades() {
    /// The old name of what is `Visit` now.
    #[derive(Default, Serialize, Deserialize)]
    #[serde(rename = "Visit")]
    struct Twin {
        user: Option<u64>,
        cart: Vec<u32>,
        note: String,
    }
    let sentence = |configure: fn(Builder<new::Visit>) -> Builder<new::Visit>| {
        configure(Sessions::builder(ring())).build().unwrap_err().to_string()
    };
    let own = sentence(|builder| builder.upgrade_from(|own: new::Visit| own));
    assert!(own.contains("remove the call"), "{own}");
    let twice = sentence(|builder| {
        builder.upgrade_from(upgrade).upgrade_from(|twin: Twin| {
            upgrade(Visit { user: twin.user, cart: twin.cart, note: twin.note })
        })
    });
    assert!(twice.contains("have the same shape"), "{twice}");
    let unread = sentence(|builder| builder.downgrade_to(downgrade));
    assert!(unread.contains("needs upgrade_from"), "{unread}");
    let ambiguous = sentence(|builder| {
        builder.upgrade_from(upgrade).upgrade_from_version(1, upgrade).downgrade_to(downgrade)
    });
    assert!(ambiguous.contains("ambiguous"), "{ambiguous}");
    let numbered =
        sentence(|builder| builder.upgrade_from_version(1, |_: Map| new::Visit::default()));
    assert!(numbered.contains("Map"), "{numbered}");

    #[derive(Default, Serialize, Deserialize)]
    struct Flat {
        #[serde(flatten)]
        rest: std::collections::BTreeMap<String, u32>,
    }
    assert!(
        sentence(|builder| builder.upgrade_from(|_: Flat| new::Visit::default()))
            .contains("flatten")
    );
    Sessions::<new::Visit>::builder(ring())
        .upgrade_from_version(1, upgrade)
        .downgrade_to(downgrade)
        .build()
        .unwrap();
}

// Fields by name.

/// The same type in its next release: one field added, one renamed, one removed, in another order.
mod grown {
    #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Shopper {
        #[serde(default)]
        pub theme: Option<String>,
        #[serde(alias = "basket")]
        pub cart: Vec<u32>,
        pub user: Option<u64>,
    }
}

mod first {
    #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Visit {
        pub user: Option<u64>,
        pub basket: Vec<u32>,
        #[serde(default)]
        pub note: String,
    }
}

fn named<T: sealed_session::SessionData>(
    ring: &sealed_session::KeyRing,
    clock: &ManualClock,
) -> Sessions<T> {
    Sessions::builder(ring.clone()).clock(clock.clone()).encoding(Encoding::Named).build().unwrap()
}

#[test]
fn named_sessions_need_no_upgrades() {
    let (ring, clock) = (ring(), clock());
    let (old, new) = (named::<first::Visit>(&ring, &clock), named::<grown::Shopper>(&ring, &clock));
    assert_eq!((old.shape(), old.shape_text()), (new.shape(), Some("named")));
    let sealed = old
        .seal(&first::Visit { user: Some(7), basket: vec![1], note: "gone".to_owned() })
        .unwrap();
    assert_eq!(
        new.open(&sealed).unwrap(),
        grown::Shopper { user: Some(7), cart: vec![1], theme: None }
    );
}

#[test]
fn with_names_old_and_new_servers_alternate() {
    #[derive(Default, Serialize, Deserialize)]
    struct Later {
        user: Option<u64>,
        #[serde(default)]
        cart: Vec<u32>,
        #[serde(default)]
        theme: Option<String>,
        #[serde(default)]
        note: String,
    }
    let (ring, clock) = (ring(), clock());
    let (old, new) = (named::<Visit>(&ring, &clock), named::<Later>(&ring, &clock));
    let mut browser = signed_in(&old);
    for turn in 0..6 {
        clock.advance(secs(MINUTE));
        if turn % 2 == 0 {
            browser.get(&new, |session| session.update(|visit| visit.cart.push(turn)).unwrap());
        } else {
            browser.get(&old, |session| session.update(|visit| visit.cart.push(turn)).unwrap());
        }
        // A read, and an update that changes nothing, by either.
        let user = browser.get(&new, |session| session.update(|visit| visit.user).unwrap());
        assert_eq!((user.returned, user.lines().len()), (Some(7), 0));
        let user = browser.get(&old, |session| session.update(|visit| visit.user).unwrap());
        assert_eq!((user.returned, user.lines().len()), (Some(7), 0));
        // An update that is undone.
        let undone = browser.get(&new, |session| {
            session.update(|visit| visit.note.push('x')).unwrap();
            session.update(|visit| visit.note.clear()).unwrap();
            session.is_modified()
        });
        assert_eq!((undone.returned, undone.lines().len()), (false, 0));
    }
    assert_eq!(new.open(browser.value()).unwrap().cart, [0, 1, 2, 3, 4, 5]);

    // A field that the older type lacks is kept by its refresh and dropped by its write.
    browser.get(&new, |session| {
        session.update(|visit| visit.theme = Some("dark".to_owned())).unwrap()
    });
    clock.advance(secs(2 * DAY));
    assert!(browser.get(&old, |session| session.read(|_| ())).sets());
    assert_eq!(new.open(browser.value()).unwrap().theme.as_deref(), Some("dark"));
    browser.get(&old, |session| session.update(|visit| visit.cart.clear()).unwrap());
    assert_eq!(new.open(browser.value()).unwrap().theme, None);
}

#[test]
fn both_encodings_are_read_whichever_is_written() {
    let (ring, clock) = (ring(), clock());
    let by_place = Sessions::<Visit>::builder(ring.clone()).clock(clock.clone()).build().unwrap();
    let by_name = named::<Visit>(&ring, &clock);
    assert_ne!(by_place.shape(), by_name.shape());
    let mut browser = signed_in(&by_place);
    for turn in 0..8 {
        clock.advance(secs(if turn % 3 == 0 { 2 * DAY } else { MINUTE }));
        let sessions = if turn % 2 == 0 { &by_name } else { &by_place };
        browser.get(sessions, |session| {
            assert_eq!(
                (session.load_status(), session.read(|visit| visit.user)),
                (LoadStatus::Restored, Some(7))
            );
            if turn % 4 < 2 {
                session.update(|visit| visit.cart.push(turn)).unwrap();
            }
        });
    }
    assert_eq!(by_name.open(browser.value()).unwrap().cart, [0, 1, 4, 5]);

    // A refresh keeps the encoding, and a write does not.
    let key = wire::Key::of(&ring);
    let shape_of = |value: &str| {
        let plaintext = key.open(value);
        [by_place.shape(), by_name.shape()]
            .map(|shape| plaintext.windows(4).any(|window| window == shape))
    };
    let mut browser = signed_in(&by_place);
    clock.advance(secs(2 * DAY));
    assert!(browser.get(&by_name, |session| session.read(|_| ())).sets());
    assert_eq!(shape_of(browser.value()), [true, false]);
    browser.get(&by_name, |session| session.renew().unwrap());
    assert_eq!(shape_of(browser.value()), [false, true]);
}

#[test]
fn an_empty_session_is_empty_in_both_encodings() {
    let (ring, clock) = (ring(), clock());
    let by_place = Sessions::<Visit>::builder(ring.clone()).clock(clock.clone()).build().unwrap();
    let by_name = named::<Visit>(&ring, &clock);
    let longer = named::<grown::Shopper>(&ring, &clock);
    for (writer, reader) in [(&by_place, &by_name), (&by_name, &by_place)] {
        let mut browser = Browser::default();
        browser.get(writer, |session| session.flash(Level::INFO, "hello").unwrap());
        let emptied = browser.get(reader, |session| {
            session.take_flashes().unwrap();
            session.is_empty()
        });
        assert!(emptied.returned && emptied.deletes());
    }
    let mut browser = Browser::default();
    browser.get(&by_name, |session| session.flash(Level::INFO, "hello").unwrap());
    let emptied = browser.get(&longer, |session| {
        session.take_flashes().unwrap();
        session.is_empty()
    });
    assert!(emptied.returned && emptied.deletes());
}

#[test]
fn named_is_for_structs_and_maps() {
    use std::collections::BTreeMap;

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Theme {
        #[default]
        None,
        Number(u32),
        Name(String),
    }
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Free {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<u64>,
        #[serde(default)]
        theme: Theme,
        #[serde(flatten)]
        rest: BTreeMap<String, u32>,
    }
    let (ring, clock) = (ring(), clock());
    let free = named::<Free>(&ring, &clock);
    for theme in [Theme::None, Theme::Number(7), Theme::Name("dark".to_owned())] {
        let value = Free { user: None, theme, rest: BTreeMap::from([("a".to_owned(), 1)]) };
        assert_eq!(free.open(&free.seal(&value).unwrap()).unwrap(), value);
    }
    let by_place = Sessions::<Free>::builder(ring.clone()).build().unwrap_err();
    assert!(by_place.to_string().contains("flatten"), "{by_place}");
    let map = named::<BTreeMap<String, u32>>(&ring, &clock);
    assert_eq!(
        map.open(&map.seal(&BTreeMap::from([("a".to_owned(), 1)])).unwrap()).unwrap()["a"],
        1
    );

    fn refused<T: sealed_session::SessionData>() -> String {
        Sessions::<T>::builder(crate::support::ring())
            .encoding(Encoding::Named)
            .build()
            .unwrap_err()
            .to_string()
    }
    #[derive(Serialize, Deserialize)]
    struct Infinite {
        limit: f64,
    }
    impl Default for Infinite {
        fn default() -> Self {
            Self { limit: f64::INFINITY }
        }
    }
    #[derive(Serialize, Deserialize)]
    struct Counted {
        count: u32,
    }
    impl Default for Counted {
        fn default() -> Self {
            static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
            Self { count: COUNT.fetch_add(1, Ordering::Relaxed) }
        }
    }
    assert!(refused::<Vec<u32>>().contains("struct or as a map"));
    assert!(refused::<u32>().contains("struct or as a map"));
    assert!(refused::<Option<Visit>>().contains("struct or as a map"));
    assert!(refused::<Infinite>().contains("infinite"));
    assert!(refused::<Counted>().contains("always return the same value"));
    assert!(refused::<Map>().contains("Map"));
    // They still work as sessions, by place.
    Sessions::<Vec<u32>>::builder(ring.clone()).build().unwrap();
    Sessions::<Infinite>::builder(ring).build().unwrap();
}

#[test]
fn what_a_named_session_cannot_hold_fails_at_the_write() {
    #[derive(Clone, Default, Serialize, Deserialize)]
    struct Wide {
        id: u128,
    }
    let wide = named::<Wide>(&ring(), &clock());
    let answer = Call::post().run(&wide, |session| session.set(Wide { id: u128::MAX }));
    assert!(matches!(answer.returned, Err(SessionError::Unencodable(_))));
    assert!(answer.lines().is_empty());
}

#[test]
fn positional_versions_work_while_names_are_written() {
    let (ring, clock) = (ring(), clock());
    let numbered = Sessions::<Visit>::builder(ring.clone())
        .clock(clock.clone())
        .schema_version(3)
        .build()
        .unwrap();
    let both = Sessions::<Visit>::builder(ring.clone())
        .clock(clock)
        .schema_version(3)
        .encoding(Encoding::Named)
        .build()
        .unwrap();
    assert_eq!(both.open(&numbered.seal(&visit(7)).unwrap()).unwrap(), visit(7));
    assert_eq!(numbered.open(&both.seal(&visit(7)).unwrap()).unwrap(), visit(7));
}

#[test]
fn upgrades_and_names_work_together() {
    let (ring, clock) = (ring(), clock());
    let old = Sessions::<Visit>::builder(ring.clone()).clock(clock.clone()).build().unwrap();
    let new = Sessions::builder(ring)
        .clock(clock)
        .encoding(Encoding::Named)
        .upgrade_from(upgrade)
        .downgrade_to(downgrade);
    let new = new.build().unwrap();
    assert_eq!(new.open(&old.seal(&visit(7)).unwrap()).unwrap(), upgrade(visit(7)));
    assert_eq!(old.open(&new.seal(&upgrade(visit(7))).unwrap()).unwrap(), visit(7));
}

// The table of docs/changing-types.md.

/// What a server of the type `New` does with a session that one of the type `Old` sealed: by place
/// without an upgrade, by place with one, and by name.
fn changed<Old, New>(old: Old, upgrade: fn(Old) -> New) -> [Result<New, Reason>; 3]
where
    Old: sealed_session::SessionData,
    New: sealed_session::SessionData,
{
    let ring = ring();
    let by_place = Sessions::<Old>::new(ring.clone()).unwrap().seal(&old).unwrap();
    let names = |builder: Builder<Old>| builder.encoding(Encoding::Named).build().unwrap();
    let by_name = names(Sessions::builder(ring.clone())).seal(&old).unwrap();
    let plain = Sessions::<New>::new(ring.clone()).unwrap();
    let upgrading = Sessions::<New>::builder(ring).upgrade_from(upgrade).build().unwrap();
    let open = |sessions: &Sessions<New>, value: &str| {
        sessions.open(value).map_err(|error| error.reason())
    };
    [open(&plain, &by_place), open(&upgrading, &by_place), open(&plain, &by_name)]
}

/// The types of one row of the table. To serde, each is called `Visit`.
macro_rules! visits {
    ($($(#[$attribute:meta])* struct $name:ident { $($(#[$on_field:meta])* $field:ident: $type:ty),* })*) => {$(
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(rename = "Visit")]
        struct $name { $($(#[$on_field])* $field: $type),* }
    )*};
}

#[test]
fn the_table_field_added() {
    visits! {
        struct Before { user: u64 }
        struct Optional { user: u64, theme: Option<String> }
        struct Defaulted { user: u64, #[serde(default)] theme: String }
        struct Bare { user: u64, theme: String }
    }
    let before = Before { user: 7 };
    let after = Optional { user: 7, theme: None };
    let outcome = changed(before.clone(), |old| Optional { user: old.user, theme: None });
    assert_eq!(outcome, [Err(Reason::OtherShape), Ok(after.clone()), Ok(after)]);
    let after = Defaulted { user: 7, theme: String::new() };
    let outcome = changed(before.clone(), |old| Defaulted { user: old.user, theme: String::new() });
    assert_eq!(outcome, [Err(Reason::OtherShape), Ok(after.clone()), Ok(after)]);
    let outcome = changed(before, |old| Bare { user: old.user, theme: "light".to_owned() });
    let after = Bare { user: 7, theme: "light".to_owned() };
    assert_eq!(outcome, [Err(Reason::OtherShape), Ok(after), Err(Reason::Undecodable)]);
}

#[test]
fn the_table_field_removed() {
    visits! {
        struct Before { user: u64, note: String }
        struct After { user: u64 }
    }
    let outcome = changed(Before { user: 7, note: "x".to_owned() }, |old| After { user: old.user });
    assert_eq!(outcome, [Err(Reason::OtherShape), Ok(After { user: 7 }), Ok(After { user: 7 })]);
}

#[test]
fn the_table_field_renamed() {
    visits! {
        struct Before { user: u64, basket: Vec<u32>, name: Option<String> }
        struct Aliased {
            user: u64,
            #[serde(alias = "basket")] cart: Vec<u32>,
            #[serde(alias = "name")] nickname: Option<String>
        }
        struct Bare { user: u64, cart: Vec<u32> }
        struct Optional { user: u64, nickname: Option<String> }
    }
    let before = Before { user: 7, basket: vec![1], name: Some("Ada".to_owned()) };
    let after = Aliased { user: 7, cart: vec![1], nickname: before.name.clone() };
    let outcome = changed(before.clone(), |old| Aliased {
        user: old.user,
        cart: old.basket,
        nickname: old.name,
    });
    assert_eq!(outcome, [Err(Reason::OtherShape), Ok(after.clone()), Ok(after)]);
    let outcome = changed(before.clone(), |old| Bare { user: old.user, cart: old.basket });
    assert_eq!(
        outcome,
        [Err(Reason::OtherShape), Ok(Bare { user: 7, cart: vec![1] }), Err(Reason::Undecodable)]
    );
    let [_, _, by_name] = changed(before, |old| Optional { user: old.user, nickname: old.name });
    assert_eq!(by_name, Ok(Optional { user: 7, nickname: None }));
    // With two releases, old servers read the new name too.
    visits! {
        struct Prepared { user: u64, #[serde(alias = "cart")] basket: Vec<u32> }
        struct Renamed { user: u64, #[serde(alias = "basket")] cart: Vec<u32> }
    }
    let (ring, clock) = (ring(), clock());
    let (first, then) = (named::<Prepared>(&ring, &clock), named::<Renamed>(&ring, &clock));
    let forward = then.open(&first.seal(&Prepared { user: 7, basket: vec![1] }).unwrap());
    let back = first.open(&then.seal(&Renamed { user: 7, cart: vec![1] }).unwrap());
    assert_eq!(forward, Ok(Renamed { user: 7, cart: vec![1] }));
    assert_eq!(back, Ok(Prepared { user: 7, basket: vec![1] }));
}

#[test]
fn the_table_fields_reordered() {
    visits! {
        struct Before { user: u64, cart: u64 }
        struct After { cart: u64, user: u64 }
    }
    let after = After { cart: 1, user: 7 };
    let outcome =
        changed(Before { user: 7, cart: 1 }, |old| After { cart: old.cart, user: old.user });
    assert_eq!(outcome, [Err(Reason::OtherShape), Ok(after.clone()), Ok(after)]);
}

#[test]
fn the_table_field_retyped() {
    visits! {
        struct Before { user: u32 }
        struct Wider { user: u64 }
        struct Text { user: String }
    }
    let outcome = changed(Before { user: 7 }, |old| Wider { user: old.user.into() });
    assert_eq!(outcome, [Err(Reason::OtherShape), Ok(Wider { user: 7 }), Ok(Wider { user: 7 })]);
    let outcome = changed(Before { user: 7 }, |old| Text { user: old.user.to_string() });
    assert_eq!(
        outcome,
        [Err(Reason::OtherShape), Ok(Text { user: "7".to_owned() }), Err(Reason::Undecodable)]
    );
}

#[test]
fn the_table_enum_variant_added() {
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(rename = "Role")]
    enum Two {
        #[default]
        Visitor,
        Customer,
    }
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(rename = "Role")]
    enum Three {
        #[default]
        Visitor,
        Customer,
        Admin,
    }
    visits! {
        struct Before { role: Two }
        struct After { role: Three }
    }
    fn up(old: Before) -> After {
        After { role: if old.role == Two::Customer { Three::Customer } else { Three::Visitor } }
    }
    let after = After { role: Three::Customer };
    let outcome = changed(Before { role: Two::Customer }, up);
    assert_eq!(outcome, [Err(Reason::OtherShape), Ok(after.clone()), Ok(after)]);
    let [_, _, back] = changed(After { role: Three::Admin }, |_| Before::default());
    assert_eq!(back, Err(Reason::Undecodable));
}

#[test]
fn the_table_type_renamed_or_moved() {
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Shopper {
        user: Option<u64>,
        cart: Vec<u32>,
        note: String,
    }
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(rename = "Visit")]
    struct Kept {
        user: Option<u64>,
        cart: Vec<u32>,
        note: String,
    }
    let shopper = Shopper { user: Some(7), ..Shopper::default() };
    let outcome = changed(visit(7), |Visit { user, cart, note }| Shopper { user, cart, note });
    assert_eq!(outcome, [Err(Reason::OtherShape), Ok(shopper.clone()), Ok(shopper)]);
    // A type that keeps its name is read unchanged, although it is in another module.
    let ring = ring();
    let sealed = Sessions::<Visit>::new(ring.clone()).unwrap().seal(&visit(7)).unwrap();
    assert_eq!(Sessions::<Kept>::new(ring).unwrap().open(&sealed).unwrap().user, Some(7));
}

#[test]
fn the_table_map() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Role {
        Customer,
    }
    let mut map = Map::new();
    map.insert("user", 7_u32).unwrap();
    map.insert("role", "Admin").unwrap();
    let sessions = Sessions::<Map>::new(ring()).unwrap();
    let map = sessions.open(&sessions.seal(&map).unwrap()).unwrap();
    assert_eq!(map.get::<String>("theme"), Ok(None));
    assert_eq!(map.get::<u64>("user"), Ok(Some(7)));
    assert!(matches!(
        map.get::<String>("user"),
        Err(sealed_session::error::MapError::OtherType { .. })
    ));
    assert!(map.get::<Role>("role").is_err());
}

#[test]
fn the_page_names_the_statuses_of_the_table() {
    let page = include_str!("../../docs/changing-types.md");
    for reason in [Reason::OtherShape, Reason::Undecodable] {
        assert!(page.contains(&format!("`{}`", reason.as_str())));
    }
}

#[test]
fn refuse_keeps_old_servers_from_overwriting() {
    let clock = clock();
    let old = builder(&clock).on_unreadable(sealed_session::OnUnreadable::Refuse).build().unwrap();
    let new = Sessions::builder(old.key_ring().clone())
        .clock(clock)
        .upgrade_from(upgrade)
        .build()
        .unwrap();
    let mut browser = signed_in(&old);
    browser.get(&new, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    let answer = browser.get(&old, |session| session.update(|visit| visit.cart.clear()));
    assert_eq!((answer.returned.clone(), answer.lines().len()), (Err(SessionError::Unreadable), 0));
}

#[test]
fn named_data_are_a_map_under_their_own_shape() {
    let (ring, clock) = (ring(), clock());
    let by_name = named::<Visit>(&ring, &clock);
    let maps = Sessions::<Map>::builder(ring.clone()).clock(clock.clone()).build().unwrap();
    let mut map = Map::new();
    map.insert("user", 7).unwrap();
    map.insert("cart", [1, 300]).unwrap();
    map.insert("note", "").unwrap();
    let value = Visit { cart: vec![1, 300], ..visit(7) };
    let key = wire::Key::of(&ring);
    let (named, map) =
        (key.open(&by_name.seal(&value).unwrap()), key.open(&maps.seal(&map).unwrap()));
    let at = named.windows(4).position(|window| window == by_name.shape()).unwrap();
    assert_eq!(hex::encode(by_name.shape()), "a157d36a");
    assert_eq!(hex::encode(&map[at..at + 4]), "60be9861");
    assert_eq!((&named[..at], &named[at + 4..]), (&map[..at], &map[at + 4..]));
}
