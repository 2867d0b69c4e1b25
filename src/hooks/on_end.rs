//! The end of a session that a cookie brought, told to the application, so that one that keeps a
//! list can refuse the copies that somebody kept: `session` tells of a purge, `commit` of a
//! renewal.
//!
//! - **A purge is told at the call.** Whoever signs out wants the session ended, also where the
//!   request is cancelled before its response, or the response cannot carry the deletion: the list
//!   then ends what the browser still holds.
//! - **A renewal is told when its cookie is in the response.** One that a 5xx, a cancelled request
//!   or a failed commit discards leaves the visitor with the old cookie: to list that would sign
//!   out who has just signed in.
//! - Both are told outside the crate's locks: who hears of it may read the session.
//! - Every observer is told, also if one before it panics.

use crate::claims::id::SessionId;
use crate::clock;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::SystemTime;

/// A session has ended whose cookie a browser holds, and of which there may be copies: what
/// [`Builder::on_end`](crate::Builder::on_end) hears.
#[derive(Clone)]
pub struct Ended {
    by: EndedBy,
    old: Option<SessionId>,
    new: Option<SessionId>,
    until: u64,
}

/// What ended a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndedBy {
    /// [`Session::purge`](crate::Session::purge).
    Purge,
    /// [`Session::renew`](crate::Session::renew): the visitor goes on under another id.
    Renew,
}

impl Ended {
    /// `until` in Unix seconds.
    pub(crate) fn new(
        by: EndedBy,
        old: Option<SessionId>,
        new: Option<SessionId>,
        until: u64,
    ) -> Self {
        Self { by, old, new, until }
    }

    /// What ended it.
    pub fn by(&self) -> EndedBy {
        self.by
    }

    /// The id that its copies bear. None where it had none, and then nothing tells its copies from
    /// other sessions: [`Builder::with_ids`](crate::Builder::with_ids).
    pub fn old_id(&self) -> Option<SessionId> {
        self.old
    }

    /// The id that a renewed session goes on under. None after a purge.
    pub fn new_id(&self) -> Option<SessionId> {
        self.new
    }

    /// Until when a copy could live: the absolute timeout, counted from when the session was
    /// created. No earlier limit is sure. A visit moves the idle limit of a copy, and the key that
    /// it is sealed under, and an update its expiry.
    ///
    /// A list needs the id until then. One that all servers share needs it longer by as much as
    /// their clocks differ.
    pub fn until(&self) -> SystemTime {
        clock::to_system_time(self.until)
    }
}

/// No id.
impl fmt::Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ended")
            .field("by", &self.by)
            .field("until", &self.until())
            .finish_non_exhaustive()
    }
}

/// Who hears of ends.
pub(crate) struct Observers(pub(crate) Vec<Hear>);

pub(crate) type Hear = Box<dyn Fn(&Ended) + Send + Sync>;

impl Observers {
    pub(crate) const fn none() -> Self {
        Self(Vec::new())
    }

    /// Tells all of them. An end is told once, so a panic of one must not keep it from the others:
    /// the first panic goes on after that.
    pub(crate) fn tell(&self, ended: Option<&Ended>) {
        let Some(ended) = ended else { return };
        let tell = |hear: &Hear| catch_unwind(AssertUnwindSafe(|| hear(ended))).err();
        // Collected, so that nothing is dropped before the last one has heard.
        let panics: Vec<_> = self.0.iter().filter_map(tell).collect();
        if let Some(first) = panics.into_iter().next() {
            resume_unwind(first);
        }
    }
}
