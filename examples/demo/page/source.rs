//! Items of this example's own source, as they are compiled: what the page shows cannot go stale.

/// The item with this first line, from its attributes to its closing brace. Empty if there is none.
pub fn item(source: &'static str, first_line: &str) -> &'static str {
    let found = source.find(&format!("\n{first_line}")).and_then(|before| {
        let end = before + source[before..].find("\n}\n")? + "\n}".len();
        let above = source[..=before].rfind("\n\n").map_or(0, |blank| blank + 2);
        Some(source[above..end].trim_start())
    });
    found.unwrap_or_default()
}
