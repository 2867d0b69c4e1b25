//! The builder of a `Sessions`: each default with its reason, and what `build()` refuses. It turns
//! into a `Config`, which the stages read.

pub(crate) mod hooks;
pub(crate) mod migration;

use crate::claims::SealedExpiry;
use crate::claims::lifetime::{Expiry, Limits};
use crate::clock::Clock;
use crate::config::Config;
use crate::config::aliases::OtherSeals;
use crate::config::legacy::{Leftovers, Place};
use crate::data::schema::{Changes, Types};
use crate::data::session_data::SessionData;
use crate::error::BuildError;
use crate::events::{self, Warned};
use crate::headers::set_cookie::{
    Attributes, Line, SameSite, has_prefix, is_domain, is_name, is_path, prefix_contradiction,
};
use crate::hooks::on_end::Observers;
use crate::hooks::validate::Admissions;
use crate::keys::KeyRing;
use crate::limits;
use crate::sessions::Sessions;
use crate::wire::envelope::Binding;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The default name: browsers accept it only from a `Set-Cookie` with `HttpOnly`, `Secure` and
/// `Path=/` and without `Domain`, so that neither a sibling domain nor a script on the page can
/// plant one; older browsers still enforce its `__Host-`.
const COOKIE_NAME: &str = "__Host-Http-session";

/// What a handler may write while every cookie that came is one that this node cannot read, and
/// another node may well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unreadable {
    /// Writing puts a new session in its place: the default, or a retired key would lock visitors
    /// out.
    #[default]
    Overwrite,
    /// Writing answers [`SessionError::Unreadable`](crate::SessionError::Unreadable), which
    /// adapters turn into 503 with `Retry-After: 1`; [`purge`](crate::Session::purge) and
    /// [`renew`](crate::Session::renew) still work. For roll-outs of keys, types or versions.
    Protect,
}

/// Configures one kind of session; from [`Sessions::builder`].
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
#[must_use = "a builder does nothing until `build()`"]
pub struct Builder<T> {
    ring: KeyRing,
    name: String,
    context: Vec<u8>,
    clock: Clock,
    idle: Duration,
    absolute: Duration,
    expiry: Expiry,
    refresh_share: f64,
    pub(crate) attributes: Attributes,
    allowed: usize,
    ids: bool,
    unreadable: Unreadable,
    shape: Option<u32>,
    development: bool,
    pub(crate) changes: Changes<T>,
    pub(crate) also_open: Vec<(String, Vec<u8>)>,
    pub(crate) leftovers: Leftovers<T>,
    /// `admit`, `not_before`, `on_end` and `import` are in `builder_callbacks`; what changes
    /// between deployments in `builder_changes`.
    pub(crate) admissions: Admissions<T>,
    pub(crate) observers: Observers,
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
    /// Configures a kind of session.
    pub fn builder(ring: KeyRing) -> Builder<T> {
        Builder::new(ring)
    }

