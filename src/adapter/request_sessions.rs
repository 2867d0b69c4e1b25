//! `RequestSessions`: the sessions of one request, of any types.

use crate::adapter::mistakes::MissingLayer;
use crate::data::session_data::SessionData;
use crate::session::Session;
use crate::session::state::{Phase, SessionState};
use std::any::{Any, TypeId, type_name};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The sessions of one request, as an adapter keeps them between its layers and the handler: in a
/// request's extensions, a depot or a local cache.
///
/// A session that is kept here does not count as a handle that the application holds.
#[derive(Clone, Default)]
pub struct RequestSessions {
    first: Option<Slot>,
    others: Vec<Slot>,
    /// A layer with `Builder::cross_origin` has decided about the request.
    pub(super) cross_origin_decided: bool,
}

/// A `SessionState` of any type.
pub(super) type Slot = Arc<dyn AnySession>;

pub(super) trait AnySession: Send + Sync {
    /// Returns the identity of its `Sessions`.
    fn kind(&self) -> usize;
    fn cookie(&self) -> &Arc<str>;
    fn data(&self) -> TypeId;
    fn data_name(&self) -> &'static str;
    /// Returns the path of its endpoints.
    #[cfg(feature = "dbsc")]
    fn device_path(&self) -> Option<&str>;
    fn is_closed_and_untouched(&self) -> bool;
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<T: SessionData> AnySession for SessionState<T> {
    fn kind(&self) -> usize {
        Arc::as_ptr(&self.config) as usize
    }

    fn cookie(&self) -> &Arc<str> {
        self.config.cookie.name().shared()
    }

    fn data(&self) -> TypeId {
        TypeId::of::<T>()
    }

    fn data_name(&self) -> &'static str {
        type_name::<T>()
    }

    #[cfg(feature = "dbsc")]
    fn device_path(&self) -> Option<&str> {
        self.config.device_path()
    }

    fn is_closed_and_untouched(&self) -> bool {
        matches!(
            self.phase(),
            Phase::Abandoned { loaded: false } | Phase::Committed { loaded: false }
        )
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl RequestSessions {
    /// Returns a handle of the session of this type.
    ///
    /// Returns `None` if there is no session of this type, or if it was committed without having
    /// been accessed: the response then told caches nothing about the session.
    pub fn session<T: SessionData>(&self) -> Option<Session<T>> {
        let slot = self.slots().find(|slot| slot.data() == TypeId::of::<T>())?;
        let state = Arc::clone(slot).into_any().downcast::<SessionState<T>>().ok()?;
        if state.phase() == (Phase::Committed { loaded: false }) {
            return None;
        }
        state.handles.fetch_add(1, Ordering::Relaxed);
        Some(Session(state))
    }

    /// Returns a handle of the session, like [`session`](Self::session), for a handler that asks
    /// for it.
    ///
    /// `kept` is what the request holds. `fix` says what an application of this framework must
    /// register, and where, because the layer may be registered in the wrong place. For example:
    /// `add .layer(SessionLayer::new(sessions)) after the routes`.
    ///
    /// # Errors
    /// [`MissingLayer`] if there is no session of this type, or if it was committed without having
    /// been accessed. Answer 500.
    pub fn require<T: SessionData>(
        kept: Option<&Self>,
        fix: &'static str,
    ) -> Result<Session<T>, MissingLayer> {
        let slots = || kept.into_iter().flat_map(Self::slots);
        if let Some(session) = kept.and_then(Self::session) {
            Ok(session)
        } else if slots().any(|slot| slot.data() == TypeId::of::<T>()) {
            Err(MissingLayer::committed::<T>(fix))
        } else {
            let present = slots().map(|slot| Arc::clone(slot.cookie())).collect();
            Err(MissingLayer::not_registered::<T>(fix, present))
        }
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.first.iter().chain(&self.others)
    }

    pub(super) fn keep(&mut self, slot: Slot) {
        if self.first.is_none() {
            self.first = Some(slot);
        } else {
            self.others.push(slot);
        }
    }

    /// Forgets this kind's session if it is closed and was never touched, so that whatever runs
    /// afterwards (an error page, for example) can have a session. A touched session stays: it can
    /// be read but not written.
    pub(super) fn drop_untouched(&mut self, kind: usize) {
        let gone = |slot: &Slot| slot.kind() == kind && slot.is_closed_and_untouched();
        if self.first.as_ref().is_some_and(gone) {
            self.first = None;
        }
        self.others.retain(|slot| !gone(slot));
    }
}

/// Shows the cookies' names.
impl fmt::Debug for RequestSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.slots().map(|slot| slot.cookie())).finish()
    }
}
