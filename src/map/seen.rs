//! The strings that have a number, kept as the places where they were first spelled. `write` asks it of what it has written, and `read` of
//! what it has read, so that both number alike.

use super::layout::TEXTS;

const HASHES: usize = 64;

pub(super) struct Seen {
    count: u16,
    /// By number.
    starts: [usize; TEXTS],
    /// By hash, the number of the latest string that has it; and by number, that of the one before with the same. One more than it: 0 is none.
    latest: [u16; HASHES],
    before: [u16; TEXTS],
}

impl Seen {
    pub(super) fn new() -> Self {
        Self { count: 0, starts: [0; TEXTS], latest: [0; HASHES], before: [0; TEXTS] }
    }

    /// Where the string of that number was spelled.
    pub(super) fn start(&self, number: usize) -> Option<usize> {
        self.starts[..usize::from(self.count)].get(number).copied()
    }

    /// The number of the string that `bytes` spell from `start` to their end, if it was there before; else it gets the next while there are any.
    pub(super) fn number(&mut self, bytes: &[u8], start: usize) -> Option<usize> {
        let spelled = &bytes[start..];
        // Strings that differ mostly differ at the end or in their length.
        let hash = spelled.iter().rev().take(3).fold(spelled.len(), |hash, byte| hash * 5 + usize::from(*byte)) % HASHES;
        let mut link = self.latest[hash];
        while let Some(number) = usize::from(link).checked_sub(1) {
            // No spelling begins another one.
            if bytes[self.starts[number]..].starts_with(spelled) {
                return Some(number);
            }
            link = self.before[number];
        }
        let next = usize::from(self.count);
        if next < TEXTS {
            self.count += 1;
            self.starts[next] = start;
            self.before[next] = std::mem::replace(&mut self.latest[hash], self.count);
        }
        None
    }
}
