//! `Session<T>`: the handle that an application holds.

#[cfg(not(feature = "dbsc"))]
use crate::claims::Claims;
use crate::claims::Stamps;
use crate::claims::flash::{Flash, Level};
use crate::claims::id::SessionId;
use crate::claims::info::SessionInfo;
use crate::claims::lifetime::Expiry;
use crate::crypto::random;
use crate::data::session_data::SessionData;
use crate::error::SessionError;
use crate::hooks::on_end::EndCause;
use crate::hooks::{EndedBy, EventKind};
use crate::limits;
use crate::session::load_status::LoadStatus;
use crate::session::plan;
use crate::session::snapshot::Snapshot;
#[cfg(not(feature = "dbsc"))]
use crate::session::state::Loaded;
use crate::session::state::SessionState;
use crate::session::write_kind::WriteKind;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A handle of one request's session. Cheap to clone; clones share the session.
///
/// **Reading** uses a snapshot. It never fails, and waits only while another thread opens the
/// session. A session that did not open is empty, and [`load_status`](Self::load_status) gives the
/// reason.
///
/// **Writing** changes a separate value. That value replaces the session if the closure returns
/// (from [`try_update`](Self::try_update): returns `Ok`), if the next request would read it as the
/// same value, and if it fits its cookie. Otherwise the session is unchanged. Other threads that
/// write wait meanwhile; a write from inside the closure fails with [`SessionError::Busy`] at once.
/// A closure that panics changes nothing and poisons nothing. Fields that serde skips do not
/// survive the next update. What a `read` changes through a shared reference (an atomic, a `Mutex`)
/// may be lost too.
///
/// Do not wait inside an update for another thread's update of the same session: this deadlocks.
/// Two threads also deadlock if each, inside an update of one session, updates the session that the
/// other is updating.
///
/// **After the response** was sent, a handle can read but no longer write:
/// [`SessionError::Responded`]. The response does not wait for another thread's update that is
/// under way. It takes the session as it was before, and that update fails with the same error.
///
/// Every method except [`skip_refresh`](Self::skip_refresh), [`is_modified`](Self::is_modified) and
/// [`close`](Self::close) counts as an access. The response then gets `Vary: Cookie` and, unless
/// the handler chose otherwise, `Cache-Control: private`.
///
/// Code that runs while the session is being opened (a check given to the builder, the reader of an
/// old cookie, a `Deserialize`) finds this session empty and cannot write it:
/// [`SessionError::Busy`].
///
/// ```
/// use sealed_session::{KeyRing, Session, SessionError, Sessions, Suite};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Visit { user: Option<u64>, cart: Vec<u32> }
///
/// fn add(session: &Session<Visit>, article: u32) -> Result<usize, SessionError> {
///     session.update(|visit| {
///         visit.cart.push(article);
///         visit.cart.len()
///     })
/// }
///
/// let sessions = Sessions::<Visit>::new(KeyRing::generate(Suite::Xaes256Gcm)?)?;
/// let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
/// assert_eq!(add(&session, 7)?, 1);
///
/// let mut headers = http::HeaderMap::new();
/// sessions.commit(&session, http::StatusCode::OK, &mut headers)?;
/// assert!(headers.contains_key("set-cookie"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Session<T>(pub(crate) Arc<SessionState<T>>);

