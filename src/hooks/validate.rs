//! The application's checks on a session that passed every other stage: `Builder::validate`,
//! `Builder::reject_created_before` and `Sessions::reject_created_before`.
//!
//! ```text
//! claims, data ─▶ created before the time? ─▶ each check, in the order of the calls ─▶ accepted
//!                            └─────────────────────────────┴─▶ `refused`, with the reason
//! ```
//! A reason is a `&'static str`, so that it cannot show anything of the session in an event or on a
//! page.

use crate::claims::Claims;
use crate::claims::info::SessionInfo;
use crate::claims::lifetime;
use crate::clock::unix_time::UnixTime;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// One of the application's checks.
pub(crate) type Check<T> = Box<dyn Fn(&SessionInfo, &T) -> Result<(), &'static str> + Send + Sync>;

/// All of the application's checks.
pub(crate) struct Validators<T> {
    pub(crate) checks: Vec<Check<T>>,
    /// In Unix seconds.
    reject_created_before: AtomicU64,
}

impl<T> Validators<T> {
    pub(crate) const fn none() -> Self {
        Self { checks: Vec::new(), reject_created_before: AtomicU64::new(0) }
    }

    fn earliest(&self) -> UnixTime {
        UnixTime::from_secs(self.reject_created_before.load(Ordering::SeqCst))
    }

    pub(crate) fn reject_created_before(&self, time: SystemTime) {
        self.reject_created_before.store(UnixTime::ceil(time).as_secs(), Ordering::SeqCst);
    }

    /// Returns the reason of the first check that refuses the session. `info` is only computed if
    /// there is a check.
    pub(crate) fn validate(
        &self,
        claims: &Claims,
        info: impl FnOnce() -> SessionInfo,
        data: &T,
    ) -> Result<(), &'static str> {
        if lifetime::is_older(claims, self.earliest()) {
            return Err(OLDER);
        }
        if self.checks.is_empty() {
            return Ok(());
        }
        let info = info();
        self.checks.iter().try_for_each(|check| check(&info, data))
    }
}

const OLDER: &str = "created before reject_created_before";
