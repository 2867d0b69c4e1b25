//! Sealed values in the place of others: the crate's own, and those of the application.

use crate::client::{Jar, Response};
use crate::device_key::{DeviceKey, base64url};
use crate::pair::{Node, Pair};
use crate::site::*;
use data_encoding::BASE64URL_NOPAD;

/// A request of the victim's browser with a value in the place of the proof.
#[track_caller]
fn assert_no_proof(node: &Node, victim: &Browser, value: &str) {
    let cookies = jar(&[(SESSION, &victim.session()), (victim.proof_name(), value)]);
    assert_refused(node, &cookies, "unproven other");
}

/// A refresh with a value in the place of the challenge.
#[track_caller]
fn assert_no_challenge(node: &Node, browser: &Browser, value: &str) {
    assert_doubt(&browser.answer(node, &browser.key.refresh(value)), "challenge");
    assert_doubt(&register(node, &browser.key.registration(value)), "challenge");
}

/// A refresh with a value in the place of the sealed key.
fn with_key(node: &Node, browser: &Browser, value: &str) -> Response {
    let (until, _) = browser.refresh_url().split_once("&key=").unwrap();
    let request = endpoint(&format!("{until}&key={value}"));
    ask(node, request.with("sec-secure-session-id", browser.id()), &Jar::default())
}

#[track_caller]
fn assert_no_key(node: &Node, browser: &Browser, value: &str) {
    assert_ended(&with_key(node, browser, value));
}

#[test]
fn none_of_the_three_opens_in_the_place_of_another() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        let (proof, key) = (victim.proof(), victim.sealed_key());
        for challenge in [victim.challenge(home), offered(home)] {
            assert_no_proof(away, &victim, &challenge);
            assert_no_key(away, &victim, &challenge);
        }
        assert_no_proof(away, &victim, key);
        assert_no_challenge(away, &victim, key);
        assert_no_challenge(away, &victim, &proof);
        assert_no_key(away, &victim, &proof);
        // In their own places they open.
        assert_eq!(with_key(away, &victim, key).status, 403);
        assert_accepted(away, &victim.jar);
    });
}

#[test]
fn a_session_and_its_csrf_token_open_in_no_place() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        let token = get(home, "/csrf", &victim.jar);
        assert_eq!(token.status, 200);
        for value in [token.text(), victim.session()] {
            assert_no_proof(away, &victim, &value);
            assert_no_challenge(away, &victim, &value);
            assert_no_key(away, &victim, &value);
            let cookies = jar(&[(SESSION, &value), (victim.proof_name(), &victim.proof())]);
            if value != victim.session() {
                assert_refused(away, &cookies, "bad-seal");
            }
        }
    });
}

#[test]
fn tickets_of_the_application_open_in_no_place() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        let ticket = |purpose: &str, bound: &[u8], data: &[u8]| {
            let (bound, data) = (base64url(bound), base64url(data));
            let path = format!("/ticket?purpose=dbsc%20{purpose}&bound={bound}&data={data}");
            let response = get(home, &path, &Jar::default());
            assert_eq!(response.status, 200, "{}", response.text());
            response.text()
        };
        let thumbprint = BASE64URL_NOPAD.decode(victim.id().as_bytes()).unwrap();
        let [x, y] = DeviceKey::new(THIEF).coordinates();
        let compressed = [&[2 + (y[31] & 1)], &*x].concat();
        assert_no_proof(away, &victim, &ticket("proof", b"", &thumbprint));
        assert_no_challenge(away, &victim, &ticket("challenge", &thumbprint, b""));
        assert_no_challenge(away, &victim, &ticket("challenge", b"registration", b""));
        assert_no_key(away, &victim, &ticket("key", b"", &compressed));
    });
}

#[test]
fn values_sealed_with_the_thiefs_own_ring_open_in_no_place() {
    let (pair, own) = (Pair::start(), Pair::start());
    let thief = Browser::victim(own.nodes()[0]);
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        assert_no_proof(away, &victim, &thief.proof());
        assert_no_challenge(away, &victim, &thief.challenge(own.nodes()[1]));
        assert_no_challenge(away, &victim, &offered(own.nodes()[1]));
        let forged = jar(&[(SESSION, &thief.session()), (thief.proof_name(), &thief.proof())]);
        assert_refused(away, &forged, "unknown-key");
        // Another server may have the key: the browser is told to ask again, and gets nothing.
        assert_eq!(with_key(away, &victim, thief.sealed_key()).status, 503);
        // The same with the id of a key that the servers do have.
        let id = victim.proof()[..7].to_owned();
        let renamed = |value: &str| format!("{id}{}", &value[7..]);
        assert_no_proof(away, &victim, &renamed(&thief.proof()));
        assert_no_challenge(away, &victim, &renamed(&thief.challenge(own.nodes()[1])));
        assert_no_key(away, &victim, &renamed(thief.sealed_key()));
    });
}

#[test]
fn no_changed_character_passes() {
    let pair = Pair::start();
    let [home, away] = pair.nodes();
    let victim = Browser::victim(home);
    let (proof, challenge, key) = (victim.proof(), victim.challenge(home), victim.sealed_key());
    let changed = |value: &str, at: usize| {
        let other = if &value[at..=at] == "A" { "B" } else { "A" };
        format!("{}{other}{}", &value[..at], &value[at + 1..])
    };
    // Behind the version and the id of the key, which are public.
    for at in (7..proof.len()).step_by(9) {
        assert_no_proof(away, &victim, &changed(&proof, at));
    }
    for at in (7..challenge.len()).step_by(9) {
        assert_no_challenge(away, &victim, &changed(&challenge, at));
    }
    for at in (7..key.len()).step_by(9) {
        assert_no_key(away, &victim, &changed(key, at));
    }
    for value in ["", "A", "....", "null"] {
        assert_no_challenge(away, &victim, value);
        assert_no_key(away, &victim, value);
    }
    for cut in [proof.len() - 1, proof.len() / 2, 1] {
        assert_no_proof(away, &victim, &proof[..cut]);
    }
}
