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
use crate::clock::unix_time::UnixTime;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::SystemTime;

/// The end of a session whose cookie a browser holds, and of which there may be copies. Passed to
/// the hooks of [`Builder::on_end`](crate::Builder::on_end).
#[derive(Clone)]
pub struct SessionEnd {
    cause: EndCause,
    previous: Option<SessionId>,
    new: Option<SessionId>,
    copies_valid_until: UnixTime,
}

/// What ended a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndCause {
    /// [`Session::purge`](crate::Session::purge).
    Purge,
    /// [`Session::renew`](crate::Session::renew): the visitor continues under another id.
    Renew,
}

impl SessionEnd {
    pub(crate) fn new(
        cause: EndCause,
        previous: Option<SessionId>,
        new: Option<SessionId>,
        copies_valid_until: UnixTime,
    ) -> Self {
        Self { cause, previous, new, copies_valid_until }
    }

    /// Returns what ended the session.
    pub fn cause(&self) -> EndCause {
        self.cause
    }

    /// Returns the id that copies of the session carry. `None` if the session had none; nothing
    /// then distinguishes its copies from other sessions. See
    /// [`Builder::session_ids`](crate::Builder::session_ids).
    pub fn previous_id(&self) -> Option<SessionId> {
        self.previous
    }

    /// Returns the id under which a renewed session continues. `None` after a purge, or if the
    /// renewed session is empty.
    pub fn new_id(&self) -> Option<SessionId> {
        self.new
    }

    /// Returns the time until which a copy could live: the absolute timeout, counted from the
    /// session's creation. No earlier limit is certain: a visit moves a copy's idle limit and the
    /// key that seals it, and an update moves its expiry.
    ///
    /// A list must keep the id until then. A list that all servers share must keep it longer, by as
    /// much as their clocks differ.
    pub fn copies_valid_until(&self) -> SystemTime {
        self.copies_valid_until.into()
    }
}

/// Shows no id.
impl fmt::Debug for SessionEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionEnd")
            .field("cause", &self.cause)
            .field("copies_valid_until", &self.copies_valid_until())
            .finish_non_exhaustive()
    }
}

/// The application's hooks for the end of a session.
pub(crate) struct EndHooks(pub(crate) Vec<EndHook>);

pub(crate) type EndHook = Box<dyn Fn(&SessionEnd) + Send + Sync>;

impl EndHooks {
    pub(crate) const fn none() -> Self {
        Self(Vec::new())
    }

    /// Calls all hooks. An end is reported once, so a panic in one hook must not keep it from the
    /// others. The first panic continues after that.
    pub(crate) fn notify(&self, ended: Option<&SessionEnd>) {
        let Some(ended) = ended else { return };
        let call = |hook: &EndHook| catch_unwind(AssertUnwindSafe(|| hook(ended))).err();
        // Collected, so that no panic's payload is dropped before the last hook has run.
        let panics: Vec<_> = self.0.iter().filter_map(call).collect();
        if let Some(first) = panics.into_iter().next() {
            resume_unwind(first);
        }
    }
}
