//! The state behind a session handle: the request's cookies as they came, the result of opening
//! them, and the session as it is now.
//!
//! ```text
//! SessionState ─ first access ─▶ Loaded { now, ring, status, initial, current }
//! ```
//! `initial` is the session as it came, `current` as it is now. A write replaces the `Snapshot` in
//! `current` with a whole new one.
//!
//! | state | entered by | reads | writes | `commit` |
//! | --- | --- | --- | --- | --- |
//! | not accessed | `load` | open the session | open the session | adds nothing, if no other handle is alive |
//! | being opened | the first access | empty on the thread that opens; others wait | `Busy` on that thread | `Busy` on that thread |
//! | accessed | the first access | the current snapshot | replace the current snapshot | sets, refreshes, deletes, or marks the response for caches |
//! | closed | `Session::close` | the current snapshot | `Responded` | marks the response for caches |
//! | committed | `commit` | the current snapshot | `Responded` | returns the first answer again |

use crate::claims::Claims;
use crate::claims::id::SessionId;
use crate::claims::lifetime::reissue;
use crate::config::Config;
use crate::config::legacy::ReceivedLegacy;
use crate::data::session_data::SessionData;
use crate::error::SessionError;
use crate::error::rejection::Rejection;
use crate::events::{self, RingEvent};
use crate::headers::cookie::{self, Fields, ReceivedCookies};
use crate::hooks::on_end::{EndCause, SessionEnd};
use crate::keys::Ring;
use crate::limits;
use crate::session::load_status::LoadStatus;
use crate::session::open::{Candidates, Decoded};
use crate::session::snapshot::Snapshot;
use crate::session::stage::Stage;
use crate::session::write_lock::ThreadLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// What `load` keeps of a request.
pub(crate) struct Request {
    pub(crate) fields: Fields,
    /// The method is GET or HEAD.
    pub(crate) reads: bool,
    /// Browsers hold our cookie back on such a request.
    pub(crate) cross_site: bool,
    pub(crate) loaded_at: Duration,
}

/// One request's session, shared by all its handles.
pub(crate) struct SessionState<T> {
    pub(crate) config: Arc<Config<T>>,
    pub(crate) request: Request,
    pub(crate) loaded: OnceLock<Loaded<T>>,
    /// Held by the thread that opens the session.
    pub(crate) opener: ThreadLock,
    /// An empty session, for code of the application that asks for the session while it is being
    /// opened.
    meanwhile: OnceLock<Box<Loaded<T>>>,
    /// Held by the thread that writes.
    pub(crate) write_lock: ThreadLock,
    /// Held by the thread that commits.
    pub(crate) committer: ThreadLock,
    pub(crate) stage: Stage,
    /// Live handles, without parked ones.
    pub(crate) handles: AtomicUsize,
    pub(crate) skip_refresh: AtomicBool,
}

/// The session from the first access on.
pub(crate) struct Loaded<T> {
    /// The one clock reading and the one ring that all checks and dates use.
    pub(crate) now: u64,
    pub(crate) ring: Arc<Ring>,
    pub(crate) status: LoadStatus,
    pub(crate) received: ReceivedCookies,
    /// What came under each other name.
    pub(crate) others: Vec<ReceivedCookies>,
    pub(crate) legacy: ReceivedLegacy,
    pub(crate) initial: Arc<Snapshot<T>>,
    /// When the key that sealed the origin ends.
    pub(crate) initial_key_end: u64,
    /// Another server may be able to read every cookie that came, and the configuration protects
    /// those.
    maybe_readable_elsewhere: bool,
    /// The calling thread is still opening the session: nothing can be written.
    unopened: bool,
    current: Mutex<Current<T>>,
}

pub(crate) struct Current<T> {
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
    ring: Vec<RingEvent>,
    pending: Option<Pending>,
    /// Values that were opened and do not count.
    discarded: Vec<T>,
    /// The session of another library that came, kept or not.
    imported: Option<Arc<T>>,
}

/// What to report to the operator after opening.
enum Pending {
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
    fn passes_cross_site(self) -> bool {
        !matches!(self, Self::Change | Self::Flash)
    }

    fn passes_protected(self) -> bool {
        matches!(self, Self::Take | Self::Renew | Self::Purge)
    }

    /// `blank`: the data is the empty session's afterwards. A session that was cross-site and not
    /// seen must not be replaced by the "signed out" that follows a purge, or by one that follows
    /// the setting of an empty value.
    fn permits_later_writes(self, status: LoadStatus, blank: bool) -> bool {
        match self {
            Self::Renew => true,
            Self::Replace => !blank,
            Self::Purge => status != LoadStatus::CrossSite,
            Self::Change | Self::Flash | Self::Take => false,
        }
    }

    /// Returns how many flash messages, from the newest, must not be dropped to make room.
    pub(crate) fn keeps_flashes(self) -> usize {
        usize::from(self == Self::Flash)
    }
}

