//! `keys timeline`: a ring's dates → a picture, as text or as SVG. Each key has a bar of when it
//! opens and seals, and below it a bar of the sessions that it sealed and that may still live. The
//! picture also says from when on the oldest key is safe to remove.
//!
//! ```text
//! 8694fd5e  ████████████──────────────────    █ seals              ─ opens
//!           ░░░░░░░░░░░░░░░░░░░░░░░░×××××     ░ its sessions live  × would live, but the key ended
//! ```

use crate::failure::Failure;
use crate::output::{Colour, Output};
use crate::ring::{CLOCK_SKEW, KeyText};
use crate::ring_file::Ring;
use crate::schedule::{self, SafeToRemove, Schedule};
use crate::time::{self, DAY};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Columns before the bars: a key's id and two blanks.
const INDENT: usize = 10;
/// Columns of the picture, if it is not for a terminal.
const COLUMNS: usize = 74;
/// Columns of the bars, at least and at most.
const BARS: std::ops::RangeInclusive<usize> = 16..=160;
/// Units of the SVG's bars.
const WIDTH: u64 = 640;

struct Picture<'a> {
    ring: &'a Ring,
    schedule: Schedule,
    at: u64,
    absolute: u64,
    from: u64,
    until: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bar {
    Nothing,
    Seals,
    Opens,
    Lives,
    Cut,
}

pub(crate) fn draw(
    ring: &Ring,
    at: u64,
    absolute: u64,
    svg: bool,
    out: &Output,
) -> Result<(), Failure> {
    let picture = Picture::new(ring, at, absolute);
    if svg {
        return out.raw(&picture.svg());
    }
    out.answer(&picture.text(out), &picture.json())
}

impl<'a> Picture<'a> {
    fn new(ring: &'a Ring, at: u64, absolute: u64) -> Self {
        let schedule = Schedule::of(&ring.parsed);
        let mut times = vec![at.saturating_sub(DAY), at.saturating_add(absolute)];
        for key in &ring.parsed.keys {
            times.extend([key.seal_from, key.open_until].into_iter().flatten());
            let last = schedule.last_of(key.id).and_then(|period| period.until);
            times.extend(last.map(|last| last.saturating_add(absolute).saturating_add(CLOCK_SKEW)));
        }
        let from = times.iter().min().copied().unwrap_or(at);
        let until = times.iter().max().copied().unwrap_or(at).max(from + 1);
        let margin = (until - from) / 32 + 1;
        Self {
            ring,
            schedule,
            at,
            absolute,
            from: from.saturating_sub(margin),
            until: until.saturating_add(margin),
        }
    }

    fn key_bar(&self, key: &KeyText, time: u64) -> Bar {
        if !schedule::opens_at(key, time) {
            Bar::Nothing
        } else if schedule::sealing_at(&self.ring.parsed, time) == Some(key.id) {
            Bar::Seals
        } else {
            Bar::Opens
        }
    }

    fn session_bar(&self, key: &KeyText, time: u64) -> Bar {
        let lives = |until: Option<u64>| {
            until.is_none_or(|until| time < until.saturating_add(self.absolute))
        };
        if !self.schedule.of_key(key.id).any(|period| period.from <= time && lives(period.until)) {
            Bar::Nothing
        } else if schedule::opens_at(key, time) {
            Bar::Lives
        } else {
            Bar::Cut
        }
    }

    /// Returns the time at a place on an axis of `places` places.
    fn time_of(&self, place: u64, places: u64) -> u64 {
        let time =
            u128::from(self.until - self.from) * u128::from(place * 2 + 1) / u128::from(places * 2);
        self.from.saturating_add(u64::try_from(time).unwrap_or(u64::MAX))
    }

    fn place_of(&self, time: u64, places: u64) -> u64 {
        let place = u128::from(time.saturating_sub(self.from)) * u128::from(places)
            / u128::from(self.until - self.from);
        u64::try_from(place).unwrap_or(u64::MAX).min(places - 1)
    }

    /// Returns the events in the order of time.
    fn events(&self) -> Vec<(u64, String)> {
        let mut events = vec![(self.at, String::from("now"))];
        for period in &self.schedule.periods {
            match period.key {
                Some(key) if period.from > 0 => {
                    events.push((period.from, format!("{key} begins to seal")))
                }
                None if period.from > 0 => {
                    events.push((period.from, String::from("no key seals from here on")))
                }
                _ => {}
            }
        }
        for key in &self.ring.parsed.keys {
            events.extend(key.open_until.map(|end| (end, format!("{} expires", key.id))));
            if let SafeToRemove::From(time) = self.schedule.safe_to_remove(key, self.absolute) {
                events.push((time, format!("{} is safe to remove", key.id)));
            }
        }
        events.sort();
        events
    }

