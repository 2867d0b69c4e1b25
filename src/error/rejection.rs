//! Why a cookie of our name did not open, with what its event needs: made by `candidate`, handed on
//! by `state`, told by `events`.

use crate::error::Reason;

/// Why a candidate did not pass.
#[derive(Clone, Copy)]
pub(crate) struct Rejection {
    pub(crate) reason: Reason,
    /// When it was issued, where that is known: of several that expired, or were refused, the last
    /// one names the reason.
    pub(crate) issued: u64,
    /// Over for longer than browsers keep cookies.
    pub(crate) stale: bool,
    /// The application's own reason, where it is the application that refused.
    pub(crate) refusal: Option<&'static str>,
}

impl From<Reason> for Rejection {
    fn from(reason: Reason) -> Self {
        Self { reason, issued: 0, stale: false, refusal: None }
    }
}
