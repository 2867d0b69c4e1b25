//! SPEC §3.5.1, CSRF tokens: what verifies, and what is refused for which reason.

use crate::support::*;
use sealed_session::clock::ManualClock;
use sealed_session::error::{CsrfError, TicketError};
use sealed_session::{KeyRing, Reason, Session, Sessions, Tickets};
use std::collections::HashSet;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A browser that has signed in, and a token of its session.
fn token_of(sessions: &Sessions<Visit>) -> (Browser, String) {
    let mut browser = Browser::default();
    let signed_in = |session: &Session<Visit>| {
        session.renew().unwrap();
        session.set(visit(7)).unwrap();
        session.csrf_token().unwrap()
    };
    let token = browser.send(sessions, Call::post(), signed_in).returned;
    (browser, token)
}

fn verified(browser: &Browser, sessions: &Sessions<Visit>, token: &str) -> Result<(), CsrfError> {
    let mut copy = browser.clone();
    copy.send(sessions, Call::post(), |session| session.verify_csrf(token)).returned
}

fn invalid(reason: Reason) -> Result<(), CsrfError> {
    Err(CsrfError::Invalid(reason))
}

fn of(ring: &KeyRing, clock: &ManualClock) -> Sessions<Visit> {
    Sessions::builder(ring.clone()).clock(clock.clone()).build().unwrap()
}

#[test]
fn a_token_verifies_at_later_requests_as_often_as_it_comes() {
    let (sessions, clock) = sessions();
    let (mut browser, token) = token_of(&sessions);
    for _ in 0..3 {
        clock.advance(secs(5 * DAY));
        assert_eq!(verified(&browser, &sessions, &token), Ok(()));
        browser.get(&sessions, |session| session.load_status()); // a refresh keeps the id
    }
}

#[test]
fn every_token_is_another_text() {
    let (sessions, _) = sessions();
    let (mut browser, _) = token_of(&sessions);
    let tokens: HashSet<String> = browser
        .get(&sessions, |session| (0..100).map(|_| session.csrf_token().unwrap()).collect())
        .returned;
    assert_eq!(tokens.len(), 100);
    // Only version and key id are alike: what an attacker guesses of one token says nothing of the
    // next.
    let shared = |token: &String| {
        let first = tokens.iter().next().unwrap();
        first.bytes().zip(token.bytes()).take_while(|(a, b)| a == b).count()
    };
    assert!(tokens.iter().filter(|token| shared(token) < 12).count() >= 98);
    assert!(tokens.iter().all(|token| verified(&browser, &sessions, token).is_ok()));
}

#[test]
fn a_token_of_another_session_is_refused() {
    let (sessions, _) = sessions();
    let (alice, token) = token_of(&sessions);
    let (bob, of_bob) = token_of(&sessions);
    assert_eq!(verified(&bob, &sessions, &token), invalid(Reason::BadSeal));
    assert_eq!(verified(&alice, &sessions, &of_bob), invalid(Reason::BadSeal));
}

#[test]
fn a_token_from_before_a_renewal_is_refused() {
    let (sessions, _) = sessions();
    let (mut browser, token) = token_of(&sessions);
    let renewed = |session: &Session<Visit>| {
        session.verify_csrf(&token).unwrap();
        session.renew().unwrap();
        (session.verify_csrf(&token), session.csrf_token().unwrap())
    };
    let (at_once, new) = browser.send(&sessions, Call::post(), renewed).returned;
    assert_eq!(at_once, invalid(Reason::BadSeal));
    assert_eq!(verified(&browser, &sessions, &token), invalid(Reason::BadSeal));
    assert_eq!(verified(&browser, &sessions, &new), Ok(()));
}

#[test]
fn a_session_without_an_id_says_what_to_do() {
    let (sessions, _) = sessions();
    let mut browser = signed_in(&sessions); // by `set` alone, which draws no id
    let tried = |session: &Session<Visit>| (session.csrf_token(), session.verify_csrf("token"));
    let (issued, verified) = browser.get(&sessions, tried).returned;
    let (issued, verified) = (issued.unwrap_err(), verified.unwrap_err());
    assert_eq!((&issued, verified), (&TicketError::NoSessionId, CsrfError::NoSessionId));
    assert_eq!(
        (issued.status_code(), verified.status_code()),
        (500.try_into().unwrap(), 403.try_into().unwrap())
    );
    for message in [issued.to_string(), verified.to_string()] {
        assert!(message.contains("renew()") && message.contains("session_ids(true)"), "{message}");
    }
}

#[test]
fn with_session_ids_the_first_write_makes_a_token_possible() {
    let sessions = builder(&clock()).session_ids(true).build().unwrap();
    let mut browser = Browser::default();
    let written = |session: &Session<Visit>| {
        let empty = session.csrf_token();
        session.update(|visit| visit.cart.push(1)).unwrap();
        (empty, session.csrf_token().unwrap())
    };
    let (empty, token) = browser.send(&sessions, Call::post(), written).returned;
    assert_eq!(empty, Err(TicketError::NoSessionId));
    assert_eq!(verified(&browser, &sessions, &token), Ok(()));
    browser.send(&sessions, Call::post(), |session| session.purge().unwrap());
    assert_eq!(verified(&browser, &sessions, &token), Err(CsrfError::NoSessionId));
}

/// The claims of a session with an id, sealed with the key that seals.
fn with_id(sessions: &Sessions<Visit>, expiry: wire::Expiry) -> Browser {
    let mut claims = wire::Claims::of(sessions);
    (claims.id, claims.expiry) = (Some([9; 16]), expiry);
    Browser::holding(&wire::Key::of(sessions.key_ring()).seal(&claims.plain()))
}

