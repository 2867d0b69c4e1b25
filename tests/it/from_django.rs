//! docs/from-django.md names all of Django's session API, and everything that it tells a reader to
//! write is in a block that is compiled and run (as documentation tests; `src/lib.rs` includes the
//! page). The names are those of Django 5.2.

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;
const PAGE: &str = include_str!("../../docs/from-django.md");

/// The methods of `SessionBase` that have an async twin, which is the name with an `a` before it.
const TWINS: &[&str] = &[
    "get",
    "pop",
    "setdefault",
    "set_test_cookie",
    "test_cookie_worked",
    "delete_test_cookie",
    "update",
    "has_key",
    "keys",
    "values",
    "items",
    "get_expiry_age",
    "get_expiry_date",
    "set_expiry",
    "get_expire_at_browser_close",
    "flush",
    "cycle_key",
    "exists",
    "create",
    "save",
    "delete",
    "load",
    "clear_expired",
];

/// Methods without an async twin or with one of another name, and the attributes.
const SINGLE: &[&str] = &[
    "__contains__",
    "__getitem__",
    "__setitem__",
    "aset",
    "__delitem__",
    "clear",
    "is_empty",
    "encode",
    "decode",
    "get_session_cookie_age",
    "key_salt",
    "serializer",
    "session_key",
    "accessed",
    "modified",
    "TEST_COOKIE_NAME",
    "TEST_COOKIE_VALUE",
    "SessionInterrupted",
];

const PRIVATE: &[&str] = &[
    "_get_new_session_key",
    "_aget_new_session_key",
    "_get_or_create_session_key",
    "_aget_or_create_session_key",
    "_validate_session_key",
    "_get_session_key",
    "_set_session_key",
    "_get_session",
    "_aget_session",
];

const SETTINGS: &[&str] = &[
    "SESSION_CACHE_ALIAS",
    "SESSION_COOKIE_NAME",
    "SESSION_COOKIE_AGE",
    "SESSION_COOKIE_DOMAIN",
    "SESSION_COOKIE_SECURE",
    "SESSION_COOKIE_PATH",
    "SESSION_COOKIE_HTTPONLY",
    "SESSION_COOKIE_SAMESITE",
    "SESSION_SAVE_EVERY_REQUEST",
    "SESSION_EXPIRE_AT_BROWSER_CLOSE",
    "SESSION_ENGINE",
    "SESSION_FILE_PATH",
    "SESSION_SERIALIZER",
];

/// The titles in "How to use sessions", in order.
const SECTIONS: &[&str] = &[
    "Enabling sessions",
    "Configuring the session engine",
    "Using database-backed sessions",
    "Using cached sessions",
    "Using file-based sessions",
    "Using cookie-based sessions",
    "Using sessions in views",
    "Session serialization",
    "Bundled serializers",
    "Write your own serializer",
    "Session object guidelines",
    "Examples",
    "Setting test cookies",
    "Using sessions out of views",
    "When sessions are saved",
    "Browser-length sessions vs. persistent sessions",
    "Clearing the session store",
    "Settings",
    "Session security",
    "Technical details",
    "The `SessionStore` object",
    "Extending database-backed session engines",
    "Example",
    "Session IDs in URLs",
];

#[test]
fn every_method_and_setting_of_django_has_a_row() {
    let heads: String =
        tables(PAGE).into_iter().flatten().map(|row| row[0].clone() + "\n").collect();
    let twins = TWINS.iter().map(|name| format!("a{name}"));
    let names = [TWINS, SINGLE, SETTINGS].concat().into_iter().map(str::to_owned).chain(twins);
    assert_eq!(names.filter(|name| !names_it(&heads, name)).collect::<Vec<_>>(), [""; 0]);
    assert_eq!(PRIVATE.iter().filter(|name| !names_it(PAGE, name)).collect::<Vec<_>>(), [&""; 0]);
    assert!(!names_it(&heads, "aclear"), "Django has no such twin");
}

