//! Whether a session can still be written, and what its commit answered.
//!
//! ```text
//! Open ─▶ Committed(result)
//!   └───▶ Closed ─▶ Committed(result)
//! ```
//! A write is accepted under this lock, and so is the end of writing: a write is either in what
//! `commit` sends, or it is refused. No code of the application runs under the lock.

use crate::error::CommitError;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) struct Stage(Mutex<State>);

#[derive(Clone, Copy)]
enum State {
    Open,
    /// No response was to come.
    Closed,
    Committed(Result<(), CommitError>),
}

/// The session is open while this lives.
pub(crate) struct Writable<'a>(
    #[expect(dead_code, reason = "it holds the lock")] MutexGuard<'a, State>,
);

/// What a commit has to do.
pub(crate) enum Begun {
    /// The session was open until now.
    Respond,
    /// It was closed before: nothing of it is sent.
    TellCaches,
    /// An earlier commit answered this.
    Answered(Result<(), CommitError>),
}

impl Stage {
    pub(crate) const fn open() -> Self {
        Self(Mutex::new(State::Open))
    }

    /// `None` if the session is open no more.
    pub(crate) fn writable(&self) -> Option<Writable<'_>> {
        let state = self.lock();
        matches!(*state, State::Open).then(|| Writable(state))
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(*self.lock(), State::Open)
    }

    pub(crate) fn is_committed(&self) -> bool {
        matches!(*self.lock(), State::Committed(_))
    }

    pub(crate) fn close(&self) {
        let mut state = self.lock();
        if matches!(*state, State::Open) {
            *state = State::Closed;
        }
    }

    /// Closes the session for its commit. Until `answer` is called, the answer is that the commit
    /// panicked.
    pub(crate) fn begin_commit(&self) -> Begun {
        let mut state = self.lock();
        let begun = match *state {
            State::Open => Begun::Respond,
            State::Closed => Begun::TellCaches,
            State::Committed(answer) => return Begun::Answered(answer),
        };
        *state = State::Committed(Err(CommitError::Panicked));
        begun
    }

    pub(crate) fn answer(&self, answer: Result<(), CommitError>) {
        *self.lock() = State::Committed(answer);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