#[test]
fn a_token_ends_with_the_session_whatever_its_idle_timeout() {
    for (expiry, end) in [
        (wire::Expiry::Default, 30 * DAY),
        (wire::Expiry::BrowserSession, 30 * DAY),
        (wire::Expiry::Idle(60), 30 * DAY),
        (wire::Expiry::At(START + 90), 90),
        (wire::Expiry::At(START + 90 * DAY), 30 * DAY),
    ] {
        let (sessions, clock) = sessions();
        let mut browser = with_id(&sessions, expiry);
        let token = browser.get(&sessions, |session| session.csrf_token().unwrap()).returned;
        // A session with the same id that never ends is what the token is tried with.
        let later = || {
            let mut claims = wire::Claims::of(&sessions);
            (claims.id, claims.issued) = (Some([9; 16]), clock.now().as_secs());
            Browser::holding(&wire::Key::of(sessions.key_ring()).seal(&claims.plain()))
        };
        clock.set(secs(START + end - 1));
        assert_eq!(verified(&later(), &sessions, &token), Ok(()), "{expiry:?}");
        clock.set(secs(START + end));
        assert_eq!(verified(&later(), &sessions, &token), invalid(Reason::ExpiredAt), "{expiry:?}");
    }
}

#[test]
fn a_token_ends_with_its_key_and_is_not_refused_because_of_it() {
    let clock = clock();
    // 2027-01-15T09:00:00Z is an hour after START.
    let ring = format!("{}\n{}", line("open-until=2027-01-15T09:00:00Z"), line(""));
    let sessions = sessions_of(&ring, &clock);
    let (mut browser, token) = token_of(&sessions);
    clock.set(secs(START + 3599));
    assert_eq!(verified(&browser, &sessions, &token), Ok(()));
    browser.get(&sessions, |session| session.load_status());
    clock.set(secs(START + 3600));
    assert!(verified(&browser, &sessions, &token).is_err());
}

#[test]
fn context_kind_and_purpose_are_kept_apart() {
    let (clock, ring) = (clock(), ring());
    let (sessions, tenant) = (of(&ring, &clock), of(&ring, &clock).with_context("tenant"));
    let (mut browser, token) = token_of(&sessions);
    let id = browser.get(&sessions, |session| session.id().unwrap()).returned;
    // The same id in a session of another context.
    let mut claims = wire::Claims::of(&tenant);
    claims.id = Some(id.to_bytes());
    let key = wire::Key::of(&ring);
    let other = key.seal_with(key.id(), [3; 24], NAME, b"tenant", &claims.plain());
    let other = Browser::holding(&other);
    assert_eq!(verified(&other, &tenant, &token), invalid(Reason::BadSeal));

    // The application cannot issue one, nor open one as its own ticket.
    let tickets = Tickets::<()>::builder(ring)
        .purpose("csrf")
        .valid_for(secs(600))
        .clock(clock)
        .build()
        .unwrap();
    let forged = tickets.issue_for(id.to_bytes(), &()).unwrap();
    assert_eq!(verified(&browser, &sessions, &forged), invalid(Reason::BadSeal));
    assert!(tickets.open_for(id.to_bytes(), &token).is_err());
    assert!(sessions.open(&token).is_err());
}

#[test]
fn another_cookie_name_keeps_the_tokens_of_a_session() {
    let (clock, ring) = (clock(), ring());
    let (mut browser, token) = token_of(&of(&ring, &clock));
    let renamed = Sessions::<Visit>::builder(ring)
        .clock(clock)
        .cookie_name("__Host-Http-renamed")
        .accept_alias(NAME, "")
        .build()
        .unwrap();
    let verify = |session: &Session<Visit>| session.verify_csrf(&token);
    assert_eq!(browser.send(&renamed, Call::post(), verify).returned, Ok(()));
}

#[test]
fn what_a_form_may_bring_is_refused_without_a_panic() {
    let (sessions, _) = sessions();
    let (browser, token) = token_of(&sessions);
    let changed = {
        let mut bytes = token.clone().into_bytes();
        bytes[50] = if bytes[50] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    for (text, reason) in [
        ("", Reason::Malformed),
        (&*format!(" {token}"), Reason::Malformed),
        (&*format!("{token}."), Reason::Malformed),
        (&*format!("{token}="), Reason::Malformed),
        (&*format!("2.{token}"), Reason::Malformed),
        (&token[..77], Reason::Malformed), // no text of base64url has this length
        (&changed, Reason::BadSeal),
        ("\u{0}\u{fffd}ü", Reason::Malformed),
        (&"A".repeat(20_000), Reason::TooLong),
    ] {
        assert_eq!(verified(&browser, &sessions, text), invalid(reason), "{text:.90}");
    }
}

#[test]
fn an_expired_session_refuses_its_token() {
    let (sessions, clock) = sessions();
    let (browser, token) = token_of(&sessions);
    clock.advance(secs(14 * DAY));
    assert_eq!(verified(&browser, &sessions, &token), Err(CsrfError::NoSessionId));
}

#[test]
fn a_token_needs_a_key_that_seals() {
    let clock = clock();
    let sessions = sessions_of(&line("seal-from=2027-01-15T08:00:00Z"), &clock);
    let (mut browser, token) = token_of(&sessions);
    clock.set(secs(START - 60)); // the clock stepped back: the key opens, and does not seal yet
    let issued = browser.get(&sessions, |session| session.csrf_token()).returned;
    assert_eq!(issued, Err(TicketError::NoSealingKey));
    assert_eq!(verified(&browser, &sessions, &token), Ok(()));
}
