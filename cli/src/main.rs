//! The program `sealed-session`: edits the text of a key ring in place, checks and draws it, takes
//! a cookie apart, and checks a site's device binding.
//!
//! `args.rs` describes the arguments, and `examples.rs` has the examples of every help. `keys.rs`,
//! `inspect.rs` and `dbsc/` are the commands. `ring_file.rs` handles files, standard input and
//! output; `ring.rs` and `edit.rs` the text; `schedule.rs` which key seals when; `rotate.rs` what is
//! due; `time.rs` and `output.rs` times and output. Exit status: 0 done, 1 refused or a problem
//! found, 2 wrong use.
#![forbid(unsafe_code)]
#![warn(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![warn(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod args;
mod check;
mod dbsc;
mod diff;
mod edit;
mod examples;
mod failure;
mod inspect;
mod keys;
mod list;
mod manual;
mod output;
mod ring;
mod ring_file;
mod rotate;
mod schedule;
mod time;
mod timeline;

use args::{Args, Command};
use clap::FromArgMatches;
use failure::Failure;
use output::Output;
use std::process::ExitCode;

fn main() -> ExitCode {
    let early = output::early_settings(std::env::args_os().skip(1));
    let parsed = args::command()
        .color(early.color)
        .try_get_matches()
        .and_then(|matches| Args::from_arg_matches(&matches));
    let args = match parsed {
        Ok(args) => args,
        Err(error) if error.use_stderr() => {
            Output::new(early.json, early.color).wrong_use(&error);
            return ExitCode::from(2);
        }
        Err(help) => return ExitCode::from(u8::from(help.print().is_err())),
    };
    let out = Output::new(args.json, args.color);
    let answer = match args.command {
        Command::Keys { command } => keys::run(command, &out),
        Command::Inspect(inspect) => inspect::run(&inspect, &out),
        Command::Dbsc { command } => dbsc::run(command, &out),
        Command::Completions { shell } => manual::completions(shell, &out),
        Command::Man { dir, dry_run } => manual::man(dir.as_deref(), dry_run, &out),
    };
    answer.unwrap_or_else(|failure: Failure| {
        out.failure(&failure);
        ExitCode::from(failure.status())
    })
}
