//! Each of the classic mistakes, made on a fleet under load, and what it cost. The table in
//! docs/rotation.md is what this prints: `FLEET_RENEW=1 cargo test -p sealed-session-fleet --test
//! mistakes` writes it there. Without that, a verdict that is no longer the page's fails: the
//! numbers vary from run to run, whether there is a loss does not.

use sealed_session_fleet::fleet::{Equipment, Fleet, NODES, token};
use sealed_session_fleet::releases::Release;
use sealed_session_fleet::tally::Seen;
use sealed_session_fleet::visitors::{Pages, Visitors};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

const NODE: &str = env!("CARGO_BIN_EXE_node");
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

const REGULARS: u32 = 200;
const SLEEPERS: u32 = 40;
const ALL: usize = (REGULARS + SLEEPERS) as usize;

/// A fleet on which a mistake is made.
struct Scene {
    fleet: Fleet,
    visitors: Visitors,
}

impl Scene {
    async fn begin(equipment: [Equipment; NODES], pages: Pages) -> Self {
        let fleet =
            Fleet::start(NODE, Path::new(env!("CARGO_TARGET_TMPDIR")).join("mistakes"), equipment);
        let visitors = Visitors::sign_in(&fleet, REGULARS, SLEEPERS, pages).await;
        let scene = Self { fleet, visitors };
        scene.visitors.requests(3).await;
        scene
    }

    async fn ring(ring: &str) -> Self {
        Self::begin([0; NODES].map(|_| Equipment::with_ring(ring)), Pages::All).await
    }

    async fn pass(&self, seconds: u64) {
        self.fleet.clock.advance(Duration::from_secs(seconds)).unwrap();
        self.visitors.requests(4).await;
    }

    /// One node after the other, an hour apart.
    async fn redeploy(&mut self, nodes: &[usize], change: impl Fn(&mut Equipment)) {
        for &node in nodes {
            self.fleet.redeploy(node, NODE, &change);
            self.pass(HOUR).await;
        }
    }

    /// Some more pages, also for those who come seldom.
    async fn end(self) -> Seen {
        self.visitors.wake_sleepers().await;
        self.visitors.requests(12).await;
        self.visitors.leave().await
    }
}

/// A row of the table.
struct Row {
    mistake: &'static str,
    instead: &'static str,
    seen: Seen,
}

/// What a row says without its numbers.
#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    signed_out: bool,
    strangers: bool,
    errors: bool,
}

impl Row {
    fn cells(&self) -> String {
        let Seen { signed_out, requests, errors, .. } = &self.seen;
        let percent = self.seen.stranger_pages() as f64 / *requests as f64 * 100.0;
        let pages = if self.seen.stranger_pages() == 0 {
            "0".to_owned()
        } else {
            format!("{percent:.1} %")
        };
        format!(
            "| {} | {} | {pages} | {errors} | {} |",
            self.mistake,
            signed_out.len(),
            self.instead
        )
    }

    fn verdict(&self) -> Verdict {
        Verdict::new(
            &self.seen.signed_out.len().to_string(),
            &self.seen.stranger_pages().to_string(),
            &self.seen.errors.to_string(),
        )
    }
}

