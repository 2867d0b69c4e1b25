//! The application's own word on a session that passed every stage: admitted, or refused with a reason. `candidate` asks for it last, at
//! first touch; the application gives it with [`Builder::admit`], [`Builder::not_before`] and [`Sessions::set_not_before`].
//!
//! ```text
//! claims, data ─▶ created before `not_before`? ─▶ each check, in the order of the calls ─▶ admitted
//!                          └──────────────────────────────┴─▶ `refused`, and the application's reason beside it
//! ```
//! A reason is a `&'static str`, so that neither an event nor a page shows anything of the session by it.

use crate::builder::Builder;
use crate::claims::Claims;
use crate::clock;
use crate::lifetime::{self, Expiry};
use crate::session::SessionId;
use crate::session_data::SessionData;
use crate::sessions::Sessions;
use std::fmt;
use std::sync::{PoisonError, RwLock};
use std::time::SystemTime;

/// The session that a cookie brought, before it is admitted: what [`Builder::admit`] judges.
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

    /// The session's id, where it has one: [`Builder::with_ids`], [`Session::renew`](crate::Session::renew).
    pub fn id(&self) -> Option<SessionId> {
        self.claims.id.map(SessionId::from)
    }

    /// When the session was created, or last renewed. A refresh leaves it as it is, so this is the time to compare with the one at which
    /// something happened to the account.
    pub fn created_at(&self) -> SystemTime {
        clock::to_system_time(self.claims.created())
    }

    /// When this cookie was issued. Every refresh moves it, also one by a server that has not heard yet of what is to be refused.
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

