//! A commit: carries out the [`ResponsePlan`] on the response's headers, and tells caches that the
//! session was accessed (`headers/caching.rs`). It adds all lines or none. What the response
//! carries is then reported: first as events, then a renewal to the application (`hooks/on_end.rs`).

use crate::data::session_data::SessionData;
use crate::error::SessionError;
use crate::headers::caching::Caching;
use crate::headers::response::ResponseHeaders;
use crate::hooks::on_end::SessionEnd;
use crate::hooks::{EndedBy, EventKind};
use crate::limits;
use crate::session::Session;
use crate::session::load_status::LoadStatus;
use crate::session::plan::{self, CookieAction, ResponsePlan, SWITCHING_PROTOCOLS};
use crate::session::stage::Begun;
use crate::session::state::{Loaded, Reissued, SessionState};
use crate::session::write_lock::Inside;

/// What is reported once the commit's lock is released, because hooks and subscribers may read the
/// session.
#[derive(Default)]
struct Reports {
    /// What the response does to the session's cookie; `None` if nobody watches.
    carried: Option<EventKind>,
    /// What needs attention. Almost always empty.
    warnings: Vec<EventKind>,
    renewal: Option<SessionEnd>,
}

pub(crate) fn commit<T: SessionData>(
    session: &Session<T>,
    status: u16,
    headers: &mut dyn ResponseHeaders,
) -> Result<(), SessionError> {
    let interim = (100..200).contains(&status) && status != SWITCHING_PROTOCOLS;
    if interim {
        return Ok(());
    }
    let state = &*session.0;
    let mut reports = Reports::default();
    let inside = enter(state)?;
    let outcome = match state.stage.begin_commit() {
        Begun::Respond => respond(state, status, headers, &mut reports),
        Begun::TellCaches if state.is_touched() => {
            mark_accessed(Caching::read(headers), headers, &mut reports)
        }
        Begun::TellCaches => Ok(()),
        Begun::Answered(Err(SessionError::CommitPanicked)) => {
            drop(inside);
            return Err(lost(state, SessionError::CommitPanicked));
        }
        Begun::Answered(outcome) => return outcome,
    };
    state.stage.answer(&outcome);
    drop(inside);
    report(state, reports);
    outcome.map_err(|error| lost(state, error))
}

/// Another thread's update is not waited for. It fails when it is done. `Busy` is not reported:
/// nothing is lost by it, and this thread holds a lock.
fn enter<T>(state: &SessionState<T>) -> Result<Inside<'_>, SessionError> {
    if state.write_lock.is_entered_here() || state.opener.is_entered_here() {
        return Err(SessionError::Busy);
    }
    state.committer.enter().map_err(|_| SessionError::Busy)
}

/// Call it when no lock is held. The events come first, because a panic of a hook for ends goes on.
#[inline]
fn report<T>(state: &SessionState<T>, reports: Reports) {
    let Reports { carried, warnings, renewal } = reports;
    if carried.is_none() && warnings.is_empty() && renewal.is_none() {
        return;
    }
    for event in warnings.into_iter().chain(carried) {
        state.config.log.emit(event, state.request.loaded_at_unix());
    }
    state.config.end_hooks.notify(renewal.as_ref());
}

/// Reports that a change was lost. Call it when no lock is held.
fn lost<T>(state: &SessionState<T>, error: SessionError) -> SessionError {
    state.config.log.lost_change(&error, state.request.loaded_at_unix());
    error
}

/// Commits with status 200, and returns the lines in place of adding them to a response.
#[cfg(feature = "cookie")]
pub(crate) fn commit_to_lines<T: SessionData>(
    session: &Session<T>,
) -> Result<Vec<String>, SessionError> {
    let state = &*session.0;
    let (mut reports, mut lines) = (Reports::default(), Lines(Vec::new()));
    let inside = enter(state)?;
    state.stage.begin_elsewhere()?;
    let outcome = respond(state, 200, &mut lines, &mut reports);
    state.stage.end_elsewhere(&outcome);
    drop(inside);
    report(state, reports);
    outcome.map(|()| lines.0).map_err(|error| lost(state, error))
}

/// The `Set-Cookie` lines of a response that has no other field.
#[cfg(feature = "cookie")]
struct Lines(Vec<String>);

#[cfg(feature = "cookie")]
impl ResponseHeaders for Lines {
    fn for_each(&self, _: &mut dyn FnMut(&str, &[u8])) {}

    fn replace(&mut self, _: &str, _: &str) -> Result<(), SessionError> {
        Ok(())
    }

    fn append_set_cookies(&mut self, lines: Vec<String>) -> Result<(), SessionError> {
        self.0.extend(lines);
        Ok(())
    }
}

