//! A cookie's value and attributes → the line of a `Set-Cookie` field, and its exact length before
//! it is made. `builder` checks the attributes, `session` measures with it, `commit` writes with
//! it.

use crate::limits;

/// On which requests of other sites browsers send the cookie (RFC 6265bis §5.5.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SameSite {
    /// None of them, so that a visitor who follows a link from another site comes without the
    /// cookie.
    ///
    /// Such a request looks the same whether the visitor has a session or is new, and a write could
    /// replace a session unseen. So [`Session::status`](crate::Session::status) is
    /// [`Withheld`](crate::Status::Withheld) and a write fails with
    /// [`SessionError::Withheld`](crate::SessionError::Withheld), which adapters answer with 403,
    /// **also to new visitors**, as from a search engine. Reading works: the session is empty, so a
    /// page that greets its visitors does not know them.
    ///
    /// For pages that others link to: write nothing there, or answer with
    /// [`Session::reload_page`](crate::Session::reload_page), which makes the browser ask again
    /// from our own origin. Or take [`Lax`](Self::Lax), which sends the cookie with links and holds
    /// it back from forms.
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
    /// An earlier configuration set the cookie with `Partitioned`, and this one does not.
    pub(crate) was_partitioned: bool,
}

impl Attributes {
    /// What stands behind the value but `Max-Age`, in the order of the `cookie` crate, which is not
    /// used: it can print `Expires` too, and on WebAssembly the calendar that it brings for that
    /// weighs more than XChaCha20-Poly1305. `builder` has seen to it that no part needs escaping.
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
        // A contradiction without it, which `builder` refuses of ours; of a copy of old that is
        // deleted, browsers would not heed the line.
        if self.secure || self.partitioned {
            text.push_str("; Secure");
        }
        text.push_str("; Path=");
        text.push_str(&self.path);
        if let Some(domain) = &self.domain {
            text.push_str("; Domain=");
            text.push_str(bare(domain));
        }
        text
    }

    /// The line that deletes it: browsers ignore one that lacks `HttpOnly` for a `__Host-Http-`
    /// name, or `Partitioned` for a partitioned cookie, so it repeats every attribute.
    pub(crate) fn remove(&self, name: &str) -> String {
        format!("{name}={}{MAX_AGE}0", self.spelled())
    }

    /// The line that deletes the copy of it that an earlier configuration may have left with the
    /// other setting of `Partitioned`: browsers keep both, and send both.
    pub(crate) fn remove_copy(&self, name: &str) -> Option<String> {
        let copy = || Self { partitioned: !self.partitioned, ..self.clone() };
        (self.partitioned || self.was_partitioned).then(|| copy().remove(name))
    }
}

/// What browsers drop a cookie for whose name begins with a prefix of RFC 6265bis §4.1.3, in any
/// letter case, and how to mend it.
pub(crate) fn prefix_contradiction(name: &str, attributes: &Attributes) -> Option<String> {
    let prefix =
        ["__Host-", "__Secure-", "__Http-"].into_iter().find(|prefix| has_prefix(name, prefix));
    match prefix {
        Some(prefix) if !attributes.secure => {
            Some(format!("a name with {prefix} needs secure(true): browsers drop the cookie otherwise"))
        }
        Some("__Host-") if attributes.domain.is_some() => {
            Some("a name with __Host- and a domain contradict each other: leave the domain out, or use __Secure-".to_owned())
        }
        Some("__Host-") if attributes.path != "/" => {
            Some("a name with __Host- and a path other than / contradict each other".to_owned())
        }
        _ if (has_prefix(name, "__Host-Http-") || has_prefix(name, "__Http-")) && !attributes.http_only => {
            Some("a name with __Http- or __Host-Http- and http_only(false) contradict each other".to_owned())
        }
        _ => None,
    }
}

/// Whether a name begins so, in any letter case, as browsers look at prefixes.
pub(crate) fn has_prefix(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Whether browsers take two `Domain` attributes for one (RFC 6265bis §5.6.3).
pub(crate) fn same_domain(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => bare(one).eq_ignore_ascii_case(bare(other)),
        (one, other) => one == other,
    }
}

/// Without the dot at the start, which older specifications asked for and browsers ignore.
fn bare(domain: &str) -> &str {
    domain.strip_prefix('.').unwrap_or(domain)
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

/// Whether it is a host name.
pub(crate) fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    is_attribute(domain) && bare(domain).split('.').all(label)
}

fn is_attribute(text: &str) -> bool {
    text.len() <= limits::ATTRIBUTE
        && text.bytes().all(|byte| (0x21..0x7f).contains(&byte) && byte != b';')
}

/// The lines that set the cookie: what stands before the value and behind it is the same in all of
/// them, but for `Max-Age`, which comes last.
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

    /// A line of at most `length` bytes or so, with the value that `write` appends.
    pub(crate) fn spell<E>(
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

    /// Bytes of a line, from the length of its value and its `Max-Age`.
    pub(crate) fn len(&self, value_len: usize, max_age: Option<u64>) -> usize {
        let max_age = max_age.map_or(0, |seconds| MAX_AGE.len() + decimal_len(seconds));
        self.before.len() + value_len + self.behind.len() + max_age
    }
}

fn decimal_len(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}
