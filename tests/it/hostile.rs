//! docs/rules.md §5.2, §5.9, §5.10, §5.14 and §5.16 under attack: a visitor's browser among hostile
//! pages of a sibling domain, which plants cookies, and of another site, which sends requests.
//!
//! The world: a browser that keeps cookies as Chromium and Firefox do (prefixes, `Domain`, `Path`,
//! `SameSite`, partitions); a server that has just changed its cookie's name, its session library,
//! or `Partitioned`; and another that lacks the key. The visitor signs in, works and signs out. In
//! between, hostile pages plant what they can and make the browser send what they can.
//!
//! The visitor's next request from the same site must read the session that the visitor left:
//!
//! - always, if every name that is read begins with `__Host-`
//! - while the browser holds a cookie of the current name, if an earlier name does not
//!
//! Not included, because nothing is promised about it: hostile forms that sign in, hostile forms
//! that the browser sends with the visitor's own cookie and that sign out, and a jar that is filled
//! until it drops cookies.
//!
//! A failure prints its seed: `SEALED_SESSION_SEED=… cargo test --test it hostile::` repeats it.

use crate::support::*;
use sealed_session::migrate::LegacyCookie;
use sealed_session::{Level, LoadStatus, OnUnreadable, SameSite, Session, Sessions};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The attacker's own user.
const EVIL: u64 = 666;

// Random numbers, the same on every machine.

struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }
}

// The browser.

/// The site in the address bar: the key of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Top {
    Ours,
    Hostile,
}

/// The parts of a request that matter for cookies.
#[derive(Clone, Copy, Debug)]
struct Trip {
    method: &'static str,
    /// `Sec-Fetch-Site`.
    site: &'static str,
    /// Whether it is a top-level navigation.
    navigates: bool,
    top: Top,
}

impl Trip {
    fn is_cross_site(self) -> bool {
        self.site == "cross-site"
    }

