//! The state behind a session handle: the request's cookies as they came, the result of opening
//! them, and the session as it is now.
//!
//! ```text
//! Visit ─ first touch ─▶ Opening { now, ring, status, origin, present }
//! ```
//! `origin` is the session as it came, `present` as it is now. A write replaces the `Snapshot` in
//! `present` with a whole new one.

use crate::claims::Claims;
use crate::claims::id::SessionId;
use crate::claims::lifetime::reissue;
use crate::config::Config;
use crate::config::legacy::Came;
use crate::data::session_data::SessionData;
use crate::error::SessionError;
use crate::error::rejection::Rejection;
use crate::events::{self, RingNews};
use crate::headers::cookie::{self, Fields, Found};
use crate::hooks::on_end::{Ended, EndedBy};
use crate::keys::Ring;
use crate::limits;
use crate::session::load_status::Status;
use crate::session::open::{Candidates, Opened};
use crate::session::snapshot::Snapshot;
use crate::session::stage::Stage;
use crate::session::write_lock::Gate;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// What `load` keeps of a request.
pub(crate) struct Request {
    pub(crate) fields: Fields,
    /// The method is GET or HEAD.
    pub(crate) reads: bool,
    /// Browsers hold our cookie back on such a request.
    pub(crate) withholding: bool,
    pub(crate) loaded_at: Duration,
}

/// One request's session, shared by all its handles.
pub(crate) struct Visit<T> {
    pub(crate) config: Arc<Config<T>>,
    pub(crate) request: Request,
    pub(crate) opening: OnceLock<Opening<T>>,
    /// Held by the thread that opens the session.
    pub(crate) opener: Gate,
    /// An empty session, for code of the application that asks for the session while it is being
    /// opened.
    meanwhile: OnceLock<Box<Opening<T>>>,
    /// Held by the thread that writes.
    pub(crate) gate: Gate,
    /// Held by the thread that commits.
    pub(crate) committer: Gate,
    pub(crate) stage: Stage,
    /// Live handles, without parked ones.
    pub(crate) handles: AtomicUsize,
    pub(crate) no_refresh: AtomicBool,
}

/// The session from the first access on.
pub(crate) struct Opening<T> {
    /// The one clock reading and the one ring that all checks and dates use.
    pub(crate) now: u64,
    pub(crate) ring: Arc<Ring>,
    pub(crate) status: Status,
    pub(crate) found: Found,
    /// What came under each other name.
    pub(crate) others: Vec<Found>,
    pub(crate) leftovers: Came,
    pub(crate) origin: Arc<Snapshot<T>>,
    /// When the key that sealed the origin ends.
    pub(crate) origin_key_end: u64,
    /// Another server may be able to read every cookie that came, and the configuration protects
    /// those.
    protected: bool,
    /// The calling thread is still opening the session: nothing can be written.
    unopened: bool,
    /// Why the application refused the session that came.
    pub(crate) refusal: Option<&'static str>,
    present: Mutex<Present<T>>,
}

pub(crate) struct Present<T> {
    pub(crate) snapshot: Arc<Snapshot<T>>,
    /// `purge()` was called.
    pub(crate) purged: bool,
    /// `renew()` was called.
    pub(crate) renewed: bool,
    /// `renew()` or `set()` allowed writes that were held back.
    pub(crate) permitted: bool,
}

/// What is left to do once opening is done. It is done outside the lock, because code that handles
/// an event, and the data's own `Drop`, may read the session.
struct Afterwards<T> {
    ring: Vec<RingNews>,
    unheard: Option<Unheard>,
    /// Values that were opened and do not count.
    discarded: Vec<T>,
    /// The session of another library that came, kept or not.
    imported: Option<Arc<T>>,
}

/// What to report to the operator after opening.
enum Unheard {
    Rejected(Rejection),
    NotImported(SessionError),
    BehindAComma,
}

/// The claims of a cookie that is sealed now, and when the session in it ends.
pub(crate) struct Outgoing<T> {
    pub(crate) session: Arc<Snapshot<T>>,
    pub(crate) claims: Claims,
    pub(crate) end: u64,
}

