//! What earlier software left in the visitor's browser: the cookie of another session library,
//! whose session is taken over and which is deleted later ([`LegacyCookie`]), and copies of our own
//! cookie at another `Domain` or `Path`, which would shadow it.
//!
//! - The old cookie is read until a date, and only if none of our cookies came at all. It is never
//!   read in place of one that does not open. It is not read on a cross-site request: its own
//!   `SameSite` may be laxer than ours, so it may come when ours was held back.
//! - `purge()` and an update that empties the session delete it with ours, even if ours came
//!   without it (it may have another path, or have been held back). Otherwise it would be imported
//!   again.
//! - From a second date on, every response that may carry a cookie deletes it if it came, unless
//!   the visitor still needs it.
//! - Every response that sets or deletes our cookie deletes a copy, if a cookie of that name came.
//! - On a cross-site request nothing is deleted.

use crate::clock;
use crate::config::aliases::Aliases;
use crate::headers::cookie::{self, Fields, ReceivedCookies};
use crate::headers::set_cookie::{
    Attributes, is_domain, is_name, is_path, prefix_contradiction, same_domain,
};
use crate::limits;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use std::time::SystemTime;

/// The cookie of the previous session library, for [`Builder::import_from`](crate::Builder::import_from).
///
/// It stays in the browser until [`delete_after`](Self::delete_after), so that a server that
/// is not deployed yet, or one that was rolled back, still knows the visitor.
///
/// Both dates accept anything that converts into a [`SystemTime`], such as the types of `time` or
/// chrono. Use fixed dates: dates computed from the server's start time move with each restart.
///
/// ```
/// use sealed_session::migrate::LegacyCookie;
/// use sealed_session::{KeyRing, Sessions};
/// use serde::{Deserialize, Serialize};
/// use std::time::{Duration, SystemTime};
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Visit { user: Option<u64> }
///
/// let date = |unix| SystemTime::UNIX_EPOCH + Duration::from_secs(unix);
/// let (delete_from, until) = (date(4_072_118_400), date(4_073_500_800)); // 15 and 31 January 2099
/// let old = LegacyCookie::new("sid", until).delete_after(delete_from);
/// let sessions = Sessions::<Visit>::builder(KeyRing::ephemeral()?)
///     .import_from(old, |headers| {
///         let pair = headers.get("cookie")?.to_str().ok()?; // "sid=…", and nothing else
///         let user = pair.strip_prefix("sid=")?.parse().ok()?; // as the old library verified and read it
///         Some(Visit { user: Some(user) })
///     })
///     .build()?;
///
/// let mut headers = http::HeaderMap::new();
/// headers.insert("cookie", "theme=dark; sid=7".parse()?);
/// let session = sessions.load((&http::Method::GET, &headers));
/// assert_eq!(session.read(|visit| visit.user), Some(7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "an `LegacyCookie` does nothing until it is passed to `import`"]
pub struct LegacyCookie {
    pub(crate) place: Place,
    pub(crate) until: u64,
    pub(crate) delete_from: Option<u64>,
}

impl LegacyCookie {
    /// Creates the cookie called `name`, at `Path=/` and without `Domain`. It is read until the
    /// date `until`.
    pub fn new(name: impl Into<String>, until: impl Into<SystemTime>) -> Self {
        let place = Place { name: name.into(), domain: None, path: "/".to_owned() };
        Self { place, until: clock::from_system_time(until.into()), delete_from: None }
    }

    /// Sets the `Path` that the cookie was set with. It cannot be deleted without it.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.place.path = path.into();
        self
    }

    /// Sets the `Domain` that the cookie was set with. It cannot be deleted without it.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.place.domain = Some(domain.into());
        self
    }

    /// Sets the date from which the cookie is deleted if it still comes. Choose one at which every
    /// server runs this crate and none will be rolled back. Not set by default: then only `purge()`
    /// and an update that empties the session delete it.
    pub fn delete_after(mut self, date: impl Into<SystemTime>) -> Self {
        self.delete_from = Some(clock::from_system_time(date.into()));
        self
    }
}

/// A cookie's name, and the place where it was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) domain: Option<String>,
    pub(crate) path: String,
}

impl Place {
    fn check(&self, what: &str, ours: &Attributes) -> Result<(), String> {
        if !is_name(&self.name) {
            return Err(format!(
                "{what}: the name must be an RFC 9110 token of 1 to 256 characters"
            ));
        }
        if !is_path(&self.path) {
            return Err(format!(
                "{what}: the path must begin with / and consist of at most 1,024 visible ASCII \
                 characters other than ;"
            ));
        }
        if !self.domain.as_deref().is_none_or(is_domain) {
            return Err(format!(
                "{what}: the domain must be a host name: letters, digits, hyphens and dots"
            ));
        }
        match prefix_contradiction(&self.name, &self.attributes(ours)) {
            Some(contradiction) => Err(format!("{what}: {contradiction}")),
            None => Ok(()),
        }
    }

