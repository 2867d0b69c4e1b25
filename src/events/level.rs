//! The level of each event, and the limit of one warning a minute for each topic.

use crate::clock::Clock;
use crate::clock::unix_time::UnixTime;
use crate::error::Reason;
use crate::hooks::{EventKind, EventLevel};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// How the level of an event is found.
#[derive(Clone, Copy)]
pub(super) enum Rule {
    Always(EventLevel),
    /// A warning, and at debug level if the topic had one in this minute already.
    WarnOnceAMinute(Topic),
}

impl Rule {
    pub(super) fn of(kind: EventKind) -> Self {
        match kind {
            EventKind::Restored
            | EventKind::Imported
            | EventKind::Created
            | EventKind::Changed
            | EventKind::Renewed
            | EventKind::Refreshed
            | EventKind::DeviceRegistered
            | EventKind::DeviceRefreshed
            | EventKind::DeviceEnded { .. }
            | EventKind::Ended { .. } => Self::Always(EventLevel::Trace),
            EventKind::BehindAComma
            | EventKind::CrossOriginRefused { .. }
            | EventKind::DeviceRefused { .. }
            | EventKind::WriteRefused { .. } => Self::Always(EventLevel::Debug),
            // `EventLog::rejected` also knows whether it is stale.
            EventKind::Rejected { reason } => Self::of_rejection(reason, false),
            EventKind::NotImported { .. } => Self::WarnOnceAMinute(Topic::NotImported),
            EventKind::TooLarge { .. } => Self::WarnOnceAMinute(Topic::TooLarge),
            EventKind::NearlyTooLarge { .. } => Self::WarnOnceAMinute(Topic::NearlyTooLarge),
            EventKind::ClockAhead { .. } => Self::WarnOnceAMinute(Topic::ClockAhead),
            EventKind::NoSealingKey => Self::WarnOnceAMinute(Topic::NoSealingKey),
            EventKind::UnsentId => Self::WarnOnceAMinute(Topic::UnsentId),
            EventKind::PublicAccessed => Self::WarnOnceAMinute(Topic::PublicAccessed),
            EventKind::PublicCookie => Self::WarnOnceAMinute(Topic::PublicCookie),
            EventKind::LostChange { .. } => Self::WarnOnceAMinute(Topic::LostChange),
            EventKind::LayerConflict => Self::WarnOnceAMinute(Topic::LayerConflict),
            // The ring's events come with their level: see `ring.rs`.
            EventKind::RingChanged { .. } => Self::Always(EventLevel::Info),
            EventKind::RingRefused { .. } => Self::WarnOnceAMinute(Topic::RingRefused),
        }
    }

    /// `stale`: the session ended longer ago than browsers keep cookies.
    pub(super) fn of_rejection(reason: Reason, stale: bool) -> Self {
        match reason {
            Reason::Undecodable => Self::WarnOnceAMinute(Topic::Undecodable),
            Reason::OtherShape => Self::WarnOnceAMinute(Topic::OtherShape),
            Reason::FromTheFuture => Self::WarnOnceAMinute(Topic::FromTheFuture),
            Reason::ExpiredAt if stale => Self::WarnOnceAMinute(Topic::StaleAt),
            Reason::ExpiredAbsolute if stale => Self::WarnOnceAMinute(Topic::StaleAbsolute),
            Reason::ExpiredIdle if stale => Self::WarnOnceAMinute(Topic::StaleIdle),
            _ => Self::Always(EventLevel::Debug),
        }
    }
}

/// The subjects of warnings, each warned of at most once a minute.
#[derive(Clone, Copy)]
pub(crate) enum Topic {
    Undecodable,
    OtherShape,
    FromTheFuture,
    StaleAt,
    StaleAbsolute,
    StaleIdle,
    TooLarge,
    NearlyTooLarge,
    NotImported,
    NoSealingKey,
    ClockAhead,
    UnsentId,
    PublicAccessed,
    PublicCookie,
    MissingLayer,
    LayerConflict,
    HandlerError,
    HookPanicked,
    LostChange,
    RingRefused,
}

const TOPICS: usize = Topic::RingRefused as usize + 1;

/// The minute, counted from 1970, in which each topic was last reported.
pub(crate) struct Warned([AtomicU32; TOPICS]);

impl Warned {
    pub(crate) const fn new() -> Self {
        Self([const { AtomicU32::new(0) }; TOPICS])
    }

    pub(crate) fn first_in_minute(&self, topic: Topic, now: UnixTime) -> bool {
        let minute = u32::try_from(now.as_secs() / 60).unwrap_or(u32::MAX);
        self.0[topic as usize].swap(minute, Ordering::Relaxed) != minute
    }
}

/// Returns the level of a mistake in the application that belongs to no kind of session: the reason
/// why a request was answered with 500.
///
/// The limit of one warning a minute applies to each topic separately, so that a warning that a
/// stranger can cause does not hide warnings of other topics. In a build with debug assertions it
/// applies to each message, so that the next mistake shows as soon as one is fixed.
pub(super) fn of_mistake(topic: Topic, message: &str) -> EventLevel {
    static WARNED: Warned = Warned::new();
    let now = Clock::system().unix_time();
    let first = if cfg!(debug_assertions) {
        first_of_its_words(topic, message, now)
    } else {
        WARNED.first_in_minute(topic, now)
    };
    if first { EventLevel::Warn } else { EventLevel::Debug }
}

/// Returns `true` if this message was not reported in this minute. If a minute has more than 64
/// different messages, the ones beyond that are always reported.
fn first_of_its_words(topic: Topic, message: &str, now: UnixTime) -> bool {
    static WARNED: Mutex<(u64, Vec<u64>)> = Mutex::new((0, Vec::new()));
    let mut hasher = DefaultHasher::new();
    (topic as usize, message).hash(&mut hasher);
    let hash = hasher.finish();
    let mut warned = WARNED.lock().unwrap_or_else(PoisonError::into_inner);
    if warned.0 != now.as_secs() / 60 {
        *warned = (now.as_secs() / 60, Vec::new());
    }
    let first = !warned.1.contains(&hash);
    if first && warned.1.len() < 64 {
        warned.1.push(hash);
    }
    first
}
