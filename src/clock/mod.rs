//! The clock: Unix time from the system, from a test, or from the application. A session reads it
//! at `load`, at first touch and at `commit`.
//!
//! It works on `wasm32-unknown-unknown`, where `std::time::SystemTime::now()` panics.

pub(crate) mod calendar;
pub(crate) mod unix_time;

#[cfg(all(target_family = "wasm", not(any(target_os = "unknown", target_os = "wasi"))))]
compile_error!(
    "sealed-session supports wasm32-unknown-unknown in a JavaScript host, and WASI (wasm32-wasip1, \
     wasm32-wasip2): it has no source of time and randomness for other WebAssembly targets"
);

use crate::clock::unix_time::UnixTime;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Where a [`Sessions`](crate::Sessions) reads the time. The default is the system's clock.
///
/// ```
/// use sealed_session::clock::{Clock, ManualClock};
/// use std::time::Duration;
///
/// let time = ManualClock::at(Duration::from_secs(1_800_000_000));
/// let clock = Clock::from(time.clone());
/// time.advance(Duration::from_secs(60));
/// assert_eq!(clock.now(), Duration::from_secs(1_800_000_060));
/// ```
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Manual(ManualClock),
    Custom(Arc<dyn Fn() -> Duration + Send + Sync>),
}

impl Clock {
    /// Returns the system's clock: the host's JavaScript clock on `wasm32-unknown-unknown`, that of
    /// `std` elsewhere.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// Returns a clock that calls `read` for the time since 1970-01-01T00:00:00Z.
    pub fn from_fn(read: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Source::Custom(Arc::new(read)))
    }

    /// Returns the time since 1970-01-01T00:00:00Z. A system clock before that reads as zero.
    pub fn now(&self) -> Duration {
        match &self.0 {
            Source::System => system_time(),
            Source::Manual(clock) => clock.now(),
            Source::Custom(read) => read(),
        }
    }

    /// Returns the clock's time in whole seconds.
    pub(crate) fn unix_time(&self) -> UnixTime {
        UnixTime::from_secs(self.now().as_secs())
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl From<ManualClock> for Clock {
    fn from(clock: ManualClock) -> Self {
        Self(Source::Manual(clock))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::System => "Clock(system)",
            Source::Manual(_) => "Clock(manual)",
            Source::Custom(_) => "Clock(custom)",
        })
    }
}

/// A clock for tests and demonstrations that moves only when it is set or advanced. Clones share
/// one time.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<Duration>>);

impl ManualClock {
    /// Returns a clock that reads `since_1970`.
    pub fn at(since_1970: Duration) -> Self {
        Self(Arc::new(Mutex::new(since_1970)))
    }

    /// Returns a clock that reads the system's current time.
    pub fn at_system_time() -> Self {
        Self::at(system_time())
    }

    /// Returns the clock's time since 1970-01-01T00:00:00Z.
    pub fn now(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the clock, forwards or backwards.
    pub fn set(&self, since_1970: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = since_1970;
    }

    /// Advances the clock. It stops at the largest `Duration`.
    pub fn advance(&self, by: Duration) {
        let mut time = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *time = time.saturating_add(by);
    }
}

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
fn system_time() -> Duration {
    use std::time::SystemTime;

    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
fn system_time() -> Duration {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole milliseconds, and none before 1970"
    )]
    Duration::from_millis(js_sys::Date::now() as u64)
}
