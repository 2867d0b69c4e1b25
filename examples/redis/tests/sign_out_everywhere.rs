//! Two processes, one list in a real Redis, and one user with two browsers.

mod support;

use sealed_session::{KeyRing, Suite};
use sealed_session_redis::sign_out_everywhere::ABSOLUTE_TIMEOUT;
use sealed_session_redis::sign_out_everywhere::signed_out::NAME;
use support::*;

const PROGRAM: &str = env!("CARGO_BIN_EXE_sign_out_everywhere");

#[test]
fn one_browser_signs_the_other_out_at_every_server() {
    let site = Site::open();
    let [here, there] = &site.nodes;
    let (mut laptop, mut phone, mut other) =
        (signed_in(here, 7), signed_in(there, 7), signed_in(here, 8));
    let copy = laptop.clone();
    assert!(is_user(&phone, here, 7) && is_user(&laptop, there, 7));

    assert_eq!(laptop.post(here, "/sign-out-everywhere", "").status, 303);
    assert!(laptop.cookie.is_none());
    // At once where it was asked, within the window elsewhere.
    assert!(is_refused(&phone, here) && is_refused(&copy, here));
    until("the other server hears of it", || is_refused(&phone, there) && is_refused(&copy, there));
    assert!(
        is_user(&other, here, 8) && is_user(&other, there, 8),
        "another user's session goes on"
    );
    assert_eq!(
        phone.post(there, "/sign-out-everywhere", "").status,
        401,
        "a refused session can do nothing"
    );

    // Who proves who they are is let in again, everywhere; the copy stays refused.
    until("the second of the sign-out ends", || {
        phone.post(there, "/sign-in", "user=7").status == 303
    });
    assert!(is_user(&phone, here, 7) && is_user(&phone, there, 7));
    assert!(is_refused(&copy, here) && is_refused(&copy, there));
    assert_eq!(other.post(there, "/sign-out-everywhere", "").status, 303);
    assert!(is_user(&phone, there, 7));
}

#[test]
fn what_is_known_holds_while_redis_is_away_and_goes_back_into_it() {
    let mut site = Site::open();
    let (mut laptop, phone) = (signed_in(&site.nodes[0], 7), signed_in(&site.nodes[1], 7));
    let mut late = signed_in(&site.nodes[0], 9);
    let late_copy = late.clone();
    laptop.post(&site.nodes[0], "/sign-out-everywhere", "");
    until("the other server hears of it", || is_refused(&phone, &site.nodes[1]));

    site.redis.stop();
    for node in &site.nodes {
        until("Redis is away", || node.trouble() != "none");
        assert!(is_refused(&phone, node), "old knowledge holds");
        assert!(is_user(&late, node, 9), "and nobody else is refused");
    }
    let error = Node::fails_to_start(PROGRAM, &site.redis, &site.keys);
    assert!(!error.is_empty(), "no process starts without the list");

    // The visitor is told that it is not done, and it is done when Redis is back: an empty one.
    let reply = late.post(&site.nodes[0], "/sign-out-everywhere", "");
    assert_eq!((reply.status, late.cookie.is_none()), (202, true));
    assert!(is_refused(&late_copy, &site.nodes[0]) && is_user(&late_copy, &site.nodes[1], 9));
    site.redis.start_again();
    until("the other server hears of it", || is_refused(&late_copy, &site.nodes[1]));
    for node in &site.nodes {
        until("Redis is back", || node.trouble() == "none");
        assert!(is_refused(&phone, node));
    }
    until("both users are in Redis again", || site.in_redis() == 2);
}

#[test]
fn a_cookie_that_was_issued_anew_in_the_window_is_refused_as_well() {
    let mut site = Site::open();
    let (mut laptop, mut phone) = (signed_in(&site.nodes[0], 7), signed_in(&site.nodes[1], 7));
    site.redis.stop();
    assert_eq!(laptop.post(&site.nodes[0], "/sign-out-everywhere", "").status, 202);
    let signed_out = unix_now();
    until("the second of the sign-out ends", || unix_now() > signed_out);

    // The other server has not heard of it: the window. It seals the session again, at a time after
    // the sign-out.
    let before = phone.cookie.clone();
    assert_eq!(phone.post(&site.nodes[1], "/count", "").status, 303);
    assert!(phone.cookie != before && is_user(&phone, &site.nodes[1], 7));
    assert!(is_refused(&phone, &site.nodes[0]));

    site.redis.start_again();
    until("the other server hears of it", || is_refused(&phone, &site.nodes[1]));
}

#[test]
fn a_server_that_starts_again_knows_before_it_serves() {
    let mut site = Site::open();
    let (mut laptop, phone) = (signed_in(&site.nodes[0], 7), signed_in(&site.nodes[1], 7));
    laptop.post(&site.nodes[0], "/sign-out-everywhere", "");
    for _ in 0..5 {
        site.nodes[1] = Node::start(PROGRAM, &site.redis, &site.keys);
        assert!(is_refused(&phone, &site.nodes[1]), "its first answer");
    }
}

#[test]
fn the_later_time_counts_and_the_oldest_are_forgotten() {
    let site = Site::open();
    let phone = signed_in(&site.nodes[0], 7);
    let mut laptop = phone.clone();
    laptop.post(&site.nodes[0], "/sign-out-everywhere", "");
    until("the other server hears of it", || is_refused(&phone, &site.nodes[1]));

    // An earlier time for the user, and a pair that is older than any session.
    let oldest = unix_now() - ABSOLUTE_TIMEOUT.as_secs() - 2 * 24 * 60 * 60;
    let earlier = unix_now() - 3600;
    site.redis.does(&["ZADD", NAME, &earlier.to_string(), "7", &oldest.to_string(), "8"]);
    until("Redis is put right", || {
        site.in_redis() == 1 && site.score("7").is_some_and(|score| score > earlier)
    });
    for node in &site.nodes {
        assert!(is_refused(&phone, node));
        until("the other user is forgotten", || node.status().starts_with("users 1\n"));
    }
}

struct Site {
    redis: Redis,
    keys: String,
    nodes: [Node; 2],
}

impl Site {
    fn open() -> Self {
        let redis = Redis::start();
        let keys = KeyRing::generate(Suite::Xaes256Gcm).unwrap().expose_secrets().to_string();
        let nodes = std::array::from_fn(|_| Node::start(PROGRAM, &redis, &keys));
        Self { redis, keys, nodes }
    }

    fn in_redis(&self) -> usize {
        redis::cmd("ZCARD").arg(NAME).query(&mut self.redis.connection()).unwrap()
    }

    fn score(&self, user: &str) -> Option<u64> {
        redis::cmd("ZSCORE").arg(NAME).arg(user).query(&mut self.redis.connection()).unwrap()
    }
}

fn signed_in(node: &Node, user: u64) -> Browser {
    let mut browser = Browser::default();
    assert_eq!(browser.post(node, "/sign-in", &format!("user={user}")).status, 303);
    assert!(is_user(&browser, node, user));
    browser
}

/// The copies that these ask with keep the browser's own cookie as it is.
fn is_user(browser: &Browser, node: &Node, user: u64) -> bool {
    browser.clone().get(node, "/").body.contains(&format!("You are user {user}."))
}

fn is_refused(browser: &Browser, node: &Node) -> bool {
    browser.clone().get(node, "/").body.contains("Nobody is signed in: signed out everywhere.")
}
