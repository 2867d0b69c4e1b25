//! `SessionInfo`: what a session says about itself: its id, its expiry and its times.

use crate::claims::Claims;
use crate::claims::id::SessionId;
use crate::claims::lifetime::Expiry;
use crate::clock::unix_time::UnixTime;
use std::fmt;
use std::time::{Duration, SystemTime};

/// A session's id, expiry and times. Returned by [`Session::info`](crate::Session::info), and
/// passed to the checks of [`Builder::validate`](crate::Builder::validate).
///
/// ```
/// use sealed_session::{KeyRing, Map, Sessions};
/// use std::time::Duration;
///
/// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?)?;
/// let session = sessions.load((&http::Method::GET, &http::HeaderMap::new()));
/// let info = session.info();
/// assert_eq!(info.expires_in(), Duration::from_secs(14 * 86_400));
/// assert_eq!(info.created_at() + info.expires_in(), info.expires_at());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SessionInfo {
    id: Option<SessionId>,
    expiry: Expiry,
    created: UnixTime,
    issued: UnixTime,
    end: UnixTime,
    refresh: Option<UnixTime>,
    now: UnixTime,
    is_bound: bool,
}

impl SessionInfo {
    pub(crate) fn new(
        claims: &Claims,
        end: UnixTime,
        refresh: Option<UnixTime>,
        now: UnixTime,
    ) -> Self {
        Self {
            id: claims.content.id.map(SessionId::from),
            expiry: claims.content.expiry.into(),
            created: claims.stamps.created(),
            issued: claims.stamps.issued,
            end,
            refresh,
            now,
            is_bound: claims.content.extensions.binding().is_some(),
        }
    }

    /// Returns `true` if the session is bound to the visitor's device
    /// ([`Builder::device_bound`](crate::Builder::device_bound)). A check can let unbound sessions
    /// live shorter:
    ///
    /// ```
    /// use sealed_session::{KeyRing, Map, Sessions};
    /// use std::time::{Duration, SystemTime};
    ///
    /// const WORKING_DAY: Duration = Duration::from_secs(8 * 60 * 60);
    ///
    /// let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?)
    ///     .validate(|info, _| {
    ///         let is_old = info.created_at() + WORKING_DAY < SystemTime::now();
    ///         if info.is_bound() || !is_old { Ok(()) } else { Err("unbound for 8 hours") }
    ///     })
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_bound(&self) -> bool {
        self.is_bound
    }

    /// Returns the session's id, if it has one: see
    /// [`Builder::session_ids`](crate::Builder::session_ids) and
    /// [`Session::renew`](crate::Session::renew).
    pub fn id(&self) -> Option<SessionId> {
        self.id
    }

    /// Returns how the session ends.
    #[doc(alias = "get_expire_at_browser_close")]
    pub fn expiry(&self) -> Expiry {
        self.expiry
    }

    /// Returns when the session was created or last renewed. A refresh does not change it. To
    /// refuse sessions from before an event, such as a change of password, compare with this time.
    pub fn created_at(&self) -> SystemTime {
        self.created.into()
    }

    /// Returns when the session's cookie was issued. Every refresh changes it, so do not use it to
    /// refuse old sessions: a server that has not yet learned of the refusal may refresh one.
    pub fn issued_at(&self) -> SystemTime {
        self.issued.into()
    }

    /// Returns when the session ends if nobody visits: the earliest of its limits and the end of
    /// its key.
    #[doc(alias = "get_expiry_date")]
    pub fn expires_at(&self) -> SystemTime {
        self.end.into()
    }

    /// Returns the time from this request until [`expires_at`](Self::expires_at), in whole seconds.
    #[doc(alias = "get_expiry_age")]
    pub fn expires_in(&self) -> Duration {
        Duration::from_secs(self.end.since(self.now))
    }

    /// Returns the time from which a request that accesses the session reissues its cookie; `None`
    /// if only a change of keys does.
    pub fn refreshes_at(&self) -> Option<SystemTime> {
        self.refresh.map(SystemTime::from)
    }
}

/// Shows no id.
impl fmt::Debug for SessionInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionInfo")
            .field("created_at", &self.created_at())
            .field("issued_at", &self.issued_at())
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}
