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
use crate::error::{Reason, SealError, SessionError};
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
use crate::stage::Stage;
use crate::status::Status;
use crate::types::Written;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// What `load` keeps of a request.
pub(crate) struct Request {
    pub(crate) fields: Fields,
    /// Its method is GET or HEAD.
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
    /// The thread that is opening the session.
    pub(crate) opener: Gate,
    /// What code of the application's sees that asks for the session while it opens it: an empty one.
    meanwhile: OnceLock<Box<Opening<T>>>,
    /// The thread that is writing.
    pub(crate) gate: Gate,
    /// The thread that is committing.
    pub(crate) committer: Gate,
    pub(crate) stage: Stage,
    /// Handles that are alive, parked ones not counted.
    pub(crate) handles: AtomicUsize,
    pub(crate) no_refresh: AtomicBool,
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
    /// The session is being opened still, by the thread that asks: nothing can be written.
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

/// A session at one moment: never changed, only replaced. Its data are of the shape in its claims, which may be an older type's.
pub(crate) struct Snapshot<T> {
    pub(crate) claims: Claims,
    pub(crate) data: Vec<u8>,
    /// The value of the data. An update may take it; if it is wanted after that, it is decoded again.
    value: Mutex<Option<Held<T>>>,
    /// The data are the empty session's.
    pub(crate) blank: bool,
    /// What is needed to read the data back; `None` if they were read, from a cookie or back.
    unread: Option<Vec<u8>>,
}

/// A value, and whether it was decoded. One that the application gave may hold what serde skips.
struct Held<T> {
    value: Arc<T>,
    decoded: bool,
}

/// What is left to do once opening is done. Not inside: whoever hears an event, and the data's own Drop, may read the session.
struct Afterwards<T> {
    ring: Vec<RingNews>,
    unheard: Option<Unheard>,
    /// Values that were opened and do not count.
    discarded: Vec<T>,
    /// What came of another library, kept or not.
    imported: Option<Arc<T>>,
}

/// What opening has to say to the operator.
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

impl<T> Clone for Snapshot<T> {
    fn clone(&self) -> Self {
        let value = Mutex::new(self.slot().as_ref().map(Held::share));
        let (claims, data, unread) = (self.claims.clone(), self.data.clone(), self.unread.clone());
        Self { claims, data, value, blank: self.blank, unread }
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

    /// `blank`: the data are the empty session's after it. A session that was withheld and not seen must not be replaced by the
    /// "signed out" that follows a purge, or the setting of an empty value.
    fn permits_later_writes(self, status: Status, blank: bool) -> bool {
        match self {
            Self::Renew => true,
            Self::Replace => !blank,
            Self::Purge => status != Status::Withheld,
            Self::Change | Self::Flash | Self::Take => false,
        }
    }

    /// Flash messages, from the newest, that must not make room for what is written.
    fn keeps_flashes(self) -> usize {
        usize::from(self == Self::Flash)
    }
}

impl<T> Held<T> {
    fn share(&self) -> Self {
        Self { value: Arc::clone(&self.value), decoded: self.decoded }
    }
}

impl<T> Snapshot<T> {
    fn decoded(claims: Claims, data: Vec<u8>, value: Arc<T>, blank: bool) -> Self {
        Self { claims, data, value: Mutex::new(Some(Held { value, decoded: true })), blank, unread: None }
    }

    /// The same session with other data.
    pub(crate) fn with(&self, written: Written, value: Arc<T>) -> Self {
        let mut claims = self.claims.clone();
        claims.shape = written.shape;
        let value = Mutex::new(Some(Held { value, decoded: false }));
        Self { claims, data: written.data, value, blank: written.blank, unread: written.unread }
    }

    fn slot(&self) -> MutexGuard<'_, Option<Held<T>>> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Whether somebody looked at the session, or may yet: beside the handle that is given to `commit`, any other may read it in a
    /// streaming body.
    pub(crate) fn is_touched(&self) -> bool {
        self.opening.get().is_some() || self.handles.load(Ordering::Acquire) > 1
    }

