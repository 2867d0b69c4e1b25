//! Caching headers of a response after a session was touched or its cookie goes out.
//!
//! A response *forbids shared caching* if it has `no-store`, or `private`
//! without a list of fields. *Targeted* fields are those of RFC 9213, `Surrogate-Control`, and two
//! that a cache obeys before `Cache-Control`: `Edge-Control` (Akamai) and `X-Accel-Expires`
//! (nginx). `X-Accel-Expires` is a number of seconds; it forbids shared caching if it is 0.
//!
//! - If the session was touched: `Vary: Cookie` is added. Unless the response forbids shared
//!   caching, `private` is appended, with one exception: the handler itself wrote `public`,
//!   `s-maxage` or a targeted field that does not itself forbid shared caching.
//! - If the cookie goes out: `Vary: Cookie` is added. Unless the response forbids shared caching,
//!   `public` and `s-maxage` are removed and `private` is appended. Each targeted field that does
//!   not itself forbid shared caching becomes `no-store`, or 0.
//!
//! Several CDNs ignore `Vary: Cookie`, so it is sent alone only if the handler asked for shared
//! caching. A handler's `no-store` is never weakened.

use crate::error::SessionError;
use crate::headers::cookie::trim;
use crate::headers::response::ResponseHeaders;

/// The caching headers that the handler wrote, read once. Lists are kept in the form in which they
/// are written back: each member is followed by a comma, so that one more can be appended.
#[derive(Default)]
pub(crate) struct Caching {
    vary: String,
    vary_covers_cookie: bool,
    directives: String,
    /// The directives without those that allow a shared cache to keep the response.
    unshared: String,
    forbids_shared_cache: bool,
    shared: bool,
    /// Targeted fields, each with whether it forbids shared caching.
    targeted: Vec<(String, bool)>,
}

impl Caching {
    pub(crate) fn read(fields: &dyn ResponseHeaders) -> Self {
        let mut caching = Self::default();
        fields.for_each(&mut |name, value| match name {
            "vary" => for_each_member(value, &mut |member| {
                caching.vary_covers_cookie |=
                    member == b"*" || member.eq_ignore_ascii_case(b"cookie");
                push(&mut caching.vary, member);
            }),
            "cache-control" => for_each_member(value, &mut |member| {
                caching.forbids_shared_cache |= bars(member);
                push(&mut caching.directives, member);
                if shares(member) {
                    caching.shared = true;
                } else {
                    push(&mut caching.unshared, member);
                }
            }),
            _ if is_targeted(name) => {
                let forbids_shared_cache = targeted_bars(name, value);
                match caching.targeted.iter_mut().find(|(known, _)| known == name) {
                    // nginx uses only one field, and its releases differ in which of several they
                    // use.
                    Some((_, all_forbid)) if name == X_ACCEL_EXPIRES => {
                        *all_forbid &= forbids_shared_cache
                    }
                    Some((_, all_forbid)) => *all_forbid |= forbids_shared_cache,
                    None => caching.targeted.push((name.to_owned(), forbids_shared_cache)),
                }
            }
            _ => {}
        });
        caching
    }

    /// Returns whether a cookie could go out only if something that the handler wrote is removed or
    /// replaced.
    pub(crate) fn conflicts_with_set_cookie(&self) -> bool {
        (!self.forbids_shared_cache && self.shared)
            || self.targeted.iter().any(|(_, forbids_shared_cache)| !forbids_shared_cache)
    }

    /// Returns whether the handler explicitly asked for shared caching, and the response does not
    /// forbid it.
    pub(crate) fn is_public(&self) -> bool {
        !self.forbids_shared_cache
            && (self.shared
                || self.targeted.iter().any(|(_, forbids_shared_cache)| !forbids_shared_cache))
    }