    /// The defaults.
    ///
    /// # Panics
    /// With `build()`'s sentence where that would err: for `main` and for tests.
    #[track_caller]
    pub fn new(ring: KeyRing) -> Self {
        match Self::builder(ring).build() {
            Ok(sessions) => sessions,
            #[expect(
                clippy::panic,
                reason = "it says so, and `build()` is there for who does not want that"
            )]
            Err(error) => panic!("{error}"),
        }
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
            allowed: limits::SET_COOKIE,
            ids: false,
            unreadable: Unreadable::Overwrite,
            shape: None,
            development: false,
            changes: Changes::none(),
            also_open: Vec::new(),
            leftovers: Leftovers::none(),
            admissions: Admissions::none(),
            observers: Observers::none(),
        }
    }

    /// The cookie's name; `__Host-Http-session` by default. It is part of the seal: under another
    /// name the old cookies open with [`also_open`](Self::also_open) alone.
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Bytes that every seal is bound to, beside the cookie's name: a tenant, an environment, a
    /// purpose. Empty by default.
    pub fn context(mut self, context: impl Into<Vec<u8>>) -> Self {
        self.context = context.into();
        self
    }

    /// How long a session lives without a visit, in whole seconds; 14 days by default.
    pub fn idle_timeout(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// How long a session lives at all, in whole seconds; 30 days by default (NIST SP 800-63B asks
    /// for re-authentication by then).
    pub fn absolute_timeout(mut self, absolute: Duration) -> Self {
        self.absolute = absolute;
        self
    }

    /// The expiry of every session that begins on this server; [`Expiry::Default`] by default. With
    /// [`Expiry::BrowserSession`] all sessions end with the browser. It applies to imported
    /// sessions, to those that begin after a [`purge`](crate::Session::purge), and to
    /// [`seal`](Sessions::seal). [`set_expiry`](crate::Session::set_expiry) overrides it for one
    /// session, also with `Expiry::Default`. A session that a cookie brings keeps the expiry that
    /// it has.
    ///
    /// [`build`](Self::build) refuses an idle timeout below a second or above the absolute timeout,
    /// and every [`Expiry::At`]: sessions that begin after that moment would not open.
    ///
    /// ```
    /// use sealed_session::{Expiry, KeyRing, Map, Sessions};
    ///
    /// let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?).expiry(Expiry::BrowserSession).build()?;
    /// let session = sessions.load(&http::Method::POST, &http::HeaderMap::new());
    /// assert_eq!(session.expiry(), Expiry::BrowserSession);
    ///
    /// session.set_expiry(Expiry::Default)?; // "remember me": the cookie has a Max-Age
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn expiry(mut self, expiry: Expiry) -> Self {
        self.expiry = expiry;
        self
    }

    /// The share of a session's idle limit, 0.0 to 1.0, after which a request that touches it
    /// issues its cookie anew; 0.1 by default. 0.0 issues it on every touch. A session with
    /// [`Expiry::At`] is not issued anew, with 0.0 either: its end would stay the same.
    pub fn refresh_after(mut self, share: f64) -> Self {
        self.refresh_share = share;
        self
    }

    /// `Path`; `/` by default. It limits what browsers send, and protects nothing (RFC 6265bis
    /// §8.5).
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.attributes.path = path.into();
        self
    }

    /// `Domain`: also sends the cookie to the domain's subdomains. None by default, and not with a
    /// `__Host-` name.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.attributes.domain = Some(domain.into());
        self
    }

    /// `Secure`; on by default.
    pub fn secure(mut self, secure: bool) -> Self {
        self.attributes.secure = secure;
        self
    }

    /// `HttpOnly`; on by default.
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.attributes.http_only = http_only;
        self
    }

    /// `SameSite`; [`SameSite::Lax`] by default. [`SameSite::Strict`] says what it asks of pages
    /// that other sites link to.
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.attributes.same_site = same_site;
        self
    }

    /// `Partitioned` (CHIPS): one cookie per embedding site. Off by default; needs `Secure`, and
    /// `SameSite=None` to be of use. A response that sets or deletes the cookie then also deletes
    /// the copy without `Partitioned`, which an earlier configuration may have left. Before it is
    /// switched off again, see [`delete_partitioned_copy`](Self::delete_partitioned_copy).
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.attributes.partitioned = partitioned;
        self
    }

    /// Bytes that the whole `Set-Cookie` line may take, 256 to 4096; 4093 by default, which every
    /// browser and front end takes that was measured, but for nginx with default buffers: 3,600
    /// pass there.
    pub fn max_set_cookie_bytes(mut self, bytes: usize) -> Self {
        self.allowed = bytes;
        self
    }

    /// Whether each session gets an id at its first write. Off by default: without a list of ids to
    /// look in, it is 16 bytes for nothing. An empty session has none: [`id`](crate::Session::id)
    /// is `None` until the session holds a field or a flash message.
    pub fn with_ids(mut self, ids: bool) -> Self {
        self.ids = ids;
        self
    }

    /// What writing does while every cookie that came is one that this node does not know;
    /// [`Unreadable::Overwrite`] by default.
    pub fn unreadable(mut self, unreadable: Unreadable) -> Self {
        self.unreadable = unreadable;
        self
    }

    /// A number of the application's own in place of the type's traced shape: count it up whenever
    /// the type changes. Needed where the feature `shape` is off, and not allowed for
    /// [`Map`](crate::Map), which has no shape. With [`Encoding::Named`](crate::Encoding::Named) it
    /// is for reading what was sealed by place.
    pub fn shape(mut self, number: u32) -> Self {
        self.shape = Some(number);
        self
    }

    /// Where the time is read; the system's clock by default. A [`ManualClock`](crate::ManualClock)
    /// in tests.
    pub fn clock(mut self, clock: impl Into<Clock>) -> Self {
        self.clock = clock.into();
        self
    }

    /// A cookie that an earlier configuration left at another `Domain` or `Path`, and that would be
    /// sent beside ours: every response that sets or deletes ours deletes it too, where a cookie of
    /// that name came. Can be called for several.
    pub fn also_delete(
        mut self,
        name: impl Into<String>,
        domain: Option<&str>,
        path: impl Into<String>,
    ) -> Self {
        self.leftovers.copies.push(Place {
            name: name.into(),
            domain: domain.map(str::to_owned),
            path: path.into(),
        });
        self
    }

    /// For development over plain http with Safari or from another machine: drops `Secure` and the
    /// name's prefix, and says so in a warning. A build without debug assertions also needs
    /// `SEALED_SESSION_DEVELOPMENT=1` in its environment.
    pub fn development(mut self) -> Self {
        self.development = true;
        self
    }

    /// Checks everything and gives the [`Sessions`].
    ///
    /// # Errors
    /// [`BuildError`]: two settings that contradict each other, a data type that cannot be a session as it is, or a ring that cannot
    /// seal now. It needs no randomness, and no clock where the platform has none yet.
    pub fn build(mut self) -> Result<Sessions<T>, BuildError> {
        if self.development {
            self.enter_development()?;
        }
        self.check_name()?;
        self.check_attributes()?;
        self.leftovers.check(&self.name, &self.attributes).map_err(setting)?;
        let other_seals = OtherSeals::new(
            self.also_open.split_off(0),
            &self.name,
            &self.context,
            &self.attributes,
        )
        .map_err(setting)?;
        self.leftovers.check_beside(&other_seals).map_err(setting)?;
        let limits = self.check_limits()?;
        let expiry = SealedExpiry::from(self.expiry);
        limits.accept_for_all(expiry).map_err(setting)?;
        let line = Line::new(&self.name, &self.attributes);
        let types = Types::new(self.shape, self.changes)?;
        self.ring.adopt(&self.clock)?;
        other_seals.warnings(&self.name).for_each(|warning| events::warning(&warning));
        Ok(Sessions::from_config(Config {
            binding: Binding::new(&self.name, &self.context),
            other_seals: Arc::new(other_seals),
            name: self.name.into(),
            ring: self.ring,
            clock: self.clock,
            limits,
            expiry,
            attributes: self.attributes,
            line,
            allowed: self.allowed,
            ids: self.ids,
            protect: self.unreadable == Unreadable::Protect,
            types: Arc::new(types),
            default: Arc::new(T::default()),
            leftovers: Arc::new(self.leftovers),
            admissions: Arc::new(self.admissions),
            observers: Arc::new(self.observers),
            warned: Arc::new(Warned::new()),
        }))
    }

    fn enter_development(&mut self) -> Result<(), BuildError> {
        let allowed = cfg!(debug_assertions)
            || std::env::var_os("SEALED_SESSION_DEVELOPMENT").is_some_and(|value| value == "1");
        if !allowed {
            return Err(setting(
                "development() in a build without debug assertions needs SEALED_SESSION_DEVELOPMENT=1 in the environment: remove it for production",
            ));
        }
        drop_prefix(&mut self.name);
        self.also_open.iter_mut().for_each(|(name, _)| drop_prefix(name));
        // Names that differ in their prefix alone are one now.
        self.also_open.retain(|(name, context)| *name != self.name || *context != self.context);
        self.attributes.secure = false;
        events::warning(&format!(
            "development(): the cookie {} goes over plain http, without Secure and without a prefix; not for production",
            self.name
        ));
        Ok(())
    }

    fn check_name(&self) -> Result<(), BuildError> {
        let name = &self.name;
        if !is_name(name) {
            return Err(setting(
                "cookie_name must be 1 to 256 characters of an RFC 9110 token: letters, digits, !#$%&'*+-.^_`|~",
            ));
        }
        if let [.., b'.', b'0'..=b'9'] = name.as_bytes() {
            return Err(setting(
                "cookie_name ends in a dot and a digit, which is how the pieces of a long session are named",
            ));
        }
        prefix_contradiction(name, &self.attributes)
            .map_or(Ok(()), |contradiction| Err(setting(format!("cookie_name: {contradiction}"))))
    }

    fn check_attributes(&self) -> Result<(), BuildError> {
        let attributes = &self.attributes;
        if !is_path(&attributes.path) {
            return Err(setting(
                "path must begin with / and be at most 1,024 visible ASCII characters without ;",
            ));
        }
        if !attributes.domain.as_deref().is_none_or(is_domain) {
            return Err(setting("domain must be a host name: letters, digits, hyphens and dots"));
        }
        let development = if self.development {
            "; development() switches it off, so leave this out with it"
        } else {
            ""
        };
        if attributes.same_site == SameSite::None && !attributes.secure {
            return Err(setting(format!(
                "same_site(SameSite::None) needs secure(true): browsers drop the cookie otherwise{development}"
            )));
        }
        if attributes.partitioned && !attributes.secure {
            return Err(setting(format!(
                "partitioned(true) needs secure(true): browsers drop the cookie otherwise{development}"
            )));
        }
        if attributes.partitioned && attributes.was_partitioned {
            return Err(setting(
                "delete_partitioned_copy(true) and partitioned(true) contradict each other: the copy would be the session itself",
            ));
        }
        if !limits::SET_COOKIE_RANGE.contains(&self.allowed) {
            return Err(setting(
                "max_set_cookie_bytes must be 256 to 4096: browsers drop longer cookies",
            ));
        }
        Ok(())
    }

    fn check_limits(&self) -> Result<Limits, BuildError> {
        let (idle, absolute) = (self.idle.as_secs(), self.absolute.as_secs());
        if idle == 0 {
            return Err(setting(
                "idle_timeout of less than a second would end every session at once",
            ));
        }
        if idle > absolute {
            return Err(setting(format!(
                "idle_timeout ({idle} s) is longer than absolute_timeout ({absolute} s), which would end the session before it"
            )));
        }
        if !(0.0..=1.0).contains(&self.refresh_share) {
            return Err(setting("refresh_after is a share of the idle limit, 0.0 to 1.0"));
        }
        // A share below a millionth is still no 0.0, which would lift the floor of a second.
        let least = if self.refresh_share > 0.0 { 1.0 } else { 0.0 };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the share was just seen to be within 0.0 to 1.0"
        )]
        let refresh_share =
            (self.refresh_share * f64::from(limits::MILLION)).round().max(least) as u32;
        Ok(Limits { idle, absolute, refresh_share })
    }
}

fn drop_prefix(name: &mut String) {
    let prefix = ["__Host-Http-", "__Host-", "__Http-", "__Secure-"]
        .into_iter()
        .find(|prefix| has_prefix(name, prefix));
    name.drain(..prefix.map_or(0, str::len));
}

fn setting(sentence: impl Into<String>) -> BuildError {
    BuildError::Setting(sentence.into())
}
