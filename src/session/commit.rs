//! What a response does to its session's cookie.
//!
//! 1. The session was not accessed, and no handle of it is left: nothing.
//! 2. A purge or an update left it empty: the cookie is deleted, if one came.
//! 3. Its bytes changed: it is sealed and set. With status 5xx, only a purge is carried out.
//! 4. It is due for a refresh, or was imported: the same data is sealed again. This is left out on
//!    5xx, 304 and 101, if the response took more than 5 s, if it was promised to a shared cache,
//!    and after `skip_refresh()`.
//! 5. What came under another name is deleted in cases 2, 3 and 4. What earlier software left in
//!    the browser is deleted too (`session/cleanup.rs`).
//! 6. The caching fields are set (`headers/caching.rs`).
//! 7. A renewal is reported to the application (`hooks/on_end.rs`).

use crate::claims::id::SessionId;
use crate::data::session_data::SessionData;
use crate::error::SessionError;
use crate::events;
use crate::headers::caching::Caching;
use crate::headers::response::ResponseHeaders;
use crate::hooks::on_end::{EndCause, SessionEnd};
use crate::limits;
use crate::session::Session;
use crate::session::cleanup::{Answer, Jars, add_leftovers, add_others, add_pieces, deletion};
use crate::session::load_status::LoadStatus;
use crate::session::stage::Begun;
use crate::session::state::{Loaded, SessionState, is_slow};
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
    fields: &mut dyn ResponseHeaders,
) -> Result<(), SessionError> {
    let interim = (100..200).contains(&status) && status != SWITCHING_PROTOCOLS;
    if interim {
        return Ok(());
    }
    let state = &*session.0;
    // Another thread's update is not waited for. It fails when it is done.
    if state.write_lock.is_entered_here() || state.opener.is_entered_here() {
        return Err(SessionError::Busy);
    }
    let mut renewal = None;
    let inside = state.committer.enter().map_err(|_| SessionError::Busy)?;
    let outcome = match state.stage.begin_commit() {
        Begun::Respond => respond(state, status, fields, &mut renewal),
        Begun::TellCaches if state.is_touched() => touch(state, Caching::read(fields), fields),
        Begun::TellCaches => Ok(()),
        Begun::Answered(outcome) => return outcome,
    };
    state.stage.answer(outcome.clone());
    drop(inside);
    // Outside the lock, because the hooks may read the session.
    state.config.end_hooks.notify(renewal.as_ref());
    outcome
}

/// Returns `true` if a response sets or deletes the cookie because of a change. A purge has nothing
/// to delete if there was no session.
pub(crate) fn is_change<T: SessionData>(state: &SessionState<T>, loaded: &Loaded<T>) -> bool {
    let is_deleted = || !deletion(state, loaded).is_empty();
    loaded.is_modified(&state.config)
        && (!state.config.is_empty(&loaded.snapshot()) || is_deleted())
}

/// Returns the lines that even a failed commit sends: a purge is carried out with any status.
pub(crate) fn deletions_of_a_purge<T: SessionData>(state: &SessionState<T>) -> Vec<String> {
    let purged = state.loaded.get().filter(|loaded| loaded.current().purged);
    purged.map_or_else(Vec::new, |loaded| deletion(state, loaded))
}

/// On an error, `fields` has no line of the session except the deletions of a purge.
fn respond<T: SessionData>(
    state: &SessionState<T>,
    status: u16,
    fields: &mut dyn ResponseHeaders,
    renewal: &mut Option<SessionEnd>,
) -> Result<(), SessionError> {
    if !state.is_touched() {
        return Ok(());
    }
    let Some(loaded) = state.loaded.get() else {
        return touch(state, Caching::read(fields), fields);
    };
    if status < 500 && loaded.has_unsent_id(&state.config) {
        events::unsent_id(&state.config.warned, &state.config.name, loaded.now);
    }
    let caching = Caching::read(fields);
    let outgoing = decide(state, loaded, status, &caching);
    let replaces = matches!(outgoing, Outgoing::Set | Outgoing::Delete);
    let lines = match outgoing {
        Outgoing::Nothing => Vec::new(),
        Outgoing::Silence => {
            let mut lines = Vec::new();
            add_leftovers(state, loaded, Answer::Silent, &mut lines);
            lines
        }
        Outgoing::Delete => deletion(state, loaded),
        Outgoing::Set => match set(state, loaded) {
            Ok(lines) => lines,
            Err(error) => {
                let lines = deletions_of_a_purge(state);
                if !lines.is_empty() {
                    caching.mark_set_cookie(fields)?;
                    fields.append_set_cookies(lines)?;
                }
                return Err(error);
            }
        },
        // A refresh that fails loses nothing: the cookie that came stays good.
        Outgoing::Refresh => refresh(state, loaded).unwrap_or_default(),
    };
    if lines.is_empty() {
        return touch(state, caching, fields);
    }
    if caching.conflicts_with_set_cookie() {
        events::public_cookie(
            &state.config.warned,
            &state.config.name,
            state.request.loaded_at.as_secs(),
        );
    }
    caching.mark_set_cookie(fields)?;
    fields.append_set_cookies(lines)?;
    if replaces {
        *renewal = renewed(state, loaded);
    }
    Ok(())
}

