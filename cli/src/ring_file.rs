//! The place of a ring's text: a file, standard input and output, or an environment variable. A
//! file's whole content is replaced at once, under a lock, so that a server that reads meanwhile
//! sees either the old ring or the new one. Buffers that hold the text are wiped.
//!
//! ```text
//! FILE.lock           empty; one editor locks it, others wait. The lock ends with its process
//! .FILE.<pid>.tmp     written, fsynced, renamed to FILE (a new one: linked), directory fsynced
//! ```
//!
//! On Unix the editor removes FILE.lock at the end. Elsewhere it stays, because a file's identity,
//! by which a waiting editor notices the removal, is not portable.

use crate::failure::{Failure, quoted};
use crate::ring::{self, RingText};
use fs4::TryLockError;
use sealed_session::inspect;
use std::convert::Infallible;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// How long an editor waits for another. Each holds the lock for milliseconds.
const PATIENCE: Duration = Duration::from_secs(3);

const RING_BYTES: usize = inspect::RingText::MAX_BYTES;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Standard,
    Variable(String),
    File(PathBuf),
}

impl FromStr for Place {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.strip_prefix("env:") {
            _ if text == "-" => Self::Standard,
            Some(variable) => Self::Variable(variable.to_owned()),
            None => Self::File(PathBuf::from(text)),
        })
    }
}

impl Place {
    /// Returns the place as messages show it: paths are quoted.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Standard => String::from("standard input"),
            Self::Variable(variable) => format!("the environment variable {variable}"),
            Self::File(path) => quoted(path),
        }
    }
}

/// A ring as it was read.
pub(crate) struct Ring {
    pub(crate) text: Zeroizing<String>,
    pub(crate) parsed: RingText,
    /// The file's mode, if it has one.
    pub(crate) mode: Option<u32>,
}

/// What an edit may write, and which secrets it accepts.
#[derive(Clone, Copy)]
pub(crate) struct EditTerms {
    pub(crate) take_published: bool,
    pub(crate) dry_run: bool,
}

/// Reads a ring as a server would.
pub(crate) fn read(place: &Place, take_published: bool) -> Result<Ring, Failure> {
    read_as(place, place, take_published)
}

fn unreadable(place: &Place, error: &std::io::Error) -> Failure {
    let hint = if error.kind() == ErrorKind::NotFound {
        ": check the path, or make a ring with `sealed-session keys new`"
    } else {
        ""
    };
    Failure::refused(format!("cannot read {}: {error}{hint}", place.name()))
}

/// Reads `place`, and calls it `named` in messages.
fn read_as(named: &Place, place: &Place, take_published: bool) -> Result<Ring, Failure> {
    let unreadable = |error: std::io::Error| unreadable(named, &error);
    let mut mode = None;
    let text = match place {
        Place::Standard => utf8(read_all(std::io::stdin().lock()).map_err(unreadable)?, named)?,
        Place::File(path) => {
            let file = File::open(path).map_err(unreadable)?;
            mode = mode_of(&file);
            utf8(read_all(file).map_err(unreadable)?, named)?
        }
        Place::Variable(variable) => match std::env::var(variable) {
            Ok(text) => Zeroizing::new(text),
            Err(std::env::VarError::NotPresent) => {
                return Err(Failure::refused(format!(
                    "{} is not set: set it to the ring's text",
                    named.name()
                )));
            }
            Err(std::env::VarError::NotUnicode(_)) => {
                return Err(Failure::refused(format!("{} is not UTF-8", named.name())));
            }
        },
    };
    let parsed = ring::parse(&text, take_published);
    let parsed = parsed.map_err(|error| Failure::refused(format!("{}: {error}", named.name())))?;
    Ok(Ring { text, parsed, mode })
}

