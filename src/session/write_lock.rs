//! One thread at a time: other threads wait, and the same thread learns that it is inside. A
//! session has one gate for its writers, one for its opening and one for its commit. A panic inside
//! leaves it open and poisons nothing. It works without threads, since nobody waits there.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub(crate) struct Gate {
    lock: Mutex<()>,
    /// The thread that is inside, by its number.
    writer: AtomicUsize,
}

const NOBODY: usize = 0;

/// The calling thread is inside already.
pub(crate) struct Busy;

pub(crate) struct Inside<'a> {
    gate: &'a Gate,
    /// Given back after `drop` below.
    _lock: MutexGuard<'a, ()>,
}

impl Gate {
    pub(crate) fn enter(&self) -> Result<Inside<'_>, Busy> {
        if self.is_entered_here() {
            return Err(Busy);
        }
        let me = this_thread();
        let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.writer.store(me, Ordering::Relaxed);
        Ok(Inside { gate: self, _lock: lock })
    }

    /// Whether the calling thread is inside.
    pub(crate) fn is_entered_here(&self) -> bool {
        // Only this thread stores its number and takes it away again, so what it reads is never out
        // of date.
        self.writer.load(Ordering::Relaxed) == this_thread()
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.gate.writer.store(NOBODY, Ordering::Relaxed);
    }
}

/// A number that no other thread has that runs at the same time: the address of a variable of its
/// own.
fn this_thread() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| std::ptr::from_ref(here).addr())
}
