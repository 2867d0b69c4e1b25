//! `Set-Cookie` lines: made from a cookie's value and attributes, with their exact length known in
//! advance.

use crate::limits;

/// The cross-site requests on which browsers send the cookie (RFC 6265bis §5.5.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SameSite {
    /// No cross-site requests. A visitor who follows a link from another site arrives without the
    /// cookie.
    ///
    /// Such a request looks the same whether the visitor has a session or is new, so a write could
    /// replace a session that the server cannot see. [`Session::load_status`](crate::Session::load_status) is
    /// therefore [`CrossSite`](crate::LoadStatus::CrossSite), and a write fails with
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
    fn spelled(&self) -> String {
        let mut text = String::new();
        if self.http_only {
            text.push_str("; HttpOnly");
        }
        text.push_str(match self.same_site {
            SameSite::Strict => "; SameSite=Strict",
            SameSite::Lax => "; SameSite=Lax",
            SameSite::None => "; SameSite=None",
        });
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

    /// Returns the line that deletes the cookie. It repeats every attribute: browsers ignore a
    /// deletion that lacks `HttpOnly` for a `__Host-Http-` name, or `Partitioned` for a partitioned
    /// cookie.
    pub(crate) fn remove(&self, name: &str) -> String {
        format!("{name}={}{MAX_AGE}0", self.spelled())
    }

    /// Returns the line that deletes the copy that an earlier configuration may have left with the
    /// other setting of `Partitioned`. Browsers keep both copies and send both.
    pub(crate) fn remove_copy(&self, name: &str) -> Option<String> {
        let copy = || Self { partitioned: !self.partitioned, ..self.clone() };
        (self.partitioned || self.was_partitioned).then(|| copy().remove(name))
    }
}

/// Returns why browsers would drop a cookie whose name begins with a prefix of RFC 6265bis §4.1.3,
/// in any letter case, and how to fix it.
pub(crate) fn prefix_contradiction(name: &str, attributes: &Attributes) -> Option<String> {
    let prefix =
        ["__Host-", "__Secure-", "__Http-"].into_iter().find(|prefix| has_prefix(name, prefix));
    match prefix {
        Some(prefix) if !attributes.secure => Some(format!(
            "a name with {prefix} needs secure(true): browsers drop the cookie otherwise"
        )),
        Some("__Host-") if attributes.domain.is_some() => Some(
            "a name with __Host- must not have a domain: remove the domain, or use __Secure-"
                .to_owned(),
        ),
        Some("__Host-") if attributes.path != "/" => Some(
            "a name with __Host- needs the path /: browsers drop the cookie otherwise".to_owned(),
        ),
        _ if (has_prefix(name, "__Host-Http-") || has_prefix(name, "__Http-"))
            && !attributes.http_only =>
        {
            Some(
                "a name with __Http- or __Host-Http- needs http_only(true): browsers drop the \
                 cookie otherwise"
                    .to_owned(),
            )
        }
        _ => None,
    }
}

/// Returns whether a name begins with this prefix in any letter case, which is how browsers compare
/// prefixes.
pub(crate) fn has_prefix(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
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

/// Returns whether this is a cookie name: an RFC 9110 token, no longer than our limit.
pub(crate) fn is_name(name: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=limits::NAME).contains(&name.len()) && name.bytes().all(token)
}

/// Returns whether browsers accept this as a `Path`.
pub(crate) fn is_path(path: &str) -> bool {
    path.starts_with('/') && is_attribute(path)
}

/// Returns whether this is a host name.
pub(crate) fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    is_attribute(domain) && strip_leading_dot(domain).split('.').all(label)
}

fn is_attribute(text: &str) -> bool {
    text.len() <= limits::ATTRIBUTE
        && text.bytes().all(|byte| (0x21..0x7f).contains(&byte) && byte != b';')
}

/// The lines that set the cookie. What comes before and after the value is the same in all of them,
/// except `Max-Age`, which comes last.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    before: String,
    behind: String,
}

const MAX_AGE: &str = "; Max-Age=";

impl Line {
    pub(crate) fn new(name: &str, attributes: &Attributes) -> Self {
        Self { before: format!("{name}="), behind: attributes.spelled() }
    }

    /// Returns a line with the value that `write` appends. `length` is the expected length in
    /// bytes, for the allocation.
    pub(crate) fn write<E>(
        &self,
        length: usize,
        max_age: Option<u64>,
        write: impl FnOnce(&mut String) -> Result<(), E>,
    ) -> Result<String, E> {
        let mut line = String::with_capacity(length);
        line.push_str(&self.before);
        write(&mut line)?;
        line.push_str(&self.behind);
        if let Some(seconds) = max_age {
            line.push_str(MAX_AGE);
            line.push_str(&seconds.to_string());
        }
        Ok(line)
    }

    /// Returns the bytes of a line, from the length of its value and its `Max-Age`.
    pub(crate) fn len(&self, value_len: usize, max_age: Option<u64>) -> usize {
        let max_age = max_age.map_or(0, |seconds| MAX_AGE.len() + decimal_len(seconds));
        self.before.len() + value_len + self.behind.len() + max_age
    }
}

fn decimal_len(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}
