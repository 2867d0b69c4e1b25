//! What stands behind a session handle: the request's cookies as they came, what opening made of them once somebody asked, and the
//! session as it is now. `session` reads and writes it for handlers, `commit` reads it for the response.
//!
//! ```text
//! Visit ─ first touch ─▶ Opening { now, ring, status, origin, present }
//! ```
//! `origin` is the session as it came, `present` as it is now; a write puts a whole new `Snapshot` in place of the present one.

use crate::candidate::{Candidates, Opened};
use crate::claims::Claims;
use crate::config::Config;
use crate::cookies::{self, Fields, Found};
use crate::ended::{Ended, EndedBy};
use crate::envelope;
use crate::error::{CommitError, SealError, SessionError};
use crate::events::{self, RingNews};
use crate::flash;
use crate::gate::Gate;
use crate::keys::Ring;
use crate::leftovers::Came;
use crate::lifetime::reissue;
use crate::limits;
use crate::random;
use crate::random::RandomError;
use crate::rejection::Rejection;
use crate::session_data::SessionData;
use crate::session_id::SessionId;
use crate::status::Status;
use crate::types::Written;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// What `load` keeps of a request.
pub(crate) struct Request {
    pub(crate) fields: Fields,
    /// Browsers hold our cookie back on such a request.
    pub(crate) withholding: bool,
    pub(crate) loaded_at: Duration,
}

/// One request's session, shared by all its handles.
pub(crate) struct Visit<T> {
    pub(crate) config: Arc<Config<T>>,
    pub(crate) request: Request,
    pub(crate) opening: OnceLock<Opening<T>>,
    pub(crate) gate: Gate,
    /// Handles that are alive, parked ones not counted.
    pub(crate) handles: AtomicUsize,
    pub(crate) no_refresh: AtomicBool,
    /// The response is out, or will never be.
    pub(crate) closed: AtomicBool,
    pub(crate) outcome: OnceLock<Result<(), CommitError>>,
}

/// The session at first touch, and since.
pub(crate) struct Opening<T> {
    /// The one clock reading and the one ring that judge and date everything.
    pub(crate) now: u64,
    pub(crate) ring: Arc<Ring>,
    pub(crate) status: Status,
    pub(crate) found: Found,
    /// What came of each other name of ours.
    pub(crate) others: Vec<Found>,
    pub(crate) leftovers: Came,
    pub(crate) origin: Arc<Snapshot<T>>,
    /// When the key that sealed the origin ends.
    pub(crate) origin_key_end: u64,
    /// Every cookie that came may be readable by another node, and the configuration protects those.
    protected: bool,
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

/// A session at one moment: never changed, only replaced. Its data are of the shape in its claims, which may be an older type's.
pub(crate) struct Snapshot<T> {
    pub(crate) claims: Claims,
    pub(crate) data: Vec<u8>,
    pub(crate) value: Arc<T>,
    /// The data are the empty session's.
    pub(crate) blank: bool,
}

/// What is left to do once opening is done. Not inside: whoever hears an event, and the data's own Drop, may read the session.
struct Afterwards<T> {
    ring: Vec<RingNews>,
    unheard: Option<Unheard>,
    /// What an older ring opened.
    outdated: Option<Opened<T>>,
}

/// What opening has to say to the operator.
enum Unheard {
    Rejected(Rejection),
    NotImported(SessionError),
}

/// The claims of a cookie that is sealed now, and when the session in it ends.
pub(crate) struct Outgoing<T> {
    pub(crate) session: Arc<Snapshot<T>>,
    pub(crate) claims: Claims,
    pub(crate) end: u64,
}

impl<T> Clone for Snapshot<T> {
    fn clone(&self) -> Self {
        Self { claims: self.claims.clone(), data: self.data.clone(), value: Arc::clone(&self.value), blank: self.blank }
    }
}

/// The kinds of write, by what they may pass and what they allow afterwards.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    /// Part of the session changes.
    Change,
    /// A flash message is added.
    Flash,
    /// Waiting flash messages are taken.
    Take,
    /// A whole new value takes the data's place.
    Replace,
    /// The visitor has proved who they are.
    Renew,
    /// The session ends.
    Purge,
}

impl Write {
    fn passes_withheld(self) -> bool {
        !matches!(self, Self::Change | Self::Flash)
    }

    fn passes_protected(self) -> bool {
        matches!(self, Self::Take | Self::Renew | Self::Purge)
    }

