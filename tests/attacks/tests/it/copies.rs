//! Copied cookies: without the proof, with another one, and with the victim's own.

use crate::client::{Jar, Request};
use crate::device_key::DeviceKey;
use crate::pair::Pair;
use crate::site::*;

#[test]
fn the_session_cookie_alone_is_refused() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        let stolen = jar(&[(SESSION, &victim.session())]);
        assert_refused(away, &stolen, "unproven missing");
        assert_refused(home, &stolen, "unproven missing");
        assert_accepted(away, &victim.jar);
    });
}

#[test]
fn the_thiefs_own_proof_does_not_help() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let (victim, thief) = (Browser::victim(home), Browser::thief(away));
        let session = victim.session();
        let (own, own_name) = (thief.proof(), thief.proof_name());
        assert_refused(away, &jar(&[(SESSION, &session), (own_name, &own)]), "unproven missing");
        let renamed = jar(&[(SESSION, &session), (victim.proof_name(), &own)]);
        assert_refused(away, &renamed, "unproven other");
    });
}

#[test]
fn a_session_is_no_proof_and_a_proof_is_no_session() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        let (session, proof, name) = (victim.session(), victim.proof(), victim.proof_name());
        let twice = jar(&[(SESSION, &session), (name, &session)]);
        assert_refused(away, &twice, "unproven other");
        assert_refused(away, &jar(&[(SESSION, &proof), (name, &proof)]), "bad-seal");
        assert_refused(away, &jar(&[(SESSION, &proof), (name, &session)]), "bad-seal");
    });
}

#[test]
fn the_whole_jar_works_until_the_sealed_end() {
    let pair = Pair::start();
    let [one, other] = pair.nodes();
    let robbed = [Browser::victim(one).jar, Browser::victim(other).jar];
    for passed in [0, MAX_AGE, SEALED - 1] {
        pair.pass(passed - elapsed(&pair, &robbed));
        assert_accepted(other, &robbed[0]);
        assert_accepted(one, &robbed[1]);
    }
    pair.pass(1);
    assert_refused(other, &robbed[0], "unproven late");
    assert_refused(one, &robbed[1], "unproven late");
}

/// Seconds since the browsers signed in.
fn elapsed(pair: &Pair, robbed: &[Jar; 2]) -> u64 {
    pair.clock.now() - seen(pair.nodes()[0], &robbed[0]).created
}

#[test]
fn writes_with_a_stolen_jar_give_no_new_proof() {
    let pair = Pair::start();
    let [one, other] = pair.nodes();
    let mut robbed = [Browser::victim(one), Browser::victim(other)];
    for _ in 0..3 {
        pair.pass(MAX_AGE / 3);
        for (thief, away) in robbed.iter_mut().zip([other, one]) {
            // `send` asserts that no page gives a proof.
            for path in ["/count", "/flash", "/take", "/expiry", "/renew", "/sign-in?user=7"] {
                page(&thief.post(away, path));
            }
            page(&thief.get(away, "/sign-in"));
            assert_accepted(away, &thief.jar);
        }
    }
    pair.pass(SEALED - MAX_AGE);
    for (thief, away) in robbed.iter().zip([other, one]) {
        assert_refused(away, &thief.jar, "unproven late");
    }
}

#[test]
fn a_fresh_proof_does_not_freshen_a_stale_one() {
    let pair = Pair::start();
    let [one, other] = pair.nodes();
    let victims = [Browser::victim(one), Browser::victim(other)];
    pair.pass(SEALED);
    for (victim, away) in victims.iter().zip([other, one]) {
        let thief = Browser::thief(away);
        let (session, stale, fresh) = (victim.session(), victim.proof(), thief.proof());
        let (name, own) = (victim.proof_name(), thief.proof_name());
        for (proofs, status) in [
            (vec![(name, &stale), (own, &fresh)], "unproven late"),
            (vec![(own, &fresh), (name, &stale)], "unproven late"),
            (vec![(name, &stale), (name, &fresh)], "unproven late"),
            (vec![(name, &fresh), (name, &stale)], "unproven late"),
            (vec![(name, &fresh), (own, &stale)], "unproven other"),
            (vec![(name, &fresh); 9], "unproven other"),
        ] {
            let mut cookies = vec![(SESSION, &*session)];
            cookies.extend(proofs.into_iter().map(|(name, value)| (name, &**value)));
            assert_refused(away, &jar(&cookies), status);
        }
    }
}

