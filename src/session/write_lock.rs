//! A lock that lets in one thread at a time. Other threads wait; a thread that is already inside
//! gets `Busy`. A session has one for its writers, one for its opening and one for its commit. A
//! panic inside releases it and poisons nothing. It works on platforms without threads, because
//! nothing waits there.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub(crate) struct ThreadLock {
    lock: Mutex<()>,
    /// The number of the thread that is inside.
    writer: AtomicUsize,
}

const NOBODY: usize = 0;

/// The calling thread is already inside.
pub(crate) struct Busy;

pub(crate) struct Inside<'a> {
    write_lock: &'a ThreadLock,
    /// Released after `drop` below.
    _lock: MutexGuard<'a, ()>,
}

impl ThreadLock {
    pub(crate) fn enter(&self) -> Result<Inside<'_>, Busy> {
        if self.is_entered_here() {
            return Err(Busy);
        }
        let me = this_thread();
        let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.writer.store(me, Ordering::Relaxed);
        Ok(Inside { write_lock: self, _lock: lock })
    }

    /// Returns `true` if the calling thread is inside.
    pub(crate) fn is_entered_here(&self) -> bool {
        // Only this thread stores its number and removes it, so what it reads is never out of date.
        self.writer.load(Ordering::Relaxed) == this_thread()
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.write_lock.writer.store(NOBODY, Ordering::Relaxed);
    }
}

/// Returns a number that differs from that of every other running thread: the address of a
/// thread-local variable.
fn this_thread() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| std::ptr::from_ref(here).addr())
}
