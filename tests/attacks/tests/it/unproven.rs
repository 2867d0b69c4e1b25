//! A session that came without its proof: what may be done with it.

use crate::client::{Jar, Request};
use crate::device_key::challenge;
use crate::pair::Pair;
use crate::site::*;

/// The cookies of a thief who has the session, and no proof or one of their own.
fn stolen(victim: &Browser, thief: &Browser) -> [Jar; 3] {
    let session = victim.session();
    [
        jar(&[(SESSION, &session)]),
        jar(&[(SESSION, &session), (thief.proof_name(), &thief.proof())]),
        jar(&[(SESSION, &session), (victim.proof_name(), &thief.proof())]),
    ]
}

#[test]
fn writes_are_refused_and_the_cookie_stays() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let (victim, thief) = (Browser::victim(home), Browser::thief(away));
        for cookies in stolen(&victim, &thief) {
            for path in ["/count", "/set", "/clear", "/flash", "/expiry"] {
                let response = post(away, path, &cookies);
                assert_eq!(response.status, 403, "{path}");
                assert_eq!(response.lines(SESSION), Vec::<&str>::new(), "{path}");
            }
        }
        assert_accepted(away, &victim.jar);
    });
}

#[test]
fn flashes_of_an_unproven_session_are_not_taken() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let (mut victim, thief) = (Browser::victim(home), Browser::thief(away));
        page(&victim.post(home, "/flash"));
        for cookies in stolen(&victim, &thief) {
            let response = post(away, "/take", &cookies);
            assert_eq!(page(&response).flashes, 0);
            assert_eq!(response.lines(SESSION), Vec::<&str>::new());
        }
        assert_eq!(seen(away, &victim.jar).flashes, 1);
    });
}

#[test]
fn a_purge_deletes_it() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let (victim, thief) = (Browser::victim(home), Browser::thief(away));
        for cookies in stolen(&victim, &thief) {
            let response = post(away, "/sign-out", &cookies);
            assert_eq!(response.status, 200);
            let lines = response.lines(SESSION);
            assert!(lines.len() == 1 && lines[0].contains("Max-Age=0"), "{lines:?}");
        }
        assert_accepted(away, &victim.jar);
    });
}

#[test]
fn it_is_neither_refreshed_nor_extended() {
    let pair = Pair::start();
    let [one, other] = pair.nodes();
    let robbed = [Browser::victim(one), Browser::victim(other)];
    pair.pass(3 * 86_400);
    for (victim, away) in robbed.iter().zip([other, one]) {
        for cookies in stolen(victim, &Browser::thief(away)) {
            for path in ["/", "/sign-in"] {
                let response = get(away, path, &cookies);
                assert_eq!(response.lines(SESSION), Vec::<&str>::new());
            }
        }
        // The victim's own is, after a refresh of the proof.
        let mut victim = victim.clone();
        victim.refresh(away);
        assert_eq!(get(away, "/", &victim.jar).lines(SESSION).len(), 1);
    }
}

/// A session that came alone may be that of a browser that lost its key, so another is offered. A
/// thief can have that offer, as anybody can, and gains nothing by it.
#[test]
fn an_offer_beside_a_bound_session_helps_no_thief() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let (victim, thief) = (Browser::victim(home), Browser::thief(away));
        let [alone, with_own, renamed] = stolen(&victim, &thief);
        for cookies in [&with_own, &renamed, &victim.jar, &thief.jar] {
            let response = get(away, "/sign-in", cookies);
            assert_eq!(response.all("secure-session-registration"), Vec::<&str>::new());
        }
        let says = format!(r#"unreachable;session_identifier="{}""#, victim.id());
        let request = Request::get("/sign-in").with("secure-session-skipped", says);
        let response = send(away, request, &alone);
        assert_eq!(response.all("secure-session-registration"), Vec::<&str>::new());

        let offer = get(away, "/sign-in", &alone);
        assert_eq!(offer.all("cache-control"), ["no-store"]);
        let challenge = challenge(offer.all("secure-session-registration")[0]);
        let registered = register(home, &thief.key.registration(&challenge));
        assert_eq!(registered.status, 200);
        let mut jar = alone;
        jar.take(&registered);
        assert_refused(away, &jar, "unproven missing");
        // It is the challenge of a registration, and none of the victim's key.
        let token = victim.key.refresh(&challenge);
        assert_doubt(&victim.answer(away, &token), "challenge");
    });
}

/// The session's cookie is not needed for a refresh, and an unproven one does not stand in its way.
#[test]
fn the_endpoints_touch_no_session() {
    let pair = Pair::start();
    let [one, other] = pair.nodes();
    let robbed = [Browser::victim(one), Browser::victim(other)];
    pair.pass(86_400);
    for (victim, away) in robbed.iter().zip([other, one]) {
        for cookies in [victim.jar.clone(), jar(&[(SESSION, &victim.session())]), Jar::default()] {
            let mut browser = victim.clone();
            browser.jar = cookies;
            let token = browser.key.refresh(&browser.challenge(away));
            events(away);
            let response = browser.answer(away, &token);
            assert_eq!(response.status, 200);
            assert_eq!(events(away), ["device-refreshed"]);
            let lines = response.all("set-cookie");
            assert!(matches!(&lines[..], [line] if line.starts_with(PROOF)), "{lines:?}");
        }
    }
}
