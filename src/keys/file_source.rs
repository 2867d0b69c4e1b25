//! A ring's file, read once or watched: `key_ring` has it looked at on use, by whichever request is
//! the first after the interval; the others go on with the ring that is there. The only file of the
//! core that reads files; `key_file` is the application's handle.
//!
//! ```text
//! first touch ─▶ a look due? ─▶ metadata as before? ─▶ read, same content? ─▶ may it be half? ─▶ parse ─▶ the ring is replaced
//!                  no: as it is    yes, for a minute      yes: as it is        yes: in 2 s       refused: the old ring goes on
//! ```
//! A new text is accepted when
//!
//! - two readings, at least 2 seconds apart, found the same, and it ends with a line feed; or
//! - nothing has touched the file for more than two minutes, by the later of mtime and ctime; or
//! - `KEY_FILE_WAITS` readings in a row, each 2 seconds after the last, have put it off.
//!
//! How the file came under its name does not count: a rename and a file that is still being written
//! look alike from outside. Nor does a date that is less old: the clock of a file server may be
//! behind ours, or ahead. On a system that is not Unix there is no ctime: the second rule never
//! applies, and every look reads the file.
//!
//! No user code runs in a look: what there is to say is collected, and told by whoever asked once
//! nothing is locked.

use super::key::Published;
use super::ring::Ring;
use super::source::{Cause, Source};
use super::text;
use crate::clock::Clock;
use crate::error::ring::RingError;
use crate::events::{self, RingNews, Topic, Warned};
use crate::limits;
use sha2::{Digest, Sha256};
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::SystemTime;
use zeroize::Zeroizing;

/// The file, and what is known of it. Times are Unix seconds by the sessions' clock.
pub(super) struct Watched {
    pub(super) path: PathBuf,
    next_look: AtomicU64,
    next_early_look: AtomicU64,
    /// Held for the length of a look.
    seen: Mutex<Seen>,
    error: Mutex<Option<RingError>>,
    warned: Warned,
}

#[derive(Default)]
struct Seen {
    /// What the metadata said when the content was last accepted. `None` if the next look must read
    /// the file: it was written just now, or the system has no ctime.
    stamp: Option<Stamp>,
    /// The content that the present ring is of.
    digest: [u8; 32],
    next_reading: u64,
    /// Another content, which is not believed yet.
    candidate: Option<Candidate>,
    /// Readings in a row that did not believe what they found.
    waits: u32,
    said_readable_by_all: bool,
}

struct Candidate {
    digest: [u8; 32],
    first_read: u64,
    /// It was found whole, and then refused as a ring.
    settled: bool,
}

impl Source for Watched {
    /// Not where somebody else is at it, unless the application asked.
    fn look(&self, cause: Cause, now: u64, news: &mut Vec<RingNews>, put: &mut dyn FnMut(Ring)) {
        if !self.is_due(cause, now) {
            return;
        }
        let mut seen = match (cause, self.seen.try_lock()) {
            (_, Ok(seen)) => seen,
            (_, Err(TryLockError::Poisoned(poisoned))) => poisoned.into_inner(),
            (Cause::Asked, Err(TryLockError::WouldBlock)) => {
                self.seen.lock().unwrap_or_else(PoisonError::into_inner)
            }
            (_, Err(TryLockError::WouldBlock)) => return,
        };
        // Again: another may have looked since.
        if !self.is_due(cause, now) {
            return;
        }
        self.next_look.store(now.saturating_add(limits::KEY_FILE_LOOK), Ordering::Relaxed);
        let unchanged = || seen.stamp.is_some() && seen.stamp == Stamp::at(&self.path);
        if cause == Cause::Use
            && !is_due(now, seen.next_reading, limits::KEY_FILE_READING)
            && unchanged()
        {
            return;
        }
        seen.next_reading = now.saturating_add(limits::KEY_FILE_READING);
        self.next_early_look
            .store(now.saturating_add(limits::KEY_FILE_EARLY_LOOK), Ordering::Relaxed);
        match self.read(&mut seen, cause, now, news) {
            Ok(Outcome::New(ring)) => {
                news.push(RingNews::replaced(&self.path, &ring.to_string()));
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
                let warn = self.warned.first_in_minute(Topic::RingRefused, now);
                news.push(RingNews::refused(&self.path, &error, warn));
                *self.error() = Some(error);
            }
        }
    }
}

impl Watched {
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

    /// The ring at the start. `build()` asks whether it seals, by its clock.
    pub(super) fn begin(&self, news: &mut Vec<RingNews>) -> Result<Ring, RingError> {
        let contents = Contents::read_regular(&self.path)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        self.warn_if_readable_by_all(&mut seen, &contents, news);
        let ring = contents.parse()?;
        seen.believe(&contents, Clock::system().now().as_secs());
        Ok(ring)
    }

