//! `DeviceBound`: the setting of `Builder::device_bound`, and its checks in `build()`.

use crate::dbsc::device::{Device, Mode};
use crate::dbsc::proof;
use crate::dbsc::sealed::Contexts;
use crate::error::redact::redacted;
use crate::headers::cookie_name::{CookieName, without_prefix};
use crate::headers::set_cookie::Attributes;
use crate::limits;
use std::time::Duration;

/// The setting of [`Builder::device_bound`](crate::Builder::device_bound): where the endpoints are,
/// and how long a proof lives.
///
/// ```
/// use sealed_session::{DeviceBound, KeyRing, Map, Sessions};
/// use std::time::Duration;
///
/// let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?)
///     .device_bound(
///         DeviceBound::at("/dbsc")
///             .origin("https://shop.example")
///             .proof_lifetime(Duration::from_secs(10 * 60))
///             .exclude("/assets"),
///     )
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it does nothing until it is given to `Builder::device_bound`"]
pub struct DeviceBound {
    pub(crate) path: String,
    pub(crate) origin: Option<String>,
    pub(crate) proof_lifetime: Duration,
    pub(crate) excluded: Vec<String>,
    pub(crate) required_within: Option<Duration>,
    pub(crate) off: Option<WhenOff>,
}

/// What becomes of sessions that are bound already, while the binding is
/// [off](DeviceBound::off).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WhenOff {
    /// They are accepted without a proof, as if they were unbound. So is a stolen cookie.
    Readable,
    /// They are refused, and their visitors sign in again.
    Ended,
}

/// The names and contexts of `Builder::accept_alias`.
pub(crate) struct Others {
    pub(crate) names: Vec<CookieName>,
    /// Except the builder's own.
    pub(crate) contexts: Vec<Vec<u8>>,
}

