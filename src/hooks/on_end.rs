//! The end of a session that a cookie brought, reported to the application. An application that
//! keeps a list can then refuse copies of the cookie.
//!
//! - **A purge is reported at the call.** A visitor who signs out wants the session ended, even if
//!   the request is cancelled before its response, or the response cannot carry the deletion. The
//!   list then ends what the browser still holds.
//! - **A renewal is reported when its cookie is in the response.** If a 5xx, a cancelled request or
//!   a failed commit discards it, the visitor still has the old cookie. Listing that one would sign
//!   out a visitor who has just signed in.
//! - Both are reported outside the crate's locks: hooks may read the session.
//! - Every hook runs, even if one before it panics.

use crate::claims::id::SessionId;
use crate::clock;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::SystemTime;

/// The end of a session whose cookie a browser holds, and of which there may be copies. Passed to
/// the hooks of [`Builder::on_end`](crate::Builder::on_end).
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
    /// [`Session::renew`](crate::Session::renew): the visitor continues under another id.
    Renew,
}

impl Ended {
    /// `until` is in Unix seconds.
    pub(crate) fn new(
        by: EndedBy,
        old: Option<SessionId>,
        new: Option<SessionId>,
        until: u64,
    ) -> Self {
        Self { by, old, new, until }
    }

    /// Returns what ended the session.
    pub fn by(&self) -> EndedBy {
        self.by
    }

    /// Returns the id that copies of the session carry. `None` if the session had none; nothing
    /// then distinguishes its copies from other sessions. See
    /// [`Builder::with_ids`](crate::Builder::with_ids).
    pub fn old_id(&self) -> Option<SessionId> {
        self.old
    }

    /// Returns the id under which a renewed session continues. `None` after a purge.
    pub fn new_id(&self) -> Option<SessionId> {
        self.new
    }

    /// Returns the time until which a copy could live: the absolute timeout, counted from the
    /// session's creation. No earlier limit is certain: a visit moves a copy's idle limit and the
    /// key that seals it, and an update moves its expiry.
    ///
    /// A list must keep the id until then. A list that all servers share must keep it longer, by as
    /// much as their clocks differ.
    pub fn until(&self) -> SystemTime {
        clock::to_system_time(self.until)
    }
}

/// Shows no id.
impl fmt::Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ended")
            .field("by", &self.by)
            .field("until", &self.until())
            .finish_non_exhaustive()
    }
}

/// The application's hooks for the end of a session.
pub(crate) struct EndHooks(pub(crate) Vec<EndHook>);

pub(crate) type EndHook = Box<dyn Fn(&Ended) + Send + Sync>;

impl EndHooks {
    pub(crate) const fn none() -> Self {
        Self(Vec::new())
    }

    /// Calls all hooks. An end is reported once, so a panic in one hook must not keep it from the
    /// others. The first panic continues after that.
    pub(crate) fn notify(&self, ended: Option<&Ended>) {
        let Some(ended) = ended else { return };
        let tell = |hear: &EndHook| catch_unwind(AssertUnwindSafe(|| hear(ended))).err();
        // Collected, so that no panic's payload is dropped before the last hook has run.
        let panics: Vec<_> = self.0.iter().filter_map(tell).collect();
        if let Some(first) = panics.into_iter().next() {
            resume_unwind(first);
        }
    }
}
