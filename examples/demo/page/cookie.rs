//! A cookie taken apart, as anybody can who has it: the cookies that carry the value, and the parts
//! of the envelope, to scale. And how far this server opens it.

use crate::envelope::{Envelope, Part};
use crate::html::{plural, text};
use crate::stored::StoredValue;
use sealed_session::inspect::{Stage, Verdict};
use sealed_session::{SessionData, Sessions};

/// Whether the parts have buttons that change them.
#[derive(Clone, Copy, PartialEq)]
pub enum Flips {
    None,
    Disabled,
    Enabled,
}

pub fn taken_apart<T: SessionData>(
    sessions: &Sessions<T>,
    stored: &StoredValue,
    flips: Flips,
) -> String {
    let jar = jar(stored);
    let picture = match Envelope::decode(&stored.value) {
        Some(envelope) => picture(&envelope, stored, flips),
        None => String::from("<p>The value is not an envelope.</p>"),
    };
    format!("{jar}{picture}{}", stages(sessions.inspect(&stored.value).verdict))
}

/// The cookies that carry the value.
fn jar(stored: &StoredValue) -> String {
    let item = |(name, piece): &(String, String)| {
        format!(r#"<li><code>{}</code> <span>{} characters</span></li>"#, text(name), piece.len())
    };
    let items: String = stored.cookies.iter().map(item).collect();
    let pieces = match stored.cookies.len() {
        1 => String::new(),
        count => format!(
            "<p>The session is split over {count} cookies. The server joins them only if all belong to the same seal.</p>"
        ),
    };
    format!(r#"<ul class="lines jar">{items}</ul>{pieces}"#)
}

/// The stages that the cookie passes, and the one that refuses it.
fn stages(verdict: Verdict) -> String {
    let refuses = match verdict {
        Verdict::Stopped { stage, .. } => Some(stage),
        _ => None,
    };
    let passed = Stage::ALL.iter().take_while(|stage| Some(**stage) != refuses);
    let passed: Vec<&str> = passed.map(|stage| stage.as_str()).collect();
    let passed = if passed.is_empty() { String::from("none") } else { passed.join(", ") };
    let refuses = refuses.map_or_else(String::new, |stage| {
        format!(" It stops at <strong>{stage}</strong>: {}.", text(verdict.explanation()))
    });
    format!(r#"<p class="stages">Stages that it passes on this server: {passed}.{refuses}</p>"#)
}

/// The five parts to scale, and the bytes of each.
fn picture(envelope: &Envelope, stored: &StoredValue, flips: Flips) -> String {
    let (mut bars, mut items, mut spoken) = (String::new(), String::new(), Vec::new());
    for part in Part::ALL {
        let (range, word, name) = (envelope.range(part), part.word(), part.name());
        let (from, length) = (range.start, range.len());
        let bytes = plural(length, "byte");
        bars += &format!(r#"<rect class="{word}" x="{from}" width="{length}" height="1"/>"#);
        items += &format!(
            r#"<li class="{word}"><strong>{name}</strong> <span class="bytes">{bytes}</span><span class="what">{what}</span><code class="hex" data-part="{word}">{hex}</code>{flip}</li>"#,
            what = what(part),
            hex = hex(envelope.bytes(part)),
            flip = flip(part, flips),
        );
        spoken.push(format!("{name} {length}"));
    }
    let total = envelope.len();
    let (spoken, cookies) = (spoken.join(", "), cookies(envelope, stored));
    let list = format!(r#"<ol class="parts">{items}</ol>"#);
    let list = match flips {
        Flips::None => list,
        _ => format!(r#"<form method="post" action="/bit/flip">{list}</form>"#),
    };
    format!(
        r#"<svg class="strip" viewBox="0 0 {total} 1" preserveAspectRatio="none" role="img" aria-label="The envelope’s {total} bytes to scale: {spoken}">{bars}</svg>
{cookies}{list}"#
    )
}

/// Which cookie carries which bytes of the envelope, if there are several.
fn cookies(envelope: &Envelope, stored: &StoredValue) -> String {
    if stored.cookies.len() == 1 {
        return String::new();
    }
    let (mut from, mut bars) = (0, String::new());
    for (_, piece) in &stored.cookies {
        // Four characters are three bytes.
        let characters = piece.split_once('.').map_or(0, |(_, part)| part.len());
        bars +=
            &format!(r#"<rect class="piece" x="{from}" width="{}" height="3"/>"#, characters * 3);
        from += characters * 3;
    }
    let spoken = format!("The envelope is carried by {} cookies", stored.cookies.len());
    format!(
        r#"<svg class="strip pieces" viewBox="0 0 {} 3" preserveAspectRatio="none" role="img" aria-label="{spoken}">{bars}</svg>"#,
        envelope.len() * 4
    )
}

fn flip(part: Part, flips: Flips) -> String {
    let disabled = match flips {
        Flips::None => return String::new(),
        Flips::Disabled => " disabled",
        Flips::Enabled => "",
    };
    format!(
        r#"<button class="small" name="part" value="{}" aria-label="Flip a bit of the {}"{disabled}>Flip a bit</button>"#,
        part.word(),
        part.name()
    )
}

fn what(part: Part) -> &'static str {
    match part {
        Part::Version => "the format version",
        Part::KeyId => "identifies the key in the ring",
        Part::Nonce => "random, new for every seal",
        Part::Ciphertext => "claims and data, encrypted",
        Part::Tag => "authenticates all other bytes",
    }
}

/// In groups of four bytes, so that lines can break.
fn hex(bytes: &[u8]) -> String {
    bytes.chunks(4).map(hex::encode).collect::<Vec<_>>().join(" ")
}