    /// The first touch opens; every later one finds it done.
    pub(crate) fn opening(&self) -> &Opening<T> {
        if let Some(opening) = self.opening.get() {
            return opening;
        }
        let mut afterwards = Afterwards { ring: Vec::new(), unheard: None, discarded: Vec::new(), imported: None };
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
            Some(Unheard::NotImported(error)) => events::not_imported(warned, cookie, &error, opening.now),
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
            let found = cookies::find(fields, &config.name, &mut |value| candidates.consider(value));
            let mut named = config.other_seals.names.iter().zip(&others);
            if let Some((other, _)) = named.find(|(_, came)| came.anything()).filter(|_| !found.anything() && !withholding) {
                cookies::find(fields, &other.name, &mut |value| candidates.consider_as(other, value));
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
                (Snapshot::decoded(claims, data, Arc::new(value), blank), Status::Restored, key_end, false)
            }
            Err(Some((rejection, all_unknown))) => {
                afterwards.unheard = Some(Unheard::Rejected(rejection));
                refusal = rejection.refusal;
                (config.fresh(now, 0), Status::Rejected(rejection.reason), u64::MAX, all_unknown && config.protect)
            }
            // Cookies of other names prove nothing: the present one may have been held back all the same.
            Err(None) if withholding && !found.anything() => (config.fresh(now, 0), Status::Withheld, u64::MAX, false),
            Err(None) => {
                let old = if nothing { config.leftovers.read_old(fields, now) } else { None };
                afterwards.imported = old.map(Arc::new);
                match afterwards.imported.as_ref().map(|value| config.imported(value, now)) {
                    Some(Ok(snapshot)) if !config.is_empty(&snapshot) => (snapshot, Status::Imported, u64::MAX, false),
                    other => {
                        afterwards.unheard = other.and_then(Result::err).map(Unheard::NotImported);
                        (config.fresh(now, 0), Status::New, u64::MAX, false)
                    }
                }
            }
        };
        let none_came = matches!(status, Status::New | Status::Withheld) && afterwards.unheard.is_none();
        if none_came && events::TRACED && cookies::is_behind_a_comma(fields, &config.name) {
            afterwards.unheard = Some(Unheard::BehindAComma);
        }
        let origin = Arc::new(snapshot);
        let present = Present::of(&origin);
        let unopened = false;
        Opening { now, ring, status, found, others, leftovers, origin, origin_key_end, protected, unopened, refusal, present }
    }

