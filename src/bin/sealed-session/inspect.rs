//! `inspect`: shows a cookie, given as a value, a pair, or a whole `Cookie` or `Set-Cookie` line.
//! Without a ring it shows what anyone can see. With a ring it shows the contents, or which step of
//! SPEC.md §8 refuses the cookie and why. It opens a cookie as a server does that accepts data of
//! any shape.

use crate::args::{Hex, Inspect, Lifetimes};
use crate::failure::Failure;
use crate::output::{Cell, Colour, Output, cell};
use crate::ring_file::{self, Place, Ring};
use crate::time;
use sealed_session::cli_support::{self, Expected, Inside, NAME_BYTES, Outside};
use sealed_session::{Expiry, Reason};
use serde_json::{Value, json};
use std::io::{IsTerminal, Read};
use std::process::ExitCode;
use std::time::SystemTime;

const DEFAULT_NAME: &str = "__Host-Http-session";
/// Longer than any line of a request or response that a server accepts.
const LONGEST_LINE: u64 = 1024 * 1024;

/// The result for one cookie.
struct Finding {
    name: String,
    outside: Outside,
    /// With a ring: the contents, and whether the cookie passes.
    opened: Option<(Option<Inside>, Result<(), Reason>)>,
}

pub(crate) fn run(args: &Inspect, out: &Output) -> Result<ExitCode, Failure> {
    if args.cookie_name.as_ref().is_some_and(|name| name.len() > NAME_BYTES) {
        return Err(Failure::wrong_use(format!(
            "the cookie's name is longer than {NAME_BYTES} bytes"
        )));
    }
    let line = if args.cookie == "-" { from_standard_input(args)? } else { args.cookie.clone() };
    let ring = args
        .keys
        .as_ref()
        .map(|place| ring_file::read(place, args.danger_published))
        .transpose()?;
    let cookies = cookies(line.trim_matches(['\r', '\n']), args.cookie_name.as_deref());
    let now = args.at.at.seconds(time::now());
    let findings: Vec<Finding> = cookies
        .into_iter()
        .map(|(name, value)| find(name, value, ring.as_ref(), args, now))
        .collect();
    if findings.is_empty() {
        let text =
            "absent\tno cookie of that name is in the line: name another with --cookie-name\n";
        out.answer(text, &json!({ "at": time::print(now), "verdict": "absent", "cookies": [] }))?;
        return Ok(ExitCode::from(1));
    }
    let limits = &args.lifetimes;
    let texts: Vec<String> =
        findings.iter().map(|finding| out.table(&rows(finding, now, limits))).collect();
    let cookies: Vec<Value> = findings.iter().map(|finding| describe(finding, now)).collect();
    let mut json = json!({ "at": time::print(now), "cookies": cookies });
    if ring.is_some() {
        json["limits"] = json!({ "idle": limits.idle.0, "absolute": limits.absolute.0 });
    }
    out.answer(&texts.join("\n"), &json)?;
    Ok(ExitCode::from(u8::from(!findings.iter().any(|finding| finding.problem().is_none()))))
}

