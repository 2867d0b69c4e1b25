//! A cookie taken apart: the envelope's bytes as anybody sees them, and what is under the seal as
//! this server sees it.

use crate::Demo;
use crate::envelope::{Envelope, Part, cookie};
use crate::html::{span, text, time};
use axum::http::HeaderMap;
use sealed_session::inspect::{Stage, Verdict};
use sealed_session::{LoadStatus, Session, SessionData, Sessions};
use std::fmt::Debug;
use std::time::SystemTime;

/// The envelope, as everyone sees it who has the cookie, and how far this server opens it.
pub fn envelope<T: SessionData>(sessions: &Sessions<T>, headers: &HeaderMap) -> String {
    let name = sessions.cookie_name();
    let shown = text(name);
    let Some(value) = cookie(headers, name) else {
        return format!("<p>This request had no cookie <code>{shown}</code>.</p>");
    };
    let length = value.len();
    let picture = match Envelope::decode(&value) {
        Some(envelope) => picture(&envelope),
        None => String::from("<p>Its value is not an envelope.</p>"),
    };
    format!(
        "<p><code>{shown}</code>, with a value of {length} characters, contains this envelope:</p>{picture}{}",
        stages(sessions.inspect(value).verdict)
    )
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
    format!("<p>Stages that it passes on this server: {passed}.{refuses}</p>")
}

/// The five parts to scale, and the bytes of each.
fn picture(envelope: &Envelope) -> String {
    let (mut bars, mut items, mut spoken) = (String::new(), String::new(), Vec::new());
    for part in Part::ALL {
        let (range, word, name) = (envelope.range(part), part.word(), part.name());
        let (from, length) = (range.start, range.len());
        bars += &format!(r#"<rect class="{word}" x="{from}" width="{length}" height="1"/>"#);
        items += &format!(
            r#"<li class="{word}"><strong>{name}</strong> <span class="bytes">{length} byte{s}</span><span class="what">{what}</span><code class="hex" data-part="{word}">{hex}</code></li>"#,
            s = if length == 1 { "" } else { "s" },
            what = what(part),
            hex = hex(envelope.bytes(part)),
        );
        spoken.push(format!("{name} {length}"));
    }
    let total = envelope.len();
    let spoken = spoken.join(", ");
    format!(
        r#"<svg class="strip" viewBox="0 0 {total} 1" preserveAspectRatio="none" role="img" aria-label="The envelope’s {total} bytes to scale: {spoken}">{bars}</svg>
<ol class="parts">{items}</ol>"#
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

/// What goes back to the browser with this page, and why. Asked after the flash messages were
/// taken.
pub fn sent_back<T: SessionData>(demo: &Demo, session: &Session<T>) -> &'static str {
    let due = session.info().refreshes_at().is_some_and(|due| due <= demo.clock.now());
    match session.load_status() {
        LoadStatus::Restored if session.is_modified() && session.is_empty() => {
            "the cookie’s deletion, because this page took the flash messages and the session holds nothing else."
        }
        LoadStatus::Restored if session.is_modified() => {
            "a new cookie, because this page took the flash messages out of the session."
        }
        LoadStatus::Restored if due => {
            "a new cookie, because a refresh is due: the same session, sealed with the current key."
        }
        LoadStatus::Restored => "no cookie, because nothing changed and no refresh is due.",
        _ => "no cookie.",
    }
}

/// Claims and data, as only the server sees them.
pub fn under_the_seal<T: SessionData + Debug>(
    demo: &Demo,
    sessions: &Sessions<T>,
    session: &Session<T>,
) -> String {
    if session.load_status() != LoadStatus::Restored {
        return String::from("<p>This request had no session that this server could open.</p>");
    }
    let now = demo.clock.now();
    let (issued, created) = (session.info().issued_at(), session.info().created_at());
    let (refreshes, ends) = (session.info().refreshes_at(), session.info().expires_at());
    let id = session.id().map_or_else(
        || String::from("none: <code>renew()</code> creates one"),
        |id| format!("<code>{id}</code>"),
    );
    let flashes: Vec<_> = session
        .flashes()
        .iter()
        .map(|flash| format!("{}: {}", flash.level.name(), flash.text))
        .collect();
    let claims = [
        ("issued", format!("{}, {}", time(issued), ago(now, issued))),
        ("created", format!("{}, {}", time(created), ago(now, created))),
        ("id", id),
        ("expiry", format!("<code>{}</code>", text(format_args!("{:?}", session.info().expiry())))),
        (
            "flashes",
            if flashes.is_empty() { String::from("none") } else { text(flashes.join("; ")) },
        ),
        ("shape", format!("<code>{}</code>", hex::encode(sessions.shape()))),
        (
            "refreshes",
            refreshes.map_or_else(
                || String::from("never"),
                |due| format!("{}, {}", time(due), until(now, due)),
            ),
        ),
        ("ends", format!("{}, {}", time(ends), until(now, ends))),
    ];
    let claims: String =
        claims.map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>\n")).concat();
    let data = session.read(|data| text(format_args!("{data:#?}")));
    let (size, allowed) = (session.size(), sessions.allowed_bytes());
    format!(
        r#"<h3>The claims</h3>
<dl class="claims">
{claims}</dl>
<h3>The data, as Rust sees it</h3>
<pre tabindex="0"><code>{data}</code></pre>
<h3>Room in one cookie</h3>
<p><span class="size">{size} of {allowed} bytes</span> for the whole <code>Set-Cookie</code> line, including its attributes.</p>
<svg class="strip room" viewBox="0 0 {allowed} 1" preserveAspectRatio="none" role="img" aria-label="{size} of {allowed} bytes used"><rect class="used" width="{size}" height="1"/></svg>"#
    )
}

fn ago(now: SystemTime, then: SystemTime) -> String {
    now.duration_since(then)
        .map_or_else(|_| String::from("now"), |past| format!("{} ago", span(past)))
}

fn until(now: SystemTime, then: SystemTime) -> String {
    then.duration_since(now)
        .map_or_else(|_| String::from("now"), |left| format!("in {}", span(left)))
}
