//! `keys diff`: two rings → the keys that are in one of them, the dates and the order that differ,
//! and what that means while servers change from the old ring to the new one. Shows ids, suites and
//! times, never a secret.
//!
//! ```text
//! mixed    until every server has the new ring, each ring must open what the other one seals.
//!          The first time at which one does not is the deadline of the rollout
//! ended    a key that the old ring opens, and the new one does not, or not as long, although its
//!          sessions may still live: their visitors are signed out
//! ```

use crate::failure::Failure;
use crate::output::{Cell, Colour, Output, cell};
use crate::ring::{CLOCK_SKEW, KeyText, RingText};
use crate::ring_file::Ring;
use crate::schedule::{self, Schedule};
use crate::time;
use sealed_session::keys::KeyId;
use serde_json::{Value, json};
use std::process::ExitCode;

/// What the rings are judged by: the time in Unix seconds, and the absolute timeout in seconds.
pub(crate) struct Terms {
    pub(crate) at: u64,
    pub(crate) absolute: u64,
}

enum Change<'a> {
    Added(&'a KeyText),
    Removed(&'a KeyText),
    Dates { old: &'a KeyText, new: &'a KeyText },
}

/// A key whose sessions the new ring ends.
struct Ended {
    id: KeyId,
    /// When the new ring stops opening with it; `None`: it does not have it.
    new_end: Option<u64>,
    /// Until when its sessions may live; `None`: the dates do not say.
    needed: Option<u64>,
}

struct Rollout {
    /// The first time at which a server with one ring does not open what one with the other seals.
    deadline: Option<u64>,
    ended: Vec<Ended>,
    /// Whether a key of the new ring seals now.
    seals: bool,
}

/// Compares, and exits with status 1 if the rings differ.
pub(crate) fn run(
    old: &Ring,
    new: &Ring,
    terms: &Terms,
    out: &Output,
) -> Result<ExitCode, Failure> {
    let (old, new) = (&old.parsed, &new.parsed);
    let changes = changes(old, new);
    let reordered = order(old, new) != order(new, old);
    let rollout = Rollout::of(old, new, terms);
    let same = changes.is_empty() && !reordered;
    let mut rows: Vec<Vec<Cell>> = changes.iter().map(|change| row(change, terms.at)).collect();
    if reordered {
        rows.push(vec![cell(Colour::Yellow, "~"), cell(Colour::Plain, "the order of the keys")]);
    }
    let seals = [old, new].map(|ring| schedule::sealing_at(ring, terms.at));
    let mut text = out.table(&rows);
    if same {
        text.push_str("the same keys, dates and order\n");
    } else {
        if seals[0] != seals[1] {
            let [old, new] = seals.map(|id| id.map_or(String::from("none"), |id| id.to_string()));
            text.push_str(&format!("seals now: {old} in the old ring, {new} in the new ring\n"));
        }
        for sentence in rollout.sentences(terms.at) {
            text.push_str(&sentence);
            text.push('\n');
        }
    }
    let json = json!({
        "same": same,
        "at": time::print(terms.at),
        "changes": changes.iter().map(describe).collect::<Vec<_>>(),
        "order_changed": reordered,
        "seals": {
            "old": seals[0].map(|id| id.to_string()),
            "new": seals[1].map(|id| id.to_string()),
        },
        "safe": rollout.is_safe(terms.at),
        "roll_out_before": rollout.deadline.map(time::print),
        "ends_sessions_of": rollout.ended.iter().map(|ended| ended.id.to_string())
            .collect::<Vec<_>>(),
    });
    out.answer(&text, &json)?;
    Ok(ExitCode::from(u8::from(!same)))
}

fn find(ring: &RingText, id: KeyId) -> Option<&KeyText> {
    ring.keys.iter().find(|key| key.id == id)
}

/// Returns the differences: the new ring's keys in their order, then those that only the old ring
/// has.
fn changes<'a>(old: &'a RingText, new: &'a RingText) -> Vec<Change<'a>> {
    let in_new = new.keys.iter().filter_map(|key| match find(old, key.id) {
        None => Some(Change::Added(key)),
        Some(before) => {
            let same = (before.seal_from, before.open_until) == (key.seal_from, key.open_until);
            (!same).then_some(Change::Dates { old: before, new: key })
        }
    });
    let gone = old.keys.iter().filter(|key| find(new, key.id).is_none()).map(Change::Removed);
    in_new.chain(gone).collect()
}

/// Returns the keys of `ring` that `other` has too.
fn order(ring: &RingText, other: &RingText) -> Vec<KeyId> {
    ring.keys.iter().map(|key| key.id).filter(|id| find(other, *id).is_some()).collect()
}

fn row(change: &Change<'_>, at: u64) -> Vec<Cell> {
    let from = |key: &KeyText| {
        key.seal_from.map_or(String::from("no seal-from"), |time| {
            format!("seal-from {}", time::print_beside(time, at))
        })
    };
    let until = |key: &KeyText| {
        key.open_until.map_or(String::from("no open-until"), |time| {
            format!("open-until {}", time::print_beside(time, at))
        })
    };
    let (sign, colour, key, text) = match change {
        Change::Added(key) => ("+", Colour::Green, key, format!("{}, {}", from(key), until(key))),
        Change::Removed(key) => ("-", Colour::Red, key, format!("{}, {}", from(key), until(key))),
        Change::Dates { old, new } => {
            let mut parts = Vec::new();
            if old.seal_from != new.seal_from {
                parts.push(format!("{}, before: {}", from(new), from(old)));
            }
            if old.open_until != new.open_until {
                parts.push(format!("{}, before: {}", until(new), until(old)));
            }
            ("~", Colour::Yellow, new, parts.join("; "))
        }
    };
    vec![
        cell(colour, sign),
        cell(Colour::Bold, key.id.to_string()),
        cell(Colour::Plain, key.suite.name()),
        cell(Colour::Plain, text),
    ]
}

fn describe(change: &Change<'_>) -> Value {
    let dates = |key: &KeyText| {
        json!({
            "seal_from": key.seal_from.map(time::print),
            "open_until": key.open_until.map(time::print),
        })
    };
    let (word, key, old, new) = match change {
        Change::Added(key) => ("added", key, Value::Null, dates(key)),
        Change::Removed(key) => ("removed", key, dates(key), Value::Null),
        Change::Dates { old, new } => ("changed", new, dates(old), dates(new)),
    };
    json!({
        "change": word,
        "key_id": key.id.to_string(),
        "suite": key.suite.name(),
        "old": old,
        "new": new,
    })
}

impl Rollout {
    fn of(old: &RingText, new: &RingText, terms: &Terms) -> Self {
        let deadline = [unopened(old, new, terms.at), unopened(new, old, terms.at)];
        let opens = old.keys.iter().filter(|key| schedule::opens_at(key, terms.at));
        Self {
            deadline: deadline.into_iter().flatten().min(),
            ended: opens.filter_map(|key| ended(key, old, new, terms)).collect(),
            seals: schedule::sealing_at(new, terms.at).is_some(),
        }
    }

    fn is_safe(&self, at: u64) -> bool {
        self.seals && self.ended.is_empty() && self.deadline.is_none_or(|time| time > at)
    }

    fn sentences(&self, at: u64) -> Vec<String> {
        let mut sentences = Vec::new();
        if !self.seals {
            sentences.push(String::from(
                "not safe: no key of the new ring seals now, so servers refuse it",
            ));
        }
        for Ended { id, new_end, needed } in &self.ended {
            let end = match new_end {
                None => String::from("the new ring does not have it"),
                Some(end) => format!("the new ring opens with it until {}", time::print(*end)),
            };
            sentences.push(match needed {
                Some(needed) => format!(
                    "not safe: sessions that {id} sealed may live until {}, and {end}",
                    time::print(*needed)
                ),
                None => format!(
                    "not safe: the dates do not say when {id} sealed, so its sessions may live, \
                     and {end}"
                ),
            });
        }
        match self.deadline {
            Some(time) if time <= at => sentences.push(String::from(
                "not safe: until every server has the new ring, servers with one ring do not open \
                 what servers with the other seal",
            )),
            _ if !self.is_safe(at) => {}
            deadline => {
                sentences.push(String::from(
                    "safe: the new ring opens everything that the old one seals",
                ));
                sentences.extend(deadline.map(|time| {
                    format!(
                        "every server must have the new ring two minutes before {}",
                        time::print_beside(time, at)
                    )
                }));
            }
        }
        sentences
    }
}

/// Returns the first time, at `at` or later, at which `seals` seals with a key that does not open
/// in `opens`.
fn unopened(seals: &RingText, opens: &RingText, at: u64) -> Option<u64> {
    Schedule::of(seals)
        .periods
        .iter()
        .filter(|period| period.until.is_none_or(|until| until > at))
        .filter_map(|period| {
            let from = period.from.max(at);
            let end = match find(opens, period.key?) {
                None => from,
                Some(key) => key.open_until?.max(from),
            };
            period.until.is_none_or(|until| end < until).then_some(end)
        })
        .min()
}

/// Returns how the new ring ends the sessions of an old ring's key early. `None` if it does not.
fn ended(key: &KeyText, old: &RingText, new: &RingText, terms: &Terms) -> Option<Ended> {
    let after = find(new, key.id);
    if after.is_some_and(|after| after.open_until.is_none()) {
        return None;
    }
    let new_end = after.and_then(|after| after.open_until);
    let schedule = Schedule::of(old);
    let begun = schedule.of_key(key.id).filter(|period| period.from <= terms.at);
    // Of a period that has not ended, only the part until now counts.
    let last = begun.map(|period| period.until.unwrap_or(u64::MAX).min(terms.at)).max();
    let undated = key.seal_from.is_none();
    let needed = match last {
        Some(last) => {
            let by_sessions = last.saturating_add(terms.absolute).saturating_add(CLOCK_SKEW);
            Some(key.open_until.map_or(by_sessions, |end| end.min(by_sessions)))
        }
        // It will seal, or a key above it seals: nothing is sealed with it yet.
        None if !undated => return None,
        None => key.open_until,
    };
    // Two minutes less, only because of a slow clock, do not count as a loss.
    let enough = |needed: u64| new_end.unwrap_or(terms.at).saturating_add(CLOCK_SKEW) >= needed;
    (!needed.is_some_and(enough)).then_some(Ended { id: key.id, new_end, needed })
}