impl<T: SessionData> Session<T> {
    /// Reads the session as it is now. During an update, reads it as it was before that update.
    pub fn read<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        let snapshot = self.0.loaded().snapshot();
        read(&self.0.config.value(&snapshot))
    }

    /// Returns a copy of the data.
    pub fn cloned(&self) -> T
    where
        T: Clone,
    {
        self.read(T::clone)
    }

    /// Changes the session. Sends nothing if the bytes are the same afterwards: writing the value
    /// that is already there sets no cookie and extends nothing. An `Err` that the closure returns
    /// is a value like any other, and the change stays; [`try_update`](Self::try_update) discards
    /// it.
    ///
    /// # Errors
    /// Those of every write: [`SessionError::TooLarge`],
    /// [`Unencodable`](SessionError::Unencodable), [`NoSealingKey`](SessionError::NoSealingKey),
    /// [`Busy`](SessionError::Busy), [`Responded`](SessionError::Responded),
    /// [`CrossSite`](SessionError::CrossSite), [`Unreadable`](SessionError::Unreadable),
    /// [`Unproven`](SessionError::Unproven), [`Random`](SessionError::Random). The session is then
    /// unchanged.
    pub fn update<R>(&self, change: impl FnOnce(&mut T) -> R) -> Result<R, SessionError> {
        self.try_update(|value| Ok(change(value)))
    }

    /// Changes the session, unless the closure returns an `Err`: the session is then unchanged.
    ///
    /// # Errors
    /// The closure's own, and those of [`update`](Self::update).
    pub fn try_update<R, E: From<SessionError>>(
        &self,
        change: impl FnOnce(&mut T) -> Result<R, E>,
    ) -> Result<R, E> {
        self.write(WriteKind::Change, |state, loaded, current| {
            let (config, schemas) = (&state.config, &state.config.schemas);
            let undecodable = |_| {
                SessionError::Unencodable(
                    "the received data cannot be read again: its type's `Deserialize` now rejects \
                     it",
                )
            };
            let mut value = config.take(current).map_err(undecodable)?;
            let before = schemas
                .data_before(current.claims.shape, &value)
                .map_err(|why| loaded.unencodable(why))?;
            let answer = change(&mut value)?;
            let after = schemas.encode(&value).map_err(|why| loaded.unencodable(why))?;
            if !config.is_unchanged(current, before.as_deref(), &value, &after) {
                return Ok((Some(current.with(after, Arc::new(value))), answer));
            }
            // The same bytes may stand for another value, which would be lost.
            schemas
                .read_back(&value, &after.data, after.unread.as_deref())
                .map_err(|why| loaded.unencodable(why))?;
            Ok((None, answer))
        })
    }

    /// Replaces the data with a whole new value. Keeps the id, time of creation, expiry and flash
    /// messages; to begin a new session, call [`purge`](Self::purge) first.
    ///
    /// Allowed on a [`CrossSite`](LoadStatus::CrossSite) request, because it uses nothing of the
    /// previous session. Later writes are then allowed too, unless the value is empty (equals
    /// `T::default()`). If an empty value allowed them, a sign-out that another site posts could
    /// store its "signed out" in place of the session that the browser held back.
    ///
    /// # Errors
    /// Those of [`update`](Self::update) except `CrossSite`.
    pub fn set(&self, value: T) -> Result<(), SessionError> {
        self.write(WriteKind::Replace, |state, loaded, current| {
            let (config, schemas) = (&state.config, &state.config.schemas);
            let written = schemas.encode(&value).map_err(|why| loaded.unencodable(why))?;
            let before = schemas.data_before(current.claims.shape, &config.value(current));
            if !before.is_ok_and(|before| {
                config.is_unchanged(current, before.as_deref(), &value, &written)
            }) {
                return Ok((Some(current.with(written, Arc::new(value))), ()));
            }
            schemas
                .read_back(&value, &written.data, written.unread.as_deref())
                .map_err(|why| loaded.unencodable(why))?;
            Ok((None, ()))
        })
    }

    /// Ends the session. From here on it is empty and new, and its cookie is deleted whatever the
    /// response's status. Later writes, such as the flash message "signed out", go into a new
    /// session. If that message is all it holds, its cookie is deleted once a page has taken it.
    ///
    /// Copies of the old cookie stay good until they expire (`SECURITY.md`), unless the application
    /// refuses them. So that it can, this call runs [`Builder::on_end`](crate::Builder::on_end) at
    /// once.
    ///
    /// # Errors
    /// [`SessionError::Busy`], [`SessionError::Responded`].
    #[doc(alias = "flush")]
    pub fn purge(&self) -> Result<(), SessionError> {
        let (ended, _displaced) = self.write_keeping(WriteKind::Purge, |state, loaded, _| {
            let ended = loaded.ended(&state.config, EndCause::Purge, None);
            Ok::<_, SessionError>((
                Some(state.config.new_session(loaded.now, loaded.initial.claims.stamps.issued)),
                ended,
            ))
        })?;
        if ended.is_some() {
            let (log, now) = (&self.0.config.log, self.0.loaded().now);
            log.emit(EventKind::Ended { cause: EndedBy::Purge }, now);
        }
        self.0.config.end_hooks.notify(ended.as_ref());
        Ok(())
    }

    /// Gives the session a new id and a new time of creation, and keeps its data. Call it if the
    /// visitor has just proved who they are, and at no other time: the absolute timeout starts
    /// again from here.
    ///
    /// With [`Builder::device_bound`](crate::Builder::device_bound), it also binds the session to
    /// the device, if the request has a fresh proof of the device's key. Nothing else does.
    ///
    /// The old cookie stays good until it expires, unless the application refuses it:
    /// [`Builder::on_end`](crate::Builder::on_end) runs once the new cookie is in the response.
    ///
    /// An empty session sets no cookie. So if the session is empty when the response goes out, its
    /// id is lost, and the next request has none. Put a field into the session as well. A warning
    /// is logged for such an id.
    ///
    /// # Errors
    /// Those of [`update`](Self::update) except `CrossSite`, `Unreadable` and `Unproven`: later
    /// writes are then allowed too.
    #[doc(alias = "cycle_key")]
    pub fn renew(&self) -> Result<(), SessionError> {
        self.write(WriteKind::Renew, |state, loaded, current| {
            let mut next = current.clone();
            next.claims.content.id = Some(random::bytes().map_err(SessionError::from)?);
            next.claims.content.extensions.renew();
            state.bind_at_renewal(loaded, &mut next.claims);
            next.claims.stamps = Stamps::new(loaded.now, current.claims.stamps.issued);
            Ok((Some(next), ()))
        })
    }

    /// Returns the session's id. It is drawn by [`renew`](Self::renew), or at the first write if
    /// the builder has `session_ids(true)`; a refresh keeps it. An empty session sets no cookie and
    /// loses its id with the response. To keep rows by the id, put a field into the session as
    /// well.
    #[doc(alias = "session_key")]
    pub fn id(&self) -> Option<SessionId> {
        self.0.loaded().snapshot().claims.content.id.map(SessionId::from)
    }

    /// Returns the session's id, expiry and times.
    pub fn info(&self) -> SessionInfo {
        let (config, loaded) = (&self.0.config, self.0.loaded());
        let claims = &loaded.snapshot().claims;
        let refresh = if loaded.is_modified(config) {
            config.limits.refresh_from(&claims.reissue(loaded.now))
        } else {
            config.limits.refresh_from(claims)
        };
        SessionInfo::new(claims, loaded.end(config), refresh, loaded.now)
    }

    /// Sets how the session ends. An empty session sets no cookie, even if it has an expiry.
    ///
    /// # Errors
    /// [`SessionError::Expiry`] for an idle timeout below a second, an end in the past, or one more
    /// than a minute beyond the absolute timeout; and those of [`update`](Self::update).
    pub fn set_expiry(&self, expiry: Expiry) -> Result<(), SessionError> {
        let expiry = expiry.into();
        self.write(WriteKind::Change, |state, loaded, current| {
            state.config.limits.accept(expiry, loaded.now).map_err(SessionError::Expiry)?;
            let mut next = current.clone();
            next.claims.content.expiry = expiry;
            Ok(((expiry != current.claims.content.expiry).then_some(next), ()))
        })
    }

    /// Leaves out the refresh that this request would make, so that it does not count as a visit.
    /// Use it for background polling that should not extend the session.
    pub fn skip_refresh(&self) {
        self.0.skip_refresh.store(true, Ordering::Relaxed);
    }

    /// Returns `true` if the session is not one that came with the request.
    pub fn is_new(&self) -> bool {
        let loaded = self.0.loaded();
        loaded.status != LoadStatus::Restored || loaded.current().purged
    }

    /// Returns `true` if a response sets or deletes the cookie because of what was done to the
    /// session. It compares bytes: writing what was there already is no change, and neither is a
    /// refresh. With status 5xx only a purge is saved, whatever this returns.
    ///
    /// Calling it is not an access: for a session that was not accessed it returns `false` and
    /// opens nothing. After [`purge`](Self::purge) it returns `true` if there is a cookie to delete
    /// or if something was written since, and so `false` if the visitor had no session. After
    /// [`renew`](Self::renew) it returns `true` unless the session is empty and came empty, because
    /// an empty session sets no cookie.
    pub fn is_modified(&self) -> bool {
        self.0.loaded.get().is_some_and(|loaded| plan::is_change(&self.0, loaded))
    }

    /// Returns `true` if the session equals `T::default()` and no flash message is pending. An
    /// empty session sets no cookie.
    pub fn is_empty(&self) -> bool {
        self.0.config.is_empty(&self.0.loaded().snapshot())
    }

    /// Returns the result of opening the session from the request's cookies.
    pub fn load_status(&self) -> LoadStatus {
        self.0.loaded().status
    }

    /// Adds a message for the visitor's next page. At most 16 messages can be pending, with at most
    /// 1,024 bytes of text together. If there is no room for a message, or if the data needs the
    /// room, the oldest messages are dropped.
    ///
    /// A session that is nearly full may have no room even for one message. A handler that answers
    /// this error with a 500 also loses its earlier updates. To keep them, ignore the error:
    /// `let _ = session.flash(…)`.
    ///
    /// # Errors
    /// [`SessionError::FlashTooLong`] for a text of more than 1,024 bytes,
    /// [`SessionError::TooLarge`] for one that would not fit even alone; and those of
    /// [`update`](Self::update).
    pub fn flash(&self, level: Level, text: impl Into<String>) -> Result<(), SessionError> {
        let text = text.into();
        self.write(WriteKind::Flash, |_, _, current| {
            if text.len() > limits::FLASH_BYTES {
                return Err(SessionError::FlashTooLong {
                    length: text.len(),
                    allowed: limits::FLASH_BYTES,
                });
            }
            let mut next = current.clone();
            next.claims.content.flashes.push(Flash { level, text });
            Ok((Some(next), ()))
        })
    }

    /// Removes and returns the pending messages, the oldest first.
    ///
    /// # Errors
    /// [`SessionError::Busy`] and [`SessionError::Responded`]; and those of
    /// [`update`](Self::update) if a message is pending.
    pub fn take_flashes(&self) -> Result<Vec<Flash>, SessionError> {
        self.write(WriteKind::Take, |_, _, current| {
            let mut next = current.clone();
            let taken = std::mem::take(&mut next.claims.content.flashes);
            Ok(((!taken.is_empty()).then_some(next), taken))
        })
    }

    /// Returns the pending messages without removing them, the oldest first.
    pub fn flashes(&self) -> Vec<Flash> {
        self.0.loaded().snapshot().claims.content.flashes.clone()
    }

    /// Seals the session as it is now, with its claims, and returns the value. Use it to carry the
    /// session by other means than the cookie. [`Sessions::open`](crate::Sessions::open) reads it.
    /// If it is sealed under [`with_context`](crate::Sessions::with_context), it does not work as a
    /// session cookie.
    ///
    /// # Errors
    /// [`SessionError::NoSealingKey`], [`SessionError::Random`]; [`SessionError::Unencodable`] if
    /// the session came as an older type and cannot be written as the current one.
    pub fn seal(&self) -> Result<String, SessionError> {
        let loaded = self.0.loaded();
        if !loaded.can_seal() {
            return Err(SessionError::NoSealingKey);
        }
        let mut snapshot = Snapshot::clone(&loaded.snapshot());
        self.0.config.reencode(&mut snapshot).map_err(SessionError::Unencodable)?;
        self.0.config.read_back(&mut snapshot).map_err(SessionError::Unencodable)?;
        let claims = snapshot.claims.reissue(loaded.now);
        let (mut sealed, data) = (String::new(), snapshot.sealed_data());
        self.0.config.seal(&loaded.ring, loaded.now, &claims, data, &mut sealed)?;
        Ok(sealed)
    }
}

impl<T> Session<T> {
    /// Marks the request as one that gets no response: from here on the handles can read but not
    /// write. Adapters call it if a request is cancelled, or if its service fails without a
    /// response. If a response comes after all, `commit` sends nothing of the session, neither a
    /// change nor a deletion. It still adds the caching fields of an accessed session.
    pub fn close(&self) {
        self.0.stage.close();
    }
}

impl<T> Clone for Session<T> {
    fn clone(&self) -> Self {
        self.0.handles.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Session<T> {
    fn drop(&mut self) {
        self.0.handles.fetch_sub(1, Ordering::Release);
    }
}

/// Shows the cookie's name, and nothing of the session.
impl<T> fmt::Debug for Session<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("cookie", &&**self.0.config.cookie.name())
            .finish_non_exhaustive()
    }
}

#[cfg(not(feature = "dbsc"))]
impl<T> SessionState<T> {
    /// Does nothing: without the feature, sessions are bound to no device.
    #[expect(clippy::unused_self, reason = "called as the other is")]
    fn bind_at_renewal(&self, _: &Loaded<T>, _: &mut Claims) {}
}