    /// Returns the sentence about the oldest key.
    fn oldest(&self, print: impl Fn(u64) -> String) -> String {
        let Some(key) = schedule::oldest(&self.ring.parsed) else { return String::new() };
        match self.schedule.safe_to_remove(key, self.absolute) {
            SafeToRemove::From(time) => {
                format!("{}, the oldest key, is safe to remove from {}", key.id, print(time))
            }
            SafeToRemove::Cut { from, sessions } => format!(
                "{}, the oldest key, is of no use from {}, when it expires; what it sealed could \
                 have lived until {}",
                key.id,
                print(from),
                print(sessions)
            ),
            SafeToRemove::WhileItSeals => {
                format!("{}, the oldest key, seals until a successor is scheduled", key.id)
            }
            SafeToRemove::NotKnown => format!(
                "{}, the oldest key, is safe to remove {} after its successor began to seal, a \
                 date that the ring does not have",
                key.id,
                time::about(self.absolute)
            ),
        }
    }

    fn text(&self, out: &Output) -> String {
        let width = out.width(COLUMNS);
        let columns = width.saturating_sub(INDENT).clamp(*BARS.start(), *BARS.end());
        let places = u64::try_from(columns).unwrap_or(u64::MAX);
        let indent = " ".repeat(INDENT);
        let mut text = String::new();
        let (left, right) = (time::print(self.from), time::print(self.until));
        if left.len() + right.len() < columns {
            let gap = columns - left.len() - right.len();
            let _ = writeln!(text, "{indent}{left}{}{right}", " ".repeat(gap));
        } else {
            // One line each, so that a narrow terminal does not break them.
            let _ = writeln!(text, "from {left}\nto   {right}");
        }
        let now = usize::try_from(self.place_of(self.at, places)).unwrap_or_default();
        let _ = writeln!(text, "{indent}{}▼ now", " ".repeat(now));
        for key in &self.ring.parsed.keys {
            let keys = self.bar(out, places, |time| self.key_bar(key, time));
            let sessions = self.bar(out, places, |time| self.session_bar(key, time));
            let _ = writeln!(text, "{}  {}", out.paint(Colour::Bold, &key.id.to_string()), keys);
            let _ = writeln!(text, "{indent}{sessions}");
        }
        let lives = format!("░ its sessions may live ({})", self.lifetime());
        let legend = ["█ seals", "─ opens", &*lives, "× would live, key ended"];
        text.push_str(&flow(&legend, if width < COLUMNS { 0 } else { INDENT }, width));
        text.push('\n');
        for (time, what) in self.events() {
            let _ = writeln!(text, "{}  {what}", time::print(time));
        }
        let _ = writeln!(text, "\n{}", self.oldest(|time| time::print_beside(time, self.at)));
        text
    }

    fn lifetime(&self) -> String {
        time::about(self.absolute)
    }

    fn bar(&self, out: &Output, places: u64, what: impl Fn(u64) -> Bar) -> String {
        let bars: Vec<Bar> = (0..places).map(|place| what(self.time_of(place, places))).collect();
        let painted = bars.chunk_by(|one, next| one == next).map(|run| {
            let (colour, character) = match run[0] {
                Bar::Nothing => (Colour::Plain, " "),
                Bar::Seals => (Colour::Green, "█"),
                Bar::Opens => (Colour::Plain, "─"),
                Bar::Lives => (Colour::Dim, "░"),
                Bar::Cut => (Colour::Red, "×"),
            };
            out.paint(colour, &character.repeat(run.len()))
        });
        painted.collect::<String>().trim_end().to_owned()
    }