/// The kinds of write, by which refusals they pass and what they allow afterwards.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    /// Changes part of the session.
    Change,
    /// Adds a flash message.
    Flash,
    /// Takes the pending flash messages.
    Take,
    /// Replaces the data with a whole new value.
    Replace,
    /// The visitor has proved who they are.
    Renew,
    /// Ends the session.
    Purge,
}

impl Write {
    fn passes_withheld(self) -> bool {
        !matches!(self, Self::Change | Self::Flash)
    }

    fn passes_protected(self) -> bool {
        matches!(self, Self::Take | Self::Renew | Self::Purge)
    }

    /// `blank`: the data is the empty session's afterwards. A session that was withheld and not
    /// seen must not be replaced by the "signed out" that follows a purge, or by one that follows
    /// the setting of an empty value.
    fn permits_later_writes(self, status: Status, blank: bool) -> bool {
        match self {
            Self::Renew => true,
            Self::Replace => !blank,
            Self::Purge => status != Status::Withheld,
            Self::Change | Self::Flash | Self::Take => false,
        }
    }

    /// Returns how many flash messages, from the newest, must not be dropped to make room.
    pub(crate) fn keeps_flashes(self) -> usize {
        usize::from(self == Self::Flash)
    }
}

impl<T: SessionData> Visit<T> {
    pub(crate) fn new(config: Arc<Config<T>>, request: Request) -> Self {
        Self {
            config,
            request,
            opening: OnceLock::new(),
            opener: Gate::default(),
            meanwhile: OnceLock::new(),
            gate: Gate::default(),
            committer: Gate::default(),
            stage: Stage::open(),
            handles: AtomicUsize::new(1),
            no_refresh: AtomicBool::new(false),
        }
    }

    /// Returns `true` if the session was accessed, or still may be: any handle besides the one
    /// given to `commit` may read it in a streaming body.
    pub(crate) fn is_touched(&self) -> bool {
        self.opening.get().is_some() || self.handles.load(Ordering::Acquire) > 1
    }

    /// Returns the opened session. The first access opens it.
    pub(crate) fn opening(&self) -> &Opening<T> {
        if let Some(opening) = self.opening.get() {
            return opening;
        }
        let mut afterwards =
            Afterwards { ring: Vec::new(), unheard: None, discarded: Vec::new(), imported: None };
        let Ok(inside) = self.opener.enter() else {
            return self.meanwhile.get_or_init(|| Box::new(self.unopened()));
        };
        let opening = self.opening.get_or_init(|| self.open(&mut afterwards));
        drop(inside);
        let (warned, cookie) = (&*self.config.warned, &*self.config.name);
        events::ring_news(afterwards.ring);
        match afterwards.unheard {
            Some(Unheard::Rejected(rejection)) => {
                events::rejected(warned, cookie, &rejection, opening.now);
            }
            Some(Unheard::NotImported(error)) => {
                events::not_imported(warned, cookie, &error, opening.now)
            }
            Some(Unheard::BehindAComma) => events::behind_a_comma(cookie),
            None => {}
        }
        opening
    }

