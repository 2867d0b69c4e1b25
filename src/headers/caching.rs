//! What a response says to caches → what it has to say once a session was touched or its cookie
//! goes out. Called by `commit` alone.
//!
//! *Barred* is a response with `no-store`, or with `private` without a list of fields. *Targeted*
//! are the fields of RFC 9213, `Surrogate-Control`, and two that a cache heeds before
//! `Cache-Control`: `Edge-Control` (Akamai) and `X-Accel-Expires` (nginx), which is a number of
//! seconds and barred if that is 0.
//!
//! - Touched: `Vary: Cookie`; and, unless barred, `private` is appended, except where the handler
//!   itself wrote `public`, `s-maxage` or a targeted field that is not itself barred.
//! - The cookie goes out: `Vary: Cookie`; unless barred, `public` and `s-maxage` go and `private`
//!   comes; each targeted field that is not itself barred becomes `no-store`, or 0.
//!
//! Several CDNs ignore `Vary: Cookie`, so it never stands alone by choice of ours. A handler's
//! `no-store` is never weakened.

use crate::error::CommitError;
use crate::headers::ResponseFields;
use crate::headers::cookie::trim;

/// What the handler wrote, read once. Lists are kept as they are written again: each member with a
/// comma behind it, for one more.
#[derive(Default)]
pub(crate) struct Caching {
    vary: String,
    vary_covers_cookie: bool,
    directives: String,
    /// Those that let no shared cache keep the response.
    unshared: String,
    barred: bool,
    shared: bool,
    /// Targeted fields, and whether each is itself barred.
    targeted: Vec<(String, bool)>,
}

impl Caching {
    pub(crate) fn read(fields: &dyn ResponseFields) -> Self {
        let mut caching = Self::default();
        fields.for_each(&mut |name, value| match name {
            "vary" => for_each_member(value, &mut |member| {
                caching.vary_covers_cookie |=
                    member == b"*" || member.eq_ignore_ascii_case(b"cookie");
                push(&mut caching.vary, member);
            }),
            "cache-control" => for_each_member(value, &mut |member| {
                caching.barred |= bars(member);
                push(&mut caching.directives, member);
                if shares(member) {
                    caching.shared = true;
                } else {
                    push(&mut caching.unshared, member);
                }
            }),
            _ if is_targeted(name) => {
                let barred = targeted_bars(name, value);
                match caching.targeted.iter_mut().find(|(known, _)| known == name) {
                    // nginx takes one field, and not every release the same one of several.
                    Some((_, all_barred)) if name == X_ACCEL_EXPIRES => *all_barred &= barred,
                    Some((_, all_barred)) => *all_barred |= barred,
                    None => caching.targeted.push((name.to_owned(), barred)),
                }
            }
            _ => {}
        });
        caching
    }

    /// Whether a cookie could go out only by taking back something that the handler said.
    pub(crate) fn contradicts_a_cookie(&self) -> bool {
        (!self.barred && self.shared) || self.targeted.iter().any(|(_, barred)| !barred)
    }

    /// Whether the handler asked for a shared cache in so many words, in a response that is not
    /// barred from it.
    pub(crate) fn is_public(&self) -> bool {
        !self.barred && (self.shared || self.targeted.iter().any(|(_, barred)| !barred))
    }

    /// For a response that the session had part in.
    pub(crate) fn touch(self, fields: &mut dyn ResponseFields) -> Result<(), CommitError> {
        self.vary(fields)?;
        if self.barred || self.is_public() {
            return Ok(());
        }
        add(fields, "cache-control", &self.directives, "private")
    }

    /// For a response that sets or deletes the cookie.
    pub(crate) fn carry_cookie(self, fields: &mut dyn ResponseFields) -> Result<(), CommitError> {
        self.vary(fields)?;
        if !self.barred {
            add(fields, "cache-control", &self.unshared, "private")?;
        }
        for (name, _) in self.targeted.iter().filter(|(_, barred)| !barred) {
            fields.replace(name, if name == X_ACCEL_EXPIRES { "0" } else { "no-store" })?;
        }
        Ok(())
    }

    fn vary(&self, fields: &mut dyn ResponseFields) -> Result<(), CommitError> {
        if self.vary_covers_cookie { Ok(()) } else { add(fields, "vary", &self.vary, "Cookie") }
    }
}

fn add(
    fields: &mut dyn ResponseFields,
    name: &str,
    list: &str,
    last: &str,
) -> Result<(), CommitError> {
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
    let mut barred = false;
    match name {
        X_ACCEL_EXPIRES => barred = trim(value) == b"0",
        // Akamai has no `private`.
        EDGE_CONTROL => for_each_member(value, &mut |member| {
            barred |= member.eq_ignore_ascii_case(b"no-store")
                || member.eq_ignore_ascii_case(b"bypass-cache");
        }),
        _ => for_each_member(value, &mut |member| barred |= bars(member)),
    }
    barred
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

/// Calls `each` with the members of a comma-separated list (RFC 9110 §5.6.1), quoted strings kept
/// whole.
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
