//! `KeyRing`: the handle of a ring that an application holds, reads from its environment or a file,
//! and replaces. The only file of the core that reads the environment. It reads no clock but to
//! refuse a ring that could not seal, and to know when `key_file` is to look.

use super::key::{Key, KeyId, Published};
use super::ring::{Entry, Ring};
use super::source::{Cause, Source};
use super::text;
use crate::clock::{self, Clock};
use crate::crypto::random::RandomError;
use crate::crypto::suite::Suite;
use crate::error::ring::RingError;
use crate::events::{self, RingNews};
use crate::keys::file_source;
use crate::limits;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::SystemTime;
use zeroize::Zeroizing;

/// The ordered set of keys that a server holds: one seals, all that have not run out open.
///
/// A handle: clones share the ring, and [`replace`](Self::replace) changes it for all of them at
/// once. `Display` and `Debug` show key ids and never a secret; the memory of the secrets is wiped
/// when the last user of the ring is gone.
///
/// ```
/// use sealed_session::{Key, KeyRing, Suite};
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
    /// The clock of the first `Sessions` built on this ring, by which `replace` judges.
    clock: OnceLock<Clock>,
    source: Option<Arc<dyn Source>>,
}

impl KeyRing {
    fn new(ring: Ring) -> Self {
        Self::of(ring, None)
    }

    /// The ring of a source that is looked at on use.
    pub(super) fn watching(ring: Ring, source: Arc<dyn Source>) -> Self {
        Self::of(ring, Some(source))
    }

    fn of(ring: Ring, source: Option<Arc<dyn Source>>) -> Self {
        Self(Arc::new(Shared { ring: RwLock::new(Arc::new(ring)), clock: OnceLock::new(), source }))
    }

    fn of_one(suite: Suite) -> Result<Self, RandomError> {
        Key::generate(suite).map(Self::from)
    }

    /// A ring of one new random key. It lasts as long as the process; store
    /// [`expose_secrets`](Self::expose_secrets) to keep it.
    ///
    /// # Errors
    /// [`RandomError`] where the operating system's generator fails.
    pub fn generate(suite: Suite) -> Result<Self, RandomError> {
        Self::of_one(suite)
    }

    /// A random ring for development, of the default suite. Every restart signs everybody out, and
    /// a warning says so.
    ///
    /// # Errors
    /// [`RandomError`] where the operating system's generator fails.
    pub fn ephemeral() -> Result<Self, RandomError> {
        events::warning(
            "the session key ring is ephemeral: every restart signs everybody out; use KeyRing::from_env or from_file",
        );
        Self::of_one(if cfg!(feature = "aes") {
            Suite::Xaes256Gcm
        } else {
            Suite::XChaCha20Poly1305
        })
    }

    /// Reads a ring from an environment variable: keys separated by `;` or by lines.
    ///
    /// # Errors
    /// [`RingError::Missing`] where the variable is not set, else as [`FromStr`].
    pub fn from_env(variable: &str) -> Result<Self, RingError> {
        match std::env::var(variable) {
            Ok(text) => Zeroizing::new(text).parse(),
            Err(std::env::VarError::NotPresent) => Err(RingError::missing(variable)),
            Err(std::env::VarError::NotUnicode(text)) if text.len() > limits::RING_BYTES => {
                Err(RingError::TooLong)
            }
            Err(std::env::VarError::NotUnicode(_)) => Err(RingError::NotUtf8),
        }
    }

