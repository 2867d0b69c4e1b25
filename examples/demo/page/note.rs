//! What was just done, if no session may be written to say so: a word in the page's address
//! (`/?note=rotated`).

use axum::response::Redirect;
use serde::Deserialize;

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    NoName,
    NotSaved,
    NotesAreFull,
    Rotated,
    Retired,
    RingRefused,
    Advanced,
    Reset,
    Flipped,
    Kept,
    Replayed,
    Forgotten,
    NoCookie,
    NoCopy,
    Writing,
    WritingLater,
}

impl Note {
    /// Leads to the part of the page that shows what was done.
    pub fn redirect(self) -> Redirect {
        Redirect::to(match self {
            Self::NoName => "/?note=no-name#next",
            Self::NotSaved => "/?note=not-saved#size",
            Self::NotesAreFull => "/?note=notes-are-full#notes",
            Self::Rotated => "/?note=rotated#rotate",
            Self::Retired => "/?note=retired#rotate",
            Self::RingRefused => "/?note=ring-refused#rotate",
            Self::Advanced => "/?note=advanced#rotate",
            Self::Reset => "/?note=reset#rotate",
            Self::Flipped => "/?note=flipped#envelope",
            Self::Kept => "/?note=kept#steal",
            Self::Replayed => "/?note=replayed#steal",
            Self::Forgotten => "/?note=forgotten#steal",
            Self::NoCookie => "/?note=no-cookie#steal",
            Self::NoCopy => "/?note=no-copy#steal",
            Self::Writing => "/?note=writing#size",
            Self::WritingLater => "/?note=writing-later#size",
        })
    }

    pub fn sentence(self) -> &'static str {
        match self {
            Self::NoName => "Please enter a name. Any name works.",
            Self::NotSaved => {
                "Not saved: the session would have become too large. It has no room for a longer message either."
            }
            Self::NotesAreFull => {
                "Not saved: the notes would not fit into their cookie. Remove one first."
            }
            Self::Rotated => {
                "A new key seals from now on, and the old one still opens. Your cookie moves to the new key at its next write or refresh."
            }
            Self::Retired => {
                "All keys except the sealing key were removed. Cookies sealed with the removed keys can no longer be opened."
            }
            Self::RingRefused => {
                "The ring was not changed: it already holds the maximum number of keys. Retire the old ones first."
            }
            Self::Advanced => {
                "The clock of this process was moved forward, for all visitors of this demo."
            }
            Self::Reset => {
                "The clock shows the real time again. Cookies sealed in the meantime are now from the future."
            }
            Self::Flipped => {
                "One bit of your cookie was flipped. Press the same button to flip it back."
            }
            Self::Kept => {
                "A copy of your session cookie was saved. Change something or sign out, then replay it."
            }
            Self::Replayed => {
                "The copy replaced your session cookie. A server that stores nothing cannot know that it is old."
            }
            Self::Forgotten => "The copy was deleted.",
            Self::NoCookie => "There is no session cookie to copy or change: sign in first.",
            Self::NoCopy => "There is no copy to replay: save one first.",
            Self::Writing => "From now on, sessions are written in this way.",
            Self::WritingLater => {
                "From now on, sessions are written in this way. Yours would not fit: it stays as it is until a change makes it smaller."
            }
        }
    }
}