    fn open(&self, afterwards: &mut Afterwards<T>) -> Opening<T> {
        let config = &*self.config;
        let now = config.clock.now().as_secs();
        let mut ring = config.ring.current(&mut afterwards.ring);
        let fields = &self.request.fields;
        let others = config.other_seals.find(fields);
        let withholding = self.request.withholding;
        let discarded = &mut afterwards.discarded;
        let mut judge = |ring: &Ring| {
            let mut candidates = Candidates::new(config, ring, now, discarded);
            let found = cookie::find(fields, &config.name, &mut |value| candidates.consider(value));
            let mut named = config.other_seals.names.iter().zip(&others);
            if let Some((other, _)) = named
                .find(|(_, came)| came.anything())
                .filter(|_| !found.anything() && !withholding)
            {
                cookie::find(fields, &other.name, &mut |value| {
                    candidates.consider_as(other, value)
                });
            }
            (found, candidates.lacked_a_key(), candidates.outcome())
        };
        let (mut found, lacked_a_key, mut outcome) = judge(&ring);
        if lacked_a_key {
            if let Some(newer) = config.ring.newer_than(&ring, &mut afterwards.ring) {
                let outdated = outcome.ok();
                ring = newer;
                (found, _, outcome) = judge(&ring);
                afterwards.discarded.extend(outdated.map(|outdated| outdated.value));
            }
        }
        let another = others.iter().any(Found::anything);
        let nothing = !found.anything() && !another;
        let leftovers = config.leftovers.find(fields, &config.name, &found, another);
        let mut refusal = None;
        let (snapshot, status, origin_key_end, protected) = match outcome {
            Ok(opened) => {
                let Opened { claims, data, value, blank, key_end } = opened;
                (
                    Snapshot::decoded(claims, data, Arc::new(value), blank),
                    Status::Restored,
                    key_end,
                    false,
                )
            }
            Err(Some((rejection, all_unknown))) => {
                afterwards.unheard = Some(Unheard::Rejected(rejection));
                refusal = rejection.refusal;
                (
                    config.fresh(now, 0),
                    Status::Rejected(rejection.reason),
                    u64::MAX,
                    all_unknown && config.protect,
                )
            }
            // Cookies of other names prove nothing: the current one may have been held back all the
            // same.
            Err(None) if withholding && !found.anything() => {
                (config.fresh(now, 0), Status::Withheld, u64::MAX, false)
            }
            Err(None) => {
                let old = if nothing { config.leftovers.read_old(fields, now) } else { None };
                afterwards.imported = old.map(Arc::new);
                match afterwards.imported.as_ref().map(|value| config.imported(value, now)) {
                    Some(Ok(snapshot)) if !config.is_empty(&snapshot) => {
                        (snapshot, Status::Imported, u64::MAX, false)
                    }
                    other => {
                        afterwards.unheard = other.and_then(Result::err).map(Unheard::NotImported);
                        (config.fresh(now, 0), Status::New, u64::MAX, false)
                    }
                }
            }
        };
        let none_came =
            matches!(status, Status::New | Status::Withheld) && afterwards.unheard.is_none();
        if none_came && events::TRACED && cookie::is_behind_a_comma(fields, &config.name) {
            afterwards.unheard = Some(Unheard::BehindAComma);
        }
        let origin = Arc::new(snapshot);
        let present = Present::of(&origin);
        let unopened = false;
        Opening {
            now,
            ring,
            status,
            found,
            others,
            leftovers,
            origin,
            origin_key_end,
            protected,
            unopened,
            refusal,
            present,
        }
    }

    fn unopened(&self) -> Opening<T> {
        // Not the clock: it may be the caller.
        let now = self.request.loaded_at.as_secs();
        let origin = Arc::new(self.config.fresh(now, 0));
        Opening {
            now,
            ring: self.config.ring.snapshot(),
            status: Status::New,
            found: Found::default(),
            others: Vec::new(),
            leftovers: Came::default(),
            present: Present::of(&origin),
            origin,
            origin_key_end: u64::MAX,
            protected: false,
            unopened: true,
            refusal: None,
        }
    }

    /// Accepts a write that has succeeded: `next` replaces the current session, unless the session
    /// was closed meanwhile. Drop what it displaces outside of every lock: the data's own `Drop`
    /// may read the session.
    pub(crate) fn accept(
        &self,
        opening: &Opening<T>,
        write: Write,
        next: Option<Snapshot<T>>,
    ) -> Result<Option<Arc<Snapshot<T>>>, SessionError> {
        let _writable = self.stage.writable().ok_or(SessionError::Responded)?;
        let mut present = opening.present();
        present.purged |= write == Write::Purge;
        present.renewed |= write == Write::Renew;
        let blank = next.as_ref().map_or(present.snapshot.blank, |next| next.blank);
        present.permitted |= write.permits_later_writes(opening.status, blank);
        Ok(next.map(|next| std::mem::replace(&mut present.snapshot, Arc::new(next))))
    }
}

impl<T> Present<T> {
    /// Returns the state of a session that nothing was done to.
    fn of(origin: &Arc<Snapshot<T>>) -> Mutex<Self> {
        Mutex::new(Self {
            snapshot: Arc::clone(origin),
            purged: false,
            renewed: false,
            permitted: false,
        })
    }
}