impl<T: SessionData> SessionState<T> {
    pub(crate) fn new(config: Arc<Config<T>>, request: Request) -> Self {
        Self {
            config,
            request,
            loaded: OnceLock::new(),
            opener: ThreadLock::default(),
            meanwhile: OnceLock::new(),
            write_lock: ThreadLock::default(),
            committer: ThreadLock::default(),
            stage: Stage::open(),
            handles: AtomicUsize::new(1),
            skip_refresh: AtomicBool::new(false),
        }
    }

    /// Returns `true` if the session was accessed, or still may be: any handle besides the one
    /// given to `commit` may read it in a streaming body.
    pub(crate) fn is_touched(&self) -> bool {
        self.loaded.get().is_some() || self.handles.load(Ordering::Acquire) > 1
    }

    /// Returns the opened session. The first access opens it.
    pub(crate) fn loaded(&self) -> &Loaded<T> {
        if let Some(loaded) = self.loaded.get() {
            return loaded;
        }
        let mut afterwards =
            Afterwards { ring: Vec::new(), pending: None, discarded: Vec::new(), imported: None };
        let Ok(inside) = self.opener.enter() else {
            return self.meanwhile.get_or_init(|| Box::new(self.unopened()));
        };
        let loaded = self.loaded.get_or_init(|| self.open(&mut afterwards));
        drop(inside);
        let (warned, cookie) = (&*self.config.warned, &*self.config.name);
        events::ring_news(afterwards.ring);
        match afterwards.pending {
            Some(Pending::Rejected(rejection)) => {
                events::rejected(warned, cookie, &rejection, loaded.now);
            }
            Some(Pending::NotImported(error)) => {
                events::not_imported(warned, cookie, &error, loaded.now)
            }
            Some(Pending::BehindAComma) => events::behind_a_comma(cookie),
            None => {}
        }
        loaded
    }

    fn open(&self, afterwards: &mut Afterwards<T>) -> Loaded<T> {
        let config = &*self.config;
        let now = config.clock.now().as_secs();
        let mut ring = config.ring.current(&mut afterwards.ring);
        let fields = &self.request.fields;
        let others = config.aliases.find(fields);
        let cross_site = self.request.cross_site;
        let discarded = &mut afterwards.discarded;
        let mut judge = |ring: &Ring| {
            let mut candidates = Candidates::new(config, ring, now, discarded);
            let received =
                cookie::find(fields, &config.name, &mut |value| candidates.try_open(value));
            let mut named = config.aliases.names.iter().zip(&others);
            if let Some((other, _)) = named
                .find(|(_, came)| came.anything())
                .filter(|_| !received.anything() && !cross_site)
            {
                cookie::find(fields, &other.name, &mut |value| {
                    candidates.try_open_alias(other, value)
                });
            }
            (received, candidates.lacked_a_key(), candidates.outcome())
        };
        let (mut received, lacked_a_key, mut outcome) = judge(&ring);
        if lacked_a_key {
            if let Some(newer) = config.ring.newer_than(&ring, &mut afterwards.ring) {
                let outdated = outcome.ok();
                ring = newer;
                (received, _, outcome) = judge(&ring);
                afterwards.discarded.extend(outdated.map(|outdated| outdated.value));
            }
        }
        let another = others.iter().any(ReceivedCookies::anything);
        let nothing = !received.anything() && !another;
        let legacy = config.legacy.find(fields, &config.name, &received, another);
        let (snapshot, status, initial_key_end, maybe_readable_elsewhere) = match outcome {
            Ok(opened) => {
                let Decoded { claims, data, value, blank, key_end } = opened;
                (
                    Snapshot::decoded(claims, data, Arc::new(value), blank),
                    LoadStatus::Restored,
                    key_end,
                    false,
                )
            }
            Err(Some((rejection, maybe_readable_elsewhere))) => {
                afterwards.pending = Some(Pending::Rejected(rejection));
                (
                    config.fresh(now, 0),
                    LoadStatus::Rejected(rejection.reason),
                    u64::MAX,
                    maybe_readable_elsewhere && config.protect,
                )
            }
            // Cookies of other names prove nothing: the current one may have been held back all the
            // same.
            Err(None) if cross_site && !received.anything() => {
                (config.fresh(now, 0), LoadStatus::CrossSite, u64::MAX, false)
            }
            Err(None) => {
                let old = if nothing { config.legacy.read_old(fields, now) } else { None };
                afterwards.imported = old.map(Arc::new);
                match afterwards.imported.as_ref().map(|value| config.imported(value, now)) {
                    Some(Ok(snapshot)) if !config.is_empty(&snapshot) => {
                        (snapshot, LoadStatus::Imported, u64::MAX, false)
                    }
                    other => {
                        afterwards.pending = other.and_then(Result::err).map(Pending::NotImported);
                        (config.fresh(now, 0), LoadStatus::New, u64::MAX, false)
                    }
                }
            }
        };
        let none_came = matches!(status, LoadStatus::New | LoadStatus::CrossSite)
            && afterwards.pending.is_none();
        if none_came && events::TRACED && cookie::is_behind_a_comma(fields, &config.name) {
            afterwards.pending = Some(Pending::BehindAComma);
        }
        let initial = Arc::new(snapshot);
        let current = Current::of(&initial);
        let unopened = false;
        Loaded {
            now,
            ring,
            status,
            received,
            others,
            legacy,
            initial,
            initial_key_end,
            maybe_readable_elsewhere,
            unopened,
            current,
        }
    }

