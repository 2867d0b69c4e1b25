//! The events of a key ring. A ring can be shared by several kinds of session. An event is logged
//! once, and the hooks of every kind of session that is built on the ring are called.

use super::EventLog;
use super::notice::{self, Notice};
use super::record::{self, Record};
use crate::error::redact::redacted_path;
use crate::error::ring::RingError;
use crate::hooks::{EventKind, EventLevel};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The kinds of session that are built on a ring and have hooks. They are held weakly: a ring keeps
/// no `Sessions` alive.
#[derive(Clone, Default)]
pub(crate) struct RingObservers(Arc<Mutex<Vec<Weak<EventLog>>>>);

impl RingObservers {
    pub(crate) fn add(&self, log: &Arc<EventLog>) {
        let mut logs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        logs.retain(|log| log.strong_count() > 0);
        logs.push(Arc::downgrade(log));
    }

    /// Call it when nothing is locked.
    pub(crate) fn replaced(&self, keys: usize, shown: &str) {
        let kind = EventKind::RingChanged { keys };
        let message = "key ring replaced";
        record::write(&Record {
            kind: Some(kind),
            keys: Some(shown),
            ..Record::new(EventLevel::Info, kind.name(), &message)
        });
        self.notify(kind, EventLevel::Info);
    }

    /// Call it when nothing is locked.
    pub(crate) fn refused(&self, error: &RingError, message: &str, level: EventLevel) {
        let kind = EventKind::RingRefused { why: error.word() };
        record::write(&Record {
            kind: Some(kind),
            reason: kind.reason(),
            ..Record::new(level, kind.name(), &message)
        });
        self.notify(kind, level);
    }

    fn notify(&self, kind: EventKind, level: EventLevel) {
        let logs = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for log in logs.iter().filter_map(Weak::upgrade) {
            log.notify_of_ring(kind, level);
        }
    }
}

/// Events of a ring's file, emitted when this is dropped. Drop it when nothing is locked: a
/// subscriber may use the ring.
#[derive(Default)]
pub(crate) struct DeferredEvents {
    events: Vec<RingEvent>,
    observers: Option<RingObservers>,
}

enum RingEvent {
    Replaced { keys: usize, shown: String },
    Refused { error: RingError, message: String, level: EventLevel },
    ReadableByAll(String),
}

impl DeferredEvents {
    pub(crate) fn ring_replaced(&mut self, path: &Path, keys: usize, ring: &str) {
        let shown = format!("{ring}, from {}", shown(path));
        self.events.push(RingEvent::Replaced { keys, shown });
    }

    pub(crate) fn ring_refused(&mut self, path: &Path, error: &RingError, warn: bool) {
        let message = format!("{error}; the keys last read from {} stay in use", shown(path));
        let level = if warn { EventLevel::Warn } else { EventLevel::Debug };
        self.events.push(RingEvent::Refused { error: error.clone(), message, level });
    }

    pub(crate) fn readable_by_all(&mut self, path: &Path) {
        self.events.push(RingEvent::ReadableByAll(format!(
            "every user of this machine can read the session keys: run chmod 600 {} (if the file \
             is mounted, set the mode of the mount)",
            shown(path)
        )));
    }

    /// Sets the observers that are notified, if there is an event.
    pub(crate) fn observed_by(&mut self, observers: &RingObservers) {
        if !self.events.is_empty() && self.observers.is_none() {
            self.observers = Some(observers.clone());
        }
    }
}

impl Drop for DeferredEvents {
    fn drop(&mut self) {
        // Almost always there is no event. The common case starts no loop.
        if self.events.is_empty() {
            return;
        }
        let observers = self.observers.take().unwrap_or_default();
        for event in self.events.drain(..) {
            match event {
                RingEvent::Replaced { keys, shown } => observers.replaced(keys, &shown),
                RingEvent::Refused { error, message, level } => {
                    observers.refused(&error, &message, level);
                }
                RingEvent::ReadableByAll(message) => {
                    notice::warning(Notice::RingReadableByAll, &message);
                }
            }
        }
    }
}

/// Returns the path as text, redacted if a key was given in place of a path.
fn shown(path: &Path) -> String {
    redacted_path(path).display().to_string()
}
