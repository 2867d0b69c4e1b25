//! A ring's file, read once or checked for changes when the ring is used. After an interval, one
//! request checks the file; the others continue with the current ring. This is the only file of the
//! core that reads files.
//!
//! A check stops at the first step that applies:
//!
//! 1. No check is due: nothing is done.
//! 2. The metadata is unchanged, and the last reading is less than a minute old: nothing is read.
//! 3. The file is read, and the content is unchanged.
//! 4. The content may be half written: the file is read again in 2 seconds.
//! 5. The content is refused as a ring: the old ring stays in use.
//! 6. The ring is replaced.
//!
//! A new text is accepted as complete if one of these holds:
//!
//! - Two readings at least 2 seconds apart found the same text, and it ends with a line feed.
//! - The file has not been touched for more than two minutes, by the later of mtime and ctime.
//! - `KEY_FILE_WAITS` readings in a row, each 2 seconds after the last, postponed it.
//!
//! How the file got its name does not count: a renamed file and one that is still being written
//! look alike from outside. A more recent date does not count either: the clock of a file server
//! may be behind ours, or ahead. On a system that is not Unix there is no ctime: the second rule
//! never applies, and every check reads the file.
//!
//! No user code runs during a check: events are collected and sent when nothing is locked.

use super::key::Published;
use super::ring::Ring;
use super::source::{Source, Trigger};
use super::text;
use crate::clock::Clock;
use crate::clock::unix_time::UnixTime;
use crate::error::ring::RingError;
use crate::events::{DeferredEvents, Topic, Warned};
use crate::limits;
use sha2::{Digest, Sha256};
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::SystemTime;
use zeroize::Zeroizing;

/// The file and what is known of it. Times are Unix seconds of the sessions' clock.
pub(super) struct FileSource {
    pub(super) path: PathBuf,
    next_look: AtomicU64,
    next_early_look: AtomicU64,
    /// Locked during a check.
    seen: Mutex<Seen>,
    error: Mutex<Option<RingError>>,
    warned: Warned,
}

#[derive(Default)]
struct Seen {
    /// The metadata when the content was last accepted. `None` if the next check must read the
    /// file, because it was just written or the system has no ctime.
    stamp: Option<Stamp>,
    /// The digest of the current ring's content.
    digest: [u8; 32],
    next_reading: u64,
    /// Another content, which is not accepted yet.
    candidate: Option<Candidate>,
    /// Readings in a row that did not accept what they found.
    retries: u32,
    said_readable_by_all: bool,
}

struct Candidate {
    digest: [u8; 32],
    first_read: u64,
    /// The content was found complete. If it is then refused as a ring, the candidate stays.
    settled: bool,
}

impl Source for FileSource {
    /// Does nothing if another thread is checking the file, unless the application asked for the
    /// check.
    fn poll(
        &self,
        cause: Trigger,
        now: u64,
        events: &mut DeferredEvents,
        put: &mut dyn FnMut(Ring),
    ) {
        if !self.is_due(cause, now) {
            return;
        }
        let mut seen = match (cause, self.seen.try_lock()) {
            (_, Ok(seen)) => seen,
            (_, Err(TryLockError::Poisoned(poisoned))) => poisoned.into_inner(),
            (Trigger::Asked, Err(TryLockError::WouldBlock)) => {
                self.seen.lock().unwrap_or_else(PoisonError::into_inner)
            }
            (_, Err(TryLockError::WouldBlock)) => return,
        };
        // Another thread may have checked in the meantime.
        if !self.is_due(cause, now) {
            return;
        }
        self.next_look.store(now.saturating_add(limits::KEY_FILE_LOOK), Ordering::Relaxed);
        let unchanged = || seen.stamp.is_some() && seen.stamp == Stamp::at(&self.path);
        if cause == Trigger::Use
            && !is_due(now, seen.next_reading, limits::KEY_FILE_READING)
            && unchanged()
        {
            return;
        }
        seen.next_reading = now.saturating_add(limits::KEY_FILE_READING);
        self.next_early_look
            .store(now.saturating_add(limits::KEY_FILE_EARLY_LOOK), Ordering::Relaxed);
        match self.read(&mut seen, cause, now, events) {
            Ok(Outcome::New(ring)) => {
                events.ring_replaced(&self.path, ring.entries.len(), &ring.to_string());
                put(ring);
                *self.error() = None;
            }
            Ok(Outcome::Same) => *self.error() = None,
            Ok(Outcome::Unfinished) => {
                let soon = now.saturating_add(limits::KEY_FILE_SETTLING);
                self.next_look.store(soon, Ordering::Relaxed);
                self.next_early_look.store(soon, Ordering::Relaxed);
            }
            Err(error) => {
                let warn =
                    self.warned.first_in_minute(Topic::RingRefused, UnixTime::from_secs(now));
                events.ring_refused(&self.path, &error, warn);
                *self.error() = Some(error);
            }
        }
    }
}

