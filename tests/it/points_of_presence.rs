//! docs/edge.md, "Clocks" and "Long-lived isolates": many nodes, each with its own clock and the
//! ring that it started with, and nothing that tells them about each other.

use crate::support::*;
use sealed_session::clock::ManualClock;
use sealed_session::{KeyRing, LoadStatus, Reason, Sessions};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// How many seconds a node's clock may be ahead of another's (`limits::CLOCK_SKEW`).
const SKEW: u64 = 2 * MINUTE;

struct Node {
    sessions: Sessions<Visit>,
    clock: ManualClock,
}

/// A node whose clock is this many seconds after `START`.
fn node(ring: &str, ahead: u64) -> Node {
    let clock = ManualClock::at(secs(START + ahead));
    Node { sessions: sessions_of(ring, &clock), clock }
}

/// A ring whose second key starts to seal an hour after `START` on the slowest clock.
fn rotation() -> (String, String, String) {
    let (old, new) = (line(""), line("seal-from=2027-01-15T09:00:00Z"));
    (format!("{new}\n{old}"), old, new)
}

fn key_of(text: &str) -> [u8; 4] {
    wire::Key::parse(text).id()
}

fn sealed_by(value: &str) -> [u8; 4] {
    wire::decode(value)[1..5].try_into().unwrap()
}

#[test]
fn all_nodes_change_keys_in_the_same_second() {
    let (ring, old, new) = rotation();
    let nodes: Vec<Node> = (0..5).map(|_| node(&ring, 0)).collect();
    for (seconds, key) in [(0, &old), (3_599, &old), (3_600, &new), (9 * DAY, &new)] {
        for node in &nodes {
            node.clock.set(secs(START + seconds));
            assert_eq!(sealed_by(signed_in(&node.sessions).value()), key_of(key), "{seconds}");
        }
    }
}

#[test]
fn a_visitor_moves_between_clocks_two_minutes_apart() {
    let (ring, old, new) = rotation();
    let nodes = [node(&ring, 0), node(&ring, SKEW), node(&ring, SKEW / 2)];
    let mut browser = Browser::default();
    let mut keys = Vec::new();
    // From ten minutes before the change to ten minutes after it, in steps of two seconds, at each
    // node in turn.
    nodes.iter().for_each(|node| node.clock.advance(secs(3_000)));
    for step in 0..600 {
        let answer = browser.get(&nodes[step % 3].sessions, |session| {
            session.update(|visit| visit.user = Some(visit.user.unwrap_or(0) + 1)).unwrap();
            session.read(|visit| visit.user)
        });
        assert_eq!(answer.returned, Some(u64::try_from(step).unwrap() + 1), "nothing is lost");
        keys.push(sealed_by(answer.value()));
        nodes.iter().for_each(|node| node.clock.advance(secs(2)));
    }
    let changes = keys.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert_eq!((keys[0], keys[599]), (key_of(&old), key_of(&new)));
    assert!(
        changes > 1,
        "clocks that differ change keys one after the other, and each opens what the others seal"
    );
}

#[test]
fn a_clock_further_ahead_signs_its_visitors_out_elsewhere() {
    let (ring, ..) = rotation();
    let [slow, fast] = [node(&ring, 0), node(&ring, SKEW + 1)];
    let mut browser = signed_in(&fast.sessions);
    let look = |browser: &mut Browser, node: &Node| {
        browser.get(&node.sessions, |session| session.load_status())
    };
    let answer = look(&mut browser, &slow);
    assert_eq!(answer.returned, LoadStatus::Rejected(Reason::FromTheFuture));
    assert!(answer.lines().is_empty(), "the cookie stays");
    slow.clock.advance(secs(1));
    assert_eq!(look(&mut browser, &slow).returned, LoadStatus::Restored);
}

#[test]
fn a_node_with_an_outdated_ring_harms_no_session() {
    let (ring, old, _) = rotation();
    let (isolate, fleet) = (node(&old, 0), node(&ring, 0));
    let look = |browser: &mut Browser, node: &Node| {
        browser.get(&node.sessions, |session| session.load_status())
    };

    // Before the new key seals, nothing shows that the isolate's ring is outdated.
    let mut browser = signed_in(&fleet.sessions);
    assert_eq!(look(&mut browser, &isolate).returned, LoadStatus::Restored);

    // After that, the isolate cannot open what the fleet seals, and the visitor is signed out there
    // and nowhere else.
    for node in [&isolate, &fleet] {
        node.clock.advance(secs(2 * DAY));
    }
    assert!(look(&mut browser, &fleet).sets(), "a refresh under the new key");
    let answer = look(&mut browser, &isolate);
    assert_eq!(answer.returned, LoadStatus::Rejected(Reason::UnknownKey));
    assert!(answer.lines().is_empty());
    assert_eq!(look(&mut browser, &fleet).returned, LoadStatus::Restored);

    // Every node opens what the isolate seals until the old key ends.
    let mut there = signed_in(&isolate.sessions);
    assert_eq!(look(&mut there, &fleet).returned, LoadStatus::Restored);

    // The isolate recovers without a restart: the application fetches the ring and replaces the old
    // one.
    isolate.sessions.key_ring().replace(&ring.parse::<KeyRing>().unwrap()).unwrap();
    assert_eq!(look(&mut browser, &isolate).returned, LoadStatus::Restored);
}