    /// A purge of a session that was never seen allows nothing: its "signed out" must not replace the session withheld.
    fn permits_later_writes(self, status: Status) -> bool {
        matches!(self, Self::Replace | Self::Renew) || (self == Self::Purge && status != Status::Withheld)
    }

    /// Flash messages, from the newest, that must not make room for what is written.
    fn keeps_flashes(self) -> usize {
        usize::from(self == Self::Flash)
    }
}

impl<T> Snapshot<T> {
    /// The same session with other data.
    pub(crate) fn with(&self, written: Written, value: Arc<T>) -> Self {
        let mut claims = self.claims.clone();
        claims.shape = written.shape;
        Self { claims, data: written.data, value, blank: written.blank }
    }
}

impl<T: SessionData> Visit<T> {
    pub(crate) fn new(config: Arc<Config<T>>, request: Request) -> Self {
        Self {
            config,
            request,
            opening: OnceLock::new(),
            gate: Gate::default(),
            handles: AtomicUsize::new(1),
            no_refresh: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            outcome: OnceLock::new(),
        }
    }

    /// Whether somebody looked at the session, or may yet: beside the handle that is given to `commit`, any other may read it in a
    /// streaming body.
    pub(crate) fn is_touched(&self) -> bool {
        self.opening.get().is_some() || self.handles.load(Ordering::Acquire) > 1
    }

    /// The first touch opens; every later one finds it done.
    pub(crate) fn opening(&self) -> &Opening<T> {
        let mut afterwards = Afterwards { ring: Vec::new(), unheard: None, outdated: None };
        let opening = self.opening.get_or_init(|| self.open(&mut afterwards));
        let (warned, cookie) = (&*self.config.warned, &*self.config.name);
        events::ring_news(afterwards.ring);
        match afterwards.unheard {
            Some(Unheard::Rejected(rejection)) => {
                events::rejected(warned, cookie, &rejection, opening.now);
            }
            Some(Unheard::NotImported(error)) => events::not_imported(warned, cookie, &error, opening.now),
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
        let judge = |ring: &Ring| {
            let mut candidates = Candidates::new(config, ring, now);
            let found = cookies::find(fields, &config.name, &mut |value| candidates.consider(value));
            let mut named = config.other_seals.names.iter().zip(&others);
            if let Some((other, _)) = named.find(|(_, came)| came.anything()).filter(|_| !found.anything()) {
                cookies::find(fields, &other.name, &mut |value| candidates.consider_as(other, value));
            }
            (found, candidates.lacked_a_key(), candidates.outcome())
        };
        let (mut found, lacked_a_key, mut outcome) = judge(&ring);
        if lacked_a_key {
            if let Some(newer) = config.ring.newer_than(&ring, &mut afterwards.ring) {
                afterwards.outdated = outcome.ok();
                ring = newer;
                (found, _, outcome) = judge(&ring);
            }
        }
        let another = others.iter().any(Found::anything);
        let nothing = !found.anything() && !another;
        let leftovers = config.leftovers.find(fields, &config.name, &found, another);
        let mut refusal = None;
        let (snapshot, status, origin_key_end, protected) = match outcome {
            Ok(opened) => {
                let Opened { claims, data, value, blank, key_end } = opened;
                let snapshot = Snapshot { claims, data, value: Arc::new(value), blank };
                (snapshot, Status::Restored, key_end, false)
            }
            Err(Some((rejection, all_unknown))) => {
                afterwards.unheard = Some(Unheard::Rejected(rejection));
                refusal = rejection.refusal;
                (config.fresh(now, 0), Status::Rejected(rejection.reason), u64::MAX, all_unknown && config.protect)
            }
            Err(None) if self.request.withholding && nothing => (config.fresh(now, 0), Status::Withheld, u64::MAX, false),
            Err(None) => {
                let old = if nothing { config.leftovers.read_old(fields, now) } else { None };
                match old.map(|value| config.imported(value, now)) {
                    Some(Ok(snapshot)) if !config.is_empty(&snapshot) => (snapshot, Status::Imported, u64::MAX, false),
                    other => {
                        afterwards.unheard = other.and_then(Result::err).map(Unheard::NotImported);
                        (config.fresh(now, 0), Status::New, u64::MAX, false)
                    }
                }
            }
        };
        let origin = Arc::new(snapshot);
        let present = Present { snapshot: Arc::clone(&origin), purged: false, renewed: false, permitted: false };
        let present = Mutex::new(present);
        Opening { now, ring, status, found, others, leftovers, origin, origin_key_end, protected, refusal, present }
    }
}

impl<T> Opening<T> {
    pub(crate) fn present(&self) -> MutexGuard<'_, Present<T>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot<T>> {
        Arc::clone(&self.present().snapshot)
    }