    /// Writes the caching headers of a response that depends on the session.
    pub(crate) fn mark_accessed(
        self,
        fields: &mut dyn ResponseHeaders,
    ) -> Result<(), SessionError> {
        self.vary(fields)?;
        if self.forbids_shared_cache || self.is_public() {
            return Ok(());
        }
        add(fields, "cache-control", &self.directives, "private")
    }

    /// Writes the caching headers of a response that sets or deletes the cookie.
    pub(crate) fn mark_set_cookie(
        self,
        fields: &mut dyn ResponseHeaders,
    ) -> Result<(), SessionError> {
        self.vary(fields)?;
        if !self.forbids_shared_cache {
            add(fields, "cache-control", &self.unshared, "private")?;
        }
        for (name, _) in
            self.targeted.iter().filter(|(_, forbids_shared_cache)| !forbids_shared_cache)
        {
            fields.replace(name, if name == X_ACCEL_EXPIRES { "0" } else { "no-store" })?;
        }
        Ok(())
    }

    fn vary(&self, fields: &mut dyn ResponseHeaders) -> Result<(), SessionError> {
        if self.vary_covers_cookie { Ok(()) } else { add(fields, "vary", &self.vary, "Cookie") }
    }
}

/// Forbids every cache to store the response.
#[cfg(feature = "dbsc")]
pub(crate) fn forbid_storing(fields: &mut dyn ResponseHeaders) -> Result<(), SessionError> {
    for (name, _) in Caching::read(fields).targeted {
        fields.replace(&name, if name == X_ACCEL_EXPIRES { "0" } else { "no-store" })?;
    }
    fields.replace("cache-control", "no-store")
}

fn add(
    fields: &mut dyn ResponseHeaders,
    name: &str,
    list: &str,
    last: &str,
) -> Result<(), SessionError> {
    if list.is_empty() {
        fields.replace(name, last)
    } else {
        fields.replace(name, &[list, last].concat())
    }
}

const X_ACCEL_EXPIRES: &str = "x-accel-expires";
const EDGE_CONTROL: &str = "edge-control";

fn is_targeted(name: &str) -> bool {
    matches!(name, "surrogate-control" | EDGE_CONTROL | X_ACCEL_EXPIRES)
        || name.ends_with("cdn-cache-control")
}

fn targeted_bars(name: &str, value: &[u8]) -> bool {
    let mut forbids_shared_cache = false;
    match name {
        X_ACCEL_EXPIRES => forbids_shared_cache = trim(value) == b"0",
        // Akamai has no `private`.
        EDGE_CONTROL => for_each_member(value, &mut |member| {
            forbids_shared_cache |= member.eq_ignore_ascii_case(b"no-store")
                || member.eq_ignore_ascii_case(b"bypass-cache");
        }),
        _ => for_each_member(value, &mut |member| forbids_shared_cache |= bars(member)),
    }
    forbids_shared_cache
}

fn bars(directive: &[u8]) -> bool {
    directive.eq_ignore_ascii_case(b"no-store") || directive.eq_ignore_ascii_case(b"private")
}

fn shares(directive: &[u8]) -> bool {
    let name = directive.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii_end();
    name.eq_ignore_ascii_case(b"public") || name.eq_ignore_ascii_case(b"s-maxage")
}

fn push(list: &mut String, member: &[u8]) {
    list.push_str(&String::from_utf8_lossy(member));
    list.push_str(", ");
}

/// Calls `each` with the members of a comma-separated list (RFC 9110 §5.6.1). Quoted strings are
/// not split.
fn for_each_member(value: &[u8], each: &mut dyn FnMut(&[u8])) {
    let (mut quoted, mut escaped, mut begin) = (false, false, 0);
    for end in 0..=value.len() {
        let byte = value.get(end);
        if byte.is_none_or(|byte| *byte == b',' && !quoted) {
            let member = trim(&value[begin..end]);
            if !member.is_empty() {
                each(member);
            }
            begin = end + 1;
        }
        quoted ^= byte == Some(&b'"') && !escaped;
        escaped = quoted && byte == Some(&b'\\') && !escaped;
    }
}
