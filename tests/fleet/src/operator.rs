//! The operator's program, `sealed-session`, as it is built from this workspace.

use crate::fleet::{Fleet, date};
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Operator {
    program: PathBuf,
}

impl Operator {
    /// Builds the program, which is a package of its own. `beside` is another program of this
    /// build.
    pub fn new(beside: &Path) -> Self {
        let dir = beside.parent().expect("a directory");
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--locked", "--quiet", "-p", "sealed-session-cli"]);
        if dir.ends_with("release") {
            build.arg("--release");
        }
        let built = build.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
        assert!(built.success(), "the program is not built");
        Self { program: dir.join("sealed-session") }
    }

    /// Rotates the ring of the fleet's operator, which begins as the nodes' ring does, and returns
    /// its text.
    pub fn rotate(&self, fleet: &Fleet, terms: &[&str]) -> String {
        let ring = fleet.operators_ring();
        let output = Command::new(&self.program)
            .args(["keys", "rotate"])
            .arg(&ring)
            .args(terms)
            .args(["--at", &date(fleet.clock.now())])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read_to_string(ring).unwrap()
    }
}