impl DeviceBound {
    /// Returns a setting with the endpoints `path/register` and `path/refresh`. An adapter answers
    /// both. Put it around the whole application: around some of the routes, it may not see these
    /// requests.
    ///
    /// [`build`](crate::Builder::build) accepts a path of at most 1,024 letters, digits, `-`, `.`,
    /// `_` and `/`. It must begin with `/`, must not end with `/`, and must have no segment that is
    /// empty, `.` or `..`.
    pub fn at(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            origin: None,
            proof_lifetime: Duration::from_secs(limits::device::PROOF_LIFETIME),
            excluded: Vec::new(),
            required_within: None,
            off: None,
        }
    }

    /// Sets the site's origin, such as `https://shop.example`. Browsers may sign the address of the
    /// endpoint (`aud`). If it is of another origin, the token is refused. Without this setting
    /// `aud` is not checked, because a server behind a proxy does not know its own address.
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Sets how long a proof lives, in whole seconds; 10 minutes by default. A cookie that was
    /// copied together with its proof is good for that long, and a minute longer.
    ///
    /// [`build`](crate::Builder::build) refuses less than 4 minutes and more than a day, and warns
    /// below 5 minutes. Chromium makes at most 6 signatures in 9 minutes for one site, and refreshes
    /// 2 minutes early.
    pub fn proof_lifetime(mut self, lifetime: Duration) -> Self {
        self.proof_lifetime = lifetime;
        self
    }

    /// Excludes this path and everything below it: `/assets` also covers `/assets/app.css`, and not
    /// `/assets-old`. Browsers send these requests without waiting for a proof. Use it for files
    /// that need no session. Can be called several times.
    pub fn exclude(mut self, path: impl Into<String>) -> Self {
        self.excluded.push(path.into());
        self
    }

    /// Refuses an unbound session once it is older than this, in whole seconds; off by default. The
    /// reason is `refused`.
    ///
    /// Sessions before the sign-in are unbound, and so are those whose sign-in came without a proof.
    /// Allow as long as a visitor needs to sign in, such as two minutes. Visitors whose browser does
    /// not support DBSC are signed out after that time.
    pub fn require(mut self, within: Duration) -> Self {
        self.required_within = Some(within);
        self
    }

    /// Switches the binding off: nothing is offered, and `renew()` binds no session. The refresh
    /// endpoint still answers, and ends the browsers' DBSC sessions.
    ///
    /// `bound` says what becomes of the sessions that are bound. Keep this setting, in place of
    /// removing [`Builder::device_bound`](crate::Builder::device_bound), until the absolute timeout
    /// has passed: without the setting every bound session is refused (`unknown-form`).
    pub fn off(mut self, bound: WhenOff) -> Self {
        self.off = Some(bound);
        self
    }

    /// Returns `true` if the lifetime of a proof is so short that browsers may run out of their
    /// quota.
    pub(crate) fn may_exceed_quota(&self) -> bool {
        self.proof_lifetime.as_secs() < limits::device::PROOF_WARNING && self.off.is_none()
    }

    /// Checks the setting. The error is a message for a `BuildError`. `absolute` is the absolute
    /// timeout, in seconds.
    pub(crate) fn parse(
        self,
        name: &CookieName,
        attributes: &Attributes,
        context: &[u8],
        others: Others,
        absolute: u64,
    ) -> Result<Device, String> {
        check_attributes(attributes)?;
        if !is_path(&self.path) {
            return Err(format!("at({:?}): {NO_PATH}", redacted(&self.path)));
        }
        if let Some(excluded) = self.excluded.iter().find(|path| !is_path(path)) {
            return Err(format!("exclude({:?}): {NO_PATH}", redacted(excluded)));
        }
        if let Some(origin) = &self.origin {
            crate::cross_origin::check_origin(origin)
                .map_err(|why| format!("origin({:?}): {why}", redacted(origin)))?;
        }
        let proof_lifetime = self.proof_lifetime.as_secs();
        if !(limits::device::PROOF_LEAST..=limits::device::PROOF_MOST).contains(&proof_lifetime) {
            return Err(format!(
                "proof_lifetime must be between 240 and 86400 seconds, and is {proof_lifetime}: \
                 browsers run out of their quota with a shorter one, and a copied proof is good \
                 for its whole life"
            ));
        }
        let within = self.required_within.map(|within| within.as_secs());
        if within == Some(0) {
            return Err("require must allow at least one second: a visitor signs in with an \
                unbound session"
                .to_owned());
        }
        Ok(Device {
            mode: match self.off {
                None => Mode::On,
                Some(WhenOff::Readable) => Mode::OffReadable,
                Some(WhenOff::Ended) => Mode::OffEnded,
            },
            required_within: within.filter(|_| self.off.is_none()),
            register_path: format!("{}/register", self.path),
            refresh_path: format!("{}/refresh", self.path),
            path: self.path,
            origin: self.origin,
            proof_lifetime,
            key_lifetime: absolute,
            excluded: self.excluded,
            contexts: Contexts { own: context.to_vec(), others: others.contexts },
            proof_prefix: proof::name_prefix(name),
            other_proof_prefixes: proof::other_prefixes(name, &others.names),
            marker_prefix: format!("__Host-{}-ended-", without_prefix(name)),
            attributes: Attributes { http_only: true, ..attributes.clone() },
        })
    }
}

const NO_PATH: &str = "a path begins with /, does not end with it, and has only letters, digits, \
    -, ., _ and /, without an empty segment, . or ..";

/// Refuses attributes with which a browser would not keep the proof, or not send it.
fn check_attributes(attributes: &Attributes) -> Result<(), String> {
    let conflict = if !attributes.secure {
        "secure(false) or development(): browsers bind sessions over TLS only. In development, put \
         a TLS proxy in front (docs/device-bound.md), or leave device_bound out"
    } else if attributes.domain.is_some() {
        "domain: the cookie of a proof has a __Host- name, so subdomains would get the session \
         without it. Remove the domain"
    } else if attributes.path != "/" {
        "a path other than /: the cookie of a proof has a __Host- name, which needs /"
    } else if attributes.partitioned {
        "partitioned(true): browsers refuse partitioned cookies as bound credentials"
    } else {
        return Ok(());
    };
    Err(format!("it conflicts with {conflict}"))
}

/// Returns `true` for a path that needs no escape in JSON, in a header field and in a URL.
fn is_path(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/".contains(&byte);
    let segments = path.strip_prefix('/').map(|path| path.split('/'));
    path.len() <= limits::ATTRIBUTE
        && path.bytes().all(is_plain)
        && segments
            .is_some_and(|mut segments| segments.all(|segment| !matches!(segment, "" | "." | "..")))
}
