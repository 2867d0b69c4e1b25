//! `sealed-session keys …`: what each command reads, changes and reports.
//!
//! If the ring itself goes to standard output, messages go to standard error.

use crate::args::{DryRun, Keys, Ring as RingArgs};
use crate::check;
use crate::diff;
use crate::edit;
use crate::failure::Failure;
use crate::list;
use crate::output::Output;
use crate::ring::{self, ABSOLUTE_TIMEOUT, KeyText};
use crate::ring_file::{self, EditTerms, Place, Ring};
use crate::rotate;
use crate::schedule;
use crate::time::{self, Span};
use crate::timeline;
use sealed_session::Suite;
use sealed_session::keys::{Key, KeyId};
use serde_json::{Value, json};
use std::process::ExitCode;
use zeroize::Zeroizing;

/// The exit status of `keys rotate --exit-code` if nothing is due.
const NOTHING_DUE: u8 = 3;

pub(crate) fn run(command: Keys, out: &Output) -> Result<ExitCode, Failure> {
    let now = time::now();
    match command {
        Keys::New { place, suite, dry } => new(&place, suite.into(), &dry, out)?,
        Keys::Add { ring, suite, seal_in, retire_after, dry } => {
            let times = Times { seal_from: seal_in.seconds(now), retire_after };
            add(&ring, suite.into(), times, &dry, now, out)?;
        }
        Keys::Retire { ring, id, at, dry } => retire(&ring, id, at.seconds(now), &dry, now, out)?,
        Keys::Prune { ring, dry } => prune(&ring, &dry, now, out)?,
        Keys::Rotate { ring, rotation, at, force, exit_code, dry } => {
            let terms = rotate::Terms {
                every: rotation.every.0,
                lead: rotation.lead.0,
                keep: rotation.keep.0,
                suite: rotation.suite.map(Suite::from),
                now: at.at.seconds(now),
                force,
                take_published: ring.danger_published,
            };
            return rotate(&ring, &terms, exit_code, &dry, out);
        }
        Keys::Diff { ring, new, at, absolute } => {
            let terms = diff::Terms { at: at.at.seconds(now), absolute: absolute.0 };
            let trouble = |failure: Failure| Failure::wrong_use(failure.to_string());
            if ring.place == Place::Standard && new == Place::Standard {
                return Err(Failure::wrong_use("only one of the two rings can be standard input"));
            }
            let old = read(&ring).map_err(trouble)?;
            let new = ring_file::read(&new, ring.danger_published).map_err(trouble)?;
            return diff::run(&old, &new, &terms, out);
        }
        Keys::List { ring, at } => list::list(&read(&ring)?, at.at.seconds(now), out)?,
        Keys::ShowAt { ring, time } => list::show_at(&read(&ring)?, time.seconds(now), out)?,
        Keys::Timeline { ring, at, lifetimes, svg } => {
            timeline::draw(&read(&ring)?, at.at.seconds(now), lifetimes.absolute.0, svg, out)?;
        }
        Keys::Check { ring, at, lifetimes, ticket_lifetime, deployed_by, strict } => {
            let terms = check::Terms {
                at: at.at.seconds(now),
                idle: lifetimes.idle.0,
                absolute: lifetimes.absolute.0,
                ticket: ticket_lifetime.map(|span| span.0),
                deployed_by: deployed_by.seconds(now),
            };
            return check::run(read(&ring), &terms, strict, out);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn read(ring: &RingArgs) -> Result<Ring, Failure> {
    ring_file::read(&ring.place, ring.danger_published)
}

/// The terms of an edit of this ring.
fn terms(ring: &RingArgs, dry: &DryRun) -> EditTerms {
    EditTerms { take_published: ring.danger_published, dry_run: dry.dry_run }
}

fn new(place: &Place, suite: Suite, dry: &DryRun, out: &Output) -> Result<(), Failure> {
    let key = draw(suite)?;
    let secret = key.expose_secret();
    let mut text = Zeroizing::new(String::with_capacity(secret.len() + 1));
    text.push_str(&secret);
    text.push('\n');
    ring_file::create(place, &text, dry.dry_run)?;
    if dry.dry_run {
        let where_to = match place {
            Place::Standard => String::from("print"),
            _ => format!("create {} with", place.name()),
        };
        let text = format!("would {where_to} a new key ({suite}), which seals from now on\n");
        return report(place, &text, json!({ "suite": suite.name() }), dry, out);
    }
    let json = json!({ "key_id": key.id().to_string(), "suite": suite.name() });
    let text = format!("made {} ({suite}), which seals from now on\n", key.id());
    report(place, &text, json, dry, out)
}

/// When a new key begins to seal, and how long those before it open after that.
struct Times {
    seal_from: u64,
    retire_after: Option<Span>,
}

fn add(
    args: &RingArgs,
    suite: Suite,
    Times { seal_from, retire_after }: Times,
    dry: &DryRun,
    now: u64,
    out: &Output,
) -> Result<(), Failure> {
    let key = draw(suite)?;
    let end = retire_after.map(|Span(span)| seal_from.saturating_add(span));
    let retired = ring_file::edit(&args.place, terms(args, dry), |ring| {
        edit::add(&ring.text, &ring.parsed, &key, seal_from, end)
    })?;
    // The key of a dry run is thrown away, so its id would mislead.
    let added = if dry.dry_run {
        String::from("would add a new key")
    } else {
        format!("added {}", key.id())
    };
    let mut text =
        format!("{added} ({suite}), which seals from {}\n", time::print_beside(seal_from, now));
    let would = if dry.dry_run { "would open" } else { "opens" };
    for id in &retired {
        text.push_str(&format!(
            "{id} {would} until {}\n",
            time::print_beside(end.unwrap_or_default(), now)
        ));
    }
    if retire_after.is_some_and(|Span(span)| span < ABSOLUTE_TIMEOUT) {
        text.push_str(
            "sessions live for up to 30 days unless absolute_timeout is shorter: some sessions \
             that the other keys sealed will end early, with their key\n",
        );
    }
    let mut json = json!({
        "suite": suite.name(),
        "seal_from": time::print(seal_from),
        "retired": retired.iter().map(KeyId::to_string).collect::<Vec<_>>(),
        "open_until": end.filter(|_| !retired.is_empty()).map(time::print),
    });
    if !dry.dry_run {
        json["key_id"] = json!(key.id().to_string());
    }
    report(&args.place, &text, json, dry, out)
}

fn retire(
    args: &RingArgs,
    id: KeyId,
    end: u64,
    dry: &DryRun,
    now: u64,
    out: &Output,
) -> Result<(), Failure> {
    let cut = ring_file::edit(&args.place, terms(args, dry), |ring| {
        let keys = &ring.parsed.keys;
        let key = keys.iter().find(|key| key.id == id).ok_or_else(|| unknown(id, keys))?;
        if let Some(from) = key.seal_from.filter(|from| end <= *from) {
            return Err(Failure::refused(format!(
                "nothing was changed, because {id} would end before it begins to seal at {}: \
                 choose a later --at, or delete its line",
                time::print(from)
            )));
        }
        let text = edit::retire(&ring.text, key, end)?;
        let after = ring::parse(&text, args.danger_published);
        let then = end.max(now);
        // Only servers refuse a ring of which no key seals, and only when they start. The parser
        // does not.
        let leaves_none = after.is_ok_and(|after| schedule::sealing_at(&after, then).is_none());
        if leaves_none && schedule::sealing_at(&ring.parsed, then).is_some() {
            return Err(Failure::refused(format!(
                "nothing was changed, because without {id} no key would seal at {}: add its \
                 successor first, with `sealed-session keys add`",
                time::print(then)
            )));
        }
        let last = schedule::Schedule::of(&ring.parsed)
            .last_of(id)
            .map(|period| period.until.unwrap_or(end).min(end));
        Ok((text, last.is_some_and(|last| end < last.saturating_add(ABSOLUTE_TIMEOUT))))
    })?;
    let would = if dry.dry_run { "would open" } else { "opens" };
    let mut text = format!("{id} {would} until {}\n", time::print_beside(end, now));
    if cut {
        text.push_str(
            "sessions live for up to 30 days unless absolute_timeout is shorter: some sessions \
             that this key sealed will end early, with the key\n",
        );
    }
    let json = json!({
        "key_id": id.to_string(),
        "open_until": time::print(end),
        "ends_sessions": cut,
    });
    report(&args.place, &text, json, dry, out)
}

fn unknown(id: KeyId, keys: &[KeyText]) -> Failure {
    let ids: Vec<String> = keys.iter().map(|key| key.id.to_string()).collect();
    Failure::refused(format!(
        "nothing was changed, because no key of the ring has the id {id}: its ids are {}",
        ids.join(", ")
    ))
}

fn prune(args: &RingArgs, dry: &DryRun, now: u64, out: &Output) -> Result<(), Failure> {
    let pruned = ring_file::edit(&args.place, terms(args, dry), |ring| {
        let ended: Vec<KeyId> = ring
            .parsed
            .keys
            .iter()
            .filter(|key| !schedule::opens_at(key, now))
            .map(|key| key.id)
            .collect();
        if ended.len() == ring.parsed.keys.len() {
            return Err(Failure::refused(
                "nothing was changed, because no key would be left: all have ended, so add a new \
                 one first, with `sealed-session keys add`",
            ));
        }
        let text = edit::remove_all(&ring.text, &ended, args.danger_published)?;
        Ok((text, ended))
    })?;
    let ids: Vec<String> = pruned.iter().map(KeyId::to_string).collect();
    let text = if ids.is_empty() {
        String::from("no key has ended\n")
    } else {
        let removed = if dry.dry_run { "would remove" } else { "removed" };
        format!("{removed} {}\n", ids.join(", "))
    };
    report(&args.place, &text, json!({ "removed": ids }), dry, out)
}

fn rotate(
    args: &RingArgs,
    terms: &rotate::Terms,
    exit_code: bool,
    dry: &DryRun,
    out: &Output,
) -> Result<ExitCode, Failure> {
    terms.check()?;
    let done = ring_file::edit(&args.place, self::terms(args, dry), |ring| {
        rotate::rotate(&ring.text, &ring.parsed, terms)
    })?;
    let text = rotate::describe(&done, terms, dry.dry_run);
    let ids = |ids: &[KeyId]| ids.iter().map(KeyId::to_string).collect::<Vec<_>>();
    let json = json!({
        "changed": !done.is_nothing(),
        "added": done.added.as_ref().map(|added| json!({
            "key_id": Some(added.id.to_string()).filter(|_| !dry.dry_run),
            "suite": added.suite.name(),
            "seal_from": time::print(added.seal_from),
        })),
        "retired": done.retired.iter().map(|(id, end)| json!({
            "key_id": id.to_string(),
            "open_until": time::print(*end),
        })).collect::<Vec<_>>(),
        "removed": ids(&done.removed),
        "ended_but_kept": ids(&done.kept),
        "ignored": done.ignored.iter().map(|(id, _)| id.to_string()).collect::<Vec<_>>(),
        "next": time::print(done.next),
    });
    report(&args.place, &text, json, dry, out)?;
    Ok(ExitCode::from(if exit_code && done.is_nothing() { NOTHING_DUE } else { 0 }))
}

fn draw(suite: Suite) -> Result<Key, Failure> {
    Key::generate(suite).map_err(|error| Failure::refused(error.to_string()))
}

fn report(
    place: &Place,
    text: &str,
    mut json: Value,
    dry: &DryRun,
    out: &Output,
) -> Result<(), Failure> {
    json["dry_run"] = json!(dry.dry_run);
    if *place == Place::Standard && !dry.dry_run {
        out.aside(text, &json);
        return Ok(());
    }
    out.answer(text, &json)
}
