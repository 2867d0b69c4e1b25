//! The keys of one moment, and the rules for which of them seals and which open at a time.
//!
//! ```text
//! opens at t:   t < open-until (absent: always), also before its seal-from
//! seals at t:   of those that open, the one with the latest seal-from ≤ t (absent: since ever); of equals, the first
//! ```

use super::key::Key;
use crate::clock::unix_time::UnixTime;
use crate::crypto::suite::Cipher;
use crate::error::Reason;
use crate::error::ring::RingError;
use crate::limits;
use std::fmt;

/// One line of a ring: a key, and the times from which it seals and until which it opens.
pub(crate) struct Entry {
    pub(super) key: Key,
    pub(super) seal_from: Option<UnixTime>,
    pub(super) open_until: Option<UnixTime>,
}

impl Entry {
    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// Returns the cipher that opens what the key sealed, if it still may at `now`.
    pub(crate) fn opening_cipher(&self, now: UnixTime) -> Result<&Cipher, Reason> {
        if !self.opens_at(now) {
            return Err(Reason::KeyEnded);
        }
        self.key.cipher().ok_or(Reason::UnsupportedSuite)
    }

    pub(crate) fn opens_at(&self, now: UnixTime) -> bool {
        self.open_until.is_none_or(|end| now < end)
    }

    /// Returns when everything that the key sealed ends; `None` if the key has no end.
    pub(crate) fn end(&self) -> Option<UnixTime> {
        self.open_until
    }
}

/// The keys of one moment. A request keeps using them even if the handle's ring is replaced.
pub(crate) struct Ring {
    pub(super) entries: Vec<Entry>,
}

impl Ring {
    pub(crate) fn find(&self, id: [u8; 4]) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key.id().0 == id)
    }

    /// Refuses a ring that cannot seal at `now`, or whose dates will make a key seal that cannot.
    /// If the platform has no time yet, nothing is refused.
    pub(super) fn check_seals(&self, now: UnixTime) -> Result<(), RingError> {
        if now.as_secs() < limits::NO_CLOCK_YET {
            return Ok(());
        }
        let present = self.sealing(now).ok_or(RingError::NoSealingKey)?;
        let dates = self
            .entries
            .iter()
            .flat_map(|entry| [entry.seal_from, entry.open_until])
            .flatten()
            .filter(|date| *date > now);
        let sealing = std::iter::once(present).chain(dates.filter_map(|date| self.sealing(date)));
        match sealing.map(Entry::key).find(|key| key.cipher().is_none()) {
            Some(key) => Err(RingError::SuiteNotCompiled { suite: key.suite() }),
            None => Ok(()),
        }
    }

    pub(crate) fn sealing(&self, now: UnixTime) -> Option<&Entry> {
        let mut best: Option<&Entry> = None;
        for entry in self.entries.iter().filter(|entry| entry.opens_at(now)) {
            let from = entry.seal_from.unwrap_or(UnixTime::EPOCH);
            if from <= now
                && best.is_none_or(|best| from > best.seal_from.unwrap_or(UnixTime::EPOCH))
            {
                best = Some(entry);
            }
        }
        best
    }

    /// Returns the first moment, at `now` or later, at which no key seals. A ring stops sealing
    /// only when a key ends.
    pub(super) fn seals_until(&self, now: UnixTime) -> Option<UnixTime> {
        let ends = self.entries.iter().filter_map(|entry| entry.open_until);
        let later = ends.filter(|end| *end > now);
        std::iter::once(now).chain(later).filter(|time| self.sealing(*time).is_none()).min()
    }

    /// Returns the key that seals at `now`, and its cipher. `None` if no key seals, or if its suite
    /// is not compiled in.
    pub(crate) fn sealing_cipher(&self, now: UnixTime) -> Option<(&Entry, &Cipher)> {
        let entry = self.sealing(now)?;
        Some((entry, entry.key.cipher()?))
    }
}

/// Shows the number of keys and their ids.
impl fmt::Display for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ring of {} key{}:",
            self.entries.len(),
            if self.entries.len() == 1 { "" } else { "s" }
        )?;
        self.entries.iter().try_for_each(|entry| write!(f, " {}", entry.key.id()))
    }
}
