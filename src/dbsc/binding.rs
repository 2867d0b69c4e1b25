//! `DeviceBinding`: whether the session of a request is bound to the visitor's device.

use crate::error::Unproven;
use std::time::SystemTime;

/// Whether a session is bound to the visitor's device. Returned by
/// [`Session::binding`](crate::Session::binding).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceBinding {
    /// There is no session, or it was signed in without a proof.
    Unbound,
    /// The session is bound, and the request has a fresh proof of its key.
    Bound {
        /// When the browser last proved that it has the key.
        proven_at: SystemTime,
    },
    /// The session that came is bound, and the request has no fresh proof. It reads as empty.
    Unproven(Unproven),
}