/// Two keys whose ids begin with the same four characters, so that their proofs have one name.
pub fn keys_with_one_name() -> [DeviceKey; 2] {
    let numbered = |number: u16| {
        let mut secret = [0; 32];
        secret[30..].copy_from_slice(&number.to_be_bytes());
        DeviceKey::of_secret(secret)
    };
    NUMBERS.map(numbered)
}

/// Found by trying all of them.
const NUMBERS: [u16; 2] = [613, 769];

#[test]
fn a_proof_under_the_same_four_characters_is_refused() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let [mut victim, mut thief] = keys_with_one_name().map(Browser::new);
        victim.register(home);
        victim.sign_in(home, VICTIM.into());
        thief.register(away);
        assert_eq!(victim.proof_name(), thief.proof_name());
        assert_ne!(victim.id(), thief.id());
        let (session, own) = (victim.session(), thief.proof());
        let name = victim.proof_name();
        assert_refused(away, &jar(&[(SESSION, &session), (name, &own)]), "unproven other");
        // Nor does it take the place of the victim's.
        let both = jar(&[(SESSION, &session), (name, &own), (name, &victim.proof())]);
        assert_accepted(away, &both);
        // The ids tell the two keys apart at the endpoint.
        let challenge = thief.challenge(away);
        let request = endpoint(victim.refresh_url())
            .with("sec-secure-session-id", thief.id())
            .with("secure-session-response", thief.key.refresh(&challenge));
        assert_doubt(&ask(away, request, &Jar::default()), "session-id");
    });
}

#[test]
fn beside_a_session_of_ones_own_it_does_not_count() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        let mut own = Browser::thief(away);
        let proof = own.proof();
        for binding in ["bound", "unbound"] {
            own.sign_in(away, 1);
            let (stolen, session) = (victim.session(), own.session());
            let name = own.proof_name();
            for sessions in [[&*stolen, &session], [&*session, &stolen]] {
                let [one, other] = sessions;
                let mut both = jar(&[(SESSION, one), (SESSION, other), (name, &proof)]);
                let seen = seen(away, &both);
                assert_eq!((seen.user, &*seen.binding), (Some(1), binding));
                both.take(&post(away, "/count", &both));
                let alone = jar(&[(SESSION, &both.value(SESSION)), (name, &proof)]);
                let seen = crate::site::seen(home, &alone);
                assert_eq!((seen.user, seen.count, &*seen.binding), (Some(1), 1, binding));
            }
            // The second time without a proof.
            own.jar = Jar::default();
        }
    });
}

#[test]
fn names_that_only_look_like_a_proofs_are_not_read() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        let (session, proof) = (victim.session(), victim.proof());
        let name = victim.proof_name();
        let short = name.strip_prefix(PROOF).unwrap();
        for planted in [
            // What a sibling domain can set.
            format!("%5F%5FHost-session-proof-{short}"),
            format!("\u{2000}{name}"),
            name.to_ascii_lowercase(),
            format!("__host-session-proof-{short}"),
            format!("session-proof-{short}"),
            format!("__Secure-session-proof-{short}"),
            format!("__Host-Http-session-proof-{short}"),
            // What is behind the prefix is exactly four characters.
            PROOF.to_owned(),
            format!("{PROOF}{}", &short[..3]),
            format!("{name}A"),
            format!("{name}.1"),
        ] {
            // Keys whose short ids have no letters in upper case are left as they are.
            if planted != name {
                let stolen = jar(&[(SESSION, &session), (&planted, &proof)]);
                assert_refused(away, &stolen, "unproven missing");
            }
        }
        // Behind a comma, it is a part of the value before it.
        let joined = Jar(vec![(SESSION.to_owned(), format!("{session}, {name}={proof}"))]);
        assert_eq!(seen(away, &joined).user, None);
    });
}

#[test]
fn the_proof_counts_in_whichever_cookie_field_it_is() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        let other = jar(&[("theme", "dark"), ("lang", "en")]);
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]] {
            let jars = [&other, &jar(&[(SESSION, &victim.session())]), &{
                jar(&[(victim.proof_name(), &victim.proof())])
            }];
            let request = order
                .into_iter()
                .fold(Request::get("/"), |request, jar| jars[jar].apart_on(request));
            assert_eq!(page(&send(away, request, &Jar::default())).binding, "bound");
        }
    });
}
