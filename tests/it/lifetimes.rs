//! docs/rules.md §5.3 and §5.4: when a session ends, for each row of the table, by which clock, and
//! what `set_expiry` and `build()` refuse.

use crate::support::*;
use sealed_session::clock::ManualClock;
use sealed_session::{Expiry, Level, LoadStatus, Reason, Session, SessionError, Sessions};
use std::time::Duration;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const IDLE: u64 = 14 * DAY;
const ABSOLUTE: u64 = 30 * DAY;

/// The status of a session with this expiry, made at `START`, `after` this many seconds.
fn status_after(expiry: Expiry, after: u64) -> LoadStatus {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    browser.get(&sessions, |session| session.set_expiry(expiry).unwrap());
    clock.advance(secs(after));
    browser.get(&sessions, |session| session.load_status()).returned
}

#[test]
fn default_ends_with_the_idle_time_to_the_second() {
    assert_eq!(status_after(Expiry::Default, IDLE - 1), LoadStatus::Restored);
    assert_eq!(status_after(Expiry::Default, IDLE), LoadStatus::Rejected(Reason::ExpiredIdle));
}

#[test]
fn browser_session_has_no_max_age_but_the_idle_limit() {
    let (sessions, _) = sessions();
    let answer = signed_in(&sessions)
        .get(&sessions, |session| session.set_expiry(Expiry::BrowserSession).unwrap());
    assert_eq!(answer.max_age(), None);
    assert_eq!(status_after(Expiry::BrowserSession, IDLE - 1), LoadStatus::Restored);
    assert_eq!(
        status_after(Expiry::BrowserSession, IDLE),
        LoadStatus::Rejected(Reason::ExpiredIdle)
    );
}

#[test]
fn idle_n_lives_n_seconds() {
    for n in [1, 60, 20 * DAY] {
        assert_eq!(status_after(Expiry::Idle(secs(n)), n - 1), LoadStatus::Restored);
        assert_eq!(
            status_after(Expiry::Idle(secs(n)), n),
            LoadStatus::Rejected(Reason::ExpiredIdle)
        );
    }
}

#[test]
fn at_t_has_no_idle_limit_and_ends_at_t() {
    let t = 29 * DAY;
    assert_eq!(status_after(Expiry::At(at(START + t)), t - 1), LoadStatus::Restored);
    assert_eq!(status_after(Expiry::At(at(START + t)), t), LoadStatus::Rejected(Reason::ExpiredAt));
}

#[test]
fn no_limit_extends_another() {
    let minute_more = Expiry::At(at(START + ABSOLUTE + MINUTE));
    assert_eq!(status_after(minute_more, ABSOLUTE - 1), LoadStatus::Restored);
    assert_eq!(status_after(minute_more, ABSOLUTE), LoadStatus::Rejected(Reason::ExpiredAbsolute));
    assert_eq!(
        status_after(Expiry::Idle(secs(ABSOLUTE + MINUTE)), ABSOLUTE),
        LoadStatus::Rejected(Reason::ExpiredAbsolute)
    );
}

#[test]
fn the_absolute_timeout_ends_an_active_session() {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    for _ in 1..30 {
        clock.advance(secs(DAY));
        assert_eq!(
            browser.get(&sessions, |session| session.update(|visit| visit.cart.push(1))).returned,
            Ok(())
        );
    }
    clock.advance(secs(DAY - 1));
    assert_eq!(
        browser.get(&sessions, |session| session.load_status()).returned,
        LoadStatus::Restored
    );
    clock.advance(secs(1));
    assert_eq!(
        browser.get(&sessions, |session| session.load_status()).returned,
        LoadStatus::Rejected(Reason::ExpiredAbsolute)
    );
}

