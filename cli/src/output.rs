//! The program's output: aligned and in colours on a terminal, tab-separated and plain if it is
//! piped, JSON if that was requested. No function here is ever given a secret. Output cannot
//! control a terminal: control characters, and those that change the direction of text, are shown
//! as `\u001b`. Only this module's own colours are escape sequences.

use crate::failure::Failure;
use anstream::AutoStream;
use anstream::stream::{AsLockedWrite, RawStream};
use clap::{ColorChoice, ValueEnum};
use sealed_session::inspect::redact_keys;
use serde_json::{Value, json};
use std::ffi::OsString;
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
    /// Bold red, as in clap's errors.
    Error,
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
            Self::Error => "1;31",
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

/// Settings that count for errors in the arguments too.
pub(crate) struct EarlySettings {
    pub(crate) json: bool,
    pub(crate) color: ColorChoice,
}

/// Finds `--json` and `--color` without parsing the other arguments.
pub(crate) fn early_settings(words: impl Iterator<Item = OsString>) -> EarlySettings {
    let mut found = EarlySettings { json: false, color: ColorChoice::Auto };
    let mut words = words.map(|word| word.to_string_lossy().into_owned()).peekable();
    while let Some(word) = words.next() {
        let color = match word.strip_prefix("--color") {
            Some("") => words.peek().cloned(),
            Some(value) => value.strip_prefix('=').map(str::to_owned),
            None => None,
        };
        let color = color.and_then(|value| ColorChoice::from_str(&value, true).ok());
        found.color = color.unwrap_or(found.color);
        found.json |= word == "--json";
    }
    found
}

pub(crate) struct Output {
    json: bool,
    terminal: bool,
    /// Whether standard output, and standard error, are in colours.
    colours: bool,
    error_colours: bool,
}

impl Output {
    pub(crate) fn new(json: bool, color: ColorChoice) -> Self {
        Self {
            json,
            terminal: std::io::stdout().is_terminal(),
            colours: has_colours(&std::io::stdout(), color),
            error_colours: has_colours(&std::io::stderr(), color),
        }
    }

    /// Returns the columns of the terminal, or `otherwise` if output goes elsewhere and `COLUMNS`
    /// is not set.
    pub(crate) fn width(&self, otherwise: usize) -> usize {
        let of_terminal = self
            .terminal
            .then(terminal_size::terminal_size)
            .flatten()
            .map(|(terminal_size::Width(columns), _)| usize::from(columns));
        let of_variable = || std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        of_terminal.or_else(of_variable).filter(|columns| *columns > 0).unwrap_or(otherwise)
    }

    pub(crate) fn paint(&self, colour: Colour, text: &str) -> String {
        painted(self.colours, colour, text)
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
        let _ = print(std::io::stderr(), self.error_colours, &text);
    }

    /// Prints the text unchanged.
    pub(crate) fn raw(&self, text: &str) -> Result<(), Failure> {
        match print(std::io::stdout(), self.colours, text) {
            // The reader has seen enough, as `head` does.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => {
                Err(Failure::refused(format!("cannot write to standard output: {error}")))
            }
            Ok(()) => Ok(()),
        }
    }

    pub(crate) fn failure(&self, failure: &Failure) {
        let text = failure.to_string();
        let error = painted(self.error_colours, Colour::Error, "error:");
        self.aside(&format!("{error} {}\n", escaped(&text, &[])), &json!({ "error": text }));
    }

    /// Prints clap's message about arguments that it cannot accept, in clap's own colours.
    pub(crate) fn wrong_use(&self, error: &clap::Error) {
        let rendered = error.render();
        let plain = rendered.to_string();
        let message = redact_keys(&plain);
        // A message that repeats a key, or anything that controls a terminal, stays plain.
        let shown = escaped(&message, &['\n', '\t']);
        let text =
            if self.error_colours && shown == plain { rendered.ansi().to_string() } else { shown };
        self.aside(&text, &json!({ "error": message.trim_end() }));
    }
}

/// Returns whether a stream gets colours. `--color` counts first, then `NO_COLOR` and `TERM`.
fn has_colours(stream: &impl RawStream, color: ColorChoice) -> bool {
    match color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => AutoStream::choice(stream) != anstream::ColorChoice::Never,
    }
}

fn painted(colours: bool, colour: Colour, text: &str) -> String {
    if colours && colour != Colour::Plain {
        format!("\x1b[{}m{text}\x1b[0m", colour.code())
    } else {
        text.to_owned()
    }
}

/// Writes a text. Colours in it are translated for terminals that do not read escape sequences.
fn print(stream: impl RawStream + AsLockedWrite, colours: bool, text: &str) -> std::io::Result<()> {
    if colours {
        let mut stream = AutoStream::always(stream);
        stream.write_all(text.as_bytes())?;
        return stream.flush();
    }
    let mut stream = stream;
    stream.write_all(text.as_bytes())?;
    stream.flush()
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
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}')
        || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
