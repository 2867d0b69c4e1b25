//! `CrossOrigin`: refuses requests that a browser sends because of a page of another origin.
//!
//! [`Builder::cross_origin`](crate::Builder::cross_origin) turns the check on. It has the rules of
//! `CrossOriginProtection` in Go 1.25's `net/http`, in the same order:
//!
//! 1. GET, HEAD and OPTIONS are allowed. Handlers of these methods must not change anything.
//! 2. `Sec-Fetch-Site` is `same-origin` or `none`: allowed.
//! 3. `Sec-Fetch-Site` has any other value: refused, unless the request is trusted or exempt.
//! 4. There is neither `Sec-Fetch-Site` nor `Origin`: allowed. Every browser in use sends one of
//!    them with such a request. Programs such as curl, and the senders of webhooks, do not.
//! 5. The host and port of `Origin` are those that the request is for: allowed.
//! 6. Otherwise: refused, unless the request is trusted or exempt.
//!
//! An empty field counts as absent. If a field came several times, the first counts. All values
//! are compared as they came: letter case and ports matter.
//!
//! Go reads `Origin` as any URL. This crate refuses the forms that no browser sends: without a
//! scheme, with user information, with percent-encoding, or with bytes outside ASCII. It also
//! refuses an `Origin` if the request names no host; Go allows `null` then.
//!
//! The check does not cover WebSockets over HTTP/1.1, because their opening request is a GET.
//! `docs/cross-site.md` has the details, and what else the check does not cover.

mod exemption;
mod origin;

pub use crate::error::CrossOriginRefused;

#[cfg(feature = "dbsc")]
pub(crate) use origin::check_trusted as check_origin;

use crate::error::redact::redacted;
use crate::headers::request::{RequestHeaders, SEC_FETCH_SITE, first_field};
use exemption::Exemption;
use http::header::ORIGIN;

/// The setting of [`Builder::cross_origin`](crate::Builder::cross_origin): which requests of other
/// origins are refused.
///
/// ```
/// use http::Request;
/// use sealed_session::{CrossOrigin, KeyRing, Map, Sessions};
///
/// let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?)
///     .cross_origin(
///         CrossOrigin::refuse()
///             .trust("https://accounts.example.com")
///             .exempt("POST /webhooks/"),
///     )
///     .build()?;
///
/// let form = Request::post("https://shop.example/cart").header("sec-fetch-site", "cross-site");
/// assert!(sessions.check_cross_origin(&form.body(())?).is_err());
/// let form = Request::post("https://shop.example/cart").header("sec-fetch-site", "same-origin");
/// assert!(sessions.check_cross_origin(&form.body(())?).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "it does nothing until it is given to `Builder::cross_origin`"]
pub struct CrossOrigin {
    pub(crate) trusted: Vec<String>,
    pub(crate) exempt: Vec<String>,
}

impl CrossOrigin {
    /// Refuses every request of another origin that is not a GET, HEAD or OPTIONS.
    pub fn refuse() -> Self {
        Self::default()
    }

    /// Allows requests whose `Origin` field has exactly this value, such as
    /// `https://accounts.example.com` or `https://example.com:8443`. Can be called for several.
    ///
    /// Pages of that origin can then do all that the visitor can. Trust only an origin that is
    /// yours.
    ///
    /// [`build`](crate::Builder::build) refuses a value that no browser sends as an origin: without
    /// a scheme or a host, with a path, a query, a fragment or a slash at the end, with capital
    /// letters, with characters outside ASCII (use the `xn--` form), or with the scheme's default
    /// port. It also refuses `null`, which every sandboxed page sends.
    pub fn trust(mut self, origin: impl Into<String>) -> Self {
        self.trusted.push(origin.into());
        self
    }

    /// Allows requests of any origin for one path, such as `/saml/acs`. A path that ends with `/`,
    /// such as `/webhooks/`, stands for every path that begins with it. A method can come first:
    /// `POST /webhooks/`. Can be called for several.
    ///
    /// The handler of an exempt path must protect itself: with a signature, a `state`, or a ticket.
    ///
    /// The path is compared byte by byte with the path of the request, without its query. A
    /// request whose path contains `%`, `\`, `//`, or a segment `.` or `..` is never exempt,
    /// because routers and proxies differ in how they read such a path. (Go 1.25.0 exempted more
    /// requests than intended for that reason: CVE-2025-47910.) In axum, a layer inside `nest`
    /// compares the whole path, with the prefix of the nest.
    ///
    /// [`build`](crate::Builder::build) refuses `/`, a path that does not begin with `/`, one that
    /// could never be exempt, one with `{`, `}` or `*`, and the methods that are always allowed.
    pub fn exempt(mut self, path: impl Into<String>) -> Self {
        self.exempt.push(path.into());
        self
    }

    /// Checks all settings. The error is a message for a `BuildError`.
    pub(crate) fn parse(self) -> Result<Rules, String> {
        for trusted in &self.trusted {
            origin::check_trusted(trusted)
                .map_err(|why| format!("cross_origin: trust({:?}): {why}", redacted(trusted)))?;
        }
        let parse = |text: String| {
            Exemption::parse(&text)
                .map_err(|why| format!("cross_origin: exempt({:?}): {why}", redacted(&text)))
        };
        let exempt = self.exempt.into_iter().map(parse).collect::<Result<_, _>>()?;
        Ok(Rules { trusted: self.trusted, exempt })
    }
}

/// What `build()` made of a `CrossOrigin`.
pub(crate) struct Rules {
    trusted: Vec<String>,
    exempt: Vec<Exemption>,
}

impl Rules {
    /// Decides about a request, by the rules of this module, in their order.
    pub(crate) fn check(&self, request: &impl RequestHeaders) -> Result<(), CrossOriginRefused> {
        if matches!(request.method(), "GET" | "HEAD" | "OPTIONS") {
            return Ok(());
        }
        let origin = first_field(request, &ORIGIN);
        let refused = match first_field(request, &SEC_FETCH_SITE) {
            b"same-origin" | b"none" => return Ok(()),
            b"" if origin.is_empty() => return Ok(()),
            b"" if is_of_host(origin, request.authority()) => return Ok(()),
            b"" => CrossOriginRefused::BY_ORIGIN,
            _ => CrossOriginRefused::BY_FETCH_SITE,
        };
        if self.trusts(origin) || self.exempts(request) { Ok(()) } else { Err(refused) }
    }

    fn trusts(&self, origin: &[u8]) -> bool {
        self.trusted.iter().any(|trusted| trusted.as_bytes() == origin)
    }

    fn exempts(&self, request: &impl RequestHeaders) -> bool {
        let Some(path) = request.target().and_then(|target| target.split('?').next()) else {
            return false;
        };
        self.exempt.iter().any(|exemption| exemption.covers(request.method(), path))
    }
}

/// Returns `true` if the origin's host and port are those that the request is for. The scheme is
/// not compared: the request does not say it.
fn is_of_host(origin: &[u8], authority: Option<&[u8]>) -> bool {
    origin::authority(origin).is_some_and(|of_origin| Some(of_origin) == authority)
}