fn from_standard_input(args: &Inspect) -> Result<String, Failure> {
    if args.keys == Some(Place::Standard) {
        return Err(Failure::wrong_use(
            "the cookie and the ring cannot both come from standard input: name a file for one of them",
        ));
    }
    if std::io::stdin().is_terminal() {
        return Err(Failure::wrong_use(
            "no cookie was given: write it behind `inspect`, or pipe it in",
        ));
    }
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(LONGEST_LINE).read_to_end(&mut bytes);
    read.map_err(|error| Failure::refused(format!("standard input cannot be read: {error}")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns the candidates of a line with their names: all cookies with the wanted name or the
/// default name, or, if there are none, the first cookie.
fn cookies<'a>(line: &'a str, wanted: Option<&str>) -> Vec<(String, &'a str)> {
    let header = |name: &str| {
        line.get(..name.len())
            .filter(|start| start.eq_ignore_ascii_case(name))
            .map(|_| &line[name.len()..])
    };
    let name = wanted.unwrap_or(DEFAULT_NAME);
    let request = header("Cookie:");
    let response = header("Set-Cookie:");
    let pairs = request.or(response).unwrap_or(line);
    let is_pair = |text: &str| {
        text.split_once('=')
            .is_some_and(|(name, value)| !name.is_empty() && !value.trim_matches('=').is_empty())
    };
    if request.is_none()
        && response.is_none()
        && !pairs.contains(';')
        && !is_pair(pairs)
        && !pairs.starts_with(&format!("{name}="))
    {
        return vec![(name.to_owned(), line)];
    }
    let trimmed = pairs.split(';').map(|pair| pair.trim_matches([' ', '\t']));
    let split: Vec<(&str, &str)> = trimmed.filter_map(|pair| pair.split_once('=')).collect();
    let others = if response.is_some() { 1 } else { usize::MAX };
    let ours: Vec<_> = split
        .iter()
        .take(others)
        .filter(|(found, _)| *found == name)
        .map(|(found, value)| ((*found).to_owned(), *value))
        .collect();
    match (split.first(), wanted) {
        (Some((found, value)), None) if ours.is_empty() && request.is_none() => {
            vec![((*found).to_owned(), *value)]
        }
        _ => ours,
    }
}

fn find(name: String, value: &str, ring: Option<&Ring>, args: &Inspect, now: u64) -> Finding {
    let opened = ring.map(|ring| {
        let expected = Expected {
            ring: &ring.parsed.ring,
            name: &name,
            context: args.context_hex.as_ref().map_or(args.context.as_bytes(), |Hex(bytes)| bytes),
            idle: args.lifetimes.idle.0,
            absolute: args.lifetimes.absolute.0,
            shape: args.shape,
            now,
        };
        cli_support::open(value.as_bytes(), &expected)
    });
    Finding { outside: cli_support::outside(value.as_bytes()), name, opened }
}

impl Finding {
    fn problem(&self) -> Option<Reason> {
        self.opened.as_ref().map_or(self.outside.problem, |(_, verdict)| verdict.err())
    }

    fn claims_are_known(&self) -> bool {
        matches!(self.opened, Some((Some(_), _)))
    }

    fn verdict(&self) -> &'static str {
        match (self.problem(), &self.opened) {
            (Some(reason), _) => reason.as_str(),
            (None, Some(_)) => "ok",
            (None, None) => "not opened",
        }
    }
}

fn rows(finding: &Finding, now: u64, limits: &Lifetimes) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    let mut add = |name: &str, text: String| {
        rows.push(vec![cell(Colour::Dim, name), cell(Colour::Plain, text)])
    };
    let outside = &finding.outside;
    add("cookie", finding.name.clone());
    add("value", format!("{} characters", outside.characters));
    add(
        "pieces",
        outside
            .pieces
            .map_or(String::from("1"), |pieces| format!("{pieces}, of which this is the first")),
    );
    if let (Some(bytes), Some(version)) = (outside.envelope, outside.version) {
        add("envelope", format!("{bytes} bytes"));
        add("version", version.to_string());
    }
    if let (Some(id), Some(plaintext)) = (outside.key_id, outside.plaintext) {
        add("key", id.to_string());
        add("content", format!("{plaintext} bytes of claims and data"));
    }
    if let Some((Some(inside), _)) = &finding.opened {
        inside_rows(inside, now, &mut add);
        let (idle, absolute) = (time::about(limits.idle.0), time::about(limits.absolute.0));
        add(
            "limits",
            format!(
                "idle {idle}, absolute {absolute}: assumed; name the application's with --idle and --absolute"
            ),
        );
    }
    rows.push(match finding.problem() {
        Some(reason) => {
            let (step, why) = explain(reason, finding);
            let text = format!("{reason}: {why} (SPEC.md §8, step {step})");
            vec![cell(Colour::Dim, "refused"), cell(Colour::Red, text)]
        }
        None if finding.opened.is_some() => {
            vec![cell(Colour::Dim, "opens"), cell(Colour::Green, "ok")]
        }
        None => vec![
            cell(Colour::Dim, "opens"),
            cell(Colour::Plain, "not tried: give the ring with --keys"),
        ],
    });
    rows
}

fn inside_rows(inside: &Inside, now: u64, add: &mut impl FnMut(&str, String)) {
    let beside = |time: u64| time::print_beside(time, now);
    add("issued", beside(inside.issued));
    add("created", beside(inside.created));
    add("age", format!("{} when it was issued", time::about(inside.age)));
    add("id", inside.id.map_or(String::from("none"), |id| hex(&id)));
    add("expiry", expiry(inside.expiry));
    if let Some(end) = inside.idle_end {
        add("idle end", beside(end));
    }
    add("absolute end", beside(inside.absolute_end));
    if let Some(end) = inside.key_end {
        add("key's end", beside(end));
    }
    add("ends", beside(inside.end));
    let refresh = match inside.refresh_from {
        _ if inside.refresh_due => String::from("at the next touch"),
        Some(time) => format!("at a touch from {} on", beside(time)),
        None => String::from("not, but for its key's sake"),
    };
    add("refreshes", refresh);
    for flash in &inside.flashes {
        add("flash", format!("{} ({}): {}", flash.level.name(), flash.level.0, flash.text));
    }
    add("shape", hex(&inside.shape));
    for (tag, length) in &inside.extensions {
        add("extension", format!("tag {tag}, {length} bytes, of a release that knows it"));
    }
    if inside.padding > 0 {
        add("padding", format!("{} bytes", inside.padding));
    }
    match &inside.map {
        Some(map) => {
            let what = if inside.by_name { "by name" } else { "a Map" };
            add("data", format!("{} bytes, {what}: {}", inside.data.len(), json!(map)));
        }
        None => add("data", format!("{} bytes: {}", inside.data.len(), hex(&inside.data))),
    }
}

