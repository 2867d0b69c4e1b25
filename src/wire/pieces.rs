//! A value in pieces: a value that is too long for one cookie, split over several.
//!
//! ```text
//! name     count ‖ "." ‖ characters of the value     count: 2 to 9
//! name.1   tie ‖ "." ‖ the characters that follow    tie: characters 8 to 13 of the value
//! name.2   tie ‖ "." ‖ the characters that follow
//! ```
//! The tie lies in the nonce, so pieces of two sessions are told apart before any cryptography.
//! Whatever is joined, only the tag decides whether it opens.

use crate::error::Reason;
use crate::limits;
use std::ops::Range;

/// The pieces behind the first.
pub(crate) type LaterPieces<'a> = [Option<&'a [u8]>; limits::PIECES - 1];

const TIE: Range<usize> = 8..14;
/// Characters that the first piece has before its part of the value.
pub(crate) const FIRST_PREFIX: usize = 1 + 1;
/// Characters that each later piece has before its part of the value.
pub(crate) const LATER_PREFIX: usize = TIE.end - TIE.start + 1;
/// The fewest characters of the value that the first piece holds: the tie is among them.
pub(crate) const LEAST_FIRST: usize = TIE.end;

/// A cookie's value that has the form of a first piece.
#[derive(Clone, Copy)]
pub(crate) struct FirstPiece<'a> {
    pub(crate) count: u8,
    part: &'a [u8],
}

impl<'a> FirstPiece<'a> {
    pub(crate) fn parse(value: &'a [u8]) -> Option<Self> {
        let [digit @ b'2'..=b'9', b'.', part @ ..] = value else { return None };
        let base64url = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        part.iter().all(base64url).then_some(Self { count: digit - b'0', part })
    }

    /// Returns the length of its part of the value.
    pub(crate) fn part_len(&self) -> usize {
        self.part.len()
    }

    /// Returns the value, joined from this piece and those that `find` finds. `find` is given what
    /// a later piece begins with, and fills in what follows that in each.
    pub(crate) fn join(
        &self,
        find: impl FnOnce(&[u8; LATER_PREFIX], &mut LaterPieces<'a>),
    ) -> Result<Vec<u8>, Reason> {
        let mut prefix = [b'.'; LATER_PREFIX];
        let tie = self.part.get(TIE).ok_or(Reason::PiecesMixed)?;
        prefix[..tie.len()].copy_from_slice(tie);
        let mut later = LaterPieces::default();
        find(&prefix, &mut later);
        let later = &later[..usize::from(self.count) - 1];
        let length = later.iter().try_fold(self.part.len(), |length, piece| {
            piece.map(|piece| length.saturating_add(piece.len()))
        });
        if length.ok_or(Reason::PiecesMixed)? > limits::JOINED_VALUE {
            return Err(Reason::TooLong);
        }
        let later = later.iter().copied().flatten();
        Ok(std::iter::once(self.part).chain(later).collect::<Vec<_>>().concat())
    }
}

/// Splits a value: `first` characters for the first piece, and at most `later` for each other. Each
/// piece is given to `each` with its prefix and its part of the value.
///
/// `value` is base64url and longer than `first`, and `first` is at least [`LEAST_FIRST`].
pub(crate) fn split<'a>(
    value: &'a str,
    (first, later): (usize, usize),
    each: &mut dyn FnMut(&str, &'a str),
) {
    let (beginning, mut rest) = value.split_at(first);
    let count = 1 + rest.len().div_ceil(later);
    each(&format!("{count}."), beginning);
    let prefix = format!("{}.", &value[TIE]);
    while !rest.is_empty() {
        let (part, behind) = rest.split_at(rest.len().min(later));
        each(&prefix, part);
        rest = behind;
    }
}
