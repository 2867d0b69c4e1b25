//! `Address`: an `http` or `https` URL, and what a reference in a response means beside it.
//!
//! It holds visible ASCII only, so it needs no escape in a request, in curl's configuration and on
//! a terminal. It has no password. `Display` leaves the query out, because the one of a refresh
//! carries a sealed key.

use std::fmt;
use std::str::FromStr;

/// The most characters of an address. The one of a refresh has about 300.
const LONGEST: usize = 8192;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    is_https: bool,
    /// In lower case, without the scheme's own port.
    authority: String,
    /// Begins with `/`.
    path: String,
    /// With its `?`; may be empty.
    query: String,
}

impl Address {
    pub(super) fn is_https(&self) -> bool {
        self.is_https
    }

    /// Returns the whole address.
    pub(super) fn whole(&self) -> String {
        format!("{}{}{}", self.origin(), self.path, self.query)
    }

    /// Returns scheme and authority, as in an `Origin` field.
    pub(super) fn origin(&self) -> String {
        format!("{}://{}", self.scheme(), self.authority)
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn has_query(&self) -> bool {
        !self.query.is_empty()
    }

    /// Returns the host without the port.
    pub(super) fn host(&self) -> &str {
        match self.authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => &self.authority,
        }
    }

    /// Resolves a reference of a response to this address (RFC 3986 §5.2). `.` and `..` are left to
    /// curl. Returns `None` if the result is not an address.
    pub(super) fn resolve(&self, reference: &str) -> Option<Self> {
        let reference = reference.split('#').next().unwrap_or_default();
        let has_scheme = reference.split_once(':').is_some_and(|(scheme, _)| {
            !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        let whole = if has_scheme {
            reference.to_owned()
        } else if reference.starts_with("//") {
            format!("{}:{reference}", self.scheme())
        } else if reference.starts_with('/') {
            format!("{}{reference}", self.origin())
        } else if reference.is_empty() {
            return Some(self.clone());
        } else if reference.starts_with('?') {
            format!("{}{}{reference}", self.origin(), self.path)
        } else {
            let folder = self.path.rfind('/').and_then(|end| self.path.get(..=end)).unwrap_or("/");
            format!("{}{folder}{reference}", self.origin())
        };
        whole.parse().ok()
    }

    fn scheme(&self) -> &'static str {
        if self.is_https { "https" } else { "http" }
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = |why: &str| format!("{why}: expected an address such as {EXAMPLE}");
        let text = text.split('#').next().unwrap_or_default();
        if text.len() > LONGEST {
            return Err(refused("the address is too long"));
        }
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
        if !text.bytes().all(is_plain) {
            return Err(refused(
                "the address has characters that must be escaped (%20; xn-- in a host's name)",
            ));
        }
        let after = |scheme: &str| {
            let start = text.get(..scheme.len())?;
            start.eq_ignore_ascii_case(scheme).then(|| &text[scheme.len()..])
        };
        let (is_https, rest) = match (after("https://"), after("http://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(refused("the address has no scheme")),
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        if authority.contains('@') {
            return Err(refused("an address with a user's name or password is not accepted"));
        }
        let own_port = if is_https { ":443" } else { ":80" };
        let authority = authority.to_ascii_lowercase();
        let authority = authority.strip_suffix(own_port).unwrap_or(&authority);
        if authority.is_empty() || authority.starts_with(':') {
            return Err(refused("the address has no host"));
        }
        let (path, query) = target.split_at(target.find('?').unwrap_or(target.len()));
        Ok(Self {
            is_https,
            authority: authority.to_owned(),
            path: if path.is_empty() { String::from("/") } else { path.to_owned() },
            query: query.to_owned(),
        })
    }
}

const EXAMPLE: &str = "https://shop.example/sign-in";

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin(), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    fn address(text: &str) -> Address {
        text.parse().unwrap_or_else(|why| panic!("{text}: {why}"))
    }

    #[test]
    fn addresses_are_read_and_written() {
        for (text, whole, origin) in [
            ("https://shop.example", "https://shop.example/", "https://shop.example"),
            (
                "HTTPS://Shop.Example:443/In?a=b#c",
                "https://shop.example/In?a=b",
                "https://shop.example",
            ),
            ("http://[::1]:80?q", "http://[::1]/?q", "http://[::1]"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ] {
            let read = address(text);
            assert_eq!((read.whole(), read.origin()), (whole.to_owned(), origin.to_owned()));
        }
        assert_eq!(address("https://a.example/b?secret").to_string(), "https://a.example/b");
        assert_eq!(address("http://127.0.0.1:8080/").host(), "127.0.0.1");
        for text in [
            "",
            "shop.example",
            "ftp://shop.example",
            "https://",
            "https://:8443/",
            "https:///sign-in",
            "https://user:password@shop.example/",
            "https://shop.example/a b",
            "https://shop.example/\"",
            "https://shop.example/\n",
            "https://grün.example/",
        ] {
            let refused = text.parse::<Address>().unwrap_err();
            assert!(refused.contains("https://shop.example/sign-in"), "{text}: {refused}");
        }
    }

    #[test]
    fn references_are_resolved() {
        let base = address("https://shop.example/account/sign-in?next=%2F");
        for (reference, whole) in [
            ("/dbsc/register", "https://shop.example/dbsc/register"),
            ("register", "https://shop.example/account/register"),
            ("?a", "https://shop.example/account/sign-in?a"),
            ("", "https://shop.example/account/sign-in?next=%2F"),
            ("#top", "https://shop.example/account/sign-in?next=%2F"),
            ("//id.example/in", "https://id.example/in"),
            ("http://shop.example/", "http://shop.example/"),
        ] {
            assert_eq!(base.resolve(reference).unwrap().whole(), whole, "{reference}");
        }
        for reference in ["javascript:alert(1)", "file:///etc/passwd", "https://", "/a\r\nb"] {
            assert_eq!(base.resolve(reference), None, "{reference}");
        }
    }
}
