//! Servers whose rings differ: one that is behind, and keys that are retired.

use crate::client::Response;
use crate::pair::{Node, Pair, Setup};
use crate::site::*;
use sealed_session_fleet::fleet::{date, token};

/// The first server seals with a key that the second does not have yet.
fn one_is_behind(setup: Setup) -> (Pair, String) {
    let (old, new) = (token(), token());
    let both = format!("{new}\n{old}");
    (Pair::of(setup.clone().ring(&both), setup.ring(&old)), both)
}

/// The ring reaches the second server. It looks at its file every few seconds of its clock.
fn catch_up(pair: &Pair, ring: &str) {
    pair.set_ring("other", ring);
    for _ in 0..4 {
        pair.pass(10);
        get(pair.nodes()[1], "/", &Default::default());
    }
}

fn without_token(browser: &Browser, node: &Node) -> Response {
    ask(node, browser.refresh_request(), &browser.jar)
}

#[test]
fn a_server_that_is_behind_asks_the_browser_to_wait() {
    let (pair, ring) = one_is_behind(Setup::default());
    let [ahead, behind] = pair.nodes();
    let mut victim = Browser::victim(behind);
    victim.refresh(ahead);
    for _ in 0..3 {
        let response = without_token(&victim, behind);
        assert_eq!((response.status, response.all("retry-after")), (503, vec!["1"]));
        assert_eq!(response.all("secure-session-challenge"), Vec::<&str>::new());
    }
    catch_up(&pair, &ring);
    victim.refresh(behind);
    assert_accepted(behind, &victim.jar);
}

/// Another server can read the proof, so it must not be deleted: the browser would sign for a new
/// one at every request, and run out of its quota.
#[test]
fn a_server_that_is_behind_deletes_no_proof() {
    let (pair, ring) = one_is_behind(Setup::default());
    let [ahead, behind] = pair.nodes();
    let mut victim = Browser::victim(behind);
    victim.refresh(ahead);
    assert_accepted(ahead, &victim.jar);
    assert_refused(behind, &victim.jar, "unproven other");
    let response = get(behind, "/", &victim.jar);
    assert_eq!(response.all("set-cookie"), Vec::<&str>::new());
    catch_up(&pair, &ring);
    assert_accepted(behind, &victim.jar);
}

#[test]
fn a_server_that_is_behind_can_refuse_to_write() {
    let (pair, _) = one_is_behind(Setup::default().with("PROTECT", 1));
    let [ahead, behind] = pair.nodes();
    let victim = Browser::victim(ahead);
    assert_refused(behind, &victim.jar, "unknown-key");
    for path in ["/count", "/set", "/flash"] {
        let response = post(behind, path, &victim.jar);
        assert_eq!(response.status, 503);
        assert_eq!(response.all("set-cookie"), Vec::<&str>::new());
    }
}

#[test]
fn a_retired_key_ends_the_browsers_session() {
    let pair = Pair::start();
    let [one, other] = pair.nodes();
    let retired = token();
    let end = date(pair.clock.now() + 3600);
    pair.set_ring("shared", &retired);
    settle(&pair);
    let victim = Browser::victim(one);
    pair.set_ring("shared", &format!("{}\n{retired} open-until={end}", token()));
    settle(&pair);
    assert_eq!(without_token(&victim, other).status, 403);
    pair.pass(3600);
    for node in [one, other] {
        assert_ended(&without_token(&victim, node));
    }
}

/// A ring without the key cannot tell whether the key is retired or not there yet. `until` in the
/// URL decides how long a browser asks again, and nothing else.
#[test]
fn a_removed_key_is_asked_for_until_the_url_ends() {
    let pair = Pair::start();
    let [one, other] = pair.nodes();
    let victim = Browser::victim(one);
    pair.set_ring("shared", &token());
    settle(&pair);
    let (until, key) = victim.refresh_url().split_once("&key=").unwrap();
    let until: u64 = until.rsplit_once('=').unwrap().1.parse().unwrap();
    let now = pair.clock.now();
    assert!(until > now && until <= now + 86_400);
    for node in [one, other] {
        let status = |query: &str| {
            let request = endpoint(&format!("/dbsc/refresh?{query}key={key}"));
            let request = request.with("sec-secure-session-id", victim.id());
            let response = ask(node, request, &victim.jar);
            if response.status == 200 {
                assert_ended(&response);
            }
            response.status
        };
        for query in [format!("until={until}&"), format!("until={}&", now + 2 * 86_400)] {
            assert_eq!(status(&query), 503);
        }
        let (past, too_late) = (format!("until={now}&"), format!("until={}&", u64::MAX));
        for query in ["", "until=0&", "until=x&", &past, &too_late] {
            assert_eq!(status(query), 200);
        }
        assert_refused(node, &victim.jar, "unknown-key");
    }
    pair.pass(until - now);
    for node in [one, other] {
        assert_ended(&without_token(&victim, node));
    }
}

/// Both servers have seen the ring's file.
fn settle(pair: &Pair) {
    for _ in 0..4 {
        pair.pass(10);
        for node in pair.nodes() {
            get(node, "/", &Default::default());
        }
    }
}