    fn carries(self, same_site: SameSite) -> bool {
        match same_site {
            SameSite::None => true,
            SameSite::Lax => !self.is_cross_site() || (self.navigates && self.method == "GET"),
            SameSite::Strict => !self.is_cross_site(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Cookie {
    name: String,
    value: String,
    same_site: SameSite,
    for_subdomains: bool,
    path: String,
    partition: Option<Top>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Host {
    App,
    Sibling,
}

#[derive(Default, Debug)]
struct Jar(Vec<Cookie>);

impl Jar {
    /// Stores a `Set-Cookie` line if a browser would. Returns `true` if that changed the jar.
    fn take(&mut self, line: &str, from: Host, trip: Trip) -> bool {
        let mut parts = line.split("; ");
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let attributes: Vec<&str> = parts.collect();
        let has = |flag: &str| attributes.contains(&flag);
        let find = |key: &str| attributes.iter().find_map(|attribute| attribute.strip_prefix(key));
        let begins = |prefix: &str| {
            name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        let (path, domain) = (find("Path=").unwrap_or("/"), find("Domain="));
        let same_site = match find("SameSite=") {
            Some("None") => SameSite::None,
            Some("Strict") => SameSite::Strict,
            _ => SameSite::Lax,
        };
        let host_only_broken = begins("__Host-") && (domain.is_some() || path != "/");
        let insecure =
            (begins("__Host-") || begins("__Secure-") || begins("__Http-")) && !has("Secure");
        let scripted = (begins("__Host-Http-") || begins("__Http-")) && !has("HttpOnly");
        let third_party = same_site != SameSite::None && trip.is_cross_site() && !trip.navigates;
        let lax_for_nothing = (same_site == SameSite::None || has("Partitioned")) && !has("Secure");
        // A cookie of the sibling's own host is never sent to ours.
        let elsewhere = from == Host::Sibling && domain.is_none();
        if name.is_empty()
            || host_only_broken
            || insecure
            || scripted
            || third_party
            || lax_for_nothing
            || elsewhere
        {
            return false;
        }
        let partition = has("Partitioned").then_some(trip.top);
        let cookie = Cookie {
            name: name.to_owned(),
            value: value.to_owned(),
            same_site,
            for_subdomains: domain.is_some(),
            path: path.to_owned(),
            partition,
        };
        let key = |cookie: &Cookie| {
            (cookie.name.clone(), cookie.for_subdomains, cookie.path.clone(), cookie.partition)
        };
        self.0.retain(|known| key(known) != key(&cookie));
        if !has("Max-Age=0") {
            self.0.push(cookie);
        }
        true
    }

    /// The `Cookie` fields of a request to a page under `/shop`, in any order, in one field or
    /// several.
    fn fields(&self, trip: Trip, chance: &mut Chance) -> Vec<String> {
        let goes = |cookie: &&Cookie| {
            let partition = cookie.partition.is_none_or(|top| top == trip.top);
            partition
                && trip.carries(cookie.same_site)
                && (cookie.path == "/" || cookie.path == "/shop")
        };
        let mut pairs: Vec<String> = self
            .0
            .iter()
            .filter(goes)
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        for end in (1..pairs.len()).rev() {
            pairs.swap(end, chance.below(end + 1));
        }
        if chance.one_in(2) || pairs.is_empty() { pairs } else { vec![pairs.join("; ")] }
    }
}

// The application.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Partition {
    Off,
    On,
    SwitchedOn,
    SwitchedOff,
}

#[derive(Clone, Debug)]
struct Setup {
    name: &'static str,
    alias: Option<&'static str>,
    old: Option<&'static str>,
    same_site: SameSite,
    /// `SameSite` of the alias and of the old cookie. It is not stricter than the current one,
    /// because a stricter cookie may be withheld on a request that carries the current one.
    former_same_site: SameSite,
    partition: Partition,
    unreadable: OnUnreadable,
}

impl Setup {
    fn of(chance: &mut Chance) -> Self {
        use SameSite::{Lax, None as Never, Strict};
        let same_site = chance.of(&[Lax, Lax, Strict, Never]);
        let former_same_site = match same_site {
            Strict => chance.of(&[Strict, Lax, Never]),
            Lax => chance.of(&[Lax, Never]),
            Never => Never,
        };
        Self {
            name: chance.of(&["__Host-Http-session", "__Host-session"]),
            alias: chance.of(&[None, Some("__Host-shop"), Some("shop")]),
            old: chance.of(&[None, None, Some("__Host-sid"), Some("sid")]),
            same_site,
            former_same_site,
            partition: chance.of(&[
                Partition::Off,
                Partition::On,
                Partition::SwitchedOn,
                Partition::SwitchedOff,
            ]),
            unreadable: chance.of(&[OnUnreadable::Replace, OnUnreadable::Refuse]),
        }
    }

    /// Whether the sibling can set none of the names that are read.
    fn is_prefixed(&self) -> bool {
        self.alias.into_iter().chain(self.old).all(|name| name.starts_with("__Host-"))
    }

    fn is_partitioned(&self) -> bool {
        matches!(self.partition, Partition::On | Partition::SwitchedOn)
    }
}

struct Servers {
    /// The previous release.
    former: Sessions<Visit>,
    present: Sessions<Visit>,
    /// The current release without the key.
    stranger: Sessions<Visit>,
}

impl Servers {
    fn new(setup: &Setup, clock: &sealed_session::clock::ManualClock) -> Self {
        let ring = ring();
        let was_partitioned = matches!(setup.partition, Partition::On | Partition::SwitchedOff);
        let former = Sessions::builder(ring.clone())
            .clock(clock.clone())
            .cookie_name(setup.alias.unwrap_or(setup.name))
            .same_site(if setup.alias.is_some() { setup.former_same_site } else { setup.same_site })
            .partitioned(was_partitioned);
        let present = |ring| {
            let builder = Sessions::builder(ring)
                .clock(clock.clone())
                .cookie_name(setup.name)
                .same_site(setup.same_site)
                .on_unreadable(setup.unreadable)
                .partitioned(setup.is_partitioned())
                .delete_partitioned_copy(setup.partition == Partition::SwitchedOff);
            setup.alias.into_iter().fold(builder, |builder, alias| builder.accept_alias(alias, ""))
        };
        let read_old = |headers: &http::HeaderMap| {
            let pairs = headers
                .get_all("cookie")
                .iter()
                .filter_map(|pair| pair.to_str().ok()?.split_once("=old-"));
            pairs.filter_map(|(_, user)| user.parse().ok()).map(visit).next()
        };
        let old = setup.old.map(|name| LegacyCookie::new(name, at(START + 400 * DAY)));
        let importing =
            old.into_iter().fold(present(ring), |builder, old| builder.import_from(old, read_old));
        Self {
            former: former.build().unwrap(),
            present: importing.build().unwrap(),
            stranger: present(crate::support::ring()).build().unwrap(),
        }
    }
}

/// What a handler does with the session. Only `SignIn` signs anybody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Read,
    SignIn(u64),
    Add,
    Flash,
    Take,
    Purge,
    PurgeAndSay,
    SetEmptyAndSay,
    Empty,
}

const CHANGES: [Act; 4] = [Act::Read, Act::Add, Act::Flash, Act::Take];
const SIGN_OUTS: [Act; 4] = [Act::Purge, Act::PurgeAndSay, Act::SetEmptyAndSay, Act::Empty];

fn act(act: Act, session: &Session<Visit>) {
    // A handler may continue after an error. What is sent is the same or less if it does not.
    match act {
        Act::Read => {}
        Act::SignIn(user) => {
            session.renew().unwrap();
            session.update(|visit| visit.user = Some(user)).unwrap();
        }
        Act::Add => drop(session.update(|visit| visit.cart.push(1))),
        Act::Flash => drop(session.flash(Level::INFO, "saved")),
        Act::Take => drop(session.take_flashes()),
        Act::Purge => session.purge().unwrap(),
        Act::PurgeAndSay => {
            session.purge().unwrap();
            let _ = session.flash(Level::INFO, "Signed out.");
        }
        Act::SetEmptyAndSay => {
            let _ = session.set(Visit::default());
            let _ = session.flash(Level::INFO, "Signed out.");
        }
        Act::Empty => drop(session.update(|visit| *visit = Visit::default())),
    }
}

// The walk.

#[derive(Default, Debug)]
struct Counts {
    own_reads: usize,
    planted: usize,
    refused_plants: usize,
    cross_site: usize,
    imported: usize,
    moved: usize,
    planted_sessions_read: usize,
}

struct World {
    chance: Chance,
    setup: Setup,
    clock: sealed_session::clock::ManualClock,
    elapsed: u64,
    servers: Servers,
    jar: Jar,
    /// The user whose session the visitor has.
    user: Option<u64>,
    /// The user of the session from the previous release, until the visitor signs in or out.
    /// Planted junk can hide it under a name without a prefix.
    former_user: Option<u64>,
    next_user: u64,
    counts: Counts,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut chance = Chance(seed);
        let (setup, clock) = (Setup::of(&mut chance), clock());
        let servers = Servers::new(&setup, &clock);
        let mut world = Self {
            chance,
            setup,
            clock,
            elapsed: 0,
            servers,
            jar: Jar::default(),
            user: None,
            former_user: None,
            next_user: 1,
            counts: Counts::default(),
        };
        world.begin();
        world.former_user = world.user;
        world
    }

    /// What the previous release left: nothing, its session, or another library's.
    fn begin(&mut self) {
        let trip = Trip { method: "POST", site: "same-origin", navigates: true, top: Top::Ours };
        match (self.chance.below(3), self.setup.old) {
            (0, _) => {}
            (1, Some(name)) => {
                let same_site = self.setup.former_same_site;
                let line =
                    format!("{name}=old-7; Secure; HttpOnly; Path=/; SameSite={same_site:?}");
                assert!(self.jar.take(&line, Host::App, trip));
                self.user = Some(7);
            }
            _ => {
                self.send(&self.servers.former.clone(), trip, Act::SignIn(7));
                self.user = Some(7);
            }
        }
    }

    fn send(
        &mut self,
        sessions: &Sessions<Visit>,
        trip: Trip,
        what: Act,
    ) -> (LoadStatus, Option<u64>) {
        let fields = self.jar.fields(trip, &mut self.chance);
        let call = Call::new(trip.method).asks("sec-fetch-site", trip.site);
        let call = fields.into_iter().fold(call, |call, field| call.asks("cookie", field));
        let answer = call.run(sessions, |session| {
            let found = (session.load_status(), session.read(|visit| visit.user));
            act(what, session);
            found
        });
        assert!(answer.committed.is_ok());
        for line in answer.lines() {
            self.jar.take(line, Host::App, trip);
        }
        let (status, _) = answer.returned;
        self.counts.cross_site += usize::from(status == LoadStatus::CrossSite);
        self.counts.imported += usize::from(status == LoadStatus::Imported);
        self.counts.moved += usize::from(answer.lines().len() > 1);
        answer.returned
    }

    /// The browser holds the session under the present name.
    fn holds_the_present_name(&self) -> bool {
        self.jar
            .0
            .iter()
            .any(|cookie| cookie.name == self.setup.name && cookie.partition != Some(Top::Hostile))
    }

    /// Whether it is certain whose session the visitor has.
    fn is_exact(&self) -> bool {
        self.setup.is_prefixed() || self.holds_the_present_name()
    }

    /// The possible users if that is not certain.
    fn may_be(&self, user: Option<u64>) -> bool {
        [None, self.user, self.former_user, Some(EVIL)].contains(&user)
    }

    fn visitor(&mut self) {
        let what = match self.chance.below(10) {
            0..=3 => Act::Read,
            4 => {
                self.next_user += 1;
                Act::SignIn(self.next_user)
            }
            5..=6 => self.chance.of(&CHANGES),
            7 => self.chance.of(&SIGN_OUTS),
            _ => Act::Add,
        };
        let method = if what == Act::Read { "GET" } else { "POST" };
        let site = if what == Act::Read {
            self.chance.of(&["none", "same-origin"])
        } else {
            "same-origin"
        };
        let exact = self.is_exact();
        let trip = Trip { method, site, navigates: true, top: Top::Ours };
        let (status, found) = self.send(&self.servers.present.clone(), trip, what);
        self.counts.own_reads += 1;
        if exact {
            assert_eq!(found, self.user, "{status:?}, {what:?}, {:#?}", self.setup);
        } else {
            assert!(self.may_be(found), "{found:?}, {status:?}, {:#?}", self.setup);
            self.counts.planted_sessions_read += usize::from(found == Some(EVIL));
        }
        self.user = match what {
            Act::SignIn(user) => Some(user),
            _ if SIGN_OUTS.contains(&what) => None,
            _ => found,
        };
        if matches!(what, Act::SignIn(_) | Act::Purge | Act::PurgeAndSay) {
            self.former_user = None;
        }
    }

    /// The sibling domain sets a cookie in the visitor's browser.
    fn plant(&mut self) {
        let Setup { name, alias, old, .. } = self.setup;
        let names: Vec<String> =
            [alias, old, Some("theme")].into_iter().flatten().map(str::to_owned).collect();
        let target = self.chance.of(&[names, vec![name.to_owned()]].concat());
        let target = match self.chance.below(8) {
            0 => format!("{target}.1"),
            1 => target.to_lowercase(),
            2 => format!("%5F%5F{}", target.trim_start_matches("__")),
            3 => format!("\u{2000}{target}"),
            _ => target,
        };
        let own = self.servers.present.seal(&visit(EVIL)).unwrap();
        let former = self.servers.former.seal(&visit(EVIL)).unwrap();
        let comma = format!("1, {name}={own}");
        let value = self
            .chance
            .of(&["junk", "", "AgAA", "2.AQ", &*own, &former, &former, "old-666", &comma])
            .to_owned();
        let same_site = self.chance.of(&["None", "None", "Lax", "Strict"]);
        let path = self.chance.of(&["/", "/", "/shop"]);
        let domain = if self.chance.one_in(8) { "" } else { "; Domain=example.com" };
        let partitioned = if self.chance.one_in(4) { "; Partitioned" } else { "" };
        let end = if self.chance.one_in(6) { "; Max-Age=0" } else { "" };
        let line = format!(
            "{target}={value}; Secure; HttpOnly; SameSite={same_site}; Path={path}{domain}{partitioned}{end}"
        );
        let trip = Trip { method: "GET", site: "same-origin", navigates: true, top: Top::Ours };
        if self.jar.take(&line, Host::Sibling, trip) {
            self.counts.planted += 1;
        } else {
            self.counts.refused_plants += 1;
        }
    }

    /// A hostile page makes the browser send a request.
    fn forge(&mut self) {
        let (site, top) = if self.chance.one_in(4) {
            ("same-site", Top::Ours)
        } else {
            ("cross-site", Top::Hostile)
        };
        let navigates = self.chance.one_in(2);
        let method = self.chance.of(&["GET", "POST", "POST"]);
        // A navigation changes the address bar too.
        let trip = Trip { method, site, navigates, top: if navigates { Top::Ours } else { top } };
        let held_back = match self.setup.same_site {
            SameSite::None => false,
            SameSite::Lax => trip.is_cross_site() && method == "POST",
            SameSite::Strict => trip.is_cross_site(),
        };
        // A request that carries the visitor's cookie is the visitor's, and the application must
        // guard what it may do. What an embedded page writes goes into the jar of the site around
        // it, if `SameSite=None` allows it.
        let embedded = trip.top == Top::Hostile && self.setup.partition != Partition::Off;
        let what = if held_back {
            self.chance.of(&[&CHANGES[..], &SIGN_OUTS].concat())
        } else if embedded {
            Act::Read
        } else {
            self.chance.of(&CHANGES)
        };
        let to_stranger = self.chance.one_in(4) && (held_back || what == Act::Read);
        let sessions =
            if to_stranger { self.servers.stranger.clone() } else { self.servers.present.clone() };
        let (before, exact) = (self.jar.0.clone(), self.is_exact());
        let (status, _) = self.send(&sessions, trip, what);
        assert_eq!(status == LoadStatus::CrossSite, held_back, "{trip:?}");
        if held_back {
            assert_eq!(self.jar.0, before, "{trip:?}, {what:?}, {:#?}", self.setup);
        } else if !exact && self.holds_the_present_name() {
            // What was planted under the old name has moved, so from here on the visitor has it.
            let fields = self.jar.fields(
                Trip { method: "GET", site: "none", navigates: true, top: Top::Ours },
                &mut self.chance,
            );
            let session = self.servers.present.load(raw_request(
                "GET",
                None,
                fields.iter().map(String::as_bytes),
            ));
            let found = session.read(|visit| visit.user);
            assert!(self.may_be(found), "{found:?}, {:#?}", self.setup);
            self.user = found;
        }
    }

    fn step(&mut self) {
        match self.chance.below(10) {
            0..=2 => self.visitor(),
            3..=5 => self.plant(),
            6..=8 => self.forge(),
            _ => {
                // Long enough for a refresh, and too short for the session's end.
                let seconds = self.chance.of(&[1, MINUTE, 2 * DAY]);
                if self.elapsed + seconds < 12 * DAY {
                    self.elapsed += seconds;
                    self.clock.advance(secs(seconds));
                }
            }
        }
    }
}

struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("\nthis was SEALED_SESSION_SEED={}", self.0);
        }
    }
}

