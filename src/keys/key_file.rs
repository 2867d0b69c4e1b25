//! `KeyFile`: the handle of a ring whose file may change while the server runs. How the file is
//! looked at is in `watched`.

use super::key_ring::KeyRing;
use super::source::Cause;
use crate::error::redact::redacted_path;
use crate::error::ring::RingError;
use crate::events;
use crate::keys::file_source::Watched;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A key ring in a file that may change while the server runs. Its [`ring`](Self::ring) is given to
/// `Sessions` as any other.
///
/// There is no thread: a request that touches its session looks at the file's metadata if the last
/// look is 10 seconds ago, and so do [`Sessions::seal`](crate::Sessions::seal) and
/// [`open`](crate::Sessions::open); other requests do not wait for it. What changed is read, and
/// once a minute the file is read whatever its metadata says. A cookie under a key that is not in
/// the ring brings a reading forward, at most one in 5 seconds, and is then judged by the ring that
/// it brought, if any.
///
/// A file may be half written when it is read, and the first line of a ring is a ring too. So a new
/// text is accepted when two readings, at least 2 seconds apart, have found the same, or at the
/// first reading if nobody has touched the file for more than two minutes, by both of its dates:
/// last written, and last changed in any way (ctime). Two minutes is what the clocks of two
/// machines may differ by. Renamed files, rewritten files, Kubernetes' symlinks, new mounts and NFS
/// are all taken up so within 12 seconds of use, and within 62 if a file system hides the change
/// from its metadata.
///
/// **End the text with a line feed.** A text without one may lack its end: it is accepted 10
/// seconds after it was first read, which is within 20 seconds of use. So is a file that differs at
/// each reading: what the sixth reading finds is taken. A writer that pauses for two seconds at the
/// end of a line cannot be told from one that has finished: write another file, and rename it.
///
/// On a system that is not Unix, such as Windows, the standard library has no ctime, and any writer
/// can set the other date. There no date makes a text accepted at its first reading, and every look
/// reads the file. Everything else is the same.
///
/// A new ring that is refused is refused whole: the old one stays in use,
/// [`last_error`](Self::last_error) and an event say why, and the file is looked at again. The time
/// is that of the `Sessions`' clock; if it jumps back, the next look comes within 20 seconds
/// nevertheless.
///
/// A single file that is mounted into a container stays what it was when another is renamed over it
/// outside: mount its directory.
///
/// A look is a call or two to the file system, and at most 16 KiB. Where even that may not happen
/// in a request, as on a network mount that hangs, read the ring in a task of your own and
/// [`replace`](KeyRing::replace) it.
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
    watched: Arc<Watched>,
}

impl KeyFile {
    /// Reads a ring from a file, one key a line, and looks for changes from then on. The first text
    /// is taken as it is: there is no other ring to go on with. A warning says so if every user of
    /// the machine can read the file.
    ///
    /// # Errors
    /// As [`KeyRing::from_file`], and [`RingError::Unreadable`] where it is no regular file: the
    /// server is not to start without keys.
    pub fn watch(path: impl Into<PathBuf>) -> Result<Self, RingError> {
        let watched = Arc::new(Watched::new(path.into()));
        let mut news = Vec::new();
        let ring = watched.begin(&mut news);
        events::ring_news(news);
        Ok(Self { ring: KeyRing::watching(ring?, watched.clone()), watched })
    }

    /// The ring of the file: a handle, which always holds the last good one.
    pub fn ring(&self) -> KeyRing {
        self.ring.clone()
    }

    /// The file's path, as it was given.
    pub fn path(&self) -> &Path {
        &self.watched.path
    }

    /// Why the file was refused at the last look; `None` where the ring is that of the file.
    ///
    /// ```
    /// # #[cfg(not(target_family = "wasm"))] {
    /// use sealed_session::{Key, KeyFile, RingError, Suite};
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
        self.watched.error().clone()
    }

    /// Reads the file now, and believes what it finds at once: the caller knows that it is written
    /// to its end. For a signal handler's task, or a deployment's hook. It waits for a look that is
    /// under way.
    ///
    /// # Errors
    /// As [`watch`](Self::watch), and as [`KeyRing::replace`]: the ring then stays as it was.
    pub fn reload(&self) -> Result<(), RingError> {
        let mut news = Vec::new();
        self.ring.look(&*self.watched, Cause::Asked, &mut news);
        events::ring_news(news);
        self.last_error().map_or(Ok(()), Err)
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFile")
            .field("path", &redacted_path(&self.watched.path))
            .field("ring", &self.ring)
            .finish_non_exhaustive()
    }
}
