//! What a request's cookies turned out to be: said by `state`, which opens them, to handlers, to
//! `commit` and to `leftovers`.

use crate::error::Reason;

/// What a request's cookies turned out to be.
///
/// ```
/// use sealed_session::{KeyRing, Map, Reason, Sessions, Status};
/// use http::{HeaderMap, Method};
///
/// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?);
/// let mut headers = HeaderMap::new();
/// assert_eq!(sessions.load(&Method::GET, &headers).status(), Status::New);
///
/// headers.insert("cookie", "__Host-Http-session=j.unk".parse()?);
/// assert_eq!(sessions.load(&Method::GET, &headers).status(), Status::Rejected(Reason::Malformed));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// No cookie of ours came, or one with an empty value, which is what is left of a deleted one.
    New,
    /// The session is the visitor's own.
    Restored,
    /// No cookie of ours came, and [`Builder::import`](crate::Builder::import) made the session out
    /// of another library's. It is a new one.
    Imported,
    /// No cookie of the present name came, and the request is one of another site's on which
    /// browsers hold it back: the visitor may well have a session. Writing is refused until
    /// [`renew`](crate::Session::renew), or [`set`](crate::Session::set) of a session that is not
    /// empty. Cookies under other names ([`also_open`](crate::Builder::also_open),
    /// [`import`](crate::Builder::import)) are not read and change nothing here: they may be
    /// planted, or be of another `SameSite`.
    Withheld,
    /// Cookies of ours came, and none opened. The session is empty, and the cookies stay until the
    /// handler writes.
    Rejected(Reason),
}
