//! One writer at a time, per session handle: other threads wait, the same thread is told that it is inside. `session` and `commit`
//! enter it. A panic inside leaves it open, and poisons nothing. Works where there are no threads, since nobody ever waits there.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

#[derive(Default)]
pub(crate) struct Gate {
    inside: Mutex<Option<ThreadId>>,
    left: Condvar,
}

/// The calling thread is inside already.
pub(crate) struct Busy;

pub(crate) struct Inside<'a>(&'a Gate);

impl Gate {
    pub(crate) fn enter(&self) -> Result<Inside<'_>, Busy> {
        let me = thread::current().id();
        let mut inside = self.lock();
        loop {
            match *inside {
                None => {
                    *inside = Some(me);
                    return Ok(Inside(self));
                }
                Some(writer) if writer == me => return Err(Busy),
                Some(_) => inside = self.left.wait(inside).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<ThreadId>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        *self.0.lock() = None;
        self.0.left.notify_one();
    }
}
