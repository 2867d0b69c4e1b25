//! `keys rotate`: a ring's dates and the time → what is due, and the ring's text with that done.
//! A second run at the same time finds nothing due.
//!
//! ```text
//! add      the newest key has sealed for --every, or at some time within --every no key seals.
//!          The new key seals from now + --lead, or from the time at which no key would seal
//! retire   a key has no open-until, and stops sealing by now + --every:
//!          open-until = when it stops (now, if that is past) + --keep
//! prune    a key's open-until has passed
//! ```
//!
//! The clock may be wrong, and the ring's dates tell:
//!
//! - A key that is scheduled later than now + `--every` is ignored. The clock was ahead when the
//!   key was added, or is behind now, and the rotation continues without it.
//! - A key that has ended is not removed if the newest key has sealed for longer than `patience`:
//!   the clock may be ahead. This run then adds a key, and the next run finds that one as the
//!   newest. So a key also stays if it ended before the newest one began to seal, and that one
//!   began more than `patience` after the key before it.
//!   `patience` is twice `--every`, or `--keep` if that is shorter, but at least 1.25 `--every`. So
//!   the key before the newest one, which most sessions may still need, stays whatever the clock
//!   says. This does not hold if `--keep` is shorter than `--every`: that key then ends, and is
//!   removed, between two rotations.
//! - Nothing is changed if no key has begun to seal yet: the clock is behind.
//!
//! An `open-until` that is in the ring is never changed, and a secret that the ring needs is never
//! removed, whatever the clock says.

use crate::edit;
use crate::failure::Failure;
use crate::ring::{self, ABSOLUTE_TIMEOUT, CLOCK_SKEW, KeyText, RingText};
use crate::schedule::{self, Schedule};
use crate::time;
use sealed_session::Suite;
use sealed_session::keys::{Key, KeyId};
use zeroize::Zeroizing;

/// How many keys may open at a time. A ring has at most 64; the others are for keys that were added
/// by hand, or that have ended and are still in the text.
const KEYS_AT_A_TIME: u64 = 48;

/// How a ring rotates. Times are Unix seconds, lengths are seconds.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) every: u64,
    pub(crate) lead: u64,
    pub(crate) keep: u64,
    /// The new key's suite; `None`: that of the newest key.
    pub(crate) suite: Option<Suite>,
    pub(crate) now: u64,
    /// Do what is due although the clock may be wrong.
    pub(crate) force: bool,
    pub(crate) take_published: bool,
}

impl Terms {
    /// Refuses lengths with which visitors would be signed out, or the ring would be full.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let wrong = |text: String| Err(Failure::wrong_use(text));
        let Self { every, lead, keep, .. } = *self;
        if lead < CLOCK_SKEW {
            return wrong(String::from(
                "--lead is shorter than two minutes, by which the clocks of servers may differ: \
                 give the time that a ring needs to reach every server, and two minutes more",
            ));
        }
        if lead >= every {
            return wrong(String::from(
                "--lead is not shorter than --every: a new key would be due before the last one \
                 seals",
            ));
        }
        if keep < lead {
            return wrong(String::from(
                "--keep is shorter than --lead: give at least the absolute timeout of the \
                 sessions, such as 45d",
            ));
        }
        if keep / every >= KEYS_AT_A_TIME {
            return wrong(format!(
                "--keep is {} times --every, so the ring would need more keys than the 64 that it \
                 may have: give a longer --every",
                keep / every
            ));
        }
        Ok(())
    }

    /// The longest time between the starts of two keys that does not put the clock in doubt.
    fn patience(&self) -> u64 {
        let twice = self.every.saturating_mul(2);
        twice.min(self.keep).max(self.every.saturating_add(self.every / 4))
    }

    /// The last time at which a scheduled key counts.
    fn horizon(&self) -> u64 {
        self.now.saturating_add(self.every)
    }
}

/// What a run did, or would do.
#[derive(Default)]
pub(crate) struct Done {
    pub(crate) added: Option<Added>,
    /// Keys that got an `open-until`.
    pub(crate) retired: Vec<(KeyId, u64)>,
    pub(crate) removed: Vec<KeyId>,
    /// Keys that have ended and were not removed, because the clock may be ahead.
    pub(crate) kept: Vec<KeyId>,
    /// Keys that are scheduled so late that they were ignored, with their `seal-from`.
    pub(crate) ignored: Vec<(KeyId, u64)>,
    /// When the next key is due.
    pub(crate) next: u64,
}

