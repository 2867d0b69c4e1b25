//! What was just done, where no session may be written to say so: a word in the page's address
//! (`/?note=rotated`).

use axum::response::Redirect;
use serde::Deserialize;

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
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
}

impl Note {
    pub fn redirect(self) -> Redirect {
        Redirect::to(match self {
            Self::Rotated => "/?note=rotated",
            Self::Retired => "/?note=retired",
            Self::RingRefused => "/?note=ring-refused",
            Self::Advanced => "/?note=advanced",
            Self::Reset => "/?note=reset",
            Self::Flipped => "/?note=flipped",
            Self::Kept => "/?note=kept",
            Self::Replayed => "/?note=replayed",
            Self::Forgotten => "/?note=forgotten",
            Self::NoCookie => "/?note=no-cookie",
            Self::NoCopy => "/?note=no-copy",
        })
    }

    pub fn sentence(self) -> &'static str {
        match self {
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
        }
    }
}
