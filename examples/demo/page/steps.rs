//! The three steps: sign in, steal the cookie, rotate the key. Which one is next follows from what
//! the browser sent and from the ring, and its button is the page's primary one.

use super::exhibit::Exhibit;
use crate::Demo;
use crate::stored::StoredValue;
use crate::thief::Loot;
use crate::visit::Visit;
use sealed_session::Session;
use sealed_session::inspect::Inspector;
use sealed_session::keys::KeyId;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    SignIn,
    SaveCopy,
    SignOut,
    Replay,
    Rotate,
    Refresh,
    Retire,
    StartOver,
}

/// A numbered section of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chapter {
    SignIn,
    Steal,
    Rotate,
}

impl Chapter {
    pub const ALL: [Self; 3] = [Self::SignIn, Self::Steal, Self::Rotate];

    pub fn title(self) -> &'static str {
        match self {
            Self::SignIn => "Sign in",
            Self::Steal => "Steal the cookie",
            Self::Rotate => "Rotate the key",
        }
    }

    /// In a word or two.
    pub fn name(self) -> &'static str {
        match self {
            Self::SignIn => "Sign in",
            Self::Steal => "Steal it",
            Self::Rotate => "Rotate",
        }
    }

    /// The section's place in the page's address.
    pub fn place(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Steal => "steal",
            Self::Rotate => "rotate",
        }
    }
}

impl Step {
    /// The step that is next. Call it after the page has taken the messages.
    pub fn next(
        demo: &Demo,
        exhibit: &Exhibit,
        visit: &Session<Visit>,
        loot: Option<&Loot>,
    ) -> Self {
        let is_signed_in = visit.read(|visit| visit.user.is_some());
        let Some(loot) = loot else {
            return if is_signed_in { Self::SaveCopy } else { Self::SignIn };
        };
        let (keys, now) = (demo.ring.keys(), demo.clock.now());
        let copied = key_id(&loot.copy);
        if !keys.iter().any(|key| Some(key.id) == copied) {
            return Self::StartOver;
        }
        match (is_signed_in, loot.is_replayed) {
            (true, false) => return Self::SignOut,
            (false, false) => return Self::Replay,
            (false, true) => return Self::SignIn,
            (true, true) => {}
        }
        let sealing = demo.ring.sealing_key(now);
        if sealing == copied {
            return Self::Rotate;
        }
        // This page may bring the cookie that is sealed with the new key.
        let is_due = visit.info().refreshes_at().is_some_and(|due| due <= now);
        let moves = is_due || visit.is_modified() || key_id(&exhibit.stored) == sealing;
        if moves { Self::Retire } else { Self::Refresh }
    }

    pub fn chapter(self) -> Chapter {
        match self {
            Self::SignIn => Chapter::SignIn,
            Self::SaveCopy | Self::SignOut | Self::Replay => Chapter::Steal,
            Self::Rotate | Self::Refresh | Self::Retire | Self::StartOver => Chapter::Rotate,
        }
    }

    /// What to do, and why.
    pub fn prompt(self) -> &'static str {
        match self {
            Self::SignIn => "Enter any name. There is no password: this is a demo.",
            Self::SaveCopy => {
                "Save a copy of your session cookie, as somebody at your computer could."
            }
            Self::SignOut => "The copy is saved. Now sign out: your browser deletes its cookie.",
            Self::Replay => "You are signed out. Put the copy back into your browser.",
            Self::Rotate => "A copy opens for as long as its key does. Now rotate the key.",
            Self::Refresh => {
                "Your cookie still names the old key. Move the clock forward, so that a refresh is due."
            }
            Self::Retire => {
                "Your cookie has moved to the new key. Retire the old key, so that the copy no longer opens."
            }
            Self::StartOver => {
                "The key of the copy is gone. Replay the copy to see it rejected, or start over."
            }
        }
    }

    /// The class of this step's button.
    pub fn class(self, next: Self) -> &'static str {
        if self == next { r#" class="primary""# } else { "" }
    }
}

/// The key that a cookie names, which everyone sees.
pub fn key_id(stored: &StoredValue) -> Option<KeyId> {
    Inspector::new().inspect(&stored.value).key_id
}
