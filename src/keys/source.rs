//! The source of a ring that changes by itself. It is a trait so that a program without a
//! `KeyFile`, such as a function at the edge, does not contain the code of one.

use super::ring::Ring;
use crate::events::DeferredEvents;

pub(super) trait Source: Send + Sync {
    /// Checks the source if a check is due, and passes a new ring to `put`.
    fn poll(
        &self,
        cause: Trigger,
        now: u64,
        events: &mut DeferredEvents,
        put: &mut dyn FnMut(Ring),
    );
}

/// Why the source is checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trigger {
    /// The ring is used.
    Use,
    /// A cookie names a key that is not in the ring.
    UnknownKey,
    /// The application asked for it.
    Asked,
}
