//! The text of a ring ⇄ its keys. No error contains a word of the text, because any word could be a
//! secret.
//!
//! ```text
//! ssk1.<suite>.<43 characters of base64url>  seal-from=2026-12-01T00:00:00Z  open-until=2027-01-15T00:00:00Z   # comment
//! ```
//!
//! One key per line, or keys separated by `;`. A comment ends at the end of its line or at the next
//! `;`. Blanks are spaces and tabs. Lines end with LF or CRLF. A byte order mark at the start is
//! skipped.

use super::key::{Key, Published};
use super::ring::{Entry, Ring};
use crate::clock::calendar;
use crate::clock::unix_time::UnixTime;
use crate::error::ring::{KeyProblem, Position, RingError};
use crate::limits;
use zeroize::Zeroizing;

pub(super) fn parse(text: &str, published: Published) -> Result<Ring, RingError> {
    if text.len() > limits::RING_BYTES {
        return Err(RingError::TooLong);
    }
    let (mut entries, mut positions) = (Vec::<Entry>::new(), Vec::new());
    for (position, content) in contents(text) {
        let refuse = |problem| RingError::Text { position, problem };
        let Some(entry) = parse_entry(content, published).map_err(refuse)? else { continue };
        if entries.len() == limits::KEYS {
            return Err(refuse(KeyProblem::TooMany));
        }
        for earlier in &entries {
            if earlier.key.id() == entry.key.id() || earlier.key.secret_is(&entry.key) {
                return Err(refuse(KeyProblem::Twice));
            }
        }
        entries.push(entry);
        positions.push(position);
    }
    if let Some(overshadowed) = overshadowed(&entries) {
        return Err(RingError::Text {
            position: positions[overshadowed],
            problem: KeyProblem::Overshadowed,
        });
    }
    if entries.is_empty() {
        return Err(RingError::Empty);
    }
    Ok(Ring { entries })
}

/// Returns every part of the text that may contain a key, without its comment, and its position.
pub(crate) fn contents(text: &str) -> Vec<(Position, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let by_lines = text.contains('\n');
    let mut number = 0;
    let mut contents = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        for segment in line.split(';') {
            let content = segment.split('#').next().unwrap_or_default();
            number += usize::from(!content.trim_matches([' ', '\t']).is_empty());
            contents.push((
                if by_lines { Position::Line(index + 1) } else { Position::Key(number) },
                content,
            ));
        }
    }
    contents
}

/// Returns the first key without `seal-from` above a key that has one. Once the lower key seals,
/// the upper one would never seal again, so it belongs below.
fn overshadowed(entries: &[Entry]) -> Option<usize> {
    let last_scheduled = entries.iter().rposition(|entry| entry.seal_from.is_some())?;
    entries[..last_scheduled].iter().position(|entry| entry.seal_from.is_none())
}

fn parse_entry(content: &str, published: Published) -> Result<Option<Entry>, KeyProblem> {
    let mut words = content.split([' ', '\t']).filter(|word| !word.is_empty());
    if words.clone().any(is_quoted) {
        return Err(KeyProblem::Quoted);
    }
    let Some(token) = words.next() else { return Ok(None) };
    let key = Key::parse(token, published)?;
    let (mut seal_from, mut open_until) = (None, None);
    for word in words {
        let (name, value) = word.split_once('=').ok_or(KeyProblem::UnknownAttribute)?;
        let slot = match name {
            "seal-from" => &mut seal_from,
            "open-until" => &mut open_until,
            _ => return Err(KeyProblem::UnknownAttribute),
        };
        if slot.replace(parse_time(value).ok_or(KeyProblem::Time)?).is_some() {
            return Err(KeyProblem::AttributeTwice);
        }
    }
    if let (Some(from), Some(until)) = (seal_from, open_until) {
        if until <= from {
            return Err(KeyProblem::EndsBeforeItSeals);
        }
    }
    Ok(Some(Entry { key, seal_from, open_until }))
}

/// Returns whether a word begins or ends with a quotation mark. No word of a ring does.
fn is_quoted(word: &str) -> bool {
    let marks = ['"', '\'', '`', '\u{201c}', '\u{201d}'];
    word.starts_with(marks) || word.ends_with(marks)
}

/// Parses RFC 3339 in capital letters, with `Z` or an offset and in whole seconds.
pub(crate) fn parse_time(text: &str) -> Option<UnixTime> {
    let (time, zone) = text.as_bytes().split_at_checked(19)?;
    let (sign, hours, minutes) = match *zone {
        [b'Z'] => (1, 0, 0),
        [b'+', h, hh, b':', m, mm] => (1, number(&[h, hh])?, number(&[m, mm])?),
        [b'-', h, hh, b':', m, mm] => (-1, number(&[h, hh])?, number(&[m, mm])?),
        _ => return None,
    };
    if hours > 23 || minutes > 59 {
        return None;
    }
    let offset = sign * seconds(hours, minutes, 0);
    if [time[4], time[7], time[10], time[13], time[16]] != *b"--T::" {
        return None;
    }
    let two = |at: usize| number(&time[at..at + 2]);
    let days = calendar::days(number(&time[..4])?, two(5)?, two(8)?)?;
    let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let unix_seconds = days * SECONDS_OF_DAY + seconds(hour, minute, second) - offset;
    let unix_seconds = u64::try_from(unix_seconds).ok()?;
    (unix_seconds <= LAST_SECOND).then(|| UnixTime::from_secs(unix_seconds))
}

const SECONDS_OF_DAY: i64 = 86_400;

fn seconds(hours: u16, minutes: u16, seconds: u16) -> i64 {
    i64::from(hours) * 3_600 + i64::from(minutes) * 60 + i64::from(seconds)
}

/// 9999-12-31T23:59:59Z, the last second that RFC 3339 can write.
const LAST_SECOND: u64 = 253_402_300_799;

/// Parses a number of at most four digits.
fn number(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + u16::from(digit - b'0'))
    })
}

pub(super) fn print(ring: &Ring) -> Zeroizing<String> {
    // Enough for the longest line, so that no copy of a secret is left behind by reallocation.
    let mut text = Zeroizing::new(String::with_capacity(ring.entries.len() * 160));
    for entry in &ring.entries {
        text.push_str(&entry.key.expose_secret());
        for (name, time) in [("  seal-from=", entry.seal_from), ("  open-until=", entry.open_until)]
        {
            if let Some(time) = time {
                text.push_str(name);
                text.push_str(&print_time(time));
            }
        }
        text.push('\n');
    }
    text
}

/// Formats a time, at most `LAST_SECOND`, as RFC 3339 in UTC.
pub(crate) fn print_time(time: UnixTime) -> String {
    let unix_seconds = time.as_secs();
    let (year, month, day) = calendar::date(unix_seconds / 86_400);
    let (hour, minute, second) =
        (unix_seconds / 3_600 % 24, unix_seconds / 60 % 60, unix_seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}
