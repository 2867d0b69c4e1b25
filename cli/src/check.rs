//! `keys check`: a ring and its dates → problems, each with a word and a sentence that says what to
//! do. It is meant for CI and for a last look before a deployment.
//!
//! | problem | level | what |
//! | --- | --- | --- |
//! | `refused` | error | a server would not read it |
//! | `no-sealing-key` | error | no key seals now |
//! | `no-successor` | error | the last key that seals expires, and no other follows |
//! | `no-successor` | warning | the key that seals never expires, and no other is scheduled |
//! | `gap` | error | no key seals between two that do |
//! | `ends-before-its-sessions` | error | a key ends within the idle timeout of its last seal |
//! | `ends-before-its-sessions` | warning | … within the absolute timeout: own expiries only |
//! | `ends-before-its-tickets` | error | a key ends before a ticket of its last seal would |
//! | `clock-skew-margin` | error | a key seals too soon after the deployment, see `margin` |
//! | `never-seals` | warning | a key has a `seal-from` and will never seal |
//! | `ended` | warning | a key has ended |
//! | `readable-by-others` | warning | every user of the machine can read the file |

use crate::failure::Failure;
use crate::output::{Colour, Output, cell};
use crate::ring::{CLOCK_SKEW, KeyText};
use crate::ring_file::Ring;
use crate::schedule::{self, Period, Schedule};
use crate::time;
use sealed_session::keys::KeyId;
use serde_json::{Value, json};
use std::process::ExitCode;

/// What the ring is judged by. Times are Unix seconds, lengths are seconds.
pub(crate) struct Terms {
    pub(crate) at: u64,
    pub(crate) idle: u64,
    pub(crate) absolute: u64,
    /// The longest time that a ticket is valid, if the application issues tickets.
    pub(crate) ticket: Option<u64>,
    pub(crate) deployed_by: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
}

struct Problem {
    level: Level,
    word: &'static str,
    key: Option<KeyId>,
    text: String,
}

/// Checks what `ring_file` read, or reports that it could not be read.
pub(crate) fn run(
    ring: Result<Ring, Failure>,
    terms: &Terms,
    strict: bool,
    out: &Output,
) -> Result<ExitCode, Failure> {
    let problems = match &ring {
        Ok(ring) => problems(ring, terms),
        Err(failure) if failure.status() == 2 => return ring.map(|_| ExitCode::SUCCESS),
        Err(failure) => vec![Problem {
            level: Level::Error,
            word: "refused",
            key: None,
            text: failure.to_string(),
        }],
    };
    let failed = problems.iter().any(|problem| strict || problem.level == Level::Error);
    let mut rows: Vec<_> = problems.iter().map(row).collect();
    if rows.is_empty() {
        rows.push(vec![cell(Colour::Green, "ok"), cell(Colour::Plain, "no problem found")]);
    }
    let json = json!({
        "ok": !failed,
        "at": time::print(terms.at),
        "problems": problems.iter().map(describe).collect::<Vec<_>>(),
    });
    out.answer(&out.table(&rows), &json)?;
    Ok(ExitCode::from(u8::from(failed)))
}

fn row(problem: &Problem) -> Vec<crate::output::Cell> {
    let level = match problem.level {
        Level::Error => cell(Colour::Red, "error"),
        Level::Warning => cell(Colour::Yellow, "warning"),
    };
    vec![level, cell(Colour::Bold, problem.word), cell(Colour::Plain, problem.text.clone())]
}

fn describe(problem: &Problem) -> Value {
    json!({
        "level": if problem.level == Level::Error { "error" } else { "warning" },
        "problem": problem.word,
        "key_id": problem.key.map(|id| id.to_string()),
        "text": problem.text,
    })
}

fn problems(ring: &Ring, terms: &Terms) -> Vec<Problem> {
    let schedule = Schedule::of(&ring.parsed);
    let mut found = Vec::new();
    let mut add = |level, word, key, text: String| found.push(Problem { level, word, key, text });
    for period in ahead(&schedule, terms.at) {
        if let Some((level, word, text)) = gap(period, &schedule, terms.at) {
            add(level, word, period.key, text);
        }
    }
    for key in &ring.parsed.keys {
        if let Some((level, text)) = ends_before_its_sessions(key, &schedule, terms) {
            add(level, "ends-before-its-sessions", Some(key.id), text);
        }
        if let Some(text) = ends_before_its_tickets(key, &schedule, terms) {
            add(Level::Error, "ends-before-its-tickets", Some(key.id), text);
        }
        if let Some(text) = margin(key, terms) {
            add(Level::Error, "clock-skew-margin", Some(key.id), text);
        }
        if !schedule::opens_at(key, terms.at) {
            let text =
                format!("{} has expired: remove it with `sealed-session keys prune`", key.id);
            add(Level::Warning, "ended", Some(key.id), text);
        } else if key.seal_from.is_some() && schedule.last_of(key.id).is_none() {
            let text = format!(
                "{} has a seal-from but will never seal, because another key seals then: change \
                 its seal-from",
                key.id
            );
            add(Level::Warning, "never-seals", Some(key.id), text);
        }
    }
    if ring.mode.is_some_and(|mode| mode & 0o004 != 0) {
        let mode = ring.mode.unwrap_or_default();
        let text = format!(
            "every user of this machine can read the file (mode {mode:04o}): run `chmod 600`, and \
             replace the keys if someone may have read them"
        );
        add(Level::Warning, "readable-by-others", None, text);
    }
    found
}

