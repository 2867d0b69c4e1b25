//! A write: every change of a session goes through here.
//!
//! 1. The session is opened, if it was not. Then the write lock is taken. A write inside a write, or
//!    while the session is being opened, is `Busy`.
//! 2. The write is refused if the response was sent, or if it could replace a session that this
//!    server has not seen (`write_kind.rs`).
//! 3. The change makes the next snapshot. It is encoded, gets an id if it must have one, and is
//!    measured: the oldest flash messages are dropped until it fits.
//! 4. What was encoded is read back.
//! 5. The next snapshot replaces the current one, if the response was not sent meanwhile.
//! 6. If the write was refused, an event says so after the lock was released.
//!
//! A write that fails at any step changes nothing.

use crate::data::session_data::SessionData;
use crate::error::SessionError;
use crate::hooks::EventKind;
use crate::session::Session;
use crate::session::snapshot::Snapshot;
use crate::session::state::{Loaded, SessionState};
use crate::session::write_kind::WriteKind;
use std::sync::Arc;

impl<T: SessionData> Session<T> {
    /// Changes the session. `change` returns the snapshot that replaces the current one, if any.
    pub(super) fn write<R, E: From<SessionError>>(
        &self,
        kind: WriteKind,
        change: impl FnOnce(
            &SessionState<T>,
            &Loaded<T>,
            &Snapshot<T>,
        ) -> Result<(Option<Snapshot<T>>, R), E>,
    ) -> Result<R, E> {
        self.write_keeping(kind, change).map(|(answer, _displaced)| answer)
    }

    /// Does the same, and returns the replaced snapshot, so that the caller drops it last: the
    /// data's own `Drop` may panic.
    #[expect(clippy::type_complexity, reason = "each part is named once")]
    pub(super) fn write_keeping<R, E: From<SessionError>>(
        &self,
        kind: WriteKind,
        change: impl FnOnce(
            &SessionState<T>,
            &Loaded<T>,
            &Snapshot<T>,
        ) -> Result<(Option<Snapshot<T>>, R), E>,
    ) -> Result<(R, Option<Arc<Snapshot<T>>>), E> {
        let state = &*self.0;
        // Before the lock: another thread may hold it and wait for this opening.
        if state.opener.is_entered_here() {
            return Err(SessionError::Busy.into());
        }
        // Opened before the lock, because opening calls the application's hooks.
        if state.loaded.get().is_none() && state.stage.is_open() {
            state.loaded();
        }
        let mut refused = None;
        let mut note = |error: &SessionError| refused = event_of(error);
        let inside = state.write_lock.enter().map_err(|_| SessionError::Busy)?;
        let outcome = (|| {
            // Checked again when the write is accepted. Checked here for threads that waited for
            // the lock, and to save work.
            if !state.stage.is_open() {
                return Err(SessionError::Responded.into());
            }
            let loaded = state.loaded();
            loaded.check_write(kind).inspect_err(&mut note)?;
            let (mut next, answer) = change(state, loaded, &loaded.snapshot())?;
            if let Some(next) = &mut next {
                if !state.config.is_empty(next) {
                    prepare(state, loaded, kind, next).inspect_err(&mut note)?;
                }
                state.config.read_back(next).map_err(|why| loaded.unencodable(why))?;
            }
            let displaced = state.accept(loaded, kind, next)?;
            Ok((answer, displaced))
        })();
        drop(inside);
        if let Some(event) = refused {
            state.config.log.emit(event, state.loaded().now);
        }
        outcome
    }
}

/// Makes a snapshot ready to be sealed, or refuses it.
fn prepare<T: SessionData>(
    state: &SessionState<T>,
    loaded: &Loaded<T>,
    kind: WriteKind,
    next: &mut Snapshot<T>,
) -> Result<(), SessionError> {
    let config = &*state.config;
    if !loaded.can_seal() {
        return Err(SessionError::NoSealingKey);
    }
    config.reencode(next).map_err(SessionError::Unencodable)?;
    config.ensure_id(next)?;
    config.enforce_size(kind, next)
}

/// Returns the event for a refused write, if it is one that an operator should see.
fn event_of(error: &SessionError) -> Option<EventKind> {
    match *error {
        SessionError::TooLarge { needed, allowed, .. } => {
            Some(EventKind::TooLarge { needed, allowed })
        }
        SessionError::NoSealingKey => Some(EventKind::NoSealingKey),
        SessionError::CrossSite | SessionError::Unreadable | SessionError::Unproven => {
            Some(EventKind::WriteRefused { why: error.word() })
        }
        _ => None,
    }
}
