//! Events for the operator.
//!
//! With the feature `tracing` they are events of target `sealed_session`. A warning that no
//! subscriber receives, because the feature is off or no subscriber is set, goes to standard error
//! instead. On JavaScript hosts, which have no standard error, it goes to the console. So no
//! warning is lost.
//!
//! Events that a stranger can cause at will stay at debug level. Events that need the operator's
//! attention but are caused by a request are a warning once a minute for each topic, and debug in
//! between. No event contains a cookie, a session id, or data.

use crate::clock::Clock;
use crate::error::redact::redacted_path;
use crate::error::rejection::Rejection;
use crate::error::ring::RingError;
use crate::error::{OpenError, Reason, SessionError};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

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
    PublicTouched,
    PublicCookie,
    MissingLayer,
    LayerConflict,
    HandlerError,
    LostChange,
    RingRefused,
}

const TOPICS: usize = Topic::RingRefused as usize + 1;

/// The minute since 1970 of each topic's last warning, for one kind of session.
pub(crate) struct Warned([AtomicU32; TOPICS]);

impl Warned {
    pub(crate) const fn new() -> Self {
        Self([const { AtomicU32::new(0) }; TOPICS])
    }

    pub(crate) fn first_in_minute(&self, topic: Topic, now: u64) -> bool {
        let minute = u32::try_from(now / 60).unwrap_or(u32::MAX);
        self.0[topic as usize].swap(minute, Ordering::Relaxed) != minute
    }
}

/// Reports that a cookie did not open.
pub(crate) fn rejected(warned: &Warned, cookie: &str, rejection: &Rejection, now: u64) {
    let Rejection { reason, stale, .. } = *rejection;
    let expired =
        matches!(reason, Reason::ExpiredAt | Reason::ExpiredAbsolute | Reason::ExpiredIdle);
    let topic = match reason {
        Reason::Undecodable => Some(Topic::Undecodable),
        Reason::OtherShape => Some(Topic::OtherShape),
        Reason::FromTheFuture => Some(Topic::FromTheFuture),
        Reason::ExpiredAt if stale => Some(Topic::StaleAt),
        Reason::ExpiredAbsolute if stale => Some(Topic::StaleAbsolute),
        Reason::ExpiredIdle if stale => Some(Topic::StaleIdle),
        _ => None,
    };
    if topic.is_some_and(|topic| warned.first_in_minute(topic, now)) {
        emit::warn_rejected(cookie, reason);
        unheard(format_args!("{cookie}: an authentic session was rejected: {reason}"));
    } else if expired {
        emit::expired(cookie, reason);
    } else if let Reason::Refused(refusal) = reason {
        emit::refused(cookie, reason, refusal);
    } else {
        emit::rejected(cookie, reason);
    }
}

/// Whether events other than warnings are recorded.
pub(crate) const TRACED: bool = cfg!(feature = "tracing");

/// Reports that the session cookie came after a comma in a `Cookie` field and was not read.
pub(crate) fn behind_a_comma(cookie: &str) {
    emit::behind_a_comma(cookie);
}

/// Reports that a cookie was reissued.
pub(crate) fn refreshed(cookie: &str) {
    emit::refreshed(cookie);
}

/// Reports that a write was refused because it would not fit.
pub(crate) fn too_large(warned: &Warned, cookie: &str, needed: usize, allowed: usize, now: u64) {
    let warn = warned.first_in_minute(Topic::TooLarge, now);
    emit::too_large(warn, cookie, needed, allowed);
    if warn {
        unheard(format_args!(
            "{cookie}: the session is too large: its Set-Cookie line needs {needed} bytes, but the \
             limit is {allowed}"
        ));
    }
}

/// Reports that a `Set-Cookie` line is near the size that front ends with default buffers accept.
pub(crate) fn nearly_too_large(warned: &Warned, cookie: &str, bytes: usize, now: u64) {
    let warn = warned.first_in_minute(Topic::NearlyTooLarge, now);
    emit::nearly_too_large(warn, cookie, bytes);
    if warn {
        unheard(format_args!(
            "{cookie}: a Set-Cookie line of {bytes} bytes is close to the limit of nginx's default \
             buffers"
        ));
    }
}

/// Reports that another library's session could not be imported.
pub(crate) fn not_imported(warned: &Warned, cookie: &str, why: &SessionError, now: u64) {
    let warn = warned.first_in_minute(Topic::NotImported, now);
    emit::not_imported(warn, cookie, why);
    if warn {
        unheard(format_args!("{cookie}: another library's session was not imported: {why}"));
    }
}

