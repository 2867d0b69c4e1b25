//! Events for the operator.
//!
//! With the feature `tracing` they are events of target `sealed_session`. A warning that no
//! subscriber receives, because the feature is off or no subscriber is set, goes to standard error
//! instead. On JavaScript hosts, which have no standard error, it goes to the console. So no
//! warning is lost.
//!
//! Events that any stranger can trigger stay at debug level. An event that a request causes and
//! that needs the operator's attention is a warning at most once a minute for each topic. Further
//! ones in that minute are at debug level. No event contains a cookie, a session id, or data.

use crate::clock::Clock;
use crate::clock::unix_time::UnixTime;
use crate::error::redact::redacted_path;
use crate::error::rejection::Rejection;
use crate::error::ring::RingError;
use crate::error::{OpenError, Reason, SessionError};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Emits an event if the feature `tracing` is on.
macro_rules! event {
    ($level:ident, $($name:ident = $value:expr,)* $message:literal) => {{
        #[cfg(feature = "tracing")]
        tracing::event!(
            target: "sealed_session", tracing::Level::$level, $($name = $value,)* $message
        );
        #[cfg(not(feature = "tracing"))]
        let _ = ($(&$value,)*);
    }};
    ($level:ident, $($name:ident = $value:expr,)* {$message:expr}) => {{
        #[cfg(feature = "tracing")]
        tracing::event!(
            target: "sealed_session", tracing::Level::$level, $($name = $value,)* "{}", $message
        );
        #[cfg(not(feature = "tracing"))]
        let _ = ($(&$value,)* &$message);
    }};
}

