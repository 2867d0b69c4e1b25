//! What each part of a session takes of its `Set-Cookie` lines: as a bar, to scale, and as a table.

use crate::envelope::Envelope;
use crate::html::{plural, text};
use sealed_session::SizeReport;

/// How much of what is allowed the session takes, and the bar of its parts.
pub fn bars(report: &SizeReport, whose: &str) -> String {
    let (needed, allowed) = (report.needed, report.allowed);
    let (mut from, mut parts_to_scale) = (0, String::new());
    for Part { class, characters, .. } in parts(report) {
        parts_to_scale +=
            &format!(r#"<rect class="{class}" x="{from}" width="{characters}" height="1"/>"#);
        from += characters;
    }
    let (cookies, remains) = (plural(report.cookies, "cookie"), allowed.saturating_sub(needed));
    format!(
        r#"<p>{whose} takes <strong id="total">{needed} of {allowed} bytes</strong> of <code>Set-Cookie</code> lines, in <strong id="cookies">{cookies}</strong>. <span id="remains">{remains} bytes remain.</span></p>
<svg class="strip room" viewBox="0 0 {allowed} 1" preserveAspectRatio="none" role="img" aria-label="{needed} of {allowed} bytes"><rect class="used" width="{needed}" height="1"/></svg>
<svg class="strip" id="shares" viewBox="0 0 {needed} 1" preserveAspectRatio="none" role="img" aria-label="The parts of the {needed} bytes, to scale. A table with the numbers follows.">{parts_to_scale}</svg>"#
    )
}

pub fn table(report: &SizeReport) -> String {
    let row = |Part { class, name, bytes, characters }| {
        let bytes = bytes.map_or_else(|| String::from("–"), |bytes| bytes.to_string());
        format!(
            r#"<tr><th scope="row" class="{class}">{name}</th><td>{bytes}</td><td>{characters}</td></tr>"#
        )
    };
    let rows: String = parts(report).into_iter().map(row).collect();
    let compressed = report.compressed.map_or_else(String::new, |compressed| {
        format!(
            "<p>The fields are compressed from {} to {compressed} together. The last column divides these among them in proportion.</p>",
            plural(report.data, "byte")
        )
    });
    format!(
        r#"<table>
<thead><tr><th scope="col">Part</th><th scope="col">Bytes</th><th scope="col">As sent</th></tr></thead>
<tbody>{rows}</tbody>
<tfoot><tr><th scope="row">Together</th><td></td><td>{}</td></tr></tfoot>
</table>
{compressed}"#,
        report.needed
    )
}

/// A part of the session's `Set-Cookie` lines.
struct Part {
    class: String,
    name: String,
    /// Bytes before compression and base64, if it is data.
    bytes: Option<usize>,
    /// Bytes of the lines.
    characters: usize,
}

/// The parts of the lines, which are together as long as the lines.
fn parts(report: &SizeReport) -> Vec<Part> {
    let sealed = report.compressed.unwrap_or(report.data);
    let mut parts = Vec::new();
    let (mut plain_end, mut end) = (0, 0);
    let mut add = |class: &str, name: &str, bytes: usize, to: usize| {
        // Three bytes are four characters.
        let characters = (to * 4).div_ceil(3) - (end * 4usize).div_ceil(3);
        end = to;
        if bytes > 0 {
            let (class, name) = (text(class), text(name));
            parts.push(Part { class, name, bytes: Some(bytes), characters });
        }
    };
    for field in &report.fields {
        plain_end += field.bytes;
        add(&field.name, &field.name, field.bytes, plain_end * sealed / report.data.max(1));
    }
    let mut to = sealed;
    for (class, name, bytes) in [
        ("flashes", "flash messages", report.flashes),
        ("claims", "claims", report.claims),
        ("padding", "padding", report.padding),
        ("envelope", "version, key id, nonce, tag", Envelope::OVERHEAD),
    ] {
        to += bytes;
        add(class, name, bytes, to);
    }
    let value: usize = parts.iter().map(|part| part.characters).sum();
    parts.push(Part {
        class: String::from("names"),
        name: String::from("cookie names and attributes"),
        bytes: None,
        characters: report.needed - value,
    });
    parts
}
