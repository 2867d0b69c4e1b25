//! `KeyRing`: the handle of a ring, which an application can replace. It reads the clock only to
//! refuse a ring that cannot seal, and to know when a file must be checked.

use super::key::{Key, KeyId, Published};
use super::ring::{Entry, Ring};
use super::source::{Source, Trigger};
use super::text;
use crate::clock::Clock;
use crate::clock::unix_time::UnixTime;
use crate::crypto::random::RandomError;
use crate::crypto::suite::Suite;
use crate::error::Reason;
use crate::error::ring::RingError;
use crate::events::{self, DeferredEvents, EventLog, Notice, RingObservers};
use crate::hooks::EventLevel;
use crate::keys::file_source;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::SystemTime;
use zeroize::Zeroizing;

/// The ordered set of keys that a server holds: one key seals, and every key that has not expired
/// opens.
///
/// This is a handle: clones share the ring, and [`replace`](Self::replace) changes it for all of
/// them at once. `Display` and `Debug` show key ids and never a secret. The memory of the secrets
/// is wiped when the last user of the ring is gone.
///
/// ```
/// use sealed_session::keys::Key;
/// use sealed_session::{KeyRing, Suite};
///
/// // What a deployment would put into a secret manager, one key a line, the newest first:
/// let text = format!(
///     "# shop, production\n{}  seal-from=2026-12-01T00:00:00Z\n{}\n",
///     *Key::generate(Suite::Xaes256Gcm)?.expose_secret(),
///     *Key::generate(Suite::Xaes256Gcm)?.expose_secret(),
/// );
/// let ring: KeyRing = text.parse()?;
/// assert_eq!(ring.keys().len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct KeyRing(Arc<Shared>);

struct Shared {
    ring: RwLock<Arc<Ring>>,
    /// The clock of the first `Sessions` or `Tickets` built on this ring. `replace` uses it.
    clock: OnceLock<Clock>,
    source: Option<Arc<dyn Source>>,
    observers: RingObservers,
}

impl KeyRing {
    fn new(ring: Ring) -> Self {
        Self::of(ring, None)
    }

    /// Returns the ring of a source that is checked when the ring is used.
    pub(super) fn watching(ring: Ring, source: Arc<dyn Source>) -> Self {
        Self::of(ring, Some(source))
    }

    fn of(ring: Ring, source: Option<Arc<dyn Source>>) -> Self {
        Self(Arc::new(Shared {
            ring: RwLock::new(Arc::new(ring)),
            clock: OnceLock::new(),
            source,
            observers: RingObservers::default(),
        }))
    }

    fn of_one(suite: Suite) -> Result<Self, RandomError> {
        Key::generate(suite).map(Self::from)
    }

    /// Generates a ring of one new random key. It lasts as long as the process. To keep it, store
    /// [`expose_secrets`](Self::expose_secrets).
    ///
    /// # Errors
    /// [`RandomError`] if the operating system's random generator fails.
    pub fn generate(suite: Suite) -> Result<Self, RandomError> {
        Self::of_one(suite)
    }

    /// Generates a random ring of the default suite, for development. Every restart signs everybody
    /// out, and a warning says so.
    ///
    /// # Errors
    /// [`RandomError`] if the operating system's random generator fails.
    pub fn ephemeral() -> Result<Self, RandomError> {
        events::warning(
            Notice::RingEphemeral,
            &"the session key ring is ephemeral, so every restart signs out all visitors: use \
              KeyRing::from_env_or_file",
        );
        Self::of_one(if cfg!(feature = "aes") {
            Suite::Xaes256Gcm
        } else {
            Suite::XChaCha20Poly1305
        })
    }

