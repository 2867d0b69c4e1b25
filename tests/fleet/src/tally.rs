//! What the visitors of a fleet saw, added up while they go on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub struct Tally(Mutex<Seen>);

/// Counted in requests, but for `signed_out`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub requests: u64,
    /// Pages that took a signed-in visitor for a stranger, by the node that sent them.
    pub strangers: BTreeMap<String, u64>,
    /// The visitors whose session no node had any more, at least once.
    pub signed_out: BTreeSet<u32>,
    /// Pages with another number than the visitor's own: of an older copy of the session, or of a
    /// newer one.
    pub wrong_counts: u64,
    /// Responses of 400 and above, and requests without one.
    pub errors: u64,
    /// Cookies that came with a page that only reads.
    pub rewrites: u64,
    /// Those of them that neither a refresh period nor a new key explains.
    pub needless_rewrites: u64,
}

impl Tally {
    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    pub fn stranger_pages(&self) -> u64 {
        self.strangers.values().sum()
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            requests,
            strangers,
            signed_out,
            wrong_counts,
            errors,
            rewrites,
            needless_rewrites,
        } = self;
        write!(
            f,
            "{requests} requests: strangers by node {strangers:?}, {} visitors signed out, {wrong_counts} wrong counts, {errors} errors, \
             {rewrites} rewrites of which {needless_rewrites} needless",
            signed_out.len()
        )
    }
}
