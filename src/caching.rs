//! What a response says to caches → what it has to say once a session was touched or its cookie goes out. Called by `commit` alone.
//!
//! *Barred* is a response with `no-store`, or with `private` without a list of fields.
//!
//! - Touched: `Vary: Cookie`; and, unless barred, `private` is appended, except where the handler itself wrote `public`, `s-maxage`
//!   or a targeted field (RFC 9213) that is not itself barred.
//! - The cookie goes out: `Vary: Cookie`; unless barred, `public` and `s-maxage` go and `private` comes; each targeted field that is
//!   not itself barred becomes `no-store`.
//!
//! Several CDNs ignore `Vary: Cookie`, so it never stands alone by choice of ours. A handler's `no-store` is never weakened.

use crate::error::CommitError;
use crate::fields::ResponseFields;

/// What the handler wrote, read once.
pub(crate) struct Caching {
    vary: Vec<String>,
    vary_covers_cookie: bool,
    directives: Vec<String>,
    barred: bool,
    shared: bool,
    /// Targeted fields, and whether each is itself barred.
    targeted: Vec<(String, bool)>,
}

impl Caching {
    pub(crate) fn read(fields: &dyn ResponseFields) -> Self {
        let mut caching = Self {
            vary: Vec::new(),
            vary_covers_cookie: false,
            directives: Vec::new(),
            barred: false,
            shared: false,
            targeted: Vec::new(),
        };
        fields.for_each(&mut |name, value| match name {
            "vary" => caching.vary.extend(members(value)),
            "cache-control" => caching.directives.extend(members(value)),
            _ if is_targeted(name) => {
                let barred = members(value).iter().any(|member| bars(member));
                match caching.targeted.iter_mut().find(|(known, _)| known == name) {
                    Some((_, all_barred)) => *all_barred |= barred,
                    None => caching.targeted.push((name.to_owned(), barred)),
                }
            }
            _ => {}
        });
        caching.vary_covers_cookie = caching.vary.iter().any(|name| name == "*" || name.eq_ignore_ascii_case("cookie"));
        caching.barred = caching.directives.iter().any(|directive| bars(directive));
        caching.shared = caching.directives.iter().any(|directive| shares(directive));
        caching
    }

    /// Whether a cookie could go out only by taking back something that the handler said.
    pub(crate) fn contradicts_a_cookie(&self) -> bool {
        (!self.barred && self.shared) || self.targeted.iter().any(|(_, barred)| !barred)
    }

    /// Whether the handler asked for a shared cache in so many words, in a response that is not barred from it.
    pub(crate) fn is_public(&self) -> bool {
        !self.barred && (self.shared || self.targeted.iter().any(|(_, barred)| !barred))
    }

    /// For a response that the session had part in.
    pub(crate) fn touch(self, fields: &mut dyn ResponseFields) -> Result<(), CommitError> {
        self.vary(fields)?;
        if self.barred || self.is_public() {
            return Ok(());
        }
        fields.replace("cache-control", list(&self.directives, "private"))
    }

    /// For a response that sets or deletes the cookie.
    pub(crate) fn carry_cookie(mut self, fields: &mut dyn ResponseFields) -> Result<(), CommitError> {
        self.vary(fields)?;
        if !self.barred {
            self.directives.retain(|directive| !shares(directive));
            fields.replace("cache-control", list(&self.directives, "private"))?;
        }
        for (name, _) in self.targeted.iter().filter(|(_, barred)| !barred) {
            fields.replace(name, "no-store".to_owned())?;
        }
        Ok(())
    }

    fn vary(&self, fields: &mut dyn ResponseFields) -> Result<(), CommitError> {
        if self.vary_covers_cookie { Ok(()) } else { fields.replace("vary", list(&self.vary, "Cookie")) }
    }
}

fn is_targeted(name: &str) -> bool {
    name == "surrogate-control" || name.ends_with("cdn-cache-control")
}

fn bars(directive: &str) -> bool {
    directive.eq_ignore_ascii_case("no-store") || directive.eq_ignore_ascii_case("private")
}

fn shares(directive: &str) -> bool {
    let name = directive.split('=').next().unwrap_or_default().trim_end();
    name.eq_ignore_ascii_case("public") || name.eq_ignore_ascii_case("s-maxage")
}

/// A list of these members and one more. Mostly that one is alone.
fn list(members: &[String], last: &str) -> String {
    let mut text = String::with_capacity(members.iter().map(|member| member.len() + ", ".len()).sum::<usize>() + last.len());
    for member in members {
        text.push_str(member);
        text.push_str(", ");
    }
    text.push_str(last);
    text
}

/// The members of a comma-separated list (RFC 9110 §5.6.1), quoted strings kept whole.
fn members(value: &[u8]) -> Vec<String> {
    let mut members = Vec::new();
    let mut member = Vec::new();
    let (mut quoted, mut escaped) = (false, false);
    for &byte in value {
        match byte {
            b',' if !quoted => members.push(std::mem::take(&mut member)),
            _ => member.push(byte),
        }
        quoted ^= byte == b'"' && !escaped;
        escaped = quoted && byte == b'\\' && !escaped;
    }
    members.push(member);
    let texts = members.iter().map(|member| String::from_utf8_lossy(member).trim_matches([' ', '\t']).to_owned());
    texts.filter(|text| !text.is_empty()).collect()
}
