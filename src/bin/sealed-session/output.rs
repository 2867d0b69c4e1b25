//! The program's output: aligned and in colours on a terminal, tab-separated and plain if it is
//! piped, JSON if that was requested. Only `raw` is ever given a secret. Output cannot control a
//! terminal: control characters, and those that change the direction of text, are shown as
//! `\u001b`.

use crate::failure::Failure;
use sealed_session::cli_support::redacted;
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
    Cell { text: escaped(&text.into(), &[]), colour }
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
        if self.colours && colour != Colour::Plain {
            format!("\x1b[{}m{text}\x1b[0m", colour.code())
        } else {
            text.to_owned()
        }
    }

    /// Formats a line for each row: columns are aligned on a terminal, otherwise separated by tabs.
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
                text.push_str(&self.paint(cell.colour, &cell.text));
                if index + 1 < row.len() {
                    let blanks =
                        if self.terminal { width + 2 - cell.text.chars().count() } else { 0 };
                    let _ = write!(
                        text,
                        "{}",
                        if self.terminal { " ".repeat(blanks) } else { String::from("\t") }
                    );
                }
            }
            text.push('\n');
        }
        text
    }

    /// Prints the text, or the JSON if that was requested.
    pub(crate) fn answer(&self, text: &str, json: &Value) -> Result<(), Failure> {
        self.raw(&if self.json { pretty(json) } else { text.to_owned() })
    }

    /// Like `answer`, but on standard error, beside a ring that goes to standard output.
    pub(crate) fn aside(&self, text: &str, json: &Value) {
        let text = if self.json { pretty(json) } else { text.to_owned() };
        let _ = std::io::stderr().write_all(text.as_bytes());
    }

    /// Prints the text unchanged.
    pub(crate) fn raw(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            // The reader has seen enough, as `head` does.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => {
                Err(Failure::refused(format!("standard output cannot be written: {error}")))
            }
            Ok(()) => Ok(()),
        }
    }

    pub(crate) fn failure(&self, failure: &Failure) {
        let text = failure.to_string();
        self.aside(&format!("error: {}\n", escaped(&text, &[])), &json!({ "error": text }));
    }

    /// Prints clap's message about arguments that it cannot accept.
    pub(crate) fn wrong_use(&self, text: &str) {
        let text = redacted(text);
        self.aside(&escaped(&text, &['\n', '\t']), &json!({ "error": text.trim_end() }));
    }
}

fn pretty(json: &Value) -> String {
    // Outside strings, JSON is ASCII, and its only control characters are line feeds.
    escaped(&format!("{json:#}\n"), &['\n'])
}

/// Escapes characters that would control a terminal as `\u` and four hexadecimal digits, which JSON
/// reads as the same character.
fn escaped(text: &str, kept: &[char]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if steers(character) && !kept.contains(&character) {
            let _ = write!(escaped, "\\u{:04x}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// Control characters (C0, DEL, C1), line and paragraph separators, and the marks, embeddings,
/// overrides and isolates of bidirectional text.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
