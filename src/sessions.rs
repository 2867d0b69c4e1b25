//! `Sessions<T>`: one kind of session.
//!
//! `load` turns the request's `Cookie` fields into an unopened `Session<T>`. The first access opens
//! it (`session/open.rs`), in this order:
//!
//! 1. `headers/cookie.rs` finds the cookies, `wire/envelope.rs` parses them, `keys` finds the key.
//! 2. `crypto/suite.rs` decrypts, and `claims` decodes the claims.
//! 3. `claims/lifetime.rs` checks the limits, and `data` decodes the value.
//! 4. `hooks/validate.rs` runs the application's checks.
//!
//! `commit` turns a `Session<T>` into `Set-Cookie`, `Vary` and `Cache-Control`
//! (`session/commit.rs`). What changed is sealed by `wire/envelope.rs` and `crypto/suite.rs`;
//! `headers/set_cookie.rs` writes the line, and `headers/caching.rs` the caching fields.

use crate::claims::Claims;
use crate::config::Config;
use crate::crypto::random;
use crate::data::session_data::SessionData;
use crate::error::rejection::Rejection;
use crate::error::{CommitError, OpenError, Reason, SealError};
use crate::events;
use crate::headers::ResponseFields;
use crate::headers::cookie::{Field, Fields};
use crate::headers::set_cookie::SameSite;
#[cfg(feature = "testing")]
use crate::headers::set_cookie::same_domain;
use crate::hooks::validate::Validators;
use crate::keys::KeyRing;
use crate::session::Session;
use crate::session::commit;
use crate::session::open::Candidates;
use crate::session::state::{Request, SessionState};
use http::header::{COOKIE, HeaderName};
use http::{HeaderMap, Method, StatusCode};
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// One kind of session: its key ring, cookie and lifetimes. Cheap to clone; clones are the same
/// kind.
///
/// ```
/// use sealed_session::{KeyRing, Sessions, Suite};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Visit { user: Option<u64> }
///
/// let sessions = Sessions::<Visit>::new(KeyRing::generate(Suite::Xaes256Gcm)?);
/// let value = sessions.seal(&Visit { user: Some(7) })?;
/// assert_eq!(sessions.open(&value)?.user, Some(7));
///
/// // A ticket for another purpose is no session cookie:
/// let ticket = sessions.with_context(b"websocket ticket").seal(&Visit { user: Some(7) })?;
/// assert!(sessions.open(&ticket).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Sessions<T>(Arc<Config<T>>);

impl<T: SessionData> Sessions<T> {
    pub(crate) fn from_config(config: Config<T>) -> Self {
        Self(Arc::new(config))
    }

    /// Records the request's cookies and the time. Never fails, and decrypts nothing: the first
    /// access of the session does that.
    pub fn load(&self, method: &Method, headers: &HeaderMap) -> Session<T> {
        let mut values = headers.get_all(COOKIE).iter();
        let first = values.next().map(|value| Field::Shared(value.clone()));
        let mut fields = Fields { first, others: Vec::new() };
        // HTTP/2 sends one field per cookie: keep those that may hold a name that is known here.
        for value in values.filter(|value| self.0.may_concern(value.as_bytes())) {
            fields.others.push(Field::Shared(value.clone()));
        }
        let site = || headers.get(SEC_FETCH_SITE).map(|value| value.as_bytes());
        self.visit(method.as_str(), site, fields)
    }

