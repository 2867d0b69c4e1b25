//! `Event`: what happens to the sessions of one kind, for an operator's counters.
//!
//! The table of events is the enum [`EventKind`] with the name of each. `events/level.rs` has the
//! level of each, and `Display` its message. An event holds numbers, and words from the source code
//! of this crate and of the application. It holds no text of a request, so it is `Copy`.

use crate::error::Reason;
use std::fmt;

/// Something that happened to a session of one kind, or to its key ring. Passed to the hooks of
/// [`Builder::on_event`](crate::Builder::on_event).
///
/// It holds no cookie, no session id, no data, and no other text that a request brought.
/// [`name`](Self::name), [`reason`](Self::reason) and [`cookie`](Self::cookie) take a few fixed
/// values, so they can be labels of a metric. The numbers in [`kind`](Self::kind) cannot.
///
/// `Display` writes one line for a log, without the cookie's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    cookie: &'a str,
    kind: EventKind,
    level: EventLevel,
}

impl<'a> Event<'a> {
    pub(crate) fn new(cookie: &'a str, kind: EventKind, level: EventLevel) -> Self {
        Self { cookie, kind, level }
    }

    /// Returns what happened, with its numbers.
    pub fn kind(&self) -> EventKind {
        self.kind
    }

    /// Returns the name of what happened, such as `rejected`. The names are stable.
    pub fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// Returns the word for the reason or the cause, if this kind of event has one: for `rejected`
    /// that of [`Reason::as_str`], such as `unknown-key`. The words are stable.
    pub fn reason(&self) -> Option<&'static str> {
        self.kind.reason()
    }

    /// Returns the level at which the event was logged. What needs attention and can occur with
    /// every request is [`Warn`](EventLevel::Warn) once a minute, and
    /// [`Debug`](EventLevel::Debug) for the rest of that minute.
    pub fn level(&self) -> EventLevel {
        self.level
    }

    /// Returns the cookie's name, which tells several kinds of session apart.
    pub fn cookie(&self) -> &'a str {
        self.cookie
    }
}

/// How much attention an event needs. The order is from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EventLevel {
    /// Sessions work as they should.
    Trace,
    /// Any stranger can cause it, or it was already a warning in this minute.
    Debug,
    /// An operator did it.
    Info,
    /// Somebody should look at it.
    Warn,
}

impl EventLevel {
    /// Returns the level in lower case, such as `warn`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
        }
    }
}

/// What ended a session, in [`EventKind::Ended`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndedBy {
    /// [`Session::purge`](crate::Session::purge). Reported at the call, whatever becomes of the
    /// response.
    Purge,
    /// An update that left the session empty. Reported when the response deletes the cookie.
    Emptied,
}

impl EndedBy {
    /// Returns the word for it: `purge` or `emptied`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Purge => "purge",
            Self::Emptied => "emptied",
        }
    }
}

