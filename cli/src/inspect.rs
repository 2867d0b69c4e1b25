//! `inspect`: shows a cookie, given as a value, a pair, or a whole `Cookie` or `Set-Cookie` line.
//! Without a ring it shows what everyone can see. With a ring it shows the contents, or which step
//! of SPEC.md §8 refuses the cookie and why, as a server does that accepts data of any shape.

use crate::args::{Hex, Inspect, Lifetimes};
use crate::failure::Failure;
use crate::output::{Cell, Colour, Output, cell};
use crate::ring::unix;
use crate::ring_file::{self, Place, Ring};
use crate::time;
use base64::engine::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sealed_session::Expiry;
use sealed_session::inspect::{self, Contents, DataFormat, Inspection, Inspector, Verdict};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::io::{IsTerminal, Read};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

const DEFAULT_NAME: &str = "__Host-Http-session";
/// The most bytes of a cookie's name (SPEC.md §12).
const NAME_BYTES: usize = 256;
/// Longer than any line of a request or response that a server accepts.
const LONGEST_LINE: u64 = 1024 * 1024;

/// The tag of the extension that `Contents::binding` is read from (SPEC.md §5.1).
const BINDING_TAG: u8 = 1;

/// A value, and the cookies that carry it.
struct Candidate<'a> {
    name: String,
    value: Cow<'a, str>,
    cookies: usize,
}

/// The result for one value.
struct Finding {
    name: String,
    cookies: usize,
    found: Inspection,
}