/// On an error, `headers` has no line of the session except the deletions of a purge.
fn respond<T: SessionData>(
    state: &SessionState<T>,
    status: u16,
    headers: &mut dyn ResponseHeaders,
    reports: &mut Reports,
) -> Result<(), SessionError> {
    if !state.is_touched() {
        return Ok(());
    }
    let Some(loaded) = state.loaded.get() else {
        return mark_accessed(Caching::read(headers), headers, reports);
    };
    #[cfg(feature = "dbsc")]
    state.add_offer(loaded, status, headers)?;
    let caching = Caching::read(headers);
    if status < 500 && loaded.has_unsent_id(&state.config) {
        reports.warnings.push(EventKind::UnsentId);
    }
    let plan = ResponsePlan::new(state, loaded, status, caching.conflicts_with_set_cookie());
    let action = plan.action;
    let lines = match action {
        CookieAction::Keep { .. } | CookieAction::Delete => plan.deletions,
        CookieAction::Set => match set_lines(state, loaded, reports) {
            Ok(set) => plan.lines_with(state, loaded, set),
            Err(error) => {
                let lines = plan::deletions_of_a_purge(state);
                if !lines.is_empty() {
                    caching.mark_set_cookie(headers)?;
                    headers.append_set_cookies(lines)?;
                }
                return Err(error);
            }
        },
        // A refresh that fails loses nothing: the cookie that came stays good.
        CookieAction::Refresh => match refresh_lines(state, loaded, reports) {
            Some(set) => plan.lines_with(state, loaded, set),
            None => Vec::new(),
        },
    };
    if lines.is_empty() {
        return mark_accessed(caching, headers, reports);
    }
    if caching.conflicts_with_set_cookie() {
        reports.warnings.push(EventKind::PublicCookie);
    }
    caching.mark_set_cookie(headers)?;
    headers.append_set_cookies(lines)?;
    if matches!(action, CookieAction::Set | CookieAction::Delete) {
        reports.renewal = plan::renewal(state, loaded);
    }
    if state.config.log.is_watched() {
        reports.carried = carried(loaded, action);
    }
    Ok(())
}

/// Returns the event for what a response does to the session's cookie.
fn carried<T>(loaded: &Loaded<T>, action: CookieAction) -> Option<EventKind> {
    let (purged, renewed) = {
        let current = loaded.current();
        (current.purged, current.renewed)
    };
    let came = loaded.status == LoadStatus::Restored && !purged;
    match action {
        CookieAction::Keep { .. } => None,
        CookieAction::Set | CookieAction::Refresh if !came => Some(EventKind::Created),
        CookieAction::Set if renewed => Some(EventKind::Renewed),
        CookieAction::Set => Some(EventKind::Changed),
        CookieAction::Refresh => Some(EventKind::Refreshed),
        CookieAction::Delete => came.then_some(EventKind::Ended { cause: EndedBy::Emptied }),
    }
}

fn mark_accessed(
    caching: Caching,
    headers: &mut dyn ResponseHeaders,
    reports: &mut Reports,
) -> Result<(), SessionError> {
    if caching.is_public() {
        reports.warnings.push(EventKind::PublicAccessed);
    }
    caching.mark_accessed(headers)
}

/// Seals the current session under the current key.
fn set_lines<T: SessionData>(
    state: &SessionState<T>,
    loaded: &Loaded<T>,
    reports: &mut Reports,
) -> Result<Vec<String>, SessionError> {
    let lines = Sealing::new(state, loaded).lines(state, loaded)?;
    let bytes = lines.iter().map(String::len).sum();
    if bytes > limits::SET_COOKIE_WARNING {
        reports.warnings.push(EventKind::NearlyTooLarge { bytes });
    }
    Ok(lines)
}

/// Returns `None` if nothing can be sealed, or if a limit was lowered meanwhile and the session no
/// longer fits.
fn refresh_lines<T: SessionData>(
    state: &SessionState<T>,
    loaded: &Loaded<T>,
    reports: &mut Reports,
) -> Option<Vec<String>> {
    let cookie = &state.config.cookie;
    let sealing = Sealing::new(state, loaded);
    if !cookie.admits(sealing.value_len, sealing.max_age) {
        let needed = cookie.measure(sealing.value_len, sealing.max_age);
        reports.warnings.push(EventKind::TooLarge { needed, allowed: cookie.allowed() });
        return None;
    }
    sealing.lines(state, loaded).ok()
}

/// What is about to be sealed, and the length of its value.
struct Sealing<T> {
    reissued: Reissued<T>,
    value_len: usize,
    max_age: Option<u64>,
}

impl<T: SessionData> Sealing<T> {
    fn new(state: &SessionState<T>, loaded: &Loaded<T>) -> Self {
        let config = &*state.config;
        let reissued = loaded.reissued(config);
        let expiry = reissued.claims.content.expiry;
        let max_age = config.limits.max_age(expiry, reissued.end, loaded.now);
        let value_len =
            config.value_len(&reissued.claims, reissued.session.sealed_data().bytes.len());
        Self { reissued, value_len, max_age }
    }

    fn lines(
        &self,
        state: &SessionState<T>,
        loaded: &Loaded<T>,
    ) -> Result<Vec<String>, SessionError> {
        let (config, Reissued { session, claims, .. }) = (&*state.config, &self.reissued);
        config.cookie.set(self.value_len, self.max_age, |value| {
            config.seal(&loaded.ring, loaded.now, claims, session.sealed_data(), value)
        })
    }
}