/// Emits a warning, or the same event at debug level if it was a warning in this minute already.
macro_rules! limited {
    ($warn:expr, $($event:tt)*) => {
        if $warn { event!(WARN, $($event)*) } else { event!(DEBUG, $($event)*) }
    };
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
    UnsentId,
    PublicAccessed,
    PublicCookie,
    MissingLayer,
    LayerConflict,
    HandlerError,
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

/// The events of one kind of session.
pub(crate) struct EventLog {
    cookie: Arc<str>,
    warned: Warned,
}

impl EventLog {
    /// `cookie` is the name of the session's cookie.
    pub(crate) fn new(cookie: &Arc<str>) -> Self {
        Self { cookie: Arc::clone(cookie), warned: Warned::new() }
    }

    fn first_in_minute(&self, topic: Topic, now: UnixTime) -> bool {
        self.warned.first_in_minute(topic, now)
    }

    /// Reports that a cookie did not open.
    pub(crate) fn rejected(&self, rejection: &Rejection, now: UnixTime) {
        let Rejection { reason, stale, .. } = *rejection;
        let (cookie, word) = (&*self.cookie, reason.as_str());
        let topic = match reason {
            Reason::Undecodable => Some(Topic::Undecodable),
            Reason::OtherShape => Some(Topic::OtherShape),
            Reason::FromTheFuture => Some(Topic::FromTheFuture),
            Reason::ExpiredAt if stale => Some(Topic::StaleAt),
            Reason::ExpiredAbsolute if stale => Some(Topic::StaleAbsolute),
            Reason::ExpiredIdle if stale => Some(Topic::StaleIdle),
            _ => None,
        };
        if topic.is_some_and(|topic| self.first_in_minute(topic, now)) {
            event!(WARN, cookie = cookie, reason = word, "authentic session rejected");
            print_unless_subscribed(format_args!(
                "{cookie}: an authentic session was rejected: {reason}"
            ));
            return;
        }
        match reason {
            Reason::ExpiredAt | Reason::ExpiredAbsolute | Reason::ExpiredIdle => {
                event!(DEBUG, cookie = cookie, reason = word, "session expired");
            }
            Reason::Refused(why) => {
                event!(DEBUG, cookie = cookie, reason = word, refusal = why, "session rejected");
            }
            _ => event!(DEBUG, cookie = cookie, reason = word, "session rejected"),
        }
    }

    /// Reports that the session cookie came after a comma in a `Cookie` field and was not read.
    pub(crate) fn after_a_comma(&self) {
        let why = "a proxy or server joined several Cookie fields with a comma; they must be \
            joined with \"; \"";
        event!(DEBUG, cookie = &*self.cookie, why = why, "session cookie after a comma not read");
    }

    /// Reports that a cookie was reissued.
    pub(crate) fn refreshed(&self) {
        event!(DEBUG, cookie = &*self.cookie, "session refreshed");
    }

    /// Reports that a write or a refresh was refused because it would not fit.
    pub(crate) fn too_large(&self, needed: usize, allowed: usize, now: UnixTime) {
        let (cookie, warn) = (&*self.cookie, self.first_in_minute(Topic::TooLarge, now));
        limited!(warn, cookie = cookie, needed = needed, allowed = allowed, "session too large");
        if warn {
            print_unless_subscribed(format_args!(
                "{cookie}: the session is too large: it needs {needed} bytes of Set-Cookie lines, \
                 but the limit is {allowed}"
            ));
        }
    }

    /// Reports that the `Set-Cookie` lines are near the size that front ends with default buffers
    /// accept, or above it.
    pub(crate) fn nearly_too_large(&self, bytes: usize, now: UnixTime) {
        let (cookie, warn) = (&*self.cookie, self.first_in_minute(Topic::NearlyTooLarge, now));
        limited!(
            warn,
            cookie = cookie,
            bytes = bytes,
            "Set-Cookie lines are close to the limit of nginx's default buffers, or above it"
        );
        if warn {
            print_unless_subscribed(format_args!(
                "{cookie}: the session's Set-Cookie lines have {bytes} bytes, which is close to \
                 the limit of nginx's default buffers, or above it"
            ));
        }
    }

    /// Reports that another library's session could not be imported.
    pub(crate) fn not_imported(&self, why: &SessionError, now: UnixTime) {
        let (cookie, warn) = (&*self.cookie, self.first_in_minute(Topic::NotImported, now));
        limited!(warn, cookie = cookie, why = format_args!("{why}"), "session not imported");
        if warn {
            print_unless_subscribed(format_args!(
                "{cookie}: another library's session was not imported: {why}"
            ));
        }
    }

    /// Reports that `renew()` gave an id to a session that stayed empty, so no cookie carries the
    /// id. This is a mistake in the application: what the handler stores under that id is not found
    /// at the next request.
    pub(crate) fn unsent_id(&self, now: UnixTime) {
        let message = format!(
            "the id that renew() created will not be sent, because the session is empty (cookie \
             {}): also store data in the session",
            self.cookie
        );
        if self.first_in_minute(Topic::UnsentId, now) {
            warning(&message);
        } else {
            detail(&message);
        }
    }

    /// Reports that a handler accessed the session and its response allows shared caching.
    pub(crate) fn public_accessed(&self, now: UnixTime) {
        let what = "a handler accessed the session and allowed shared caching of its response, \
            but some caches ignore Vary: Cookie: do not allow shared caching there, or do not \
            access the session";
        self.public_response(Topic::PublicAccessed, now, what);
    }

    /// Reports that shared caching was disabled for a response because it carries the cookie.
    pub(crate) fn public_cookie(&self, now: UnixTime) {
        let what = "a response that allowed shared caching carries the session cookie: shared \
            caching was disabled for this response";
        self.public_response(Topic::PublicCookie, now, what);
    }

    fn public_response(&self, topic: Topic, now: UnixTime, what: &str) {
        let (cookie, warn) = (&*self.cookie, self.first_in_minute(topic, now));
        limited!(warn, cookie = cookie, { what });
        if warn {
            print_unless_subscribed(format_args!("{cookie}: {what}"));
        }
    }
}

/// Whether events other than warnings are recorded.
pub(crate) const TRACED: bool = cfg!(feature = "tracing");

/// Events of a ring's file, emitted when this is dropped. Drop it when nothing is locked: a
/// subscriber may use the ring.
#[derive(Default)]
pub(crate) struct DeferredEvents(Vec<RingEvent>);

enum RingEvent {
    Replaced(String),
    Warning(String),
    Detail(String),
}

impl DeferredEvents {
    pub(crate) fn ring_replaced(&mut self, path: &Path, keys: &str) {
        self.0.push(RingEvent::Replaced(format!("{keys}, from {}", shown(path))));
    }

    pub(crate) fn ring_refused(&mut self, path: &Path, error: &RingError, warn: bool) {
        let message = format!("{error}; the keys last read from {} stay in use", shown(path));
        self.0.push(if warn { RingEvent::Warning(message) } else { RingEvent::Detail(message) });
    }

    pub(crate) fn readable_by_all(&mut self, path: &Path) {
        self.0.push(RingEvent::Warning(format!(
            "every user of this machine can read the session keys: run chmod 600 {} (if the file \
             is mounted, set the mode of the mount)",
            shown(path)
        )));
    }
}

impl Drop for DeferredEvents {
    fn drop(&mut self) {
        // Almost always there is no event. The common case starts no loop.
        if self.0.is_empty() {
            return;
        }
        for event in self.0.drain(..) {
            match event {
                RingEvent::Replaced(keys) => ring_replaced(&keys),
                RingEvent::Warning(message) => warning(&message),
                RingEvent::Detail(message) => detail(&message),
            }
        }
    }
}

/// Returns the path as text, redacted if a key was given in place of a path.
fn shown(path: &Path) -> String {
    redacted_path(path).display().to_string()
}

/// Reports that a ring's keys were replaced.
pub(crate) fn ring_replaced(keys: &str) {
    event!(INFO, keys = keys, "key ring replaced");
}

/// Emits a warning, and does not limit how often.
pub(crate) fn warning(message: &str) {
    event!(WARN, { message });
    print_unless_subscribed(format_args!("{message}"));
}

fn detail(message: &str) {
    event!(DEBUG, { message });
}

/// Warns once per process that a ring of published secrets is in use. Builds with debug assertions,
/// such as an application's tests, do not warn.
pub(crate) fn published_ring() {
    static WARNED: AtomicBool = AtomicBool::new(false);
    if !cfg!(debug_assertions) && !WARNED.swap(true, Ordering::Relaxed) {
        warning(
            "a key ring of published secrets is in use, so anyone can forge sessions: do not use \
             it in production",
        );
    }
}

/// Reports that a handler answered because a sealed value in the request did not open.
pub(crate) fn not_opened(error: &OpenError) {
    detail(&error.to_string());
}

/// Reports why a request was answered with 500.
///
/// The limit of one warning a minute applies to each topic separately, so that a warning that a
/// stranger can cause does not hide warnings of other topics. In a build with debug assertions it
/// applies to each message, so that the next mistake shows as soon as one is fixed.
pub(crate) fn internal_error(topic: Topic, message: &str) {
    static WARNED: Warned = Warned::new();
    let now = Clock::system().unix_time();
    let first = if cfg!(debug_assertions) {
        first_of_its_words(message, now)
    } else {
        WARNED.first_in_minute(topic, now)
    };
    if first {
        warning(message);
    } else {
        detail(message);
    }
}

/// Returns `true` if this message was not reported in this minute. If a minute has more than 64
/// different messages, the ones beyond that are always reported.
fn first_of_its_words(message: &str, now: UnixTime) -> bool {
    static WARNED: Mutex<(u64, Vec<u64>)> = Mutex::new((0, Vec::new()));
    let mut hasher = DefaultHasher::new();
    message.hash(&mut hasher);
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

/// Prints a warning to standard error unless a subscriber received it as an event. A subscriber
/// that filters the event out has received it.
fn print_unless_subscribed(message: fmt::Arguments<'_>) {
    #[cfg(feature = "tracing")]
    if !tracing::dispatcher::get_default(|subscriber| {
        subscriber.is::<tracing::subscriber::NoSubscriber>()
    }) {
        return;
    }
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    {
        use std::io::Write;
        // Not `eprintln!`, which panics if standard error is closed. One call, so that the lines of
        // several threads do not mix.
        let _ = std::io::stderr().write_all(format!("sealed-session: {message}\n").as_bytes());
    }
    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    web_sys::console::warn_1(&format!("sealed-session: {message}").into());
}
