//! What every server of the suite is built from: the session types, their `Sessions`, the clock
//! that the suite sets, and what it does at `/control/…`. README.md has the routes.

use crate::steps;
use sealed_session::clock::ManualClock;
use sealed_session::keys::Key;
use sealed_session::{
    Builder, CrossOrigin, DeviceBound, KeyRing, Session, SessionData, Sessions, Suite, testing,
};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// 2027-01-15T08:00:00Z, when every check begins.
pub const START: u64 = 1_800_000_000;
/// The origin that `App::CrossOrigin` trusts.
pub const TRUSTED: &str = "https://trusted.example";
/// Where the endpoints of `App::Bound` are.
pub const DEVICE_PATH: &str = "/dbsc";
/// Bytes of which each plaintext of a `Basket` is a multiple.
pub const PADDING: usize = 64;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    pub user: Option<u64>,
    pub cart: Vec<u32>,
    pub note: String,
}

/// The other session of the same application.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Basket {
    pub items: u32,
    pub note: String,
}

/// A session that a handler asks for, and nothing puts there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Other {
    pub nothing: bool,
}

/// How a server is put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum App {
    /// A session of `Visit` and one of `Basket`.
    Standard,
    /// The same routes, and no session.
    Bare,
    /// As `Standard`, and the layer of `Visit` is there twice.
    Twice,
    /// A mistake: one cookie for `Visit` and for `Basket`.
    SameCookie,
    /// A mistake: two cookies for `Visit`.
    SameType,
    /// As `Standard`, and both kinds of session refuse requests of other origins. The layer of
    /// `Basket` is the outer one, and has the exceptions.
    CrossOrigin,
    /// As `Standard`, and the sessions of `Visit` are bound to the device.
    Bound,
    /// A mistake: `Visit` and `Basket` are bound to the device with the same endpoints.
    SameEndpoint,
}

impl App {
    /// The kind that `{:?}` writes so.
    pub fn named(name: &str) -> Option<Self> {
        [
            Self::Standard,
            Self::Bare,
            Self::Twice,
            Self::SameCookie,
            Self::SameType,
            Self::CrossOrigin,
            Self::Bound,
            Self::SameEndpoint,
        ]
        .into_iter()
        .find(|app| format!("{app:?}") == name)
    }
}

#[derive(Clone)]
pub struct Contract {
    /// Over as many cookies as there can be, in requests as long as they can be.
    pub visits: Sessions<Visit>,
    /// In one cookie, compressed and padded.
    pub baskets: Sessions<Basket>,
    /// What `App::SameCookie` has beside `visits`.
    pub same_cookie: Sessions<Basket>,
    /// What `App::SameType` has beside `visits`.
    pub same_type: Sessions<Visit>,
    /// What `App::CrossOrigin` has in place of `visits` and `baskets`.
    pub guarded_visits: Sessions<Visit>,
    pub guarded_baskets: Sessions<Basket>,
    /// What `App::Bound` and `App::SameEndpoint` have in place of `visits`.
    pub bound_visits: Sessions<Visit>,
    /// What `App::SameEndpoint` has in place of `baskets`.
    pub bound_baskets: Sessions<Basket>,
    shared: Arc<Shared>,
}

struct Shared {
    clock: ManualClock,
    kept: Mutex<Vec<Session<Visit>>>,
}

impl Contract {
    /// `visits` and `baskets` are the names of the two cookies.
    pub fn new(visits: &str, baskets: &str) -> Self {
        let clock = ManualClock::at(Duration::from_secs(START));
        let ring = testing::ring();
        Self {
            visits: build(builder(&ring, &clock, visits).max_cookies(4).max_cookie_bytes(14_000)),
            baskets: build(builder(&ring, &clock, baskets).compress(true).pad_to(PADDING)),
            same_cookie: build(builder(&ring, &clock, visits)),
            same_type: build(builder(&ring, &clock, &format!("{visits}-2"))),
            guarded_visits: build(
                builder(&ring, &clock, visits).cross_origin(CrossOrigin::refuse()),
            ),
            guarded_baskets: build(builder(&ring, &clock, baskets).cross_origin(
                CrossOrigin::refuse().trust(TRUSTED).exempt("/do/id").exempt("POST /order/"),
            )),
            bound_visits: build(
                builder(&ring, &clock, visits).device_bound(DeviceBound::at(DEVICE_PATH)),
            ),
            bound_baskets: build(
                builder(&ring, &clock, baskets).device_bound(DeviceBound::at(DEVICE_PATH)),
            ),
            shared: Arc::new(Shared { clock, kept: Mutex::default() }),
        }
    }

    /// What `/control/{what}` does, and answers.
    pub fn control(&self, what: &str) -> String {
        let (what, value) = what.split_once('=').unwrap_or((what, ""));
        let ring = self.visits.key_ring();
        let new_key =
            || Key::generate(Suite::Xaes256Gcm).expect("the system has randomness").expose_secret();
        match what {
            "advance" => self.shared.clock.advance(Duration::from_secs(value.parse().unwrap_or(0))),
            // A new key above those that are there: it seals, they still open.
            "rotate" => replace(ring, &format!("{}\n{}", *new_key(), *ring.expose_secrets())),
            // Every key that was there is gone.
            "forget" => replace(ring, &new_key()),
            "reset" => {
                self.shared.clock.set(Duration::from_secs(START));
                ring.replace(&testing::ring()).expect("it seals");
                self.kept().clear();
            }
            // Handles that a handler kept, long after its response.
            "kept" => {
                let kept = self.kept().clone();
                return kept
                    .iter()
                    .map(|session| {
                        steps::on(value, session, None, self)
                            .map_or_else(|error| error.to_string(), |reply| reply.body)
                    })
                    .collect();
            }
            _ => return format!("no such control: {what}"),
        }
        String::from("ok")
    }

    /// The time and the ring, as text: for a host that gives each request a process of its own,
    /// which takes them up with [`resume`](Self::resume).
    pub fn saved(&self) -> String {
        format!(
            "{}\n{}",
            self.shared.clock.now().as_secs(),
            *self.visits.key_ring().expose_secrets()
        )
    }

    /// Takes up what another process [`saved`](Self::saved). Handles that it kept are gone with it.
    pub fn resume(&self, saved: &str) {
        if let Some((now, ring)) = saved.split_once('\n') {
            self.shared
                .clock
                .set(Duration::from_secs(now.parse().expect("a number that was just printed")));
            replace(self.visits.key_ring(), ring);
        }
    }

    pub fn keep(&self, session: &Session<Visit>) {
        self.kept().push(session.clone());
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Vec<Session<Visit>>> {
        self.shared.kept.lock().expect("nothing panics while it is held")
    }
}

fn builder<T: SessionData>(ring: &KeyRing, clock: &ManualClock, cookie: &str) -> Builder<T> {
    Sessions::builder(ring.clone()).clock(clock.clone()).cookie_name(cookie)
}

fn build<T: SessionData>(builder: Builder<T>) -> Sessions<T> {
    builder.build().expect("a configuration that stands")
}

fn replace(ring: &KeyRing, text: &str) {
    // The first secret is published, and any other way of loading it is refused.
    let new = KeyRing::danger_from_published(text).expect("two keys that were just printed");
    ring.replace(&new).expect("it seals");
}
