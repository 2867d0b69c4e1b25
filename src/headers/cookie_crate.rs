//! The types of the crate `cookie`: conversions of `SameSite`, and `Set-Cookie` lines as its
//! `Cookie`s.

use crate::headers::set_cookie::SameSite;
use cookie::Cookie;

/// The same three values. In `cookie`, a cookie without the attribute has `None` of an
/// `Option<cookie::SameSite>`, which is not `SameSite::None`: browsers choose their own default
/// for it. This crate always sends the attribute.
impl From<SameSite> for cookie::SameSite {
    fn from(same_site: SameSite) -> Self {
        match same_site {
            SameSite::Strict => Self::Strict,
            SameSite::Lax => Self::Lax,
            SameSite::None => Self::None,
        }
    }
}

impl From<cookie::SameSite> for SameSite {
    fn from(same_site: cookie::SameSite) -> Self {
        match same_site {
            cookie::SameSite::Strict => Self::Strict,
            cookie::SameSite::Lax => Self::Lax,
            cookie::SameSite::None => Self::None,
        }
    }
}

/// Returns the cookies of these `Set-Cookie` lines, one for each name: the one that sets a value,
/// or else the first, which deletes the session's own cookie and not a copy of it. Every line of
/// this crate parses.
pub(crate) fn cookies(lines: Vec<String>) -> Vec<Cookie<'static>> {
    let mut cookies: Vec<Cookie<'static>> = Vec::with_capacity(lines.len());
    for cookie in lines.into_iter().filter_map(|line| Cookie::parse(line).ok()) {
        match cookies.iter_mut().find(|known| known.name() == cookie.name()) {
            None => cookies.push(cookie),
            Some(deletion) if deletion.value().is_empty() && !cookie.value().is_empty() => {
                *deletion = cookie;
            }
            Some(_) => {}
        }
    }
    cookies
}