    /// Whether a write is held back, for the visitor's sake.
    pub(crate) fn refuse_unseen(&self, write: Write) -> Result<(), SessionError> {
        if self.present().permitted {
            Ok(())
        } else if self.status == Status::Withheld && !write.passes_withheld() {
            Err(SessionError::Withheld)
        } else if self.protected && !write.passes_protected() {
            Err(SessionError::Unreadable)
        } else {
            Ok(())
        }
    }

    /// Whether a key seals at this request's time, and its suite is built in.
    pub(crate) fn can_seal(&self) -> bool {
        self.ring.sealing(self.now).is_some_and(|entry| entry.key().cipher().is_some())
    }

    /// The refusal of a value that has no encoding. That no key seals comes before it, as before every other fault of a write.
    pub(crate) fn unencodable(&self, why: &'static str) -> SessionError {
        if self.can_seal() { SessionError::Unencodable(why) } else { SessionError::NoSealingKey }
    }

    /// A write has succeeded: `next` takes the present session's place.
    pub(crate) fn accept(&self, write: Write, next: Option<Snapshot<T>>) {
        let mut present = self.present();
        present.purged |= write == Write::Purge;
        present.renewed |= write == Write::Renew;
        present.permitted |= write.permits_later_writes(self.status);
        let Some(next) = next else { return };
        let before = std::mem::replace(&mut present.snapshot, Arc::new(next));
        // The value's own Drop may read the session: not under the lock.
        drop(present);
        drop(before);
    }

    /// Whether the response has to say something about the session: it is another than the one that came.
    pub(crate) fn is_modified(&self, config: &Config<T>) -> bool
    where
        T: SessionData,
    {
        let purged = self.present().purged;
        let both_empty = || config.is_empty(&self.snapshot()) && config.is_empty(&self.origin);
        purged || (self.differs(config) && !both_empty())
    }

    /// Whether the session holds anything else than the one that came.
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
            || now.claims.created() != then.claims.created()
            || !config.same_data(then, now)
    }

    /// The end of the session that came with the request; none where none of ours came, or where it was told already.
    pub(crate) fn ended(&self, config: &Config<T>, by: EndedBy, new: Option<SessionId>) -> Option<Ended> {
        if self.status != Status::Restored || (by == EndedBy::Purge && self.present().purged) {
            return None;
        }
        let claims = &self.origin.claims;
        Some(Ended::new(by, claims.id.map(SessionId::from), new, config.limits.absolute_end(claims)))
    }

    /// When the session ends, as its cookie says or would say.
    pub(crate) fn end(&self, config: &Config<T>) -> u64
    where
        T: SessionData,
    {
        if self.status == Status::Restored && !self.is_modified(config) {
            return config.limits.end(&self.origin.claims, self.origin_key_end);
        }
        self.outgoing(config).end
    }

    /// The session as it goes out now, under the key that seals now; where it is the one that came, in the very bytes that came.
    pub(crate) fn outgoing(&self, config: &Config<T>) -> Outgoing<T>
    where
        T: SessionData,
    {
        let session = if self.differs(config) { self.snapshot() } else { Arc::clone(&self.origin) };
        let claims = reissue(&session.claims, self.now);
        let key_end = self.ring.sealing(self.now).map_or(u64::MAX, |entry| entry.end());
        Outgoing { end: config.limits.end(&claims, key_end), claims, session }
    }
}

impl<T> Config<T> {
    /// An empty session, created now and issued no earlier than `issued`.
    pub(crate) fn fresh(&self, now: u64, issued: u64) -> Snapshot<T> {
        let claims = Claims::new(now, issued, self.types.own_shape());
        Snapshot { claims, data: self.types.own_empty().to_vec(), value: Arc::clone(&self.default), blank: true }
    }

    /// A session that another library began.
    fn imported(&self, value: T, now: u64) -> Result<Snapshot<T>, SessionError>
    where
        T: SessionData,
    {
        let written = self.types.encode(&value).map_err(SessionError::Unencodable)?;
        let mut snapshot = self.fresh(now, 0).with(written, Arc::new(value));
        self.identify(&mut snapshot)?;
        self.fit(Write::Replace, &mut snapshot)?;
        Ok(snapshot)
    }