pub(crate) struct Added {
    pub(crate) id: KeyId,
    pub(crate) suite: Suite,
    pub(crate) seal_from: u64,
}

impl Done {
    pub(crate) fn is_nothing(&self) -> bool {
        self.added.is_none() && self.retired.is_empty() && self.removed.is_empty()
    }
}

/// Makes the changes to a ring's text that are due.
pub(crate) fn rotate(
    text: &str,
    ring: &RingText,
    terms: &Terms,
) -> Result<(Zeroizing<String>, Done), Failure> {
    check_clock(ring, terms)?;
    let mut done = Done::default();
    let mut text = Zeroizing::new(text.to_owned());
    if let Some(seal_from) = due(ring, terms) {
        let suite = terms.suite.or_else(|| newest(ring, terms).map(|key| key.suite));
        let key = Key::generate(suite.unwrap_or(Suite::Xaes256Gcm))
            .map_err(|error| Failure::refused(error.to_string()))?;
        text = edit::add(&text, ring, &key, seal_from, None)?.0;
        done.added = Some(Added { id: key.id(), suite: key.suite(), seal_from });
    }
    let with_new = ring::parse_edited(&text, terms.take_published)?;
    done.retired = to_retire(&with_new, terms);
    text = edit::retire_all(&text, &with_new, &done.retired)?;
    let after = ring::parse_edited(&text, terms.take_published)?;
    let ended = after.keys.iter().filter(|key| !schedule::opens_at(key, terms.now));
    let (removed, kept): (Vec<&KeyText>, Vec<&KeyText>) =
        ended.partition(|key| terms.force || may_go(key, ring, terms));
    done.removed = removed.iter().map(|key| key.id).collect();
    done.kept = kept.iter().map(|key| key.id).collect();
    text = edit::remove_all(&text, &done.removed, terms.take_published)?;
    done.ignored = scheduled_late(&after, terms).collect();
    let by_age = newest(&after, terms).and_then(|key| key.seal_from).unwrap_or(0);
    let by_gap = gap(&after, terms).map_or(u64::MAX, |gap| gap.saturating_sub(terms.every));
    done.next = by_age.saturating_add(terms.every).min(by_gap);
    Ok((text, done))
}

/// Refuses a clock that is before the time from which the first key seals.
fn check_clock(ring: &RingText, terms: &Terms) -> Result<(), Failure> {
    let first = ring.keys.iter().map(|key| key.seal_from.unwrap_or(0)).min().unwrap_or(0);
    if first <= terms.now || terms.force {
        return Ok(());
    }
    Err(Failure::refused(format!(
        "nothing was changed, because it is {} by this machine's clock, and the first key of the \
         ring seals from {}: set the clock, or give --force if it is right",
        time::print(terms.now),
        time::print(first)
    )))
}

/// Returns the time from which a new key must seal, if one is due.
fn due(ring: &RingText, terms: &Terms) -> Option<u64> {
    let usual = terms.now.saturating_add(terms.lead);
    if let Some(gap) = gap(ring, terms).filter(|gap| *gap < terms.horizon()) {
        return Some(usual.min(gap.max(terms.now)));
    }
    let sealed_from = newest(ring, terms).map_or(0, |key| key.seal_from.unwrap_or(0));
    (sealed_from.saturating_add(terms.every) <= terms.now).then_some(usual)
}

/// Returns the start of the first period without a sealing key, of those that are not over.
fn gap(ring: &RingText, terms: &Terms) -> Option<u64> {
    let ahead = |until: Option<u64>| until.is_none_or(|until| until > terms.now);
    let mut periods = Schedule::of(ring).periods.into_iter();
    periods.find(|period| period.key.is_none() && ahead(period.until)).map(|period| period.from)
}

/// Returns the key that seals, or will seal, last of those that count.
fn newest<'a>(ring: &'a RingText, terms: &Terms) -> Option<&'a KeyText> {
    let counts = |key: &&KeyText| {
        schedule::opens_at(key, terms.now)
            && key.seal_from.is_none_or(|from| from <= terms.horizon())
    };
    // Of equal ones the first in the text seals, and `max_by_key` takes the last.
    ring.keys.iter().rev().filter(counts).max_by_key(|key| key.seal_from.unwrap_or(0))
}

