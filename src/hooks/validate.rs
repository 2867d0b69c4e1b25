//! The application's checks on a session that passed every other stage: `Builder::admit`,
//! `Builder::not_before` and `Sessions::set_not_before`.
//!
//! ```text
//! claims, data ─▶ created before `not_before`? ─▶ each check, in the order of the calls ─▶ admitted
//!                          └──────────────────────────────┴─▶ `refused`, and the application's reason beside it
//! ```
//! A reason is a `&'static str`, so that it cannot show anything of the session in an event or on a
//! page.

use crate::claims::Claims;
use crate::claims::id::SessionId;
use crate::claims::lifetime::{self, Expiry};
use crate::clock;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// The session that a cookie brought, before it is accepted. Passed to the checks of
/// [`Builder::admit`](crate::Builder::admit).
pub struct Admission<'a, T> {
    claims: &'a Claims,
    data: &'a T,
    end: u64,
}

impl<'a, T> Admission<'a, T> {
    pub(crate) fn new(claims: &'a Claims, data: &'a T, end: u64) -> Self {
        Self { claims, data, end }
    }

    /// Returns the application's data.
    pub fn data(&self) -> &'a T {
        self.data
    }

    /// Returns the session's id, if it has one: see [`Builder::with_ids`](crate::Builder::with_ids)
    /// and [`Session::renew`](crate::Session::renew).
    pub fn id(&self) -> Option<SessionId> {
        self.claims.id.map(SessionId::from)
    }

    /// Returns when the session was created or last renewed. A refresh does not change it, so
    /// compare this time with that of an event in the account.
    pub fn created_at(&self) -> SystemTime {
        clock::to_system_time(self.claims.created())
    }

    /// Returns when this cookie was issued. Every refresh moves it, even one by a server that does
    /// not know yet what to refuse.
    pub fn issued_at(&self) -> SystemTime {
        clock::to_system_time(self.claims.issued)
    }

    /// Returns how the session ends.
    pub fn expiry(&self) -> Expiry {
        self.claims.expiry.into()
    }

    /// Returns when the session ends if nobody visits: the earliest of its limits and the end of
    /// its key.
    pub fn expires_at(&self) -> SystemTime {
        clock::to_system_time(self.end)
    }
}

/// Shows no data and no id.
impl<T> fmt::Debug for Admission<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission")
            .field("created_at", &self.created_at())
            .field("issued_at", &self.issued_at())
            .finish_non_exhaustive()
    }
}

/// One of the application's checks.
pub(crate) type Check<T> = Box<dyn Fn(&Admission<'_, T>) -> Result<(), &'static str> + Send + Sync>;

/// All of the application's checks.
pub(crate) struct Validators<T> {
    pub(crate) checks: Vec<Check<T>>,
    /// In Unix seconds.
    not_before: AtomicU64,
}

impl<T> Validators<T> {
    pub(crate) const fn none() -> Self {
        Self { checks: Vec::new(), not_before: AtomicU64::new(0) }
    }

    pub(crate) fn set_not_before(&self, time: SystemTime) {
        self.not_before.store(clock::from_system_time_up(time), Ordering::SeqCst);
    }

    pub(crate) fn judge(&self, admission: &Admission<'_, T>) -> Result<(), &'static str> {
        if lifetime::is_older(admission.claims, self.not_before.load(Ordering::SeqCst)) {
            return Err(OLDER);
        }
        self.checks.iter().try_for_each(|check| check(admission))
    }
}

const OLDER: &str = "created before not_before";
