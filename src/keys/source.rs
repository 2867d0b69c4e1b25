//! Where a ring that changes by itself comes from: `watched` is such a source, and `key_ring` looks
//! at it on use. A trait, so that a program without a `KeyFile`, such as a function at the edge,
//! has nothing of it.

use super::ring::Ring;
use crate::events::RingNews;

pub(super) trait Source: Send + Sync {
    /// Looks, where it is time to, and hands a new ring to `put`.
    fn look(&self, cause: Cause, now: u64, news: &mut Vec<RingNews>, put: &mut dyn FnMut(Ring));
}

/// Why the source is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The ring is used.
    Use,
    /// A cookie names a key that the ring has not.
    UnknownKey,
    /// The application says so.
    Asked,
}