#[test]
fn every_section_of_djangos_page_has_a_row_in_order() {
    let tables = tables(PAGE);
    let sections = tables.iter().find(|table| table[0][0] == "section").unwrap();
    let titles: Vec<_> = sections[1..].iter().map(|row| &*row[0]).collect();
    assert_eq!(titles, SECTIONS);
}

#[test]
fn no_row_is_empty() {
    for row in tables(PAGE).into_iter().flatten() {
        assert!(row[1..].iter().any(|cell| !cell.is_empty()), "{row:?}");
    }
}

#[test]
fn all_advice_appears_in_a_block_that_runs() {
    assert_eq!(unproven(PAGE), [""; 0]);
    let fences: Vec<_> =
        PAGE.lines().filter(|line| line.starts_with("```") && *line != "```").collect();
    let (toml, rust) = fences.split_first().unwrap();
    assert!(
        *toml == "```toml" && rust.len() > 10 && rust.iter().all(|fence| *fence == "```rust"),
        "all of them run: {fences:?}"
    );
}

/// The headings of blocks that are not views and may fail with any error. A token has errors of its
/// own.
const NO_VIEWS: &[&str] = &[
    "Where `session` comes from",
    "The session object",
    "Settings",
    "A CSRF token",
    "Out of views",
];

/// `?` in a view returns a `SessionError`. The compiler checks this through the block's closing
/// line.
#[test]
fn every_block_is_a_view_that_can_fail() {
    for (heading, block) in blocks(PAGE) {
        let closing = block.lines().last().unwrap();
        let is_views = closing == "# Ok::<(), sealed_session::SessionError>(())";
        assert!(is_views != NO_VIEWS.contains(&heading), "{heading}: {closing}");
        assert!(
            is_views
                || visible(block).contains("fn main")
                || closing == "# Ok::<(), Box<dyn std::error::Error>>(())",
            "{heading}"
        );
    }
}

#[test]
fn a_block_is_complete_without_its_hidden_lines() {
    for (heading, block) in blocks(PAGE) {
        assert_eq!(lost(block), [""; 0], "{heading}");
    }
}

#[test]
fn the_check_finds_names_that_only_hidden_lines_bring() {
    assert_eq!(
        lost(
            "# use http::{HeaderMap, header};\n# let (mut one, two) = both();\nlet x = HeaderMap::new(one);\n"
        ),
        ["HeaderMap", "one"]
    );
    assert_eq!(
        lost("# fn send_back(x: u8) {}\nsend_back(1); // two\n# let two = 2;\n"),
        ["send_back"]
    );
    assert_eq!(
        lost("use a::Map;\n# use a::{Map, Other};\n# let session = 1;\nMap::new(session);\n"),
        [""; 0]
    );
}

#[test]
fn the_check_finds_advice_that_is_in_no_block() {
    let table = |cell: &str| format!("| Django | write this |\n| --- | --- |\n| `x` | {cell} |\n");
    let block =
        "```rust\n# session.hidden()?;\nlet y = session\n    .read(|visit| visit.x);\n```\n";
    let found = |cell: &str| unproven(&(table(cell) + block));
    assert_eq!(found(r"`session.read(\|visit\| visit.x)`"), [""; 0]);
    assert_eq!(found("`Expiry::Never` or none"), ["Expiry::Never"]);
    assert_eq!(
        found("`session.hidden()?`"),
        ["session.hidden()?"],
        "a reader does not see it there"
    );
    assert_eq!(
        unproven(&format!("Text, and `session.other()` in it.\n\n{block}")),
        ["session.other()"]
    );
    assert!(
        !names_it("`aget_expiry`", "get_expiry") && names_it("`set_expiry(300)`", "set_expiry")
    );
}

