//! `LoadStatus`: the result of opening a request's session.

use crate::error::Reason;

/// The result of opening a request's session from its cookies.
///
/// ```
/// use sealed_session::{KeyRing, LoadStatus, Map, Reason, Sessions};
/// use http::{HeaderMap, Method};
///
/// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?)?;
/// let mut headers = HeaderMap::new();
/// assert_eq!(sessions.load((&Method::GET, &headers)).load_status(), LoadStatus::New);
///
/// headers.insert("cookie", "__Host-Http-session=j.unk".parse()?);
/// assert_eq!(sessions.load((&Method::GET, &headers)).load_status(), LoadStatus::Rejected(Reason::Malformed));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoadStatus {
    /// The request had none of our cookies. A cookie with an empty value, which is what remains of
    /// a deleted one, does not count.
    New,
    /// The session came from the visitor's cookie.
    Restored,
    /// None of our cookies came, and [`Builder::import_from`](crate::Builder::import_from) made the
    /// session from another library's cookie. It is a new session.
    Imported,
    /// No cookie of the current name came, and the request is a cross-site one on which browsers
    /// hold that cookie back. The visitor may well have a session. Writing is refused until
    /// [`renew`](crate::Session::renew), or [`set`](crate::Session::set) of a session that is not
    /// empty. Cookies under other names ([`accept_alias`](crate::Builder::accept_alias),
    /// [`import_from`](crate::Builder::import_from)) are not read then and change nothing: they may
    /// be planted, or have another `SameSite`.
    CrossSite,
    /// At least one of our cookies came, but none opened. The session is empty, and the cookies
    /// stay until the handler writes.
    Rejected(Reason),
}
