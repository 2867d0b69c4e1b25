//! One event as it is logged: through `tracing`, or on standard error if it is a warning that no
//! subscriber receives.
//!
//! Every event has the field `event` (its name), and those of the other fields that it has a value
//! for.

#[cfg(feature = "tracing")]
use crate::error::Reason;
use crate::hooks::{Event, EventKind, EventLevel};
use std::fmt::{self, Display};

#[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "fields of the log alone"))]
pub(super) struct Record<'a> {
    pub(super) level: EventLevel,
    pub(super) event: &'static str,
    pub(super) message: &'a dyn Display,
    pub(super) cookie: Option<&'a str>,
    pub(super) reason: Option<&'static str>,
    /// The kind, for its other fields.
    pub(super) kind: Option<EventKind>,
    /// The keys of a ring: their ids.
    pub(super) keys: Option<&'a str>,
    /// The text of an error, for which `reason` is the word.
    pub(super) why: Option<&'a dyn Display>,
}

impl<'a> Record<'a> {
    pub(super) fn of(event: &'a Event<'a>, why: Option<&'a dyn Display>) -> Self {
        Self {
            cookie: Some(event.cookie()),
            reason: event.reason(),
            kind: Some(event.kind()),
            why,
            ..Self::new(event.level(), event.name(), event)
        }
    }

    pub(super) fn new(level: EventLevel, event: &'static str, message: &'a dyn Display) -> Self {
        Self {
            level,
            event,
            message,
            cookie: None,
            reason: None,
            kind: None,
            keys: None,
            why: None,
        }
    }
}

/// The numbers and further words of an event.
#[cfg(feature = "tracing")]
#[derive(Default)]
struct Fields {
    refusal: Option<&'static str>,
    needed: Option<usize>,
    allowed: Option<usize>,
    bytes: Option<usize>,
}

#[cfg(feature = "tracing")]
impl Fields {
    fn of(kind: Option<EventKind>) -> Self {
        let none = Self::default();
        match kind {
            Some(EventKind::Rejected { reason: Reason::Refused(why) }) => {
                Self { refusal: Some(why), ..none }
            }
            Some(EventKind::Rejected { reason: Reason::Unproven(why) }) => {
                Self { refusal: Some(why.as_str()), ..none }
            }
            Some(EventKind::TooLarge { needed, allowed }) => {
                Self { needed: Some(needed), allowed: Some(allowed), ..none }
            }
            Some(EventKind::NearlyTooLarge { bytes }) => Self { bytes: Some(bytes), ..none },
            _ => none,
        }
    }
}

/// Emits it at a level. The fields are computed only if a subscriber wants the event.
#[cfg(feature = "tracing")]
macro_rules! trace {
    ($level:ident, $record:expr) => {
        tracing::event!(
            target: "sealed_session",
            tracing::Level::$level,
            event = $record.event,
            cookie = $record.cookie,
            reason = $record.reason,
            refusal = Fields::of($record.kind).refusal,
            needed = Fields::of($record.kind).needed,
            allowed = Fields::of($record.kind).allowed,
            bytes = Fields::of($record.kind).bytes,
            keys = $record.keys,
            why = $record.why.map(tracing::field::display),
            "{}",
            $record.message
        )
    };
}

pub(super) fn write(record: &Record<'_>) {
    #[cfg(feature = "tracing")]
    match record.level {
        EventLevel::Trace => trace!(TRACE, record),
        EventLevel::Debug => trace!(DEBUG, record),
        EventLevel::Info => trace!(INFO, record),
        EventLevel::Warn => trace!(WARN, record),
    }
    if record.level == EventLevel::Warn && !is_received() {
        print(&Line(record));
    }
}

/// A record as a line of text.
struct Line<'a>(&'a Record<'a>);

impl Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Record { cookie, message, why, .. } = self.0;
        if let Some(cookie) = cookie {
            write!(f, "{cookie}: ")?;
        }
        message.fmt(f)?;
        why.map_or(Ok(()), |why| write!(f, ": {why}"))
    }
}

/// Returns `true` if a subscriber receives events on this thread. One that filters an event out
/// has received it.
fn is_received() -> bool {
    #[cfg(feature = "tracing")]
    return !tracing::dispatcher::get_default(|subscriber| {
        subscriber.is::<tracing::subscriber::NoSubscriber>()
    });
    #[cfg(not(feature = "tracing"))]
    false
}

fn print(line: &Line<'_>) {
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    {
        use std::io::Write;
        // Not `eprintln!`, which panics if standard error is closed. One call, so that the lines of
        // several threads do not mix.
        let _ = std::io::stderr().write_all(format!("sealed-session: {line}\n").as_bytes());
    }
    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    web_sys::console::warn_1(&format!("sealed-session: {line}").into());
}
