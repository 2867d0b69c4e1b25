//! Completions and man pages, made from clap's description of the arguments.

use crate::args;
use crate::failure::{Failure, quoted};
use crate::output::Output;
use clap_complete::Shell;
use clap_mangen::Man;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn completions(shell: Shell, out: &Output) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "sealed-session", &mut script);
    out.raw(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn man(dir: Option<&Path>, dry_run: bool, out: &Output) -> Result<ExitCode, Failure> {
    let Some(dir) = dir else {
        let page = render(&Man::new(args::command()))?;
        out.raw(&String::from_utf8_lossy(&page))?;
        return Ok(ExitCode::SUCCESS);
    };
    let mut command = args::command().disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    collect(command, &mut pages)?;
    let mut text = String::new();
    for (name, page) in &pages {
        let path = dir.join(name);
        if !dry_run {
            std::fs::write(&path, page).map_err(|error| {
                Failure::refused(format!(
                    "cannot write {}: {error}: name a directory that exists",
                    quoted(&path)
                ))
            })?;
        }
        text.push_str(&format!(
            "{} {}\n",
            if dry_run { "would write" } else { "wrote" },
            quoted(&path)
        ));
    }
    let names: Vec<&String> = pages.iter().map(|(name, _)| name).collect();
    out.answer(
        &text,
        &json!({ "dry_run": dry_run, "dir": dir.display().to_string(), "pages": names }),
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Collects the pages of a command and of its subcommands, with their files' names.
fn collect(command: clap::Command, pages: &mut Vec<(String, Vec<u8>)>) -> Result<(), Failure> {
    for subcommand in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        collect(subcommand.clone(), pages)?;
    }
    let man = Man::new(command);
    pages.push((man.get_filename(), render(&man)?));
    Ok(())
}

fn render(man: &Man) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    man.render(&mut page)
        .map_err(|error| Failure::refused(format!("cannot make the man page: {error}")))?;
    Ok(page)
}
