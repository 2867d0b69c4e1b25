//! `keys list` and `keys show-at`: what each key does at a time. Shows ids, suites and times, never
//! a secret.

use crate::failure::Failure;
use crate::output::{Cell, Colour, Output, cell};
use crate::ring::KeyText;
use crate::ring_file::Ring;
use crate::schedule;
use crate::time;
use sealed_session::keys::KeyId;
use serde_json::{Value, json};

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Seals,
    SealsFrom(u64),
    OpensOnly,
    Ended(u64),
}

impl State {
    fn of(key: &KeyText, sealing: Option<KeyId>, at: u64) -> Self {
        match (key.open_until, key.seal_from) {
            (Some(end), _) if end <= at => Self::Ended(end),
            _ if sealing == Some(key.id) => Self::Seals,
            (_, Some(from)) if from > at => Self::SealsFrom(from),
            _ => Self::OpensOnly,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Seals => "seals",
            Self::SealsFrom(_) => "scheduled",
            Self::OpensOnly => "opens",
            Self::Ended(_) => "ended",
        }
    }

    fn cell(self, at: u64) -> Cell {
        match self {
            Self::Seals => cell(Colour::Green, "seals now"),
            Self::SealsFrom(from) => {
                cell(Colour::Yellow, format!("seals from {}", time::print_beside(from, at)))
            }
            Self::OpensOnly => cell(Colour::Plain, "opens only"),
            Self::Ended(_) => cell(Colour::Dim, "ended"),
        }
    }
}

pub(crate) fn list(ring: &Ring, at: u64, out: &Output) -> Result<(), Failure> {
    let sealing = schedule::sealing_at(&ring.parsed, at);
    let rows: Vec<Vec<Cell>> = ring.parsed.keys.iter().map(|key| row(key, sealing, at)).collect();
    let keys: Vec<Value> = ring.parsed.keys.iter().map(|key| describe(key, sealing, at)).collect();
    out.answer(&out.table(&rows), &json!({ "at": time::print(at), "keys": keys }))
}

fn row(key: &KeyText, sealing: Option<KeyId>, at: u64) -> Vec<Cell> {
    let end = match key.open_until {
        None => cell(Colour::Dim, "never expires"),
        Some(end) if end <= at => {
            cell(Colour::Dim, format!("expired {}", time::print_beside(end, at)))
        }
        Some(end) => cell(Colour::Plain, format!("expires {}", time::print_beside(end, at))),
    };
    let state = State::of(key, sealing, at);
    vec![
        cell(Colour::Bold, key.id.to_string()),
        cell(Colour::Plain, key.suite.name()),
        state.cell(at),
        end,
    ]
}

fn describe(key: &KeyText, sealing: Option<KeyId>, at: u64) -> Value {
    json!({
        "key_id": key.id.to_string(),
        "suite": key.suite.name(),
        "state": State::of(key, sealing, at).word(),
        "seal_from": key.seal_from.map(time::print),
        "open_until": key.open_until.map(time::print),
        "line": key.line,
    })
}

pub(crate) fn show_at(ring: &Ring, at: u64, out: &Output) -> Result<(), Failure> {
    let sealing = schedule::sealing_at(&ring.parsed, at);
    let opening = ring.parsed.keys.iter().filter(|key| schedule::opens_at(key, at));
    let opening: Vec<String> = opening.map(|key| key.id.to_string()).collect();
    let or_none = |text: String| if text.is_empty() { String::from("none") } else { text };
    let rows = [
        vec![cell(Colour::Dim, "at"), cell(Colour::Plain, time::print(at))],
        vec![
            cell(Colour::Dim, "seals"),
            cell(Colour::Green, or_none(sealing.map(|id| id.to_string()).unwrap_or_default())),
        ],
        vec![cell(Colour::Dim, "open"), cell(Colour::Plain, or_none(opening.join(" ")))],
    ];
    let json = json!({
        "at": time::print(at),
        "seals": sealing.map(|id| id.to_string()),
        "open": opening,
    });
    out.answer(&out.table(&rows), &json)
}
