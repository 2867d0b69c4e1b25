//! The state behind a session handle: the request's cookies, the session that they opened to, and
//! the session as it is now.
//!
//! | [`Phase`] | entered by | writes | `commit` |
//! | --- | --- | --- | --- |
//! | `Untouched` | `load` | open the session | adds nothing, if no other handle is alive |
//! | `Loaded` | the first access | replace `current` | sets, refreshes, deletes, or marks |
//! | `Abandoned` | `Session::close`, `to_cookies` | `Responded` | marks, if the session was accessed |
//! | `Committed` | `commit` | `Responded` | returns the first result again |
//!
//! To mark is to tell caches that the session was accessed. A read opens an untouched session, and
//! otherwise reads `current`.
//!
//! While the first access opens the session, other threads wait. The thread that opens it finds it
//! empty, and `Busy` if it writes or commits.
//!
//! `initial` is the session as it came, `current` as it is now. A write replaces the `Snapshot` in
//! `current` with a whole new one.

use crate::claims::Claims;
use crate::claims::id::SessionId;
use crate::clock::unix_time::UnixTime;
use crate::config::Config;
use crate::config::legacy::ReceivedLegacy;
use crate::data::session_data::SessionData;
use crate::error::SessionError;
#[cfg(feature = "dbsc")]
use crate::headers::cookie::Field;
use crate::headers::cookie::{Fields, ReceivedCookies};
use crate::hooks::on_end::{EndCause, SessionEnd};
use crate::keys::{Entry, Ring};
use crate::session::device_proof::DeviceProof;
use crate::session::load_status::LoadStatus;
use crate::session::snapshot::Snapshot;
use crate::session::stage::Stage;
use crate::session::write_kind::WriteKind;
use crate::session::write_lock::ThreadLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// What `load` keeps of a request.
pub(crate) struct Request {
    pub(crate) fields: Fields,
    /// The method is GET or HEAD.
    pub(crate) reads: bool,
    /// Another site caused the request, and browsers hold our cookie back on it.
    pub(crate) cross_site: bool,
    /// The `Secure-Session-Skipped` field, if sessions are bound to devices. Boxed, because almost no
    /// request has one.
    #[cfg(feature = "dbsc")]
    pub(crate) skipped: Option<Box<Field>>,
    /// No page of another site embeds the response or requested it by a script.
    #[cfg(feature = "dbsc")]
    pub(crate) may_be_offered: bool,
    pub(crate) loaded_at: Duration,
}

impl Request {
    pub(crate) fn loaded_at_unix(&self) -> UnixTime {
        UnixTime::from_secs(self.loaded_at.as_secs())
    }
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
    pub(crate) meanwhile: OnceLock<Box<Loaded<T>>>,
    /// Held by the thread that writes.
    pub(crate) write_lock: ThreadLock,
    /// Held by the thread that commits.
    pub(crate) committer: ThreadLock,
    pub(crate) stage: Stage,
    /// Live handles, without those that an adapter keeps.
    pub(crate) handles: AtomicUsize,
    pub(crate) skip_refresh: AtomicBool,
    /// The response offers to bind the visitor's next session.
    #[cfg(feature = "dbsc")]
    pub(crate) offer_binding: AtomicBool,
}

/// Where a session is between its request and its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Untouched,
    Loaded,
    Abandoned { loaded: bool },
    Committed { loaded: bool },
}

/// The session from the first access on.
pub(crate) struct Loaded<T> {
    /// The one clock reading and the one ring that all checks and dates use.
    pub(crate) now: UnixTime,
    pub(crate) ring: Arc<Ring>,
    pub(crate) status: LoadStatus,
    pub(crate) received: ReceivedCookies,
    /// What came under each other name.
    pub(crate) others: Box<[ReceivedCookies]>,
    pub(crate) legacy: ReceivedLegacy,
    pub(crate) initial: Arc<Snapshot<T>>,
    /// When the key that sealed the initial session ends.
    pub(crate) initial_key_end: Option<UnixTime>,
    /// Another server may be able to read every cookie that came, and the configuration protects
    /// those.
    pub(crate) maybe_readable_elsewhere: bool,
    #[cfg_attr(not(feature = "dbsc"), expect(dead_code, reason = "it is always empty"))]
    pub(crate) device_proof: DeviceProof,
    /// `false` on the thread that is still opening the session: nothing can be written.
    pub(crate) is_open: bool,
    pub(crate) current: Mutex<Current<T>>,
}

pub(crate) struct Current<T> {
    pub(crate) snapshot: Arc<Snapshot<T>>,
    /// `purge()` was called.
    pub(crate) purged: bool,
    /// `renew()` was called.
    pub(crate) renewed: bool,
    /// `renew()`, `set()` or `purge()` allowed writes that were refused before.
    pub(crate) permitted: bool,
}

/// The claims of a cookie that is sealed now, and when the session in it ends.
pub(crate) struct Reissued<T> {
    pub(crate) session: Arc<Snapshot<T>>,
    pub(crate) claims: Claims,
    pub(crate) end: UnixTime,
}

