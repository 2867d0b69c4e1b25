//! `KeyFile`: a key ring whose file may change while the server runs.

use super::key_ring::KeyRing;
use super::source::Trigger;
use crate::error::redact::redacted_path;
use crate::error::ring::RingError;
use crate::events;
use crate::keys::file_source::FileSource;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A key ring in a file that may change while the server runs. Give its [`ring`](Self::ring) to
/// `Sessions` like any other.
///
/// There is no background thread. A request that touches its session checks the file's metadata if
/// the last check was at least 10 seconds ago. [`Sessions::seal`](crate::Sessions::seal) and
/// [`open`](crate::Sessions::open) do the same. Other requests do not wait for the check. If the
/// metadata changed, the file is read. Once a minute it is read whatever its metadata says. A
/// cookie with an unknown key id triggers an early reading, at most every 5 seconds. If that brings
/// a new ring, the cookie is retried with it.
///
/// A file may be half written when it is read, and the first line of a ring is a valid ring too. A
/// new text is therefore accepted when two readings at least 2 seconds apart found the same text.
/// It is accepted at the first reading if the file has not been touched for more than two minutes,
/// by both of its dates: last written, and last changed in any way (ctime). Two minutes is how far
/// the clocks of two machines may differ. Renamed files, rewritten files, Kubernetes' symlinks, new
/// mounts and NFS are all picked up within 12 seconds of use, or within 62 seconds if a file system
/// hides the change from its metadata.
///
/// **End the text with a line feed.** A text without one may be incomplete. It is accepted 10
/// seconds after it was first read, which is within 20 seconds of use. The same holds for a file
/// that differs at each reading: the sixth reading is accepted. A writer that pauses for two
/// seconds at the end of a line looks like one that has finished, so write another file and rename
/// it.
///
/// On a system that is not Unix, such as Windows, the standard library has no ctime, and any writer
/// can set the other date. There, no text is accepted at its first reading because of a date, and
/// every check reads the file. Everything else is the same.
///
/// A new ring with an error is refused as a whole. The old one stays in use,
/// [`last_error`](Self::last_error) and an event give the reason, and the file continues to be
/// checked. The time is that of the `Sessions`' clock. If it jumps back, the next check still comes
/// within 20 seconds.
///
/// A single file that is mounted into a container does not change when another file is renamed over
/// it outside. Mount its directory instead.
///
/// A check takes a call or two to the file system and reads at most 16 KiB. If even that must not
/// happen in a request, for example because a network mount may hang, read the ring in a task of
/// your own and [`replace`](KeyRing::replace) it.
///
/// ```no_run
/// use sealed_session::{KeyFile, Map, Sessions};
///
/// let file = KeyFile::watch("/run/secrets/session-keys")?;
/// let sessions = Sessions::<Map>::builder(file.ring()).build()?;
///
/// // On the operator's page:
/// if let Some(error) = file.last_error() {
///     println!("the session keys are not those of the file: {error}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct KeyFile {
    ring: KeyRing,
    source: Arc<FileSource>,
}

impl KeyFile {
    /// Reads a ring from a file with one key per line, and checks the file for changes from then
    /// on.
    ///
    /// The first text is accepted as it is, because there is no earlier ring to keep. If every user
    /// of the machine can read the file, a warning says so.
    ///
    /// # Errors
    /// The same as [`KeyRing::from_file`], and [`RingError::Unreadable`] if it is not a regular
    /// file. A server must not start without keys.
    pub fn watch(path: impl Into<PathBuf>) -> Result<Self, RingError> {
        let source = Arc::new(FileSource::new(path.into()));
        let mut news = Vec::new();
        let ring = source.begin(&mut news);
        events::ring_news(news);
        Ok(Self { ring: KeyRing::watching(ring?, source.clone()), source })
    }

    /// Returns the file's ring: a handle that always holds the last accepted ring.
    pub fn ring(&self) -> KeyRing {
        self.ring.clone()
    }

    /// Returns the file's path, as it was given.
    pub fn path(&self) -> &Path {
        &self.source.path
    }

    /// Returns why the file was refused at the last check, or `None` if the ring is the file's.
    ///
    /// ```
    /// # #[cfg(not(target_family = "wasm"))] {
    /// use sealed_session::error::RingError;
    /// use sealed_session::keys::Key;
    /// use sealed_session::{KeyFile, Suite};
    ///
    /// let path = std::env::temp_dir().join(format!("session-keys-{}", std::process::id()));
    /// std::fs::write(&path, Key::generate(Suite::Xaes256Gcm)?.expose_secret())?;
    /// let file = KeyFile::watch(&path)?;
    /// assert_eq!(file.last_error(), None);
    ///
    /// std::fs::write(&path, "# nothing")?;
    /// assert_eq!(file.reload(), Err(RingError::Empty));
    /// assert_eq!(file.last_error(), Some(RingError::Empty));
    /// assert_eq!(file.ring().keys().len(), 1); // the one before
    /// # std::fs::remove_file(&path)?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn last_error(&self) -> Option<RingError> {
        self.source.error().clone()
    }

    /// Reads the file now and accepts what it finds at once, for a signal handler's task or a
    /// deployment hook. Call it only when the file is completely written. It waits for a check that
    /// is under way.
    ///
    /// # Errors
    /// The same as [`watch`](Self::watch) and [`KeyRing::replace`]. The ring then stays as it was.
    pub fn reload(&self) -> Result<(), RingError> {
        let mut news = Vec::new();
        self.ring.poll(&*self.source, Trigger::Asked, &mut news);
        events::ring_news(news);
        self.last_error().map_or(Ok(()), Err)
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFile")
            .field("path", &redacted_path(&self.source.path))
            .field("ring", &self.ring)
            .finish_non_exhaustive()
    }
}
