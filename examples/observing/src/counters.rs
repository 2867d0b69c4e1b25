//! The metrics: every event as one counter, and the key ring as two gauges.
//!
//! ```text
//! sealed_session_events_total{cookie, event, reason}
//! sealed_session_ring_seals_until_timestamp_seconds
//! sealed_session_sealing_key_since_timestamp_seconds
//! ```
//! The labels are names and words that the crate and this application define. No visitor can add
//! a time series.

use metrics::{counter, describe_counter, describe_gauge, gauge};
use sealed_session::KeyRing;
use sealed_session::hooks::Event;
use std::time::SystemTime;

pub const EVENTS: &str = "sealed_session_events_total";
pub const SEALS_UNTIL: &str = "sealed_session_ring_seals_until_timestamp_seconds";
pub const SEALING_SINCE: &str = "sealed_session_sealing_key_since_timestamp_seconds";

/// The events and reasons that `deploy/observing/alerts.yaml` watches.
pub const ALERTED: [(&str, &str); 18] = [
    ("rejected", "unknown-key"),
    ("rejected", "key-ended"),
    ("rejected", "other-shape"),
    ("rejected", "undecodable"),
    ("rejected", "from-the-future"),
    ("rejected", "unproven"),
    ("clock-ahead", ""),
    ("device-refreshed", ""),
    ("too-large", ""),
    ("no-sealing-key", ""),
    ("ring-refused", "unreadable"),
    ("ring-refused", "not-utf8"),
    ("ring-refused", "too-long"),
    ("ring-refused", "empty"),
    ("ring-refused", "text"),
    ("ring-refused", "no-sealing-key"),
    ("ring-refused", "suite-not-compiled"),
    ("restored", ""),
];

/// Counts an event. Give it to `Builder::on_event`.
pub fn count(event: &Event<'_>) {
    add(event.cookie(), event.name(), event.reason().unwrap_or(""), 1);
}

/// Describes the metrics, and creates the counters that have an alert. Prometheus sees a counter's
/// first step only if the counter was there before, at zero.
pub fn register(cookie: &str) {
    describe_counter!(EVENTS, "Events of the sessions: see docs/observing.md.");
    describe_gauge!(SEALS_UNTIL, "When no key of the ring seals any more. +Inf: never.");
    describe_gauge!(SEALING_SINCE, "The seal-from of the key that seals. NaN: it has none.");
    for (event, reason) in ALERTED {
        add(cookie, event, reason, 0);
    }
}

fn add(cookie: &str, event: &'static str, reason: &'static str, count: u64) {
    counter!(EVENTS, "cookie" => cookie.to_owned(), "event" => event, "reason" => reason)
        .increment(count);
}

/// Reads the ring. Call it before the metrics are exported.
pub fn read_ring(ring: &KeyRing) {
    let now = SystemTime::now();
    gauge!(SEALS_UNTIL).set(ring.seals_until(now).map_or(f64::INFINITY, unix_seconds));
    let sealing = ring.sealing_key(now);
    let sealing = ring.keys().into_iter().find(|key| Some(key.id) == sealing);
    let since = sealing.and_then(|key| key.seal_from);
    gauge!(SEALING_SINCE).set(since.map_or(f64::NAN, unix_seconds));
}

fn unix_seconds(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
