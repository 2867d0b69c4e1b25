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
//! `headers/session_cookie.rs` writes the line, and `headers/caching.rs` the caching fields.

use crate::claims::{Claims, Stamps};
use crate::clock::unix_time::UnixTime;
use crate::config::Config;
use crate::crypto::random;
use crate::data::session_data::SessionData;
#[cfg(feature = "dbsc")]
use crate::dbsc::endpoint::Endpoint;
#[cfg(feature = "dbsc")]
use crate::dbsc::key::Thumbprint;
use crate::error::{CrossOriginRefused, OpenError, Reason, SessionError};
use crate::events::DeferredEvents;
#[cfg(feature = "dbsc")]
use crate::headers::cookie::Field;
use crate::headers::cookie::Fields;
#[cfg(feature = "dbsc")]
use crate::headers::request::{FieldValue, SEC_FETCH_DEST, SEC_FETCH_MODE, SECURE_SESSION_SKIPPED};
use crate::headers::request::{RequestHeaders, SEC_FETCH_SITE, first_field};
use crate::headers::response::ResponseHeaders;
use crate::headers::set_cookie::SameSite;
#[cfg(feature = "testing")]
use crate::headers::set_cookie::same_domain;
use crate::hooks::EventKind;
use crate::keys::KeyRing;
use crate::session::Session;
use crate::session::commit;
use crate::session::open::Candidates;
use crate::session::state::{Request, SessionState};
#[cfg(feature = "dbsc")]
use http::Response;
use http::header::COOKIE;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

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
/// let sessions = Sessions::<Visit>::new(KeyRing::generate(Suite::Xaes256Gcm)?)?;
/// let value = sessions.seal(&Visit { user: Some(7) })?;
/// assert_eq!(sessions.open(&value)?.user, Some(7));
///
/// // A session of one tenant does not open for another:
/// let elsewhere = sessions.with_context("another tenant");
/// assert!(elsewhere.open(&value).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Sessions<T>(Arc<Config<T>>);

impl<T: SessionData> Sessions<T> {
    pub(crate) fn from_config(config: Config<T>) -> Self {
        Self(Arc::new(config))
    }

    /// Records the request's cookies and the time. Never fails, and decrypts nothing: the first
    /// access of the session does that.
    ///
    /// `request` can be a request of `http`, or its method and headers, or any type that implements
    /// [`RequestHeaders`].
    pub fn load(&self, request: impl RequestHeaders) -> Session<T> {
        let mut fields = Fields::default();
        request.for_each(&COOKIE, &mut |value| {
            if fields.first.is_none() {
                fields.first = Some(value.into());
            } else if self.0.may_concern(value.as_bytes()) {
                // HTTP/2 sends one field per cookie: keep those that may hold a name that is known
                // here.
                fields.others.push(value.into());
            }
        });
        let method = request.method();
        let reads = matches!(method, "GET" | "HEAD");
        let safe = reads || matches!(method, "OPTIONS" | "TRACE");
        let held_back = match self.0.cookie.attributes().same_site {
            SameSite::None => false,
            SameSite::Lax => !safe,
            SameSite::Strict => true,
        };
        let cross_site = held_back && is_cross_site(&request);
        let request = Request {
            fields,
            reads,
            cross_site,
            #[cfg(feature = "dbsc")]
            skipped: self.skipped(&request),
            #[cfg(feature = "dbsc")]
            may_be_offered: self.0.device.is_some() && may_be_offered(&request),
            loaded_at: self.0.clock.now(),
        };
        Session(Arc::new(SessionState::new(Arc::clone(&self.0), request)))
    }

    #[cfg(feature = "dbsc")]
    fn skipped(&self, request: &impl RequestHeaders) -> Option<Box<Field>> {
        self.0.device.as_ref()?;
        let field = first_field(request, &SECURE_SESSION_SKIPPED);
        (!field.is_empty()).then(|| Box::new(FieldValue::Bytes(field).into()))
    }

