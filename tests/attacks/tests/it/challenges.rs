//! Challenges: of another key, of another endpoint, late, and used twice.

use crate::client::Jar;
use crate::device_key::{DeviceKey, Registered};
use crate::pair::Pair;
use crate::site::*;

#[test]
fn a_challenge_of_another_key_is_refused() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let (victim, thief) = (Browser::victim(home), Browser::thief(home));
        let (of_victim, of_thief) = (victim.challenge(home), thief.challenge(home));
        assert_doubt(&victim.answer(away, &victim.key.refresh(&of_thief)), "challenge");
        assert_doubt(&thief.answer(away, &thief.key.refresh(&of_victim)), "challenge");
        assert_eq!(victim.answer(away, &victim.key.refresh(&of_victim)).status, 200);
    });
}

#[test]
fn a_challenge_of_the_other_endpoint_is_refused() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        let token = victim.key.refresh(&offered(home));
        assert_doubt(&victim.answer(away, &token), "challenge");
        let token = victim.key.registration(&victim.challenge(home));
        assert_doubt(&register(away, &token), "challenge");
    });
}

#[test]
fn a_refresh_with_another_key_is_refused() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let (victim, thief) = (Browser::victim(home), DeviceKey::new(THIEF));
        let challenge = victim.challenge(away);
        assert_doubt(&victim.answer(away, &thief.refresh(&challenge)), "signature");
        // With the thief's key in the token, too.
        for key in [&thief, &victim.key] {
            let token = key.registration(&challenge);
            assert_doubt(&victim.answer(away, &token), "key");
        }
        // The thief's URL with the victim's id, and the reverse.
        let own = Browser::thief(home);
        for (url, id) in [(own.refresh_url(), victim.id()), (victim.refresh_url(), own.id())] {
            let request = endpoint(url)
                .with("sec-secure-session-id", id)
                .with("secure-session-response", thief.refresh(&challenge));
            assert_doubt(&ask(away, request, &Jar::default()), "session-id");
        }
    });
}

/// The price of keeping no state: a captured request works again while its challenge lives.
#[test]
fn a_captured_refresh_can_be_replayed_for_180_seconds() {
    let pair = Pair::start();
    let [one, other] = pair.nodes();
    let captured = [one, other].map(|home| {
        let victim = Browser::victim(home);
        let token = victim.key.refresh(&victim.challenge(home));
        assert_eq!(victim.answer(home, &token).status, 200);
        (victim, token)
    });
    for passed in [0, 60, CHALLENGE - 61] {
        pair.pass(passed);
        for ((victim, token), away) in captured.iter().zip([other, one]) {
            let answer = victim.answer(away, token);
            assert_eq!(answer.status, 200);
            let mut thief = victim.clone();
            thief.jar = jar(&[(SESSION, &victim.session())]);
            thief.jar.take(&answer);
            assert_accepted(away, &thief.jar);
        }
    }
    pair.pass(1);
    for ((victim, token), away) in captured.iter().zip([other, one]) {
        assert_doubt(&victim.answer(away, token), "challenge");
    }
    // Whatever was copied has ended 180 + 660 seconds after the capture.
    pair.pass(SEALED - 1);
    for ((victim, token), away) in captured.iter().zip([other, one]) {
        assert_refused(away, &victim.jar, "unproven late");
        assert_doubt(&victim.answer(away, token), "challenge");
    }
}

#[test]
fn a_registration_can_be_replayed_for_180_seconds_and_touches_no_session() {
    let pair = Pair::start();
    let [one, other] = pair.nodes();
    let captured = [one, other].map(|home| DeviceKey::new(VICTIM).registration(&offered(home)));
    for passed in [0, CHALLENGE - 1] {
        pair.pass(passed);
        for (token, away) in captured.iter().zip([other, one]) {
            let response = register(away, token);
            assert_eq!(response.status, 200);
            // A proof of the key, and nothing else.
            let lines = response.all("set-cookie");
            assert!(matches!(&lines[..], [line] if line.starts_with(PROOF)), "{lines:?}");
        }
    }
    pair.pass(1);
    for (token, away) in captured.iter().zip([other, one]) {
        assert_doubt(&register(away, token), "challenge");
    }
}

#[test]
fn tokens_signed_ahead_work_only_for_challenges_at_hand() {
    let pair = Pair::start();
    let [one, other] = pair.nodes();
    let victim = Browser::victim(one);
    // Malware on the device signs all challenges that it can get.
    let ahead: Vec<String> =
        [one, other, one, other].map(|node| victim.key.refresh(&victim.challenge(node))).into();
    pair.pass(CHALLENGE);
    for token in &ahead {
        for node in [one, other] {
            assert_doubt(&victim.answer(node, token), "challenge");
        }
    }
}

#[test]
fn every_doubt_brings_a_new_challenge_of_the_same_key() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let mut victim = Browser::victim(home);
        let stale = victim.challenge(home);
        let next = victim.answer(away, &DeviceKey::new(THIEF).refresh(&stale));
        assert_doubt(&next, "signature");
        let field = next.all("secure-session-challenge")[0];
        let challenge = crate::device_key::challenge(field);
        assert_ne!(challenge, stale);
        let response = victim.answer(home, &victim.key.refresh(&challenge));
        assert_eq!(response.status, 200);
        victim.registered = Registered::read(&response.text());
        victim.refresh(away);
    });
}
