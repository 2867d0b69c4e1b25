//! The application's hooks for events.
//!
//! - They are called outside the crate's locks.
//! - A panic in a hook is caught: the other hooks run, and so does the request. A hook that counts
//!   must not turn a working response into a 500.
//! - What a hook does to a session or a ring calls no hook on its thread, so hooks do not recurse.

use crate::hooks::event::Event;
use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub(crate) type EventHook = Box<dyn Fn(&Event<'_>) + Send + Sync>;

/// All hooks of one kind of session.
pub(crate) struct EventHooks(pub(crate) Vec<EventHook>);

thread_local!(static IN_A_HOOK: Cell<bool> = const { Cell::new(false) });

/// While this lives, a hook runs on this thread.
struct Inside;

impl Inside {
    /// Returns `None` if a hook runs on this thread already.
    fn enter() -> Option<Self> {
        (!IN_A_HOOK.replace(true)).then(|| Self)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        IN_A_HOOK.set(false);
    }
}

impl EventHooks {
    pub(crate) const fn none() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Calls all hooks, in the order in which they were given. Returns `true` if one panicked.
    #[must_use]
    pub(crate) fn call(&self, event: &Event<'_>) -> bool {
        let Some(_inside) = Inside::enter() else { return false };
        let call = |hook: &EventHook| catch_unwind(AssertUnwindSafe(|| hook(event)));
        let panics = self.0.iter().filter_map(|hook| call(hook).err()).map(discard).count();
        panics > 0
    }
}

/// Drops what a panic carries, which can panic too.
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
    }
}
