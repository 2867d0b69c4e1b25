//! The way out: what a response has to say about its session. Called by `sessions` with the response's status and header fields.
//!
//! 1. Nobody touched it, and no handle of it is left: nothing.
//! 2. It was purged, or an update emptied it: the cookie is deleted, where one came.
//! 3. Its bytes changed: it is sealed and set. Not with status 5xx, which carries out a purge and nothing else.
//! 4. It is due for a refresh, or was imported: the same data is sealed anew. Not on 5xx, 304 and 101, not when the response took more
//!    than 5 s, not where a shared cache was promised the response.
//! 5. What came under another name of ours is deleted by 2, 3 and 4; what earlier software left in the browser is deleted (`leftovers`).
//! 6. Caches are told of it (`caching`).
//! 7. The application is told of a renewal (`ended`).

use crate::caching::Caching;
use crate::config::Config;
use crate::cookies::Found;
use crate::ended::{Ended, EndedBy};
use crate::error::{CommitError, SealError};
use crate::events;
use crate::fields::ResponseFields;
use crate::leftovers::Answer;
use crate::limits;
use crate::session::Session;
use crate::session_data::SessionData;
use crate::session_id::SessionId;
use crate::state::{Opening, Visit, is_slow};
use crate::status::Status;
use std::sync::atomic::Ordering;

const SWITCHING_PROTOCOLS: u16 = 101;
const NOT_MODIFIED: u16 = 304;

/// What the response does to the cookie.
enum Outgoing {
    /// Nothing, and it may not be spoken of.
    Nothing,
    /// Nothing.
    Silence,
    Delete,
    Set,
    Refresh,
}

pub(crate) fn commit<T: SessionData>(
    session: &Session<T>,
    status: u16,
    fields: &mut dyn ResponseFields,
) -> Result<(), CommitError> {
    let interim = (100..200).contains(&status) && status != SWITCHING_PROTOCOLS;
    if interim {
        return Ok(());
    }
    let visit = &*session.0;
    let mut renewal = None;
    let inside = visit.gate.enter().map_err(|_| CommitError::Busy)?;
    let outcome = *visit.outcome.get_or_init(|| {
        let no_response_was_to_come = visit.closed.swap(true, Ordering::AcqRel);
        if no_response_was_to_come { Ok(()) } else { respond(visit, status, fields, &mut renewal) }
    });
    drop(inside);
    // Not inside: whoever hears of it may ask for the session.
    visit.config.observers.tell(renewal.as_ref());
    outcome
}

fn respond<T: SessionData>(
    visit: &Visit<T>,
    status: u16,
    fields: &mut dyn ResponseFields,
    renewal: &mut Option<Ended>,
) -> Result<(), CommitError> {
    if !visit.is_touched() {
        return Ok(());
    }
    let Some(opening) = visit.opening.get() else {
        return touch(visit, Caching::read(fields), fields);
    };
    if status < 500 && opening.has_unsent_id(&visit.config) {
        events::unsent_id(&visit.config.warned, &visit.config.name, opening.now);
    }
    let caching = Caching::read(fields);
    let outgoing = decide(visit, opening, status, &caching);
    let replaces = matches!(outgoing, Outgoing::Set | Outgoing::Delete);
    let lines = match outgoing {
        Outgoing::Nothing => Vec::new(),
        Outgoing::Silence => {
            let mut lines = Vec::new();
            add_leftovers(visit, opening, Answer::Silent, &mut lines);
            lines
        }
        Outgoing::Delete => deletion(visit, opening),
        Outgoing::Set => match set(visit, opening) {
            Ok(lines) => lines,
            // The new session is lost. That the old one was to end is carried out with any status.
            Err(error) => {
                if opening.present().purged {
                    caching.carry_cookie(fields)?;
                    deletion(visit, opening).into_iter().try_for_each(|line| fields.append_set_cookie(line))?;
                }
                return Err(error);
            }
        },
        // A refresh that fails loses nothing: the cookie that came lives on.
        Outgoing::Refresh => refresh(visit, opening).unwrap_or_default(),
    };
    if lines.is_empty() {
        return touch(visit, caching, fields);
    }
    if caching.contradicts_a_cookie() {
        events::public_cookie(&visit.config.warned, &visit.config.name, visit.request.loaded_at.as_secs());
    }
    caching.carry_cookie(fields)?;
    lines.into_iter().try_for_each(|line| fields.append_set_cookie(line))?;
    if replaces {
        *renewal = renewed(visit, opening);
    }
    Ok(())
}

/// The end of the session that came, where the response brings a renewed one in its place. That of a purged one was told at the call.
fn renewed<T>(visit: &Visit<T>, opening: &Opening<T>) -> Option<Ended> {
    let (config, present) = (&*visit.config, opening.snapshot());
    let new = present.claims.id.filter(|_| !config.is_empty(&present)).map(SessionId::from);
    let is_told_here = {
        let present = opening.present();
        present.renewed && !present.purged
    };
    if is_told_here { opening.ended(config, EndedBy::Renew, new) } else { None }
}

fn touch<T>(visit: &Visit<T>, caching: Caching, fields: &mut dyn ResponseFields) -> Result<(), CommitError> {
    if caching.is_public() {
        events::public_touched(&visit.config.warned, &visit.config.name, visit.request.loaded_at.as_secs());
    }
    caching.touch(fields)
}

