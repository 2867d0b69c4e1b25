//! The time of a fleet: a file of eight bytes that the test writes and every process reads, so that
//! days pass in seconds and for all at once. It moves when the test says so, and nothing else moves
//! it.

use sealed_session::clock::Clock;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// The test's end: it sets the time.
pub struct FleetClock {
    file: File,
    path: PathBuf,
    now: AtomicU64,
}

impl FleetClock {
    /// Begins at the system's time, in whole seconds.
    pub fn begin(path: PathBuf) -> io::Result<Self> {
        let now =
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let clock = Self { file: File::create(&path)?, path, now: AtomicU64::new(now) };
        clock.show(now)?;
        Ok(clock)
    }

    /// Unix seconds.
    pub fn now(&self) -> u64 {
        self.now.load(Ordering::SeqCst)
    }

    pub fn advance(&self, by: Duration) -> io::Result<()> {
        self.show(self.now.fetch_add(by.as_secs(), Ordering::SeqCst) + by.as_secs())
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn show(&self, now: u64) -> io::Result<()> {
        self.file.write_all_at(&now.to_le_bytes(), 0)
    }
}

/// A node's end: the time of the file, and that node's error.
pub fn of_node(path: &Path, skew: i64) -> io::Result<Clock> {
    let file = File::open(path)?;
    Ok(Clock::from_fn(move || {
        let mut now = [0; 8];
        // A clock cannot fail; one that reads zero makes every page a stranger's, which the test
        // sees.
        let now = file.read_exact_at(&mut now, 0).map_or(0, |()| u64::from_le_bytes(now));
        Duration::from_secs(now.saturating_add_signed(skew))
    }))
}
