//! Why a cookie of our name did not open, with the details for its event.

use crate::clock::unix_time::UnixTime;
use crate::error::Reason;

/// Why a candidate was rejected.
#[derive(Clone, Copy)]
pub(crate) struct Rejection {
    pub(crate) reason: Reason,
    /// When the cookie was issued, if known. If several expired or were refused, the one issued
    /// last gives the reason.
    pub(crate) issued: Option<UnixTime>,
    /// The session ended longer ago than browsers keep cookies.
    pub(crate) stale: bool,
    /// The thumbprint of the key that an unproven session is bound to.
    #[cfg(feature = "dbsc")]
    pub(crate) bound_to: Option<[u8; 16]>,
}

impl From<Reason> for Rejection {
    fn from(reason: Reason) -> Self {
        Self {
            reason,
            issued: None,
            stale: false,
            #[cfg(feature = "dbsc")]
            bound_to: None,
        }
    }
}
