//! The table of cells that a platform makes impossible says what the suite knows.

use sealed_session_edge::cells::IMPOSSIBLE;
use sealed_session_frameworks::checks;

#[test]
fn the_readme_has_every_impossible_cell_with_its_reason_and_no_other() {
    let is_row = |line: &&str| {
        checks::ALL.iter().any(|check| line.contains(&format!("| `{}` |", check.name)))
    };
    let rows: Vec<&str> = include_str!("../README.md").lines().filter(is_row).collect();
    let known: Vec<String> = IMPOSSIBLE
        .iter()
        .map(|cell| format!("| {} | `{}` | {} |", cell.platform.name(), cell.check, cell.reason))
        .collect();
    assert_eq!(rows, known);
}

#[test]
fn every_impossible_cell_is_of_a_check() {
    for cell in IMPOSSIBLE {
        assert!(checks::ALL.iter().any(|check| check.name == cell.check), "{}", cell.check);
    }
}
