//! `Builder<T>`: the settings of a `Sessions`, each with its default. `check.rs` has what `build()`
//! refuses.

mod check;
mod hooks;
mod migration;
mod protection;
#[cfg(feature = "config")]
mod session_config;

#[cfg(feature = "config")]
pub use session_config::SessionConfig;

use crate::claims::lifetime::Expiry;
use crate::clock::Clock;
use crate::config::legacy::{LegacySettings, Place};
use crate::cross_origin::CrossOrigin;
use crate::data::schema::SchemaChanges;
use crate::data::session_data::SessionData;
#[cfg(feature = "dbsc")]
use crate::dbsc::DeviceBound;
use crate::error::BuildError;
use crate::headers::session_cookie::Budget;
use crate::headers::set_cookie::{Attributes, SameSite};
use crate::hooks::on_end::EndHooks;
use crate::hooks::on_event::EventHooks;
use crate::hooks::validate::Validators;
use crate::keys::KeyRing;
use crate::limits;
use crate::sessions::Sessions;
use crate::wire::form::FormSettings;
use std::fmt;
use std::time::Duration;

/// The default name. Browsers accept it only from a `Set-Cookie` with `HttpOnly`, `Secure` and
/// `Path=/` and without `Domain`, so neither a sibling domain nor a script on the page can plant
/// one. Older browsers still enforce its `__Host-`.
pub(crate) const COOKIE_NAME: &str = "__Host-Http-session";

/// What a write does if this server can read none of the cookies that came, but another server
/// might.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnUnreadable {
    /// The write replaces them with a new session. This is the default: otherwise a retired key
    /// would lock visitors out.
    #[default]
    Replace,
    /// The write fails with [`SessionError::Unreadable`](crate::SessionError::Unreadable), which
    /// adapters answer with 503 and `Retry-After: 1`. [`purge`](crate::Session::purge) and
    /// [`renew`](crate::Session::renew) still work. For roll-outs of keys, types or versions.
    Refuse,
}

/// Configures one kind of session. Made by [`Sessions::builder`].
///
/// ```
/// use sealed_session::{KeyRing, Map, SameSite, Sessions};
/// use std::time::Duration;
///
/// let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?)
///     .cookie_name("__Host-Http-admin")
///     .idle_timeout(Duration::from_secs(15 * 60))
///     .absolute_timeout(Duration::from_secs(8 * 3600))
///     .same_site(SameSite::Strict)
///     .build()?;
/// assert_eq!(sessions.cookie_name(), "__Host-Http-admin");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a builder does nothing until `build()` is called"]
pub struct Builder<T> {
    ring: KeyRing,
    name: String,
    context: Vec<u8>,
    clock: Clock,
    idle: Duration,
    absolute: Duration,
    expiry: Expiry,
    refresh_share: f64,
    attributes: Attributes,
    budget: Budget,
    form: FormSettings,
    session_ids: bool,
    on_unreadable: OnUnreadable,
    cross_origin: Option<CrossOrigin>,
    #[cfg(feature = "dbsc")]
    device_bound: Option<DeviceBound>,
    shape: Option<u32>,
    development: bool,
    changes: SchemaChanges<T>,
    aliases: Vec<(String, Vec<u8>)>,
    legacy: LegacySettings<T>,
    validators: Validators<T>,
    end_hooks: EndHooks,
    event_hooks: EventHooks,
}

impl<T> fmt::Debug for Builder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("cookie", &self.name)
            .field("ring", &self.ring)
            .finish_non_exhaustive()
    }
}

impl<T: SessionData> Sessions<T> {
    /// Returns a builder for a kind of session.
    pub fn builder(ring: KeyRing) -> Builder<T> {
        Builder::new(ring)
    }

    /// Creates a kind of session with the default settings.
    ///
    /// # Errors
    /// Those of [`Builder::build`]: the ring cannot seal, or the type cannot be a session as it is.
    pub fn new(ring: KeyRing) -> Result<Self, BuildError> {
        Self::builder(ring).build()
    }
}