/// Returns the end of the session that came, if the response replaces it with a renewed one. The
/// end of a purged session was reported at the call.
fn renewed<T>(state: &SessionState<T>, loaded: &Loaded<T>) -> Option<SessionEnd> {
    let (config, current) = (&*state.config, loaded.snapshot());
    let new = current.claims.content.id.filter(|_| !config.is_empty(&current)).map(SessionId::from);
    let is_told_here = {
        let current = loaded.current();
        current.renewed && !current.purged
    };
    if is_told_here { loaded.ended(config, EndCause::Renew, new) } else { None }
}

fn touch<T>(
    state: &SessionState<T>,
    caching: Caching,
    fields: &mut dyn ResponseHeaders,
) -> Result<(), SessionError> {
    if caching.is_public() {
        events::public_touched(
            &state.config.warned,
            &state.config.name,
            state.request.loaded_at.as_secs(),
        );
    }
    caching.mark_accessed(fields)
}

fn decide<T: SessionData>(
    state: &SessionState<T>,
    loaded: &Loaded<T>,
    status: u16,
    caching: &Caching,
) -> Outgoing {
    let config = &*state.config;
    let failed = status >= 500;
    if failed {
        return if loaded.current().purged { Outgoing::Delete } else { Outgoing::Nothing };
    }
    if loaded.is_modified(config) {
        return if config.is_empty(&loaded.snapshot()) { Outgoing::Delete } else { Outgoing::Set };
    }
    if matches!(status, NOT_MODIFIED | SWITCHING_PROTOCOLS) || caching.conflicts_with_set_cookie() {
        return Outgoing::Nothing;
    }
    let left_out = state.skip_refresh.load(Ordering::Relaxed)
        || is_slow(state.request.loaded_at, config.clock.now());
    let due = loaded
        .ring
        .sealing(loaded.now)
        .filter(|sealing| sealing.key().cipher().is_some())
        .is_some_and(|sealing| {
            match loaded.status {
                LoadStatus::Restored => {
                    let due = config.limits.refresh_due(
                        &loaded.initial.claims,
                        loaded.now,
                        loaded.initial_key_end,
                        sealing.end(),
                    );
                    due && !config.is_empty(&loaded.initial)
                }
                // Nothing was written, but the visitor must get our cookie.
                LoadStatus::Imported => true,
                _ => false,
            }
        });
    if due && !left_out { Outgoing::Refresh } else { Outgoing::Silence }
}

/// Sets the current session under the current key, and deletes pieces of an earlier one.
fn set<T: SessionData>(
    state: &SessionState<T>,
    loaded: &Loaded<T>,
) -> Result<Vec<String>, SessionError> {
    let line = set_line(state, loaded)?;
    if line.len() > limits::SET_COOKIE_WARNING {
        events::nearly_too_large(&state.config.warned, &state.config.name, line.len(), loaded.now);
    }
    let mut removals = Vec::new();
    add_pieces(&state.config, &state.config.name, &loaded.received, Jars::Both, &mut removals);
    add_others(state, loaded, Jars::Both, &mut removals);
    if loaded.received.ours && loaded.status != LoadStatus::CrossSite {
        removals.extend(state.config.attributes.remove_copy(&state.config.name));
    }
    let answer = if loaded.current().purged { Answer::Ends } else { Answer::Sets };
    add_leftovers(state, loaded, answer, &mut removals);
    Ok(in_order(state, line, removals))
}

/// Puts the lines in order: first the deletions of the session's own name (the copy with the other
/// setting of `Partitioned`, and copies at another place), then the line that sets it, then the
/// other deletions. Otherwise a client that keeps cookies by name alone, or does not know
/// `Partitioned`, would delete what was just set.
fn in_order<T>(state: &SessionState<T>, line: String, removals: Vec<String>) -> Vec<String> {
    if removals.is_empty() {
        return vec![line];
    }
    let name = &*state.config.name;
    let is_of_the_name =
        |line: &String| line.strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
    let (mut lines, others): (Vec<_>, Vec<_>) = removals.into_iter().partition(is_of_the_name);
    lines.push(line);
    lines.extend(others);
    lines
}

/// Returns no lines if a limit was lowered meanwhile and the session no longer fits.
fn refresh<T: SessionData>(
    state: &SessionState<T>,
    loaded: &Loaded<T>,
) -> Result<Vec<String>, SessionError> {
    let line = set_line(state, loaded)?;
    let (needed, allowed) = (line.len(), state.config.allowed);
    if needed > allowed {
        events::too_large(&state.config.warned, &state.config.name, needed, allowed, loaded.now);
        return Ok(Vec::new());
    }
    events::refreshed(&state.config.name);
    let mut removals = Vec::new();
    add_others(state, loaded, Jars::Own, &mut removals);
    add_leftovers(state, loaded, Answer::Sets, &mut removals);
    Ok(in_order(state, line, removals))
}

fn set_line<T: SessionData>(
    state: &SessionState<T>,
    loaded: &Loaded<T>,
) -> Result<String, SessionError> {
    let config = &*state.config;
    let outgoing = loaded.outgoing(config);
    let max_age = config.limits.max_age(outgoing.claims.content.expiry, outgoing.end, loaded.now);
    let data = &outgoing.session.data;
    let write = |line: &mut String| {
        config.seal_data(&loaded.ring, loaded.now, &outgoing.claims, data, line)
    };
    config.line.write(config.line_len(&outgoing.claims, data.len(), max_age), max_age, write)
}