    fn read(
        &self,
        seen: &mut Seen,
        cause: Cause,
        now: u64,
        news: &mut Vec<RingNews>,
    ) -> Result<Outcome, RingError> {
        seen.stamp = None;
        let contents =
            Contents::read_regular(&self.path).inspect_err(|_| seen.forget_candidate())?;
        self.warn_if_readable_by_all(seen, &contents, news);
        if contents.digest() == seen.digest {
            seen.believe(&contents, now);
            return Ok(Outcome::Same);
        }
        if cause != Cause::Asked && !seen.settled(&contents, now) {
            return Ok(Outcome::Unfinished);
        }
        let ring = contents.parse()?;
        ring.check_seals(now)?;
        seen.believe(&contents, now);
        Ok(Outcome::New(ring))
    }

    fn warn_if_readable_by_all(
        &self,
        seen: &mut Seen,
        contents: &Contents,
        news: &mut Vec<RingNews>,
    ) {
        if contents.readable_by_all && !std::mem::replace(&mut seen.said_readable_by_all, true) {
            news.push(RingNews::readable_by_all(&self.path));
        }
    }

    fn is_due(&self, cause: Cause, now: u64) -> bool {
        match cause {
            Cause::Use => {
                is_due(now, self.next_look.load(Ordering::Relaxed), limits::KEY_FILE_LOOK)
            }
            Cause::UnknownKey => is_due(
                now,
                self.next_early_look.load(Ordering::Relaxed),
                limits::KEY_FILE_EARLY_LOOK,
            ),
            Cause::Asked => true,
        }
    }

    pub(super) fn error(&self) -> MutexGuard<'_, Option<RingError>> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn believe(&mut self, contents: &Contents, now: u64) {
        // What was written just now may be written again within the grain of the file system's
        // clock.
        let at_rest = contents.stamp.age(now).is_some_and(|age| age >= limits::KEY_FILE_SETTLING);
        self.stamp = at_rest.then(|| contents.stamp.clone());
        self.digest = contents.digest();
        self.forget_candidate();
    }

    /// Whether `contents`, which are not those of the present ring, are whole; if that is not
    /// known, it is kept that they were seen.
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
        let settled = settled || untouched || read_twice || self.waits >= limits::KEY_FILE_WAITS;
        self.waits = if settled { 0 } else { self.waits + 1 };
        self.candidate = Some(Candidate { digest, first_read, settled });
        settled
    }

    fn forget_candidate(&mut self) {
        self.candidate = None;
        self.waits = 0;
    }
}

enum Outcome {
    New(Ring),
    Same,
    /// It may be half written.
    Unfinished,
}

/// Also where `next` lies further ahead than the interval can have put it: the clock has jumped
/// back. Twice, since two threads may have read the clock in another order than they come here.
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
    /// Whatever can be opened, a pipe too; no more of it than a ring may have, and a byte.
    fn read(path: &Path) -> Result<Self, RingError> {
        let unreadable = |error: std::io::Error| RingError::unreadable(path, &error);
        let file = File::open(path).map_err(unreadable)?;
        // Before the content: a change behind this shows at the next look.
        let metadata = file.metadata().map_err(unreadable)?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(limits::RING_BYTES + 1));
        (&file).take(limits::RING_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        Ok(Self { bytes, stamp: Stamp::of(&metadata), readable_by_all: readable_by_all(&metadata) })
    }

    /// A pipe would keep the request that opens it waiting for a writer.
    fn read_regular(path: &Path) -> Result<Self, RingError> {
        match std::fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => {
                Err(RingError::not_regular(path))
            }
            _ => Self::read(path),
        }
    }

    fn parse(&self) -> Result<Ring, RingError> {
        // First, or a character that the limit cuts in two would count as no UTF-8.
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

/// The ring of a file that is read once.
pub(super) fn read_once(path: &Path) -> Result<Ring, RingError> {
    let contents = Contents::read(path)?;
    if contents.readable_by_all {
        events::ring_news(vec![RingNews::readable_by_all(path)]);
    }
    contents.parse()
}

/// What tells one state of a file from another without reading it.
#[derive(Clone, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// A file system's number, and the file's in it.
    inode: Option<(u64, u64)>,
    /// When its metadata last changed (ctime), which no writer can set: seconds and nanoseconds.
    /// `None` if the system is not Unix.
    changed: Option<(i64, i64)>,
}

impl Stamp {
    fn at(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().as_ref().map(Self::of)
    }

    /// Seconds since anybody touched the file, by the later of its dates. `None` if that lies
    /// ahead, and on a system without ctime, since any writer can set the other date.
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