impl<T: SessionData> Builder<T> {
    fn new(ring: KeyRing) -> Self {
        Self {
            ring,
            name: COOKIE_NAME.to_owned(),
            context: Vec::new(),
            clock: Clock::system(),
            idle: Duration::from_secs(limits::IDLE_TIMEOUT),
            absolute: Duration::from_secs(limits::ABSOLUTE_TIMEOUT),
            expiry: Expiry::Default,
            refresh_share: f64::from(limits::REFRESH_SHARE) / f64::from(limits::MILLION),
            attributes: Attributes {
                path: "/".to_owned(),
                domain: None,
                secure: true,
                http_only: true,
                same_site: SameSite::Lax,
                partitioned: false,
                was_partitioned: false,
            },
            budget: Budget { line: limits::SET_COOKIE, cookies: 1, request: limits::REQUEST },
            form: FormSettings::default(),
            session_ids: false,
            on_unreadable: OnUnreadable::Replace,
            cross_origin: None,
            #[cfg(feature = "dbsc")]
            device_bound: None,
            shape: None,
            development: false,
            changes: SchemaChanges::none(),
            aliases: Vec::new(),
            legacy: LegacySettings::none(),
            validators: Validators::none(),
            end_hooks: EndHooks::none(),
            event_hooks: EventHooks::none(),
        }
    }

    /// Sets the cookie's name; `__Host-Http-session` by default. The name is part of the seal:
    /// after a change, old cookies open only with [`accept_alias`](Self::accept_alias).
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets bytes that every seal is bound to, in addition to the cookie's name, such as a tenant
    /// or an environment. Empty by default. For values with a purpose of their own, use
    /// [`Tickets`](crate::Tickets).
    pub fn context(mut self, context: impl Into<Vec<u8>>) -> Self {
        self.context = context.into();
        self
    }

    /// Sets how long a session lives without a visit, in whole seconds; 14 days by default.
    pub fn idle_timeout(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// Sets how long a session lives in total, in whole seconds; 30 days by default (NIST SP
    /// 800-63B asks for re-authentication by then).
    pub fn absolute_timeout(mut self, absolute: Duration) -> Self {
        self.absolute = absolute;
        self
    }

    /// Sets the expiry of every session that begins on this server; [`Expiry::Default`] by default.
    /// With [`Expiry::BrowserSession`], all sessions end with the browser.
    ///
    /// The setting also applies to imported sessions, to those that begin after a
    /// [`purge`](crate::Session::purge), and to [`seal`](Sessions::seal).
    /// [`set_expiry`](crate::Session::set_expiry) overrides it for one session, even with
    /// `Expiry::Default`. A session that a cookie brings keeps its own expiry.
    ///
    /// [`build`](Self::build) refuses an idle timeout below a second or above the absolute timeout.
    /// It refuses every [`Expiry::At`], because sessions that begin after that moment would not
    /// open.
    ///
    /// ```
    /// use sealed_session::{Expiry, KeyRing, Map, Sessions};
    ///
    /// let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?)
    ///     .expiry(Expiry::BrowserSession)
    ///     .build()?;
    /// let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
    /// assert_eq!(session.info().expiry(), Expiry::BrowserSession);
    ///
    /// session.set_expiry(Expiry::Default)?; // "remember me": the cookie has a Max-Age
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn expiry(mut self, expiry: Expiry) -> Self {
        self.expiry = expiry;
        self
    }

    /// Sets the share of a session's idle limit, 0.0 to 1.0, after which a request that accesses
    /// the session reissues its cookie; 0.1 by default. 0.0 reissues it on every access. A session
    /// with [`Expiry::At`] is not reissued, even with 0.0, because its end would stay the same.
    pub fn refresh_after(mut self, share: f64) -> Self {
        self.refresh_share = share;
        self
    }

    /// Sets `Path`; `/` by default. It limits what browsers send, and protects nothing (RFC 6265bis
    /// §8.5).
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.attributes.path = path.into();
        self
    }

