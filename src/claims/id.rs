//! `SessionId`: 16 bytes that identify a session, inside its seal.

use std::fmt;

/// Sixteen random bytes that identify a session, inside its seal. Printed as 32 hexadecimal digits.
///
/// Knowing an id does not allow making a cookie. Ids are for lists: of sessions to refuse, or of a
/// user's sessions.
///
/// ```
/// use sealed_session::{KeyRing, Map, SessionId, Sessions};
///
/// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?)?;
/// let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
/// session.renew()?; // the visitor has just signed in
/// let id = session.id().expect("renew() draws one");
/// assert_eq!(SessionId::from(id.to_bytes()), id);
/// assert_eq!(id.to_string().len(), 32);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId([u8; 16]);

impl SessionId {
    /// Returns the bytes as stored in the claims.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl From<[u8; 16]> for SessionId {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}
