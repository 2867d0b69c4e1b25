//! The report of a check: a line for each step that was tried, the last of which may be an error.

use super::address::Address;
use super::problem::Problem;
use crate::failure::Failure;
use crate::output::{Cell, Colour, Output, cell};
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Page,
    Offer,
    Cache,
    Registration,
    Instructions,
    Proof,
    Challenge,
    Refresh,
}

impl Step {
    fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Offer => "offer",
            Self::Cache => "cache",
            Self::Registration => "registration",
            Self::Instructions => "instructions",
            Self::Proof => "proof",
            Self::Challenge => "challenge",
            Self::Refresh => "refresh",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Ok,
    Warning,
    Error,
}

impl Level {
    fn cell(self) -> Cell {
        match self {
            Self::Ok => cell(Colour::Green, self.as_str()),
            Self::Warning => cell(Colour::Yellow, self.as_str()),
            Self::Error => cell(Colour::Red, self.as_str()),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

struct Line {
    step: Step,
    level: Level,
    problem: Option<&'static str>,
    text: String,
}

pub(super) struct Report {
    url: Address,
    lines: Vec<Line>,
}

impl Report {
    pub(super) fn of(url: Address) -> Self {
        Self { url, lines: Vec::new() }
    }

    pub(super) fn ok(&mut self, step: Step, text: String) {
        self.lines.push(Line { step, level: Level::Ok, problem: None, text });
    }

    pub(super) fn warning(&mut self, step: Step, problem: Problem) {
        self.add(step, Level::Warning, problem);
    }

    pub(super) fn error(&mut self, step: Step, problem: Problem) {
        self.add(step, Level::Error, problem);
    }

    fn add(&mut self, step: Step, level: Level, Problem { word, text }: Problem) {
        self.lines.push(Line { step, level, problem: Some(word), text });
    }

    pub(super) fn print(&self, out: &Output) -> Result<ExitCode, Failure> {
        let failed = self.lines.iter().any(|line| line.level == Level::Error);
        let json = json!({
            "ok": !failed,
            "url": self.url.to_string(),
            "steps": self.lines.iter().map(describe).collect::<Vec<_>>(),
        });
        let rows: Vec<_> = self.lines.iter().map(row).collect();
        out.answer(&out.table(&rows), &json)?;
        Ok(ExitCode::from(u8::from(failed)))
    }
}

fn row(line: &Line) -> Vec<Cell> {
    let text = match line.problem {
        Some(problem) => format!("{problem}: {}", line.text),
        None => line.text.clone(),
    };
    vec![line.level.cell(), cell(Colour::Bold, line.step.as_str()), cell(Colour::Plain, text)]
}

fn describe(line: &Line) -> Value {
    json!({
        "step": line.step.as_str(),
        "level": line.level.as_str(),
        "problem": line.problem,
        "text": line.text,
    })
}