/// Defines the kinds of events, each with its name.
macro_rules! kinds {
    ($(
        $(#[$doc:meta])*
        $name:literal $kind:ident $({ $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })?,
    )*) => {
        /// What happened. `docs/observing.md` in the repository has a table of them with what to
        /// do about each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum EventKind {
            $(
                $(#[$doc])*
                $kind $({ $($(#[$field_doc])* $field: $type,)* })?,
            )*
        }

        impl EventKind {
            /// All names, for example to create every counter before the first event.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// Returns the name, which is stable.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind { .. } => $name,)* }
            }
        }
    };
}

kinds! {
    /// The first access opened a session from the visitor's cookie.
    "restored" Restored,
    /// The first access made a session from another library's cookie
    /// ([`Builder::import_from`](crate::Builder::import_from)).
    "imported" Imported,
    /// Another library's session was read, but cannot be a session here.
    #[non_exhaustive]
    "not-imported" NotImported {
        /// The word for the error: `too-large`, `unencodable`, ….
        why: &'static str,
    },
    /// At the first access, cookies of the session came and none opened.
    #[non_exhaustive]
    "rejected" Rejected {
        /// The reason. If several cookies came, that of the lowest rank.
        reason: Reason,
    },
    /// The session's cookie came after a comma in a `Cookie` field, and was not read.
    "behind-a-comma" BehindAComma,
    /// A request of another origin was answered with 403
    /// ([`Builder::cross_origin`](crate::Builder::cross_origin)).
    #[non_exhaustive]
    "cross-origin-refused" CrossOriginRefused {
        /// The field that was the reason: `sec-fetch-site` or `origin`.
        why: &'static str,
    },
    /// A browser registered a device key
    /// ([`Builder::device_bound`](crate::Builder::device_bound)).
    "device-registered" DeviceRegistered,
    /// A browser proved that it has its device key.
    "device-refreshed" DeviceRefreshed,
    /// A registration or a refresh was refused, and the browser may try again.
    #[non_exhaustive]
    "device-refused" DeviceRefused {
        /// What was wrong: `fetch-metadata`, `token`, `challenge`, `key`, `signature`, `audience`,
        /// `session-id`, `no-token`, or `unknown-key` if this server lacks the ring's key.
        why: &'static str,
    },
    /// A browser was told to forget its device key.
    #[non_exhaustive]
    "device-ended" DeviceEnded {
        /// Why: `signed-out`, `other-key` if the visitor signed in with another one, `key` if the
        /// sealed key no longer opens, `off`.
        why: &'static str,
    },
    /// Another server issued a challenge, and its clock is ahead of this server's.
    #[non_exhaustive]
    "clock-ahead" ClockAhead {
        /// By how much at least.
        seconds: u64,
    },
    /// The response has the cookie of a session that no cookie of this request brought.
    "created" Created,
    /// The response has the cookie of a session that was changed, and not renewed.
    "changed" Changed,
    /// The response has the cookie of a session that was renewed: the one that came continues
    /// under another id ([`Session::renew`](crate::Session::renew)).
    "renewed" Renewed,
    /// The response has the cookie of a session that was not changed: its idle timeout starts
    /// again, or it moves to the current key.
    "refreshed" Refreshed,
    /// A session that a cookie brought was ended.
    #[non_exhaustive]
    "ended" Ended {
        /// What ended it.
        cause: EndedBy,
    },
    /// A write or a refresh was refused, because the session would not fit into its cookies.
    #[non_exhaustive]
    "too-large" TooLarge {
        /// Bytes of `Set-Cookie` lines that the session needs.
        needed: usize,
        /// Bytes that it may take.
        allowed: usize,
    },
    /// The `Set-Cookie` lines of a response are so long that nginx with default buffers may answer
    /// 502.
    #[non_exhaustive]
    "nearly-too-large" NearlyTooLarge {
        /// Their bytes.
        bytes: usize,
    },
    /// A write was refused because it could replace a session that this server cannot see:
    /// `cross-site`, `unreadable` or `unproven`.
    #[non_exhaustive]
    "write-refused" WriteRefused {
        /// The word for the error.
        why: &'static str,
    },
    /// A write was refused because no key of the ring seals.
    "no-sealing-key" NoSealingKey,
    /// `renew()` gave an id to a session that stayed empty, so no cookie carries the id.
    "unsent-id" UnsentId,
    /// A handler accessed the session, and its response allows shared caching.
    "public-accessed" PublicAccessed,
    /// Shared caching was disabled for a response, because it carries the cookie.
    "public-cookie" PublicCookie,
    /// A commit failed, so a change is lost and the response is a 500.
    #[non_exhaustive]
    "lost-change" LostChange {
        /// The word for the error: `no-sealing-key`, `headers-full`, ….
        why: &'static str,
    },
    /// Two layers around one handler have the same cookie or the same type, so the response is a
    /// 500.
    "layer-conflict" LayerConflict,
    /// [`KeyRing::replace`](crate::KeyRing::replace) or the ring's file brought new keys.
    #[non_exhaustive]
    "ring-changed" RingChanged {
        /// How many keys the ring has now.
        keys: usize,
    },
    /// A new ring was refused, and the one before it stays in use.
    #[non_exhaustive]
    "ring-refused" RingRefused {
        /// The word for the error: `unreadable`, `empty`, ….
        why: &'static str,
    },
}

impl EventKind {
    /// Returns the word for the reason or the cause, if this kind of event has one.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Rejected { reason } => Some(reason.as_str()),
            Self::Ended { cause } => Some(cause.as_str()),
            Self::NotImported { why }
            | Self::CrossOriginRefused { why }
            | Self::DeviceRefused { why }
            | Self::DeviceEnded { why }
            | Self::WriteRefused { why }
            | Self::LostChange { why }
            | Self::RingRefused { why } => Some(why),
            _ => None,
        }
    }
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authentic = self.level == EventLevel::Warn;
        match self.kind {
            EventKind::Restored => f.write_str("session restored"),
            EventKind::Imported => f.write_str("another library's session was imported"),
            EventKind::NotImported { why } => {
                write!(f, "another library's session was not imported: {why}")
            }
            EventKind::Rejected { reason } if authentic => {
                write!(f, "authentic session rejected: {reason}")
            }
            EventKind::Rejected {
                reason: reason @ (Reason::ExpiredAt | Reason::ExpiredAbsolute | Reason::ExpiredIdle),
            } => write!(f, "session expired: {reason}"),
            EventKind::Rejected { reason: Reason::Refused(why) } => {
                write!(f, "session rejected: refused: {why}")
            }
            EventKind::Rejected { reason: Reason::Unproven(why) } => {
                write!(f, "session rejected: unproven: {why}")
            }
            EventKind::Rejected { reason } => write!(f, "session rejected: {reason}"),
            EventKind::BehindAComma => f.write_str(
                "session cookie after a comma not read: a proxy or server joined several Cookie \
                 fields with a comma; they must be joined with \"; \"",
            ),
            EventKind::CrossOriginRefused { why } => {
                write!(f, "cross-origin request refused because of its {why}")
            }
            EventKind::DeviceRegistered => f.write_str("device key registered"),
            EventKind::DeviceRefreshed => f.write_str("device key proven"),
            EventKind::DeviceRefused { why } => {
                write!(f, "registration or refresh of a device key refused because of its {why}")
            }
            EventKind::DeviceEnded { why } => write!(f, "device key ended: {why}"),
            EventKind::ClockAhead { seconds } => write!(
                f,
                "the clock of another server is at least {seconds} s ahead of this one's: \
                 synchronize the clocks, which lengthen the life of stolen proofs"
            ),
            EventKind::Created => f.write_str("session created"),
            EventKind::Changed => f.write_str("session changed"),
            EventKind::Renewed => f.write_str("session renewed"),
            EventKind::Refreshed => f.write_str("session refreshed"),
            EventKind::Ended { cause: EndedBy::Purge } => f.write_str("session ended by purge()"),
            EventKind::Ended { cause: EndedBy::Emptied } => {
                f.write_str("session ended by an update that left it empty")
            }
            EventKind::TooLarge { needed, allowed } => write!(
                f,
                "session too large: it needs {needed} bytes of Set-Cookie lines, but the limit is \
                 {allowed}"
            ),
            EventKind::NearlyTooLarge { bytes } => write!(
                f,
                "the session's Set-Cookie lines have {bytes} bytes, which is close to the limit \
                 of nginx's default buffers, or above it"
            ),
            EventKind::WriteRefused { why } => write!(
                f,
                "session write refused ({why}): it could replace a session that this server \
                 cannot see"
            ),
            EventKind::NoSealingKey => f.write_str(
                "no key in the ring can seal now, so sessions can be read but not written: add a \
                 sealing key",
            ),
            EventKind::UnsentId => f.write_str(
                "the id that renew() created will not be sent, because the session is empty: also \
                 store data in the session",
            ),
            EventKind::PublicAccessed => f.write_str(
                "a handler accessed the session and allowed shared caching of its response, but \
                 some caches ignore Vary: Cookie: do not allow shared caching there, or do not \
                 access the session",
            ),
            EventKind::PublicCookie => f.write_str(
                "a response that allowed shared caching carries the session cookie: shared \
                 caching was disabled for this response",
            ),
            EventKind::LostChange { .. } => f.write_str("a session's change was lost"),
            EventKind::LayerConflict => f.write_str("two session layers conflict"),
            EventKind::RingChanged { keys } => write!(f, "key ring replaced: {keys} keys"),
            EventKind::RingRefused { why } => {
                write!(f, "a new key ring was rejected ({why}), and the previous one stays in use")
            }
        }
    }
}
