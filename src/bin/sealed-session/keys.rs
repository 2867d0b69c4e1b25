//! `sealed-session keys …`: what each command reads, changes and reports.
//!
//! If the ring itself goes to standard output, messages go to standard error.

use crate::args::{Keys, Ring as RingArgs};
use crate::check;
use crate::edit;
use crate::failure::Failure;
use crate::list;
use crate::output::Output;
use crate::ring_file::{self, Place, Ring};
use crate::schedule::{self, Schedule};
use crate::time::{self, Span};
use crate::timeline;
use sealed_session::Suite;
use sealed_session::cli_support::{self, ABSOLUTE_TIMEOUT, KeyText};
use sealed_session::keys::{Key, KeyId};
use serde_json::{Value, json};
use std::process::ExitCode;
use zeroize::Zeroizing;

pub(crate) fn run(command: Keys, out: &Output) -> Result<ExitCode, Failure> {
    let now = time::now();
    match command {
        Keys::New { place, suite } => new(&place, suite.into(), out)?,
        Keys::Add { ring, suite, seal_in, retire_after } => {
            add(&ring, suite.into(), seal_in.seconds(now), retire_after, now, out)?;
        }
        Keys::Retire { id, ring, at } => retire(&ring, id, at.seconds(now), now, out)?,
        Keys::Prune { ring } => prune(&ring, now, out)?,
        Keys::List { ring, at } => list::list(&read(&ring)?, at.at.seconds(now), out)?,
        Keys::ShowAt { time, ring } => list::show_at(&read(&ring)?, time.seconds(now), out)?,
        Keys::Timeline { ring, at, lifetimes, svg } => {
            timeline::draw(&read(&ring)?, at.at.seconds(now), lifetimes.absolute.0, svg, out)?;
        }
        Keys::Check { ring, at, lifetimes, deployed_by, strict } => {
            let terms = check::Terms {
                at: at.at.seconds(now),
                idle: lifetimes.idle.0,
                absolute: lifetimes.absolute.0,
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

fn new(place: &Place, suite: Suite, out: &Output) -> Result<(), Failure> {
    let key = draw(suite)?;
    let secret = key.expose_secret();
    let mut text = Zeroizing::new(String::with_capacity(secret.len() + 1));
    text.push_str(&secret);
    text.push('\n');
    ring_file::create(place, &text)?;
    let json = json!({ "key_id": key.id().to_string(), "suite": suite.name() });
    report(place, &format!("made {} ({suite}); it seals from now on\n", key.id()), &json, out)
}

fn add(
    args: &RingArgs,
    suite: Suite,
    seal_from: u64,
    retire_after: Option<Span>,
    now: u64,
    out: &Output,
) -> Result<(), Failure> {
    let key = draw(suite)?;
    let end = retire_after.map(|Span(span)| seal_from.saturating_add(span));
    let retired = ring_file::edit(&args.place, args.danger_published, |ring| {
        edit::add(&ring.text, &ring.parsed, &key, seal_from, end)
    })?;
    let mut text = format!(
        "added {} ({suite}), which seals from {}\n",
        key.id(),
        time::print_beside(seal_from, now)
    );
    for id in &retired {
        text.push_str(&format!(
            "{id} opens until {}\n",
            time::print_beside(end.unwrap_or_default(), now)
        ));
    }
    if retire_after.is_some_and(|Span(span)| span < ABSOLUTE_TIMEOUT) {
        text.push_str(
            "sessions may live for 30 days unless absolute_timeout is shorter: what the others sealed may end before that\n",
        );
    }
    let json = json!({
        "key_id": key.id().to_string(),
        "suite": suite.name(),
        "seal_from": time::print(seal_from),
        "retired": retired.iter().map(KeyId::to_string).collect::<Vec<_>>(),
        "open_until": end.filter(|_| !retired.is_empty()).map(time::print),
    });
    report(&args.place, &text, &json, out)
}

fn retire(args: &RingArgs, id: KeyId, end: u64, now: u64, out: &Output) -> Result<(), Failure> {
    let cut = ring_file::edit(&args.place, args.danger_published, |ring| {
        let keys = &ring.parsed.keys;
        let key = keys.iter().find(|key| key.id == id).ok_or_else(|| unknown(id, keys))?;
        if let Some(from) = key.seal_from.filter(|from| end <= *from) {
            return Err(Failure::refused(format!(
                "nothing was changed: {id} would end before it begins to seal, at {}: choose a later --at, or delete its line",
                time::print(from)
            )));
        }
        let text = edit::retire(&ring.text, key, end)?;
        let after = cli_support::read_ring(&text, args.danger_published);
        let then = end.max(now);
        // Only servers refuse a ring of which no key seals, and only when they start. The parser
        // does not.
        let leaves_none = after.is_ok_and(|after| schedule::sealing_at(&after, then).is_none());
        if leaves_none && schedule::sealing_at(&ring.parsed, then).is_some() {
            return Err(Failure::refused(format!(
                "nothing was changed: with {id} gone no key would seal at {}: put its successor in first, with `sealed-session keys add`",
                time::print(then)
            )));
        }
        let last = Schedule::of(&ring.parsed)
            .last_of(id)
            .map(|period| period.until.unwrap_or(end).min(end));
        Ok((text, last.is_some_and(|last| end < last.saturating_add(ABSOLUTE_TIMEOUT))))
    })?;
    let mut text = format!("{id} opens until {}\n", time::print_beside(end, now));
    if cut {
        text.push_str(
            "what it seals, or sealed, may live for 30 days unless absolute_timeout is shorter: some of it ends with the key\n",
        );
    }
    report(
        &args.place,
        &text,
        &json!({ "key_id": id.to_string(), "open_until": time::print(end), "ends_sessions": cut }),
        out,
    )
}

fn unknown(id: KeyId, keys: &[KeyText]) -> Failure {
    let ids: Vec<String> = keys.iter().map(|key| key.id.to_string()).collect();
    Failure::refused(format!(
        "nothing was changed: no key of the ring has the id {id}; it holds {}",
        ids.join(", ")
    ))
}

fn prune(args: &RingArgs, now: u64, out: &Output) -> Result<(), Failure> {
    let pruned = ring_file::edit(&args.place, args.danger_published, |ring| {
        let ended: Vec<KeyId> = ring
            .parsed
            .keys
            .iter()
            .filter(|key| !schedule::opens_at(key, now))
            .map(|key| key.id)
            .collect();
        if ended.len() == ring.parsed.keys.len() {
            return Err(Failure::refused(
                "nothing was changed, since no key would be left: all have ended; put a new one in first, with `sealed-session keys add`",
            ));
        }
        let mut text = ring.text.clone();
        for id in &ended {
            // One after the other, because each removal moves the positions of the others.
            let parsed = cli_support::read_ring(&text, args.danger_published);
            let parsed = parsed
                .map_err(|error| Failure::refused(format!("nothing was changed: {error}")))?;
            if let Some(key) = parsed.keys.iter().find(|key| key.id == *id) {
                text = edit::remove(&text, key);
            }
        }
        Ok((text, ended))
    })?;
    let ids: Vec<String> = pruned.iter().map(KeyId::to_string).collect();
    let text = if ids.is_empty() {
        String::from("no key has ended\n")
    } else {
        format!("took out {}\n", ids.join(", "))
    };
    report(&args.place, &text, &json!({ "removed": ids }), out)
}

fn draw(suite: Suite) -> Result<Key, Failure> {
    Key::generate(suite).map_err(|error| Failure::refused(error.to_string()))
}

fn report(place: &Place, text: &str, json: &Value, out: &Output) -> Result<(), Failure> {
    if *place == Place::Standard {
        out.aside(text, json);
        return Ok(());
    }
    out.answer(text, json)
}
