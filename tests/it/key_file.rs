//! docs/rules.md §4: a key ring's file that changes while the server runs, in every way in which
//! files do, and the faults of such a file.

#[cfg(target_os = "linux")]
mod slow;
mod written;

use crate::support::logs::{Log, logged};
use crate::support::*;
use sealed_session::clock::ManualClock;
use sealed_session::error::{KeyProblem, Position, RingError};
use sealed_session::{KeyFile, KeyRing, LoadStatus, Reason, Sessions};
use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

/// A directory that is removed when the test ends.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "sealed-session-key-file-{}-{}",
            std::process::id(),
            NUMBER.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap()
}

/// An hour ago.
fn long_ago() -> SystemTime {
    SystemTime::now() - secs(3600)
}

fn date(path: &Path, modified: SystemTime) {
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_times(FileTimes::new().set_modified(modified))
        .unwrap();
}

/// Writes in place, readable only by the owner, with a date a while ago.
fn write(path: &Path, text: impl AsRef<[u8]>) {
    fs::write(path, text).unwrap();
    #[cfg(unix)]
    chmod(path, 0o600);
    date(path, long_ago());
}

#[cfg(unix)]
fn chmod(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A server whose ring is in a file, a day after the test, so that the file was not modified
/// recently. (A file's time of the last metadata change cannot be set.) `written` has servers that
/// read a recently modified file.
struct Node {
    dir: Dir,
    path: PathBuf,
    file: KeyFile,
    sessions: Sessions<Visit>,
    clock: ManualClock,
}

impl Node {
    fn new(text: &str) -> Self {
        let dir = Dir::new();
        write(&dir.join("keys"), text);
        Self::at(dir, "keys")
    }

    fn at(dir: Dir, name: &str) -> Self {
        Self::by(ManualClock::at(now() + secs(DAY)), dir, name)
    }

    fn by(clock: ManualClock, dir: Dir, name: &str) -> Self {
        let path = dir.join(name);
        let file = KeyFile::watch(&path).unwrap();
        let sessions = Sessions::builder(file.ring()).clock(clock.clone()).build().unwrap();
        let node = Self { dir, path, file, sessions, clock };
        node.touch();
        node
    }

    /// A request of a visitor without a session, which touches it.
    fn touch(&self) {
        Call::get().run(&self.sessions, |session| session.is_empty());
    }

    /// A time this many seconds ahead, as a ring writes it.
    fn time_in(&self, seconds: u64) -> String {
        let unix = (self.clock.now() + secs(seconds)).as_secs();
        let time = time::OffsetDateTime::from_unix_timestamp(i64::try_from(unix).unwrap()).unwrap();
        let ((year, month, day), (hour, minute, second)) = (time.to_calendar_date(), time.to_hms());
        format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z", u8::from(month))
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(secs(seconds));
        self.touch();
    }

    /// Returns whether its keys are those of `text`.
    fn holds(&self, text: &str) -> bool {
        self.file.ring().keys() == text.parse::<KeyRing>().unwrap().keys()
    }

    /// Checks that the first request 10 seconds after the last reading sees the change, and none
    /// before.
    fn sees(&self, text: &str, change: impl FnOnce(&Self)) {
        change(self);
        self.pass(9);
        assert!(!self.holds(text), "it looked before its time");
        self.pass(1);
        assert!(self.holds(text), "{:?}", self.file);
        assert_eq!(self.file.last_error(), None);
    }

    /// Returns whether a request with this cookie reads the file. The file is missing meanwhile, so
    /// that the reading fails.
    fn looks_at(&self, cookie: &str) -> bool {
        let aside = self.dir.join("aside");
        fs::rename(&self.path, &aside).unwrap();
        Call::get().cookie(cookie).run(&self.sessions, |session| session.load_status());
        fs::rename(&aside, &self.path).unwrap();
        self.file.last_error().is_some()
    }
}

/// The cookie of a session whose key no server has.
fn unknown() -> String {
    sessions().0.seal(&visit(7)).unwrap()
}

#[test]
fn a_renamed_file_is_seen_within_10_seconds() {
    let (old, new) = (line(""), line(""));
    let node = Node::new(&old);
    node.sees(&new, |node| {
        let beside = node.dir.join("keys.new");
        write(&beside, &new);
        fs::rename(beside, &node.path).unwrap();
    });
}

/// `keys` is a link into `..data`, which is a link to a directory and is replaced as a whole.
#[cfg(unix)]
#[test]
fn a_kubernetes_secret_is_seen_within_10_seconds() {
    use std::os::unix::fs::symlink;
    let (old, new) = (line(""), line(""));
    let dir = Dir::new();
    let version = |name: &str, text: &str| {
        fs::create_dir(dir.join(name)).unwrap();
        write(&dir.join(name).join("keys"), text);
    };
    version("..2027_01_15_08_00_00.1", &old);
    version("..2027_01_15_09_00_00.2", &new);
    symlink("..2027_01_15_08_00_00.1", dir.join("..data")).unwrap();
    symlink("..data/keys", dir.join("keys")).unwrap();
    Node::at(dir, "keys").sees(&new, |node| {
        symlink("..2027_01_15_09_00_00.2", node.dir.join("..data_tmp")).unwrap();
        fs::rename(node.dir.join("..data_tmp"), node.dir.join("..data")).unwrap();
        fs::remove_dir_all(node.dir.join("..2027_01_15_08_00_00.1")).unwrap();
    });
}

#[cfg(unix)]
#[test]
fn a_rewritten_file_of_the_same_length_and_date_is_seen() {
    let (old, new) = (line(""), line(""));
    assert_eq!(old.len(), new.len());
    let node = Node::new(&old);
    let before = fs::metadata(&node.path).unwrap();
    node.sees(&new, |node| {
        fs::write(&node.path, &new).unwrap();
        date(&node.path, before.modified().unwrap());
    });
    let after = fs::metadata(&node.path).unwrap();
    assert_eq!(
        (before.len(), before.modified().unwrap()),
        (after.len(), after.modified().unwrap())
    );
}

/// As with a new Docker config or secret at the same path: another file, which may be older.
#[test]
fn another_file_in_its_place_is_seen_within_10_seconds() {
    let (old, new) = (line(""), line(""));
    let node = Node::new(&old);
    node.sees(&new, |node| {
        fs::remove_file(&node.path).unwrap();
        write(&node.path, &new);
        date(&node.path, long_ago() - secs(3600));
    });
}

/// Writing to shared memory through a mapping changes no date. To an NFS client, a change that it
/// has not seen yet looks the same.
#[cfg(target_os = "linux")]
#[test]
fn a_change_that_metadata_hides_is_seen_within_a_minute() {
    use std::os::fd::{AsRawFd, FromRawFd};
    let (old, new) = (line(""), line(""));
    // SAFETY: the name ends with a zero byte, and nothing else owns the descriptor.
    let memory = unsafe { File::from_raw_fd(libc::memfd_create(c"keys".as_ptr(), 0)) };
    memory.set_len(old.len() as u64).unwrap();
    let (access, fd) = (libc::PROT_READ | libc::PROT_WRITE, memory.as_raw_fd());
    // SAFETY: a new mapping, of a file of this length.
    let mapped =
        unsafe { libc::mmap(std::ptr::null_mut(), old.len(), access, libc::MAP_SHARED, fd, 0) };
    assert_ne!(mapped, libc::MAP_FAILED);
    // SAFETY: the mapping lasts to the end of the process, has this length, and both texts have it.
    let put = |text: &str| unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr(), mapped.cast(), text.len())
    };
    put(&old);
    memory.set_times(FileTimes::new().set_modified(long_ago())).unwrap();
    let node = Node::at(Dir::new(), &format!("/proc/self/fd/{fd}"));

    let metadata = || {
        let metadata = memory.metadata().unwrap();
        (
            metadata.modified().unwrap(),
            std::os::unix::fs::MetadataExt::ctime_nsec(&metadata),
            metadata.len(),
        )
    };
    let before = metadata();
    put(&new);
    assert_eq!(metadata(), before, "nothing is to be seen from outside");
    for _ in 0..5 {
        node.pass(10);
        assert!(node.holds(&old));
    }
    node.pass(10);
    assert!(node.holds(&new));
    put(&old);
    Call::get().cookie(&unknown()).run(&node.sessions, |session| session.load_status());
    assert!(node.holds(&new), "5 seconds from one reading to the next");
    node.clock.advance(secs(5));
    Call::get().cookie(&unknown()).run(&node.sessions, |session| session.load_status());
    assert!(node.holds(&old), "an early look reads whatever the metadata says");
}