    /// Does the same as [`load`](Self::load), for frameworks without `http` types. Takes the
    /// method, the `Sec-Fetch-Site` field, and all `Cookie` fields.
    pub fn load_fields<'a>(
        &self,
        method: &str,
        sec_fetch_site: Option<&[u8]>,
        cookies: impl IntoIterator<Item = &'a [u8]>,
    ) -> Session<T> {
        let ours = cookies.into_iter().filter(|field| self.0.may_concern(field));
        let mut ours = ours.map(|field| Field::Owned(field.into()));
        let fields = Fields { first: ours.next(), others: ours.collect() };
        self.visit(method, || sec_fetch_site, fields)
    }

    fn visit<'a>(
        &self,
        method: &str,
        sec_fetch_site: impl FnOnce() -> Option<&'a [u8]>,
        fields: Fields,
    ) -> Session<T> {
        let reads = matches!(method, "GET" | "HEAD");
        let safe = reads || matches!(method, "OPTIONS" | "TRACE");
        let withheld_method = match self.0.attributes.same_site {
            SameSite::None => false,
            SameSite::Lax => !safe,
            SameSite::Strict => true,
        };
        let cross_site = withheld_method && sec_fetch_site() == Some(b"cross-site");
        let request = Request { fields, reads, cross_site, loaded_at: self.0.clock.now() };
        Session(Arc::new(SessionState::new(Arc::clone(&self.0), request)))
    }

    /// Writes the session's changes to the response headers: `Set-Cookie`, `Vary` and
    /// `Cache-Control`, or nothing. After this, no handle of the session can write.
    ///
    /// Call it on the `Sessions` that loaded the session; the configuration of the session itself
    /// is what counts. A second call does nothing and returns the first result. An interim response
    /// (1xx except 101) is ignored.
    ///
    /// # Errors
    /// [`CommitError`]: a change was lost, so answer with status 500.
    pub fn commit(
        &self,
        session: &Session<T>,
        status: StatusCode,
        headers: &mut HeaderMap,
    ) -> Result<(), CommitError> {
        self.commit_fields(session, status.as_u16(), headers)
    }

    /// Does the same as [`commit`](Self::commit), for frameworks without `http` types.
    ///
    /// # Errors
    /// [`CommitError`]: a change was lost, so answer with status 500.
    pub fn commit_fields(
        &self,
        session: &Session<T>,
        status: u16,
        headers: &mut dyn ResponseFields,
    ) -> Result<(), CommitError> {
        commit::commit(session, status, headers)
    }

    /// Seals a new session of age 0 and returns the cookie's value. Use it to carry a session by
    /// other means than a response, or in tests.
    ///
    /// # Errors
    /// [`SealError`] if the value is too large for a cookie or cannot be encoded, if no key seals,
    /// or if there is no randomness.
    pub fn seal(&self, value: &T) -> Result<String, SealError> {
        let config = &*self.0;
        let now = config.clock.now().as_secs();
        let mut claims = Claims::new(now, 0, config.expiry, config.types.written_shape());
        if config.ids {
            claims.id = Some(random::bytes()?);
        }
        let mut news = Vec::new();
        let ring = config.ring.current(&mut news);
        events::ring_news(news);
        let write = |plaintext: &mut Vec<u8>| {
            let before = plaintext.len();
            config.types.append(value, plaintext).map_err(SealError::Unencodable)?;
            let needed = config.longest_line(&claims, plaintext.len() - before);
            if needed > config.allowed {
                Err(SealError::TooLarge { needed, allowed: config.allowed })
            } else {
                Ok(())
            }
        };
        let mut sealed = String::new();
        config.seal(&ring, now, &claims, config.types.capacity_hint(), write, &mut sealed)?;
        Ok(sealed)
    }

    /// Opens a cookie's value of the current name, as the first access of a request would.
    ///
    /// # Errors
    /// [`OpenError`] with the reason.
    pub fn open(&self, value: &str) -> Result<T, OpenError> {
        let config = &*self.0;
        let now = config.clock.now().as_secs();
        let mut news = Vec::new();
        let ring = config.ring.current(&mut news);
        let mut outcome = Candidates::judge_one(config, &ring, now, value.as_bytes());
        if outcome.as_ref().is_err_and(|rejection| rejection.reason == Reason::UnknownKey) {
            if let Some(newer) = config.ring.newer_than(&ring, &mut news) {
                outcome = Candidates::judge_one(config, &newer, now, value.as_bytes());
            }
        }
        events::ring_news(news);
        match outcome {
            Ok(opened) => Ok(opened.value),
            Err(Rejection { refusal: Some(why), .. }) => Err(OpenError::Refused(why)),
            Err(rejection) => Err(OpenError::Rejected(rejection.reason)),
        }
    }

    /// Returns the same kind of session bound to another context, which replaces the builder's. If
    /// the builder's context names the environment, name it again in this one. What one context
    /// sealed, another does not open (`bad-seal`). [`also_open`](crate::Builder::also_open) does
    /// not apply to the result.
    pub fn with_context(&self, context: impl AsRef<[u8]>) -> Self {
        Self::from_config(self.0.with_context(context.as_ref()))
    }

    /// Signs everyone out who was signed in before `time`, on this server, from the next request
    /// on.
    ///
    /// Sets [`Builder::not_before`](crate::Builder::not_before) while the server runs, for all
    /// clones and for every [`with_context`](Self::with_context). The time is stored nowhere else:
    /// call this on every server, and pass the time to the builder of servers that start later.
    ///
    /// A `time` in the future also refuses visitors who sign in before it. A session's creation
    /// time comes from the clock of the server that created it. If that clock was ahead, a session
    /// created before `time` may stay, by as much as the clock was ahead.
    ///
    /// ```
    /// use sealed_session::{KeyRing, Map, Reason, Sessions};
    /// use std::time::SystemTime;
    ///
    /// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?);
    /// let value = sessions.seal(&Map::new())?;
    /// assert!(sessions.open(&value).is_ok());
    ///
    /// sessions.set_not_before(SystemTime::now());
    /// assert_eq!(sessions.open(&value).unwrap_err().reason(), Reason::Refused);
    ///
    /// sessions.set_not_before(SystemTime::UNIX_EPOCH); // that was a mistake
    /// assert!(sessions.open(&value).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_not_before(&self, time: impl Into<SystemTime>) {
        self.admissions().set_not_before(time.into());
    }

    /// Returns the cookie's name, without its prefix if
    /// [`development`](crate::Builder::development) is on.
    pub fn cookie_name(&self) -> &str {
        &self.0.name
    }

    /// Returns the maximum length of the whole `Set-Cookie` line, in bytes.
    pub fn max_set_cookie_bytes(&self) -> usize {
        self.0.allowed
    }

    /// Returns the key ring, a handle of the one that seals and opens the sessions.
    pub fn key_ring(&self) -> &KeyRing {
        &self.0.ring
    }

    /// Returns the fingerprint of the data type's structure, as stored in the claims.
    pub fn shape(&self) -> [u8; 4] {
        self.0.types.own_shape()
    }

    /// Returns the text that the fingerprint is computed from. Compare it across releases to see
    /// what changed. `None` if the builder's `shape(n)` is set.
    pub fn shape_text(&self) -> Option<&str> {
        self.0.types.own_text()
    }

    /// Returns `true` if a `Set-Cookie` line with these attributes is for our cookie, and not for a
    /// copy of it at another place.
    #[cfg(feature = "testing")]
    pub(crate) fn is_at(&self, attributes: &[&str]) -> bool {
        let find =
            |name: &str| attributes.iter().find_map(|attribute| attribute.strip_prefix(name));
        let ours = &self.0.attributes;
        let same_jar = attributes.contains(&"Partitioned") == ours.partitioned;
        same_jar
            && find("Path=") == Some(&*ours.path)
            && same_domain(find("Domain="), ours.domain.as_deref())
    }

    pub(crate) fn config(&self) -> &Config<T> {
        &self.0
    }

    pub(crate) fn is(&self, other: usize) -> bool {
        self.identity() == other
    }

    /// Returns a number that is the same for all clones of this kind, and differs from that of
    /// every other kind that is alive at the same time.
    pub(crate) fn identity(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    pub(crate) fn admissions(&self) -> &Validators<T> {
        &self.0.admissions
    }

    pub(crate) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.0.name)
    }
}

impl<T> Clone for Sessions<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Sessions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("cookie", &self.0.name)
            .field("ring", &self.0.ring)
            .finish_non_exhaustive()
    }
}