fn decide<T: SessionData>(visit: &Visit<T>, opening: &Opening<T>, status: u16, caching: &Caching) -> Outgoing {
    let config = &*visit.config;
    let failed = status >= 500;
    if failed {
        return if opening.present().purged { Outgoing::Delete } else { Outgoing::Nothing };
    }
    if opening.is_modified(config) {
        return if config.is_empty(&opening.snapshot()) { Outgoing::Delete } else { Outgoing::Set };
    }
    if matches!(status, NOT_MODIFIED | SWITCHING_PROTOCOLS) || caching.contradicts_a_cookie() {
        return Outgoing::Nothing;
    }
    let left_out = visit.no_refresh.load(Ordering::Relaxed) || is_slow(visit.request.loaded_at, config.clock.now());
    let due = opening.ring.sealing(opening.now).filter(|sealing| sealing.key().cipher().is_some()).is_some_and(|sealing| {
        match opening.status {
            Status::Restored => {
                let due = config.limits.refresh_due(&opening.origin.claims, opening.now, opening.origin_key_end, sealing.end());
                due && !config.is_empty(&opening.origin)
            }
            // Nothing was written, and yet the visitor is to have our cookie.
            Status::Imported => true,
            _ => false,
        }
    });
    if due && !left_out { Outgoing::Refresh } else { Outgoing::Silence }
}

/// The present session under the present key, and no pieces of an earlier one beside it.
fn set<T: SessionData>(visit: &Visit<T>, opening: &Opening<T>) -> Result<Vec<String>, CommitError> {
    let mut lines = vec![set_line(visit, opening)?];
    add_pieces(&visit.config, &visit.config.name, &opening.found, &mut lines);
    add_others(visit, opening, &mut lines);
    let answer = if opening.present().purged { Answer::Ends } else { Answer::Sets };
    add_leftovers(visit, opening, answer, &mut lines);
    if lines[0].len() > limits::SET_COOKIE_WARNING {
        events::nearly_too_large(&visit.config.warned, &visit.config.name, lines[0].len(), opening.now);
    }
    Ok(lines)
}

/// Nothing, where a configuration that became narrower has no room for a session that it once had.
fn refresh<T: SessionData>(visit: &Visit<T>, opening: &Opening<T>) -> Result<Vec<String>, CommitError> {
    let line = set_line(visit, opening)?;
    let (needed, allowed) = (line.len(), visit.config.allowed);
    if needed > allowed {
        events::too_large(&visit.config.warned, &visit.config.name, needed, allowed, opening.now);
        return Ok(Vec::new());
    }
    events::refreshed(&visit.config.name);
    let mut lines = vec![line];
    add_others(visit, opening, &mut lines);
    add_leftovers(visit, opening, Answer::Sets, &mut lines);
    Ok(lines)
}

fn set_line<T: SessionData>(visit: &Visit<T>, opening: &Opening<T>) -> Result<String, CommitError> {
    let config = &*visit.config;
    let outgoing = opening.outgoing(config);
    let max_age = config.limits.max_age(outgoing.claims.expiry, outgoing.end, opening.now);
    let data = &outgoing.session.data;
    let write = |line: &mut String| config.seal_data(&opening.ring, opening.now, &outgoing.claims, data, line);
    config.line.spell(config.line_len(&outgoing.claims, data.len(), max_age), max_age, write).map_err(|error| match error {
        SealError::Random => CommitError::Random,
        _ => CommitError::NoSealingKey,
    })
}

/// Lines that delete the cookies that came: the session's own, its pieces, and what earlier software left.
fn deletion<T>(visit: &Visit<T>, opening: &Opening<T>) -> Vec<String> {
    let mut lines = Vec::new();
    add_removals(&visit.config, &visit.config.name, &opening.found, &mut lines);
    add_others(visit, opening, &mut lines);
    add_leftovers(visit, opening, Answer::Ends, &mut lines);
    lines
}

/// What came under another name of ours: the session has the present one from here on, or has ended.
fn add_others<T>(visit: &Visit<T>, opening: &Opening<T>, lines: &mut Vec<String>) {
    for (other, found) in visit.config.other_seals.names.iter().zip(&opening.others) {
        add_removals(&visit.config, &other.name, found, lines);
    }
}

/// A cookie that came, and its pieces.
fn add_removals<T>(config: &Config<T>, name: &str, found: &Found, lines: &mut Vec<String>) {
    if found.ours {
        lines.push(config.attributes.remove(name));
    }
    add_pieces(config, name, found, lines);
}

/// The pieces that came.
fn add_pieces<T>(config: &Config<T>, name: &str, found: &Found, lines: &mut Vec<String>) {
    for digit in (1..=9).filter(|digit| found.pieces & (1 << digit) != 0) {
        lines.push(config.attributes.remove(&format!("{name}.{digit}")));
    }
}

/// What earlier software left, as far as this answer allows.
fn add_leftovers<T>(visit: &Visit<T>, opening: &Opening<T>, answer: Answer, lines: &mut Vec<String>) {
    let config = &*visit.config;
    config.leftovers.add_removals(&opening.leftovers, opening.status, answer, opening.now, &config.attributes, lines);
}