/// Reports that `renew()` gave an id to a session that stayed empty, so no cookie carries the id.
/// This is a mistake in the application: what the handler stores under that id is not found at the
/// next request.
pub(crate) fn unsent_id(warned: &Warned, cookie: &str, now: u64) {
    let message = format!(
        "the id that renew() created will not be sent, because the session is empty (cookie \
         {cookie}): also store data in the session"
    );
    if warned.first_in_minute(Topic::UnsentId, now) {
        warning(&message);
    } else {
        emit::detail(&message);
    }
}

/// Reports that a response that a shared cache may keep touched the session.
pub(crate) fn public_touched(warned: &Warned, cookie: &str, now: u64) {
    let what = "a handler accessed the session and allowed shared caching of its response, but \
        some caches ignore Vary: Cookie: do not allow shared caching there, or do not access the \
        session";
    public_response(warned.first_in_minute(Topic::PublicTouched, now), cookie, what);
}

/// Reports that a response carries the cookie, so what allowed a shared cache to keep it was
/// removed.
pub(crate) fn public_cookie(warned: &Warned, cookie: &str, now: u64) {
    let what = "a response that allowed shared caching carries the session cookie: shared caching \
        was disabled for this response";
    public_response(warned.first_in_minute(Topic::PublicCookie, now), cookie, what);
}

fn public_response(warn: bool, cookie: &str, what: &'static str) {
    emit::public_response(warn, cookie, what);
    if warn {
        unheard(format_args!("{cookie}: {what}"));
    }
}

/// An event of reading a ring's file, kept until nothing is locked: a subscriber may use the ring.
pub(crate) struct RingEvent {
    kind: News,
    message: String,
}

enum News {
    Replaced,
    Warning,
    Detail,
}

impl RingEvent {
    pub(crate) fn replaced(path: &Path, keys: &str) -> Self {
        Self { kind: News::Replaced, message: format!("{keys}, from {}", shown(path)) }
    }

    pub(crate) fn refused(path: &Path, error: &RingError, warn: bool) -> Self {
        let kind = if warn { News::Warning } else { News::Detail };
        Self {
            kind,
            message: format!("{error}; the keys last read from {} stay in use", shown(path)),
        }
    }

    pub(crate) fn readable_by_all(path: &Path) -> Self {
        let mend = format!(
            "run chmod 600 {} (if the file is mounted, set the mode of the mount)",
            shown(path)
        );
        Self {
            kind: News::Warning,
            message: format!("every user of this machine can read the session keys: {mend}"),
        }
    }
}

/// Returns the path as text, redacted if a key was given in place of a path.
fn shown(path: &Path) -> String {
    redacted_path(path).display().to_string()
}

pub(crate) fn ring_news(news: Vec<RingEvent>) {
    // This is almost always so; not even a loop is started.
    if news.is_empty() {
        return;
    }
    for RingEvent { kind, message } in news {
        match kind {
            News::Replaced => emit::ring_replaced(&message),
            News::Warning => warning(&message),
            News::Detail => emit::detail(&message),
        }
    }
}

/// Reports that the application replaced a ring's keys.
pub(crate) fn ring_replaced(keys: &str) {
    emit::ring_replaced(keys);
}

/// Warns of a configuration that must be changed before production.
pub(crate) fn warning(message: &str) {
    emit::warning(message);
    unheard(format_args!("{message}"));
}

/// Warns once per process that a ring of published secrets is in use. Builds with debug assertions,
/// such as an application's tests, do not warn.
pub(crate) fn published_ring() {
    static SAID: AtomicBool = AtomicBool::new(false);
    if !cfg!(debug_assertions) && !SAID.swap(true, Ordering::Relaxed) {
        warning(
            "a key ring of published secrets is in use, so anyone can forge sessions: do not use \
             it in production",
        );
    }
}

/// Reports that a handler answered because a sealed value in the request did not open.
pub(crate) fn not_opened(error: &OpenError) {
    emit::detail(&error.to_string());
}

/// Reports why a request was answered with 500.
///
/// The limit of one warning a minute applies to each topic separately, so that one that a stranger
/// can cause does not hide the others. In a build with debug assertions it applies to each message,
/// so that the next mistake shows as soon as one is fixed.
pub(crate) fn internal_error(topic: Topic, message: &str) {
    static WARNED: Warned = Warned::new();
    let now = Clock::system().now().as_secs();
    let first = if cfg!(debug_assertions) {
        first_of_its_words(message, now)
    } else {
        WARNED.first_in_minute(topic, now)
    };
    if first {
        warning(message);
    } else {
        emit::detail(message);
    }
}

