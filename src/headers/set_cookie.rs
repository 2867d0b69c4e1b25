//! `Attributes`: what follows the value in a `Set-Cookie` line, and the lines that delete a cookie.

use crate::error::ParseSameSiteError;
use crate::limits;
use std::fmt;
use std::str::FromStr;

pub(crate) const MAX_AGE: &str = "; Max-Age=";

/// The cross-site requests on which browsers send the cookie (RFC 6265bis §5.5.7).
///
/// `Display` prints the attribute's value, and `FromStr` reads it in any letter case, as browsers
/// do:
///
/// ```
/// use sealed_session::SameSite;
///
/// assert_eq!("strict".parse(), Ok(SameSite::Strict));
/// assert_eq!(SameSite::Lax.to_string(), "Lax");
/// assert!("".parse::<SameSite>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SameSite {
    /// No cross-site requests. A visitor who follows a link from another site arrives without the
    /// cookie.
    ///
    /// Such a request looks the same whether the visitor has a session or is new, so a write could
    /// replace a session that the server cannot see.
    /// [`Session::load_status`](crate::Session::load_status) is therefore
    /// [`CrossSite`](crate::LoadStatus::CrossSite), and a write fails with
    /// [`SessionError::CrossSite`](crate::SessionError::CrossSite), which adapters answer with 403.
    /// **This also affects new visitors**, such as those from a search engine. Reading works, but
    /// the session is empty, so a page that greets its visitors does not recognize them.
    ///
    /// On pages that other sites link to, either write nothing, or answer with
    /// [`Session::reload_page`](crate::Session::reload_page), which makes the browser repeat the
    /// request from our own origin. Alternatively use [`Lax`](Self::Lax), which sends the cookie
    /// when a link is followed but not when a form is posted.
    Strict,
    /// Only navigations with a safe method. This is the default.
    #[default]
    Lax,
    /// All cross-site requests. Needs `Secure`.
    None,
}

impl SameSite {
    fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "Strict",
            Self::Lax => "Lax",
            Self::None => "None",
        }
    }
}

impl fmt::Display for SameSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for SameSite {
    type Err = ParseSameSiteError;

    fn from_str(text: &str) -> Result<Self, ParseSameSiteError> {
        let all = [Self::Strict, Self::Lax, Self::None];
        let same = |same_site: &Self| same_site.as_str().eq_ignore_ascii_case(text);
        all.into_iter().find(same).ok_or(ParseSameSiteError(()))
    }
}

/// The attributes of every `Set-Cookie` line of one configuration, except `Max-Age`.
#[derive(Clone, Debug)]
pub(crate) struct Attributes {
    pub(crate) path: String,
    pub(crate) domain: Option<String>,
    pub(crate) secure: bool,
    pub(crate) http_only: bool,
    pub(crate) same_site: SameSite,
    pub(crate) partitioned: bool,
    /// Whether an earlier configuration set the cookie with `Partitioned` and this one does not.
    pub(crate) was_partitioned: bool,
}

impl Attributes {
    /// Returns what follows the value, except `Max-Age`, in the order of the `cookie` crate.
    ///
    /// That crate is not used: it can also print `Expires`, and the calendar that it needs for that
    /// is larger on WebAssembly than XChaCha20-Poly1305. `build()` has checked that no part needs
    /// escaping.
    pub(crate) fn write(&self) -> String {
        let mut text = String::new();
        if self.http_only {
            text.push_str("; HttpOnly");
        }
        text.push_str("; SameSite=");
        text.push_str(self.same_site.as_str());
        if self.partitioned {
            text.push_str("; Partitioned");
        }
        // `Partitioned` requires `Secure`. `build()` refuses our own configuration without it. For
        // an old copy that is deleted, browsers would ignore the line.
        if self.secure || self.partitioned {
            text.push_str("; Secure");
        }
        text.push_str("; Path=");
        text.push_str(&self.path);
        if let Some(domain) = &self.domain {
            text.push_str("; Domain=");
            text.push_str(strip_leading_dot(domain));
        }
        text
    }

    /// Refuses a path or domain that browsers would ignore.
    pub(crate) fn check_place(&self) -> Result<(), String> {
        if !is_path(&self.path) {
            return Err("the path must begin with / and consist of at most 1,024 visible ASCII \
                characters other than ;"
                .to_owned());
        }
        if !self.domain.as_deref().is_none_or(is_domain) {
            return Err(
                "the domain must be a host name: letters, digits, hyphens and dots".to_owned()
            );
        }
        Ok(())
    }

    /// Returns `true` if browsers treat the two places as the same.
    pub(crate) fn same_place(&self, other: &Self) -> bool {
        self.path == other.path && same_domain(self.domain.as_deref(), other.domain.as_deref())
    }

    /// Returns the line that deletes the cookie. It repeats every attribute: browsers ignore a
    /// deletion that lacks `HttpOnly` for a `__Host-Http-` name, or `Partitioned` for a partitioned
    /// cookie.
    pub(crate) fn remove(&self, name: &str) -> String {
        format!("{name}={}{MAX_AGE}0", self.write())
    }

    /// Returns the line that deletes the copy that an earlier configuration may have left with the
    /// other setting of `Partitioned`. Browsers keep both copies and send both.
    pub(crate) fn remove_copy(&self, name: &str) -> Option<String> {
        let copy = || Self { partitioned: !self.partitioned, ..self.clone() };
        (self.partitioned || self.was_partitioned).then(|| copy().remove(name))
    }
}

/// Returns whether browsers treat two `Domain` attributes as the same (RFC 6265bis §5.6.3).
pub(crate) fn same_domain(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => {
            strip_leading_dot(one).eq_ignore_ascii_case(strip_leading_dot(other))
        }
        (one, other) => one == other,
    }
}

/// Returns the domain without a leading dot, which older specifications required and browsers
/// ignore.
fn strip_leading_dot(domain: &str) -> &str {
    domain.strip_prefix('.').unwrap_or(domain)
}

/// Returns whether browsers accept this as a `Path`.
fn is_path(path: &str) -> bool {
    path.starts_with('/') && is_attribute(path)
}

/// Returns whether this is a host name.
fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    is_attribute(domain) && strip_leading_dot(domain).split('.').all(label)
}

fn is_attribute(text: &str) -> bool {
    text.len() <= limits::ATTRIBUTE
        && text.bytes().all(|byte| (0x21..0x7f).contains(&byte) && byte != b';')
}