#[test]
fn a_cookie_under_an_unknown_key_brings_the_new_ring() {
    let (old, new) = (line(""), line(""));
    let node = Node::new(&old);
    let text = format!("{new}\n{old}");
    let elsewhere = sessions_of(&text, &node.clock);
    let stale = node.sessions.seal(&visit(1)).unwrap();
    node.clock.advance(secs(6));
    let latest = elsewhere.seal(&visit(2)).unwrap();
    write(&node.path, &text);
    let answer = Call::get().cookie(&stale).cookie(&latest).run(&node.sessions, |session| {
        assert_eq!((session.load_status(), session.cloned()), (LoadStatus::Restored, visit(2)));
        session.update(|visit| visit.cart.push(1)).unwrap();
    });
    assert!(node.holds(&text));
    assert_eq!(
        sessions_of(&new, &node.clock).open(answer.value()).unwrap().cart,
        [1],
        "sealed with the new ring's key"
    );
}

/// Without the ring, the session would stay unbound until the next sign-in.
#[cfg(feature = "dbsc")]
#[test]
fn a_proof_under_an_unknown_key_brings_the_new_ring_to_a_sign_in() {
    use crate::support::device::BoundBrowser;
    use sealed_session::DeviceBound;
    use sealed_session::dbsc::DeviceBinding;
    let (old, new) = (line(""), line(""));
    let text = format!("{new}\n{old}");
    let node = Node::new(&old);
    let bound = |ring: KeyRing| {
        let builder = Sessions::<Visit>::builder(ring).clock(node.clock.clone());
        builder.device_bound(DeviceBound::at("/dbsc")).build().unwrap()
    };
    let (here, elsewhere) = (bound(node.file.ring()), bound(text.parse().unwrap()));
    let mut browser = BoundBrowser::new(1);
    browser.get(&elsewhere, |session| session.offer_binding());
    node.clock.advance(secs(6));
    write(&node.path, &text);
    browser.send(&here, Call::post(), |session| {
        session.renew().unwrap();
        session.set(visit(7)).unwrap();
    });
    assert!(node.holds(&text));
    let binding = browser.get(&here, |session| session.binding()).returned;
    assert!(matches!(binding, DeviceBinding::Bound { .. }), "{binding:?}");
}