/// Returns the periods that are not over at `at`.
fn ahead(schedule: &Schedule, at: u64) -> impl Iterator<Item = &Period> {
    schedule.periods.iter().filter(move |period| period.until.is_none_or(|until| until > at))
}

const ADD: &str = "`sealed-session keys add --seal-in 10min --retire-after 45d`";

fn gap(period: &Period, schedule: &Schedule, at: u64) -> Option<(Level, &'static str, String)> {
    match (period.key, period.until) {
        (None, _) if period.from <= at => Some((
            Level::Error,
            "no-sealing-key",
            format!("no key seals now, so no session can be written: run {ADD}"),
        )),
        (None, Some(until)) => {
            let (from, until) = (time::print(period.from), time::print(until));
            Some((
                Level::Error,
                "gap",
                format!(
                    "no key seals from {from} until {until}: set the earlier key's open-until \
                     later, or the later key's seal-from earlier"
                ),
            ))
        }
        (None, None) => {
            let from = time::print(period.from);
            Some((
                Level::Error,
                "no-successor",
                format!("no successor is scheduled, and from {from} on no key seals: run {ADD}"),
            ))
        }
        (Some(key), None) if period.from <= at && schedule.periods.last() == Some(period) => {
            let text = format!(
                "no successor is scheduled, and {key} never expires: to replace it, run {ADD}"
            );
            Some((Level::Warning, "no-successor", text))
        }
        (Some(_), _) => None,
    }
}

/// Finds a key that ends before the sessions that it sealed. A session that a key seals in its last
/// moment, and that gets no visit, needs that key until its own end. With a visit within the idle
/// timeout it moves to the next key. A session with an expiry of its own may go without visits up
/// to the absolute timeout.
fn ends_before_its_sessions(
    key: &KeyText,
    schedule: &Schedule,
    terms: &Terms,
) -> Option<(Level, String)> {
    let (end, sealed_last) = end_and_last_seal(key, schedule, terms.at)?;
    let needed = sealed_last.saturating_add(terms.absolute);
    if end >= needed {
        return None;
    }
    let level = if end < sealed_last.saturating_add(terms.idle.min(terms.absolute)) {
        Level::Error
    } else {
        Level::Warning
    };
    let which = which(key, schedule, sealed_last, terms.at);
    let what = if level == Level::Error { "" } else { " that have an expiry of their own" };
    let (id, end, sealed_last, needed) =
        (key.id, time::print(end), time::print(sealed_last), time::print(needed));
    let text = format!(
        "{which} expires before the sessions it seals{what}: {id} ends at {end}, and what it seals \
         until {sealed_last} may live until {needed}: set its open-until to that, and schedule a \
         successor earlier"
    );
    Some((level, text))
}

/// Finds a key that ends before the tickets that it sealed. A ticket never moves to another key. If
/// the `open-until` is set while the key seals, no such ticket is issued; if it is set later, the
/// tickets that were issued stop opening.
fn ends_before_its_tickets(key: &KeyText, schedule: &Schedule, terms: &Terms) -> Option<String> {
    let (end, sealed_last) = end_and_last_seal(key, schedule, terms.at)?;
    let needed = sealed_last.saturating_add(terms.ticket?);
    (end < needed).then(|| {
        let which = which(key, schedule, sealed_last, terms.at);
        let (id, end, sealed_last, needed) =
            (key.id, time::print(end), time::print(sealed_last), time::print(needed));
        format!(
            "{which} expires before the tickets it seals: {id} ends at {end}, and a ticket that it \
             seals until {sealed_last} may be valid until {needed}: set its open-until to that, or \
             schedule a successor earlier"
        )
    })
}

/// Returns when a key ends and when it seals last, if both are known and the end is ahead.
fn end_and_last_seal(key: &KeyText, schedule: &Schedule, at: u64) -> Option<(u64, u64)> {
    let end = key.open_until.filter(|end| *end > at)?;
    let last = schedule.last_of(key.id)?;
    Some((end, last.until?.min(end)))
}

fn which(key: &KeyText, schedule: &Schedule, sealed_last: u64, at: u64) -> &'static str {
    let seals_now = schedule
        .of_key(key.id)
        .any(|period| period.from <= at && period.until.is_none_or(|until| until > at));
    if seals_now {
        "the key that seals now"
    } else if sealed_last <= at {
        "a key that no longer seals"
    } else {
        "a key that will seal"
    }
}

/// Finds a key that begins to seal too soon. The last server has this ring at `deployed_by`, and
/// clocks may differ by two minutes. If a key begins to seal less than two minutes after that, a
/// server whose clock is ahead may seal what a server without the ring cannot open. A key whose
/// time came more than two minutes ago was already in use on every clock, so it is not a new key.
fn margin(key: &KeyText, terms: &Terms) -> Option<String> {
    let from = key.seal_from?;
    let earliest = terms.deployed_by.max(terms.at).saturating_add(CLOCK_SKEW);
    let begins = from.saturating_add(CLOCK_SKEW) > terms.at && from < earliest;
    begins.then(|| {
        format!(
            "clock skew margin below two minutes: {} seals from {}, and servers may not have it \
             before {}: set seal-from to {} or later",
            key.id,
            time::print(from),
            time::print(terms.deployed_by.max(terms.at)),
            time::print(earliest)
        )
    })
}
