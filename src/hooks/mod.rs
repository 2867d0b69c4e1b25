//! The application's callbacks: validation, the end of a session, and events.

mod event;
pub(crate) mod on_end;
pub(crate) mod on_event;
pub(crate) mod validate;

pub use event::{EndedBy, Event, EventKind, EventLevel};
pub use on_end::{EndCause, SessionEnd};