#[test]
fn single_values_use_the_current_ring() {
    let (old, new) = (line(""), line(""));
    let node = Node::new(&old);
    let value = sessions_of(&new, &node.clock).seal(&visit(2)).unwrap();
    write(&node.path, format!("{new}\n{old}"));
    node.clock.advance(secs(5));
    assert_eq!(node.sessions.open(&value).unwrap(), visit(2));
    write(&node.path, &new);
    node.clock.advance(secs(10));
    node.sessions.seal(&visit(3)).unwrap();
    assert!(node.holds(&new));
}

#[test]
fn a_handle_keeps_the_ring_of_its_first_touch() {
    let (old, new) = (line(""), line(""));
    let node = Node::new(&old);
    let answer = Call::post().run(&node.sessions, |session| {
        session.set(visit(1)).unwrap();
        write(&node.path, &new);
        node.pass(10);
        assert!(node.holds(&new));
        session.update(|visit| visit.cart.push(1)).unwrap();
    });
    assert!(sessions_of(&old, &node.clock).open(answer.value()).is_ok());
}

#[test]
fn an_unknown_key_reloads_at_most_every_5_seconds() {
    let node = Node::new(&line(""));
    assert!(!node.looks_at(&unknown()), "it was read at this second");
    node.clock.advance(secs(4));
    assert!(!node.looks_at(&unknown()));
    node.clock.advance(secs(1));
    let known = node.sessions.seal(&visit(1)).unwrap();
    for harmless in [&*known, "", "!", "AQ", &"A".repeat(5000)] {
        assert!(!node.looks_at(harmless), "{harmless:?} names no unknown key");
    }
    assert!(node.looks_at(&unknown()));
    node.file.reload().unwrap();
    assert!(!node.looks_at(&unknown()));
}

