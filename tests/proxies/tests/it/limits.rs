//! The table of limits: how many bytes of cookies pass each proxy, whatever set them. With another
//! series of a proxy than the document has, only what it promises is checked, within two percent.

use crate::support::{Running, run};
use sealed_session_proxies::measure::{Way, largest, send};
use sealed_session_proxies::setups::Setup;
use sealed_session_proxies::tables::{document, number, parse_number, row, series, table};

/// The columns: a listener and what is sent.
const COLUMNS: [(&str, Way); 4] =
    [("h1", Way::OneLine), ("h1", Way::Lines), ("h1", Way::OneCookie), ("h2", Way::Cookies)];

/// Numbers in the table are rounded down to a multiple of this.
const STEP: usize = 100;

/// What a cell says: `3,600 (502)`, `over 65,000`, or nothing.
enum Cell {
    /// So many bytes pass, and more get this status or are cut off.
    UpTo(usize, String),
    /// No limit was found up to here.
    Over(usize),
    Nothing,
}

impl Cell {
    fn parse(cell: &str) -> Self {
        match cell.split_once(" (") {
            Some((limit, beyond)) => {
                Self::UpTo(parse_number(limit), beyond.trim_end_matches(')').to_owned())
            }
            None if cell == "–" => Self::Nothing,
            None => Self::Over(parse_number(cell.strip_prefix("over ").expect("a limit"))),
        }
    }

    async fn measure(setup: &Setup, listener: &str, way: Way) -> (Self, String) {
        let Some(address) = setup.find(listener) else { return (Self::Nothing, String::new()) };
        match largest(address, way).await {
            (bytes, Some(beyond)) => (
                Self::UpTo(bytes / STEP * STEP, beyond.to_string()),
                format!("{bytes}, then {beyond:?}"),
            ),
            (bytes, None) => (Self::Over(bytes / 1000 * 1000), format!("more than {bytes}")),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::UpTo(bytes, beyond) => format!("{} ({beyond})", number(*bytes)),
            Self::Over(bytes) => format!("over {}", number(*bytes)),
            Self::Nothing => "–".to_owned(),
        }
    }
}

#[test]
fn as_many_bytes_pass_as_the_table_says() {
    run(async |running: &'static Running| {
        let rows = table(&document(), "limits");
        for setup in &running.setups {
            let here = format!("{} {}", setup.name, setup.version);
            let row = rows.iter().find(|row| row[0].starts_with(setup.name)).expect("a row");
            let same = series(&row[0]) == series(&here);
            for ((listener, way), cell) in COLUMNS.into_iter().zip(&row[1..]) {
                let what = format!("{here}, {listener}, {way:?}, document: {cell}");
                let (promised, beyond) = match Cell::parse(cell) {
                    Cell::Nothing => continue,
                    Cell::Over(bytes) => (bytes, None),
                    Cell::UpTo(bytes, beyond) => (bytes, Some(beyond)),
                };
                let address = setup.at(listener);
                let promised_here = if same { promised } else { promised * 98 / 100 };
                let outcome = send(address, way, promised_here).await;
                assert!(outcome.passed(), "{what}: {outcome:?}");
                let Some(beyond) = beyond else { continue };
                let outcome = send(address, way, promised + STEP).await.to_string();
                if same {
                    assert_eq!(outcome, beyond, "{what}");
                } else if outcome != beyond {
                    println!("{what}: {outcome} beyond");
                }
            }
        }
    });
}

#[test]
#[ignore = "prints the exact numbers, and the table with rounded ones; takes 10 seconds"]
fn print_the_limits() {
    run(async |running: &'static Running| {
        let mut rows = vec![];
        for setup in &running.setups {
            let name = format!("{} {}", setup.name, setup.version);
            let mut cells = vec![name.clone()];
            for (listener, way) in COLUMNS {
                let (cell, exact) = Cell::measure(setup, listener, way).await;
                println!("{name}, {listener}, {way:?}: {exact}");
                cells.push(cell.text());
            }
            rows.push(row(cells));
            for listener in ["h1 lifted for one cookie", "h1 lifted", "h2 lifted"] {
                for way in [Way::OneLine, Way::Lines, Way::OneCookie, Way::Cookies] {
                    let (_, exact) = Cell::measure(setup, listener, way).await;
                    if !exact.is_empty() {
                        println!("{name}, {listener}, {way:?}: {exact}");
                    }
                }
            }
        }
        println!("\n{}\n", rows.join("\n"));
    });
}