    fn unopened(&self) -> Loaded<T> {
        // Not the clock: it may be the caller.
        let now = self.request.loaded_at.as_secs();
        let initial = Arc::new(self.config.fresh(now, 0));
        Loaded {
            now,
            ring: self.config.ring.snapshot(),
            status: LoadStatus::New,
            received: ReceivedCookies::default(),
            others: Vec::new(),
            legacy: ReceivedLegacy::default(),
            current: Current::of(&initial),
            initial,
            initial_key_end: u64::MAX,
            maybe_readable_elsewhere: false,
            unopened: true,
        }
    }

    /// Accepts a write that has succeeded: `next` replaces the current session, unless the session
    /// was closed meanwhile. Drop what it displaces outside of every lock: the data's own `Drop`
    /// may read the session.
    pub(crate) fn accept(
        &self,
        loaded: &Loaded<T>,
        write: Write,
        next: Option<Snapshot<T>>,
    ) -> Result<Option<Arc<Snapshot<T>>>, SessionError> {
        let _writable = self.stage.writable().ok_or(SessionError::Responded)?;
        let mut current = loaded.current();
        current.purged |= write == Write::Purge;
        current.renewed |= write == Write::Renew;
        let blank = next.as_ref().map_or(current.snapshot.blank, |next| next.blank);
        current.permitted |= write.permits_later_writes(loaded.status, blank);
        Ok(next.map(|next| std::mem::replace(&mut current.snapshot, Arc::new(next))))
    }
}

impl<T> Current<T> {
    /// Returns the state of a session that nothing was done to.
    fn of(initial: &Arc<Snapshot<T>>) -> Mutex<Self> {
        Mutex::new(Self {
            snapshot: Arc::clone(initial),
            purged: false,
            renewed: false,
            permitted: false,
        })
    }
}

impl<T> Loaded<T> {
    pub(crate) fn current(&self) -> MutexGuard<'_, Current<T>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot<T>> {
        Arc::clone(&self.current().snapshot)
    }

    /// Refuses a write that is held back for the visitor's sake.
    pub(crate) fn refuse_unseen(&self, write: Write) -> Result<(), SessionError> {
        if self.unopened {
            Err(SessionError::Busy)
        } else if self.current().permitted {
            Ok(())
        } else if self.status == LoadStatus::CrossSite && !write.passes_cross_site() {
            Err(SessionError::CrossSite)
        } else if self.maybe_readable_elsewhere && !write.passes_protected() {
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
        let purged = self.current().purged;
        let both_empty = || config.is_empty(&self.snapshot()) && config.is_empty(&self.initial);
        purged || (self.differs(config) && !both_empty())
    }

    /// Returns `true` if `renew()` gave an id to an empty session, so that no cookie will carry the
    /// id.
    pub(crate) fn has_unsent_id(&self, config: &Config<T>) -> bool {
        let current = self.current();
        current.renewed
            && current.snapshot.claims.content.id.is_some()
            && config.is_empty(&current.snapshot)
    }

    /// Returns `true` if the session holds anything other than the one that came.
    fn differs(&self, config: &Config<T>) -> bool
    where
        T: SessionData,
    {
        let (now, then) = (&self.snapshot(), &self.initial);
        if Arc::ptr_eq(now, then) {
            return false;
        }
        now.claims.content.flashes != then.claims.content.flashes
            || now.claims.content.id != then.claims.content.id
            || now.claims.content.expiry != then.claims.content.expiry
            || now.claims.content.extensions != then.claims.content.extensions
            || now.claims.stamps.created() != then.claims.stamps.created()
            || !config.same_data(then, now)
    }

    /// Returns the end of the session that came with the request. `None` if our cookie brought no
    /// session, or if its end was reported already.
    pub(crate) fn ended(
        &self,
        config: &Config<T>,
        by: EndCause,
        new: Option<SessionId>,
    ) -> Option<SessionEnd> {
        if self.status != LoadStatus::Restored || (by == EndCause::Purge && self.current().purged) {
            return None;
        }
        let claims = &self.initial.claims;
        Some(SessionEnd::new(
            by,
            claims.content.id.map(SessionId::from),
            new,
            config.limits.absolute_end(claims),
        ))
    }

    /// Returns when the session ends, as its cookie says or would say.
    pub(crate) fn end(&self, config: &Config<T>) -> u64
    where
        T: SessionData,
    {
        if self.status == LoadStatus::Restored && !self.is_modified(config) {
            return config.limits.end(&self.initial.claims, self.initial_key_end);
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
        let purged = self.current().purged;
        let session = if purged || self.differs(config) {
            self.snapshot()
        } else {
            Arc::clone(&self.initial)
        };
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