/// Reads a ring, lets `change` make another text from it, and replaces it with that text. A file is
/// not written in a dry run, if `change` fails or changes nothing, or if a server would refuse the
/// new text. Returns what `change` returned beside the text.
pub(crate) fn edit<A>(
    place: &Place,
    terms: EditTerms,
    change: impl FnOnce(&Ring) -> Result<(Zeroizing<String>, A), Failure>,
) -> Result<A, Failure> {
    let checked = |ring: &Ring| {
        let (text, answer) = change(ring)?;
        ring::parse_edited(&text, terms.take_published)?;
        Ok((text, answer))
    };
    match place {
        Place::Variable(variable) => Err(Failure::wrong_use(format!(
            "cannot edit an environment variable: pipe it through, as in \
             `printenv {variable} | sealed-session keys add -`"
        ))),
        Place::Standard => {
            let (text, answer) = checked(&read(place, terms.take_published)?)?;
            if !terms.dry_run {
                write_out(&text)?;
            }
            Ok(answer)
        }
        Place::File(_) if terms.dry_run => {
            checked(&read(place, terms.take_published)?).map(|(_, answer)| answer)
        }
        Place::File(path) => {
            // A link stays; the file that it points to is replaced.
            let target = fs::canonicalize(path).map_err(|error| unreadable(place, &error))?;
            let _lock = Lock::take(&target)?;
            // Reads the file that is locked, not the one that the link may point to by now.
            let ring = read_as(place, &Place::File(target.clone()), terms.take_published)?;
            let (text, answer) = checked(&ring)?;
            let text = ended(text);
            if text != ring.text {
                replace(&target, &ring.text, &text)?;
            }
            Ok(answer)
        }
    }
}

/// Creates a new file of mode 0600, or prints the text. A dry run only checks that the file's name
/// is free.
pub(crate) fn create(place: &Place, text: &str, dry_run: bool) -> Result<(), Failure> {
    match place {
        Place::Standard if dry_run => Ok(()),
        Place::Standard => write_out(text),
        Place::Variable(_) => Err(Failure::wrong_use(
            "cannot set an environment variable: print the key with `sealed-session keys new -`",
        )),
        Place::File(path) => {
            let made = if !dry_run {
                put_new(path, text)
            } else if fs::symlink_metadata(path).is_ok() {
                Err(None)
            } else {
                Ok(())
            };
            made.map_err(|error| {
                Failure::refused(match error {
                    Some(error) => format!("cannot create {}: {error}", place.name()),
                    None => format!(
                        "{} already exists: add a key to it with `sealed-session keys add`, or \
                         give another name",
                        place.name()
                    ),
                })
            })
        }
    }
}

/// Creates a file under an unused name: completely, and never over a file that another program
/// creates meanwhile. The error is `None` if the name is already used.
fn put_new(path: &Path, text: &str) -> Result<(), Option<std::io::Error>> {
    let taken = |error: std::io::Error| {
        Some(error).filter(|error| error.kind() != ErrorKind::AlreadyExists)
    };
    let temporary = temporary(path);
    let written = write_new(&temporary, text, None);
    let linked = written.as_ref().map(|()| fs::hard_link(&temporary, path));
    let _ = fs::remove_file(&temporary);
    match linked {
        Ok(Ok(())) => {}
        Ok(Err(error)) if error.kind() == ErrorKind::AlreadyExists => return Err(None),
        // A file system without hard links.
        Ok(Err(_)) => write_new(path, text, None).map_err(taken)?,
        Err(_) => return written.map_err(Some),
    }
    sync_directory(path);
    Ok(())
}

/// Returns the text with a line feed at the end. Without one, a server that watches the file would
/// wait for more.
fn ended(text: Zeroizing<String>) -> Zeroizing<String> {
    if text.ends_with('\n') {
        return text;
    }
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut ended = Zeroizing::new(String::with_capacity(text.len() + end.len()));
    ended.push_str(&text);
    ended.push_str(end);
    ended
}

/// Writes directly to the file descriptor, because the buffer of `Stdout` is not wiped.
fn write_out(text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::refused(format!("cannot write to standard output: {error}"))
    };
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        let descriptor = std::io::stdout().as_fd().try_clone_to_owned().map_err(failed)?;
        File::from(descriptor).write_all(text.as_bytes()).map_err(failed)
    }
    #[cfg(not(unix))]
    {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(failed)
    }
}