/// What the page tells a reader to write and no visible line of a block contains: the code in the
/// columns "write this", and every call that begins like one of these.
fn unproven(page: &str) -> Vec<String> {
    let (mut prose, mut inside) = (String::new(), false);
    for line in page.lines() {
        match line {
            line if line.starts_with("```") => inside = !inside,
            line if !inside => prose += &format!("{line}\n"),
            _ => {}
        }
    }
    let blocks: String = blocks(page).into_iter().map(|(_, block)| visible(block)).collect();
    let mut told = Vec::new();
    for table in tables(page) {
        let columns =
            (0..table[0].len()).filter(|column| table[0][*column].starts_with("write this"));
        told.extend(
            columns.flat_map(|column| table[1..].iter().flat_map(move |row| spans(&row[column]))),
        );
    }
    let calls = ["session.", "sessions.", "."];
    let prose = spans(&prose.replace("\\|", "|"));
    told.extend(prose.into_iter().filter(|span| calls.iter().any(|call| span.starts_with(call))));
    let blocks = squeezed(&blocks);
    let mut missing: Vec<_> =
        told.into_iter().filter(|span| !blocks.contains(&squeezed(span))).collect();
    missing.sort();
    missing.dedup();
    missing
}

/// The Rust blocks on the page, each with the heading above it.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    let block = |(at, _): (usize, &str)| {
        let heading = page[..at].lines().rev().find(|line| line.starts_with("##")).unwrap_or("");
        (
            heading.trim_start_matches(['#', ' ']),
            page[at..].trim_start_matches("```rust\n").split("```").next().unwrap().trim_end(),
        )
    };
    page.match_indices("```rust\n").map(block).collect()
}

fn is_hidden(line: &str) -> bool {
    line == "#" || line.starts_with("# ")
}

/// The lines of a block that a reader sees and copies.
fn visible(block: &str) -> String {
    block.lines().filter(|line| !is_hidden(line)).map(|line| format!("{line}\n")).collect()
}

/// The names that only hidden lines introduce and visible lines use, except `session`, which a view
/// receives.
fn lost(block: &str) -> Vec<String> {
    let shown = visible(block);
    let brought = |lines: &str| lines.lines().flat_map(brings).collect::<Vec<_>>();
    let hidden: String = block
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .map(|line| format!("{line}\n"))
        .collect();
    let code: String =
        shown.lines().map(|line| line.split("//").next().unwrap().to_owned() + "\n").collect();
    let (used, here) = (words(&code), brought(&shown));
    let mut lost = brought(&hidden);
    lost.retain(|name| name != "session" && used.contains(name) && !here.contains(name));
    lost.sort();
    lost.dedup();
    lost
}

/// The names that a line imports or binds.
fn brings(line: &str) -> Vec<String> {
    let line = line.trim_start();
    if let Some(path) = line.strip_prefix("use ") {
        return words(path);
    }
    let binding = line.strip_prefix("let ").map(|rest| rest.split(['=', ':']).next().unwrap());
    let item = ["fn ", "struct ", "const "]
        .iter()
        .find_map(|item| line.strip_prefix(item))
        .map(|rest| rest.split(['(', ' ', '<']).next().unwrap());
    words(binding.or(item).unwrap_or("")).into_iter().filter(|word| word != "mut").collect()
}

fn words(code: &str) -> Vec<String> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The tables of the page as lists of rows. The first row is the header, and the line below it is
/// left out.
fn tables(page: &str) -> Vec<Vec<Vec<String>>> {
    let (mut tables, mut before) = (Vec::<Vec<_>>::new(), "");
    for line in page.lines() {
        if let Some(row) = line.strip_prefix('|') {
            if !before.starts_with('|') {
                tables.push(Vec::new());
            }
            if !row.starts_with(" ---") {
                tables.last_mut().unwrap().push(cells(row));
            }
        }
        before = line;
    }
    tables
}

fn cells(row: &str) -> Vec<String> {
    let row = row.trim_end().strip_suffix('|').expect("a row ends in a bar").replace("\\|", "\0");
    row.split('|').map(|cell| cell.replace('\0', "|").trim().to_owned()).collect()
}

/// The inline code of a text.
fn spans(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Returns whether a text contains a name as inline code, alone or with arguments.
fn names_it(text: &str, name: &str) -> bool {
    spans(text).iter().any(|span| {
        span.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('('))
    })
}

fn squeezed(code: &str) -> String {
    code.split_whitespace().collect()
}
