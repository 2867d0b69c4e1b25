//! The application's own word on a session that passed every stage: admitted, or refused with a
//! reason. `candidate` asks for it last, at first touch; the application gives it with
//! `Builder::admit`, `Builder::not_before` and `Sessions::set_not_before`.
//!
//! ```text
//! claims, data ─▶ created before `not_before`? ─▶ each check, in the order of the calls ─▶ admitted
//!                          └──────────────────────────────┴─▶ `refused`, and the application's reason beside it
//! ```
//! A reason is a `&'static str`, so that neither an event nor a page shows anything of the session
//! by it.

use crate::claims::Claims;
use crate::claims::id::SessionId;
use crate::claims::lifetime::{self, Expiry};
use crate::clock;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// The session that a cookie brought, before it is admitted: what
/// [`Builder::admit`](crate::Builder::admit) judges.
pub struct Admission<'a, T> {
    claims: &'a Claims,
    data: &'a T,
    end: u64,
}

impl<'a, T> Admission<'a, T> {
    pub(crate) fn new(claims: &'a Claims, data: &'a T, end: u64) -> Self {
        Self { claims, data, end }
    }

    /// The application's data.
    pub fn data(&self) -> &'a T {
        self.data
    }

    /// The session's id, where it has one: [`Builder::with_ids`](crate::Builder::with_ids),
    /// [`Session::renew`](crate::Session::renew).
    pub fn id(&self) -> Option<SessionId> {
        self.claims.id.map(SessionId::from)
    }

    /// When the session was created, or last renewed. A refresh leaves it as it is, so this is the
    /// time to compare with the one at which something happened to the account.
    pub fn created_at(&self) -> SystemTime {
        clock::to_system_time(self.claims.created())
    }

    /// When this cookie was issued. Every refresh moves it, also one by a server that has not heard
    /// yet of what is to be refused.
    pub fn issued_at(&self) -> SystemTime {
        clock::to_system_time(self.claims.issued)
    }

    /// How the session ends.
    pub fn expiry(&self) -> Expiry {
        self.claims.expiry.into()
    }

    /// When the session ends if nobody visits: the least of its limits and of the end of its key.
    pub fn expires_at(&self) -> SystemTime {
        clock::to_system_time(self.end)
    }
}

/// Nothing of the data, and no id.
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

/// All that the application has to say about who is let in.
pub(crate) struct Admissions<T> {
    pub(crate) checks: Vec<Check<T>>,
    /// In Unix seconds.
    not_before: AtomicU64,
}

impl<T> Admissions<T> {
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