impl Verdict {
    fn new(signed_out: &str, strangers: &str, errors: &str) -> Self {
        let [signed_out, strangers, errors] =
            [signed_out, strangers, errors].map(|cell| cell != "0");
        Self { signed_out, strangers, errors }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_each_mistake_costs() {
    let mut rows = Vec::new();
    let mut row = |mistake, instead, seen: Seen| {
        println!("{mistake}: {seen}");
        rows.push(Row { mistake, instead, seen });
    };

    let nothing = none().await;
    assert_eq!((nothing.stranger_pages(), nothing.signed_out.len(), nothing.errors), (0, 0, 0));
    row("none", "–", nothing);

    let random = random_keys().await;
    assert!(random.signed_out.len() > ALL / 2, "{random}");
    row("a random key per process", "one ring for every process, from outside of it", random);

    let order = other_order().await;
    row(
        "the keys in another order on one node",
        "nobody knows which key may go: give them `seal-from`",
        order,
    );

    let replaced = replaced().await;
    assert_eq!(replaced.signed_out.len(), ALL, "{replaced}");
    row(
        "the key replaced instead of one added",
        "`sealed-session keys add`: the old key goes on opening",
        replaced,
    );

    let early = retired_early().await;
    assert!(early.signed_out.len() >= SLEEPERS as usize, "{early}");
    row(
        "the old key removed an hour after the new one seals",
        "`keys add --retire-after 15d`; `keys timeline` shows when the old one may go",
        early,
    );

    let bare = struct_changed().await;
    assert_eq!(bare.signed_out.len(), ALL, "{bare}");
    row(
        "the struct changed with no upgrade",
        "`upgrade_from` and `downgrade_to`: [changing-types.md](changing-types.md)",
        bare,
    );

    let undone = struct_changed_on_one(false).await;
    assert!(!undone.signed_out.is_empty(), "{undone}");
    row(
        "the same on one node, then rolled back",
        "the same; and until it is in place, the next row",
        undone,
    );
    let protected = struct_changed_on_one(true).await;
    assert!(protected.signed_out.is_empty() && protected.stranger_pages() > 0, "{protected}");
    row(
        "the same on one node with `Protect`, then rolled back",
        "what a server does not know it does not overwrite; nginx passes the 503 on to the next",
        protected,
    );

    for (mistake, skew) in
        [("one node's clock ten minutes ahead", 600), ("one node's clock ten minutes behind", -600)]
    {
        let seen = clock_off(skew, Pages::All).await;
        assert!(!seen.signed_out.is_empty(), "{seen}");
        row(mistake, "time synchronisation; two minutes are forgiven", seen);
    }

    let ahead = clock_off(15 * DAY as i64, Pages::ReadOnly).await;
    assert!(
        ahead.signed_out.is_empty() && ahead.strangers.keys().eq(["c"]),
        "signed out there only: {ahead}"
    );
    row(
        "one node's clock fifteen days ahead, visitors who only read",
        "signed out on that node alone: the cookies stay",
        ahead,
    );
    let ahead = clock_off(15 * DAY as i64, Pages::All).await;
    assert!(!ahead.signed_out.is_empty(), "{ahead}");
    row(
        "the same, visitors who write too",
        "what that node writes is from the future elsewhere",
        ahead,
    );

    assert!(
        rows.iter().all(|row| row.seen.wrong_counts == 0),
        "an older copy of a session came back"
    );
    assert!(rows.iter().all(|row| row.seen.errors == 0), "a request was refused");
    compare(&rows);
}

async fn none() -> Seen {
    let scene = Scene::ring(&token()).await;
    scene.pass(HOUR).await;
    scene.end().await
}

async fn random_keys() -> Seen {
    let random = Equipment { ring: None, ..Equipment::with_ring("") };
    let scene = Scene::begin([0; NODES].map(|_| random.clone()), Pages::All).await;
    scene.end().await
}

async fn other_order() -> Seen {
    let (one, two) = (token(), token());
    let orders = [format!("{one}\n{two}\n"), format!("{two}\n{one}\n"), format!("{one}\n{two}\n")];
    let scene = Scene::begin(orders.map(|ring| Equipment::with_ring(&ring)), Pages::All).await;
    scene.pass(2 * DAY).await;
    scene.end().await
}

async fn replaced() -> Seen {
    let mut scene = Scene::ring(&token()).await;
    let new = token();
    scene.redeploy(&[0, 1, 2], |equipment| equipment.ring = Some(new.clone())).await;
    scene.end().await
}

async fn retired_early() -> Seen {
    let (old, new) = (token(), token());
    let mut scene = Scene::ring(&old).await;
    for ring in [format!("{new}\n{old}\n"), new] {
        for node in 0..NODES {
            scene.fleet.set_ring(node, &ring);
        }
        scene.pass(HOUR).await;
    }
    scene.end().await
}

async fn struct_changed() -> Seen {
    let mut scene = Scene::ring(&token()).await;
    scene.redeploy(&[0, 1, 2], |equipment| equipment.release = Release::SecondBare).await;
    scene.end().await
}

async fn struct_changed_on_one(protect: bool) -> Seen {
    let ring = token();
    let equipment = Equipment { protect, ..Equipment::with_ring(&ring) };
    let mut scene = Scene::begin([0; NODES].map(|_| equipment.clone()), Pages::All).await;
    scene.redeploy(&[2], |equipment| equipment.release = Release::SecondBare).await;
    scene.redeploy(&[2], |equipment| equipment.release = Release::First).await;
    scene.end().await
}

async fn clock_off(skew: i64, pages: Pages) -> Seen {
    let ring = token();
    let right = Equipment::with_ring(&ring);
    let mut scene = Scene::begin([0; NODES].map(|_| right.clone()), pages).await;
    scene.redeploy(&[2], |equipment| equipment.skew = skew).await;
    scene.end().await
}

const BEGIN: &str = "<!-- fleet:mistakes -->\n";
const END: &str = "<!-- /fleet:mistakes -->";

fn compare(rows: &[Row]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/rotation.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page has the table's first mark");
    let (table, after) = rest.split_once(END).expect("the page has the table's last mark");

    if std::env::var_os("FLEET_RENEW").is_some() {
        let mut new = format!(
            "| mistake | signed out, of {ALL} visitors | pages that took a visitor for a stranger | requests that failed | instead |\n\
             | --- | --- | --- | --- | --- |\n"
        );
        for row in rows {
            writeln!(new, "{}", row.cells()).unwrap();
        }
        std::fs::write(path, format!("{before}{BEGIN}{new}{END}{after}")).unwrap();
        return;
    }
    let written: Vec<(String, Verdict)> = table
        .lines()
        .skip(2)
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            (cells[1].to_owned(), Verdict::new(cells[2], cells[3], cells[4]))
        })
        .collect();
    let run: Vec<(String, Verdict)> =
        rows.iter().map(|row| (row.mistake.to_owned(), row.verdict())).collect();
    assert_eq!(
        written, run,
        "docs/rotation.md says otherwise: FLEET_RENEW=1 writes this run's table there"
    );
}
