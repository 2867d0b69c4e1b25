//! A session's type and clock, for cookies that the program takes apart.

use sealed_session::clock::ManualClock;
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};

pub(crate) const DAY: u64 = 86_400;
/// 2027-01-15T08:00:00Z.
pub(crate) const START: u64 = 1_800_000_000;
pub(crate) const NAME: &str = "__Host-Http-session";

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Visit {
    pub(crate) user: Option<u64>,
    pub(crate) cart: Vec<u32>,
    pub(crate) note: String,
}

pub(crate) fn visit(user: u64) -> Visit {
    Visit { user: Some(user), ..Visit::default() }
}

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Returns the time of a Unix second.
pub(crate) fn at(unix: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + secs(unix)
}

pub(crate) fn clock() -> ManualClock {
    ManualClock::at(secs(START))
}