impl FileSource {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            next_look: AtomicU64::new(0),
            next_early_look: AtomicU64::new(0),
            seen: Mutex::default(),
            error: Mutex::default(),
            warned: Warned::new(),
        }
    }

    /// Reads the first ring. `build()` checks with its own clock whether the ring seals.
    pub(super) fn begin(&self, events: &mut DeferredEvents) -> Result<Ring, RingError> {
        let contents = Contents::read_regular(&self.path)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        self.warn_if_readable_by_all(&mut seen, &contents, events);
        let ring = contents.parse()?;
        seen.accept(&contents, Clock::system().now().as_secs());
        Ok(ring)
    }

    fn read(
        &self,
        seen: &mut Seen,
        cause: Trigger,
        now: u64,
        events: &mut DeferredEvents,
    ) -> Result<Outcome, RingError> {
        seen.stamp = None;
        let contents =
            Contents::read_regular(&self.path).inspect_err(|_| seen.forget_candidate())?;
        self.warn_if_readable_by_all(seen, &contents, events);
        if contents.digest() == seen.digest {
            seen.accept(&contents, now);
            return Ok(Outcome::Same);
        }
        if cause != Trigger::Asked && !seen.settled(&contents, now) {
            return Ok(Outcome::Unfinished);
        }
        let ring = contents.parse()?;
        ring.check_seals(UnixTime::from_secs(now))?;
        seen.accept(&contents, now);
        Ok(Outcome::New(ring))
    }

    fn warn_if_readable_by_all(
        &self,
        seen: &mut Seen,
        contents: &Contents,
        events: &mut DeferredEvents,
    ) {
        if contents.readable_by_all && !std::mem::replace(&mut seen.said_readable_by_all, true) {
            events.readable_by_all(&self.path);
        }
    }

    fn is_due(&self, cause: Trigger, now: u64) -> bool {
        match cause {
            Trigger::Use => {
                is_due(now, self.next_look.load(Ordering::Relaxed), limits::KEY_FILE_LOOK)
            }
            Trigger::UnknownKey => is_due(
                now,
                self.next_early_look.load(Ordering::Relaxed),
                limits::KEY_FILE_EARLY_LOOK,
            ),
            Trigger::Asked => true,
        }
    }

    pub(super) fn error(&self) -> MutexGuard<'_, Option<RingError>> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn accept(&mut self, contents: &Contents, now: u64) {
        // A file that was just written may be written again within the resolution of the file
        // system's clock.
        let at_rest = contents.stamp.age(now).is_some_and(|age| age >= limits::KEY_FILE_SETTLING);
        self.stamp = at_rest.then(|| contents.stamp.clone());
        self.digest = contents.digest();
        self.forget_candidate();
    }

    /// Returns whether `contents`, which differ from the current ring's, are complete. Otherwise
    /// they are remembered as a candidate.
    fn settled(&mut self, contents: &Contents, now: u64) -> bool {
        let digest = contents.digest();
        let (first_read, settled) = match &self.candidate {
            Some(known) if known.digest == digest && known.first_read <= now => {
                (known.first_read, known.settled)
            }
            _ => (now, false),
        };
        let untouched =
            contents.stamp.age(now).is_some_and(|age| age >= limits::KEY_FILE_UNTOUCHED);
        let read_twice =
            now - first_read >= limits::KEY_FILE_SETTLING && contents.bytes.ends_with(b"\n");
        let settled = settled || untouched || read_twice || self.retries >= limits::KEY_FILE_WAITS;
        self.retries = if settled { 0 } else { self.retries + 1 };
        self.candidate = Some(Candidate { digest, first_read, settled });
        settled
    }

    fn forget_candidate(&mut self) {
        self.candidate = None;
        self.retries = 0;
    }
}

