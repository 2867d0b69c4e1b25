//! The application's callbacks: validation, and the end of a session.

pub(crate) mod on_end;
pub(crate) mod validate;

pub use on_end::{EndCause, SessionEnd};
