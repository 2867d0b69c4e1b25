//! The strings that have a number, kept as the places where they were first spelled. `write` asks
//! it of what it has written, and `read` of what it has read, so that both number alike.

use super::layout::TEXTS;

const HASHES: usize = 64;

pub(super) struct Seen {
    count: usize,
    /// By number.
    starts: [u32; TEXTS],
    /// By hash, the latest number that has it, and by number, the one before with the same. It is 0
    /// where there is none: that string is then looked at in vain, at the end of each search.
    latest: [u8; HASHES],
    before: [u8; TEXTS],
}

impl Seen {
    pub(super) fn new() -> Self {
        Self { count: 0, starts: [0; TEXTS], latest: [0; HASHES], before: [0; TEXTS] }
    }

    /// Where the string of that number was spelled.
    pub(super) fn start(&self, number: usize) -> Option<usize> {
        self.starts[..self.count].get(number).and_then(|start| usize::try_from(*start).ok())
    }

    /// The number of the string that `bytes` spell from `start` to their end, if it was there
    /// before; else it gets the next while there are any.
    pub(super) fn number(&mut self, bytes: &[u8], start: usize) -> Option<usize> {
        let spelled = &bytes[start..];
        // Strings that differ mostly differ at the end or in their length.
        let [.., a, b, c] = spelled else { return None };
        let hash =
            [a, b, c].into_iter().fold(spelled.len(), |hash, byte| hash * 5 + usize::from(*byte))
                % HASHES;
        let mut number = usize::from(self.latest[hash]);
        loop {
            match self.start(number) {
                // It is the same, since no spelling begins another one.
                Some(start)
                    if bytes[start] == spelled[0] && bytes[start..].starts_with(spelled) =>
                {
                    return Some(number);
                }
                Some(_) if number > 0 => number = usize::from(self.before[number]),
                _ => break,
            }
        }
        // What no cookie has, a string behind four gigabytes, gets none.
        if let (Ok(start), true) = (u32::try_from(start), self.count < TEXTS) {
            self.starts[self.count] = start;
            self.before[self.count] =
                std::mem::replace(&mut self.latest[hash], self.count.to_le_bytes()[0]);
            self.count += 1;
        }
        None
    }
}
