//! `Set-Cookie` lines, and the cookies of one check.
//!
//! A browser finds a bound cookie by its name and by Domain, Path, Secure, HttpOnly and SameSite.
//! If one of them is another than in the instructions, it waits for a cookie that never comes.

use super::address::Address;

/// What a browser compares. Two are equal if it takes them for the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes {
    domain: Option<String>,
    path: Option<String>,
    secure: bool,
    http_only: bool,
    same_site: Option<String>,
}

impl Attributes {
    /// Returns them as a `Set-Cookie` line has them.
    pub(super) fn describe(&self) -> String {
        let named = |name: &str, value: &Option<String>| {
            value.as_ref().map(|value| format!("{name}={value}"))
        };
        let flag = |name: &str, is_set: bool| is_set.then(|| name.to_owned());
        let all = [
            flag("HttpOnly", self.http_only),
            named("SameSite", &self.same_site),
            flag("Secure", self.secure),
            named("Path", &self.path),
            named("Domain", &self.domain),
        ];
        let all: Vec<String> = all.into_iter().flatten().collect();
        if all.is_empty() { String::from("none") } else { all.join("; ") }
    }
}

/// No `Debug`, which would show the value.
#[derive(Clone)]
pub(super) struct SetCookie {
    pub(super) name: String,
    value: String,
    pub(super) attributes: Attributes,
    pub(super) max_age: Option<i64>,
}

impl SetCookie {
    pub(super) fn parse(line: &str) -> Option<Self> {
        let (pair, rest) = line.split_once(';').unwrap_or((line, ""));
        let (name, value) = pair.split_once('=')?;
        let (attributes, max_age) = attributes(rest);
        let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
        Some(Self { name, value, attributes, max_age })
    }

    fn is_deletion(&self) -> bool {
        self.max_age.is_some_and(|seconds| seconds <= 0)
    }
}

/// Reads the attributes of a line, without the pair. Also returns `Max-Age`.
pub(super) fn attributes(text: &str) -> (Attributes, Option<i64>) {
    let (mut found, mut max_age) = (Attributes::default(), None);
    for part in text.split(';') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        match &*name {
            "domain" => {
                let domain = value.strip_prefix('.').unwrap_or(value).to_ascii_lowercase();
                found.domain = Some(domain).filter(|domain| !domain.is_empty());
            }
            "path" => found.path = value.starts_with('/').then(|| value.to_owned()),
            "secure" => found.secure = true,
            "httponly" => found.http_only = true,
            "samesite" => found.same_site = same_site(value),
            "max-age" => max_age = value.parse().ok(),
            _ => {}
        }
    }
    (found, max_age)
}

fn same_site(value: &str) -> Option<String> {
    let known = ["Strict", "Lax", "None"];
    known.into_iter().find(|known| known.eq_ignore_ascii_case(value)).map(str::to_owned)
}

/// The cookies of one host. They come from its answers, and go to it alone.
#[derive(Default)]
pub(super) struct Jar(Vec<SetCookie>);

impl Jar {
    pub(super) fn keep(&mut self, cookie: SetCookie) {
        let is_same = |known: &SetCookie| {
            known.name == cookie.name && known.attributes.path == cookie.attributes.path
        };
        self.0.retain(|known| !is_same(known));
        if !cookie.is_deletion() {
            self.0.push(cookie);
        }
    }

    /// Returns the value of a `Cookie` field.
    pub(super) fn field(&self, address: &Address) -> Option<String> {
        let pairs: Vec<String> = self
            .0
            .iter()
            .filter(|cookie| is_below(address.path(), cookie.attributes.path.as_deref()))
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

/// Returns whether a cookie with this `Path` goes to an address (RFC 6265 §5.1.4).
fn is_below(path: &str, folder: Option<&str>) -> bool {
    let Some(folder) = folder else { return true };
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || folder.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::{Jar, SetCookie, attributes};

    fn cookie(line: &str) -> SetCookie {
        SetCookie::parse(line).unwrap()
    }

    #[test]
    fn attributes_are_compared_as_a_browser_does() {
        let one = cookie("__Host-a=b; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=600");
        assert_eq!((&*one.name, one.max_age), ("__Host-a", Some(600)));
        let (same, _) = attributes("path=/;secure ; samesite=lax;HTTPONLY; Expires=never");
        assert_eq!(one.attributes, same);
        assert_eq!(one.attributes.describe(), "HttpOnly; SameSite=Lax; Secure; Path=/");
        for other in [
            "SameSite=Lax; Secure; Path=/",
            "HttpOnly; SameSite=None; Secure; Path=/",
            "HttpOnly; SameSite=Lax; Path=/",
            "HttpOnly; SameSite=Lax; Secure; Path=/shop",
            "HttpOnly; SameSite=Lax; Secure; Path=/; Domain=shop.example",
            "",
        ] {
            assert_ne!(one.attributes, attributes(other).0, "{other}");
        }
        assert_eq!(attributes("").0.describe(), "none");
    }

    #[test]
    fn cookies_go_back_to_their_paths() {
        let mut jar = Jar::default();
        let to = |jar: &Jar, path: &str| {
            jar.field(&format!("https://shop.example{path}").parse().unwrap()).unwrap_or_default()
        };
        assert_eq!(to(&jar, "/"), "");
        for line in ["a=1; Path=/", "b=2; Path=/shop", "c=3; Path=/dbsc/", "a=4; Path=/"] {
            jar.keep(cookie(line));
        }
        assert_eq!(to(&jar, "/shopping"), "a=4");
        assert_eq!(to(&jar, "/shop/cart"), "b=2; a=4");
        assert_eq!(to(&jar, "/dbsc/register"), "c=3; a=4");
        jar.keep(cookie("a=; Path=/; Max-Age=0"));
        assert_eq!(to(&jar, "/"), "");
    }
}
