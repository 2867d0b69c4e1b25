//! One writer at a time, per session handle: other threads wait, the same thread is told that it is inside. `session` and `commit`
//! enter it. A panic inside leaves it open, and poisons nothing. Works where there are no threads, since nobody ever waits there.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

#[derive(Default)]
pub(crate) struct Gate {
    queue: Mutex<Queue>,
    left: Condvar,
}

#[derive(Default)]
struct Queue {
    inside: Option<ThreadId>,
    waiting: usize,
}

/// The calling thread is inside already.
pub(crate) struct Busy;

pub(crate) struct Inside<'a>(&'a Gate);

impl Gate {
    pub(crate) fn enter(&self) -> Result<Inside<'_>, Busy> {
        let me = thread::current().id();
        let mut queue = self.lock();
        loop {
            match queue.inside {
                None => {
                    queue.inside = Some(me);
                    return Ok(Inside(self));
                }
                Some(writer) if writer == me => return Err(Busy),
                Some(_) => {
                    queue.waiting += 1;
                    queue = self.left.wait(queue).unwrap_or_else(PoisonError::into_inner);
                    queue.waiting -= 1;
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        queue.inside = None;
        let somebody_waits = queue.waiting > 0;
        drop(queue);
        // To wake is a system call, whether or not anybody sleeps.
        if somebody_waits {
            self.0.left.notify_one();
        }
    }
}
