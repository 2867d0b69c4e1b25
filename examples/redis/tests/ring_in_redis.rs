//! Three processes, one ring in a real Redis, and visitors who walk between them while it changes.

mod support;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use sealed_session::Suite;
use sealed_session::keys::{Key, KeyId};
use sealed_session_redis::ring_in_redis::NAME;
use std::time::{Duration, Instant};
use support::*;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ring_in_redis");

#[test]
fn three_processes_rotate_and_nobody_is_signed_out() {
    let redis = Redis::start();
    let (old, new) = (key(), key());
    put(&redis, &line(&old, ""));
    let mut site = Site::open(&redis);
    site.walk(60);
    assert_eq!(site.cookies_keys(), [old.id(); VISITORS]);

    // Announced: every server opens with the new key, and none seals with it yet.
    let activation = unix_now() + 10;
    put(
        &redis,
        &format!("{}{}", line(&new, &format!("seal-from={}", rfc3339(activation))), line(&old, "")),
    );
    site.walk_until("every server knows the new key", |node| opens(node, &[&new, &old]));
    let sealing: Vec<bool> = site.nodes.iter().map(|node| seals(node, &old)).collect();
    assert!(
        unix_now() < activation,
        "the announcement took 10 seconds: this machine is too slow for the test"
    );
    assert_eq!(sealing, [true; 3]);

    // Its date has come, and everybody's next visit takes them over.
    site.walk_until("every server seals with the new key", |node| seals(node, &new));
    assert!(unix_now() >= activation);
    site.everybody_visits_every_server();
    assert_eq!(site.cookies_keys(), [new.id(); VISITORS]);

    // Retired.
    put(&redis, &line(&new, ""));
    site.walk_until("no server knows the old key", |node| opens(node, &[&new]));
    site.everybody_visits_every_server();
}

#[test]
fn a_ring_that_is_none_is_refused_whole() {
    let redis = Redis::start();
    let (good, next) = (key(), key());
    let text = line(&good, "");
    put(&redis, &text);
    let mut site = Site::open(&redis);
    let ran_out = line(&next, "open-until=2020-01-01T00:00:00Z");
    let half = &line(&next, "")[..30];
    let wrong: [(&[&str], &str); 7] = [
        (&["SET", NAME, &format!("{text}{half}\n")], "invalid key ring at line 2"),
        (&["SET", NAME, &format!("{text}{text}")], "duplicate key"),
        (&["SET", NAME, ""], "holds no key"),
        (&["SET", NAME, &ran_out], "no key in the ring can seal now"),
        (&["DEL", NAME], "Redis has no sealed-session:ring"),
        (&["LPUSH", NAME, &text], "Redis: "),
        (&["SET", NAME, "ssk1.xaes256gcm.hunter2"], "invalid key ring at key 1"),
    ];
    for (command, sentence) in wrong {
        redis.does(command);
        site.walk_until(sentence, |node| node.trouble().contains(sentence));
        for node in &site.nodes {
            let status = node.status();
            for secret in [
                &text["ssk1.xaes256gcm.".len()..][..8],
                &half["ssk1.xaes256gcm.".len()..],
                "hunter2",
            ] {
                assert!(!status.contains(secret), "a secret on the page: {status}");
            }
            assert!(opens(node, &[&good]) && seals(node, &good));
        }
        site.everybody_visits_every_server();
    }
    redis::cmd("SET").arg(NAME).arg(b"\xff\xfe").exec(&mut redis.connection()).unwrap();
    site.walk_until("not UTF-8", |node| node.trouble().contains("not UTF-8"));

    put(&redis, &format!("{text}{}", line(&next, "")));
    site.walk_until("the mistake is mended", |node| {
        node.trouble() == "none" && opens(node, &[&good, &next])
    });
    site.everybody_visits_every_server();
}

#[test]
fn a_ring_that_runs_out_is_told_though_redis_has_it_still() {
    let redis = Redis::start();
    put(&redis, &line(&key(), &format!("open-until={}", rfc3339(unix_now() + 6))));
    let node = Node::start(PROGRAM, &redis, "");
    assert_eq!(node.trouble(), "none");
    until("it runs out", || node.trouble().contains("no key in the ring can seal now"));
}