pub(crate) fn run(args: &Inspect, out: &Output) -> Result<ExitCode, Failure> {
    if args.cookie_name.as_ref().is_some_and(|name| name.len() > NAME_BYTES) {
        return Err(Failure::wrong_use(format!(
            "the cookie's name is longer than {NAME_BYTES} bytes, and no server sets such a cookie"
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
    let findings: Vec<Finding> =
        cookies.into_iter().map(|candidate| find(candidate, ring.as_ref(), args, now)).collect();
    if findings.is_empty() {
        let text =
            "absent\tthe line has no cookie of that name: give its name with --cookie-name\n";
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
    Ok(ExitCode::from(u8::from(findings.iter().all(|finding| finding.found.stopped().is_some()))))
}

fn from_standard_input(args: &Inspect) -> Result<String, Failure> {
    if args.keys == Some(Place::Standard) {
        return Err(Failure::wrong_use(
            "the cookie and the ring cannot both come from standard input: give a file for one of \
             them",
        ));
    }
    if std::io::stdin().is_terminal() {
        return Err(Failure::wrong_use(
            "no cookie was given: pipe it in, or give it as an argument",
        ));
    }
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(LONGEST_LINE).read_to_end(&mut bytes);
    read.map_err(|error| Failure::refused(format!("cannot read standard input: {error}")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns the candidates of a line with their names: all cookies with the wanted name or the
/// default name, or, if there are none, the first cookie. The pieces of a session are joined.
fn cookies<'a>(line: &'a str, wanted: Option<&str>) -> Vec<Candidate<'a>> {
    let alone = |name: &str, value: &'a str| {
        vec![Candidate { name: name.to_owned(), value: Cow::Borrowed(value), cookies: 1 }]
    };
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
    if request.is_none() && response.is_none() && !pairs.contains(';') {
        // One pair, or a value alone.
        match pairs.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
            Some(value) => return alone(name, value),
            None if !is_pair(pairs) => return alone(name, line),
            None => {}
        }
    }
    // In a response's line, everything after the first pair is an attribute.
    let first = pairs.split(';').next().unwrap_or_default().trim_matches([' ', '\t']);
    let found = if response.is_some() { first } else { pairs };
    let values = inspect::cookie_values(found.as_bytes(), name).into_iter();
    let ours: Vec<_> = values
        .filter_map(|found| {
            let value = match found.value {
                Cow::Borrowed(value) => Cow::Borrowed(std::str::from_utf8(value).ok()?),
                Cow::Owned(value) => Cow::Owned(String::from_utf8(value).ok()?),
            };
            Some(Candidate { name: name.to_owned(), value, cookies: found.cookies })
        })
        .collect();
    match (first.split_once('='), wanted) {
        (Some((found, value)), None) if ours.is_empty() && request.is_none() => alone(found, value),
        _ => ours,
    }
}

fn find(candidate: Candidate<'_>, ring: Option<&Ring>, args: &Inspect, now: u64) -> Finding {
    let Candidate { name, value, cookies } = candidate;
    let context = args.context_hex.as_ref().map_or(args.context.as_bytes(), |Hex(bytes)| bytes);
    let mut inspector = Inspector::new()
        .cookie_name(&name)
        .context(context)
        .idle_timeout(Duration::from_secs(args.lifetimes.idle.0))
        .absolute_timeout(Duration::from_secs(args.lifetimes.absolute.0))
        .at(SystemTime::UNIX_EPOCH + Duration::from_secs(now));
    if let Some(ring) = ring {
        inspector = inspector.ring(&ring.parsed.ring);
    }
    if let Some(shape) = args.shape {
        inspector = inspector.shape(shape);
    }
    Finding { found: inspector.inspect(&*value), name, cookies }
}

fn rows(finding: &Finding, now: u64, limits: &Lifetimes) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    let mut add = |name: &str, text: String| {
        rows.push(vec![cell(Colour::Dim, name), cell(Colour::Plain, text)])
    };
    let found = &finding.found;
    add("cookie", finding.name.clone());
    add("value", format!("{} characters", found.characters));
    add(
        "pieces",
        found.pieces.map_or(finding.cookies.to_string(), |pieces| {
            format!("{pieces}, of which this is the first")
        }),
    );
    if let (Some(bytes), Some(version)) = (found.envelope_bytes, found.version) {
        add("envelope", format!("{bytes} bytes"));
        add("version", version.to_string());
    }
    if let (Some(id), Some(bytes)) = (found.key_id, found.content_bytes) {
        add("key", id.to_string());
        add("content", format!("{bytes} bytes of claims and data"));
    }
    if let Some(contents) = &found.contents {
        contents_rows(contents, now, &mut add);
        let (idle, absolute) = (time::about(limits.idle.0), time::about(limits.absolute.0));
        add(
            "limits",
            format!(
                "idle {idle}, absolute {absolute} (assumed: give the application's with --idle \
                 and --absolute)"
            ),
        );
    }
    rows.push(match found.verdict {
        Verdict::Opens => vec![cell(Colour::Dim, "opens"), cell(Colour::Green, "ok")],
        Verdict::Stopped { stage, .. } => {
            let text = format!("{} (SPEC.md §8, step {})", found.verdict, stage.step());
            vec![cell(Colour::Dim, "refused"), cell(Colour::Red, text)]
        }
        _ => vec![
            cell(Colour::Dim, "opens"),
            cell(Colour::Plain, "not tried: give the ring with --keys"),
        ],
    });
    rows
}

fn contents_rows(contents: &Contents, now: u64, add: &mut impl FnMut(&str, String)) {
    let beside = |time: SystemTime| time::print_beside(unix(time), now);
    add("issued", beside(contents.issued));
    add("created", beside(contents.created));
    add("age", format!("{} when it was issued", time::about(contents.age.as_secs())));
    add("id", contents.id.map_or(String::from("none"), |id| id.to_string()));
    add("expiry", expiry(contents.expiry));
    if let Some(end) = contents.idle_end {
        add("idle end", beside(end));
    }
    add("absolute end", beside(contents.absolute_end));
    if let Some(end) = contents.key_end {
        add("key's end", beside(end));
    }
    add("ends", beside(contents.end));
    let refresh = match contents.refresh_from {
        _ if contents.refresh_due => String::from("at the next access"),
        Some(time) => format!("at the first access from {}", beside(time)),
        None => String::from("only if the key ends before the session"),
    };
    add("refreshes", refresh);
    for flash in &contents.flashes {
        add("flash", format!("{} ({}): {}", flash.level.name(), flash.level.0, flash.text));
    }
    add("shape", hex(&contents.shape));
    if let Some(thumbprint) = &contents.binding {
        add("binding", format!("to the device key {}", device_id(thumbprint)));
    }
    for (tag, length) in contents.extensions.iter().filter(|(tag, _)| *tag != BINDING_TAG) {
        add("extension", format!("tag {tag}, {length} bytes, sealed by a later release"));
    }
    if let Some(bytes) = contents.compressed {
        add("compressed", format!("{bytes} bytes, of which the data below are made"));
    }
    if contents.padding > 0 {
        add("padding", format!("{} bytes", contents.padding));
    }
    let bytes = contents.data.len();
    match &contents.map {
        Some(map) => {
            let what = if contents.format == DataFormat::Named { "by name" } else { "a Map" };
            add("data", format!("{bytes} bytes, {what}: {}", json!(map)));
        }
        None => add("data", format!("{bytes} bytes: {}", hex(&contents.data))),
    }
    for field in &contents.fields {
        add("field", format!("{} bytes: {}", field.bytes, field.name));
    }
}

fn describe(finding: &Finding, now: u64) -> Value {
    let found = &finding.found;
    let problem = found
        .stopped()
        .map(|(stage, _)| json!({ "step": stage.step(), "why": found.verdict.explanation() }));
    json!({
        "name": finding.name,
        "characters": found.characters,
        "pieces": found.pieces.map_or(finding.cookies, usize::from),
        "envelope_bytes": found.envelope_bytes,
        "version": found.version,
        "key_id": found.key_id.map(|id| id.to_string()),
        "content_bytes": found.content_bytes,
        "verdict": found.verdict.as_str(),
        "refused": problem,
        "session": found.contents.as_ref().map(|contents| describe_contents(contents, now)),
    })
}

fn describe_contents(contents: &Contents, now: u64) -> Value {
    let print = |time: SystemTime| time::print(unix(time));
    let flashes = contents
        .flashes
        .iter()
        .map(|flash| json!({ "level": flash.level.0, "text": flash.text }))
        .collect::<Vec<_>>();
    let extensions = contents
        .extensions
        .iter()
        .map(|(tag, length)| json!({ "tag": tag, "bytes": length }))
        .collect::<Vec<_>>();
    let fields = contents
        .fields
        .iter()
        .map(|field| json!({ "name": field.name, "bytes": field.bytes }))
        .collect::<Vec<_>>();
    json!({
        "issued": print(contents.issued),
        "created": print(contents.created),
        "age": contents.age.as_secs(),
        "id": contents.id.map(|id| id.to_string()),
        "expiry": expiry(contents.expiry),
        "idle_end": contents.idle_end.map(print),
        "absolute_end": print(contents.absolute_end),
        "key_end": contents.key_end.map(print),
        "ends": print(contents.end),
        "ends_in": unix(contents.end).saturating_sub(now),
        "refreshes_from": contents.refresh_from.map(print),
        "refresh_due": contents.refresh_due,
        "flashes": flashes,
        "shape": hex(&contents.shape),
        "binding": contents.binding.as_ref().map(|thumbprint| device_id(thumbprint)),
        "extensions": extensions,
        "compressed": contents.compressed,
        "padding": contents.padding,
        "fields": fields,
        "data": contents.map.as_ref().map(|map| json!(map)),
        "data_bytes": hex(&contents.data),
    })
}

fn expiry(expiry: Expiry) -> String {
    match expiry {
        Expiry::Default => String::from("default"),
        Expiry::BrowserSession => String::from("browser session"),
        Expiry::Idle(idle) => format!("idle for {} seconds", idle.as_secs()),
        Expiry::At(time) => format!("at {}", time::print(unix(time))),
        _ => String::from("of a kind that this program does not know"),
    }
}

/// Returns the id of a device key, which is also DBSC's session identifier.
fn device_id(thumbprint: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(thumbprint)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
