//! The numbered strings, kept as the positions at which they were first encoded. The writer and the
//! reader use the same code, so both number alike.

use super::layout::TEXTS;

const HASHES: usize = 64;

pub(super) struct Seen {
    count: usize,
    /// By number.
    starts: [u32; TEXTS],
    /// `latest` holds for each hash the latest number with that hash, and `before` for each number
    /// the previous one with the same hash. Both are 0 if there is none: a search then ends with
    /// one useless comparison with string 0.
    latest: [u8; HASHES],
    before: [u8; TEXTS],
}

impl Seen {
    pub(super) fn new() -> Self {
        Self { count: 0, starts: [0; TEXTS], latest: [0; HASHES], before: [0; TEXTS] }
    }

    /// Returns the position at which the string with this number was encoded.
    pub(super) fn start(&self, number: usize) -> Option<usize> {
        self.starts[..self.count].get(number).and_then(|start| usize::try_from(*start).ok())
    }

    /// Returns the number of the string encoded in `bytes` from `start` to the end, if it occurred
    /// before. Otherwise gives it the next number, if any are left.
    pub(super) fn number(&mut self, bytes: &[u8], start: usize) -> Option<usize> {
        let spelled = &bytes[start..];
        // Strings that differ usually differ at the end or in their length.
        let [.., a, b, c] = spelled else { return None };
        let hash =
            [a, b, c].into_iter().fold(spelled.len(), |hash, byte| hash * 5 + usize::from(*byte))
                % HASHES;
        let mut number = usize::from(self.latest[hash]);
        loop {
            match self.start(number) {
                // Equal, because no encoding is the beginning of another.
                Some(start)
                    if bytes[start] == spelled[0] && bytes[start..].starts_with(spelled) =>
                {
                    return Some(number);
                }
                Some(_) if number > 0 => number = usize::from(self.before[number]),
                _ => break,
            }
        }
        // A string beyond four gigabytes, which no cookie has, gets no number.
        if let (Ok(start), true) = (u32::try_from(start), self.count < TEXTS) {
            self.starts[self.count] = start;
            self.before[self.count] =
                std::mem::replace(&mut self.latest[hash], self.count.to_le_bytes()[0]);
            self.count += 1;
        }
        None
    }
}
