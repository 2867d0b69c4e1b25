//! What the operator hears. With the feature `tracing`: events of target `sealed_session`; without it: warnings about the
//! configuration, about answers of 500, and about ids that are not sent, on standard error (for JavaScript
//! hosts, which have none: on the console), and nothing else.
//!
//! What a stranger can bring about at will stays at debug level. What is the operator's business, and yet comes with a request, is a
//! warning once a minute and topic, and debug in between. No event holds a cookie, a session id, or data.

use crate::clock::Clock;
use crate::error::{OpenError, Reason, SessionError};
use crate::keys::RingError;
use crate::rejection::Rejection;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

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
    let expired = matches!(reason, Reason::ExpiredAt | Reason::ExpiredAbsolute | Reason::ExpiredIdle);
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
    } else if expired {
        emit::expired(cookie, reason);
    } else if let Some(refusal) = refusal {
        emit::refused(cookie, reason, refusal);
    } else {
        emit::rejected(cookie, reason);
    }
}

/// A cookie was issued anew.
pub(crate) fn refreshed(cookie: &str) {
    emit::refreshed(cookie);
}

/// A write was refused, since it would not fit.
pub(crate) fn too_large(warned: &Warned, cookie: &str, needed: usize, allowed: usize, now: u64) {
    emit::too_large(warned.first_in_minute(Topic::TooLarge, now), cookie, needed, allowed);
}

/// A `Set-Cookie` line is near what front ends with default buffers take.
pub(crate) fn nearly_too_large(warned: &Warned, cookie: &str, bytes: usize, now: u64) {
    emit::nearly_too_large(warned.first_in_minute(Topic::NearlyTooLarge, now), cookie, bytes);
}

/// Another library's session could not become one of ours.
pub(crate) fn not_imported(warned: &Warned, cookie: &str, why: &SessionError, now: u64) {
    emit::not_imported(warned.first_in_minute(Topic::NotImported, now), cookie, why);
}

/// `renew()` gave an id to a session that stayed empty, so that no cookie carries it. A mistake in the
/// application's code: whatever the handler keeps under that id is not found at the next request.
pub(crate) fn unsent_id(warned: &Warned, cookie: &str, now: u64) {
    let message =
        format!("renew() gave an empty session an id that will not be sent (cookie {cookie}): put a field into the session, too");
    if warned.first_in_minute(Topic::UnsentId, now) {
        emit::warning(&message);
    } else {
        emit::detail(&message);
    }
}

/// A response that a shared cache may keep touched the session.
pub(crate) fn public_touched(warned: &Warned, cookie: &str, now: u64) {
    let what = "a response for shared caches touched the session: they may ignore its Vary: Cookie";
    emit::public_response(warned.first_in_minute(Topic::PublicTouched, now), cookie, what);
}

/// A response that a shared cache could keep lost what let it, since it carries the cookie.
pub(crate) fn public_cookie(warned: &Warned, cookie: &str, now: u64) {
    let what = "a response for shared caches carries the session cookie: what let them keep it was taken back";
    emit::public_response(warned.first_in_minute(Topic::PublicCookie, now), cookie, what);
}

/// What a look at a ring's file has to say, once nothing is locked: whoever hears it may use the ring.
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
        Self { kind: News::Replaced, message: format!("{keys}, from {}", path.display()) }
    }

    pub(crate) fn refused(path: &Path, error: &RingError, warn: bool) -> Self {
        let kind = if warn { News::Warning } else { News::Detail };
        Self { kind, message: format!("{error}; what {} held before stays in use", path.display()) }
    }

    pub(crate) fn readable_by_all(path: &Path) -> Self {
        let mend = format!("chmod 600 {} (where it is mounted: set the mode of the mount)", path.display());
        Self { kind: News::Warning, message: format!("every user of this machine can read the session keys: {mend}") }
    }
}

pub(crate) fn ring_news(news: Vec<RingNews>) {
    // As it is nearly always: not even a loop is begun then.
    if news.is_empty() {
        return;
    }
    for RingNews { kind, message } in news {
        match kind {
            News::Replaced => emit::ring_replaced(&message),
            News::Warning => emit::warning(&message),
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
}

/// A handler answers that a sealed value that came with the request does not open.
pub(crate) fn not_opened(error: &OpenError) {
    emit::detail(&error.to_string());
}

/// Why a request was answered with 500. Each topic for itself: what a stranger can bring about must not hide the others.
pub(crate) fn internal_error(topic: Topic, message: &str) {
    static WARNED: Warned = Warned::new();
    if WARNED.first_in_minute(topic, Clock::system().now().as_secs()) {
        emit::warning(message);
    } else {
        emit::detail(message);
    }
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
    pub(super) fn refreshed(_: &str) {}
    pub(super) fn too_large(_: bool, _: &str, _: usize, _: usize) {}
    pub(super) fn not_imported(_: bool, _: &str, _: &SessionError) {}
    pub(super) fn nearly_too_large(_: bool, _: &str, _: usize) {}
    pub(super) fn public_response(_: bool, _: &str, _: &'static str) {}
    pub(super) fn ring_replaced(_: &str) {}
    pub(super) fn detail(_: &str) {}
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    pub(super) fn warning(message: &str) {
        use std::io::Write;
        // Not eprintln!, which panics where standard error is gone.
        let _ = writeln!(std::io::stderr(), "sealed-session: {message}");
    }
    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    pub(super) fn warning(message: &str) {
        web_sys::console::warn_1(&format!("sealed-session: {message}").into());
    }
}
