//! What the program says: aligned and in colours on a terminal, tab-separated and plain where it is piped, JSON where that was asked for.
//! No function of this file is ever given a secret but `raw`.

use crate::failure::Failure;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{IsTerminal, Write};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Plain,
    Bold,
    Dim,
    Green,
    Yellow,
    Red,
}

impl Colour {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "0",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Green => "32",
            Self::Yellow => "33",
            Self::Red => "31",
        }
    }
}

pub(crate) struct Cell {
    text: String,
    colour: Colour,
}

pub(crate) fn cell(colour: Colour, text: impl Into<String>) -> Cell {
    Cell { text: text.into(), colour }
}

pub(crate) struct Output {
    json: bool,
    terminal: bool,
    colours: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        let terminal = std::io::stdout().is_terminal();
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let able = std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self { json, terminal, colours: terminal && wanted && able }
    }

    pub(crate) fn paint(&self, colour: Colour, text: &str) -> String {
        if self.colours && colour != Colour::Plain { format!("\x1b[{}m{text}\x1b[0m", colour.code()) } else { text.to_owned() }
    }

    /// A line for each row: columns aligned on a terminal, else separated by tabs.
    pub(crate) fn table(&self, rows: &[Vec<Cell>]) -> String {
        let mut widths: Vec<usize> = Vec::new();
        for row in rows {
            widths.resize(widths.len().max(row.len()), 0);
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.chars().count());
            }
        }
        let mut text = String::new();
        for row in rows {
            for (index, (cell, width)) in row.iter().zip(&widths).enumerate() {
                text.push_str(&self.paint(cell.colour, &printable(&cell.text)));
                if index + 1 < row.len() {
                    let blanks = if self.terminal { width + 2 - cell.text.chars().count() } else { 0 };
                    let _ = write!(text, "{}", if self.terminal { " ".repeat(blanks) } else { String::from("\t") });
                }
            }
            text.push('\n');
        }
        text
    }

    /// Prints the one or the other.
    pub(crate) fn answer(&self, text: &str, json: &Value) -> Result<(), Failure> {
        self.raw(&if self.json { pretty(json) } else { text.to_owned() })
    }

    /// As `answer`, beside a ring that goes to standard output: on standard error.
    pub(crate) fn aside(&self, text: &str, json: &Value) {
        let text = if self.json { pretty(json) } else { text.to_owned() };
        let _ = std::io::stderr().write_all(text.as_bytes());
    }

    /// Prints this as it is.
    pub(crate) fn raw(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            // A reader that has seen enough, as `head`.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(Failure::refused(format!("standard output cannot be written: {error}"))),
            Ok(()) => Ok(()),
        }
    }

    pub(crate) fn failure(&self, failure: &Failure) {
        let text = redacted(&failure.to_string());
        self.aside(&format!("error: {text}\n"), &json!({ "error": text }));
    }

    /// What clap says of arguments that it cannot take.
    pub(crate) fn wrong_use(&self, text: &str) {
        let text = redacted(text);
        self.aside(&text, &json!({ "error": text.trim_end() }));
    }
}

fn pretty(json: &Value) -> String {
    format!("{json:#}\n")
}

/// Without control characters: what a cookie holds is a stranger's, or a visitor's, and must not move a terminal's cursor.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

/// Without keys: one that was pasted in the place of a file's name or an id is not repeated.
fn redacted(text: &str) -> String {
    let mut parts = text.split("ssk1.");
    let mut redacted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        redacted.push_str("(a key, not shown)");
        redacted
            .push_str(part.trim_start_matches(|character: char| character.is_ascii_alphanumeric() || "._-".contains(character)));
    }
    redacted
}
