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

use crate::clock::unix_time::UnixTime;
use crate::config::aliases::Aliases;
use crate::headers::cookie::{self, Fields, ReceivedCookies};
use crate::headers::cookie_name::CookieName;
use crate::headers::set_cookie::Attributes;
use crate::limits;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use std::time::SystemTime;

/// The cookie of the previous session library, for
/// [`Builder::import_from`](crate::Builder::import_from).
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
/// let (delete_after, until) = (date(4_072_118_400), date(4_073_500_800)); // 15 and 31 January 2099
/// let old = LegacyCookie::new("sid", until).delete_after(delete_after);
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
#[must_use = "a `LegacyCookie` does nothing until it is passed to `import_from`"]
pub struct LegacyCookie {
    place: Place,
    read_until: UnixTime,
    delete_after: Option<UnixTime>,
}

impl LegacyCookie {
    /// Creates the cookie called `name`, at `Path=/` and without `Domain`. It is read until the
    /// date `until`.
    pub fn new(name: impl Into<String>, until: impl Into<SystemTime>) -> Self {
        let place = Place { name: name.into(), domain: None, path: "/".to_owned() };
        Self { place, read_until: until.into().into(), delete_after: None }
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
        self.delete_after = Some(date.into().into());
        self
    }
}

/// A cookie's name, and the place where it was set, as the application gave them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) domain: Option<String>,
    pub(crate) path: String,
}

impl Place {
    /// Refuses what browsers would ignore. `ours` are the attributes of the session's own cookie.
    fn parse(self, ours: &Attributes) -> Result<StaleCookie, String> {
        let attributes = Attributes { path: self.path, domain: self.domain, ..ours.clone() };
        let name = CookieName::parse(&self.name)?;
        attributes.check_place()?;
        name.check_prefix(&attributes)?;
        Ok(StaleCookie { name, attributes })
    }
}

/// A cookie that is deleted if it comes.
pub(crate) struct StaleCookie {
    name: CookieName,
    attributes: Attributes,
}

impl StaleCookie {
    /// Adds the lines that delete it.
    pub(crate) fn add_deletions(&self, lines: &mut Vec<String>) {
        lines.push(self.attributes.remove(&self.name));
        lines.extend(self.attributes.remove_copy(&self.name));
    }
}

/// Reads the old cookie.
type ReadOld<T> = Box<dyn Fn(&HeaderMap) -> Option<T> + Send + Sync>;

/// What the builder was given.
pub(crate) struct LegacySettings<T> {
    pub(crate) old: Option<(LegacyCookie, ReadOld<T>)>,
    pub(crate) copies: Vec<Place>,
}

/// The configured old cookie and copies.
pub(crate) struct Legacy<T> {
    pub(crate) old: Option<OldCookie<T>>,
    pub(crate) copies: Vec<StaleCookie>,
}

/// The cookie of the previous library.
pub(crate) struct OldCookie<T> {
    pub(crate) cookie: StaleCookie,
    pub(crate) read_until: UnixTime,
    pub(crate) delete_after: Option<UnixTime>,
    read: ReadOld<T>,
}

/// Which of them came with a request.
#[derive(Default)]
pub(crate) struct ReceivedLegacy {
    pub(crate) ours: bool,
    pub(crate) old: bool,
    pub(crate) copies: Box<[bool]>,
}

impl<T> LegacySettings<T> {
    pub(crate) const fn none() -> Self {
        Self { old: None, copies: Vec::new() }
    }

    /// Refuses what browsers would ignore, what would delete the session itself, and an old cookie
    /// that has one of our own names.
    pub(crate) fn parse(
        self,
        name: &CookieName,
        attributes: &Attributes,
        aliases: &Aliases,
    ) -> Result<Legacy<T>, String> {
        let old = self.old.map(|(old, read)| -> Result<_, String> {
            let cookie =
                old.place.parse(attributes).map_err(|why| format!("import_from: {why}"))?;
            if cookie.name.is_or_is_piece_of(name) {
                return Err(format!(
                    "import_from: the old cookie has the name of the new one, {name}, or of one of \
                     its pieces: give the new one a different cookie_name"
                ));
            }
            if aliases.names.iter().any(|other| other.name == cookie.name) {
                return Err(format!(
                    "import_from and accept_alias both name {}: use only one of them for this \
                     cookie",
                    cookie.name
                ));
            }
            let (read_until, delete_after) = (old.read_until, old.delete_after);
            Ok(OldCookie { cookie, read_until, delete_after, read })
        });
        let copies = self.copies.into_iter().map(|copy| {
            let copy = copy.parse(attributes).map_err(|why| format!("delete_stale: {why}"))?;
            if copy.name == *name && copy.attributes.same_place(attributes) {
                return Err(format!(
                    "delete_stale({name}) would delete the session's own cookie: pass the domain \
                     or path of the earlier one"
                ));
            }
            Ok(copy)
        });
        Ok(Legacy { old: old.transpose()?, copies: copies.collect::<Result<_, _>>()? })
    }
}

impl<T> Legacy<T> {
    /// Returns the names that a request is searched for.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let old = self.old.iter().map(|old| &*old.cookie.name);
        old.chain(self.copies.iter().map(|copy| &*copy.name))
    }

    /// Finds which of them came. `others`: something came under another name of the session.
    pub(crate) fn find(
        &self,
        fields: &Fields,
        name: &CookieName,
        ours: &ReceivedCookies,
        others: bool,
    ) -> ReceivedLegacy {
        let came = |wanted: &CookieName| {
            if wanted == name { ours.ours } else { cookie::find(fields, wanted, &mut |_| ()).ours }
        };
        ReceivedLegacy {
            ours: ours.ours || others,
            old: self.old.as_ref().is_some_and(|old| came(&old.cookie.name)),
            copies: self.copies.iter().map(|copy| came(&copy.name)).collect(),
        }
    }

    /// Returns the old library's session, if its date has not passed. The reader sees only cookies
    /// whose name matches byte by byte: parsers that decode names could be given a forged one.
    pub(crate) fn read_old(&self, fields: &Fields, now: UnixTime) -> Option<T> {
        let old = self.old.as_ref().filter(|old| now < old.read_until)?;
        let name = &old.cookie.name;
        let mut headers = HeaderMap::new();
        let mut bytes = 0;
        cookie::find(fields, name, &mut |value| {
            bytes = value.len().saturating_add(bytes);
            if headers.len() == limits::CANDIDATES_OPENED || bytes > limits::CANDIDATE_BYTES {
                return;
            }
            let pair = HeaderValue::from_bytes(&[name.as_bytes(), b"=", value].concat());
            headers.extend(pair.ok().map(|pair| (COOKIE, pair)));
        });
        if headers.is_empty() { None } else { (old.read)(&headers) }
    }
}
