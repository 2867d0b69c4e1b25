//! The program `sealed-session`, run as it is installed, on real files: `keys` (`cli/keys.rs`,
//! `cli/files.rs`, `cli/check.rs`, `cli/pictures.rs`), `inspect` (`cli/inspect.rs`), how it is used
//! wrongly (`cli/usage.rs`), and what the pages for operators show of it (`cli/pages.rs`). Every
//! run is searched for secrets.
#![cfg(feature = "cli")]

mod support;

#[path = "cli/check.rs"]
mod check;
#[path = "cli/files.rs"]
mod files;
#[path = "cli/inspect.rs"]
mod inspect;
#[path = "cli/keys.rs"]
mod keys;
#[path = "cli/pages.rs"]
mod pages;
#[path = "cli/pictures.rs"]
mod pictures;
#[path = "cli/run.rs"]
mod run;
#[path = "cli/usage.rs"]
mod usage;
