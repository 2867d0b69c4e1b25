//! What a response does to its session's cookie.
//!
//! 1. The session was not accessed, and no handle of it is left: nothing.
//! 2. A purge or an update left it empty: the cookie is deleted, if one came.
//! 3. Its bytes changed: it is sealed and set. With status 5xx, only a purge is carried out.
//! 4. It is due for a refresh, or was imported: the same data is sealed again. This is left out on
//!    5xx, 304 and 101, if the response took more than 5 s, if it was promised to a shared cache,
//!    and after `no_refresh()`.
//! 5. What came under another name is deleted in cases 2, 3 and 4. What earlier software left in
//!    the browser is deleted too (`session/cleanup.rs`).
//! 6. The caching fields are set (`headers/caching.rs`).
//! 7. A renewal is reported to the application (`hooks/on_end.rs`).

use crate::claims::id::SessionId;
use crate::data::session_data::SessionData;
use crate::error::{CommitError, SealError};
use crate::events;
use crate::headers::ResponseFields;
use crate::headers::caching::Caching;
use crate::hooks::on_end::{Ended, EndedBy};
use crate::limits;
use crate::session::Session;
use crate::session::cleanup::{Answer, Jars, add_leftovers, add_others, add_pieces, deletion};
use crate::session::load_status::Status;
use crate::session::stage::Begun;
use crate::session::state::{Opening, Visit, is_slow};
use std::sync::atomic::Ordering;

const SWITCHING_PROTOCOLS: u16 = 101;
const NOT_MODIFIED: u16 = 304;

/// What the response does to the cookie.
enum Outgoing {
    /// Leave all cookies alone.
    Nothing,
    /// Leave the session's cookie alone, and delete what earlier software left if that is due.
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
    // Another thread's update is not waited for. It fails when it is done.
    if visit.gate.is_entered_here() || visit.opener.is_entered_here() {
        return Err(CommitError::Busy);
    }
    let mut renewal = None;
    let inside = visit.committer.enter().map_err(|_| CommitError::Busy)?;
    let outcome = match visit.stage.begin_commit() {
        Begun::Respond => respond(visit, status, fields, &mut renewal),
        Begun::TellCaches if visit.is_touched() => touch(visit, Caching::read(fields), fields),
        Begun::TellCaches => Ok(()),
        Begun::Answered(outcome) => return outcome,
    };
    visit.stage.answer(outcome);
    drop(inside);
    // Outside the lock, because the hooks may read the session.
    visit.config.observers.tell(renewal.as_ref());
    outcome
}

/// Returns `true` if a response sets or deletes the cookie because of a change. A purge has nothing
/// to delete if there was no session.
pub(crate) fn is_change<T: SessionData>(visit: &Visit<T>, opening: &Opening<T>) -> bool {
    let is_deleted = || !deletion(visit, opening).is_empty();
    opening.is_modified(&visit.config)
        && (!visit.config.is_empty(&opening.snapshot()) || is_deleted())
}

/// Returns the lines that even a failed commit sends: a purge is carried out with any status.
pub(crate) fn deletions_of_a_purge<T: SessionData>(visit: &Visit<T>) -> Vec<String> {
    let purged = visit.opening.get().filter(|opening| opening.present().purged);
    purged.map_or_else(Vec::new, |opening| deletion(visit, opening))
}

/// On an error, `fields` has no line of the session except the deletions of a purge.
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
            Err(error) => {
                let lines = deletions_of_a_purge(visit);
                if !lines.is_empty() {
                    caching.carry_cookie(fields)?;
                    fields.append_set_cookies(lines)?;
                }
                return Err(error);
            }
        },
        // A refresh that fails loses nothing: the cookie that came stays good.
        Outgoing::Refresh => refresh(visit, opening).unwrap_or_default(),
    };
    if lines.is_empty() {
        return touch(visit, caching, fields);
    }
    if caching.contradicts_a_cookie() {
        events::public_cookie(
            &visit.config.warned,
            &visit.config.name,
            visit.request.loaded_at.as_secs(),
        );
    }
    caching.carry_cookie(fields)?;
    fields.append_set_cookies(lines)?;
    if replaces {
        *renewal = renewed(visit, opening);
    }
    Ok(())
}

/// Returns the end of the session that came, if the response replaces it with a renewed one. The
/// end of a purged session was reported at the call.
fn renewed<T>(visit: &Visit<T>, opening: &Opening<T>) -> Option<Ended> {
    let (config, present) = (&*visit.config, opening.snapshot());
    let new = present.claims.id.filter(|_| !config.is_empty(&present)).map(SessionId::from);
    let is_told_here = {
        let present = opening.present();
        present.renewed && !present.purged
    };
    if is_told_here { opening.ended(config, EndedBy::Renew, new) } else { None }
}

