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
                "A new key seals from now on, and the old one still opens. Your cookie moves to the new key when it is next written, or refreshed."
            }
            Self::Retired => {
                "All keys but the one that seals are gone. Whatever they sealed, nobody can open any more."
            }
            Self::RingRefused => {
                "The ring stays as it was: it holds as many keys as a ring may. Retire the old ones first."
            }
            Self::Advanced => {
                "The clock of this process was moved forward, for everybody who uses this demo."
            }
            Self::Reset => {
                "The clock shows the real time again: what was sealed meanwhile now comes from the future."
            }
            Self::Flipped => "One bit of your cookie was flipped. The same button flips it back.",
            Self::Kept => {
                "A copy of your session’s cookie is put by. Change something, or sign out, and replay it."
            }
            Self::Replayed => {
                "The copy took the place of your session’s cookie. A server that stores nothing cannot know that it is an old one."
            }
            Self::Forgotten => "The copy is gone.",
            Self::NoCookie => "There is no session cookie to take: sign in first.",
            Self::NoCopy => "There is no copy to replay: keep one first.",
        }
    }
}
