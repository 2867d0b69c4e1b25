//! docs/rules.md §5.16 and docs/changing-types.md: the cookie gets another name or context.

use crate::support::*;
use sealed_session::clock::ManualClock;
use sealed_session::migrate::LegacyCookie;
use sealed_session::{
    Builder, KeyRing, Level, LoadStatus, Reason, Session, SessionError, Sessions,
};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const BEFORE: &str = "__Host-shop";

fn of(ring: &KeyRing, clock: &ManualClock) -> Builder<Visit> {
    Sessions::builder(ring.clone()).clock(clock.clone())
}

/// Servers with the old name, and servers with the new one that also accept the old.
fn renamed() -> (Sessions<Visit>, Sessions<Visit>, ManualClock) {
    let (ring, clock) = (ring(), clock());
    let before = of(&ring, &clock).cookie_name(BEFORE).build().unwrap();
    let now = of(&ring, &clock).accept_alias(BEFORE, "").build().unwrap();
    (before, now, clock)
}

fn user(session: &Session<Visit>) -> Option<u64> {
    session.read(|visit| visit.user)
}

fn named(name: &str, value: &str) -> Call {
    Call::get().asks("cookie", format!("{name}={value}"))
}

/// The names of the cookies that a response deletes.
fn deleted(answer: &Answer<impl Sized>) -> Vec<&str> {
    let gone = answer.lines().into_iter().filter(|line| line.contains("Max-Age=0"));
    gone.map(|line| line.split('=').next().unwrap()).collect()
}

/// The names of the cookies that a response sets.
fn set(answer: &Answer<impl Sized>) -> Vec<&str> {
    let there = answer.lines().into_iter().filter(|line| !line.contains("Max-Age=0"));
    there.map(|line| line.split('=').next().unwrap()).collect()
}

#[test]
fn a_session_under_the_old_name_is_read_and_not_moved() {
    let (before, now, clock) = renamed();
    let mut browser = Browser::default();
    browser.get(&before, |session| {
        session.set(visit(7)).unwrap();
        session.renew().unwrap();
        session.flash(Level::INFO, "saved").unwrap();
    });
    let claims = browser
        .get(&before, |session| {
            (session.id(), session.info().created_at(), session.info().expires_at())
        })
        .returned;
    clock.advance(secs(MINUTE));
    let answer = browser.get(&now, |session| {
        assert_eq!(
            (session.load_status(), user(session), session.is_new()),
            (LoadStatus::Restored, Some(7), false)
        );
        assert_eq!(session.flashes().len(), 1);
        (session.id(), session.info().created_at(), session.info().expires_at())
    });
    assert_eq!(answer.returned, claims);
    assert!(answer.lines().is_empty());
}

