//! When a session ends, and when its cookie is due for a refresh. This is pure arithmetic over
//! claims, limits and one reading of the clock, in whole seconds. No other file compares times of a
//! session. Every sum saturates.
//!
//! | Expiry | idle limit | absolute limit | fixed end | `Max-Age` | refresh after |
//! | --- | --- | --- | --- | --- | --- |
//! | Default | configured | configured | – | time left | idle / 10 |
//! | BrowserSession | configured | configured | – | none | idle / 10 |
//! | Idle(n) | n | configured | – | time left | n / 10 |
//! | At(t) | none | configured | t | time left | only because of the key |

use crate::claims::{Claims, SealedExpiry, Stamps};
use crate::clock::unix_time::UnixTime;
use crate::error::Reason;
use crate::limits;
use std::time::{Duration, SystemTime};

/// How a session ends. No choice extends past the configured absolute timeout.
///
/// ```
/// use sealed_session::{Expiry, KeyRing, Map, Sessions};
/// use std::time::Duration;
///
/// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?)?;
/// let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
/// let on_a_shared_computer = Expiry::Idle(Duration::from_secs(15 * 60));
/// session.set_expiry(on_a_shared_computer)?;
/// assert_eq!(session.info().expires_in(), Duration::from_secs(15 * 60));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Expiry {
    /// The configured idle and absolute timeouts, in a cookie with `Max-Age`.
    #[default]
    Default,
    /// The same timeouts as `Default`, in a cookie without `Max-Age`. Browsers drop it when they
    /// close. Those that restore tabs may bring it back; the limits inside the seal still hold.
    BrowserSession,
    /// An idle timeout of its own, in whole seconds, rounded down.
    Idle(Duration),
    /// A fixed end and no idle timeout, in whole seconds, rounded down.
    At(SystemTime),
}

impl From<Expiry> for SealedExpiry {
    fn from(expiry: Expiry) -> Self {
        match expiry {
            Expiry::Default => Self::Default,
            Expiry::BrowserSession => Self::BrowserSession,
            Expiry::Idle(idle) => Self::Idle(idle.as_secs()),
            Expiry::At(time) => Self::At(time.into()),
        }
    }
}

impl From<SealedExpiry> for Expiry {
    fn from(expiry: SealedExpiry) -> Self {
        match expiry {
            SealedExpiry::Default => Self::Default,
            SealedExpiry::BrowserSession => Self::BrowserSession,
            SealedExpiry::Idle(seconds) => Self::Idle(Duration::from_secs(seconds)),
            SealedExpiry::At(time) => Self::At(time.into()),
        }
    }
}

/// The configured limits, in seconds; the share in millionths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) idle: u64,
    pub(crate) absolute: u64,
    pub(crate) refresh_share: u32,
}

impl Limits {
    fn idle_limit(&self, expiry: SealedExpiry) -> Option<u64> {
        match expiry {
            SealedExpiry::Default | SealedExpiry::BrowserSession => Some(self.idle),
            SealedExpiry::Idle(seconds) => Some(seconds),
            SealedExpiry::At(_) => None,
        }
    }

    fn idle_end(&self, claims: &Claims) -> Option<UnixTime> {
        self.idle_limit(claims.content.expiry).map(|idle| claims.stamps.issued.plus(idle))
    }

    pub(crate) fn absolute_end(&self, claims: &Claims) -> UnixTime {
        claims.stamps.created().plus(self.absolute)
    }

    fn fixed_end(claims: &Claims) -> Option<UnixTime> {
        match claims.content.expiry {
            SealedExpiry::At(time) => Some(time),
            _ => None,
        }
    }

    /// Returns the end by all limits except the end of the key.
    fn end_of_limits(&self, claims: &Claims) -> UnixTime {
        self.latest_end(claims).or_earlier(self.idle_end(claims))
    }

    /// Returns the end that no visit can move.
    pub(crate) fn latest_end(&self, claims: &Claims) -> UnixTime {
        self.absolute_end(claims).or_earlier(Self::fixed_end(claims))
    }

    /// Returns the second at which the session ends: the earliest of its limits and the end of the
    /// key that sealed it.
    pub(crate) fn end(&self, claims: &Claims, key_end: Option<UnixTime>) -> UnixTime {
        self.end_of_limits(claims).or_earlier(key_end)
    }

    /// Refuses a session that is not alive at `now`. The key's end is checked when the key is
    /// found.
    pub(crate) fn check(&self, claims: &Claims, now: UnixTime) -> Result<(), Reason> {
        let has_passed = |end: Option<UnixTime>| end.is_some_and(|end| now >= end);
        if claims.stamps.issued > now.plus(limits::CLOCK_SKEW) {
            Err(Reason::FromTheFuture)
        } else if has_passed(Self::fixed_end(claims)) {
            Err(Reason::ExpiredAt)
        } else if now >= self.absolute_end(claims) {
            Err(Reason::ExpiredAbsolute)
        } else if has_passed(self.idle_end(claims)) {
            Err(Reason::ExpiredIdle)
        } else {
            Ok(())
        }
    }