impl<T> Opening<T> {
    pub(crate) fn present(&self) -> MutexGuard<'_, Present<T>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot<T>> {
        Arc::clone(&self.present().snapshot)
    }

    /// Refuses a write that is held back for the visitor's sake.
    pub(crate) fn refuse_unseen(&self, write: Write) -> Result<(), SessionError> {
        if self.unopened {
            Err(SessionError::Busy)
        } else if self.present().permitted {
            Ok(())
        } else if self.status == Status::Withheld && !write.passes_withheld() {
            Err(SessionError::Withheld)
        } else if self.protected && !write.passes_protected() {
            Err(SessionError::Unreadable)
        } else {
            Ok(())
        }
    }

    /// Returns `true` if a key seals at this request's time and its suite is compiled in.
    pub(crate) fn can_seal(&self) -> bool {
        self.ring.sealing(self.now).is_some_and(|entry| entry.key().cipher().is_some())
    }

    /// Returns the error for a value that has no encoding. If no key seals, that error comes first,
    /// as for every other fault of a write.
    pub(crate) fn unencodable(&self, why: &'static str) -> SessionError {
        if self.can_seal() { SessionError::Unencodable(why) } else { SessionError::NoSealingKey }
    }

    /// Returns `true` if the session is not the one that came, so that the response must set or
    /// delete the cookie.
    pub(crate) fn is_modified(&self, config: &Config<T>) -> bool
    where
        T: SessionData,
    {
        let purged = self.present().purged;
        let both_empty = || config.is_empty(&self.snapshot()) && config.is_empty(&self.origin);
        purged || (self.differs(config) && !both_empty())
    }

    /// Returns `true` if `renew()` gave an id to an empty session, so that no cookie will carry the
    /// id.
    pub(crate) fn has_unsent_id(&self, config: &Config<T>) -> bool {
        let present = self.present();
        present.renewed
            && present.snapshot.claims.id.is_some()
            && config.is_empty(&present.snapshot)
    }

    /// Returns `true` if the session holds anything other than the one that came.
    fn differs(&self, config: &Config<T>) -> bool
    where
        T: SessionData,
    {
        let (now, then) = (&self.snapshot(), &self.origin);
        if Arc::ptr_eq(now, then) {
            return false;
        }
        now.claims.flashes != then.claims.flashes
            || now.claims.id != then.claims.id
            || now.claims.expiry != then.claims.expiry
            || now.claims.extensions != then.claims.extensions
            || now.claims.created() != then.claims.created()
            || !config.same_data(then, now)
    }

    /// Returns the end of the session that came with the request. `None` if our cookie brought no
    /// session, or if its end was reported already.
    pub(crate) fn ended(
        &self,
        config: &Config<T>,
        by: EndedBy,
        new: Option<SessionId>,
    ) -> Option<Ended> {
        if self.status != Status::Restored || (by == EndedBy::Purge && self.present().purged) {
            return None;
        }
        let claims = &self.origin.claims;
        Some(Ended::new(
            by,
            claims.id.map(SessionId::from),
            new,
            config.limits.absolute_end(claims),
        ))
    }

    /// Returns when the session ends, as its cookie says or would say.
    pub(crate) fn end(&self, config: &Config<T>) -> u64
    where
        T: SessionData,
    {
        if self.status == Status::Restored && !self.is_modified(config) {
            return config.limits.end(&self.origin.claims, self.origin_key_end);
        }
        self.outgoing(config).end
    }

    /// Returns the session as it goes out now, under the key that seals now. If it is the one that
    /// came, its bytes are those that came. After a purge it is another one, and none of the
    /// application's code is asked whether it differs: a panic there would lose the purge.
    pub(crate) fn outgoing(&self, config: &Config<T>) -> Outgoing<T>
    where
        T: SessionData,
    {
        let purged = self.present().purged;
        let session =
            if purged || self.differs(config) { self.snapshot() } else { Arc::clone(&self.origin) };
        let claims = reissue(&session.claims, self.now);
        let key_end = self.ring.sealing(self.now).map_or(u64::MAX, |entry| entry.end());
        Outgoing { end: config.limits.end(&claims, key_end), claims, session }
    }
}

/// Returns `true` if `later` is more than the refresh window after `earlier`. If the clock stepped
/// back, no time has passed.
pub(crate) fn is_slow(earlier: Duration, later: Duration) -> bool {
    later.saturating_sub(earlier) > Duration::from_secs(limits::REFRESH_WINDOW)
}
