//! The demo's clock: the system's time, and what visitors moved it forwards. It is one for the
//! whole process.

use sealed_session::clock::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// Clones are the same clock.
#[derive(Clone, Default)]
pub struct DemoClock {
    seconds_ahead: Arc<AtomicU64>,
}

impl DemoClock {
    pub fn now(&self) -> SystemTime {
        SystemTime::now() + self.ahead()
    }

    pub fn ahead(&self) -> Duration {
        Duration::from_secs(self.seconds_ahead.load(Ordering::Relaxed))
    }

    pub fn advance(&self, by: Duration) {
        self.seconds_ahead.fetch_add(by.as_secs(), Ordering::Relaxed);
    }

    pub fn back_to_the_present(&self) {
        self.seconds_ahead.store(0, Ordering::Relaxed);
    }
}

/// What `Sessions::builder(…).clock(…)` takes.
impl From<DemoClock> for Clock {
    fn from(clock: DemoClock) -> Self {
        Self::from_fn(move || {
            clock.now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
        })
    }
}
