//! What the operator hears. With the feature `tracing`: events of target `sealed_session`. Warnings
//! that no subscriber takes, since the feature is off or none is set, go to standard error (for
//! JavaScript hosts, which have none: to the console), so that none is ever lost.
//!
//! What a stranger can bring about at will stays at debug level. What is the operator's business,
//! and yet comes with a request, is a warning once a minute and topic, and debug in between. No
//! event holds a cookie, a session id, or data.

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

/// What is warned of, once a minute each.
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

/// The minute since 1970 in which each topic was last warned of, per kind of session.
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

/// A cookie did not open.
pub(crate) fn rejected(warned: &Warned, cookie: &str, rejection: &Rejection, now: u64) {
    let Rejection { reason, stale, refusal, .. } = *rejection;
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
    } else if let Some(refusal) = refusal {
        emit::refused(cookie, reason, refusal);
    } else {
        emit::rejected(cookie, reason);
    }
}

/// Whether anything but warnings is heard.
pub(crate) const TRACED: bool = cfg!(feature = "tracing");

/// The session cookie stands behind a comma in a `Cookie` field, and was not read.
pub(crate) fn behind_a_comma(cookie: &str) {
    emit::behind_a_comma(cookie);
}

/// A cookie was issued anew.
pub(crate) fn refreshed(cookie: &str) {
    emit::refreshed(cookie);
}

/// A write was refused, since it would not fit.
pub(crate) fn too_large(warned: &Warned, cookie: &str, needed: usize, allowed: usize, now: u64) {
    let warn = warned.first_in_minute(Topic::TooLarge, now);
    emit::too_large(warn, cookie, needed, allowed);
    if warn {
        unheard(format_args!(
            "{cookie}: the session is too large: {needed} bytes are needed, and {allowed} allowed"
        ));
    }
}

/// A `Set-Cookie` line is near what front ends with default buffers take.
pub(crate) fn nearly_too_large(warned: &Warned, cookie: &str, bytes: usize, now: u64) {
    let warn = warned.first_in_minute(Topic::NearlyTooLarge, now);
    emit::nearly_too_large(warn, cookie, bytes);
    if warn {
        unheard(format_args!(
            "{cookie}: a Set-Cookie line of {bytes} bytes is near what nginx's default buffers take"
        ));
    }
}

/// Another library's session could not become one of ours.
pub(crate) fn not_imported(warned: &Warned, cookie: &str, why: &SessionError, now: u64) {
    let warn = warned.first_in_minute(Topic::NotImported, now);
    emit::not_imported(warn, cookie, why);
    if warn {
        unheard(format_args!("{cookie}: another library's session was not imported: {why}"));
    }
}

/// `renew()` gave an id to a session that stayed empty, so that no cookie carries it. A mistake in
/// the application's code: whatever the handler keeps under that id is not found at the next
/// request.
pub(crate) fn unsent_id(warned: &Warned, cookie: &str, now: u64) {
    let message = format!(
        "the id that renew() drew will not be sent, since the session is empty (cookie {cookie}): put a field into the session, too"
    );
    if warned.first_in_minute(Topic::UnsentId, now) {
        warning(&message);
    } else {
        emit::detail(&message);
    }
}

/// A response that a shared cache may keep touched the session.
pub(crate) fn public_touched(warned: &Warned, cookie: &str, now: u64) {
    let what = "a response for shared caches touched the session: they may ignore its Vary: Cookie";
    public_response(warned.first_in_minute(Topic::PublicTouched, now), cookie, what);
}

/// A response that a shared cache could keep lost what let it, since it carries the cookie.
pub(crate) fn public_cookie(warned: &Warned, cookie: &str, now: u64) {
    let what = "a response for shared caches carries the session cookie: what let them keep it was taken back";
    public_response(warned.first_in_minute(Topic::PublicCookie, now), cookie, what);
}

fn public_response(warn: bool, cookie: &str, what: &'static str) {
    emit::public_response(warn, cookie, what);
    if warn {
        unheard(format_args!("{cookie}: {what}"));
    }
}

