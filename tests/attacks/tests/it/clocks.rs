//! Servers whose clocks differ: what is from the future, and how long a challenge lives.

use crate::pair::{Pair, Setup};
use crate::site::*;

/// The allowed difference of two clocks.
const SKEW: i64 = 120;

/// The second server's clock is this far ahead of the first one's.
fn ahead(seconds: i64) -> Pair {
    Pair::of(Setup::default(), Setup::default().skew(seconds))
}

#[test]
fn a_proof_from_the_future_is_refused() {
    for (seconds, accepted) in [(5, true), (SKEW, true), (SKEW + 1, false), (86_400, false)] {
        let pair = ahead(seconds);
        let [right, ahead] = pair.nodes();
        let mut victim = Browser::victim(right);
        // The proof alone is from the future, not the session.
        victim.refresh(ahead);
        if accepted {
            assert_accepted(right, &victim.jar);
        } else {
            assert_refused(right, &victim.jar, "unproven other");
        }
    }
}

#[test]
fn a_sealed_key_from_the_future_is_asked_for_again() {
    for (seconds, status) in [(SKEW, 403), (SKEW + 1, 503)] {
        let pair = ahead(seconds);
        let [right, ahead] = pair.nodes();
        let mut victim = Browser::victim(right);
        victim.refresh(ahead);
        let response = ask(right, victim.refresh_request(), &victim.jar);
        assert_eq!(response.status, status);
        if status == 503 {
            assert_eq!(response.all("retry-after"), ["1"]);
            // As soon as it is not from the future any more, the browser goes on.
            pair.pass(1);
            victim.refresh(right);
        }
    }
}

#[test]
fn a_challenge_from_the_future_is_refused() {
    for (seconds, accepted) in [(SKEW, true), (SKEW + 1, false)] {
        let pair = ahead(seconds);
        let [right, ahead] = pair.nodes();
        let victim = Browser::victim(right);
        let token = victim.key.refresh(&victim.challenge(ahead));
        let registration = victim.key.registration(&offered(ahead));
        events(right);
        let (refreshed, registered) =
            (victim.answer(right, &token), register(right, &registration));
        if accepted {
            assert_eq!((refreshed.status, registered.status), (200, 200));
            // An operator sees that the clocks differ.
            let noticed = events(right).iter().filter(|event| *event == "clock-ahead").count();
            assert_eq!(noticed, 2);
        } else {
            assert_doubt(&refreshed, "challenge");
            assert_doubt(&registered, "challenge");
        }
    }
}

#[test]
fn a_challenge_ends_by_the_clock_of_the_server_that_reads_it() {
    for (skew, life) in [(0, CHALLENGE), (SKEW, CHALLENGE - 120), (-SKEW, CHALLENGE + 120)] {
        let pair = ahead(skew);
        let [right, reads] = pair.nodes();
        let victim = Browser::victim(right);
        let token = victim.key.refresh(&victim.challenge(right));
        let registration = victim.key.registration(&offered(right));
        pair.pass(life - 1);
        assert_eq!(victim.answer(reads, &token).status, 200, "{skew}");
        assert_eq!(register(reads, &registration).status, 200, "{skew}");
        pair.pass(1);
        assert_doubt(&victim.answer(reads, &token), "challenge");
        assert_doubt(&register(reads, &registration), "challenge");
    }
}

#[test]
fn a_stolen_jar_lives_longer_only_by_the_skew() {
    for skew in [SKEW, -SKEW] {
        let pair = ahead(skew);
        let [right, reads] = pair.nodes();
        let jar = Browser::victim(right).jar;
        let life = SEALED.saturating_add_signed(-skew);
        pair.pass(life - 1);
        assert_accepted(reads, &jar);
        pair.pass(1);
        assert_refused(reads, &jar, "unproven late");
    }
}