    pub(crate) fn add_removals(&self, ours: &Attributes, lines: &mut Vec<String>) {
        let attributes = self.attributes(ours);
        lines.push(attributes.remove(&self.name));
        lines.extend(attributes.remove_copy(&self.name));
    }

    /// Returns the attributes of the line that deletes it.
    fn attributes(&self, ours: &Attributes) -> Attributes {
        Attributes { path: self.path.clone(), domain: self.domain.clone(), ..ours.clone() }
    }
}

/// Reads the old cookie.
type ReadOld<T> = Box<dyn Fn(&HeaderMap) -> Option<T> + Send + Sync>;

/// The configured old cookie and copies.
pub(crate) struct Legacy<T> {
    pub(crate) old: Option<(LegacyCookie, ReadOld<T>)>,
    pub(crate) copies: Vec<Place>,
}

/// Which of them came with a request.
#[derive(Default)]
pub(crate) struct ReceivedLegacy {
    pub(crate) ours: bool,
    pub(crate) old: bool,
    pub(crate) copies: Vec<bool>,
}

impl<T> Legacy<T> {
    pub(crate) const fn none() -> Self {
        Self { old: None, copies: Vec::new() }
    }

    /// Refuses what browsers would ignore, and what would delete the session itself.
    pub(crate) fn check(&self, name: &str, attributes: &Attributes) -> Result<(), String> {
        if let Some((old, _)) = &self.old {
            old.place.check("import", attributes)?;
            let digit_behind = |rest: &str| matches!(rest.as_bytes(), [b'.', b'0'..=b'9']);
            if old.place.name == name || old.place.name.strip_prefix(name).is_some_and(digit_behind)
            {
                return Err(format!(
                    "import: the old cookie has the name of the new one, {name}, or of one of its \
                     pieces: give the new one a different cookie_name"
                ));
            }
        }
        for copy in &self.copies {
            copy.check("delete_stale", attributes)?;
            if copy.name == name
                && copy.path == attributes.path
                && same_domain(copy.domain.as_deref(), attributes.domain.as_deref())
            {
                return Err(format!(
                    "delete_stale({name}) would delete the session's own cookie: pass the domain or \
                     path of the earlier one"
                ));
            }
        }
        Ok(())
    }

    /// Refuses an old cookie that has one of our own names.
    pub(crate) fn check_beside(&self, others: &Aliases) -> Result<(), String> {
        let both = |(old, _): &&(LegacyCookie, ReadOld<T>)| {
            others.names.iter().any(|other| other.name == old.place.name)
        };
        match self.old.as_ref().filter(both) {
            Some((old, _)) => Err(format!(
                "import and accept_alias both name {}: use only one of them for this cookie",
                old.place.name
            )),
            None => Ok(()),
        }
    }

    /// Returns the names that a request is searched for.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let old = self.old.iter().map(|(old, _)| &*old.place.name);
        old.chain(self.copies.iter().map(|copy| &*copy.name))
    }

    /// Finds which of them came. `others`: something came under another name of the session.
    pub(crate) fn find(
        &self,
        fields: &Fields,
        name: &str,
        ours: &ReceivedCookies,
        others: bool,
    ) -> ReceivedLegacy {
        let came = |wanted: &str| {
            if wanted == name { ours.ours } else { cookie::find(fields, wanted, &mut |_| ()).ours }
        };
        ReceivedLegacy {
            ours: ours.ours || others,
            old: self.old.as_ref().is_some_and(|(old, _)| came(&old.place.name)),
            copies: self.copies.iter().map(|copy| came(&copy.name)).collect(),
        }
    }

    /// Returns the old library's session, if its date has not passed. The reader sees only cookies
    /// whose name matches byte by byte: parsers that decode names could be given a forged one.
    pub(crate) fn read_old(&self, fields: &Fields, now: u64) -> Option<T> {
        let (old, read) = self.old.as_ref().filter(|(old, _)| now < old.until)?;
        let mut headers = HeaderMap::new();
        let mut bytes = 0;
        cookie::find(fields, &old.place.name, &mut |value| {
            bytes += value.len();
            let looked_at =
                headers.len() < limits::CANDIDATES_OPENED && bytes <= limits::CANDIDATE_BYTES;
            if let (true, Ok(pair)) = (
                looked_at,
                HeaderValue::from_bytes(&[old.place.name.as_bytes(), b"=", value].concat()),
            ) {
                headers.append(COOKIE, pair);
            }
        });
        if headers.is_empty() { None } else { read(&headers) }
    }
}