    /// Returns `true` if the session ended longer ago than any browser keeps a cookie.
    pub(crate) fn is_stale(&self, claims: &Claims, now: UnixTime) -> bool {
        now > self.end_of_limits(claims).plus(limits::STALE)
    }

    /// Returns when the cookie is due for a refresh because of its idle time; never for a fixed
    /// end.
    fn refresh_time(&self, claims: &Claims) -> Option<UnixTime> {
        let idle = self.idle_limit(claims.content.expiry)?;
        if self.refresh_share == 0 {
            return Some(UnixTime::EPOCH);
        }
        // idle · share ÷ a million, in steps that do not overflow: the share is at most a million.
        let (million, share) = (u64::from(limits::MILLION), u64::from(self.refresh_share));
        let part = idle / million * share + idle % million * share / million;
        Some(claims.stamps.issued.plus(part.max(limits::REFRESH_FLOOR)))
    }

    /// Returns `true` if the cookie is due for a refresh at `now`, under a key that ends at
    /// `sealing_end`.
    pub(crate) fn refresh_due(
        &self,
        claims: &Claims,
        now: UnixTime,
        key_end: Option<UnixTime>,
        sealing_end: Option<UnixTime>,
    ) -> bool {
        let for_the_key = key_end.is_some_and(|end| {
            end < self.end_of_limits(claims) && sealing_end.is_none_or(|sealing| sealing > end)
        });
        self.refresh_time(claims).is_some_and(|due| now >= due) || for_the_key
    }

    /// Returns when the cookie will be due for a refresh, by what is known now.
    pub(crate) fn refresh_from(&self, claims: &Claims) -> Option<UnixTime> {
        self.refresh_time(claims).map(|time| time.max(claims.stamps.issued))
    }

    /// Returns `Max-Age` in seconds for a session that ends at `end`; `None` for a browser session.
    pub(crate) fn max_age(
        &self,
        expiry: SealedExpiry,
        end: UnixTime,
        now: UnixTime,
    ) -> Option<u64> {
        match expiry {
            SealedExpiry::BrowserSession => None,
            _ => Some(end.since(now).min(limits::MAX_AGE)),
        }
    }

    /// Returns the largest `Max-Age` that this configuration can print.
    pub(crate) fn longest_max_age(&self) -> u64 {
        self.absolute.saturating_add(limits::CLOCK_SKEW).min(limits::MAX_AGE)
    }

    /// Returns the most bytes that these claims can take after a later refresh.
    pub(crate) fn longest_claims(&self, claims: &Claims) -> usize {
        let age = self.absolute.saturating_add(limits::CLOCK_SKEW);
        let issued = claims.stamps.issued.plus(age);
        claims.encoded_len_at(Stamps { issued, age })
    }

    /// Refuses an expiry that the application may not set.
    pub(crate) fn accept(&self, expiry: SealedExpiry, now: UnixTime) -> Result<(), &'static str> {
        let most = self.absolute.saturating_add(limits::EXPIRY_SLACK);
        match expiry {
            SealedExpiry::Idle(0) => Err(
                "the idle timeout must be at least one second: to end the session now, use purge()",
            ),
            SealedExpiry::At(time) if time <= now => {
                Err("the expiry is in the past: to end the session now, use purge()")
            }
            SealedExpiry::Idle(seconds) if seconds > most => Err(PAST_ABSOLUTE),
            SealedExpiry::At(time) if time > now.plus(most) => Err(PAST_ABSOLUTE),
            _ => Ok(()),
        }
    }

    /// Refuses an expiry that not every new session can begin with.
    pub(crate) fn accept_for_all(&self, expiry: SealedExpiry) -> Result<(), String> {
        let absolute = self.absolute;
        match expiry {
            SealedExpiry::Default | SealedExpiry::BrowserSession => Ok(()),
            SealedExpiry::Idle(0) => Err(
                "expiry(Expiry::Idle) must be at least one second: a shorter one would end every \
                 session immediately"
                    .to_owned(),
            ),
            SealedExpiry::Idle(idle) if idle <= absolute => Ok(()),
            SealedExpiry::Idle(idle) => Err(format!(
                "expiry(Expiry::Idle) of {idle} s is longer than absolute_timeout ({absolute} s) \
                 and would never take effect: lower it, or raise absolute_timeout"
            )),
            SealedExpiry::At(_) => {
                Err("expiry(Expiry::At) would end all sessions at the same time, and sessions \
                     created later would not open: use Expiry::Idle, or call set_expiry for each \
                     new session"
                    .to_owned())
            }
        }
    }
}

const PAST_ABSOLUTE: &str = "the expiry is later than the absolute timeout, which would end the \
    session first: raise absolute_timeout or lower the expiry";

/// Returns `true` if the session was created before `time`. The time of issue does not count: every
/// refresh moves it, even on a server that does not know `time` yet.
pub(crate) fn is_older(claims: &Claims, time: UnixTime) -> bool {
    claims.stamps.created() < time
}