/// Reads at most one byte more than a ring may have, into a buffer that never grows.
fn read_all(source: impl Read) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(RING_BYTES + 1));
    source.take(RING_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn utf8(bytes: Zeroizing<Vec<u8>>, place: &Place) -> Result<Zeroizing<String>, Failure> {
    let text = std::str::from_utf8(&bytes).map_err(|_| {
        Failure::refused(format!("{}: the key ring is not UTF-8 text", place.name()))
    })?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// The lock that is held while a file is edited. The operating system ends it with the process.
struct Lock {
    path: PathBuf,
    /// Locked until it is closed.
    _file: File,
}

impl Lock {
    fn take(target: &Path) -> Result<Self, Failure> {
        let path = beside(target, "", ".lock");
        let begun = Instant::now();
        loop {
            let file = open_lock(&path).map_err(|error| {
                Failure::refused(format!(
                    "nothing was changed, because its lock file {} cannot be opened: {error}",
                    quoted(&path)
                ))
            })?;
            match fs4::FileExt::try_lock(&file) {
                // If it is not, the previous editor removed the file, and this one must open the
                // new file.
                Ok(()) if is_still_at(&file, &path) => return Ok(Self { path, _file: file }),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Failure::refused(format!(
                        "nothing was changed, because another process is editing {}: try again \
                         when it is done",
                        quoted(target)
                    )));
                }
                Err(TryLockError::Error(error)) => {
                    return Err(Failure::refused(format!(
                        "nothing was changed, because {} cannot be locked: {error}: edit a copy \
                         on a local disk",
                        quoted(&path)
                    )));
                }
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if cfg!(unix) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn open_lock(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Returns whether the file has not been removed or replaced.
#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    matches!(
        (file.metadata().map(identity), fs::metadata(path).map(identity)),
        (Ok(locked), Ok(present)) if locked == present
    )
}

#[cfg(not(unix))]
fn is_still_at(_: &File, _: &Path) -> bool {
    true
}

fn beside(path: &Path, before: &str, after: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(before);
    name.push(path.file_name().unwrap_or_default());
    name.push(after);
    path.with_file_name(name)
}

/// Replaces a file's text, if it is still `old`. A program that does not know the lock, such as a
/// text editor, may have changed it.
fn replace(path: &Path, old: &str, text: &str) -> Result<(), Failure> {
    let temporary = temporary(path);
    // Under the lock, a file of that name is from an editor that was killed.
    let _ = fs::remove_file(&temporary);
    let before = fs::metadata(path).ok();
    let is_old = || {
        let now = read_all(File::open(path)?)?;
        let same = now.as_slice() == old.as_bytes();
        same.then_some(()).ok_or_else(|| {
            std::io::Error::other("another program changed it meanwhile: run this command again")
        })
    };
    let written = write_new(&temporary, text, before.as_ref())
        .and_then(|()| is_old())
        .and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary);
        return Err(Failure::refused(format!(
            "nothing was changed, because {} cannot be written: {error}",
            quoted(path)
        )));
    }
    sync_directory(path);
    Ok(())
}

fn temporary(path: &Path) -> PathBuf {
    beside(path, ".", &format!(".{}.tmp", std::process::id()))
}

/// Makes the new name durable on disk. If a directory cannot be opened or synced, the file system
/// writes it in its own time.
fn sync_directory(path: &Path) {
    let parent =
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = File::open(parent).and_then(|directory| directory.sync_all());
}

fn write_new(path: &Path, text: &str, before: Option<&fs::Metadata>) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    #[cfg(unix)]
    if let Some(before) = before {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let made = file.metadata()?;
        if (made.uid(), made.gid()) != (before.uid(), before.gid()) {
            // Its owner or group is the service that reads it. A file owned by root would lock the
            // service out.
            std::os::unix::fs::fchown(&file, Some(before.uid()), Some(before.gid()))?;
        }
        // Keep a mode that excludes others. A mode that lets others in was probably not chosen
        // deliberately.
        let mode = before.mode() & 0o777;
        file.set_permissions(fs::Permissions::from_mode(if mode & 0o007 == 0 {
            mode
        } else {
            0o600
        }))?;
    }
    #[cfg(not(unix))]
    let _ = before;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(unix)]
fn mode_of(file: &File) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    file.metadata().ok().map(|metadata| metadata.mode() & 0o777)
}

#[cfg(not(unix))]
fn mode_of(_: &File) -> Option<u32> {
    None
}