    fn unopened(&self) -> Opening<T> {
        // Not the clock, which may be what asks.
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

    /// A write has succeeded: `next` takes the present session's place, unless the session was closed meanwhile. Drop what it displaces
    /// outside of every lock: the data's own Drop may read the session.
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
    /// Of a session to which nothing was done.
    fn of(origin: &Arc<Snapshot<T>>) -> Mutex<Self> {
        Mutex::new(Self { snapshot: Arc::clone(origin), purged: false, renewed: false, permitted: false })
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

    /// Whether a key seals at this request's time, and its suite is built in.
    pub(crate) fn can_seal(&self) -> bool {
        self.ring.sealing(self.now).is_some_and(|entry| entry.key().cipher().is_some())
    }

    /// The refusal of a value that has no encoding. That no key seals comes before it, as before every other fault of a write.
    pub(crate) fn unencodable(&self, why: &'static str) -> SessionError {
        if self.can_seal() { SessionError::Unencodable(why) } else { SessionError::NoSealingKey }
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

    /// Whether `renew()` gave an id to a session that is empty, so that no cookie will carry the id.
    pub(crate) fn has_unsent_id(&self, config: &Config<T>) -> bool {
        let present = self.present();
        present.renewed && present.snapshot.claims.id.is_some() && config.is_empty(&present.snapshot)
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

    /// The session as it goes out now, under the key that seals now; where it is the one that came, in the very bytes that came. After
    /// a purge it is another, and none of the application's code is asked whether it differs: its panic would lose the purge.
    pub(crate) fn outgoing(&self, config: &Config<T>) -> Outgoing<T>
    where
        T: SessionData,
    {
        let purged = self.present().purged;
        let session = if purged || self.differs(config) { self.snapshot() } else { Arc::clone(&self.origin) };
        let claims = reissue(&session.claims, self.now);
        let key_end = self.ring.sealing(self.now).map_or(u64::MAX, |entry| entry.end());
        Outgoing { end: config.limits.end(&claims, key_end), claims, session }
    }
}

impl<T> Config<T> {
    /// An empty session, created now and issued no earlier than `issued`.
    pub(crate) fn fresh(&self, now: u64, issued: u64) -> Snapshot<T> {
        let claims = Claims::new(now, issued, self.expiry, self.types.own_shape());
        Snapshot::decoded(claims, self.types.own_empty().to_vec(), Arc::clone(&self.default), true)
    }

    /// The value of a session. If an update took it, it is decoded again; a type that then refuses its own data reads as
    /// the default, and cannot be updated.
    pub(crate) fn value(&self, snapshot: &Snapshot<T>) -> Arc<T>
    where
        T: SessionData,
    {
        if let Some(held) = &*snapshot.slot() {
            return Arc::clone(&held.value);
        }
        match self.types.decode(snapshot.claims.shape, &snapshot.data) {
            Ok(value) => {
                let decoded = Held { value: Arc::new(value), decoded: true };
                Arc::clone(&snapshot.slot().get_or_insert(decoded).value)
            }
            Err(_) => Arc::clone(&self.default),
        }
    }

    /// The value of a session, to be changed: the decoded one if nobody else holds it, else a copy.
    pub(crate) fn take(&self, snapshot: &Snapshot<T>) -> Result<T, Reason>
    where
        T: SessionData,
    {
        let (shape, data) = (snapshot.claims.shape, &snapshot.data);
        let taken = {
            let mut slot = snapshot.slot();
            if slot.as_ref().is_some_and(|held| held.decoded) { slot.take() } else { slot.as_ref().map(Held::share) }
        };
        let Some(Held { value, decoded }) = taken else { return self.types.decode(shape, data) };
        Arc::try_unwrap(value).or_else(|value| {
            let copy = self.types.copy(shape, data, &value);
            if decoded {
                snapshot.slot().get_or_insert(Held { value, decoded });
            }
            copy
        })
    }

    /// Refuses a session that the next request would not read as it is.
    pub(crate) fn read_back(&self, snapshot: &mut Snapshot<T>) -> Result<(), &'static str>
    where
        T: SessionData,
    {
        let Some(calls) = snapshot.unread.take() else { return Ok(()) };
        self.types.read_back(&self.value(snapshot), &snapshot.data, Some(&calls))
    }

    /// A session that another library began.
    fn imported(&self, value: &Arc<T>, now: u64) -> Result<Snapshot<T>, SessionError>
    where
        T: SessionData,
    {
        let written = self.types.encode(value).map_err(SessionError::Unencodable)?;
        let mut snapshot = self.fresh(now, 0).with(written, Arc::clone(value));
        self.identify(&mut snapshot)?;
        self.fit(Write::Replace, &mut snapshot)?;
        self.read_back(&mut snapshot).map_err(SessionError::Unencodable)?;
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
        self.types.data_of(&self.value(then)).is_ok_and(|then| then == now.data)
    }

    /// Gives a session that is about to be written the shape that is written.
    pub(crate) fn rewrite(&self, snapshot: &mut Snapshot<T>) -> Result<(), &'static str>
    where
        T: SessionData,
    {
        if snapshot.claims.shape != self.types.written_shape() {
            let value = self.value(snapshot);
            let written = self.types.encode(&value)?;
            *snapshot = snapshot.with(written, value);
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
