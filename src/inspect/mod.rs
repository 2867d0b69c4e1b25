//! Takes apart what the library reads: a cookie's value, stage by stage ([`Inspector`] and
//! [`Sessions::inspect`](crate::Sessions::inspect)), and a key ring's text, word by word
//! ([`RingText`]).
//!
//! It is for people who look for the cause of a problem: the program `sealed-session`, an
//! application's own debug page, a test. Requests do not need it. No input makes it panic, and
//! nothing in it shows a key. What it shows of a cookie's contents is the visitor's own data: treat
//! it as such.
//!
//! ```
//! use sealed_session::inspect::{Inspector, Stage, Verdict};
//! use sealed_session::{KeyRing, Map, Reason, Sessions};
//!
//! let ring = KeyRing::ephemeral()?;
//! let sessions = Sessions::<Map>::new(ring.clone())?;
//! let value = sessions.seal(&Map::new())?;
//!
//! // What anyone sees who has the cookie:
//! let seen = Inspector::new().inspect(&value);
//! assert_eq!(seen.verdict, Verdict::NotTried);
//! assert_eq!(seen.key_id, ring.sealing_key(std::time::SystemTime::now()));
//! assert!(seen.contents.is_none());
//!
//! // What a server with the ring reads:
//! let opened = Inspector::new().ring(&ring).inspect(&value);
//! assert_eq!(opened.verdict, Verdict::Opens);
//! assert!(opened.contents.is_some());
//!
//! // Where a server with another context stops, and why:
//! let stopped = Inspector::new().ring(&ring).context("another tenant").inspect(&value);
//! assert_eq!(stopped.stopped(), Some((Stage::Seal, Reason::BadSeal)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod contents;
mod ring_text;
mod stage;
mod value;

pub use contents::{Contents, DataFormat};
pub use ring_text::{RingText, RingTextKey};
pub use stage::{Stage, Verdict};
pub use value::{Inspection, Inspector};

use crate::error::redact;
use crate::headers::cookie::{self, ReceivedCookies};
use crate::limits;
use crate::wire::pieces::FirstPiece;
use std::borrow::Cow;
use std::time::Duration;

/// The default of [`Builder::idle_timeout`](crate::Builder::idle_timeout): 14 days.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(limits::IDLE_TIMEOUT);
/// The default of [`Builder::absolute_timeout`](crate::Builder::absolute_timeout): 30 days.
pub const ABSOLUTE_TIMEOUT: Duration = Duration::from_secs(limits::ABSOLUTE_TIMEOUT);
/// How far the clocks of servers that share a ring may differ: two minutes.
pub const CLOCK_SKEW: Duration = Duration::from_secs(limits::CLOCK_SKEW);

/// A session's value, as [`cookie_values`] found it in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CookieValue<'a> {
    /// The value, joined if it was split over several cookies.
    pub value: Cow<'a, [u8]>,
    /// How many cookies carry it.
    pub cookies: usize,
}

/// Returns the values of the cookies called `name` in a `Cookie` field, as a server finds them:
/// names are compared byte by byte, nothing is decoded, and empty values do not count. A value that
/// is split over several cookies is joined. If it cannot be joined, the first piece is returned as
/// it is, and [`Sessions::inspect`](crate::Sessions::inspect) reports it as `pieces`.
///
/// ```
/// use sealed_session::inspect;
///
/// let field = b"theme=dark; shop=AQ; shop=; shop=2.AAAAAAAAAAAAAABBBB; shop.1=AAAAAA.CCCC";
/// let values = inspect::cookie_values(field, "shop");
/// assert_eq!((&*values[0].value, values[0].cookies), (&b"AQ"[..], 1));
/// assert_eq!((&*values[1].value, values[1].cookies), (&b"AAAAAAAAAAAAAABBBBCCCC"[..], 2));
/// ```
pub fn cookie_values<'a>(field: &'a [u8], name: &str) -> Vec<CookieValue<'a>> {
    let mut values = Vec::new();
    cookie::find_in(field, name, &mut ReceivedCookies::default(), &mut |value| {
        let first = FirstPiece::parse(value).filter(|_| value.len() <= limits::VALUE);
        let joined = first.and_then(|first| {
            let value = first.join(|prefix, later| {
                cookie::find_pieces_in(field, name, prefix, later);
            });
            Some((value.ok()?, usize::from(first.count)))
        });
        values.push(match joined {
            Some((value, cookies)) => CookieValue { value: Cow::Owned(value), cookies },
            None => CookieValue { value: Cow::Borrowed(value), cookies: 1 },
        });
    });
    values
}

/// Replaces each key in a text, and each part of one, with `(a key, not shown)`.
///
/// Use it for a text that goes to a log or a screen and may repeat what an operator typed: a key is
/// easily pasted in place of a file's name. It knows keys by their prefix `ssk1.`.
///
/// ```
/// use sealed_session::keys::Key;
/// use sealed_session::{Suite, inspect};
///
/// let key = Key::generate(Suite::Xaes256Gcm)?;
/// let message = format!("cannot open \"{}\"", *key.expose_secret());
/// assert_eq!(inspect::redact_keys(&message), "cannot open \"(a key, not shown)\"");
/// assert_eq!(inspect::redact_keys("cannot open \"keys\""), "cannot open \"keys\"");
/// # Ok::<(), sealed_session::error::RandomError>(())
/// ```
pub fn redact_keys(text: &str) -> Cow<'_, str> {
    redact::redacted(text)
}
