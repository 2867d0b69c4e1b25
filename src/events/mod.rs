//! Events for the operator.
//!
//! ```text
//! EventLog::emit ─┬─▶ level.rs ─▶ record.rs ─▶ tracing, or standard error
//!                 └─▶ hooks/on_event.rs
//! ring.rs ────────┬─▶ record.rs
//!                 └─▶ the hooks of every Sessions built on the ring
//! notice.rs ──────▶ record.rs: warnings that belong to no Sessions
//! ```
//!
//! With the feature `tracing` they are events of target `sealed_session`. A warning that no
//! subscriber receives, because the feature is off or no subscriber is set, goes to standard error
//! instead. On JavaScript hosts, which have no standard error, it goes to the console. So no
//! warning is lost.
//!
//! Events that any stranger can trigger stay at debug level. An event that a request causes and
//! that needs the operator's attention is a warning at most once a minute for each topic. Further
//! ones in that minute are at debug level. No event contains a cookie, a session id, or data.
//!
//! Emit events when nothing is locked: subscribers and hooks may use the session and the ring.

mod level;
mod notice;
mod record;
mod ring;

pub(crate) use level::{Topic, Warned};
pub(crate) use notice::{Notice, detail, handler_error, missing_layer, published_ring, warning};
pub(crate) use ring::{DeferredEvents, RingObservers};

use crate::clock::Clock;
use crate::clock::unix_time::UnixTime;
use crate::error::SessionError;
use crate::error::rejection::Rejection;
use crate::hooks::on_event::EventHooks;
use crate::hooks::{Event, EventKind, EventLevel};
use level::Rule;
use std::fmt::Display;
use std::sync::Arc;

/// The events of one kind of session.
pub(crate) struct EventLog {
    cookie: Arc<str>,
    hooks: EventHooks,
    warned: Warned,
}

impl EventLog {
    /// `cookie` is the name of the session's cookie.
    pub(crate) fn new(cookie: &Arc<str>, hooks: EventHooks) -> Self {
        Self { cookie: Arc::clone(cookie), hooks, warned: Warned::new() }
    }

    /// Returns `true` if events other than warnings can reach anybody.
    pub(crate) fn is_watched(&self) -> bool {
        cfg!(feature = "tracing") || self.has_hooks()
    }

    pub(crate) fn has_hooks(&self) -> bool {
        !self.hooks.is_empty()
    }

    pub(crate) fn emit(&self, kind: EventKind, now: UnixTime) {
        self.emit_because(kind, now, None);
    }

    /// Reports that a cookie did not open.
    pub(crate) fn rejected(&self, rejection: &Rejection, now: UnixTime) {
        let Rejection { reason, stale, .. } = *rejection;
        let kind = EventKind::Rejected { reason };
        self.emit_at(kind, self.level(Rule::of_rejection(reason, stale), now), None);
    }

    /// Reports that another library's session could not be imported.
    pub(crate) fn not_imported(&self, error: &SessionError, now: UnixTime) {
        self.emit_because(EventKind::NotImported { why: error.word() }, now, Some(error));
    }

    /// Reports that a commit failed.
    pub(crate) fn lost_change(&self, error: &SessionError, now: UnixTime) {
        self.emit_because(EventKind::LostChange { why: error.word() }, now, Some(error));
    }

    /// Reports that two layers around a handler contradict each other.
    pub(crate) fn layer_conflict(&self, conflict: &dyn Display, now: UnixTime) {
        self.emit_because(EventKind::LayerConflict, now, Some(conflict));
    }

    fn emit_because(&self, kind: EventKind, now: UnixTime, why: Option<&dyn Display>) {
        self.emit_at(kind, self.level(Rule::of(kind), now), why);
    }

    fn level(&self, rule: Rule, now: UnixTime) -> EventLevel {
        match rule {
            Rule::Always(level) => level,
            Rule::WarnOnceAMinute(topic) if self.warned.first_in_minute(topic, now) => {
                EventLevel::Warn
            }
            Rule::WarnOnceAMinute(_) => EventLevel::Debug,
        }
    }

    fn emit_at(&self, kind: EventKind, level: EventLevel, why: Option<&dyn Display>) {
        if level != EventLevel::Warn && !self.is_watched() {
            return;
        }
        let event = Event::new(&self.cookie, kind, level);
        record::write(&record::Record::of(&event, why));
        self.notify(&event);
    }

    /// Calls the hooks for an event of the ring, which is logged once for all kinds of session.
    fn notify_of_ring(&self, kind: EventKind, level: EventLevel) {
        self.notify(&Event::new(&self.cookie, kind, level));
    }

    fn notify(&self, event: &Event<'_>) {
        if self.has_hooks()
            && self.hooks.call(event)
            && self.warned.first_in_minute(Topic::HookPanicked, Clock::system().unix_time())
        {
            notice::hook_panicked(&self.cookie);
        }
    }
}
