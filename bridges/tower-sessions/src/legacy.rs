//! `LegacyStore`: the store and the cookie of an existing tower-sessions deployment, from which
//! visitors move.
//!
//! A record is read only if no cookie of the sealed session came. It is deleted, with its cookie,
//! once the visitor comes back with the sealed session, or signs out. Until then the old cookie
//! still leads to it, so a response that is lost on the way signs nobody out.

use crate::expiry;
use http::header::{CACHE_CONTROL, COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_core::{SessionStore, session_store};

/// Ids of one request that are looked up. Browsers send several cookies of one name only if they
/// were set at several paths or domains.
const MAX_IDS: usize = 4;

/// Reads an id from the value of a cookie.
type ReadId = dyn Fn(&str) -> Option<Id> + Send + Sync;

/// The store and the cookie of an existing tower-sessions deployment. Passed to
/// [`BridgeLayer::import_from`](crate::BridgeLayer::import_from).
///
/// The defaults are those of tower-sessions' `SessionManagerLayer`: a cookie called `id`, at
/// `Path=/`, without `Domain`, whose value is the id.
///
/// ```
/// use sealed_session::{KeyRing, Map, Sessions};
/// use sealed_session_tower_sessions::{BridgeLayer, LegacyStore};
/// use tower_sessions::MemoryStore;
///
/// let store = MemoryStore::default(); // in practice the store that the former servers used
/// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?)?;
/// let layer = BridgeLayer::new(sessions).import_from(LegacyStore::new(store).cookie_name("my.sid"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "a `LegacyStore` does nothing until it is passed to `import_from`"]
pub struct LegacyStore {
    store: Arc<dyn SessionStore>,
    cookie: String,
    path: String,
    domain: Option<String>,
    delete_after: Option<SystemTime>,
    read_id: Arc<ReadId>,
}

impl LegacyStore {
    /// Creates the description of a deployment with this store and tower-sessions' defaults.
    pub fn new(store: impl SessionStore) -> Self {
        Self {
            store: Arc::new(store),
            cookie: "id".to_owned(),
            path: "/".to_owned(),
            domain: None,
            delete_after: None,
            read_id: Arc::new(|value| value.parse().ok()),
        }
    }

    /// Sets the cookie's name: that of `SessionManagerLayer::with_name`.
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.cookie = name.into();
        self
    }

    /// Sets the `Path` that the cookie was set with. Browsers delete it only with the same one.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Sets the `Domain` that the cookie was set with. Browsers delete it only with the same one.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Keeps records and cookies until this date although their sessions were moved, for servers of
    /// the former release that still answer the same visitors, and for a rollback. Without this,
    /// they are deleted when the visitor comes back with the sealed session. Signing out deletes
    /// them in any case.
    pub fn delete_after(mut self, date: impl Into<SystemTime>) -> Self {
        self.delete_after = Some(date.into());
        self
    }

    /// Sets how the id is read from the cookie's value, for deployments with signed or private
    /// cookies. The value is passed as it was sent. Return `None` for one that is not genuine.
    pub fn read_id_with(
        mut self,
        read: impl Fn(&str) -> Option<Id> + Send + Sync + 'static,
    ) -> Self {
        self.read_id = Arc::new(read);
        self
    }

    /// Returns the ids in a request's cookies of this name.
    fn ids(&self, headers: &HeaderMap) -> Vec<Id> {
        let pairs =
            headers.get_all(COOKIE).iter().flat_map(|field| field.as_bytes().split(is_semicolon));
        let values = pairs.filter_map(|pair| {
            let value =
                pair.trim_ascii().strip_prefix(self.cookie.as_bytes())?.strip_prefix(b"=")?;
            std::str::from_utf8(value).ok()
        });
        values.take(MAX_IDS).filter_map(|value| (self.read_id)(value)).collect()
    }

    fn keeps_what_moved(&self) -> bool {
        self.delete_after.is_some_and(|date| SystemTime::now() < date)
    }

    fn deletion(&self) -> Option<HeaderValue> {
        let domain = self.domain.iter().map(|domain| format!("; Domain={domain}"));
        let domain: String = domain.collect();
        let (cookie, path) = (&self.cookie, &self.path);
        format!("{cookie}=; Path={path}{domain}; Secure; HttpOnly; Max-Age=0").try_into().ok()
    }
}

fn is_semicolon(byte: &u8) -> bool {
    *byte == b';'
}

impl fmt::Debug for LegacyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LegacyStore").field("cookie", &self.cookie).finish_non_exhaustive()
    }
}

/// What one request brought of the former deployment: at least one id.
pub(crate) struct LegacyIds {
    from: Arc<LegacyStore>,
    ids: Vec<Id>,
}

impl LegacyIds {
    /// Returns `None` if no cookie with an id came.
    pub(crate) fn of(from: &Arc<LegacyStore>, headers: &HeaderMap) -> Option<Self> {
        let ids = from.ids(headers);
        (!ids.is_empty()).then(|| Self { from: Arc::clone(from), ids })
    }

    /// Returns the first record that is there and has not expired.
    pub(crate) async fn load(&self) -> session_store::Result<Option<Record>> {
        for id in &self.ids {
            if let Some(record) = self.from.store.load(id).await?.filter(expiry::is_alive) {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// Deletes the records.
    pub(crate) async fn delete(&self) -> session_store::Result<()> {
        for id in &self.ids {
            self.from.store.delete(id).await?;
        }
        Ok(())
    }

    /// Returns `true` if what was moved must stay for now.
    pub(crate) fn keeps_what_moved(&self) -> bool {
        self.from.keeps_what_moved()
    }

    /// Adds the line that deletes the cookie, unless the response may be stored by shared caches: a
    /// later response deletes it then.
    pub(crate) fn delete_cookie(&self, headers: &mut HeaderMap) {
        if is_shared(headers) {
            return;
        }
        if let Some(line) = self.from.deletion() {
            let _ = headers.try_append(SET_COOKIE, line); // a full response keeps the cookie
        }
    }
}

/// Returns `true` if the handler asked for shared caching, or set a field that only caches read. The
/// fields are those of sealed_session's `headers/caching.rs`. Unlike there, a field that forbids
/// caching counts too: the cookie is then deleted by a later response.
fn is_shared(headers: &HeaderMap) -> bool {
    let shared = headers.get_all(CACHE_CONTROL).iter().any(|field| {
        let text = String::from_utf8_lossy(field.as_bytes()).to_ascii_lowercase();
        text.split(',').any(|part| part.trim() == "public" || part.trim().starts_with("s-maxage"))
    });
    shared
        || headers.keys().any(|name| {
            let name = name.as_str();
            name.ends_with("cdn-cache-control")
                || ["surrogate-control", "edge-control", "x-accel-expires"].contains(&name)
        })
}
