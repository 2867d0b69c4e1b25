//! Completions and man pages, made from clap's description of the arguments.

use crate::args::Args;
use crate::failure::Failure;
use crate::output::Output;
use clap::CommandFactory;
use clap_complete::Shell;
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn completions(shell: Shell, out: &Output) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "sealed-session", &mut script);
    out.raw(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn man(dir: Option<&Path>, out: &Output) -> Result<ExitCode, Failure> {
    match dir {
        Some(dir) => clap_mangen::generate_to(Args::command(), dir).map_err(|error| {
            Failure::refused(format!("the pages cannot be written into {}: {error}", dir.display()))
        })?,
        None => {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(Args::command()).render(&mut page);
            rendered
                .map_err(|error| Failure::refused(format!("the page cannot be made: {error}")))?;
            out.raw(&String::from_utf8_lossy(&page))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
