//! Every number of this crate, with its unit, its reason and its source. Every stage may read it;
//! it reads nothing.
//!
//! SPEC.md repeats those that other implementations must share, and a test holds the two against
//! each other.

pub(crate) const MINUTE: u64 = 60;
pub(crate) const DAY: u64 = 24 * 60 * MINUTE;

/// Seconds without a visit after which a session ends, by default.
pub(crate) const IDLE_TIMEOUT: u64 = 14 * DAY;
/// Seconds after which a session ends however often it was visited, by default (NIST SP 800-63B: at
/// most 30 days at AAL1).
pub(crate) const ABSOLUTE_TIMEOUT: u64 = 30 * DAY;
/// Share of the idle limit, in millionths, after which a touched session's cookie is issued anew,
/// by default.
pub(crate) const REFRESH_SHARE: u32 = MILLION / 10;
pub(crate) const MILLION: u32 = 1_000_000;
/// Seconds between two refreshes at the least, so that a small share does not write on every
/// request by accident.
pub(crate) const REFRESH_FLOOR: u64 = 1;
/// Seconds after `load` from which on a response does not refresh: a slow poll must not undo a fast
/// login.
pub(crate) const REFRESH_WINDOW: u64 = 5;
/// Seconds by which a cookie may be issued ahead of this node's clock.
pub(crate) const CLOCK_SKEW: u64 = 2 * MINUTE;
/// Seconds by which an expiry set by the application may pass the absolute timeout, so that
/// rounding refuses nobody.
pub(crate) const EXPIRY_SLACK: u64 = MINUTE;
/// Seconds that browsers clamp `Max-Age` to (RFC 6265bis §5.5).
pub(crate) const MAX_AGE: u64 = 400 * DAY;
/// Clock readings below this (1971) are those of a platform that has no time yet, as a Worker's
/// global scope.
pub(crate) const NO_CLOCK_YET: u64 = 365 * DAY;
/// Seconds expired after which an authentic cookie is the operator's business: no browser keeps one
/// that long.
pub(crate) const STALE: u64 = 400 * DAY;

/// Bytes of one `Set-Cookie` field value, by default (Safari's limit for name and value; below
/// Google's front end's for the line).
pub(crate) const SET_COOKIE: usize = 4093;
/// Smallest and largest limit that an application may set for it.
pub(crate) const SET_COOKIE_RANGE: std::ops::RangeInclusive<usize> = 256..=4096;
/// Bytes of a `Set-Cookie` line from about which nginx with default buffers answers 502.
pub(crate) const SET_COOKIE_WARNING: usize = 3600;
/// Characters of a cookie's value above which nothing is looked at (RFC 6265bis: name and value are
/// at most 4096 octets).
pub(crate) const VALUE: usize = 4096;
/// Bytes of an attribute's value above which browsers ignore the attribute (RFC 6265bis §5.6).
pub(crate) const ATTRIBUTE: usize = 1024;
/// Candidates of one request that are opened, and bytes of candidates that are looked at.
pub(crate) const CANDIDATES_OPENED: usize = 16;
pub(crate) const CANDIDATE_BYTES: usize = 64 * 1024;
/// Bytes of a cookie's name: what its length field in the associated data is far above.
pub(crate) const NAME: usize = 256;

/// Parts of a typed session that may nest: it holds on a stack of 2 MiB in a debug build, and of 1
/// MiB on WebAssembly.
pub(crate) const NESTING: u8 = 128;

/// Flash messages that wait at the most, and bytes of their texts together; the oldest go first.
pub(crate) const FLASHES: usize = 16;
pub(crate) const FLASH_BYTES: usize = 1024;

/// Keys of one ring, and bytes of its text.
pub(crate) const KEYS: usize = 64;
pub(crate) const RING_BYTES: usize = 16 * 1024;
/// Seconds between two looks at the metadata of a ring's file: a change is scheduled minutes ahead,
/// and a look is one system call.
pub(crate) const KEY_FILE_LOOK: u64 = 10;
/// Seconds after which it is read whatever its metadata says: NFS clients answer from memory for up
/// to 60 (nfs(5), `acregmax`), and ask the server where it is opened.
pub(crate) const KEY_FILE_READING: u64 = MINUTE;
/// Seconds between any reading and one that a cookie's unknown key brings about: strangers get no
/// more than 12 a minute out of it.
pub(crate) const KEY_FILE_EARLY_LOOK: u64 = 5;
/// Seconds between two readings that must find the same before a new text is accepted: the first
/// may be half of it.
pub(crate) const KEY_FILE_SETTLING: u64 = 2;
/// Seconds since a file was last touched, by mtime and ctime, after which it is accepted at the
/// first reading. More than clocks may differ by: the dates are those of the file system's clock,
/// which may be another machine's.
pub(crate) const KEY_FILE_UNTOUCHED: u64 = CLOCK_SKEW + KEY_FILE_SETTLING;
/// Readings in a row that are put off so; what never comes to rest, or does not end with a line
/// feed, is then taken as it is.
pub(crate) const KEY_FILE_WAITS: u32 = 5;
/// Different bytes that a secret has at the least: 32 random bytes have fewer with a chance below
/// 2⁻⁵⁰.
pub(crate) const SECRET_VARIETY: usize = 17;