    fn json(&self) -> Value {
        let keys = self.ring.parsed.keys.iter().map(|key| {
            let seals = self.schedule.of_key(key.id).map(|period| {
                let from = Some(period.from).filter(|from| *from > 0);
                json!({ "from": from.map(time::print), "until": period.until.map(time::print) })
            });
            let safe = self.schedule.safe_to_remove(key, self.absolute).time().map(time::print);
            json!({
                "key_id": key.id.to_string(),
                "seals": seals.collect::<Vec<_>>(),
                "open_until": key.open_until.map(time::print),
                "safe_to_remove_from": safe,
            })
        });
        let events = self
            .events()
            .into_iter()
            .map(|(time, what)| json!({ "at": time::print(time), "what": what }));
        json!({
            "at": time::print(self.at),
            "keys": keys.collect::<Vec<_>>(),
            "events": events.collect::<Vec<_>>(),
            "oldest": schedule::oldest(&self.ring.parsed).map(|key| key.id.to_string()),
        })
    }

    fn svg(&self) -> String {
        let keys = self.ring.parsed.keys.len();
        let oldest = self.oldest(time::print);
        let height = 96 + 44 * keys;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 {height}\" role=\"img\" \
             font-family=\"ui-monospace, monospace\" font-size=\"12\" fill=\"#222\">\n\
             <title>{}</title>\n\
             <rect width=\"760\" height=\"{height}\" rx=\"8\" fill=\"#fff\"/>\n",
            oldest
        );
        let _ = writeln!(svg, "<text x=\"96\" y=\"20\">{}</text>", time::print(self.from));
        let _ = writeln!(
            svg,
            "<text x=\"736\" y=\"20\" text-anchor=\"end\">{}</text>",
            time::print(self.until)
        );
        for (index, key) in self.ring.parsed.keys.iter().enumerate() {
            let top = 34 + 44 * index;
            let _ = writeln!(svg, "<text x=\"12\" y=\"{}\">{}</text>", top + 14, key.id);
            self.rectangles(&mut svg, top, 18, |time| self.key_bar(key, time));
            self.rectangles(&mut svg, top + 21, 8, |time| self.session_bar(key, time));
            if let SafeToRemove::From(time) = self.schedule.safe_to_remove(key, self.absolute) {
                let x = 96 + self.place_of(time, WIDTH);
                let _ = writeln!(
                    svg,
                    "<path d=\"M{x} {top}v30\" stroke=\"#06c\" stroke-width=\"2\">\
                     <title>{} is safe to remove from {}</title></path>",
                    key.id,
                    time::print(time)
                );
            }
        }
        let x = 96 + self.place_of(self.at, WIDTH);
        let bottom = 34 + 44 * keys;
        let _ = writeln!(
            svg,
            "<path d=\"M{x} 26V{bottom}\" stroke=\"#c00\" stroke-dasharray=\"3 3\">\
             <title>now</title></path>"
        );
        let legend = [
            ("#2a7d46", "seals"),
            ("#b7dcc3", "opens"),
            ("#f2c14e", "its sessions live"),
            ("#d1495b", "cut off"),
            ("#06c", "safe to remove"),
        ];
        for ((colour, word), x) in legend.iter().zip([96, 176, 256, 416, 516]) {
            let _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{}\" width=\"10\" height=\"10\" fill=\"{colour}\"/>",
                bottom + 6
            );
            let _ = writeln!(svg, "<text x=\"{}\" y=\"{}\">{word}</text>", x + 15, bottom + 15);
        }
        for (line, text) in oldest.split("; ").enumerate() {
            let y = bottom + 36 + 16 * line;
            let _ = writeln!(svg, "<text x=\"12\" y=\"{y}\" font-size=\"10\">{text}</text>");
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn rectangles(&self, svg: &mut String, top: usize, height: usize, what: impl Fn(u64) -> Bar) {
        let bars: Vec<Bar> = (0..WIDTH).map(|place| what(self.time_of(place, WIDTH))).collect();
        let mut x = 96;
        for run in bars.chunk_by(|one, next| one == next) {
            let colour = match run[0] {
                Bar::Nothing => None,
                Bar::Seals => Some("#2a7d46"),
                Bar::Opens => Some("#b7dcc3"),
                Bar::Lives => Some("#f2c14e"),
                Bar::Cut => Some("#d1495b"),
            };
            if let Some(colour) = colour {
                let width = run.len();
                let _ = writeln!(
                    svg,
                    "<rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" \
                     fill=\"{colour}\"/>"
                );
            }
            x += run.len();
        }
    }
}

/// Sets parts in lines of at most `width` columns, each behind `indent` blanks.
fn flow(parts: &[&str], indent: usize, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 2 + part.chars().count() <= width => {
                line.push_str("  ");
                line.push_str(part);
            }
            _ => lines.push(" ".repeat(indent) + part),
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}