#[test]
fn a_write_or_refresh_moves_the_session_to_the_new_name() {
    let (before, now, clock) = renamed();
    let mut browser = signed_in(&before);
    let answer = browser.get(&now, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    assert_eq!((set(&answer), deleted(&answer)), (vec![NAME], vec![BEFORE]));
    assert_eq!(browser.get(&now, user).returned, Some(7));

    let mut browser = signed_in(&before);
    let value = browser.value().to_owned();
    clock.advance(secs(2 * DAY));
    let answer = browser.get(&now, user);
    assert_eq!((set(&answer), deleted(&answer)), (vec![NAME], vec![BEFORE]));
    assert_ne!(browser.value(), value);
    let answer = browser.get(&now, |session| (user(session), session.info().created_at()));
    assert_eq!(answer.returned, (Some(7), at(START)));
}

#[test]
fn a_rename_in_two_steps_can_be_rolled_back() {
    let (ring, clock) = (ring(), clock());
    let first = of(&ring, &clock).cookie_name(BEFORE).accept_alias(NAME, "v2").build().unwrap();
    let second = of(&ring, &clock).context("v2").accept_alias(BEFORE, "").build().unwrap();
    let mut browser = signed_in(&first);
    for turn in 0..12 {
        clock.advance(secs(if turn % 3 == 0 { 2 * DAY } else { MINUTE }));
        let sessions = if turn % 4 < 2 { &second } else { &first };
        browser.get(sessions, |session| {
            assert_eq!((session.load_status(), user(session)), (LoadStatus::Restored, Some(7)));
            if turn % 2 == 0 {
                session.update(|visit| visit.cart.push(turn)).unwrap();
            }
        });
        browser.value(); // there is one cookie
    }
    assert_eq!(browser.get(&first, |session| session.cloned().cart).returned, [0, 2, 4, 6, 8, 10]);
}

#[test]
fn an_alias_is_not_tried_if_our_own_cookie_fails() {
    let (before, now, _) = renamed();
    let former = before.seal(&visit(7)).unwrap();
    let foreign = of(&ring(), &clock()).build().unwrap().seal(&visit(1)).unwrap();
    for (ours, reason) in
        [("~~", Reason::Malformed), (&foreign, Reason::UnknownKey), (&former, Reason::BadSeal)]
    {
        for call in [
            named(BEFORE, &former).cookie(ours),
            Call::get().cookie(ours).asks("cookie", format!("{BEFORE}={former}")),
        ] {
            let answer = call.run(&now, |session| (session.load_status(), user(session)));
            assert_eq!(answer.returned, (LoadStatus::Rejected(reason), None));
            assert!(answer.lines().is_empty());
        }
    }
    let piece = named(BEFORE, &former).asks("cookie", format!("{NAME}.1=AQ"));
    assert_eq!(
        piece.run(&now, |session| (session.load_status(), user(session))).returned,
        (LoadStatus::New, None)
    );
}

#[test]
fn the_current_name_wins_over_a_newer_alias() {
    let (before, now, clock) = renamed();
    let ours = now.seal(&visit(1)).unwrap();
    clock.advance(secs(MINUTE));
    let former = before.seal(&visit(2)).unwrap();
    let call = || named(BEFORE, &former).cookie(&ours);
    let answer = call().run(&now, user);
    assert_eq!((answer.returned, answer.lines().len()), (Some(1), 0));
    let answer = call().run(&now, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    assert_eq!(
        (set(&answer), deleted(&answer)),
        (vec![NAME], vec![BEFORE]),
        "a stale copy does not outlive it"
    );
    clock.advance(secs(2 * DAY));
    let answer = call().run(&now, user);
    assert_eq!(
        (answer.returned, set(&answer), deleted(&answer)),
        (Some(1), vec![NAME], vec![BEFORE])
    );
}

#[test]
fn a_deletion_covers_both_names_and_their_pieces() {
    let (before, now, _) = renamed();
    let (former, ours) = (before.seal(&visit(7)).unwrap(), now.seal(&visit(7)).unwrap());
    let ends: [fn(&Session<Visit>); 2] = [
        |session| session.purge().unwrap(),
        |session| session.update(|visit| *visit = Visit::default()).unwrap(),
    ];
    for end in ends {
        assert_eq!(deleted(&named(BEFORE, &former).run(&now, end)), [BEFORE]);
        assert_eq!(deleted(&Call::get().cookie(&ours).run(&now, end)), [NAME]);
        let pieces = named(BEFORE, &former)
            .cookie(&ours)
            .asks("cookie", format!("{BEFORE}.1=AQ; {NAME}.2=AQ"));
        let answer = pieces.run(&now, end);
        assert_eq!(deleted(&answer), [NAME, &format!("{NAME}.2"), BEFORE, &format!("{BEFORE}.1")]);
        for line in answer.lines() {
            assert!(
                line.contains("; HttpOnly")
                    && line.contains("; Secure")
                    && line.contains("; Path=/"),
                "{line}"
            );
        }
    }
    let failed = named(BEFORE, &former).status(500).run(&now, |session| session.purge().unwrap());
    assert_eq!(deleted(&failed), [BEFORE]);
    let failed = named(BEFORE, &former)
        .status(500)
        .run(&now, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    assert!(failed.lines().is_empty());
}

#[test]
fn another_context_is_tried_if_ours_fails() {
    let (ring, clock) = (ring(), clock());
    let before = of(&ring, &clock).context("staging").build().unwrap();
    let oldest = of(&ring, &clock).build().unwrap();
    let now = of(&ring, &clock)
        .context("production")
        .accept_alias(NAME, "staging")
        .accept_alias(NAME, "")
        .build()
        .unwrap();
    let strict = of(&ring, &clock).context("production").build().unwrap();
    for former in [&before, &oldest] {
        let mut browser = signed_in(former);
        assert_eq!(now.open(browser.value()).unwrap(), visit(7));
        assert_eq!(strict.open(browser.value()).unwrap_err().reason(), Reason::BadSeal);
        let answer = browser.get(&now, |session| {
            assert_eq!((session.load_status(), user(session)), (LoadStatus::Restored, Some(7)));
            session.update(|visit| visit.cart.push(1)).unwrap();
        });
        assert_eq!((set(&answer), deleted(&answer)), (vec![NAME], vec![]));
        assert_eq!(strict.open(browser.value()).unwrap().user, Some(7));
    }
    let elsewhere = of(&ring, &clock).context("other").build().unwrap().seal(&visit(7)).unwrap();
    assert_eq!(now.open(&elsewhere).unwrap_err().reason(), Reason::BadSeal);

    // Of two that open, the one issued last wins, whatever its context.
    let first = strict.seal(&visit(1)).unwrap();
    clock.advance(secs(1));
    let second = before.seal(&visit(2)).unwrap();
    assert_eq!(Call::get().cookie(&first).cookie(&second).run(&now, user).returned, Some(2));
}

#[test]
fn a_cookie_of_another_context_passes_every_check() {
    let (ring, clock) = (ring(), clock());
    let before = of(&ring, &clock).context("staging").build().unwrap();
    let now = of(&ring, &clock).accept_alias(NAME, "staging").build().unwrap();
    let value = before.seal(&visit(7)).unwrap();
    clock.advance(secs(14 * DAY));
    assert_eq!(now.open(&value).unwrap_err().reason(), Reason::ExpiredIdle);
}

#[test]
fn a_name_has_several_contexts_and_the_first_name_counts() {
    let (ring, clock) = (ring(), clock());
    let configured = |name: &str, context: &str| {
        of(&ring, &clock).cookie_name(name).context(context).build().unwrap()
    };
    let (a, a_2, b) =
        (configured("__Host-a", ""), configured("__Host-a", "2"), configured("__Host-b", ""));
    let now = of(&ring, &clock)
        .accept_alias("__Host-b", "")
        .accept_alias("__Host-a", "")
        .accept_alias("__Host-a", "2")
        .build()
        .unwrap();
    for (name, sessions) in [("__Host-a", &a), ("__Host-a", &a_2), ("__Host-b", &b)] {
        let value = sessions.seal(&visit(7)).unwrap();
        assert_eq!(named(name, &value).run(&now, user).returned, Some(7));
    }
    let value = a.seal(&visit(1)).unwrap();
    let both = named("__Host-a", &value).asks("cookie", "__Host-b=~~");
    let answer = both.run(&now, |session| {
        let status = session.load_status();
        session.set(visit(2)).unwrap();
        status
    });
    assert_eq!(answer.returned, LoadStatus::Rejected(Reason::Malformed));
    assert_eq!((set(&answer), deleted(&answer)), (vec![NAME], vec!["__Host-b", "__Host-a"]));
}

#[test]
fn an_alias_does_not_make_a_form_same_site() {
    let (before, now, _) = renamed();
    let value = before.seal(&visit(7)).unwrap();
    let names = [
        format!("{BEFORE}={value}"),
        format!("{BEFORE}=junk"),
        format!("{BEFORE}.1=AQ"),
        format!("{BEFORE}="),
    ];
    let form =
        |cookie: &str| Call::post().asks("sec-fetch-site", "cross-site").asks("cookie", cookie);
    for cookie in &names {
        let answer = form(cookie).run(&now, |session| {
            assert_eq!((session.load_status(), user(session)), (LoadStatus::CrossSite, None));
            assert_eq!(session.update(|visit| visit.cart.push(1)), Err(SessionError::CrossSite));
            session.purge().unwrap();
            session.flash(Level::INFO, "Signed out.")
        });
        assert_eq!(
            (answer.lines().len(), answer.returned),
            (0, Err(SessionError::CrossSite)),
            "{cookie}"
        );
    }
    // A sign-in deletes nothing either. The current name counts from now on, and the next write
    // deletes the other.
    let answer = form(&names[0]).run(&now, |session| {
        session.renew().unwrap();
        session.update(|visit| visit.user = Some(8)).unwrap();
    });
    assert_eq!((set(&answer), deleted(&answer)), (vec![NAME], Vec::<&str>::new()));
    // A cookie of the current name was sent, so the browser held nothing back.
    let ours = now.seal(&visit(9)).unwrap();
    let came = form(&format!("{NAME}={ours}; {BEFORE}={value}")).run(&now, user);
    assert_eq!(came.returned, Some(9));
}

#[test]
fn an_empty_cookie_of_the_current_name_does_not_count() {
    let (before, now, _) = renamed();
    let former = before.seal(&visit(7)).unwrap();
    let answer = named(BEFORE, &former)
        .cookie("")
        .run(&now, |session| (session.load_status(), user(session)));
    assert_eq!(answer.returned, (LoadStatus::Restored, Some(7)));
    let written = named(BEFORE, &former)
        .cookie("")
        .run(&now, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    assert_eq!((set(&written), deleted(&written)), (vec![NAME], vec![BEFORE]));
}

#[test]
fn another_library_is_asked_only_without_our_cookies() {
    let (ring, clock) = (ring(), clock());
    let before = of(&ring, &clock).cookie_name(BEFORE).build().unwrap();
    let sid = LegacyCookie::new("sid", at(START + DAY));
    let now = of(&ring, &clock)
        .accept_alias(BEFORE, "")
        .import_from(sid, |_| Some(visit(1)))
        .build()
        .unwrap();
    let value = before.seal(&visit(7)).unwrap();
    let status = |call: Call| {
        call.asks("cookie", "sid=1")
            .run(&now, |session| (session.load_status(), user(session)))
            .returned
    };
    assert_eq!(status(Call::get()), (LoadStatus::Imported, Some(1)));
    assert_eq!(status(named(BEFORE, &value)), (LoadStatus::Restored, Some(7)));
    assert_eq!(status(named(BEFORE, "~~")), (LoadStatus::Rejected(Reason::Malformed), None));
    assert_eq!(status(named(&format!("{BEFORE}.1"), "AQ")), (LoadStatus::New, None));
    let gone = named(BEFORE, &value).run(&now, |session| session.purge().unwrap());
    assert_eq!(deleted(&gone), [BEFORE, "sid"], "it would be imported again");
}

#[test]
fn an_alias_is_found_in_any_field_by_its_exact_name() {
    let (before, now, _) = renamed();
    let value = before.seal(&visit(7)).unwrap();
    let http2 = Call::get()
        .asks("cookie", "a=1")
        .asks("cookie", "b=2")
        .asks("cookie", format!("{BEFORE}={value}"));
    assert_eq!(http2.run(&now, user).returned, Some(7));
    let fields =
        ["a=1".as_bytes(), b"b=2", &format!("{BEFORE}={value}").into_bytes()].map(<[u8]>::to_vec);
    let session = now.load(raw_request("GET", None, fields.iter().map(|field| &field[..])));
    assert_eq!(user(&session), Some(7));
    let forged = named("%5F%5FHost-shop", &value).run(&now, |session| session.load_status());
    assert_eq!(forged.returned, LoadStatus::New);
    // It was sealed for the old name, so it does not open under the current one.
    assert_eq!(
        Call::get().cookie(&value).run(&now, |session| session.load_status()).returned,
        LoadStatus::Rejected(Reason::BadSeal)
    );
}

#[test]
fn a_ticket_of_another_purpose_is_not_a_session() {
    let (ring, clock) = (ring(), clock());
    let now = of(&ring, &clock)
        .context("v2")
        .accept_alias(NAME, "v1")
        .accept_alias(BEFORE, "")
        .build()
        .unwrap();
    let v1 = of(&ring, &clock).context("v1").build().unwrap();
    let tickets = now.with_context("ticket");
    assert!(tickets.open(&v1.seal(&visit(7)).unwrap()).is_err());
    assert!(now.open(&tickets.seal(&visit(7)).unwrap()).is_err());
}

#[test]
fn two_contexts_do_not_halve_the_limit_of_sixteen() {
    let (ring, clock) = (ring(), clock());
    let before = of(&ring, &clock).context("staging").build().unwrap();
    let now = of(&ring, &clock).accept_alias(NAME, "staging").build().unwrap();
    let elsewhere = of(&ring, &clock).context("other").build().unwrap();
    let bad = elsewhere.seal(&visit(1)).unwrap();
    let good = before.seal(&visit(7)).unwrap();
    let call = |bad_ones: usize| {
        (0..bad_ones).fold(Call::get(), |call, _| call.cookie(&bad)).cookie(&good)
    };
    assert_eq!(call(15).run(&now, user).returned, Some(7));
    assert_eq!(
        call(16).run(&now, |session| session.load_status()).returned,
        LoadStatus::Rejected(Reason::TooMany)
    );
}

#[test]
fn useless_aliases_are_refused_by_build() {
    let refused = |configure: fn(Builder<Visit>) -> Builder<Visit>, word: &str| {
        let sentence = configure(builder(&clock())).build().unwrap_err().to_string();
        assert!(sentence.contains(word), "{sentence}");
    };
    refused(|builder| builder.accept_alias(NAME, ""), "already opened");
    refused(|builder| builder.context("v1").accept_alias(NAME, "v1"), "already opened");
    refused(|builder| builder.accept_alias(BEFORE, "").accept_alias(BEFORE, ""), "already opened");
    refused(|builder| builder.accept_alias("s d", ""), "token");
    refused(|builder| builder.accept_alias("", ""), "token");
    refused(|builder| builder.accept_alias("shop.1", ""), "pieces");
    refused(
        |builder| builder.cookie_name("shop").domain("example.com").accept_alias(BEFORE, ""),
        "domain",
    );
    refused(
        |builder| builder.cookie_name("shop").secure(false).accept_alias("__Secure-shop", ""),
        "secure(true)",
    );
    refused(
        |builder| {
            builder
                .accept_alias("sid", "")
                .import_from(LegacyCookie::new("sid", at(START)), |_| None)
        },
        "import",
    );
    builder(&clock())
        .accept_alias(BEFORE, "")
        .accept_alias(BEFORE, "v1")
        .accept_alias(NAME, "v1")
        .build()
        .unwrap();
}

#[test]
fn development_drops_the_prefix_of_every_name() {
    let both = builder(&clock())
        .accept_alias("__Host-session", "")
        .accept_alias(BEFORE, "")
        .development()
        .build()
        .unwrap();
    assert_eq!(both.cookie_name(), "session");
    let value = Sessions::builder(both.key_ring().clone())
        .cookie_name("shop")
        .clock(clock())
        .build()
        .unwrap()
        .seal(&visit(7))
        .unwrap();
    assert_eq!(named("shop", &value).run(&both, user).returned, Some(7));
}
