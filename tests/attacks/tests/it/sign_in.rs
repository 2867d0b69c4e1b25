//! Only a sign-in binds: what a thief gains by a key of their own, and what an unproven session
//! passes on.

use crate::client::Jar;
use crate::device_key::DeviceKey;
use crate::pair::{Pair, Setup};
use crate::site::*;

#[test]
fn a_stolen_unbound_session_is_not_bound_by_the_thief() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::unbound(home);
        let mut thief = Browser::thief(away);
        thief.jar.0.push((SESSION.to_owned(), victim.session()));
        for path in ["/count", "/set", "/flash", "/take", "/expiry", "/count"] {
            assert_eq!(page(&thief.post(away, path)).binding, "unbound", "{path}");
            assert_eq!(seen(home, &thief.jar).binding, "unbound", "{path}");
            assert_eq!(get(away, "/admin", &thief.jar).status, 403);
        }
        thief.get(away, "/sign-in");
        thief.refresh(home);
        assert_eq!(seen(away, &thief.jar).binding, "unbound");
        assert_eq!(get(away, "/admin", &thief.jar).status, 403);
        // After a purge there is nothing left of the victim.
        let purged = page(&thief.post(away, "/sign-out"));
        assert_eq!((purged.user, &*purged.binding), (None, "unbound"));
    });
}

/// `renew()` means that the visitor has just signed in. An application that calls it for anybody
/// gives a stolen session to the thief's key.
#[test]
fn an_application_that_renews_without_a_sign_in_binds_for_the_thief() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let mut thief = Browser::thief(away);
        thief.jar.0.push((SESSION.to_owned(), Browser::unbound(home).session()));
        assert_eq!(page(&thief.post(away, "/renew")).binding, "bound");
        // The same with a bound one and its proof: the newest proof counts.
        let victim = Browser::victim(home);
        pair.pass(1);
        let mut thief = Browser::thief(away);
        thief.jar.0.extend(victim.jar.0.clone());
        page(&thief.post(away, "/renew"));
        thief.jar.0.retain(|(name, _)| name != victim.proof_name());
        assert_accepted(home, &thief.jar);
    });
}

/// A script in the page can set a cookie of a proof's name: Chromium refuses the prefix that would
/// prevent it. The victim's next session is then bound to the thief's key, and ends for the victim
/// with the planted proof. The thief still has no session.
#[test]
fn a_planted_proof_locks_the_victim_out_and_nobody_in() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let mut victim = Browser::new(DeviceKey::new(VICTIM));
        victim.register(home);
        pair.pass(1);
        let thief = Browser::thief(away);
        victim.jar.0.push((thief.proof_name().to_owned(), thief.proof()));
        victim.sign_in(home, VICTIM.into());
        assert_accepted(home, &victim.jar);
        victim.jar.0.retain(|(name, _)| name != thief.proof_name());
        assert_refused(home, &victim.jar, "unproven missing");
        assert_eq!(seen(away, &thief.jar).status, "new");
        // A proof that is older than the victim's own is of no use at all.
        let mut victim = Browser::new(DeviceKey::new(VICTIM));
        pair.pass(1);
        victim.register(home);
        victim.jar.0.insert(0, (thief.proof_name().to_owned(), thief.proof()));
        victim.sign_in(home, VICTIM.into());
        victim.jar.0.remove(0);
        assert_accepted(home, &victim.jar);
    });
}

#[test]
fn unbound_sessions_can_be_short_for_thieves_too() {
    for (setup, status) in [
        (Setup::default().with("REQUIRE", 120), "refused"),
        (Setup::default().with("UNBOUND", 120), "refused"),
    ] {
        let pair = Pair::both(setup);
        let [one, other] = pair.nodes();
        let robbed = [one, other].map(|home| Browser::unbound(home).session());
        let bound = Browser::victim(one);
        pair.pass(120);
        let thieves = [(&robbed[0], other), (&robbed[1], one)].map(|(session, away)| {
            let mut thief = Browser::thief(away);
            thief.jar.0.push((SESSION.to_owned(), session.clone()));
            assert_eq!(seen(away, &thief.jar).user, Some(7));
            // Writes do not make it younger.
            page(&thief.post(away, "/count"));
            page(&thief.post(away, "/expiry"));
            thief
        });
        pair.pass(1);
        for (thief, node) in thieves.iter().flat_map(|thief| [(thief, one), (thief, other)]) {
            assert_refused(node, &thief.jar, status);
            assert_eq!(open(node, &thief.session()), status);
        }
        assert_accepted(other, &bound.jar);
    }
}

fn open(node: &crate::pair::Node, value: &str) -> String {
    get(node, &format!("/open?value={value}"), &Jar::default()).text()
}

#[test]
fn a_sign_in_over_an_unproven_session_inherits_nothing() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let mut victim = Browser::victim(home);
        for path in ["/count", "/flash", "/expiry"] {
            page(&victim.post(home, path));
        }
        let before = seen(home, &victim.jar);
        assert_eq!((before.count, before.flashes), (1, 1));
        pair.pass(5);
        for own_proof in [false, true] {
            let mut thief =
                if own_proof { Browser::thief(away) } else { Browser::new(DeviceKey::new(THIEF)) };
            thief.jar.0.push((SESSION.to_owned(), victim.session()));
            let after = thief.sign_in(away, 1);
            let binding = if own_proof { "bound" } else { "unbound" };
            for after in [after, seen(home, &thief.jar)] {
                assert_eq!((after.user, after.count, after.flashes), (Some(1), 0, 0));
                assert_eq!(after.binding, binding);
                assert_eq!(after.created, before.created + 5);
                assert_ne!(after.expiry, before.expiry);
                assert!(after.id.is_some() && after.id != before.id);
            }
        }
        // Nor does a renewal without a sign-in.
        let mut thief = Browser::new(DeviceKey::new(THIEF));
        thief.jar.0.push((SESSION.to_owned(), victim.session()));
        let after = page(&thief.post(away, "/renew"));
        assert_eq!((after.user, after.count, after.flashes), (None, 1, 0));
        assert_eq!(after.binding, "unbound");
    });
}

#[test]
fn no_sign_in_binds_without_a_fresh_proof() {
    let pair = Pair::start();
    let [one, other] = pair.nodes();
    let late = [Browser::thief(one), Browser::thief(other)];
    pair.pass(SEALED);
    for (thief, away) in late.iter().zip([other, one]) {
        let name = thief.proof_name();
        for proof in [thief.proof(), thief.sealed_key().to_owned(), offered(away), "A".to_owned()] {
            let mut browser = thief.clone();
            browser.jar = jar(&[(name, &proof)]);
            assert_eq!(browser.sign_in(away, 1).binding, "unbound");
        }
    }
}

#[test]
fn the_owner_of_a_bound_session_keeps_it_bound() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let mut victim = Browser::victim(home);
        for path in ["/count", "/set", "/flash", "/take", "/expiry", "/renew"] {
            assert_eq!(page(&victim.post(away, path)).binding, "bound", "{path}");
            assert_refused(home, &jar(&[(SESSION, &victim.session())]), "unproven missing");
        }
        page(&victim.post(away, "/sign-in?user=7"));
        assert_refused(home, &jar(&[(SESSION, &victim.session())]), "unproven missing");
        // An emptied session is gone, and so is its proof.
        let cleared = victim.post(away, "/clear");
        assert_eq!(page(&cleared).user, None);
        assert_eq!(seen(home, &victim.jar).status, "new");
    });
}