    /// Answers a request for the endpoints of
    /// [`Builder::device_bound`](crate::Builder::device_bound). Returns `None` for every other
    /// request. Adapters call it. An application that calls [`load`](Self::load) itself must call
    /// this first. Needs the feature `dbsc`.
    ///
    /// Pass the whole request, not its method and headers: without the request's path, nothing is
    /// answered. The path must be the one that the browser asked for, with all its prefixes.
    ///
    /// ```
    /// use http::{Request, Response};
    /// use sealed_session::{DeviceBound, KeyRing, Map, Sessions};
    ///
    /// fn answer(sessions: &Sessions<Map>, request: &Request<()>) -> Response<String> {
    ///     if let Some(response) = sessions.answer_dbsc(request) {
    ///         return response;
    ///     }
    ///     let session = sessions.load(request);
    ///     // the handler, then `sessions.commit(…)`
    /// #   drop(session);
    ///     Response::new(String::new())
    /// }
    ///
    /// let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?)
    ///     .device_bound(DeviceBound::at("/dbsc"))
    ///     .build()?;
    /// let request = Request::post("https://shop.example/dbsc/register").body(())?;
    /// assert_eq!(answer(&sessions, &request).status(), 403); // no browser sent it
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "dbsc")]
    pub fn answer_dbsc(&self, request: impl RequestHeaders) -> Option<Response<String>> {
        let config = &*self.0;
        let device = config.device.as_deref()?;
        let call = device.call(request.target()?)?;
        let session = self.load(&request);
        let (state, now) = (&*session.0, config.clock.unix_time());
        let endpoint = Endpoint {
            device,
            ring: &config.ring,
            now,
            log: &config.log,
            fields: &state.request.fields,
            proven_key: &|| state.proven_key(now).map(Thumbprint),
        };
        Some(endpoint.answer(call, &request))
    }

    /// Checks a request by the rules of [`Builder::cross_origin`](crate::Builder::cross_origin). If
    /// that is not set, every request passes. Adapters call it. An application that calls
    /// [`load`](Self::load) itself must call this first, and answer with the error's response.
    ///
    /// Pass the whole request, not its method and headers: without the request's path, nothing is
    /// exempt.
    ///
    /// ```
    /// use http::{Request, Response};
    /// use sealed_session::{CrossOrigin, KeyRing, Map, Sessions};
    ///
    /// fn answer(sessions: &Sessions<Map>, request: &Request<()>) -> Response<String> {
    ///     if let Err(refused) = sessions.check_cross_origin(request) {
    ///         return refused.into(); // 403
    ///     }
    ///     let session = sessions.load(request);
    ///     // the handler, then `sessions.commit(…)`
    /// #   drop(session);
    ///     Response::new(String::new())
    /// }
    ///
    /// let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?)
    ///     .cross_origin(CrossOrigin::refuse())
    ///     .build()?;
    /// let form = Request::post("https://shop.example/cart").header("sec-fetch-site", "cross-site");
    /// assert_eq!(answer(&sessions, &form.body(())?).status(), 403);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`CrossOriginRefused`] if the request is refused. An event at debug level says
    /// which field was the reason.
    pub fn check_cross_origin(
        &self,
        request: impl RequestHeaders,
    ) -> Result<(), CrossOriginRefused> {
        let Some(rules) = &self.0.cross_origin else { return Ok(()) };
        rules.check(&request).inspect_err(|refused| {
            let event = EventKind::CrossOriginRefused { why: refused.reason() };
            self.0.log.emit(event, self.0.clock.unix_time());
        })
    }

    /// Writes the session's changes to the response headers: `Set-Cookie`, `Vary` and
    /// `Cache-Control`, or nothing. After this, no handle of the session can write.
    ///
    /// `headers` is a [`HeaderMap`](http::HeaderMap), or any type that implements
    /// [`ResponseHeaders`]. Call it on the `Sessions` that loaded the session: the configuration
    /// with which the session was loaded is used in any case. A second call does nothing and
    /// returns the first result. An interim response (1xx except 101) is ignored.
    ///
    /// # Errors
    /// [`SessionError`]: a change was lost, so answer with status 500.
    pub fn commit(
        &self,
        session: &Session<T>,
        status: impl Into<u16>,
        headers: &mut dyn ResponseHeaders,
    ) -> Result<(), SessionError> {
        commit::commit(session, status.into(), headers)
    }

    /// Seals a new session of age 0 and returns its value. Use it to carry a session by other means
    /// than a response, or in tests. The value of a session that needs several cookies
    /// ([`Builder::max_cookies`](crate::Builder::max_cookies)) is longer than a cookie can be; only
    /// [`open`](Self::open) reads it.
    ///
    /// # Errors
    /// [`SessionError`] if the session is larger than [`allowed_bytes`](Self::allowed_bytes) or
    /// cannot be encoded, if no key seals, or if the random generator fails.
    pub fn seal(&self, value: &T) -> Result<String, SessionError> {
        let config = &*self.0;
        let now = config.clock.unix_time();
        let shape = config.schemas.written_shape();
        let mut claims = Claims::new(Stamps::new(now, UnixTime::EPOCH), config.expiry, shape);
        if config.session_ids {
            claims.content.id = Some(random::bytes()?);
        }
        let mut events = DeferredEvents::default();
        let ring = config.ring.current(&mut events);
        drop(events);
        let (entry, cipher) = ring.sealing_cipher(now).ok_or(SessionError::NoSealingKey)?;
        let mut buffer = config.seal_buffer(&claims, false, config.schemas.capacity_hint());
        let claims_end = buffer.plaintext().len();
        config.schemas.append(value, buffer.plaintext()).map_err(SessionError::Unencodable)?;
        if let Some(compressed) = config.form.compressed(&buffer.plaintext()[claims_end..]) {
            buffer = config.seal_buffer(&claims, true, compressed.len());
            buffer.plaintext().extend_from_slice(&compressed);
        }
        let data_len = buffer.plaintext().len() - claims_end;
        let needed = config.longest_lines(&claims, data_len);
        let allowed = config.cookie.allowed();
        if needed > allowed {
            return Err(SessionError::TooLarge { needed, allowed, largest: None });
        }
        config.form.pad(&mut buffer);
        let mut sealed = String::new();
        buffer.seal(entry.key(), cipher, &config.binding, &mut sealed)?;
        Ok(sealed)
    }

    /// Opens a value of the current name, as the first access of a request would open that cookie,
    /// or the whole value of a session that needs several cookies.
    ///
    /// # Errors
    /// [`OpenError`] with the reason.
    pub fn open(&self, value: &str) -> Result<T, OpenError> {
        let config = &*self.0;
        let now = config.clock.unix_time();
        let mut events = DeferredEvents::default();
        let ring = config.ring.current(&mut events);
        let mut outcome = Candidates::open_one(config, &ring, now, value.as_bytes());
        if outcome.as_ref().is_err_and(|rejection| rejection.reason == Reason::UnknownKey) {
            if let Some(newer) = config.ring.newer_than(&ring, &mut events) {
                outcome = Candidates::open_one(config, &newer, now, value.as_bytes());
            }
        }
        drop(events);
        match outcome {
            Ok(opened) => Ok(opened.value),
            Err(rejection) => Err(OpenError::new(rejection.reason)),
        }
    }

    /// Returns the same kind of session bound to another context, which replaces the builder's. If
    /// the builder's context names the environment, name it again in this one. A value that was
    /// sealed under one context does not open under another (`bad-seal`).
    /// [`accept_alias`](crate::Builder::accept_alias) does not apply to the result.
    pub fn with_context(&self, context: impl AsRef<[u8]>) -> Self {
        Self::from_config(self.0.with_context(context.as_ref()))
    }

    /// Signs everyone out who was signed in before `time`, on this server, from the next request
    /// on.
    ///
    /// Sets [`Builder::reject_created_before`](crate::Builder::reject_created_before) while the
    /// server runs, for all clones and for every [`with_context`](Self::with_context). The time is
    /// stored nowhere else: call this on every server, and pass the time to the builder of servers
    /// that start later.
    ///
    /// A `time` in the future also refuses visitors who sign in before it. A session's creation
    /// time comes from the clock of the server that created it. If that clock was ahead, a session
    /// created before `time` may stay, by as much as the clock was ahead.
    ///
    /// ```
    /// use sealed_session::{KeyRing, Map, Sessions};
    /// use std::time::SystemTime;
    ///
    /// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?)?;
    /// let value = sessions.seal(&Map::new())?;
    /// assert!(sessions.open(&value).is_ok());
    ///
    /// sessions.reject_created_before(SystemTime::now());
    /// assert_eq!(sessions.open(&value).unwrap_err().reason().as_str(), "refused");
    ///
    /// sessions.reject_created_before(SystemTime::UNIX_EPOCH); // that was a mistake
    /// assert!(sessions.open(&value).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reject_created_before(&self, time: impl Into<SystemTime>) {
        self.0.validators.reject_created_before(time.into());
    }

    /// Returns the cookie's name, without its prefix if
    /// [`development`](crate::Builder::development) is on.
    pub fn cookie_name(&self) -> &str {
        self.0.cookie.name()
    }

    /// Returns the bytes that all `Set-Cookie` lines of one session may take. With one cookie, this
    /// is [`Builder::max_set_cookie_bytes`](crate::Builder::max_set_cookie_bytes).
    ///
    /// It is the number that [`SessionError::TooLarge`] calls `allowed`.
    pub fn allowed_bytes(&self) -> usize {
        self.0.cookie.allowed()
    }

    /// Returns the key ring, a handle of the one that seals and opens the sessions.
    pub fn key_ring(&self) -> &KeyRing {
        &self.0.ring
    }

    /// Returns the fingerprint of the data type's structure, as stored in the claims.
    pub fn shape(&self) -> [u8; 4] {
        self.0.schemas.current_shape()
    }

    /// Returns the text that the fingerprint is computed from. Compare it across releases to see
    /// what changed. `None` if the builder's `schema_version(n)` is set.
    pub fn shape_text(&self) -> Option<&str> {
        self.0.schemas.current_text()
    }

    /// Returns `true` if a `Set-Cookie` line with these attributes is for our cookie, and not for a
    /// copy of it at another place.
    #[cfg(feature = "testing")]
    pub(crate) fn is_at(&self, attributes: &[&str]) -> bool {
        let find =
            |name: &str| attributes.iter().find_map(|attribute| attribute.strip_prefix(name));
        let ours = self.0.cookie.attributes();
        let same_jar = attributes.contains(&"Partitioned") == ours.partitioned;
        same_jar
            && find("Path=") == Some(&*ours.path)
            && same_domain(find("Domain="), ours.domain.as_deref())
    }

    /// Returns `true` if this is the name of our cookie, or of a piece of it.
    #[cfg(feature = "testing")]
    pub(crate) fn is_name_of_session(&self, name: &str) -> bool {
        self.0.cookie.is_named_in(&format!("{name}="))
    }

    /// Returns the `Set-Cookie` lines that carry a sealed value.
    #[cfg(feature = "testing")]
    pub(crate) fn set_cookie_lines(&self, value: &str) -> Vec<String> {
        self.0.cookie.lines(value, None)
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

    /// Returns the path of the endpoints of `Builder::device_bound`.
    #[cfg(feature = "dbsc")]
    pub(crate) fn device_path(&self) -> Option<&str> {
        self.0.device_path()
    }

    pub(crate) fn shared_name(&self) -> Arc<str> {
        Arc::clone(self.0.cookie.name().shared())
    }
}

/// Returns `true` if the first `Sec-Fetch-Site` field says that another site caused the request.
fn is_cross_site(request: &impl RequestHeaders) -> bool {
    first_field(request, &SEC_FETCH_SITE) == b"cross-site"
}

/// Returns `false` if a page of another site embeds the response or requested it by a script.
#[cfg(feature = "dbsc")]
fn may_be_offered(request: &impl RequestHeaders) -> bool {
    let is_page = || {
        first_field(request, &SEC_FETCH_MODE) == b"navigate"
            && first_field(request, &SEC_FETCH_DEST) == b"document"
    };
    !is_cross_site(request) || is_page()
}

impl<T> Clone for Sessions<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Sessions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("cookie", &&**self.0.cookie.name())
            .field("ring", &self.0.ring)
            .finish_non_exhaustive()
    }
}
