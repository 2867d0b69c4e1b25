//! A cookie's value and attributes → the line of a `Set-Cookie` field, and its exact length before it is made. `builder` checks the
//! attributes, `session` measures with it, `commit` writes with it. The `cookie` crate spells the line.

use crate::limits;
use cookie::Cookie;
use cookie::time::Duration;

/// On which requests of other sites browsers send the cookie (RFC 6265bis §5.5.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SameSite {
    /// None of them.
    Strict,
    /// Navigations by a safe method alone: the default.
    #[default]
    Lax,
    /// All of them; needs `Secure`.
    None,
}

/// The attributes of every `Set-Cookie` line of one configuration, `Max-Age` apart.
#[derive(Clone, Debug)]
pub(crate) struct Attributes {
    pub(crate) path: String,
    pub(crate) domain: Option<String>,
    pub(crate) secure: bool,
    pub(crate) http_only: bool,
    pub(crate) same_site: SameSite,
    pub(crate) partitioned: bool,
}

impl Attributes {
    fn line(&self, name: &str, value: &str, max_age: Option<u64>) -> String {
        let mut cookie = Cookie::build((name, value))
            .path(self.path.as_str())
            .secure(self.secure)
            .http_only(self.http_only)
            .partitioned(self.partitioned)
            .same_site(match self.same_site {
                SameSite::Strict => cookie::SameSite::Strict,
                SameSite::Lax => cookie::SameSite::Lax,
                SameSite::None => cookie::SameSite::None,
            });
        if let Some(domain) = &self.domain {
            cookie = cookie.domain(domain.as_str());
        }
        if let Some(seconds) = max_age {
            cookie = cookie.max_age(Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX)));
        }
        cookie.build().to_string()
    }

    /// The line that sets the cookie.
    pub(crate) fn set(&self, name: &str, value: &str, max_age: Option<u64>) -> String {
        self.line(name, value, max_age)
    }

    /// The line that deletes it: browsers ignore one that lacks `HttpOnly` for a `__Host-Http-` name, or `Partitioned` for a
    /// partitioned cookie, so it repeats every attribute.
    pub(crate) fn remove(&self, name: &str) -> String {
        self.line(name, "", Some(0))
    }
}

/// Whether it is a cookie's name: an RFC 9110 token, within our bound.
pub(crate) fn is_name(name: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=limits::NAME).contains(&name.len()) && name.bytes().all(token)
}

/// Whether browsers take it for a `Path`.
pub(crate) fn is_path(path: &str) -> bool {
    path.starts_with('/') && is_attribute(path)
}

/// Whether it is a host name. A dot at the start is what older specifications asked for, and browsers ignore it.
pub(crate) fn is_domain(domain: &str) -> bool {
    let label = |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_attribute(domain) && domain.strip_prefix('.').unwrap_or(domain).split('.').all(label)
}

fn is_attribute(text: &str) -> bool {
    text.len() <= limits::ATTRIBUTE && text.bytes().all(|byte| (0x21..0x7f).contains(&byte) && byte != b';')
}

/// Bytes of a line, from the length of its value and its `Max-Age`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineLength {
    /// Name, `=` and every attribute but `Max-Age`.
    fixed: usize,
}

impl LineLength {
    pub(crate) fn new(name: &str, attributes: &Attributes) -> Self {
        Self { fixed: attributes.line(name, "", None).len() }
    }

    pub(crate) fn of(self, value_len: usize, max_age: Option<u64>) -> usize {
        let max_age = max_age.map_or(0, |seconds| "; Max-Age=".len() + decimal_len(seconds));
        self.fixed + value_len + max_age
    }
}

fn decimal_len(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}