enum Outcome {
    New(Ring),
    Same,
    /// The file may be half written.
    Unfinished,
}

/// Returns whether `now` has reached `next`. Also returns `true` if `next` is further ahead than
/// the interval allows, because the clock then jumped back. Twice the interval, because two threads
/// may arrive here in another order than they read the clock.
fn is_due(now: u64, next: u64, interval: u64) -> bool {
    now >= next || next - now > 2 * interval
}

/// What a file held when it was read.
struct Contents {
    bytes: Zeroizing<Vec<u8>>,
    stamp: Stamp,
    readable_by_all: bool,
}

impl Contents {
    /// Reads anything that can be opened, including a pipe, up to one byte more than a ring may
    /// have.
    fn read(path: &Path) -> Result<Self, RingError> {
        let unreadable = |error: std::io::Error| RingError::unreadable(path, &error);
        let file = File::open(path).map_err(unreadable)?;
        // Read before the content, so that a later change shows at the next check.
        let metadata = file.metadata().map_err(unreadable)?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(limits::RING_BYTES + 1));
        (&file).take(limits::RING_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        Ok(Self { bytes, stamp: Stamp::of(&metadata), readable_by_all: readable_by_all(&metadata) })
    }

    /// Refuses a pipe, which would make the request that opens it wait for a writer.
    fn read_regular(path: &Path) -> Result<Self, RingError> {
        match std::fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => {
                Err(RingError::not_regular(path))
            }
            _ => Self::read(path),
        }
    }

    fn parse(&self) -> Result<Ring, RingError> {
        // Checked first, because a character that is cut at the limit would count as invalid UTF-8.
        if self.bytes.len() > limits::RING_BYTES {
            return Err(RingError::TooLong);
        }
        let text = std::str::from_utf8(&self.bytes).map_err(|_| RingError::NotUtf8)?;
        text::parse(text, Published::Refused)
    }

    fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }
}

/// Reads the ring of a file once.
pub(super) fn read_once(path: &Path) -> Result<Ring, RingError> {
    let contents = Contents::read(path)?;
    if contents.readable_by_all {
        DeferredEvents::default().readable_by_all(path);
    }
    contents.parse()
}

/// Metadata that tells one state of a file from another without reading it.
#[derive(Clone, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// The file system's number, and the file's number in it.
    inode: Option<(u64, u64)>,
    /// When the metadata last changed (ctime), which no writer can set: seconds and nanoseconds.
    /// `None` if the system is not Unix.
    changed: Option<(i64, i64)>,
}

impl Stamp {
    fn at(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().as_ref().map(Self::of)
    }

    /// Returns the seconds since the file was last touched, by the later of its dates. `None` if
    /// that date is in the future, and on a system without ctime, because any writer can set the
    /// other date.
    fn age(&self, now: u64) -> Option<u64> {
        let modified = self
            .modified?
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let changed = u64::try_from(self.changed?.0).unwrap_or(0);
        now.checked_sub(modified.max(changed))
    }

    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let (inode, changed) = {
            use std::os::unix::fs::MetadataExt;
            (
                Some((metadata.dev(), metadata.ino())),
                Some((metadata.ctime(), metadata.ctime_nsec())),
            )
        };
        #[cfg(not(unix))]
        let (inode, changed) = (None, None);
        Self { length: metadata.len(), modified: metadata.modified().ok(), inode, changed }
    }
}

#[cfg(unix)]
fn readable_by_all(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.is_file() && metadata.mode() & 0o004 != 0
}

#[cfg(not(unix))]
fn readable_by_all(_: &Metadata) -> bool {
    false
}
