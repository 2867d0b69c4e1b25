//! A ring's dates → which key seals when, how long its sessions may live, and when the key is no
//! longer needed. Times are Unix seconds.

use crate::ring::{CLOCK_SKEW, KeyText, RingText};
use sealed_session::keys::KeyId;
use std::time::{Duration, SystemTime};

/// From `from` until `until` (forever if `None`) this key seals, or no key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) from: u64,
    pub(crate) until: Option<u64>,
    pub(crate) key: Option<KeyId>,
}

pub(crate) struct Schedule {
    pub(crate) periods: Vec<Period>,
}

/// From when on a key can be removed without losing a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SafeToRemove {
    From(u64),
    /// From the key's own end at `from`, although what it sealed could live until `sessions`.
    Cut {
        from: u64,
        sessions: u64,
    },
    /// The key seals forever, until a successor is scheduled.
    WhileItSeals,
    /// The ring's dates do not say when the key sealed.
    NotKnown,
}

impl SafeToRemove {
    /// Returns the time, if there is one.
    pub(crate) fn time(self) -> Option<u64> {
        match self {
            Self::From(time) | Self::Cut { from: time, .. } => Some(time),
            Self::WhileItSeals | Self::NotKnown => None,
        }
    }
}

impl Schedule {
    pub(crate) fn of(ring: &RingText) -> Self {
        let mut dates: Vec<u64> =
            ring.keys.iter().flat_map(|key| [key.seal_from, key.open_until]).flatten().collect();
        dates.push(0);
        dates.sort_unstable();
        dates.dedup();
        let mut periods: Vec<Period> = Vec::new();
        for from in dates {
            let key = sealing_at(ring, from);
            match periods.last_mut() {
                Some(last) if last.key == key => {}
                last => {
                    if let Some(last) = last {
                        last.until = Some(from);
                    }
                    periods.push(Period { from, until: None, key });
                }
            }
        }
        Self { periods }
    }

    pub(crate) fn of_key(&self, id: KeyId) -> impl Iterator<Item = &Period> {
        self.periods.iter().filter(move |period| period.key == Some(id))
    }

    /// Returns the last period in which the key seals.
    pub(crate) fn last_of(&self, id: KeyId) -> Option<Period> {
        self.of_key(id).last().copied()
    }

    /// Returns from when on `key` is safe to remove. What it sealed in its last moment, on a clock
    /// that is slow, lives for the absolute timeout.
    pub(crate) fn safe_to_remove(&self, key: &KeyText, absolute: u64) -> SafeToRemove {
        let by_sessions = match self.last_of(key.id) {
            Some(Period { until: Some(until), .. }) => {
                SafeToRemove::From(until.saturating_add(absolute).saturating_add(CLOCK_SKEW))
            }
            Some(Period { until: None, .. }) => SafeToRemove::WhileItSeals,
            None => SafeToRemove::NotKnown,
        };
        match (by_sessions, key.open_until) {
            // Two minutes less, only because of a slow clock, do not count as a loss.
            (SafeToRemove::From(time), Some(end)) if end.saturating_add(CLOCK_SKEW) < time => {
                SafeToRemove::Cut { from: end, sessions: time }
            }
            (SafeToRemove::From(time), Some(end)) => SafeToRemove::From(time.min(end)),
            (_, Some(end)) => SafeToRemove::From(end),
            (by_sessions, None) => by_sessions,
        }
    }
}

/// Returns the oldest key: by its dates, and of equal ones the lowest in the text.
pub(crate) fn oldest(ring: &RingText) -> Option<&KeyText> {
    ring.keys.iter().rev().min_by_key(|key| key.seal_from.unwrap_or(0))
}

pub(crate) fn sealing_at(ring: &RingText, time: u64) -> Option<KeyId> {
    ring.ring.sealing_key(SystemTime::UNIX_EPOCH + Duration::from_secs(time))
}

pub(crate) fn opens_at(key: &KeyText, time: u64) -> bool {
    key.open_until.is_none_or(|end| time < end)
}
