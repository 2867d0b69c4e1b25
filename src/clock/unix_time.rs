//! `UnixTime`: a moment in whole seconds since 1970-01-01T00:00:00Z. "Never" is `None` of an
//! `Option<UnixTime>`. Every sum saturates.

use std::time::{Duration, SystemTime};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UnixTime(u64);

impl UnixTime {
    pub(crate) const EPOCH: Self = Self(0);

    pub(crate) const fn from_secs(seconds: u64) -> Self {
        Self(seconds)
    }

    pub(crate) const fn as_secs(self) -> u64 {
        self.0
    }

    /// Returns the time this many seconds later.
    pub(crate) const fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Returns the time this many seconds earlier.
    pub(crate) const fn minus(self, seconds: u64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }

    /// Returns the seconds since an earlier time; zero if that is later.
    pub(crate) const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Returns the earlier of this time and another one, which may be never.
    pub(crate) fn or_earlier(self, other: Option<Self>) -> Self {
        other.map_or(self, |other| self.min(other))
    }

    /// Rounds up.
    pub(crate) fn ceil(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self(since.as_secs().saturating_add(u64::from(since.subsec_nanos() > 0)))
    }
}

/// Rounds down. Times before 1970 become 1970.
impl From<SystemTime> for UnixTime {
    fn from(time: SystemTime) -> Self {
        Self(time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs()))
    }
}

/// A time that the platform cannot express becomes an earlier one.
impl From<UnixTime> for SystemTime {
    fn from(time: UnixTime) -> Self {
        let mut since = Duration::from_secs(time.0);
        loop {
            match Self::UNIX_EPOCH.checked_add(since) {
                Some(time) => return time,
                None => since /= 2,
            }
        }
    }
}
