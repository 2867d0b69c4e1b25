//! Every number of this crate, with its unit, its reason and its source. This module imports
//! nothing.
//!
//! SPEC.md repeats the numbers that other implementations must share, and a test compares the two.

pub(crate) const MINUTE: u64 = 60;
pub(crate) const DAY: u64 = 24 * 60 * MINUTE;

/// Seconds without a visit after which a session ends, by default.
pub(crate) const IDLE_TIMEOUT: u64 = 14 * DAY;
/// Seconds after which a session ends regardless of visits, by default (NIST SP 800-63B: at most 30
/// days at AAL1).
pub(crate) const ABSOLUTE_TIMEOUT: u64 = 30 * DAY;
/// Share of the idle limit, in millionths, after which a touched session's cookie is reissued, by
/// default.
pub(crate) const REFRESH_SHARE: u32 = MILLION / 10;
pub(crate) const MILLION: u32 = 1_000_000;
/// Minimum number of seconds between two refreshes, so that a small share does not write on every
/// request by accident.
pub(crate) const REFRESH_FLOOR: u64 = 1;
/// Seconds after `load` from which a response no longer refreshes: a slow poll must not undo a fast
/// login.
pub(crate) const REFRESH_WINDOW: u64 = 5;
/// Seconds that a cookie's issue may lie ahead of this server's clock.
pub(crate) const CLOCK_SKEW: u64 = 2 * MINUTE;
/// Seconds that an expiry set by the application may exceed the absolute timeout, so that rounding
/// never causes a refusal.
pub(crate) const EXPIRY_SLACK: u64 = MINUTE;
/// Seconds that browsers clamp `Max-Age` to (RFC 6265bis §5.5).
pub(crate) const MAX_AGE: u64 = 400 * DAY;
/// Clock readings below this (in 1971) come from a platform that has no time yet, such as a
/// Worker's global scope.
pub(crate) const NO_CLOCK_YET: u64 = 365 * DAY;
/// Seconds since expiry after which an authentic cookie needs the operator's attention: no browser
/// keeps one that long.
pub(crate) const STALE: u64 = 400 * DAY;

/// Bytes of one `Set-Cookie` field value, by default (Safari's limit for name and value, and below
/// Google's front end's limit for the line).
pub(crate) const SET_COOKIE: usize = 4093;
/// Smallest and largest value that an application may set for this limit.
pub(crate) const SET_COOKIE_RANGE: std::ops::RangeInclusive<usize> = 256..=4096;
/// Bytes of all `Set-Cookie` lines of a session from about which nginx with default buffers answers
/// 502.
pub(crate) const SET_COOKIE_WARNING: usize = 3600;
/// Characters of a cookie's value above which the value is not examined (RFC 6265bis: name and
/// value are at most 4096 octets).
pub(crate) const VALUE: usize = 4096;
/// Characters of a value that was joined from pieces, or did not come in a cookie, above which it is
/// not examined. No server writes a longer one: see `REQUEST_RANGE`.
pub(crate) const JOINED_VALUE: usize = 14_000;
/// Cookies that one session can be split over in version 1 of the format.
pub(crate) const PIECES: usize = 9;
/// Cookies that an application may allow one session to be split over. Browsers send all of them
/// with every request.
pub(crate) const COOKIES_RANGE: std::ops::RangeInclusive<u8> = 1..=4;
/// Bytes that all cookies of one session take in a request, as `name=value; `, by default (nginx
/// with default buffers refuses a `Cookie` field above 8,182 bytes).
pub(crate) const REQUEST: usize = 7900;
/// Smallest and largest value that an application may set for this limit (HTTP/2 in hyper refuses
/// requests whose header list is larger than 16,384 bytes).
pub(crate) const REQUEST_RANGE: std::ops::RangeInclusive<usize> = 256..=14_000;
/// Bytes that may come out of compressed data. Only a server with the key can seal a value from
/// which more would come, but even that must cost little.
#[cfg(feature = "compression")]
pub(crate) const INFLATED: usize = 64 * 1024;
/// Bytes of which a padded plaintext can be a multiple.
pub(crate) const PADDING_RANGE: std::ops::RangeInclusive<usize> = 2..=1024;
/// Bytes that all `Partitioned` cookies of one site may take on one embedding site. Chromium and
/// Firefox delete the oldest beyond that, so a longer session would lose its first piece as soon as
/// it is set (`tests/browser`).
pub(crate) const PARTITION: usize = 10_240;
/// Bytes of an attribute's value above which browsers ignore the attribute (RFC 6265bis §5.6).
pub(crate) const ATTRIBUTE: usize = 1024;
/// Candidates that are opened per request, those whose pieces are looked for, and bytes of
/// candidates that are examined.
pub(crate) const CANDIDATES_OPENED: usize = 16;
pub(crate) const CANDIDATES_JOINED: usize = 16;
pub(crate) const CANDIDATE_BYTES: usize = 64 * 1024;
/// Bytes of a cookie's name. The length field in the associated data could hold far more.
pub(crate) const NAME: usize = 256;

