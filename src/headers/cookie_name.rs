//! `CookieName`: an RFC 9110 token of at most `limits::NAME` bytes. Once parsed, it needs no
//! escaping in a header field, and its length fits the associated data.

use crate::headers::set_cookie::Attributes;
use crate::limits;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A valid cookie name. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CookieName(Arc<str>);

impl CookieName {
    /// Parses the name of any cookie.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if (1..=limits::NAME).contains(&name.len()) && name.bytes().all(token) {
            Ok(Self(name.into()))
        } else {
            Err("the name must be an RFC 9110 token of 1 to 256 characters: letters, digits, \
                 !#$%&'*+-.^_`|~"
                .to_owned())
        }
    }

    /// Parses a name under which sessions are sealed.
    pub(crate) fn parse_session(name: &str, attributes: &Attributes) -> Result<Self, String> {
        let parsed = Self::parse(name)?;
        if is_piece(name) {
            return Err(format!(
                "{name} must not end in a dot and a digit: such names are reserved for the pieces \
                 of a long session"
            ));
        }
        parsed.check_prefix(attributes)?;
        Ok(parsed)
    }

    /// Refuses attributes with which browsers drop a cookie whose name begins with a prefix of RFC
    /// 6265bis §4.1.3. The error says how to fix it.
    pub(crate) fn check_prefix(&self, attributes: &Attributes) -> Result<(), String> {
        let prefix =
            ["__Host-", "__Secure-", "__Http-"].into_iter().find(|prefix| self.has_prefix(prefix));
        match prefix {
            Some(prefix) if !attributes.secure => Err(format!(
                "a name with {prefix} needs secure(true): browsers drop the cookie otherwise"
            )),
            Some("__Host-") if attributes.domain.is_some() => Err("a name with __Host- must not \
                have a domain: remove the domain, or use __Secure-"
                .to_owned()),
            Some("__Host-") if attributes.path != "/" => Err("a name with __Host- needs the path \
                /: browsers drop the cookie otherwise"
                .to_owned()),
            _ if (self.has_prefix("__Host-Http-") || self.has_prefix("__Http-"))
                && !attributes.http_only =>
            {
                Err("a name with __Http- or __Host-Http- needs http_only(true): browsers drop the \
                     cookie otherwise"
                    .to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Returns `true` if the name begins with this prefix.
    pub(crate) fn has_prefix(&self, prefix: &str) -> bool {
        has_prefix(self, prefix)
    }

    /// Returns the name of a piece of a long session: `name.1` to `name.9`.
    pub(crate) fn piece(&self, digit: u8) -> String {
        format!("{self}.{digit}")
    }

    /// Returns `true` if this is the name of `other`, or of one of its pieces.
    pub(crate) fn is_or_is_piece_of(&self, other: &Self) -> bool {
        let digit_after = |rest: &str| matches!(rest.as_bytes(), [b'.', b'0'..=b'9']);
        self == other || self.strip_prefix(&**other).is_some_and(digit_after)
    }

    pub(crate) fn shared(&self) -> &Arc<str> {
        &self.0
    }
}

impl Deref for CookieName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CookieName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

fn is_piece(name: &str) -> bool {
    matches!(name.as_bytes(), [.., b'.', b'0'..=b'9'])
}

/// Returns the name without its prefix, for plain http.
pub(crate) fn without_prefix(name: &str) -> &str {
    let prefix = ["__Host-Http-", "__Host-", "__Http-", "__Secure-"]
        .into_iter()
        .find(|prefix| has_prefix(name, prefix));
    prefix.map_or(name, |prefix| &name[prefix.len()..])
}

/// Browsers compare prefixes in any letter case.
fn has_prefix(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}