    /// Reads a ring once from a file with one key per line. [`KeyFile`](crate::KeyFile) also
    /// follows later changes. If every user of the machine can read the file, a warning says so.
    ///
    /// # Errors
    /// [`RingError::Unreadable`] if the file cannot be read, otherwise the same as [`FromStr`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, RingError> {
        file_source::read_once(path.as_ref()).map(Self::new)
    }

    /// Reads a ring whose secrets are those of the published test vectors, which every other
    /// constructor refuses. Anyone can seal with it.
    ///
    /// Use it only in tests. In a build without debug assertions, a warning says so once per
    /// process.
    ///
    /// # Errors
    /// The same as [`FromStr`].
    pub fn danger_from_published(text: &str) -> Result<Self, RingError> {
        let ring = Self::from_published(text)?;
        events::published_ring();
        Ok(ring)
    }

    /// Reads the ring without the warning, for code that seals nothing with it.
    pub(crate) fn from_published(text: &str) -> Result<Self, RingError> {
        text::parse(text, Published::Accepted).map(Self::new)
    }

    /// Replaces this ring's keys with those of `new`, for every clone of this handle. Requests that
    /// have begun keep the keys they saw.
    ///
    /// Use this for a ring that is stored anywhere but in a file: in Vault, a cloud's secret
    /// manager, a database. A task of your application fetches the text as often as it should, and
    /// no request waits for it. If the text cannot be fetched, does not parse or could not seal,
    /// nothing changes. (A [`KeyFile`](crate::KeyFile)'s ring is replaced again when the file
    /// changes.) `examples/redis` in the repository does this with Redis.
    ///
    /// ```
    /// use sealed_session::error::RingError;
    /// use sealed_session::{KeyRing, Map, Sessions};
    ///
    /// # use sealed_session::Suite;
    /// # use sealed_session::keys::Key;
    /// # fn fetch() -> String { Key::generate(Suite::Xaes256Gcm).unwrap().expose_secret().to_string() }
    /// // fetch() asks the secret manager.
    /// let ring: KeyRing = fetch().parse()?;
    /// let sessions = Sessions::<Map>::builder(ring.clone()).build()?;
    ///
    /// // Every half a minute, in a task of the application's own:
    /// let take_over = || -> Result<(), RingError> { ring.replace(&fetch().parse()?) };
    /// if let Err(error) = take_over() {
    ///     eprintln!("the session keys stay as they are: {error}");
    /// }
    /// # take_over()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`RingError::NoSealingKey`] or [`RingError::SuiteNotCompiled`] if `new` could not seal now.
    /// This ring then stays as it was, and a warning says so.
    pub fn replace(&self, new: &Self) -> Result<(), RingError> {
        let ring = new.snapshot();
        let checked = ring.check_seals(self.now());
        match &checked {
            Ok(()) => {
                self.put(Arc::clone(&ring));
                self.0.observers.replaced(ring.entries.len(), &ring.to_string());
            }
            Err(error) => {
                let message = format!(
                    "a new key ring was rejected, and the previous one stays in use: {error}"
                );
                self.0.observers.refused(error, &message, EventLevel::Warn);
            }
        }
        checked
    }

    /// Returns the public information of each key, in the order of the text. It describes the ring
    /// as it is now and does not check a file.
    pub fn keys(&self) -> Vec<KeyInfo> {
        self.snapshot().entries.iter().map(Entry::info).collect()
    }

    /// Returns the id of the key that seals at `time`, if any does.
    pub fn sealing_key(&self, time: SystemTime) -> Option<KeyId> {
        self.snapshot().sealing(time.into()).map(|entry| entry.key.id())
    }

    /// Returns when this ring stops sealing: the first moment, at `time` or later, at which no key
    /// seals. `None` if there is always one, for example because a key that seals at `time` has no
    /// `open-until`.
    ///
    /// From that moment on, sessions can be read but not written, unless a key is added before.
    /// Export it as a gauge, and set an alert on it. It describes the ring as it is now and does
    /// not check a file.
    ///
    /// ```
    /// use sealed_session::keys::Key;
    /// use sealed_session::{KeyRing, Suite};
    /// use std::time::{Duration, SystemTime};
    ///
    /// let key = Key::generate(Suite::Xaes256Gcm)?;
    /// let ring: KeyRing = format!("{}  open-until=2030-01-01T00:00:00Z", *key.expose_secret()).parse()?;
    /// let new_year = SystemTime::UNIX_EPOCH + Duration::from_secs(1_893_456_000);
    /// let now = new_year - Duration::from_secs(60);
    /// assert_eq!(ring.seals_until(now), Some(new_year));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn seals_until(&self, time: SystemTime) -> Option<SystemTime> {
        self.snapshot().seals_until(time.into()).map(SystemTime::from)
    }

    /// Returns the ring's text, one key per line, **with the secrets**. The text is wiped when
    /// dropped. Give it to a secret manager and nothing else.
    pub fn expose_secrets(&self) -> Zeroizing<String> {
        text::print(&self.snapshot())
    }

    pub(crate) fn snapshot(&self) -> Arc<Ring> {
        Arc::clone(&self.0.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the ring for what begins now, after checking its file if a check is due.
    pub(crate) fn current(&self, events: &mut DeferredEvents) -> Arc<Ring> {
        if let Some(source) = &self.0.source {
            self.poll(&**source, Trigger::Use, events);
        }
        self.snapshot()
    }

    /// Returns the current ring if it is not `ring`, after an early check of the file if one is
    /// due. Called for a cookie whose key is not in `ring`.
    pub(crate) fn newer_than(
        &self,
        ring: &Arc<Ring>,
        events: &mut DeferredEvents,
    ) -> Option<Arc<Ring>> {
        self.poll(&**self.0.source.as_ref()?, Trigger::UnknownKey, events);
        Some(self.snapshot()).filter(|present| !Arc::ptr_eq(present, ring))
    }

    /// Opens something with the current ring. If its key is not in that ring, tries once more with a
    /// newer one, if there is one.
    pub(crate) fn open_with<R>(
        &self,
        open: impl Fn(&Ring) -> Result<R, Reason>,
    ) -> Result<R, Reason> {
        let mut events = DeferredEvents::default();
        let ring = self.current(&mut events);
        match open(&ring) {
            Err(Reason::UnknownKey) => {
                let newer = self.newer_than(&ring, &mut events);
                newer.map_or(Err(Reason::UnknownKey), |newer| open(&newer))
            }
            opened => opened,
        }
    }

    pub(super) fn poll(&self, source: &dyn Source, cause: Trigger, events: &mut DeferredEvents) {
        source.poll(cause, self.now().as_secs(), events, &mut |ring| self.put(Arc::new(ring)));
        events.observed_by(&self.0.observers);
    }

    /// Tells `log` of what happens to the ring from now on, as long as `log` is alive.
    pub(crate) fn observe(&self, log: &Arc<EventLog>) {
        self.0.observers.add(log);
    }

    fn put(&self, ring: Arc<Ring>) {
        *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
    }

    fn now(&self) -> UnixTime {
        self.0.clock.get().map_or_else(|| Clock::system().unix_time(), Clock::unix_time)
    }

    /// Checks that the ring seals now, and makes this the clock for `replace` if it is the first.
    pub(crate) fn adopt(&self, clock: &Clock) -> Result<(), RingError> {
        self.snapshot().check_seals(clock.unix_time())?;
        let _ = self.0.clock.set(clock.clone());
        Ok(())
    }
}

/// Makes a ring of this key alone, which seals and opens at all times.
impl From<Key> for KeyRing {
    fn from(key: Key) -> Self {
        Self::new(Ring { entries: vec![Entry { key, seal_from: None, open_until: None }] })
    }
}

/// Reads a ring's text (SPEC.md §11).
///
/// # Errors
/// [`RingError::Text`] with the line's number and never the secret. The ring is refused as a whole.
impl FromStr for KeyRing {
    type Err = RingError;

    fn from_str(text: &str) -> Result<Self, RingError> {
        text::parse(text, Published::Refused).map(Self::new)
    }
}

impl fmt::Display for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.snapshot().fmt(f)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys()).finish()
    }
}

impl Entry {
    /// Returns what the entry says about its key in public.
    pub(crate) fn info(&self) -> KeyInfo {
        KeyInfo {
            id: self.key.id(),
            suite: self.key.suite(),
            seal_from: self.seal_from.map(SystemTime::from),
            open_until: self.open_until.map(SystemTime::from),
        }
    }
}

/// The public information of a key in a ring.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyInfo {
    /// The four bytes that identify the key in a cookie.
    pub id: KeyId,
    /// The suite that the key is for.
    pub suite: Suite,
    /// When the key begins to seal; `None`: from the beginning of time.
    pub seal_from: Option<SystemTime>,
    /// When the key stops opening; `None`: never.
    pub open_until: Option<SystemTime>,
}