/// Returns `true` if this message was not reported in this minute. If a minute has more than 64
/// different messages, the ones beyond that are always reported.
fn first_of_its_words(message: &str, now: u64) -> bool {
    static SAID: Mutex<(u64, Vec<u64>)> = Mutex::new((0, Vec::new()));
    let mut hasher = DefaultHasher::new();
    message.hash(&mut hasher);
    let hash = hasher.finish();
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if said.0 != now / 60 {
        *said = (now / 60, Vec::new());
    }
    let first = !said.1.contains(&hash);
    if first && said.1.len() < 64 {
        said.1.push(hash);
    }
    first
}

/// Prints a warning to standard error unless a subscriber received it as an event. A subscriber
/// that filters the event out has received it.
fn unheard(message: fmt::Arguments<'_>) {
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

#[cfg(feature = "tracing")]
mod emit {
    use crate::error::{Reason, SessionError};

    macro_rules! leveled {
        ($warn:expr, $($event:tt)*) => {
            if $warn {
                tracing::warn!(target: "sealed_session", $($event)*)
            } else {
                tracing::debug!(target: "sealed_session", $($event)*)
            }
        };
    }

    pub(super) fn rejected(cookie: &str, reason: Reason) {
        tracing::debug!(
            target: "sealed_session",
            cookie,
            reason = reason.as_str(),
            "session rejected"
        );
    }
    pub(super) fn refused(cookie: &str, reason: Reason, refusal: &'static str) {
        tracing::debug!(
            target: "sealed_session",
            cookie,
            reason = reason.as_str(),
            refusal,
            "session rejected"
        );
    }
    pub(super) fn warn_rejected(cookie: &str, reason: Reason) {
        tracing::warn!(
            target: "sealed_session",
            cookie,
            reason = reason.as_str(),
            "authentic session rejected"
        );
    }
    pub(super) fn expired(cookie: &str, reason: Reason) {
        tracing::debug!(
            target: "sealed_session",
            cookie,
            reason = reason.as_str(),
            "session expired"
        );
    }
    pub(super) fn behind_a_comma(cookie: &str) {
        let why = "a proxy or server joined several Cookie fields with a comma; they must be \
            joined with \"; \"";
        tracing::debug!(
            target: "sealed_session",
            cookie,
            why,
            "session cookie after a comma not read"
        );
    }
    pub(super) fn refreshed(cookie: &str) {
        tracing::debug!(target: "sealed_session", cookie, "session refreshed");
    }
    pub(super) fn too_large(warn: bool, cookie: &str, needed: usize, allowed: usize) {
        leveled!(warn, cookie, needed, allowed, "session too large");
    }
    pub(super) fn not_imported(warn: bool, cookie: &str, why: &SessionError) {
        leveled!(warn, cookie, why = %why, "session not imported");
    }
    pub(super) fn nearly_too_large(warn: bool, cookie: &str, bytes: usize) {
        leveled!(
            warn,
            cookie,
            bytes,
            "Set-Cookie line is close to the limit of nginx's default buffers"
        );
    }
    pub(super) fn public_response(warn: bool, cookie: &str, what: &'static str) {
        leveled!(warn, cookie, "{what}");
    }
    pub(super) fn ring_replaced(keys: &str) {
        tracing::info!(target: "sealed_session", keys, "key ring replaced");
    }
    pub(super) fn detail(message: &str) {
        tracing::debug!(target: "sealed_session", "{message}");
    }
    pub(super) fn warning(message: &str) {
        tracing::warn!(target: "sealed_session", "{message}");
    }
}

#[cfg(not(feature = "tracing"))]
mod emit {
    use crate::error::{Reason, SessionError};

    pub(super) fn rejected(_: &str, _: Reason) {}
    pub(super) fn refused(_: &str, _: Reason, _: &'static str) {}
    pub(super) fn warn_rejected(_: &str, _: Reason) {}
    pub(super) fn expired(_: &str, _: Reason) {}
    pub(super) fn behind_a_comma(_: &str) {}
    pub(super) fn refreshed(_: &str) {}
    pub(super) fn too_large(_: bool, _: &str, _: usize, _: usize) {}
    pub(super) fn not_imported(_: bool, _: &str, _: &SessionError) {}
    pub(super) fn nearly_too_large(_: bool, _: &str, _: usize) {}
    pub(super) fn public_response(_: bool, _: &str, _: &'static str) {}
    pub(super) fn ring_replaced(_: &str) {}
    pub(super) fn detail(_: &str) {}
    pub(super) fn warning(_: &str) {}
}