    pub(crate) fn is_empty(&self, snapshot: &Snapshot<T>) -> bool {
        snapshot.blank && snapshot.claims.flashes.is_empty()
    }

    /// Whether two sessions hold the same data, which may be of different shapes: then as both would be written.
    fn same_data(&self, then: &Snapshot<T>, now: &Snapshot<T>) -> bool
    where
        T: SessionData,
    {
        let same_shape = then.claims.shape == now.claims.shape;
        let same_bytes = same_shape && then.data == now.data;
        if same_bytes || (same_shape && self.types.is_exact(now.claims.shape)) {
            return same_bytes;
        }
        self.types.encode(&then.value).is_ok_and(|then| then.data == now.data)
    }

    /// Gives a session that is about to be written the shape that is written.
    pub(crate) fn rewrite(&self, snapshot: &mut Snapshot<T>) -> Result<(), &'static str>
    where
        T: SessionData,
    {
        if snapshot.claims.shape != self.types.written_shape() {
            let written = self.types.encode(&snapshot.value)?;
            *snapshot = snapshot.with(written, Arc::clone(&snapshot.value));
        }
        Ok(())
    }

    /// Bytes of the line with the longest `Max-Age` and the longest claims that a refresh can make of it.
    pub(crate) fn longest_line(&self, claims: &Claims, data: usize) -> usize {
        let plaintext = self.limits.longest_claims(claims) + data;
        self.line.len(envelope::value_len(plaintext), Some(self.limits.longest_max_age()))
    }

    /// Bytes of the line with these claims and this `Max-Age`.
    pub(crate) fn line_len(&self, claims: &Claims, data: usize, max_age: Option<u64>) -> usize {
        let plaintext = claims.encoded_len(claims.issued, claims.age) + data;
        self.line.len(envelope::value_len(plaintext), max_age)
    }

    /// Makes a session fit that is about to take the present one's place: the oldest flash messages go first.
    pub(crate) fn fit(&self, write: Write, snapshot: &mut Snapshot<T>) -> Result<(), SessionError> {
        flash::trim(&mut snapshot.claims.flashes);
        loop {
            let needed = self.longest_line(&snapshot.claims, snapshot.data.len());
            if needed <= self.allowed {
                return Ok(());
            }
            if snapshot.claims.flashes.len() <= write.keeps_flashes() {
                return Err(SessionError::TooLarge { needed, allowed: self.allowed });
            }
            snapshot.claims.flashes.remove(0);
        }
    }

    /// Draws the session's id where it is to have one.
    pub(crate) fn identify(&self, snapshot: &mut Snapshot<T>) -> Result<(), RandomError> {
        if self.ids && snapshot.claims.id.is_none() && !self.is_empty(snapshot) {
            snapshot.claims.id = Some(random::bytes()?);
        }
        Ok(())
    }

    /// Seals claims and the data that `write` appends, `length` bytes or so, with the key that seals at `now`, and appends the cookie's
    /// value to `out`.
    pub(crate) fn seal(
        &self,
        ring: &Ring,
        now: u64,
        claims: &Claims,
        length: usize,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), SealError>,
        out: &mut String,
    ) -> Result<(), SealError> {
        let entry = ring.sealing(now).ok_or(SealError::NoSealingKey)?;
        let cipher = entry.key().cipher().ok_or(SealError::NoSealingKey)?;
        let length = claims.encoded_len(claims.issued, claims.age) + length;
        let write = |plaintext: &mut Vec<u8>| {
            claims.encode(plaintext);
            write(plaintext)
        };
        envelope::seal(entry.key(), cipher, &self.binding, length, write, out)
    }

    /// Seals claims and data.
    pub(crate) fn seal_data(
        &self,
        ring: &Ring,
        now: u64,
        claims: &Claims,
        data: &[u8],
        out: &mut String,
    ) -> Result<(), SealError> {
        let write = |plaintext: &mut Vec<u8>| {
            plaintext.extend_from_slice(data);
            Ok(())
        };
        self.seal(ring, now, claims, data.len(), write, out)
    }
}

/// Whether `later` is more than the refresh window after `earlier`; a clock that stepped back counts as no time.
pub(crate) fn is_slow(earlier: Duration, later: Duration) -> bool {
    later.saturating_sub(earlier) > Duration::from_secs(limits::REFRESH_WINDOW)
}
