//! The releases of the site: what its session is made of in each, and what each reads and writes.
//! The struct keeps its name, and gains a field, as structs do.

use crate::site;
use axum::Router;
use sealed_session::clock::Clock;
use sealed_session::{BuildError, Builder, KeyRing, OnUnreadable, SessionData, Sessions};
use std::str::FromStr;

/// What the site asks of a session, in whichever release.
pub trait Visit: SessionData {
    fn user(&self) -> Option<u32>;
    fn count(&self) -> u32;
    fn sign_in(&mut self, user: u32);
    fn add(&mut self);
}

pub mod first {
    #[derive(Default, serde::Serialize, serde::Deserialize)]
    pub struct Visit {
        pub user: Option<u32>,
        pub count: u32,
    }
}

pub mod second {
    #[derive(Default, serde::Serialize, serde::Deserialize)]
    pub struct Visit {
        pub theme: Option<String>,
        pub user: Option<u32>,
        pub count: u32,
    }
}

macro_rules! visit {
    ($type:ty) => {
        impl Visit for $type {
            fn user(&self) -> Option<u32> {
                self.user
            }
            fn count(&self) -> u32 {
                self.count
            }
            fn sign_in(&mut self, user: u32) {
                self.user = Some(user);
                self.count = 0;
            }
            fn add(&mut self) {
                self.count += 1;
            }
        }
    };
}
visit!(first::Visit);
visit!(second::Visit);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// The first struct.
    First,
    /// The code of the second; reads both, still writes the first. The first of the two steps.
    Reader,
    /// Reads both, writes the second.
    Second,
    /// The second struct, and nothing said of the first: the mistake.
    SecondBare,
}

impl Release {
    /// How it is called in a node's environment.
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Reader => "reader",
            Self::Second => "second",
            Self::SecondBare => "second-bare",
        }
    }

    /// The site, as this release serves it.
    pub fn app(
        self,
        ring: KeyRing,
        clock: Clock,
        unreadable: OnUnreadable,
        has_tls: bool,
    ) -> Result<Router, BuildError> {
        fn builder<T: SessionData>(
            ring: KeyRing,
            clock: Clock,
            unreadable: OnUnreadable,
            has_tls: bool,
        ) -> Builder<T> {
            // All else is the default: 14 days idle, 30 days at most.
            let builder = Sessions::builder(ring).clock(clock).on_unreadable(unreadable);
            if has_tls { builder } else { builder.development() }
        }
        let upgrade =
            |old: first::Visit| second::Visit { user: old.user, count: old.count, theme: None };
        let downgrade = |new: &second::Visit| first::Visit { user: new.user, count: new.count };
        Ok(match self {
            Self::First => {
                site::app(builder::<first::Visit>(ring, clock, unreadable, has_tls).build()?)
            }
            Self::Reader => site::app(
                builder(ring, clock, unreadable, has_tls)
                    .upgrade_from(upgrade)
                    .downgrade_to(downgrade)
                    .build()?,
            ),
            Self::Second => {
                site::app(builder(ring, clock, unreadable, has_tls).upgrade_from(upgrade).build()?)
            }
            Self::SecondBare => {
                site::app(builder::<second::Visit>(ring, clock, unreadable, has_tls).build()?)
            }
        })
    }
}

impl FromStr for Release {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        [Self::First, Self::Reader, Self::Second, Self::SecondBare]
            .into_iter()
            .find(|release| release.name() == name)
            .ok_or_else(|| format!("no release is called {name:?}"))
    }
}
