//! A `return_to` parameter → a path of this site, or a refusal. Without the check any page could
//! link to our sign-in and have us send the visitor on to a copy of it (an open redirect: OWASP,
//! Unvalidated Redirects and Forwards).
//!
//! ```
//! use sealed_session_recipes::return_to::ReturnTo;
//!
//! assert!(ReturnTo::try_from("/basket?page=2".to_owned()).is_ok());
//! assert!(ReturnTo::try_from("//evil.example".to_owned()).is_err());
//! ```

use serde::{Deserialize, Serialize};
use std::fmt;

/// A path, and a query where there is one, of this site. As a field of a `Query` or `Form` it is
/// checked where it is parsed, so that a handler cannot forget to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReturnTo(String);

impl ReturnTo {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The site's front page.
impl Default for ReturnTo {
    fn default() -> Self {
        Self("/".to_owned())
    }
}

impl TryFrom<String> for ReturnTo {
    type Error = NotOurs;

    fn try_from(path: String) -> Result<Self, NotOurs> {
        // Browsers read `//host` and `/\host` as another host, and drop tabs and line feeds before
        // they look.
        let rooted = path.starts_with('/') && !path.starts_with("//");
        let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        // It has to fit into a cookie.
        if rooted && plain && path.len() <= LONGEST { Ok(Self(path)) } else { Err(NotOurs) }
    }
}

impl From<ReturnTo> for String {
    fn from(path: ReturnTo) -> Self {
        path.0
    }
}

/// The path leads to another site, or cannot be told not to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOurs;

impl fmt::Display for NotOurs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("return_to is not a path on this site")
    }
}

impl std::error::Error for NotOurs {}

const LONGEST: usize = 512;

#[cfg(test)]
mod tests {
    use super::{LONGEST, ReturnTo};

    #[test]
    fn paths_of_this_site_are_taken() {
        for path in ["/", "/basket", "/basket?page=2&sort=%2F%2Fname", "/a//b", "/~ada"] {
            assert_eq!(ReturnTo::try_from(path.to_owned()).unwrap().as_str(), path);
        }
    }

    #[test]
    fn whatever_a_browser_might_take_for_another_site_is_refused() {
        let long = format!("/{}", "a".repeat(LONGEST));
        let others = [
            "",
            "basket",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
        ];
        let schemes = [
            "https://evil.example",
            "javascript:alert(1)",
            " //evil.example",
            "/basket\r\nset-cookie: a=b",
            "/é",
        ];
        for path in others.into_iter().chain(schemes).chain([&*long]) {
            assert!(ReturnTo::try_from(path.to_owned()).is_err(), "{path:?}");
        }
    }
}
