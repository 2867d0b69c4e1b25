//! The program `sealed-session`, run as it is installed, on real files: `keys` (`keys.rs`,
//! `rotate.rs`, `diff.rs`, `files.rs`, `check.rs`, `pictures.rs`), `inspect` (`inspect.rs`), `dbsc`
//! (`dbsc/`), its manners (`manners.rs`), wrong use (`usage.rs`), what is published (`release.rs`),
//! what the pages for operators show of it (`pages.rs`), and the files of `deploy/` (`deploy.rs`).
//! Every run is searched for secrets.
//!
//! They need a shell and modes of files, so they run on Unix.
#![cfg(unix)]

mod check;
mod dbsc;
mod deploy;
mod diff;
mod files;
mod inspect;
mod keys;
mod manners;
mod pages;
mod pictures;
mod release;
mod rotate;
mod run;
mod support;
mod usage;
