//! The end of a session that a cookie brought, told to the application, so that one that keeps a list can refuse the copies that somebody
//! kept: `session` tells of a purge, `commit` of a renewal.
//!
//! - **A purge is told at the call.** Whoever signs out wants the session ended, also where the request is cancelled before its response,
//!   or the response cannot carry the deletion: the list then ends what the browser still holds.
//! - **A renewal is told when its cookie is in the response.** One that a 5xx, a cancelled request or a failed commit discards leaves the
//!   visitor with the old cookie: to list that would sign out who has just signed in.
//! - Both are told outside the crate's locks: who hears of it may read the session.

use crate::builder::Builder;
use crate::clock;
use crate::config::Config;
use crate::session::SessionId;
use crate::session_data::SessionData;
use crate::state::Opening;
use crate::status::Status;
use std::fmt;
use std::time::SystemTime;

/// A session has ended whose cookie a browser holds, and of which there may be copies: what [`Builder::on_end`] hears.
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
    /// The end of the session that came with the request; none where none of ours came, or where it was told already.
    pub(crate) fn of<T>(opening: &Opening<T>, config: &Config<T>, by: EndedBy, new: Option<SessionId>) -> Option<Self> {
        if opening.status != Status::Restored || (by == EndedBy::Purge && opening.present().purged) {
            return None;
        }
        let claims = &opening.origin.claims;
        let until = config.limits.absolute_end(claims);
        Some(Self { by, old: claims.id.map(SessionId::from), new, until })
    }

    /// What ended it.
    pub fn by(&self) -> EndedBy {
        self.by
    }

    /// The id that its copies bear. None where it had none, and then nothing tells its copies from other sessions:
    /// [`Builder::with_ids`].
    pub fn old_id(&self) -> Option<SessionId> {
        self.old
    }

    /// The id that a renewed session goes on under. None after a purge.
    pub fn new_id(&self) -> Option<SessionId> {
        self.new
    }

    /// Until when a copy could live: the absolute timeout, counted from when the session was created. No earlier limit is sure. A visit
    /// moves the idle limit of a copy, and the key that it is sealed under, and an update its expiry.
    ///
    /// A list needs the id until then. One that all servers share needs it longer by as much as their clocks differ.
    pub fn until(&self) -> SystemTime {
        clock::to_system_time(self.until)
    }
}

/// No id.
impl fmt::Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ended").field("by", &self.by).field("until", &self.until()).finish_non_exhaustive()
    }
}

impl<T: SessionData> Builder<T> {
    /// Hears when a session that a cookie brought is ended by [`purge`](crate::Session::purge) or replaced by
    /// [`renew`](crate::Session::renew), so that the application can refuse the copies that somebody kept. Where nobody keeps a list
    /// they live on until their absolute timeout.
    ///
    /// A purge is told at the call, whatever becomes of the response: who signs out is signed out, also where the request is
    /// cancelled. A renewal is told when its cookie is in the response: one that a 5xx or a cancelled request discards leaves the visitor with
    /// the old cookie, which must go on. Several renewals of one request are one. Nothing is told of a session that no cookie of ours
    /// brought (new, imported, withheld or rejected), nor of an update that empties one: sign out with `purge`.
    ///
    /// `hear` runs on the request's thread and must not block: it writes to memory, or sends to a task that writes elsewhere. The session may
    /// be read in it. Where it panics, the panic goes to who called `purge`, or to who commits, as a handler's own would; the purge or
    /// renewal itself has happened by then. Can be called for several, which hear in their order.
    ///
    /// A list of refused ids, and the same list asked at every first touch:
    ///
    /// ```
    /// use http::{HeaderMap, Method};
    /// use sealed_session::{KeyRing, Map, Reason, SessionId, Sessions, Status};
    /// use std::collections::HashSet;
    /// use std::sync::{Arc, Mutex};
    ///
    /// let refused = Arc::new(Mutex::new(HashSet::<SessionId>::new()));
    /// let (asked, told) = (Arc::clone(&refused), refused);
    /// let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?)
    ///     .with_ids(true)
    ///     .admit(move |admission| match admission.id() {
    ///         Some(id) if asked.lock().unwrap().contains(&id) => Err("signed out"),
    ///         _ => Ok(()),
    ///     })
    ///     .on_end(move |ended| {
    ///         // A list that is to shrink again keeps `ended.until()` beside the id.
    ///         told.lock().unwrap().extend(ended.old_id());
    ///     })
    ///     .build()?;
    ///
    /// let copied = sessions.seal(&Map::new())?;
    /// let mut headers = HeaderMap::new();
    /// headers.insert("cookie", format!("{}={copied}", sessions.cookie_name()).parse()?);
    /// sessions.load(&Method::POST, &headers).purge()?;
    ///
    /// let copy = sessions.load(&Method::GET, &headers);
    /// assert_eq!(copy.status(), Status::Rejected(Reason::Refused));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// The list is this server's alone: where there are several, each tells the others, and until it has, a copy is good there. Requests
    /// of the visitor's own that were sent with the old cookie before the renewed one arrived are refused too, and one that
    /// then writes begins a new session: renew where nothing else is under way, as at a sign-in form.
    pub fn on_end(mut self, hear: impl Fn(&Ended) + Send + Sync + 'static) -> Self {
        self.observers.0.push(Box::new(hear));
        self
    }
}

/// Who hears of ends.
pub(crate) struct Observers(Vec<Hear>);

type Hear = Box<dyn Fn(&Ended) + Send + Sync>;

impl Observers {
    pub(crate) const fn none() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn tell(&self, ended: Option<&Ended>) {
        if let Some(ended) = ended {
            self.0.iter().for_each(|hear| hear(ended));
        }
    }
}
