//! The tables of the document, in Markdown. They stand between two comments with a name, and
//! `cargo test -p sealed-session-proxies -- --ignored --nocapture` prints them with new numbers.

use crate::client::Outcome;
use std::path::Path;

/// The document that has the tables.
pub fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/size.md");
    std::fs::read_to_string(path).unwrap()
}

/// The cells of the table between `<!-- proxies:NAME -->` and `<!-- /proxies:NAME -->`, without the
/// line below its head.
///
/// # Panics
/// If the document has no such table.
pub fn table(document: &str, name: &str) -> Vec<Vec<String>> {
    let begin = format!("<!-- proxies:{name} -->");
    let end = format!("<!-- /proxies:{name} -->");
    let (_, rest) = document.split_once(&begin).unwrap_or_else(|| panic!("no {begin}"));
    let (text, _) = rest.split_once(&end).unwrap_or_else(|| panic!("no {end}"));
    let lines = text.lines().filter(|line| line.starts_with('|') && !line.starts_with("| ---"));
    let cells =
        lines.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()));
    cells.map(Iterator::collect).collect()
}

/// A row of a table.
pub fn row(cells: impl IntoIterator<Item = String>) -> String {
    cells.into_iter().fold("|".to_owned(), |row, cell| row + " " + &cell + " |")
}

/// A number with its thousands: `14,000`.
pub fn number(number: usize) -> String {
    if number < 1000 {
        number.to_string()
    } else {
        format!("{},{:03}", self::number(number / 1000), number % 1000)
    }
}

/// What [`number`] wrote.
///
/// # Panics
/// If it is no number.
pub fn parse_number(text: &str) -> usize {
    text.replace(',', "").parse().unwrap_or_else(|_| panic!("not a number: {text}"))
}

/// What becomes of a session on its way to the browser and back.
pub fn session_cell(out: &Outcome, back: &Outcome) -> String {
    match (out.passed(), back.passed()) {
        (true, true) => "passes".to_owned(),
        (false, true) => format!("response {out}"),
        (true, false) => format!("request {back}"),
        (false, false) => format!("response {out}, request {back}"),
    }
}

/// The name and the first two numbers of a version, `nginx 1.22`: limits are the same in all its
/// releases.
pub fn series(name_and_version: &str) -> String {
    let mut parts = name_and_version.splitn(3, '.');
    [parts.next(), parts.next()].into_iter().flatten().collect::<Vec<_>>().join(".")
}