fn scheduled_late<'a>(
    ring: &'a RingText,
    terms: &Terms,
) -> impl Iterator<Item = (KeyId, u64)> + use<'a> {
    let horizon = terms.horizon();
    ring.keys
        .iter()
        .filter_map(|key| Some((key.id, key.seal_from?)))
        .filter(move |(_, from)| *from > horizon)
}

/// Returns the keys that need an `open-until`, and the time.
fn to_retire(ring: &RingText, terms: &Terms) -> Vec<(KeyId, u64)> {
    let schedule = Schedule::of(ring);
    let from_of = |id: KeyId| {
        ring.keys.iter().find(|key| key.id == id).and_then(|key| key.seal_from).unwrap_or(0)
    };
    let mut found = Vec::new();
    for key in ring.keys.iter().filter(|key| key.open_until.is_none()) {
        let stops = match schedule.last_of(key.id) {
            Some(last) => last.until,
            // By its dates it never seals: it sealed in an earlier ring, or is not used.
            None => {
                let from = key.seal_from.unwrap_or(0);
                let later = |id: Option<KeyId>| id.is_some_and(|id| from_of(id) > from);
                schedule.periods.iter().find(|period| later(period.key)).map(|period| period.from)
            }
        };
        if let Some(stops) = stops.filter(|stops| *stops <= terms.horizon()) {
            found.push((key.id, stops.max(terms.now).saturating_add(terms.keep)));
        }
    }
    found
}

/// Returns whether a key that has ended by this machine's clock may be removed: `false` if the
/// clock may be ahead. `ring` is the ring before this run.
fn may_go(key: &KeyText, ring: &RingText, terms: &Terms) -> bool {
    let mut dates: Vec<u64> = ring
        .keys
        .iter()
        .map(|key| key.seal_from.unwrap_or(0))
        // Not the key that a run at this very second added.
        .filter(|from| *from < terms.now)
        .collect();
    dates.sort_unstable();
    let mut latest = dates.into_iter().rev();
    let in_time = |from: &u64, time: u64| from.saturating_add(terms.patience()) >= time;
    let Some(newest) = latest.next().filter(|newest| in_time(newest, terms.now)) else {
        return false;
    };
    let regular = latest.next().is_some_and(|before| in_time(&before, newest));
    // The newest key is recent, so an end after its beginning is plausible.
    regular || key.open_until.is_some_and(|end| end > newest)
}

/// Returns what a run did, a line for each change, and what to know about it.
pub(crate) fn describe(done: &Done, terms: &Terms, dry_run: bool) -> String {
    let say = |did: &'static str, would: &'static str| if dry_run { would } else { did };
    let mut text = String::new();
    if let Some(added) = &done.added {
        // The key of a dry run is thrown away, so its id would mislead.
        let key = if dry_run {
            String::from("would add a new key")
        } else {
            format!("added {}", added.id)
        };
        let from = time::print_beside(added.seal_from, terms.now);
        text.push_str(&format!("{key} ({}), which seals from {from}\n", added.suite));
        if added.seal_from < terms.now.saturating_add(terms.lead) {
            text.push_str(
                "this is earlier than --lead asks for, because no key would seal in the meantime\n",
            );
        }
    }
    for (id, end) in &done.retired {
        let opens = say("opens", "would open");
        text.push_str(&format!("{id} {opens} until {}\n", time::print_beside(*end, terms.now)));
    }
    if !done.retired.is_empty() && terms.keep < ABSOLUTE_TIMEOUT {
        text.push_str(
            "sessions live for up to 30 days unless absolute_timeout is shorter: with this --keep, \
             some sessions will end early, with their key\n",
        );
    }
    for id in &done.removed {
        text.push_str(&format!("{} {id}, which has ended\n", say("removed", "would remove")));
    }
    if done.is_nothing() {
        let next = time::print_beside(done.next, terms.now);
        text.push_str(&format!("nothing is due: the next key is due at {next}\n"));
    }
    for id in &done.kept {
        text.push_str(&format!(
            "{id} has ended and stays, because no key began to seal for much longer than --every, \
             or this machine's clock is ahead: if the clock is right, give --force\n"
        ));
    }
    for (id, from) in &done.ignored {
        text.push_str(&format!(
            "{id} is ignored, because it seals from {}, later than --every from now: if a wrong \
             clock added it, delete its line\n",
            time::print_beside(*from, terms.now)
        ));
    }
    text
}