#[test]
fn strangers_cause_at_most_12_readings_a_minute() {
    let node = Node::new(&line(""));
    fs::remove_file(&node.path).unwrap();
    let log = Log::listen();
    let junk = unknown();
    for _ in 0..600 {
        for _ in 0..5 {
            Call::get()
                .cookie(&junk)
                .cookie(&junk)
                .run(&node.sessions, |session| session.load_status());
        }
        node.clock.advance(secs(1));
    }
    // Each reading finds no file and reports it.
    let looks = log.text().matches("the keys last read from").count();
    assert!((100..=120).contains(&looks), "{looks} in ten minutes");
}

#[test]
fn a_refused_ring_leaves_the_old_one_in_use() {
    let (old, new) = (line(""), line(""));
    let node = Node::new(&old);
    let half = format!("{new}\n{}", &line("")[..40]);
    write(&node.path, &half);
    let refused =
        RingError::Text { position: Position::Line(2), problem: KeyProblem::SecretLength };
    let told = logged(|| node.pass(10));
    assert!(node.holds(&old));
    assert_eq!(node.file.last_error(), Some(refused.clone()));
    assert!(
        told.contains(" WARN ") && told.contains("line 2") && told.contains("stay in use"),
        "{told}"
    );
    assert!(told.contains(&*node.path.to_string_lossy()) && !told.contains(&new[20..40]), "{told}");

    // Unchanged since then, it is read again and reported once a minute.
    let told = logged(|| (0..12).for_each(|_| node.pass(10)));
    assert_eq!(told.matches(" WARN ").count(), 2, "{told}");
    assert_eq!(told.matches("stay in use").count(), 12, "{told}");

    write(&node.path, &new);
    let told = logged(|| node.pass(10));
    assert!(
        node.holds(&new) && told.contains(" INFO ") && told.contains("key ring replaced"),
        "{told}"
    );
    assert_eq!(node.file.last_error(), None);
}

#[test]
fn reload_accepts_a_recently_modified_file() {
    let (old, new) = (line(""), line(""));
    let node = Node::new(&old);
    fs::write(&node.path, &new).unwrap();
    assert_eq!(node.file.reload(), Ok(()));
    assert!(node.holds(&new));
    fs::write(&node.path, &old[..30]).unwrap();
    assert!(matches!(node.file.reload(), Err(RingError::Text { .. })));
    assert!(node.holds(&new));
}

#[test]
fn a_ring_that_cannot_seal_yet_is_taken_once_it_can() {
    let old = line("");
    let node = Node::new(&old);
    let later = line(&format!("seal-from={}", node.time_in(30)));
    write(&node.path, &later);
    node.pass(20);
    assert_eq!(node.file.last_error(), Some(RingError::NoSealingKey));
    assert!(node.holds(&old));
    node.pass(10);
    assert!(node.holds(&later), "by the sessions' clock, and the file did not change");
}

#[test]
fn a_clock_that_jumps_back_delays_at_most_one_interval() {
    for back in [1, 10, 11, 15, 3600, 365 * DAY] {
        let node = Node::new(&line(""));
        let new = line("");
        write(&node.path, &new);
        node.clock.set(node.clock.now() - secs(back));
        node.touch();
        // A year ago the file did not exist, so it is read twice.
        (0..if back > DAY { 22 } else { 20 }).for_each(|_| node.pass(1));
        assert!(node.holds(&new), "back by {back} s");
    }
}

/// What a server that starts and one that runs report about a file.
fn assert_refused(error: &RingError, make: impl Fn(&Path)) {
    let dir = Dir::new();
    make(&dir.join("keys"));
    let shown = |found: &RingError| format!("{found:?}").replace(&*dir.0.to_string_lossy(), "");
    let at_start = KeyFile::watch(dir.join("keys")).unwrap_err();
    assert_eq!(std::mem::discriminant(&at_start), std::mem::discriminant(error), "{at_start}");
    assert_eq!(KeyRing::from_file(dir.join("keys")).unwrap_err(), at_start);
    assert!(shown(&at_start).len() > 20);

    let old = line("");
    let node = Node::new(&old);
    fs::remove_file(&node.path).unwrap();
    make(&node.path);
    node.pass(10);
    let running = node.file.last_error().unwrap();
    assert_eq!(std::mem::discriminant(&running), std::mem::discriminant(error), "{running}");
    if !matches!(error, RingError::Unreadable { .. }) {
        assert_eq!((&at_start, &running), (error, error));
    }
    assert!(node.holds(&old));
}