impl<T: SessionData> Builder<T> {
    /// A check of the application's own: whether a session that is in order otherwise is let in. An `Err` refuses it, with the
    /// application's reason.
    ///
    /// A refused session is as every cookie that does not open. The handler finds an empty session,
    /// [`status`](crate::Session::status) is `Rejected(Reason::Refused)`, [`refusal`](crate::Session::refusal) is the reason, and
    /// the cookie stays until the handler writes. It is never refreshed. The reason is also in the event, at debug level.
    ///
    /// `check` is asked at first touch, once for each cookie of ours that passed everything else: mostly one, at most 16. Of several, a
    /// refused one loses to one that is admitted. [`Sessions::open`] asks it too; what [`import`](Self::import) takes over is not asked
    /// for, and what is written is not either. Can be called for several checks, which are asked in their order until one refuses.
    ///
    /// It is synchronous: it looks at what this server holds in memory, and a task beside keeps that up to date, so that no request
    /// waits. It must not look at this request's session, which is being opened and would wait for itself. Where it panics nothing
    /// is opened, and the next touch asks anew.
    ///
    /// A password's epoch, a number for each user that a new password counts up, and that the session keeps from the sign-in:
    ///
    /// ```
    /// use sealed_session::{KeyRing, Reason, Sessions, Status};
    /// use serde::{Deserialize, Serialize};
    /// use std::collections::HashMap;
    /// use std::sync::{Arc, RwLock};
    ///
    /// #[derive(Default, Serialize, Deserialize)]
    /// struct Visit { user: Option<u64>, password_epoch: u32 }
    ///
    /// let epochs = Arc::new(RwLock::new(HashMap::from([(7_u64, 1_u32)])));
    /// let known = Arc::clone(&epochs);
    /// let sessions = Sessions::<Visit>::builder(KeyRing::ephemeral()?)
    ///     .admit(move |admission| {
    ///         let Visit { user, password_epoch } = admission.data();
    ///         let Some(user) = user else { return Ok(()) };
    ///         match known.read().unwrap().get(user) {
    ///             Some(epoch) if epoch == password_epoch => Ok(()),
    ///             Some(_) => Err("signed in before the last change of the password"),
    ///             None => Err("no such user"),
    ///         }
    ///     })
    ///     .build()?;
    ///
    /// let value = sessions.seal(&Visit { user: Some(7), password_epoch: 1 })?;
    /// let mut headers = http::HeaderMap::new();
    /// headers.insert("cookie", format!("{}={value}", sessions.cookie_name()).parse()?);
    /// assert_eq!(sessions.load(&http::Method::GET, &headers).status(), Status::Restored);
    ///
    /// epochs.write().unwrap().insert(7, 2);
    /// let session = sessions.load(&http::Method::GET, &headers);
    /// assert_eq!(session.status(), Status::Rejected(Reason::Refused));
    /// assert_eq!(session.refusal(), Some("signed in before the last change of the password"));
    /// assert_eq!(session.read(|visit| visit.user), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A list of ids is in the example of [`on_end`](Self::on_end). "Sign out everywhere" for one user, over several servers, is in
    /// `examples/redis` in the repository.
    pub fn admit(mut self, check: impl Fn(&Admission<'_, T>) -> Result<(), &'static str> + Send + Sync + 'static) -> Self {
        self.admissions.checks.push(Box::new(check));
        self
    }

    /// Refuses every session that was created before `time`, or last renewed before it: "sign everyone out". Not by default.
    /// [`Sessions::set_not_before`] sets the same while the server runs; [`refusal`](crate::Session::refusal) is then
    /// `created before not_before`.
    ///
    /// The time of creation counts, and not that of issue. A refresh moves the latter, so a server that has not heard of `time` yet
    /// would let a session past it for good; the former moves only where the visitor has proved who they are
    /// ([`renew`](crate::Session::renew)). Sessions hold whole seconds: `time` is rounded up, so that who signs in within the very second
    /// may have to do so again, and nobody from before it stays.
    pub fn not_before(self, time: impl Into<SystemTime>) -> Self {
        self.admissions.set_not_before(time.into());
        self
    }
}

impl<T: SessionData> Sessions<T> {
    /// Signs everyone out who was signed in before `time`, from the next request on, on this server: sets
    /// [`Builder::not_before`] while it runs, for all clones and for every [`with_context`](Self::with_context). It is remembered nowhere
    /// else: tell each server, and give it to the builder of those that start later.
    ///
    /// A time that is to come refuses whoever signs in until then. The visitor's time of creation is of the server that signed them in: by as
    /// much as its clock was ahead, one from before may stay.
    ///
    /// ```
    /// use sealed_session::{KeyRing, Map, Reason, Sessions};
    /// use std::time::SystemTime;
    ///
    /// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?);
    /// let value = sessions.seal(&Map::new())?;
    /// assert!(sessions.open(&value).is_ok());
    ///
    /// sessions.set_not_before(SystemTime::now());
    /// assert_eq!(sessions.open(&value).unwrap_err().reason(), Reason::Refused);
    ///
    /// sessions.set_not_before(SystemTime::UNIX_EPOCH); // that was a mistake
    /// assert!(sessions.open(&value).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_not_before(&self, time: impl Into<SystemTime>) {
        self.admissions().set_not_before(time.into());
    }
}

/// One of the application's checks.
type Check<T> = Box<dyn Fn(&Admission<'_, T>) -> Result<(), &'static str> + Send + Sync>;

/// All that the application has to say about who is let in.
pub(crate) struct Admissions<T> {
    checks: Vec<Check<T>>,
    /// In Unix seconds. A lock, as not every platform has an atomic of this width.
    not_before: RwLock<u64>,
}

impl<T> Admissions<T> {
    pub(crate) const fn none() -> Self {
        Self { checks: Vec::new(), not_before: RwLock::new(0) }
    }

    fn set_not_before(&self, time: SystemTime) {
        *self.not_before.write().unwrap_or_else(PoisonError::into_inner) = clock::from_system_time_up(time);
    }

    pub(crate) fn judge(&self, admission: &Admission<'_, T>) -> Result<(), &'static str> {
        let not_before = *self.not_before.read().unwrap_or_else(PoisonError::into_inner);
        if lifetime::is_older(admission.claims, not_before) {
            return Err(OLDER);
        }
        self.checks.iter().try_for_each(|check| check(admission))
    }
}

const OLDER: &str = "created before not_before";
