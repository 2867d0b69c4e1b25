//! `WriteKind`: the kinds of write, which refusals each passes, and what it allows afterwards.
//!
//! | kind | `CrossSite` | unreadable, maybe readable elsewhere | unproven | later writes are then allowed |
//! | --- | --- | --- | --- | --- |
//! | change, flash | refused | refused | refused | no |
//! | take | allowed | allowed | allowed | no |
//! | replace | allowed | refused | refused | unless the new value is empty |
//! | renew | allowed | allowed | allowed | yes |
//! | purge | allowed | allowed | allowed | not on a `CrossSite` request |

use crate::error::{Reason, SessionError};
use crate::session::load_status::LoadStatus;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WriteKind {
    /// Changes part of the session.
    Change,
    /// Adds a flash message.
    Flash,
    /// Takes the pending flash messages.
    Take,
    /// Replaces the data with a whole new value.
    Replace,
    /// The visitor has proved who they are.
    Renew,
    /// Ends the session.
    Purge,
}

impl WriteKind {
    /// Refuses a write that could replace a session that this server has not seen.
    /// `maybe_readable_elsewhere`: another server may be able to read what came, and the
    /// configuration protects it.
    pub(crate) fn check(
        self,
        status: LoadStatus,
        maybe_readable_elsewhere: bool,
    ) -> Result<(), SessionError> {
        let cross_site = status == LoadStatus::CrossSite;
        let unproven = matches!(status, LoadStatus::Rejected(Reason::Unproven(_)));
        match self {
            Self::Change | Self::Flash | Self::Replace if unproven => Err(SessionError::Unproven),
            Self::Change | Self::Flash if cross_site => Err(SessionError::CrossSite),
            Self::Change | Self::Flash | Self::Replace if maybe_readable_elsewhere => {
                Err(SessionError::Unreadable)
            }
            _ => Ok(()),
        }
    }

    /// Returns `true` if later writes of any kind are allowed after this one. `is_empty`: the data
    /// is the empty session's afterwards. A purge on a cross-site request, and setting an empty
    /// value, do not allow them: the "signed out" message that follows must not replace a session
    /// that was not seen.
    pub(crate) fn permits_later_writes(self, status: LoadStatus, is_empty: bool) -> bool {
        match self {
            Self::Renew => true,
            Self::Replace => !is_empty,
            Self::Purge => status != LoadStatus::CrossSite,
            Self::Change | Self::Flash | Self::Take => false,
        }
    }

    /// Returns how many flash messages, from the newest, must not be dropped to make room.
    pub(crate) fn keeps_flashes(self) -> usize {
        usize::from(self == Self::Flash)
    }
}
