//! Whether a session can still be written, and the result of its commit.
//!
//! ```text
//! Open ─▶ Committing ─▶ Committed(result)
//!   └───▶ Closed ─▶ Committing ─▶ Committed(result)
//! ```
//! The lock is held while a write is accepted, and while the stage changes. So a write is either in
//! what `commit` sends, or it is refused. No code of the application runs under the lock.

use crate::error::SessionError;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) struct Stage(Mutex<State>);

enum State {
    Open,
    /// `Session::close` was called: no response is expected.
    Closed,
    /// A commit has begun. If it panics, it stays so.
    Committing,
    /// The error is boxed: there is almost never one.
    Committed(Result<(), Box<SessionError>>),
}

/// While this lives, the session stays open.
pub(crate) struct Writable<'a>(
    #[expect(dead_code, reason = "it holds the lock")] MutexGuard<'a, State>,
);

/// What a commit must do.
pub(crate) enum Begun {
    /// The session was open until now.
    Respond,
    /// It was closed before: nothing of it is sent.
    TellCaches,
    /// An earlier commit returned this.
    Answered(Result<(), SessionError>),
}

impl Stage {
    pub(crate) const fn open() -> Self {
        Self(Mutex::new(State::Open))
    }

    /// Returns `None` if the session is no longer open.
    pub(crate) fn writable(&self) -> Option<Writable<'_>> {
        let state = self.lock();
        matches!(*state, State::Open).then(|| Writable(state))
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(*self.lock(), State::Open)
    }

    pub(crate) fn is_committed(&self) -> bool {
        matches!(*self.lock(), State::Committing | State::Committed(_))
    }

    pub(crate) fn close(&self) {
        let mut state = self.lock();
        if matches!(*state, State::Open) {
            *state = State::Closed;
        }
    }

    /// Closes the session for its commit. Until `answer` is called, the result is that the commit
    /// panicked.
    pub(crate) fn begin_commit(&self) -> Begun {
        let mut state = self.lock();
        let begun = match &*state {
            State::Open => Begun::Respond,
            State::Closed => Begun::TellCaches,
            State::Committing => return Begun::Answered(Err(SessionError::CommitPanicked)),
            State::Committed(Ok(())) => return Begun::Answered(Ok(())),
            State::Committed(Err(error)) => {
                return Begun::Answered(Err(SessionError::clone(error)));
            }
        };
        *state = State::Committing;
        begun
    }

    pub(crate) fn answer(&self, answer: &Result<(), SessionError>) {
        let answer = match answer {
            Ok(()) => Ok(()),
            Err(error) => Err(Box::new(error.clone())),
        };
        *self.lock() = State::Committed(answer);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
