//! The pages and the code are one text.

use std::collections::BTreeSet;
use std::fs;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The blocks of Rust on a page.
fn blocks(page: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("{ROOT}/docs/{page}")).unwrap();
    let starts = text.split("\n```rust").skip(1);
    starts
        .map(|rest| {
            let (code, _) = rest.split_once("\n```\n").unwrap();
            code.strip_prefix('\n')
                .unwrap_or_else(|| panic!("{page}: ```rust with something behind it"))
                .to_owned()
                + "\n"
        })
        .collect()
}

#[test]
fn every_block_of_rust_is_a_file_that_is_run_here_and_every_file_is_on_a_page() {
    let mut files = BTreeSet::new();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap() != "lib.rs" {
            let text = fs::read_to_string(&path).unwrap();
            let (head, code) = text.split_once("\n\n").unwrap();
            assert!(head.lines().all(|line| line.starts_with("//!")), "{path:?}");
            files.insert(code.to_owned());
        }
    }
    let mut shown = BTreeSet::new();
    for page in ["moving-in.md", "moving-out.md"] {
        for block in blocks(page) {
            assert!(files.contains(&block), "{page}: this block is in no file of src/:\n{block}");
            shown.insert(block);
        }
    }
    let missing: Vec<_> = files.difference(&shown).collect();
    assert!(missing.is_empty(), "on no page: {missing:#?}");
}