#[test]
fn of_several_limits_the_fixed_end_is_reported_first() {
    assert_eq!(
        status_after(Expiry::At(at(START + DAY)), ABSOLUTE),
        LoadStatus::Rejected(Reason::ExpiredAt)
    );
    assert_eq!(
        status_after(Expiry::Default, ABSOLUTE),
        LoadStatus::Rejected(Reason::ExpiredAbsolute)
    );
    assert_eq!(
        status_after(Expiry::Default, ABSOLUTE - 1),
        LoadStatus::Rejected(Reason::ExpiredIdle)
    );
}

#[test]
fn max_age_and_expires_at_give_the_time_left() {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    clock.advance(secs(20 * DAY - IDLE));
    browser.get(&sessions, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    clock.advance(secs(12 * DAY));
    let answer = browser.get(&sessions, |session| {
        session.update(|visit| visit.cart.push(1)).unwrap();
        (session.info().expires_at(), session.info().expires_in())
    });
    let left = ABSOLUTE - (20 * DAY - IDLE) - 12 * DAY; // the absolute end comes before the idle end
    assert_eq!(
        (answer.returned, answer.max_age()),
        ((at(START + ABSOLUTE), secs(left)), Some(left))
    );
}

#[test]
fn expires_at_of_a_read_session_is_its_cookies_end() {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    clock.advance(secs(DAY));
    let answer = browser.get(&sessions, |session| {
        (session.info().expires_at(), session.info().expires_in(), session.info().issued_at())
    });
    assert_eq!(answer.returned, (at(START + IDLE), secs(IDLE - DAY), at(START)));
}

#[test]
fn a_session_ends_with_the_key_that_sealed_it() {
    let clock = clock();
    let sessions = sessions_of(&line("open-until=2027-01-16T08:00:00Z"), &clock);
    let mut browser = Browser::default();
    let answer = browser.get(&sessions, |session| {
        session.set(visit(7)).unwrap();
        session.info().expires_at()
    });
    assert_eq!((answer.returned, answer.max_age()), (at(START + DAY), Some(DAY)));
    clock.advance(secs(DAY - 1));
    assert_eq!(
        browser.get(&sessions, |session| session.load_status()).returned,
        LoadStatus::Restored
    );
    clock.advance(secs(1));
    assert_eq!(
        browser.get(&sessions, |session| session.load_status()).returned,
        LoadStatus::Rejected(Reason::KeyEnded)
    );
}

#[test]
fn max_age_is_at_most_400_days() {
    for (days, max_age) in [(399, 399), (400, 400), (401, 400), (100_000, 400)] {
        let timeout = secs(days * DAY);
        let sessions =
            builder(&clock()).idle_timeout(timeout).absolute_timeout(timeout).build().unwrap();
        let answer = Call::get().run(&sessions, |session| session.set(visit(7)).unwrap());
        assert_eq!(answer.max_age(), Some(max_age * DAY));
    }
}

#[test]
fn set_expiry_refuses_idle_0() {
    let (sessions, _) = sessions();
    Call::get().run(&sessions, |session| {
        assert!(matches!(
            session.set_expiry(Expiry::Idle(Duration::ZERO)),
            Err(SessionError::Expiry(_))
        ));
        assert!(matches!(
            session.set_expiry(Expiry::Idle(Duration::from_millis(999))),
            Err(SessionError::Expiry(_))
        ));
        assert_eq!(session.info().expiry(), Expiry::Default);
        assert_eq!(session.set_expiry(Expiry::Idle(secs(1))), Ok(()));
        assert_eq!(session.info().expiry(), Expiry::Idle(secs(1)));
    });
}

#[test]
fn set_expiry_refuses_a_fixed_end_in_the_past() {
    let (sessions, _) = sessions();
    Call::get().run(&sessions, |session| {
        for past in [at(START), at(START - 1), before_1970()] {
            assert!(matches!(session.set_expiry(Expiry::At(past)), Err(SessionError::Expiry(_))));
        }
        assert_eq!(session.set_expiry(Expiry::At(at(START + 1))), Ok(()));
    });
}

#[test]
fn set_expiry_refuses_an_end_beyond_the_absolute_timeout() {
    let (sessions, _) = sessions();
    Call::get().run(&sessions, |session| {
        let most = ABSOLUTE + MINUTE;
        for n in [most + 1, u64::MAX] {
            assert!(matches!(
                session.set_expiry(Expiry::Idle(secs(n))),
                Err(SessionError::Expiry(_))
            ));
        }
        assert!(matches!(
            session.set_expiry(Expiry::At(at(START + most + 1))),
            Err(SessionError::Expiry(_))
        ));
        assert_eq!(session.set_expiry(Expiry::Idle(secs(most))), Ok(()));
        assert_eq!(session.set_expiry(Expiry::At(at(START + most))), Ok(()));
    });
}

#[test]
fn only_another_expiry_is_a_change() {
    let (sessions, _) = sessions();
    let mut browser = signed_in(&sessions);
    let day = Expiry::Idle(secs(DAY));
    assert!(browser.get(&sessions, |session| session.set_expiry(day).unwrap()).sets());
    let again =
        browser.get(&sessions, |session| session.set_expiry(day).map(|()| session.info().expiry()));
    assert_eq!((again.lines().len(), again.returned), (0, Ok(day)));
}

#[test]
fn build_refuses_an_idle_timeout_of_0_or_beyond_absolute() {
    let build =
        |idle, absolute| builder(&clock()).idle_timeout(idle).absolute_timeout(absolute).build();
    assert!(build(Duration::ZERO, secs(9)).unwrap_err().to_string().contains("idle_timeout"));
    assert!(build(Duration::from_millis(999), secs(9)).is_err());
    assert!(build(secs(1), secs(9)).is_ok());
    let both = build(secs(10), secs(9)).unwrap_err().to_string();
    assert!(both.contains("idle_timeout") && both.contains("absolute_timeout"), "{both}");
    assert!(build(secs(9), secs(9)).is_ok());
}

#[test]
fn one_clock_reading_dates_everything() {
    let (sessions, clock) = sessions();
    let session = Call::get().load(&sessions);
    clock.advance(secs(1));
    session.load_status(); // the first touch
    clock.advance(secs(3));
    session.set(visit(7)).unwrap();
    clock.advance(secs(500));
    let mut headers = http::HeaderMap::new();
    sessions.commit(&session, http::StatusCode::OK, &mut headers).unwrap();
    let value = headers["set-cookie"].to_str().unwrap().split([';', '=']).nth(1).unwrap();
    let (claims, _) = wire::Key::of(sessions.key_ring()).read(value);
    assert_eq!((claims.issued, claims.age), (START + 1, 0));
}

#[test]
fn issued_more_than_two_minutes_ahead_is_from_the_future() {
    let (sessions, _) = sessions();
    let key = wire::Key::of(sessions.key_ring());
    let status = |issued| {
        let claims = wire::Claims { issued, ..wire::Claims::of(&sessions) };
        Browser::holding(&key.seal(&claims.plain()))
            .get(&sessions, |session| session.load_status())
            .returned
    };
    assert_eq!(status(START + 120), LoadStatus::Restored);
    assert_eq!(status(START + 121), LoadStatus::Rejected(Reason::FromTheFuture));
    assert_eq!(status(u64::MAX), LoadStatus::Rejected(Reason::FromTheFuture));
}

#[test]
fn issued_never_goes_back_and_age_counts_from_creation() {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    clock.set(secs(START - 100));
    let answer =
        browser.get(&sessions, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    let key = wire::Key::of(sessions.key_ring());
    assert_eq!((key.read(answer.value()).0.issued, key.read(answer.value()).0.age), (START, 0));
    clock.set(secs(START + 50));
    let answer =
        browser.get(&sessions, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    assert_eq!(
        (key.read(answer.value()).0.issued, key.read(answer.value()).0.age),
        (START + 50, 50)
    );
}

#[test]
fn a_replacement_is_never_issued_before_what_it_replaces() {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    clock.set(secs(START - 100));
    let answer = browser.get(&sessions, |session| {
        session.purge().unwrap();
        session.set(visit(8)).unwrap();
    });
    assert!(wire::Key::of(sessions.key_ring()).read(answer.value()).0.issued >= START);
}

#[test]
fn all_sums_saturate() {
    let (sessions, clock) = sessions();
    let key = wire::Key::of(sessions.key_ring());
    let holding = |claims: wire::Claims| Browser::holding(&key.seal(&claims.plain()));
    let status = |claims| {
        holding(claims)
            .get(&sessions, |session| (session.load_status(), session.info().expires_at()).0)
            .returned
    };
    let base = wire::Claims::of(&sessions);
    assert_eq!(
        status(wire::Claims { age: u64::MAX, ..base.clone() }),
        LoadStatus::Rejected(Reason::ExpiredAbsolute)
    );
    assert_eq!(
        status(wire::Claims { expiry: wire::Expiry::Idle(u64::MAX), ..base.clone() }),
        LoadStatus::Restored
    );
    assert_eq!(
        status(wire::Claims { expiry: wire::Expiry::At(u64::MAX), ..base.clone() }),
        LoadStatus::Restored
    );
    clock.set(secs(u64::MAX - 1));
    assert_eq!(status(base), LoadStatus::Rejected(Reason::ExpiredAbsolute));
}

#[test]
fn unlimited_timeouts_saturate() {
    let sessions = builder(&clock())
        .idle_timeout(Duration::MAX)
        .absolute_timeout(Duration::MAX)
        .build()
        .unwrap();
    let mut browser = signed_in(&sessions);
    assert_eq!(
        browser.get(&sessions, |session| session.set_expiry(Expiry::Idle(Duration::MAX))).returned,
        Ok(())
    );
    let status = browser.get(&sessions, |session| {
        (session.load_status(), session.info().expires_at(), session.info().expires_in()).0
    });
    assert_eq!(status.returned, LoadStatus::Restored);
}

#[test]
fn renew_restarts_the_absolute_timeout() {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    clock.advance(secs(10 * DAY));
    browser.get(&sessions, |session| session.cloned()); // refreshed
    assert_eq!(browser.get(&sessions, |session| session.info().created_at()).returned, at(START));
    let renewed = browser.get(&sessions, |session| {
        session.renew().unwrap();
        (session.info().created_at(), session.cloned())
    });
    assert_eq!(renewed.returned, (at(START + 10 * DAY), visit(7)));
    assert_eq!(
        browser.get(&sessions, |session| session.info().created_at()).returned,
        at(START + 10 * DAY)
    );
}

#[test]
fn an_update_restarts_only_the_idle_time() {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    clock.advance(secs(IDLE - 1));
    browser.get(&sessions, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    clock.advance(secs(IDLE - 1));
    let answer = browser.get(&sessions, |session| {
        (session.load_status(), session.info().created_at(), session.info().issued_at())
    });
    assert_eq!(answer.returned, (LoadStatus::Restored, at(START), at(START + IDLE - 1)));
}

// The default expiry that the builder sets for new sessions.

fn ending_with_the_browser(clock: &ManualClock) -> Sessions<Visit> {
    builder(clock).expiry(Expiry::BrowserSession).build().unwrap()
}

#[test]
fn the_default_expiry_can_be_browser_session() {
    let clock = clock();
    let sessions = ending_with_the_browser(&clock);
    let mut browser = Browser::default();
    let first = browser.get(&sessions, |session| {
        assert_eq!(session.info().expiry(), Expiry::BrowserSession, "before the first write, too");
        session.set(visit(7)).unwrap();
    });
    assert!(first.sets() && first.max_age().is_none());
    let write =
        browser.get(&sessions, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    assert!(write.sets() && write.max_age().is_none());
    clock.advance(secs(2 * DAY));
    let refresh = browser.get(&sessions, |session| session.cloned());
    assert!(refresh.sets() && refresh.max_age().is_none());
    clock.advance(secs(IDLE));
    let expired = browser.get(&sessions, |session| (session.load_status(), session.set(visit(8))));
    assert_eq!(expired.returned, (LoadStatus::Rejected(Reason::ExpiredIdle), Ok(())));
    assert!(
        expired.sets() && expired.max_age().is_none(),
        "a session in place of one that does not open"
    );
}

#[test]
fn the_default_expiry_applies_after_a_purge() {
    let clock = clock();
    let sessions = ending_with_the_browser(&clock);
    let mut browser = signed_in(&sessions);
    let answer = browser.get(&sessions, |session| {
        session.set_expiry(Expiry::Default).unwrap();
        session.purge().unwrap();
        session.flash(Level::INFO, "signed out").unwrap();
        session.info().expiry()
    });
    assert_eq!((answer.returned, answer.max_age()), (Expiry::BrowserSession, None));
}

#[test]
fn set_expiry_overrides_the_default_expiry() {
    let clock = clock();
    let sessions = ending_with_the_browser(&clock);
    let mut browser = signed_in(&sessions);
    let remembered = browser.get(&sessions, |session| session.set_expiry(Expiry::Default).unwrap());
    assert_eq!(remembered.max_age(), Some(IDLE));
    let write =
        browser.get(&sessions, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    assert_eq!(write.max_age(), Some(IDLE));
    let other = signed_in(&sessions)
        .get(&sessions, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    assert_eq!(other.max_age(), None);
}

#[test]
fn a_received_session_keeps_its_own_expiry() {
    let (before, clock) = sessions();
    let mut browser = signed_in(&before);
    let sessions = Sessions::builder(before.key_ring().clone())
        .clock(clock)
        .expiry(Expiry::BrowserSession)
        .build()
        .unwrap();
    let answer = browser.get(&sessions, |session: &Session<Visit>| {
        session.update(|visit| visit.cart.push(1)).unwrap();
        session.info().expiry()
    });
    assert_eq!((answer.returned, answer.max_age()), (Expiry::Default, Some(IDLE)));
}

#[test]
fn seal_starts_with_the_default_expiry() {
    let clock = clock();
    let sessions = builder(&clock).expiry(Expiry::Idle(secs(60))).build().unwrap();
    let tickets = sessions.with_context("ticket");
    let (value, ticket) = (sessions.seal(&visit(7)).unwrap(), tickets.seal(&visit(7)).unwrap());
    clock.advance(secs(59));
    assert!(sessions.open(&value).is_ok() && tickets.open(&ticket).is_ok());
    clock.advance(secs(1));
    assert_eq!(sessions.open(&value).unwrap_err().reason(), Reason::ExpiredIdle);
    assert_eq!(tickets.open(&ticket).unwrap_err().reason(), Reason::ExpiredIdle);
    assert_eq!(
        signed_in(&sessions).get(&sessions, |session| session.info().expires_in()).returned,
        secs(60)
    );
}

#[test]
fn build_refuses_a_default_expiry_of_0_or_a_fixed_end() {
    let built = |expiry| {
        builder(&clock()).expiry(expiry).build().map(|_| ()).map_err(|error| error.to_string())
    };
    for expiry in [
        Expiry::Default,
        Expiry::BrowserSession,
        Expiry::Idle(secs(1)),
        Expiry::Idle(secs(ABSOLUTE)),
    ] {
        assert_eq!(built(expiry), Ok(()));
    }
    for (expiry, words) in [
        (Expiry::Idle(Duration::from_millis(999)), "at least one second"),
        (Expiry::Idle(secs(ABSOLUTE + 1)), "longer than absolute_timeout"),
        (Expiry::At(at(START - 1)), "set_expiry"),
        (Expiry::At(at(START + DAY)), "set_expiry"),
    ] {
        let refused = built(expiry).unwrap_err();
        assert!(refused.contains(words), "{refused}");
    }
}