fn describe(finding: &Finding, now: u64) -> Value {
    let outside = &finding.outside;
    let problem = finding.problem().map(|reason| {
        let (step, why) = explain(reason, finding);
        json!({ "step": step, "why": why })
    });
    let inside = finding.opened.as_ref().and_then(|(inside, _)| inside.as_ref()).map(|inside| {
        json!({
            "issued": time::print(inside.issued),
            "created": time::print(inside.created),
            "age": inside.age,
            "id": inside.id.map(|id| hex(&id)),
            "expiry": expiry(inside.expiry),
            "idle_end": inside.idle_end.map(time::print),
            "absolute_end": time::print(inside.absolute_end),
            "key_end": inside.key_end.map(time::print),
            "ends": time::print(inside.end),
            "ends_in": inside.end.saturating_sub(now),
            "refreshes_from": inside.refresh_from.map(time::print),
            "refresh_due": inside.refresh_due,
            "flashes": inside.flashes.iter().map(|flash| json!({ "level": flash.level.0, "text": flash.text })).collect::<Vec<_>>(),
            "shape": hex(&inside.shape),
            "extensions": inside.extensions.iter().map(|(tag, length)| json!({ "tag": tag, "bytes": length })).collect::<Vec<_>>(),
            "padding": inside.padding,
            "data": inside.map.as_ref().map(|map| json!(map)),
            "data_bytes": hex(&inside.data),
        })
    });
    json!({
        "name": finding.name,
        "characters": outside.characters,
        "pieces": outside.pieces.unwrap_or(1),
        "envelope_bytes": outside.envelope,
        "version": outside.version,
        "key_id": outside.key_id.map(|id| id.to_string()),
        "content_bytes": outside.plaintext,
        "verdict": finding.verdict(),
        "refused": problem,
        "session": inside,
    })
}

fn expiry(expiry: Expiry) -> String {
    match expiry {
        Expiry::Default => String::from("default"),
        Expiry::BrowserSession => String::from("browser session"),
        Expiry::Idle(idle) => format!("idle for {} seconds", idle.as_secs()),
        Expiry::At(time) => {
            format!(
                "at {}",
                time::print(
                    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
                )
            )
        }
        _ => String::from("of a kind that this program does not know"),
    }
}

/// Returns the step of SPEC.md §8 that refuses the cookie, and what that means.
fn explain(reason: Reason, finding: &Finding) -> (u8, &'static str) {
    match reason {
        Reason::TooLong => (1, "longer than 4,096 characters, which no cookie is"),
        Reason::TooMany => (2, "too many cookies of the name came"),
        Reason::Pieces => (3, "the first of several cookies, and this release does not join them"),
        Reason::PiecesMixed => (3, "the pieces are of different sessions"),
        Reason::Malformed if finding.outside.version.is_some() => {
            (5, "too short to be an envelope")
        }
        Reason::Malformed => (
            4,
            "no base64url in its one spelling (a later piece of a session in several cookies is none, either)",
        ),
        Reason::UnknownVersion => {
            (5, "the envelope is of a version that this release does not know")
        }
        Reason::UnknownKey => (
            6,
            "no key of the ring has the cookie's key id: another ring, or a key that was taken out",
        ),
        Reason::KeyEnded => (7, "the key's open-until has passed"),
        Reason::UnsupportedSuite => (8, "the key's suite is not compiled in"),
        Reason::BadSeal => {
            (10, "the tag is wrong: another cookie name, another context, or changed bytes")
        }
        Reason::UnknownForm => {
            (11, "authentic, of a form or with claims that this release does not know")
        }
        Reason::OtherShape => (12, "authentic, sealed for a type of another structure"),
        Reason::FromTheFuture => (13, "issued more than two minutes ahead of the clock"),
        Reason::ExpiredAt => (14, "the end that the application set has passed"),
        Reason::ExpiredAbsolute => (14, "the absolute timeout has passed"),
        Reason::ExpiredIdle => (14, "the idle timeout has passed"),
        Reason::Undecodable if finding.claims_are_known() => {
            (15, "authentic, and its data does not decode to the last byte")
        }
        Reason::Undecodable => (11, "authentic, and its claims do not decode"),
        Reason::Refused(_) => (16, "the application's own check refused it"),
        _ => (16, "for a reason that this program does not know"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
