//! The tables of cells that a framework makes impossible say what the suite knows.

use sealed_session_frameworks::cells::IMPOSSIBLE;
use sealed_session_frameworks::checks;

#[test]
fn both_readmes_have_every_impossible_cell_with_its_reason_and_no_other() {
    for (page, text) in [
        ("README.md", include_str!("../../../README.md")),
        ("tests/frameworks/README.md", include_str!("../README.md")),
    ] {
        let is_row = |line: &&str| {
            checks::ALL.iter().any(|check| line.contains(&format!("| `{}` |", check.name)))
        };
        let rows: Vec<&str> = text.lines().filter(is_row).collect();
        let known: Vec<String> = IMPOSSIBLE
            .iter()
            .map(|cell| {
                format!("| {} | `{}` | {} |", cell.framework.name(), cell.check, cell.reason)
            })
            .collect();
        assert_eq!(rows, known, "{page}");
    }
}

#[test]
fn every_impossible_cell_is_of_a_check() {
    for cell in IMPOSSIBLE {
        assert!(checks::ALL.iter().any(|check| check.name == cell.check), "{}", cell.check);
    }
}

#[test]
fn the_readme_states_the_number_of_checks() {
    let stated = format!("{} checks", checks::ALL.len());
    assert!(include_str!("../../../README.md").contains(&stated), "README.md: {stated}");
}
