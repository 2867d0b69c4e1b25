//! The program `sealed-session`: edits the text of a key ring in place, checks and draws it, and
//! takes a cookie apart.
//!
//! `args.rs` describes the arguments. `keys.rs` and `inspect.rs` are the commands. `ring_file.rs`
//! handles files, standard input and output; `edit.rs` the text; `schedule.rs` which key seals
//! when; `time.rs` and `output.rs` times and output. Exit status: 0 done, 1 refused or a problem
//! found, 2 wrong use.
#![forbid(unsafe_code)]
#![warn(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![warn(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod args;
mod check;
mod edit;
mod failure;
mod inspect;
mod keys;
mod list;
mod manual;
mod output;
mod ring_file;
mod schedule;
mod time;
mod timeline;

use args::{Args, Command};
use clap::Parser;
use failure::Failure;
use output::Output;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) if error.use_stderr() => {
            let out = Output::new(std::env::args_os().any(|argument| argument == "--json"));
            out.wrong_use(&error.to_string());
            return ExitCode::from(2);
        }
        Err(help) => return ExitCode::from(u8::from(help.print().is_err())),
    };
    let out = Output::new(args.json);
    let answer = match args.command {
        Command::Keys { command } => keys::run(command, &out),
        Command::Inspect(inspect) => inspect::run(&inspect, &out),
        Command::Completions { shell } => manual::completions(shell, &out),
        Command::Man { dir } => manual::man(dir.as_deref(), &out),
    };
    answer.unwrap_or_else(|failure: Failure| {
        out.failure(&failure);
        ExitCode::from(failure.status())
    })
}
