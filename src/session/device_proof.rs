//! What a request shows about the key that its session is bound to.
//!
//! It has the size of a pointer, and is zero-sized without the feature `dbsc`, because every request
//! allocates the state that holds it.

#[cfg(feature = "dbsc")]
use crate::clock::unix_time::UnixTime;
use crate::error::rejection::Rejection;

/// Empty without a session, for an unbound session, and while the binding is off.
#[derive(Default)]
pub(crate) struct DeviceProof(#[cfg(feature = "dbsc")] Option<Box<Shown>>);

#[cfg(feature = "dbsc")]
enum Shown {
    /// The device proved then that it has the key.
    Proven(UnixTime),
    /// The session is bound to the key with this thumbprint, and nothing proves it.
    Unproven([u8; 16]),
}

#[cfg(feature = "dbsc")]
impl DeviceProof {
    pub(crate) fn proven(at: UnixTime) -> Self {
        Self(Some(Box::new(Shown::Proven(at))))
    }

    pub(crate) fn of_rejected(rejection: &Rejection) -> Self {
        Self(rejection.bound_to.map(|key| Box::new(Shown::Unproven(key))))
    }

    /// Returns when the key was proven.
    pub(crate) fn proven_at(&self) -> Option<UnixTime> {
        match self.0.as_deref() {
            Some(Shown::Proven(at)) => Some(*at),
            _ => None,
        }
    }

    /// Returns the thumbprint of the key that was not proven.
    pub(crate) fn unproven_key(&self) -> Option<[u8; 16]> {
        match self.0.as_deref() {
            Some(Shown::Unproven(thumbprint)) => Some(*thumbprint),
            _ => None,
        }
    }
}

#[cfg(not(feature = "dbsc"))]
impl DeviceProof {
    pub(crate) fn of_rejected(_: &Rejection) -> Self {
        Self()
    }
}
