//! The load: visitors who go on asking through nginx, each with a jar and a number of their own
//! that the session must agree with.
//!
//! Most come all the time; some are called by the test alone, as those who come back after a
//! fortnight. Whoever is taken for a stranger asks each node for the session before it is given up
//! for lost, then signs in again and starts from zero.

use crate::clock::FleetClock;
use crate::fleet::{Fleet, NODES};
use crate::tally::{Seen, Tally};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::cookie::{CookieStore, Jar};
use reqwest::header::SET_COOKIE;
use reqwest::{Client, Method, Url, redirect};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

/// Seconds between the most advanced clock of a fleet without a mistake and the one furthest
/// behind.
pub const SPREAD: u64 = 90;
/// A tenth of the idle timeout, in seconds.
const REFRESH: u64 = 14 * 86_400 / 10;

/// What the visitors ask for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Pages {
    /// Every other visitor counts in one of three requests. All visit a page that sends strangers
    /// to sign in, and so writes for them.
    All,
    /// Nothing that writes for anyone.
    ReadOnly,
}

pub struct Visitors {
    pub tally: Arc<Tally>,
    regulars: Vec<Regular>,
    sleepers: Vec<Mutex<Visitor>>,
    stop: Arc<AtomicBool>,
}

struct Regular {
    visitor: Arc<Mutex<Visitor>>,
    done: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Visitors {
    /// Signs all of them in, through nginx, and sets the regular ones going.
    pub async fn sign_in(fleet: &Fleet, regulars: u32, sleepers: u32, pages: Pages) -> Self {
        let tally = Arc::new(Tally::default());
        let stop = Arc::new(AtomicBool::new(false));
        let mut all = Vec::new();
        for id in 0..regulars + sleepers {
            let mut visitor = Visitor::new(id, fleet, Arc::clone(&tally), pages);
            visitor.sign_in().await;
            all.push(Mutex::new(visitor));
        }
        let sleepers = all.split_off(regulars as usize);
        let regulars =
            all.into_iter().map(|visitor| Regular::begin(visitor, Arc::clone(&stop))).collect();
        Self { tally, regulars, sleepers, stop }
    }

    /// Waits until each regular visitor has made this many more requests.
    pub async fn requests(&self, n: u64) {
        let goals: Vec<u64> =
            self.regulars.iter().map(|regular| regular.done.load(Ordering::SeqCst) + n).collect();
        for (regular, goal) in self.regulars.iter().zip(goals) {
            while regular.done.load(Ordering::SeqCst) < goal {
                assert!(!regular.task.is_finished(), "a visitor has stopped: its panic is above");
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }

    /// Those who come seldom come, once each.
    pub async fn wake_sleepers(&self) {
        for sleeper in &self.sleepers {
            sleeper.lock().await.step().await;
        }
    }

    /// The ids of the keys that the visitors' cookies are sealed with.
    pub async fn keys(&self) -> BTreeSet<[u8; 4]> {
        let mut keys = BTreeSet::new();
        for visitor in self.regulars.iter().map(|regular| &*regular.visitor).chain(&self.sleepers) {
            keys.extend(visitor.lock().await.key());
        }
        keys
    }

    /// Lets the requests under way end, and nobody make another.
    pub async fn leave(self) -> Seen {
        self.stop.store(true, Ordering::SeqCst);
        for regular in self.regulars {
            regular.task.await.unwrap();
        }
        self.tally.seen().clone()
    }
}

impl Regular {
    fn begin(visitor: Mutex<Visitor>, stop: Arc<AtomicBool>) -> Self {
        let (visitor, done) = (Arc::new(visitor), Arc::new(AtomicU64::new(0)));
        let task = tokio::spawn({
            let (visitor, done) = (Arc::clone(&visitor), Arc::clone(&done));
            async move {
                while !stop.load(Ordering::SeqCst) {
                    visitor.lock().await.step().await;
                    done.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                }
            }
        });
        Self { visitor, done, task }
    }
}

struct Visitor {
    id: u32,
    /// Their own number, which is to be the session's.
    count: u32,
    http: Client,
    jar: Arc<Jar>,
    site: Url,
    nodes: [String; NODES],
    pages: Pages,
    steps: u32,
    clock: Arc<FleetClock>,
    tally: Arc<Tally>,
    /// The fleet's time just before the request that brought the present cookie: it was issued then
    /// or later.
    issued_after: u64,
    /// The keys that a page which only reads has moved the cookie to. Once each is a rotation;
    /// twice is two nodes that disagree.
    moved_to: BTreeSet<[u8; 4]>,
}

/// What a page says.
#[derive(PartialEq, Eq)]
enum Page {
    Mine(u32),
    Stranger,
    Error,
}

impl Visitor {
    fn new(id: u32, fleet: &Fleet, tally: Arc<Tally>, pages: Pages) -> Self {
        let jar = Arc::new(Jar::default());
        let http = Client::builder()
            .cookie_provider(Arc::clone(&jar))
            .redirect(redirect::Policy::none())
            .build()
            .unwrap();
        let site = Url::parse(&format!("http://127.0.0.1:{}/", fleet.port)).unwrap();
        let clock = Arc::clone(&fleet.clock);
        let (issued_after, moved_to) = (clock.now(), BTreeSet::new());
        Self {
            id,
            count: 0,
            http,
            jar,
            site,
            nodes: fleet.addresses(),
            pages,
            steps: id,
            clock,
            tally,
            issued_after,
            moved_to,
        }
    }

    async fn sign_in(&mut self) {
        self.count = 0;
        self.moved_to.clear();
        let path = format!("sign-in?user={}", self.id);
        if self.ask(Method::POST, &path).await.0 == Page::Error {
            self.tally.seen().errors += 1;
        }
        self.moved_to.extend(self.key());
    }

    /// One request, and what follows from it.
    async fn step(&mut self) {
        self.steps += 1;
        let counts = self.id.is_multiple_of(2);
        let (method, path) = match (self.pages, self.steps % 6) {
            (Pages::All, 2 | 5) if counts => (Method::POST, "count"),
            (Pages::All, 3) => (Method::GET, "account"),
            _ => (Method::GET, ""),
        };
        let expected = if method == Method::POST { self.count + 1 } else { self.count };
        let (page, node) = self.ask(method, path).await;
        match page {
            Page::Mine(count) => {
                if count != expected {
                    self.tally.seen().wrong_counts += 1;
                }
                self.count = count;
            }
            Page::Error => self.tally.seen().errors += 1,
            Page::Stranger => {
                *self.tally.seen().strangers.entry(node).or_default() += 1;
                if self.is_lost().await {
                    self.tally.seen().signed_out.insert(self.id);
                    self.sign_in().await;
                }
            }
        }
    }

    async fn ask(&mut self, method: Method, path: &str) -> (Page, String) {
        let (key, asked) = (self.key(), self.clock.now());
        let reads = method == Method::GET;
        let response = self.http.request(method, self.site.join(path).unwrap()).send().await;
        self.tally.seen().requests += 1;
        let Ok(response) = response else { return (Page::Error, String::new()) };
        let node = response
            .headers()
            .get("x-node")
            .map_or_else(String::new, |node| node.to_str().unwrap().to_owned());
        let (status, set) = (response.status(), response.headers().contains_key(SET_COOKIE));
        let page = match status.as_u16() {
            303 => Page::Stranger,
            400.. => Page::Error,
            _ => self.judge(&response.text().await.unwrap_or_default()),
        };
        if set && reads && matches!(page, Page::Mine(_)) {
            self.count_rewrite(key);
        }
        if set {
            self.issued_after = asked;
        }
        (page, node)
    }

    fn judge(&self, text: &str) -> Page {
        match text.trim_end().split(' ').collect::<Vec<_>>()[..] {
            ["stranger"] => Page::Stranger,
            ["user", user, "count", count] if user == self.id.to_string() => {
                count.parse().map_or(Page::Error, Page::Mine)
            }
            _ => Page::Error,
        }
    }

    /// The jar holds the new cookie already; `before` is the key of the one before.
    fn count_rewrite(&mut self, before: Option<[u8; 4]>) {
        let now = self.key();
        let is_due = self.clock.now() + SPREAD >= self.issued_after + REFRESH;
        let is_rotation = now != before && now.is_some_and(|key| self.moved_to.insert(key));
        let mut seen = self.tally.seen();
        seen.rewrites += 1;
        seen.needless_rewrites += u64::from(!is_due && !is_rotation);
    }

    /// Whether no node has this visitor's session any more. Nothing that they answer is taken in.
    async fn is_lost(&self) -> bool {
        let Some(cookies) = self.jar.cookies(&self.site) else { return true };
        let plain = Client::new();
        for node in &self.nodes {
            let answer = loop {
                match plain.get(node).header("cookie", cookies.clone()).send().await {
                    Ok(answer) => break answer,
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await, // it is being restarted
                }
            };
            if self.judge(&answer.text().await.unwrap_or_default()) == Page::Mine(self.count) {
                return false;
            }
        }
        true
    }

    /// The id of the key that the cookie is sealed with: bytes 1 to 5 of its value (SPEC §3.2).
    fn key(&self) -> Option<[u8; 4]> {
        let cookies = self.jar.cookies(&self.site)?;
        let value = cookies.to_str().ok()?.split_once('=')?.1.to_owned();
        let head = URL_SAFE_NO_PAD.decode(value.get(..8)?).ok()?;
        head.get(1..5)?.try_into().ok()
    }
}