    /// Sets `Domain`, which also sends the cookie to the domain's subdomains. None by default, and
    /// not allowed with a `__Host-` name.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.attributes.domain = Some(domain.into());
        self
    }

    /// Sets `Secure`; on by default.
    pub fn secure(mut self, secure: bool) -> Self {
        self.attributes.secure = secure;
        self
    }

    /// Sets `HttpOnly`; on by default.
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.attributes.http_only = http_only;
        self
    }

    /// Sets `SameSite`; [`SameSite::Lax`] by default. [`SameSite::Strict`] explains what it
    /// requires of pages that other sites link to.
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.attributes.same_site = same_site;
        self
    }

    /// Sets `Partitioned` (CHIPS): one cookie per embedding site. Off by default. It needs
    /// `Secure`, and is useful only with `SameSite=None`. A response that sets or deletes the
    /// cookie then also deletes the copy without `Partitioned`, which an earlier configuration may
    /// have left. Before you switch it off again, see
    /// [`delete_partitioned_copy`](Self::delete_partitioned_copy).
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.attributes.partitioned = partitioned;
        self
    }

    /// Sets the maximum length of each whole `Set-Cookie` line in bytes, 256 to 4096. Default 4093,
    /// accepted by every browser and front end measured except nginx with default buffers, which
    /// passes 3,600.
    pub fn max_set_cookie_bytes(mut self, bytes: usize) -> Self {
        self.budget.line = bytes;
        self
    }

    /// Sets how many cookies one session may be split over, 1 to 4. Default 1.
    ///
    /// A session that fits one cookie is kept in one. A longer one is split over `name`, `name.1`
    /// and so on, which are written and deleted together, and are joined only if all of them belong
    /// to the same seal. Browsers send them with every request, so
    /// [`max_cookie_bytes`](Self::max_cookie_bytes) applies to all of them together.
    ///
    /// The setting applies only to writes. Every server reads a session that is split, so you can
    /// raise the number and lower it again without signing anybody out. After you lower it, a
    /// session that needs more cookies can be read, but it is not refreshed, and a write that
    /// leaves it that large fails with [`TooLarge`](crate::SessionError::TooLarge).
    ///
    /// The default [`max_cookie_bytes`](Self::max_cookie_bytes) has room for two cookies of the
    /// default length. Raise it too if you want three or four.
    ///
    /// ```
    /// use sealed_session::{KeyRing, Map, Sessions};
    ///
    /// let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?).max_cookies(2).build()?;
    /// let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
    /// session.insert("essay", "much to say. ".repeat(400))?;
    /// let mut headers = http::HeaderMap::new();
    /// sessions.commit(&session, http::StatusCode::OK, &mut headers)?;
    /// assert_eq!(headers.get_all("set-cookie").iter().count(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn max_cookies(mut self, cookies: u8) -> Self {
        self.budget.cookies = cookies;
        self
    }

    /// Sets the maximum number of bytes that all cookies of one session take in a request, each as
    /// `name=value; `: 256 to 14,000. Default 7,900, which nginx with default buffers passes if the
    /// site has few other cookies.
    ///
    /// If a request's cookies exceed the limit of a front end, it refuses the request before any
    /// handler runs, and the visitor is locked out. HTTP/2 servers that use hyper accept 16 KB of
    /// header fields in all. With [`partitioned`](Self::partitioned), the maximum is 10,240.
    pub fn max_cookie_bytes(mut self, bytes: usize) -> Self {
        self.budget.request = bytes;
        self
    }

    /// Sets whether data are compressed (raw DEFLATE, RFC 1951) where that makes them shorter. Off
    /// by default; needs the feature `compression`. Every build with the feature reads both.
    ///
    /// It helps sessions that hold text, from about 200 bytes on. Hexadecimal digits and base64
    /// become somewhat shorter, numbers and random bytes do not.
    ///
    /// **A length can tell a secret.** Compression makes text that occurs twice shorter. If a
    /// session holds a secret, and a stranger can put text of their choice into the same session
    /// and see how long the cookie becomes, they can guess the secret piece by piece (CRIME,
    /// BREACH). Do not compress sessions that hold both; [`pad_to`](Self::pad_to) makes such
    /// guesses slower but does not prevent them.
    ///
    /// Servers without the feature cannot read compressed sessions (`unknown-form`): first deploy
    /// the feature everywhere, then call this.
    ///
    /// ```
    /// use sealed_session::{KeyRing, Map, Sessions};
    ///
    /// let mut essay = Map::new();
    /// essay.insert("essay", "much to say. ".repeat(40))?;
    /// let plain = Sessions::<Map>::new(KeyRing::ephemeral()?)?;
    /// let compressed = Sessions::<Map>::builder(KeyRing::ephemeral()?).compress(true).build()?;
    /// assert!(compressed.seal(&essay)?.len() < plain.seal(&essay)?.len() / 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "compression")]
    pub fn compress(mut self, compress: bool) -> Self {
        self.form.compress = compress;
        self
    }

    /// Pads every session to a multiple of this many bytes, 2 to 1,024, before it is encrypted. Off
    /// by default. The length of a cookie then says less about what is in it. Every build reads
    /// padded sessions, so the number can be changed at any time.
    ///
    /// The multiple counts all that is encrypted: claims, data and at least one byte of padding. A
    /// multiple of 64 adds about 32 bytes on average, which are about 43 characters of the cookie.
    ///
    /// ```
    /// use sealed_session::{KeyRing, Map, Sessions};
    ///
    /// let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?).pad_to(64).build()?;
    /// let (mut short, mut long) = (Map::new(), Map::new());
    /// short.insert("name", "Bo")?;
    /// long.insert("name", "Bartholomew")?;
    /// assert_eq!(sessions.seal(&short)?.len(), sessions.seal(&long)?.len());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn pad_to(mut self, multiple: usize) -> Self {
        self.form.pad_to = Some(multiple);
        self
    }

    /// Sets whether each session gets an id at its first write. Off by default. An id costs 16
    /// bytes, and is useful only with a list of ids to look it up in. An empty session gets none:
    /// [`id`](crate::Session::id) is `None` until the session holds a field or a flash message.
    pub fn session_ids(mut self, ids: bool) -> Self {
        self.session_ids = ids;
        self
    }

    /// Sets what a write does if this server can read none of the cookies that came, but another
    /// server might; [`OnUnreadable::Replace`] by default.
    pub fn on_unreadable(mut self, policy: OnUnreadable) -> Self {
        self.on_unreadable = policy;
        self
    }

    /// Replaces the type's traced shape with a number of the application's own. Increment it
    /// whenever the type changes. Needed if the feature `shape` is off, and not allowed for
    /// [`Map`](crate::Map), whose shape never changes. With
    /// [`Encoding::Named`](crate::Encoding::Named), it is used only to read what was sealed by
    /// position.
    pub fn schema_version(mut self, number: u32) -> Self {
        self.shape = Some(number);
        self
    }

    /// Sets the clock; the system's by default. Use a [`ManualClock`](crate::clock::ManualClock) in
    /// tests.
    pub fn clock(mut self, clock: impl Into<Clock>) -> Self {
        self.clock = clock.into();
        self
    }

    /// Deletes a cookie that an earlier configuration left at another `Domain` or `Path`, and that
    /// browsers would send beside ours. Every response that sets or deletes our cookie deletes it
    /// too, if a cookie of that name came. Can be called for several.
    pub fn delete_stale(
        mut self,
        name: impl Into<String>,
        domain: Option<&str>,
        path: impl Into<String>,
    ) -> Self {
        self.legacy.copies.push(Place {
            name: name.into(),
            domain: domain.map(str::to_owned),
            path: path.into(),
        });
        self
    }

    /// Drops `Secure` and the name's prefix, for development over plain http with Safari or from
    /// another machine. A warning says so. A build without debug assertions also needs
    /// `SEALED_SESSION_DEVELOPMENT=1` in its environment.
    pub fn development(mut self) -> Self {
        self.development = true;
        self
    }
}