/// What a look at a ring's file has to say, once nothing is locked: whoever hears it may use the
/// ring.
pub(crate) struct RingNews {
    kind: News,
    message: String,
}

enum News {
    Replaced,
    Warning,
    Detail,
}

impl RingNews {
    pub(crate) fn replaced(path: &Path, keys: &str) -> Self {
        Self { kind: News::Replaced, message: format!("{keys}, from {}", shown(path)) }
    }

    pub(crate) fn refused(path: &Path, error: &RingError, warn: bool) -> Self {
        let kind = if warn { News::Warning } else { News::Detail };
        Self { kind, message: format!("{error}; what {} held before stays in use", shown(path)) }
    }

    pub(crate) fn readable_by_all(path: &Path) -> Self {
        let mend =
            format!("chmod 600 {} (where it is mounted: set the mode of the mount)", shown(path));
        Self {
            kind: News::Warning,
            message: format!("every user of this machine can read the session keys: {mend}"),
        }
    }
}

/// A key in the place of a path is not shown.
fn shown(path: &Path) -> String {
    redacted_path(path).display().to_string()
}

pub(crate) fn ring_news(news: Vec<RingNews>) {
    // As it is nearly always: not even a loop is begun then.
    if news.is_empty() {
        return;
    }
    for RingNews { kind, message } in news {
        match kind {
            News::Replaced => emit::ring_replaced(&message),
            News::Warning => warning(&message),
            News::Detail => emit::detail(&message),
        }
    }
}

/// The application has put other keys in a ring's place.
pub(crate) fn ring_replaced(keys: &str) {
    emit::ring_replaced(keys);
}

/// Something about the configuration that is to be changed before production.
pub(crate) fn warning(message: &str) {
    emit::warning(message);
    unheard(format_args!("{message}"));
}

/// A ring of published secrets is in use. Builds with debug assertions, such as an application's
/// tests, say nothing.
pub(crate) fn published_ring() {
    static SAID: AtomicBool = AtomicBool::new(false);
    if !cfg!(debug_assertions) && !SAID.swap(true, Ordering::Relaxed) {
        warning(
            "a key ring of published secrets is in use: anyone can make sessions for it; not for production",
        );
    }
}

/// A handler answers that a sealed value that came with the request does not open.
pub(crate) fn not_opened(error: &OpenError) {
    emit::detail(&error.to_string());
}

/// Why a request was answered with 500. Each topic for itself: what a stranger can bring about must
/// not hide the others. In a build with debug assertions each sentence for itself: the next mistake
/// shows as soon as one is mended.
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

/// Whether this was not said in this minute. More than 64 different messages of a minute are all
/// said.
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

/// Says a warning on standard error if no subscriber took it as an event. One that is set and
/// filters it out has taken it.
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
        // Not eprintln!, which panics where standard error is gone. One call, so that lines of
        // several threads stay whole.
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
        tracing::debug!(target: "sealed_session", cookie, reason = reason.as_str(), "session rejected");
    }
    pub(super) fn refused(cookie: &str, reason: Reason, refusal: &'static str) {
        tracing::debug!(target: "sealed_session", cookie, reason = reason.as_str(), refusal, "session rejected");
    }
    pub(super) fn warn_rejected(cookie: &str, reason: Reason) {
        tracing::warn!(target: "sealed_session", cookie, reason = reason.as_str(), "authentic session rejected");
    }
    pub(super) fn expired(cookie: &str, reason: Reason) {
        tracing::debug!(target: "sealed_session", cookie, reason = reason.as_str(), "session expired");
    }
    pub(super) fn behind_a_comma(cookie: &str) {
        let why = "a Cookie field was joined with a comma before it came here; it must be \"; \"";
        tracing::debug!(target: "sealed_session", cookie, why, "session cookie behind a comma not read");
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
        leveled!(warn, cookie, bytes, "Set-Cookie line is near what nginx's default buffers take");
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
