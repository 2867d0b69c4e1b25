//! The text of a ring → the same text with a key added, retired or removed. Every other byte stays
//! as it was: comments, order, blank lines, line ends, byte order mark.

use crate::failure::Failure;
use crate::ring::{self, KeyText, RingText};
use crate::time;
use sealed_session::keys::{Key, KeyId};
use std::ops::Range;
use zeroize::Zeroizing;

/// Puts `key` above the first key. The keys that seal before it open until `retire`, unless they
/// end earlier.
pub(crate) fn add(
    text: &str,
    ring: &RingText,
    key: &Key,
    seal_from: u64,
    retire: Option<u64>,
) -> Result<(Zeroizing<String>, Vec<KeyId>), Failure> {
    let mut changes = Vec::new();
    let mut retired = Vec::new();
    if let Some(end) = retire {
        let earlier =
            ring.keys.iter().filter(|other| other.seal_from.is_none_or(|from| from <= seal_from));
        for other in earlier.filter(|other| other.open_until.is_none_or(|until| until > end)) {
            changes.push(ends_at(other, end)?);
            retired.push(other.id);
        }
    }
    let secret = key.expose_secret();
    let mut line = Zeroizing::new(String::with_capacity(secret.len() + 40));
    line.push_str(&secret);
    line.push_str("  seal-from=");
    line.push_str(&time::for_ring(seal_from)?);
    let first = ring.keys.first().map_or(text.len()..text.len(), |first| first.words.clone());
    match text.find('\n').filter(|end| !is_one_line(text, *end)) {
        // A text of one line, as in an environment variable, stays one line.
        None => {
            line.push_str("; ");
            changes.push((first.start..first.start, line));
        }
        Some(end) => {
            line.push_str(if text[..end].ends_with('\r') { "\r\n" } else { "\n" });
            let place = above(text, first.start);
            changes.push((place..place, line));
        }
    }
    Ok((apply(text, changes), retired))
}

/// Returns whether the line that ends at `end` is the only one and separates its keys with `;`.
fn is_one_line(text: &str, end: usize) -> bool {
    end + 1 == text.len() && text.contains(';')
}

/// Lets each of these keys open until its time.
pub(crate) fn retire_all(
    text: &str,
    ring: &RingText,
    ends: &[(KeyId, u64)],
) -> Result<Zeroizing<String>, Failure> {
    let key_of = |id: KeyId| ring.keys.iter().find(|key| key.id == id);
    let changes = ends.iter().filter_map(|(id, end)| Some(ends_at(key_of(*id)?, *end)));
    Ok(apply(text, changes.collect::<Result<_, _>>()?))
}

/// Lets `key` open until `end`.
pub(crate) fn retire(text: &str, key: &KeyText, end: u64) -> Result<Zeroizing<String>, Failure> {
    Ok(apply(text, vec![ends_at(key, end)?]))
}

/// Removes `key`, and its line if nothing else is on it.
fn remove(text: &str, key: &KeyText) -> Zeroizing<String> {
    let start = line_start(text, key.words.start);
    let after = text[key.words.end..].find('\n').map_or(text.len(), |end| key.words.end + end);
    let line = text[start..after].strip_suffix('\r').unwrap_or(&text[start..after]);
    let before = text[start..key.words.start].rfind(';').map(|index| start + index);
    let next = text[key.words.end..start + line.len()].find(';').map(|index| key.words.end + index);
    let range = match (before, next) {
        (None, None) => start..(after + 1).min(text.len()),
        (Some(before), None) => before..start + line.len(),
        (before, Some(next)) => {
            let behind = &text[next + 1..start + line.len()];
            let blanks = behind.len() - behind.trim_start_matches([' ', '\t']).len();
            let lead = before.map_or(start, |before| {
                let content = &text[before + 1..];
                before + 1 + content.len() - content.trim_start_matches([' ', '\t']).len()
            });
            lead..next + 1 + blanks
        }
    };
    apply(text, vec![(range, Zeroizing::default())])
}

/// Removes the keys with these ids.
pub(crate) fn remove_all(
    text: &str,
    ids: &[KeyId],
    take_published: bool,
) -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(text.to_owned());
    for id in ids {
        // One after the other, because each removal moves the positions of the others.
        if let Some(key) =
            ring::parse_edited(&text, take_published)?.keys.iter().find(|key| key.id == *id)
        {
            text = remove(&text, key);
        }
    }
    Ok(text)
}

type Change = (Range<usize>, Zeroizing<String>);

fn ends_at(key: &KeyText, end: u64) -> Result<Change, Failure> {
    let time = time::for_ring(end)?;
    Ok(match &key.open_until_value {
        Some(value) => (value.clone(), Zeroizing::new(time)),
        None => (key.words.end..key.words.end, Zeroizing::new(format!("  open-until={time}"))),
    })
}

/// Applies changes that do not overlap, in a buffer that never grows, so that no copy of a secret
/// is left behind.
fn apply(text: &str, mut changes: Vec<Change>) -> Zeroizing<String> {
    changes.sort_by_key(|(range, _)| range.start);
    let added: usize = changes.iter().map(|(_, new)| new.len()).sum();
    let mut edited = Zeroizing::new(String::with_capacity(text.len() + added));
    let mut done = 0;
    for (range, new) in &changes {
        edited.push_str(&text[done..range.start]);
        edited.push_str(new);
        done = range.end;
    }
    edited.push_str(&text[done..]);
    edited
}

/// Returns where a new line goes above the key at `first`. A comment directly above the key belongs
/// to the key, unless the text begins with it; then it belongs to the text.
fn above(text: &str, first: usize) -> usize {
    let top = text.len() - text.trim_start_matches('\u{feff}').len();
    let key_line = line_start(text, first);
    let mut place = key_line;
    while place > top {
        let previous = line_start(text, place - 1);
        let line = text[previous..place].trim();
        if line.is_empty() {
            return place;
        }
        if !line.starts_with('#') || line.contains(';') {
            return key_line;
        }
        place = previous;
    }
    key_line
}

/// Returns where the line with `index` begins, after a byte order mark.
fn line_start(text: &str, index: usize) -> usize {
    let top = text.len() - text.trim_start_matches('\u{feff}').len();
    text[..index].rfind('\n').map_or(top, |end| end + 1)
}