#[test]
fn redis_is_away_and_nobody_notices() {
    let mut redis = Redis::start();
    let (old, new) = (key(), key());
    let text = line(&old, "");
    put(&redis, &text);
    let mut site = Site::open(&redis);
    site.walk(30);

    redis.stop();
    site.walk_until("Redis is away", |node| node.trouble().starts_with("Redis: "));
    site.everybody_visits_every_server();
    let error = Node::fails_to_start(PROGRAM, &redis, "");
    assert!(error.contains("Redis: "), "no process starts without a ring: {error}");

    redis.start_again();
    site.walk_until("Redis is empty", |node| node.trouble().contains("Redis has no"));
    site.everybody_visits_every_server();
    let error = Node::fails_to_start(PROGRAM, &redis, "");
    assert!(error.contains("Redis has no sealed-session:ring: store a key ring there"), "{error}");

    put(&redis, &format!("{text}{}", line(&new, "")));
    site.walk_until("Redis is back", |node| node.trouble() == "none" && opens(node, &[&old, &new]));
    put(&redis, &format!("{}{text}", line(&new, "")));
    site.walk_until("rotated after it", |node| seals(node, &new));
    site.nodes[1] = Node::start(PROGRAM, &redis, "");
    site.everybody_visits_every_server();
    assert_eq!(site.cookies_keys(), [new.id(); VISITORS]);
}

#[test]
fn no_request_waits_for_a_redis_that_hangs() {
    let redis = Redis::start();
    put(&redis, &line(&key(), ""));
    let mut site = Site::open(&redis);
    redis.freeze();
    site.walk_until("Redis hangs", |node| node.trouble().starts_with("Redis: "));
    // Half a second is what a look waits: 300 requests that waited so long for it would take 150
    // seconds.
    let begin = Instant::now();
    site.walk(300);
    assert!(begin.elapsed() < Duration::from_secs(20), "300 requests took {:?}", begin.elapsed());
    redis.thaw();
    site.walk_until("Redis answers", |node| node.trouble() == "none");
}

const VISITORS: usize = 8;

/// Three servers, and visitors who count their requests themselves and in the session.
struct Site {
    nodes: [Node; 3],
    visitors: [(Browser, u64); VISITORS],
    random: u64,
}

impl Site {
    fn open(redis: &Redis) -> Self {
        let nodes = std::array::from_fn(|_| Node::start(PROGRAM, redis, ""));
        Self { nodes, visitors: std::array::from_fn(|_| Default::default()), random: 1 }
    }

    /// A visit counts up by one: a session that is lost, or older than the last, does not.
    fn visit(&mut self, visitor: usize, node: usize) {
        let (browser, requests) = &mut self.visitors[visitor];
        *requests += 1;
        let reply = browser.post(&self.nodes[node], "/count", "");
        assert_eq!(
            (reply.status, reply.body),
            (200, requests.to_string()),
            "visitor {visitor} at server {node}"
        );
    }

    fn walk(&mut self, visits: usize) {
        for _ in 0..visits {
            let (visitor, node) = (self.below(VISITORS), self.below(3));
            self.visit(visitor, node);
        }
    }

    fn walk_until(&mut self, what: &str, is_so: impl Fn(&Node) -> bool) {
        until(what, || {
            self.walk(3);
            self.nodes.iter().all(&is_so)
        });
    }

    fn everybody_visits_every_server(&mut self) {
        for visitor in 0..VISITORS {
            (0..3).for_each(|node| self.visit(visitor, node));
        }
    }

    fn cookies_keys(&self) -> [KeyId; VISITORS] {
        self.visitors.each_ref().map(|(browser, _)| {
            let value = browser.cookie.as_ref().unwrap().split_once('=').unwrap().1;
            let envelope = BASE64_URL_SAFE_NO_PAD.decode(value).unwrap();
            <[u8; 4]>::try_from(&envelope[1..5]).unwrap().into()
        })
    }

    /// The same walk in each run (SplitMix64).
    fn below(&mut self, bound: usize) -> usize {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }
}

fn key() -> Key {
    Key::generate(Suite::Xaes256Gcm).unwrap()
}

fn line(key: &Key, attributes: &str) -> String {
    format!("{} {attributes}\n", *key.expose_secret())
}

fn put(redis: &Redis, ring: &str) {
    redis.does(&["SET", NAME, ring]);
}

fn rfc3339(unix: u64) -> String {
    OffsetDateTime::from_unix_timestamp(unix.try_into().unwrap()).unwrap().format(&Rfc3339).unwrap()
}

fn opens(node: &Node, keys: &[&Key]) -> bool {
    let status = node.status();
    let present: Vec<_> = status.lines().filter_map(|line| line.strip_prefix("opens ")).collect();
    present == keys.iter().map(|key| key.id().to_string()).collect::<Vec<_>>()
}

fn seals(node: &Node, key: &Key) -> bool {
    node.status().lines().any(|line| line.strip_prefix("seals ") == Some(&key.id().to_string()))
}