#[test]
fn no_hostile_page_moves_a_visitor_between_sessions() {
    let mut total = Counts::default();
    let given = std::env::var("SEALED_SESSION_SEED").ok().and_then(|seed| seed.parse().ok());
    let count = if cfg!(target_family = "wasm") { 60 } else { 600 };
    for seed in given.map_or(0..count, |seed| seed..seed + 1) {
        let _seed = Seed(seed);
        let mut world = World::new(seed);
        for _ in 0..60 {
            world.step();
        }
        let counts = world.counts;
        total.own_reads += counts.own_reads;
        total.planted += counts.planted;
        total.refused_plants += counts.refused_plants;
        total.cross_site += counts.cross_site;
        total.imported += counts.imported;
        total.moved += counts.moved;
        total.planted_sessions_read += counts.planted_sessions_read;
    }
    println!("{total:?}");
    if given.is_none() {
        let Counts {
            own_reads,
            planted,
            refused_plants,
            cross_site,
            imported,
            moved,
            planted_sessions_read,
        } = total;
        let all = [
            own_reads,
            planted,
            refused_plants,
            cross_site,
            imported,
            moved,
            planted_sessions_read,
        ];
        // Fewer walks give fewer of each.
        let least = count as usize / 60;
        assert!(all.iter().all(|count| *count >= least), "the walk went nowhere: {total:?}");
    }
}
