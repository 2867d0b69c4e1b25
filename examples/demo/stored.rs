//! A value as the visitor's browser stores it: in one cookie, or split over `name`, `name.1` and so
//! on (SPEC.md §14). An application needs none of this: `Sessions` joins and splits values.
//!
//! ```text
//! name   = COUNT . PART
//! name.1 = TIE . PART        the tie repeats six characters of the value's nonce
//! ```

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName};
use axum::response::AppendHeaders;
use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use sealed_session::inspect;

/// Where in the joined value the tie is.
const TIE: std::ops::Range<usize> = 8..14;

/// How the names of proofs begin.
const PROOFS: &str = "__Host-session-proof-";

/// A value and the cookies that carry it. Nothing in it is known to be authentic.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredValue {
    /// The value, joined if it was split.
    pub value: String,
    /// The name of each cookie and what it carries, in order.
    pub cookies: Vec<(String, String)>,
}

impl StoredValue {
    /// A value that needs one cookie.
    pub fn single(name: &str, value: &str) -> Self {
        Self { value: value.to_owned(), cookies: vec![(name.to_owned(), value.to_owned())] }
    }

    /// Finds the first value of this name in a request.
    pub fn find(headers: &HeaderMap, name: &str) -> Option<Self> {
        let field = field(headers);
        let found = inspect::cookie_values(field.as_bytes(), name).into_iter().next()?;
        let value = String::from_utf8(found.value.into_owned()).ok()?;
        if found.cookies == 1 {
            return Some(Self::single(name, &value));
        }
        let tie = value.get(TIE)?;
        let pieces = (0..found.cookies).map(|index| {
            let name = if index == 0 { name.to_owned() } else { format!("{name}.{index}") };
            let is_ours = |(other, piece): &(&str, &str)| {
                let (prefix, part) = piece.split_once('.').unwrap_or_default();
                *other == name && if index == 0 { value.starts_with(part) } else { prefix == tie }
            };
            let piece = pairs(&field).find(is_ours)?.1.to_owned();
            Some((name, piece))
        });
        Some(Self { cookies: pieces.collect::<Option<_>>()?, value })
    }

    /// The same cookies with another value of the same length.
    pub fn with_value(&self, value: &str) -> Self {
        let mut rest = value;
        let cookies = self.cookies.iter().map(|(name, old)| {
            let part_starts = old.find('.').map_or(0, |dot| dot + 1);
            let (part, behind) = rest.split_at((old.len() - part_starts).min(rest.len()));
            rest = behind;
            (name.clone(), format!("{}{part}", &old[..part_starts]))
        });
        Self { cookies: cookies.collect(), value: value.to_owned() }
    }

    /// The same value in cookies of another name.
    pub fn renamed(&self, name: &str) -> Self {
        let suffix = |index| if index == 0 { String::new() } else { format!(".{index}") };
        let cookies = self.cookies.iter().enumerate();
        let cookies =
            cookies.map(|(index, (_, piece))| (name.to_owned() + &suffix(index), piece.clone()));
        Self { cookies: cookies.collect(), value: self.value.clone() }
    }

    /// The lines that put the value into the browser, for longer than any session lives: its end is
    /// inside the seal, and no `Max-Age` can move it.
    pub fn lines(&self) -> Vec<String> {
        let line = |(name, piece): &(String, String)| {
            raw(name, piece).max_age(Duration::days(400)).to_string()
        };
        self.cookies.iter().map(line).collect()
    }
}

/// The lines that delete the request's cookies of this name, and its pieces.
pub fn deletions(headers: &HeaderMap, name: &str) -> Vec<String> {
    let is_piece = |rest: &str| rest.is_empty() || rest.starts_with('.');
    deletions_if(headers, |other| other.strip_prefix(name).is_some_and(is_piece))
}

/// The lines that delete the request's proofs of devices.
pub fn proof_deletions(headers: &HeaderMap) -> Vec<String> {
    deletions_if(headers, |name| name.starts_with(PROOFS))
}

fn deletions_if(headers: &HeaderMap, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let field = field(headers);
    let names = pairs(&field).map(|(name, _)| name).filter(|name| is_wanted(name));
    names.map(|name| raw(name, "").max_age(Duration::ZERO).to_string()).collect()
}

/// `Set-Cookie` fields with these lines.
pub fn set_cookies(lines: Vec<String>) -> AppendHeaders<Vec<(HeaderName, String)>> {
    AppendHeaders(lines.into_iter().map(|line| (SET_COOKIE, line)).collect())
}

/// The request's `Cookie` fields as one. HTTP/2 sends several.
fn field(headers: &HeaderMap) -> String {
    let fields = headers.get_all(COOKIE).into_iter();
    let texts = fields.map(|field| String::from_utf8_lossy(field.as_bytes()));
    texts.collect::<Vec<_>>().join("; ")
}

fn pairs(field: &str) -> impl Iterator<Item = (&str, &str)> {
    field.split(';').filter_map(|pair| pair.trim().split_once('='))
}

/// The attributes that browsers ask of a name with `__Host-Http-`.
fn raw<'a>(name: &'a str, value: &'a str) -> cookie::CookieBuilder<'a> {
    Cookie::build((name, value)).path("/").secure(true).http_only(true).same_site(SameSite::Lax)
}
