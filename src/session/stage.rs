//! Whether a session can still be written, and the result of its commit.
//!
//! ```text
//! Open ─▶ Committing ─▶ Committed(result)
//!   └───▶ Closed ─▶ Committing ─▶ Committed(result)
//! ```
//! A commit into cookies for a jar goes from Open by Committing to Closed, or on an error to
//! Committed.
//!
//! The lock is held while a write is accepted, and while the stage changes. So a write is either in
//! what `commit` sends, or it is refused. No code of the application runs under the lock.

use crate::error::SessionError;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

#[derive(Default)]
pub(crate) struct Stage {
    state: Mutex<State>,
    /// The error of the commit, if it failed. Apart from the state, which is copied at each use.
    error: OnceLock<Box<SessionError>>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    /// No response was expected, or the cookies went into a jar.
    Closed,
    /// A commit has begun. If it panics, it stays so.
    Committing,
    /// A commit has ended.
    Committed,
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
    /// Returns `None` if the session is no longer open.
    pub(crate) fn writable(&self) -> Option<Writable<'_>> {
        let state = self.lock();
        (*state == State::Open).then(|| Writable(state))
    }

    pub(crate) fn is_open(&self) -> bool {
        *self.lock() == State::Open
    }

    pub(crate) fn is_committed(&self) -> bool {
        matches!(*self.lock(), State::Committing | State::Committed)
    }

    pub(crate) fn close(&self) {
        let mut state = self.lock();
        if *state == State::Open {
            *state = State::Closed;
        }
    }

    /// Closes the session for its commit. Until `answer` is called, the result is that the commit
    /// panicked.
    #[inline]
    pub(crate) fn begin_commit(&self) -> Begun {
        let mut state = self.lock();
        let begun = match *state {
            State::Open => Begun::Respond,
            State::Closed => Begun::TellCaches,
            State::Committing => return Begun::Answered(Err(SessionError::CommitPanicked)),
            State::Committed => {
                let error = self.error.get().map(|error| SessionError::clone(error));
                return Begun::Answered(error.map_or(Ok(()), Err));
            }
        };
        *state = State::Committing;
        begun
    }

    /// Closes the session for a commit into something else than a response. Until
    /// `end_elsewhere` is called, the result is that the commit panicked.
    #[cfg(feature = "cookie")]
    pub(crate) fn begin_elsewhere(&self) -> Result<(), SessionError> {
        let mut state = self.lock();
        match *state {
            State::Open => {
                *state = State::Committing;
                Ok(())
            }
            State::Committing => Err(SessionError::CommitPanicked),
            State::Closed | State::Committed => {
                Err(self.error.get().map_or(SessionError::Responded, |error| (**error).clone()))
            }
        }
    }

    /// After a success, a response gets nothing of the session. After an error, its commit returns
    /// that error.
    #[cfg(feature = "cookie")]
    pub(crate) fn end_elsewhere(&self, outcome: &Result<(), SessionError>) {
        match outcome {
            Ok(()) => *self.lock() = State::Closed,
            Err(_) => self.answer(outcome),
        }
    }

    #[inline]
    pub(crate) fn answer(&self, answer: &Result<(), SessionError>) {
        if let Err(error) = answer {
            self.error.get_or_init(|| Box::new(error.clone()));
        }
        *self.lock() = State::Committed;
    }

    #[inline]
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