/// Characters of a ticket, by default: a cautious length for a link.
pub(crate) const TICKET: usize = 2000;
/// Smallest and largest value that an application may set for this limit.
pub(crate) const TICKET_RANGE: std::ops::RangeInclusive<usize> = 128..=8000;
/// Bytes of a ticket's purpose, and of what it is issued for. Their length fields in the associated
/// data could hold far more.
pub(crate) const PURPOSE: usize = 256;
pub(crate) const BOUND: usize = 1024;

/// Nesting depth of a typed session's data. Tested on a stack of 2 MiB in a debug build, and of 1
/// MiB on WebAssembly.
pub(crate) const NESTING: u8 = 128;

/// Flash messages that may wait, and bytes of their texts together. The oldest are dropped first.
pub(crate) const FLASHES: usize = 16;
pub(crate) const FLASH_BYTES: usize = 1024;

/// Keys of one ring, and bytes of its text.
pub(crate) const KEYS: usize = 64;
pub(crate) const RING_BYTES: usize = 16 * 1024;
/// Seconds between two checks of the metadata of a ring's file: a change is scheduled minutes
/// ahead, and a check is one system call.
pub(crate) const KEY_FILE_LOOK: u64 = 10;
/// Seconds after which the file is read whatever its metadata says: NFS clients answer from memory
/// for up to 60 seconds (nfs(5), `acregmax`), and ask the server when the file is opened.
pub(crate) const KEY_FILE_READING: u64 = MINUTE;
/// Seconds between any reading and one that a cookie's unknown key triggers: strangers can cause at
/// most 12 readings a minute.
pub(crate) const KEY_FILE_EARLY_LOOK: u64 = 5;
/// Seconds between two readings that must agree before a new text is accepted: the first may have
/// seen a half-written file.
pub(crate) const KEY_FILE_SETTLING: u64 = 2;
/// Seconds since a file was last modified, by mtime and ctime, after which it is accepted at the
/// first reading. This exceeds the allowed clock difference, because the dates come from the file
/// system's clock, which may be another machine's.
pub(crate) const KEY_FILE_UNTOUCHED: u64 = CLOCK_SKEW + KEY_FILE_SETTLING;
/// Readings in a row that may postpone acceptance. After that, a file that keeps changing, or does
/// not end with a line feed, is accepted as it is.
pub(crate) const KEY_FILE_WAITS: u32 = 5;
/// Minimum number of different bytes in a secret: 32 random bytes have fewer with a probability
/// below 2⁻⁵⁰.
pub(crate) const SECRET_VARIETY: usize = 17;

/// The numbers of sessions that are bound to a device.
#[cfg(feature = "dbsc")]
pub(crate) mod device {
    use super::{CLOCK_SKEW, DAY, MINUTE};

    /// Seconds that a proof of a device key lives, by default.
    pub(crate) const PROOF_LIFETIME: u64 = 10 * MINUTE;
    /// Seconds below which a proof's lifetime is refused. Chromium refreshes 2 minutes early and makes 6
    /// signatures in 9 minutes for one site, so a shorter one uses up that quota alone.
    pub(crate) const PROOF_LEAST: u64 = 4 * MINUTE;
    /// Seconds below which it causes a warning: two sessions on one site use up the quota.
    pub(crate) const PROOF_WARNING: u64 = 5 * MINUTE;
    /// Seconds above which it is refused: a copied proof is good that long.
    pub(crate) const PROOF_MOST: u64 = DAY;
    /// Seconds that a proof is accepted after its cookie has ended, for requests that are on their way.
    pub(crate) const PROOF_SLACK: u64 = MINUTE;
    /// Proofs that are opened for one session.
    pub(crate) const PROOFS_OPENED: usize = 4;
    /// Seconds in which a browser must answer a challenge. The clocks of the server that issued it and
    /// of the one that reads it may differ.
    pub(crate) const CHALLENGE_LIFETIME: u64 = MINUTE + CLOCK_SKEW;
    /// Seconds for which a refresh is answered with a 503 if the key that sealed the device's key is not
    /// in the ring. A new ring reaches every server in less time.
    pub(crate) const ROLLOUT: u64 = DAY;
    /// Characters of a device key's id in the names of its cookies.
    pub(crate) const SHORT_ID: usize = 4;
    /// Bytes of a browser's signed token. Chromium's have at most 600.
    pub(crate) const TOKEN: usize = 4096;
    /// Seconds that another server's clock may be ahead before an event says so.
    pub(crate) const SKEW_WARNING: u64 = 5;
}