fn unreadable(kind: std::io::ErrorKind) -> RingError {
    RingError::Unreadable { path: PathBuf::new(), kind, code: None }
}

#[test]
fn a_missing_file_is_refused() {
    assert_refused(&unreadable(std::io::ErrorKind::NotFound), |_| ());
    let path = Dir::new().join("keys");
    let words = fs::metadata(&path).unwrap_err().to_string();
    assert!(cfg!(not(unix)) || words.starts_with("No such file or directory"), "{words}");
    for error in [KeyRing::from_file(&path).unwrap_err(), KeyFile::watch(&path).unwrap_err()] {
        assert_eq!(
            error.to_string(),
            format!("the key ring {} cannot be read: {words}", path.display())
        );
    }
    #[cfg(unix)]
    assert_refused(&unreadable(std::io::ErrorKind::NotFound), |path| {
        std::os::unix::fs::symlink("nowhere", path).unwrap();
    });
}

/// Not through its mode, which does not stop root.
#[test]
fn an_unreadable_file_is_refused() {
    assert_refused(&unreadable(std::io::ErrorKind::IsADirectory), |path| {
        fs::create_dir(path).unwrap()
    });
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_without_waiting() {
    let dir = Dir::new();
    let made = std::process::Command::new("mkfifo").arg(dir.join("keys")).status().unwrap();
    assert!(made.success());
    let unsupported = RingError::Unreadable {
        path: dir.join("keys"),
        kind: std::io::ErrorKind::Unsupported,
        code: None,
    };
    let error = KeyFile::watch(dir.join("keys")).unwrap_err();
    assert!(error.to_string().ends_with("keys cannot be read: not a regular file"), "{error}");
    assert_eq!(error, unsupported);
}

#[test]
fn an_empty_file_is_refused() {
    assert_refused(&RingError::Empty, |path| write(path, ""));
    assert_refused(&RingError::Empty, |path| write(path, "\u{feff}# no key\r\n"));
}

#[test]
fn a_half_written_file_is_refused() {
    let half = |problem| RingError::Text { position: Position::Line(2), problem };
    let (first, second) = (line(""), line("seal-from=2026-01-01T00:00:00Z"));
    let cut = |at: usize| format!("{first}\n{}", &second[..at]);
    let key = second.find(" seal").unwrap();
    assert_refused(&half(KeyProblem::NotAKey), |path| write(path, cut(9)));
    assert_refused(&half(KeyProblem::SecretLength), |path| write(path, cut(key - 1)));
    assert_refused(&half(KeyProblem::UnknownAttribute), |path| write(path, cut(key + 5)));
    assert_refused(&half(KeyProblem::Time), |path| write(path, cut(second.len() - 1)));
}

#[test]
fn a_time_without_a_zone_is_refused() {
    let error = RingError::Text { position: Position::Line(1), problem: KeyProblem::Time };
    assert!(error.to_string().contains("and a zone"));
    assert_refused(&error, |path| write(path, line("open-until=2030-01-01T00:00:00\n")));
}

#[test]
fn a_file_of_10_000_lines_is_refused_at_16_kib() {
    let key = line("");
    assert!(RingError::TooLong.to_string().contains("16384"));
    assert_refused(&RingError::TooLong, |path| write(path, format!("{key}\n").repeat(10_000)));
    assert_refused(&RingError::TooLong, |path| {
        write(path, format!("{key}\n{}", "# a comment\n".repeat(10_000)))
    });
}

#[test]
fn a_file_that_is_not_utf8_is_refused() {
    assert_refused(&RingError::NotUtf8, |path| write(path, b"\xff\xfes\0s\0k\x001\0"));
}

#[test]
fn windows_line_ends_and_a_bom_are_ignored() {
    let (a, b) = (line(""), line("open-until=2030-01-01T00:00:00Z"));
    let node = Node::new(&format!("\u{feff}{a}\r\n{b}\r\n"));
    assert!(node.holds(&format!("{a}\n{b}")));
    write(&node.path, format!("\u{feff}{b}\r\n\r\n# the end\r\n"));
    node.pass(10);
    assert!(node.holds(&b));
}

#[cfg(unix)]
#[test]
fn a_file_that_everyone_can_read_is_one_warning() {
    let readable = "chmod 600";
    let node = Node::new(&line(""));
    assert!(!logged(|| drop(KeyFile::watch(&node.path).unwrap())).contains(readable));
    assert!(!logged(|| drop(KeyRing::from_file(&node.path).unwrap())).contains(readable));
    for mode in [0o644, 0o604] {
        chmod(&node.path, mode);
        for told in [
            logged(|| drop(KeyFile::watch(&node.path).unwrap())),
            logged(|| drop(KeyRing::from_file(&node.path).unwrap())),
        ] {
            assert!(
                told.contains(" WARN ")
                    && told.contains(&format!("chmod 600 {}", node.path.display())),
                "{told}"
            );
        }
    }
    let told = logged(|| (0..9).for_each(|_| node.pass(60)));
    assert_eq!(
        told.matches(readable).count(),
        1,
        "also where it became so while the server ran: {told}"
    );
    chmod(&node.path, 0o640);
    assert!(!logged(|| drop(KeyFile::watch(&node.path).unwrap())).contains(readable));
}

#[test]
fn a_refused_replace_is_reported_and_changes_nothing() {
    let node = Node::new(&line(""));
    let ring = node.file.ring();
    let before = ring.keys();
    let ended: KeyRing = line("open-until=2020-01-01T00:00:00Z").parse().unwrap();
    let told = logged(|| assert_eq!(ring.replace(&ended), Err(RingError::NoSealingKey)));
    assert!(told.contains(" WARN ") && told.contains("no key in the ring can seal now"), "{told}");
    assert_eq!(ring.keys(), before);
    let new: KeyRing = line("").parse().unwrap();
    let told = logged(|| ring.replace(&new).unwrap());
    assert!(told.contains(" INFO ") && told.contains(&new.keys()[0].id.to_string()), "{told}");
    node.pass(60);
    assert_eq!(ring.keys(), new.keys(), "the file did not change, so it takes nothing back");
}

#[test]
fn many_threads_use_the_ring_while_it_changes() {
    let texts = [line(""), line("")];
    let both = format!("{}\n{}", texts[0], texts[1]);
    let node = Node::new(&both);
    let cookies =
        texts.each_ref().map(|text| sessions_of(text, &node.clock).seal(&visit(7)).unwrap());
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (node, cookies) = (&node, &cookies);
            scope.spawn(move || {
                for turn in 0..500 {
                    let answer = Call::get()
                        .cookie(&cookies[(thread + turn) % 2])
                        .run(&node.sessions, |session| session.load_status());
                    assert_eq!(answer.returned, LoadStatus::Restored);
                    node.clock.advance(secs(1));
                }
            });
        }
        for turn in 0..100 {
            let beside = node.dir.join("keys.new");
            write(
                &beside,
                if turn % 2 == 0 { format!("{}\n{}", texts[1], texts[0]) } else { both.clone() },
            );
            fs::rename(&beside, &node.path).unwrap();
        }
    });
    node.pass(10);
    assert_eq!(node.file.last_error(), None);
    assert!(node.holds(&both));
}

#[test]
fn debug_shows_path_and_ids_and_no_secret() {
    let text = line("");
    let node = Node::new(&text);
    let shown = format!("{:?}", node.file);
    assert_eq!(node.file.path(), node.path);
    assert!(shown.contains("keys") && shown.contains(&node.file.ring().keys()[0].id.to_string()));
    assert!(!shown.contains(&text[20..40]));
}

#[test]
fn a_key_that_no_reload_brings_stays_unknown() {
    let node = Node::new(&line(""));
    node.clock.advance(secs(5));
    let answer =
        Call::get().cookie(&unknown()).run(&node.sessions, |session| session.load_status());
    assert_eq!(answer.returned, LoadStatus::Rejected(Reason::UnknownKey));
}
