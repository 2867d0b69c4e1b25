//! `Session::to_cookies`: a commit into the crate `cookie`'s type, for applications that keep their
//! cookies in a jar.

use crate::data::session_data::SessionData;
use crate::error::SessionError;
use crate::headers::cookie_crate;
use crate::session::Session;
use crate::session::commit;
use cookie::Cookie;

/// With the feature `cookie`:
impl<T: SessionData> Session<T> {
    /// Commits the session into cookies for a jar, in place of a response's headers. Needs the
    /// feature `cookie`.
    ///
    /// Use it if the application keeps its cookies in a `CookieJar` of `cookie`, axum-extra,
    /// tower-cookies or Rocket. Add every returned cookie to the jar, including those that delete:
    /// they have an empty value and `Max-Age=0`. The next request's [`load`] reads what the jar
    /// sent.
    ///
    /// The cookies are those that [`commit`] sets with status 200. They keep the session's id,
    /// times and expiry, and have all attributes of the configuration. There are none if the
    /// session was not accessed, or if it is unchanged and not due for a refresh. There are several
    /// if the session is [split](crate::Builder::max_cookies), or if it came under
    /// [another name](crate::Builder::accept_alias). A renewal is reported to
    /// [`on_end`](crate::Builder::on_end).
    ///
    /// After this, no handle of the session can write. A later [`commit`], such as that of a
    /// `SessionLayer`, sets no cookie and adds only the caching fields. Without one, add
    /// `Vary: Cookie` and `Cache-Control: private` yourself. If the response then is an error
    /// response without the jar, the changes are lost. So is an offer to bind the next session to
    /// the device (`Session::offer_binding`), which is no cookie: make it where a layer commits.
    ///
    /// A jar has one cookie for each name. So it cannot delete copies of the session's cookie at
    /// another `Path` or `Domain` ([`delete_stale`](crate::Builder::delete_stale)), or with the
    /// other setting of [`Partitioned`](crate::Builder::partitioned). A `commit` can.
    ///
    /// There is deliberately no call that seals a value as a new cookie for a jar. Every response
    /// would begin a new session, so the absolute timeout would never end it.
    ///
    /// ```
    /// use cookie::CookieJar;
    /// use sealed_session::{KeyRing, Map, Sessions};
    ///
    /// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?)?;
    /// let mut jar = CookieJar::new();
    ///
    /// let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
    /// session.insert("user", 7)?;
    /// for cookie in session.to_cookies()? {
    ///     jar.add(cookie);
    /// }
    ///
    /// let cookie = jar.get(sessions.cookie_name()).ok_or("no cookie")?;
    /// assert_eq!((cookie.http_only(), cookie.secure()), (Some(true), Some(true)));
    /// let next = sessions.load(("GET", &[("cookie", cookie.stripped().to_string())][..]));
    /// assert_eq!(next.get::<u32>("user")?, Some(7));
    /// assert!(next.to_cookies()?.is_empty()); // unchanged
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`commit`]; a later `commit` returns the same error. In that case no cookie is set
    /// or deleted, not even by a [`purge`](Self::purge). [`SessionError::Responded`] if the session
    /// was committed or closed before.
    ///
    /// [`load`]: crate::Sessions::load
    /// [`commit`]: crate::Sessions::commit
    #[doc(alias = "to_cookie")]
    pub fn to_cookies(&self) -> Result<Vec<Cookie<'static>>, SessionError> {
        commit::commit_to_lines(self).map(cookie_crate::cookies)
    }
}