impl<T> SessionState<T> {
    pub(crate) fn new(config: Arc<Config<T>>, request: Request) -> Self {
        Self {
            config,
            request,
            loaded: OnceLock::new(),
            opener: ThreadLock::default(),
            meanwhile: OnceLock::new(),
            write_lock: ThreadLock::default(),
            committer: ThreadLock::default(),
            stage: Stage::default(),
            handles: AtomicUsize::new(1),
            skip_refresh: AtomicBool::new(false),
            #[cfg(feature = "dbsc")]
            offer_binding: AtomicBool::new(false),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        let loaded = self.loaded.get().is_some();
        if self.stage.is_open() {
            return if loaded { Phase::Loaded } else { Phase::Untouched };
        }
        if self.stage.is_committed() {
            Phase::Committed { loaded }
        } else {
            Phase::Abandoned { loaded }
        }
    }

    /// Returns `true` if the session was accessed, or still may be: any handle besides the one
    /// given to `commit` may read it in a streaming body.
    pub(crate) fn is_touched(&self) -> bool {
        self.loaded.get().is_some() || self.handles.load(Ordering::Acquire) > 1
    }

    /// Accepts a write that has succeeded: `next` replaces the current session, unless the session
    /// was closed meanwhile. Drop what it displaces outside of every lock: the data's own `Drop`
    /// may read the session.
    pub(crate) fn accept(
        &self,
        loaded: &Loaded<T>,
        write: WriteKind,
        next: Option<Snapshot<T>>,
    ) -> Result<Option<Arc<Snapshot<T>>>, SessionError> {
        let _writable = self.stage.writable().ok_or(SessionError::Responded)?;
        let mut current = loaded.current();
        current.purged |= write == WriteKind::Purge;
        current.renewed |= write == WriteKind::Renew;
        let is_empty =
            next.as_ref().map_or(current.snapshot.is_default_data, |next| next.is_default_data);
        current.permitted |= write.permits_later_writes(loaded.status, is_empty);
        Ok(next.map(|next| std::mem::replace(&mut current.snapshot, Arc::new(next))))
    }
}

impl<T> Current<T> {
    /// Returns the state of a session that nothing was done to.
    pub(crate) fn of(initial: &Arc<Snapshot<T>>) -> Mutex<Self> {
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

    /// Refuses a write that could replace a session that this server has not seen.
    pub(crate) fn check_write(&self, write: WriteKind) -> Result<(), SessionError> {
        if !self.is_open {
            Err(SessionError::Busy)
        } else if self.current().permitted {
            Ok(())
        } else {
            write.check(self.status, self.maybe_readable_elsewhere)
        }
    }

    /// Returns `true` if a key seals at this request's time and its suite is compiled in.
    pub(crate) fn can_seal(&self) -> bool {
        self.ring.sealing_cipher(self.now).is_some()
    }

    /// Returns the error for a value that has no encoding. If no key seals, that error comes first,
    /// as for every other fault of a write.
    pub(crate) fn unencodable(&self, why: &'static str) -> SessionError {
        if self.can_seal() { SessionError::Unencodable(why) } else { SessionError::NoSealingKey }
    }

    /// Returns `true` if `renew()` gave an id to an empty session, so that no cookie will carry the
    /// id.
    pub(crate) fn has_unsent_id(&self, config: &Config<T>) -> bool {
        let current = self.current();
        current.renewed
            && current.snapshot.claims.content.id.is_some()
            && config.is_empty(&current.snapshot)
    }

    /// Returns the end of the session that came with the request. `None` if our cookie brought no
    /// session, or if its end was reported already.
    pub(crate) fn ended(
        &self,
        config: &Config<T>,
        cause: EndCause,
        new: Option<SessionId>,
    ) -> Option<SessionEnd> {
        let reported = cause == EndCause::Purge && self.current().purged;
        if self.status != LoadStatus::Restored || reported {
            return None;
        }
        let claims = &self.initial.claims;
        let id = claims.content.id.map(SessionId::from);
        Some(SessionEnd::new(cause, id, new, config.limits.absolute_end(claims)))
    }
}

impl<T: SessionData> Loaded<T> {
    /// Returns `true` if the session is not the one that came, so that the response must set or
    /// delete the cookie.
    pub(crate) fn is_modified(&self, config: &Config<T>) -> bool {
        let purged = self.current().purged;
        let both_empty = || config.is_empty(&self.snapshot()) && config.is_empty(&self.initial);
        purged || (self.differs(config) && !both_empty())
    }

    /// Returns `true` if the session holds anything other than the one that came.
    fn differs(&self, config: &Config<T>) -> bool {
        let (now, then) = (&self.snapshot(), &self.initial);
        !Arc::ptr_eq(now, then)
            && (now.claims.content != then.claims.content
                || now.claims.stamps.created() != then.claims.stamps.created()
                || !config.same_data(then, now))
    }

    /// Returns when the session ends, as its cookie says or would say.
    pub(crate) fn end(&self, config: &Config<T>) -> UnixTime {
        if self.status == LoadStatus::Restored && !self.is_modified(config) {
            return config.limits.end(&self.initial.claims, self.initial_key_end);
        }
        self.reissued(config).end
    }

    /// Returns the session as it would be sent now, sealed under the current key. If it does not
    /// differ from the one that came, the received bytes are used. After a purge it always counts
    /// as different. The comparison would run the application's code, and a panic there would lose
    /// the purge.
    pub(crate) fn reissued(&self, config: &Config<T>) -> Reissued<T> {
        let purged = self.current().purged;
        let session = if purged || self.differs(config) {
            self.snapshot()
        } else {
            Arc::clone(&self.initial)
        };
        let claims = session.claims.reissue(self.now);
        let key_end = self.ring.sealing(self.now).and_then(Entry::end);
        Reissued { end: config.limits.end(&claims, key_end), claims, session }
    }
}