    /// Reads a ring from a file, one key a line, once; [`KeyFile`](crate::KeyFile) also sees its
    /// changes. A warning says where every user of the machine may read it.
    ///
    /// # Errors
    /// [`RingError::Unreadable`] where the file cannot be read, else as [`FromStr`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, RingError> {
        file_source::read_once(path.as_ref()).map(Self::new)
    }

    /// Reads a ring whose secrets are those of the published test vectors, which every other way
    /// refuses. Anyone can seal under it.
    ///
    /// It is for tests. A build without debug assertions warns of it, once per process.
    ///
    /// # Errors
    /// As [`FromStr`].
    pub fn danger_from_published(text: &str) -> Result<Self, RingError> {
        let ring = Self::from_published(text)?;
        events::published_ring();
        Ok(ring)
    }

    /// The same without the warning, for code that seals nothing with the ring.
    pub(crate) fn from_published(text: &str) -> Result<Self, RingError> {
        text::parse(text, Published::Accepted).map(Self::new)
    }

    /// Puts `new`'s keys in place of this ring's, for every clone of this handle. Requests that
    /// have begun keep the keys they saw.
    ///
    /// This is the way for a ring that is kept anywhere but in a file: a Vault, a cloud's secret
    /// manager, a database. A task of the application's own fetches its text as often as it should,
    /// and no request waits for it. What cannot be fetched, does not parse or could not seal
    /// changes nothing. (A ring of a [`KeyFile`](crate::KeyFile) is replaced again when the file
    /// changes.) `examples/redis` in the repository does so with Redis.
    ///
    /// ```
    /// use sealed_session::{KeyRing, Map, RingError, Sessions};
    ///
    /// # use sealed_session::{Key, Suite};
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
    /// [`RingError::NoSealingKey`] or [`RingError::SuiteNotCompiled`] where `new` could not seal
    /// now; this ring then stays as it was, and a warning says so.
    pub fn replace(&self, new: &Self) -> Result<(), RingError> {
        let ring = new.snapshot();
        let checked = ring.check_seals(self.now());
        match &checked {
            Ok(()) => {
                let keys = ring.to_string();
                self.put(ring);
                events::ring_replaced(&keys);
            }
            Err(error) => events::warning(&format!(
                "a new key ring was refused, and the one before stays in use: {error}"
            )),
        }
        checked
    }

    /// What a person may see of each key, in the order of the text: of the ring as it is now,
    /// without a look at a file.
    pub fn keys(&self) -> Vec<KeyInfo> {
        let info = |entry: &Entry| KeyInfo {
            id: entry.key.id(),
            suite: entry.key.suite(),
            seal_from: entry.seal_from.map(clock::to_system_time),
            open_until: entry.open_until.map(clock::to_system_time),
        };
        self.snapshot().entries.iter().map(info).collect()
    }

    /// The id of the key that seals at `time`, if any does.
    pub fn sealing_key(&self, time: SystemTime) -> Option<KeyId> {
        self.snapshot().sealing(clock::from_system_time(time)).map(|entry| entry.key.id())
    }

    /// The ring's text, one key a line, **with the secrets**. Wiped when dropped; hand it to a
    /// secret manager and nothing else.
    pub fn expose_secrets(&self) -> Zeroizing<String> {
        text::print(&self.snapshot())
    }

    pub(crate) fn snapshot(&self) -> Arc<Ring> {
        Arc::clone(&self.0.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The ring for what begins now: that of a file after a look, where one is due.
    pub(crate) fn current(&self, news: &mut Vec<RingNews>) -> Arc<Ring> {
        if let Some(source) = &self.0.source {
            self.look(&**source, Cause::Use, news);
        }
        self.snapshot()
    }

    /// A cookie names a key that `ring` has not: the ring in its place, where an early look at the
    /// file, or somebody else's, brought one.
    pub(crate) fn newer_than(
        &self,
        ring: &Arc<Ring>,
        news: &mut Vec<RingNews>,
    ) -> Option<Arc<Ring>> {
        self.look(&**self.0.source.as_ref()?, Cause::UnknownKey, news);
        Some(self.snapshot()).filter(|present| !Arc::ptr_eq(present, ring))
    }

    pub(super) fn look(&self, source: &dyn Source, cause: Cause, news: &mut Vec<RingNews>) {
        source.look(cause, self.now(), news, &mut |ring| self.put(Arc::new(ring)));
    }

    fn put(&self, ring: Arc<Ring>) {
        *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
    }

    fn now(&self) -> u64 {
        self.0.clock.get().map_or_else(|| Clock::system().now(), Clock::now).as_secs()
    }

    /// Called by `build()`: the ring is to seal now, and `replace` judges by this clock from here
    /// on.
    pub(crate) fn adopt(&self, clock: &Clock) -> Result<(), RingError> {
        self.snapshot().check_seals(clock.now().as_secs())?;
        let _ = self.0.clock.set(clock.clone());
        Ok(())
    }
}

/// A ring of this key alone, which seals and opens at all times.
impl From<Key> for KeyRing {
    fn from(key: Key) -> Self {
        Self::new(Ring { entries: vec![Entry { key, seal_from: None, open_until: None }] })
    }
}

/// Reads a ring's text (SPEC.md §11).
///
/// # Errors
/// [`RingError::Text`] with the line's number, and never the secret: the ring is refused whole.
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

/// What a person may see of a key in a ring.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyInfo {
    /// The four bytes that name it in a cookie.
    pub id: KeyId,
    /// The suite that it is for.
    pub suite: Suite,
    /// When it begins to seal; `None`: since ever.
    pub seal_from: Option<SystemTime>,
    /// When it stops to open; `None`: never.
    pub open_until: Option<SystemTime>,
}
