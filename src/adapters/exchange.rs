//! The steps that every adapter takes around a handler: detect a second layer for the same session,
//! park the session for the handler, commit it on the response, and close it if there is no
//! response.

use crate::adapters::error_response::{Failure, LayerConflict, MissingLayer};
use crate::data::session_data::SessionData;
use crate::error::CommitError;
use crate::headers::ResponseFields;
use crate::session::Session;
use crate::session::commit;
use crate::session::state::SessionState;
use crate::sessions::Sessions;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue, StatusCode};
use std::any::{Any, TypeId, type_name};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The sessions of one request, as an adapter keeps them between its layers and the handler: in a
/// request's extensions, a depot or a local cache.
///
/// A parked session does not count as a handle that the application holds.
#[derive(Clone, Default)]
pub struct Parked {
    first: Option<Slot>,
    others: Vec<Slot>,
}

/// A `SessionState` of any type.
type Slot = Arc<dyn AnyVisit>;

trait AnyVisit: Send + Sync {
    /// Returns the identity of its `Sessions`.
    fn kind(&self) -> usize;
    fn cookie(&self) -> &Arc<str>;
    fn data(&self) -> TypeId;
    fn data_name(&self) -> &'static str;
    fn is_closed_and_untouched(&self) -> bool;
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<T: SessionData> AnyVisit for SessionState<T> {
    fn kind(&self) -> usize {
        Arc::as_ptr(&self.config) as usize
    }

    fn cookie(&self) -> &Arc<str> {
        &self.config.name
    }

    fn data(&self) -> TypeId {
        TypeId::of::<T>()
    }

    fn data_name(&self) -> &'static str {
        type_name::<T>()
    }

    fn is_closed_and_untouched(&self) -> bool {
        !self.stage.is_open() && self.loaded.get().is_none()
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl Parked {
    /// Returns a handle of the parked session of this type.
    ///
    /// Returns `None` if the response was committed while the session was still untouched: the
    /// response then told caches nothing about the session.
    pub fn session<T: SessionData>(&self) -> Option<Session<T>> {
        let slot = self.slots().find(|slot| slot.data() == TypeId::of::<T>())?;
        let state = Arc::clone(slot).into_any().downcast::<SessionState<T>>().ok()?;
        if state.stage.is_committed() && state.loaded.get().is_none() {
            return None;
        }
        state.handles.fetch_add(1, Ordering::Relaxed);
        Some(Session(state))
    }

    /// Returns a handle of the session, like [`session`](Self::session), for a handler that asks
    /// for it.
    ///
    /// `parked` is what the request holds. `mend` says what an application of this framework must
    /// register, and where, because the layer may be registered in the wrong place. For example:
    /// `add .layer(SessionLayer::new(sessions)) after the routes`.
    ///
    /// # Errors
    /// [`MissingLayer`] if no session of this type was parked. Answer 500.
    pub fn require<T: SessionData>(
        parked: Option<&Self>,
        mend: &'static str,
    ) -> Result<Session<T>, MissingLayer> {
        parked.and_then(Self::session).ok_or_else(|| {
            let present = parked
                .into_iter()
                .flat_map(Self::slots)
                .map(|slot| Arc::clone(slot.cookie()))
                .collect();
            MissingLayer::new::<T>(mend, present)
        })
    }

    fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.first.iter().chain(&self.others)
    }

    fn park(&mut self, slot: Slot) {
        if self.first.is_none() {
            self.first = Some(slot);
        } else {
            self.others.push(slot);
        }
    }

    /// Forgets this kind's session if it is closed and was never touched, so that whatever runs
    /// afterwards (an error page, for example) can have a session. A touched session stays: it can
    /// be read but not written.
    fn drop_untouched(&mut self, kind: usize) {
        let gone = |slot: &Slot| slot.kind() == kind && slot.is_closed_and_untouched();
        if self.first.as_ref().is_some_and(gone) {
            self.first = None;
        }
        self.others.retain(|slot| !gone(slot));
    }
}

/// Shows the cookies' names.
impl fmt::Debug for Parked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.slots().map(|slot| slot.cookie())).finish()
    }
}

/// One request and its response, as an adapter holds them.
///
/// Dropping it without a commit closes the session. This happens when the request is cancelled or
/// its service fails.
pub struct Exchange<T> {
    session: Session<T>,
}

impl<T: SessionData> Exchange<T> {
    /// Loads a session and parks it.
    ///
    /// Returns `None` if a layer of the same `Sessions` has already done so and will commit it.
    ///
    /// # Errors
    /// [`LayerConflict`] if another layer around this handler has the same cookie or the same type.
    /// Answer 500.
    pub fn begin(
        sessions: &Sessions<T>,
        parked: &mut Parked,
        load: impl FnOnce(&Sessions<T>) -> Session<T>,
    ) -> Result<Option<Self>, LayerConflict> {
        parked.drop_untouched(sessions.identity());
        for slot in parked.slots() {
            if sessions.is(slot.kind()) {
                return Ok(None);
            }
            if **slot.cookie() == *sessions.cookie_name() {
                return Err(LayerConflict::SameCookie { cookie: Arc::clone(slot.cookie()) });
            }
            if slot.data() == TypeId::of::<T>() {
                return Err(LayerConflict::SameType {
                    data: slot.data_name(),
                    cookies: [Arc::clone(slot.cookie()), sessions.shared_name()],
                });
            }
        }
        let session = load(sessions);
        parked.park(Arc::clone(&session.0) as Slot);
        Ok(Some(Self { session }))
    }

    /// Commits the session on the response.
    ///
    /// First drop every part of the handler that still holds a handle: each remaining handle counts
    /// as a touch.
    ///
    /// # Errors
    /// The same as [`Sessions::commit`]. Answer 500.
    pub fn commit(&self, status: StatusCode, headers: &mut HeaderMap) -> Result<(), CommitError> {
        self.commit_fields(status.as_u16(), headers)
    }

    /// Commits the session like [`commit`](Self::commit), for frameworks without `http` types.
    ///
    /// # Errors
    /// The same as [`Sessions::commit`]. Answer 500.
    pub fn commit_fields(
        &self,
        status: u16,
        headers: &mut dyn ResponseFields,
    ) -> Result<(), CommitError> {
        commit::commit(&self.session, status, headers)
    }

    /// Commits the session and ends the exchange.
    ///
    /// # Errors
    /// [`Failure`]. Answer with it in place of the response, and send the fields left in `headers`.
    /// There are none, unless the session was purged: a purge is carried out despite the failure,
    /// so `headers` then holds its deletions and `Cache-Control: no-store`.
    pub fn finish(self, status: StatusCode, headers: &mut HeaderMap) -> Result<(), Failure> {
        self.commit(status, headers).map_err(|error| {
            *headers = HeaderMap::new();
            let lines = self.deletions_of_a_purge();
            if !lines.is_empty() {
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                // An empty map has room for them.
                let _ = headers.append_set_cookies(lines);
            }
            Failure::from(&error)
        })
    }

    /// Returns the lines that go out with the 500 after a failed commit, beside `Cache-Control:
    /// no-store`.
    pub(crate) fn deletions_of_a_purge(&self) -> Vec<String> {
        commit::deletions_of_a_purge(&self.session.0)
    }

    /// Returns `true` if the session was touched or a handle of it is still held. The response then
    /// has something to say about the session.
    pub fn is_touched(&self) -> bool {
        self.session.0.is_touched()
    }
}

impl<T> fmt::Debug for Exchange<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("session", &self.session).finish()
    }
}

impl<T> Drop for Exchange<T> {
    fn drop(&mut self) {
        self.session.close();
    }
}
