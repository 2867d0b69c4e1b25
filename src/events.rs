//! What the operator hears. With the feature `tracing`: events of target `sealed_session`; without it: warnings about the
//! configuration, and about responses that it concerns, on standard error, and nothing else.
//!
//! What a stranger can bring about at will stays at debug level. What is authentic and yet unreadable is the operator's business:
//! a warning, once per reason and minute. No event holds a cookie, a session id, or data.

use crate::error::Reason;
use std::sync::atomic::{AtomicU32, Ordering};

/// Minutes (since 1970) in which each reason was last warned of, per kind of session.
#[derive(Default)]
pub(crate) struct Warned([AtomicU32; 4]);

impl Warned {
    /// Whether this reason has not been warned of in this minute.
    fn first_in_minute(&self, reason: Reason, now: u64) -> bool {
        let slot = match reason {
            Reason::Undecodable => &self.0[0],
            Reason::OtherShape => &self.0[1],
            Reason::FromTheFuture => &self.0[2],
            _ => &self.0[3],
        };
        let minute = u32::try_from(now / 60).unwrap_or(u32::MAX);
        slot.swap(minute, Ordering::Relaxed) != minute
    }
}

/// A cookie did not open. `stale`: it is authentic and has been over for longer than browsers keep cookies.
pub(crate) fn rejected(warned: &Warned, cookie: &str, reason: Reason, stale: bool, now: u64) {
    let expired = matches!(reason, Reason::ExpiredAt | Reason::ExpiredAbsolute | Reason::ExpiredIdle);
    let for_the_operator = stale || matches!(reason, Reason::Undecodable | Reason::OtherShape | Reason::FromTheFuture);
    if for_the_operator && warned.first_in_minute(reason, now) {
        emit::warn_rejected(cookie, reason);
    } else if expired {
        emit::expired(cookie, reason);
    } else {
        emit::rejected(cookie, reason);
    }
}

/// A cookie was issued anew.
pub(crate) fn refreshed(cookie: &str) {
    emit::refreshed(cookie);
}

/// A write was refused, since it would not fit.
pub(crate) fn too_large(cookie: &str, needed: usize, allowed: usize) {
    emit::too_large(cookie, needed, allowed);
}

/// A `Set-Cookie` line is near what front ends with default buffers take.
pub(crate) fn large(cookie: &str, bytes: usize) {
    emit::large(cookie, bytes);
}

/// A response that a shared cache may keep touched the session, or lost directives since it carries the cookie.
pub(crate) fn public_response(cookie: &str, what: &'static str) {
    emit::public_response(cookie, what);
}

/// Something about the configuration that is to be changed before production, or that answers every request with 500.
pub(crate) fn warning(message: &str) {
    emit::warning(message);
}

#[cfg(feature = "tracing")]
mod emit {
    use crate::error::Reason;

    pub(super) fn rejected(cookie: &str, reason: Reason) {
        tracing::debug!(target: "sealed_session", cookie, reason = reason.as_str(), "session rejected");
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
    pub(super) fn too_large(cookie: &str, needed: usize, allowed: usize) {
        tracing::warn!(target: "sealed_session", cookie, needed, allowed, "session too large");
    }
    pub(super) fn large(cookie: &str, bytes: usize) {
        tracing::warn!(target: "sealed_session", cookie, bytes, "Set-Cookie line is near what nginx's default buffers take");
    }
    pub(super) fn public_response(cookie: &str, what: &'static str) {
        tracing::warn!(target: "sealed_session", cookie, "{what}");
    }
    pub(super) fn warning(message: &str) {
        tracing::warn!(target: "sealed_session", "{message}");
    }
}

#[cfg(not(feature = "tracing"))]
mod emit {
    use crate::error::Reason;

    pub(super) fn rejected(_: &str, _: Reason) {}
    pub(super) fn warn_rejected(_: &str, _: Reason) {}
    pub(super) fn expired(_: &str, _: Reason) {}
    pub(super) fn refreshed(_: &str) {}
    pub(super) fn too_large(_: &str, _: usize, _: usize) {}
    pub(super) fn large(_: &str, _: usize) {}
    pub(super) fn public_response(_: &str, _: &'static str) {}
    pub(super) fn warning(message: &str) {
        eprintln!("sealed-session: {message}");
    }
}
