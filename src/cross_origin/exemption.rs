//! `Exemption`: a path that requests of any origin may use, with or without a method.
//!
//! Only plain paths are exempt: see [`is_plain`]. So what this file compares is what every router
//! and proxy reads.

/// A path, or the beginning of one if it ends with `/`.
pub(super) struct Exemption {
    /// `None` stands for every method.
    method: Option<String>,
    path: String,
}

impl Exemption {
    /// Parses `/path`, `/path/`, `METHOD /path` or `METHOD /path/`.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let (method, path) = match text.split_once(' ') {
            Some((method, path)) => (Some(method), path),
            None => (None, text),
        };
        if matches!(method, Some("GET" | "HEAD" | "OPTIONS")) {
            return Err("this method is always allowed: remove the exemption");
        }
        if method.is_some_and(|method| !is_method(method)) {
            return Err("expected a method in capital letters, one space and a path");
        }
        if !path.starts_with('/') {
            return Err("a path begins with a slash: use trust() for an origin");
        }
        if path == "/" {
            return Err("this would exempt every path: name the paths that other origins use");
        }
        if path.contains(['{', '}', '*']) {
            return Err("there are no patterns: end the path with / to exempt all paths below it");
        }
        if !is_plain(path) {
            return Err(
                "a request for such a path is never exempt: use a path of visible ASCII without \
                 %, \\, ?, #, // and without a segment . or ..",
            );
        }
        Ok(Self { method: method.map(str::to_owned), path: path.to_owned() })
    }

    /// Returns `true` if a request for this path, as it came, is exempt.
    pub(super) fn covers(&self, method: &str, path: &str) -> bool {
        let begins_so = self.path.ends_with('/') && path.starts_with(&self.path);
        let same_method = self.method.as_ref().is_none_or(|of_exemption| of_exemption == method);
        same_method && (begins_so || path == self.path) && is_plain(path)
    }
}

fn is_method(method: &str) -> bool {
    !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-')
}

/// Returns `true` if every router and proxy reads this path as it is written: visible ASCII,
/// nothing encoded, no backslash, no empty segment but the last, and no segment `.` or `..`.
fn is_plain(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_graphic() && !b"%\\?#".contains(&byte))
        && !path.contains("//")
        && !path.split('/').any(|segment| matches!(segment, "." | ".."))
}