fn touch<T>(
    visit: &Visit<T>,
    caching: Caching,
    fields: &mut dyn ResponseFields,
) -> Result<(), CommitError> {
    if caching.is_public() {
        events::public_touched(
            &visit.config.warned,
            &visit.config.name,
            visit.request.loaded_at.as_secs(),
        );
    }
    caching.touch(fields)
}

fn decide<T: SessionData>(
    visit: &Visit<T>,
    opening: &Opening<T>,
    status: u16,
    caching: &Caching,
) -> Outgoing {
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
    let left_out = visit.no_refresh.load(Ordering::Relaxed)
        || is_slow(visit.request.loaded_at, config.clock.now());
    let due = opening
        .ring
        .sealing(opening.now)
        .filter(|sealing| sealing.key().cipher().is_some())
        .is_some_and(|sealing| {
            match opening.status {
                Status::Restored => {
                    let due = config.limits.refresh_due(
                        &opening.origin.claims,
                        opening.now,
                        opening.origin_key_end,
                        sealing.end(),
                    );
                    due && !config.is_empty(&opening.origin)
                }
                // Nothing was written, but the visitor must get our cookie.
                Status::Imported => true,
                _ => false,
            }
        });
    if due && !left_out { Outgoing::Refresh } else { Outgoing::Silence }
}

/// Sets the current session under the current key, and deletes pieces of an earlier one.
fn set<T: SessionData>(visit: &Visit<T>, opening: &Opening<T>) -> Result<Vec<String>, CommitError> {
    let line = set_line(visit, opening)?;
    if line.len() > limits::SET_COOKIE_WARNING {
        events::nearly_too_large(&visit.config.warned, &visit.config.name, line.len(), opening.now);
    }
    let mut removals = Vec::new();
    add_pieces(&visit.config, &visit.config.name, &opening.found, Jars::Both, &mut removals);
    add_others(visit, opening, Jars::Both, &mut removals);
    if opening.found.ours && opening.status != Status::Withheld {
        removals.extend(visit.config.attributes.remove_copy(&visit.config.name));
    }
    let answer = if opening.present().purged { Answer::Ends } else { Answer::Sets };
    add_leftovers(visit, opening, answer, &mut removals);
    Ok(in_order(visit, line, removals))
}

/// Puts the lines in order: first the deletions of the session's own name (the copy with the other
/// setting of `Partitioned`, and copies at another place), then the line that sets it, then the
/// other deletions. Otherwise a client that keeps cookies by name alone, or does not know
/// `Partitioned`, would delete what was just set.
fn in_order<T>(visit: &Visit<T>, line: String, removals: Vec<String>) -> Vec<String> {
    if removals.is_empty() {
        return vec![line];
    }
    let name = &*visit.config.name;
    let is_of_the_name =
        |line: &String| line.strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
    let (mut lines, others): (Vec<_>, Vec<_>) = removals.into_iter().partition(is_of_the_name);
    lines.push(line);
    lines.extend(others);
    lines
}

/// Returns no lines if a limit was lowered meanwhile and the session no longer fits.
fn refresh<T: SessionData>(
    visit: &Visit<T>,
    opening: &Opening<T>,
) -> Result<Vec<String>, CommitError> {
    let line = set_line(visit, opening)?;
    let (needed, allowed) = (line.len(), visit.config.allowed);
    if needed > allowed {
        events::too_large(&visit.config.warned, &visit.config.name, needed, allowed, opening.now);
        return Ok(Vec::new());
    }
    events::refreshed(&visit.config.name);
    let mut removals = Vec::new();
    add_others(visit, opening, Jars::Own, &mut removals);
    add_leftovers(visit, opening, Answer::Sets, &mut removals);
    Ok(in_order(visit, line, removals))
}

fn set_line<T: SessionData>(visit: &Visit<T>, opening: &Opening<T>) -> Result<String, CommitError> {
    let config = &*visit.config;
    let outgoing = opening.outgoing(config);
    let max_age = config.limits.max_age(outgoing.claims.expiry, outgoing.end, opening.now);
    let data = &outgoing.session.data;
    let write = |line: &mut String| {
        config.seal_data(&opening.ring, opening.now, &outgoing.claims, data, line)
    };
    config
        .line
        .spell(config.line_len(&outgoing.claims, data.len(), max_age), max_age, write)
        .map_err(|error| match error {
            SealError::Random => CommitError::Random,
            _ => CommitError::NoSealingKey,
        })
}
