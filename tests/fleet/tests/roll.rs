//! Seventeen days of a fleet: a rotation from its announcement to the end of the old key, killed
//! nodes, and a release rolled forward, back and forward again, with clocks a minute and a half
//! apart, under load all the time. Nobody notices.

use sealed_session_fleet::fleet::{Equipment, Fleet, NODES, token};
use sealed_session_fleet::operator::Operator;
use sealed_session_fleet::releases::Release;
use sealed_session_fleet::visitors::{Pages, SPREAD, Visitors};
use std::path::Path;
use std::time::Duration;

const NODE: &str = env!("CARGO_BIN_EXE_node");
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

const REGULARS: u32 = 200;
const SLEEPERS: u32 = 40;

struct Story {
    fleet: Fleet,
    visitors: Visitors,
}

impl Story {
    async fn begin(ring: &str) -> Self {
        let half = i64::try_from(SPREAD / 2).unwrap();
        let equipment =
            [-half, 0, half].map(|skew| Equipment { skew, ..Equipment::with_ring(ring) });
        let fleet =
            Fleet::start(NODE, Path::new(env!("CARGO_TARGET_TMPDIR")).join("roll"), equipment);
        let visitors = Visitors::sign_in(&fleet, REGULARS, SLEEPERS, Pages::All).await;
        let story = Self { fleet, visitors };
        story.goes_on("signed in").await;
        story
    }

    /// Every visitor makes two more requests, and nothing has happened to anyone.
    async fn goes_on(&self, what: &str) {
        self.visitors.requests(2).await;
        let seen = self.visitors.tally.seen().clone();
        let bad = (
            seen.stranger_pages(),
            seen.signed_out.len(),
            seen.wrong_counts,
            seen.errors,
            seen.needless_rewrites,
        );
        assert_eq!(bad, (0, 0, 0, 0, 0), "after {what}: {seen}");
    }

    /// Time passes, this many seconds at a time.
    async fn pass(&self, what: &str, seconds: u64, step: u64) {
        for _ in 0..seconds.div_ceil(step) {
            self.fleet.clock.advance(Duration::from_secs(step)).unwrap();
            self.goes_on(what).await;
        }
    }

    async fn deploy(&mut self, release: Release) {
        for node in 0..NODES {
            self.fleet.redeploy(node, NODE, |equipment| equipment.release = release);
            self.pass(
                &format!("{} on node {}", release.name(), self.fleet.name_of(node)),
                600,
                300,
            )
            .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_releases_and_restarts_roll_over_a_fleet_and_nobody_is_signed_out() {
    let operator = Operator::new(Path::new(NODE));
    let mut story = Story::begin(&token()).await;
    let previous_id = story.visitors.keys().await;
    assert_eq!(previous_id.len(), 1);

    // The daily job announces a new key a day ahead; the nodes get it hours apart.
    let seal_from = story.fleet.clock.now() + DAY;
    let idle_and_margin = 14 * DAY + HOUR;
    let terms = ["--every", "90d", "--lead", "1d", "--keep", "14d1h"];
    let both = operator.rotate(&story.fleet, &terms);
    for node in 0..NODES {
        assert_eq!(operator.rotate(&story.fleet, &terms), both, "nothing is due twice");
        story.fleet.set_ring(node, &both);
        story.pass("the announcement", 4 * HOUR, HOUR).await;
    }
    let before = seal_from - story.fleet.clock.now() - 75;
    story.pass("the announcement to all", before, before).await;
    assert_eq!(story.visitors.keys().await, previous_id, "nobody seals with the new key yet");

    // Its moment comes for one node after the other.
    story.pass("the activation", 150, 15).await;
    story.pass("a day with the new key", DAY, 6 * HOUR).await;

    for node in 0..NODES {
        story.fleet.kill(node);
        story.goes_on("a kill").await;
        story.fleet.start_again(node, NODE);
        story.goes_on("a restart").await;
    }

    // First everyone reads the struct to come, then everyone writes it.
    story.deploy(Release::Reader).await;
    story.deploy(Release::Second).await;
    story.pass("two days with the new struct", 2 * DAY, 6 * HOUR).await;
    story.deploy(Release::Reader).await;
    story.pass("a day after the rollback", DAY, 6 * HOUR).await;
    story.deploy(Release::Second).await;

    // Who was away since the first day comes back in time.
    let thirteenth = seal_from + 12 * DAY - story.fleet.clock.now();
    story.pass("some quiet days", thirteenth, DAY).await;
    assert!(
        story.visitors.keys().await.is_superset(&previous_id),
        "nobody is left to be carried over"
    );
    story.visitors.wake_sleepers().await;
    story.goes_on("a fortnight's absence").await;

    // The old key goes with the job's next run, from one node after the other.
    let end = seal_from + idle_and_margin - story.fleet.clock.now();
    story.pass("the last days of the old key", end, DAY).await;
    let new = operator.rotate(&story.fleet, &terms);
    let keys = |ring: &str| ring.matches("ssk1.").count();
    assert_eq!((keys(&both), keys(&new)), (2, 1));
    for node in 0..NODES {
        story.fleet.set_ring(node, &new);
        story.pass("the old key's removal", 2 * HOUR, HOUR).await;
    }
    story.visitors.wake_sleepers().await;
    story.goes_on("the rotation").await;
    let new_id = story.visitors.keys().await;
    assert!(new_id.len() == 1 && new_id.is_disjoint(&previous_id));

    let seen = story.visitors.leave().await;
    assert!(
        seen.rewrites >= u64::from(REGULARS + SLEEPERS),
        "no cookie was moved or refreshed: {seen}"
    );
    println!("{seen}");
}
