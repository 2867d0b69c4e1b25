//! A commit: carries out the [`ResponsePlan`] on the response's headers, and tells caches that the
//! session was accessed (`headers/caching.rs`). It adds all lines or none. A renewal whose line is
//! in the response is then reported to the application (`hooks/on_end.rs`).

use crate::data::session_data::SessionData;
use crate::error::SessionError;
use crate::headers::caching::Caching;
use crate::headers::response::ResponseHeaders;
use crate::hooks::on_end::SessionEnd;
use crate::limits;
use crate::session::Session;
use crate::session::plan::{self, CookieAction, ResponsePlan, SWITCHING_PROTOCOLS};
use crate::session::stage::Begun;
use crate::session::state::{Loaded, Reissued, SessionState};

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
    // Another thread's update is not waited for. It fails when it is done.
    if state.write_lock.is_entered_here() || state.opener.is_entered_here() {
        return Err(SessionError::Busy);
    }
    let mut renewal = None;
    let inside = state.committer.enter().map_err(|_| SessionError::Busy)?;
    let outcome = match state.stage.begin_commit() {
        Begun::Respond => respond(state, status, headers, &mut renewal),
        Begun::TellCaches if state.is_touched() => {
            mark_accessed(state, Caching::read(headers), headers)
        }
        Begun::TellCaches => Ok(()),
        Begun::Answered(outcome) => return outcome,
    };
    state.stage.answer(&outcome);
    drop(inside);
    // Outside the lock, because the hooks may read the session.
    state.config.end_hooks.notify(renewal.as_ref());
    outcome
}

/// Commits with status 200, and returns the lines in place of adding them to a response.
#[cfg(feature = "cookie")]
pub(crate) fn commit_to_lines<T: SessionData>(
    session: &Session<T>,
) -> Result<Vec<String>, SessionError> {
    let state = &*session.0;
    if state.write_lock.is_entered_here() || state.opener.is_entered_here() {
        return Err(SessionError::Busy);
    }
    let (mut renewal, mut lines) = (None, Lines(Vec::new()));
    let inside = state.committer.enter().map_err(|_| SessionError::Busy)?;
    state.stage.begin_elsewhere()?;
    let outcome = respond(state, 200, &mut lines, &mut renewal);
    state.stage.end_elsewhere(&outcome);
    drop(inside);
    state.config.end_hooks.notify(renewal.as_ref());
    outcome.map(|()| lines.0)
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
    renewal: &mut Option<SessionEnd>,
) -> Result<(), SessionError> {
    if !state.is_touched() {
        return Ok(());
    }
    let caching = Caching::read(headers);
    let Some(loaded) = state.loaded.get() else {
        return mark_accessed(state, caching, headers);
    };
    if status < 500 && loaded.has_unsent_id(&state.config) {
        state.config.log.unsent_id(loaded.now);
    }
    let plan = ResponsePlan::new(state, loaded, status, caching.conflicts_with_set_cookie());
    let action = plan.action;
    let lines = match action {
        CookieAction::Keep { .. } | CookieAction::Delete => plan.deletions,
        CookieAction::Set => match set_lines(state, loaded) {
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
        CookieAction::Refresh => match refresh_lines(state, loaded) {
            Some(set) => plan.lines_with(state, loaded, set),
            None => Vec::new(),
        },
    };
    if lines.is_empty() {
        return mark_accessed(state, caching, headers);
    }
    if caching.conflicts_with_set_cookie() {
        state.config.log.public_cookie(state.request.loaded_at_unix());
    }
    caching.mark_set_cookie(headers)?;
    headers.append_set_cookies(lines)?;
    if matches!(action, CookieAction::Set | CookieAction::Delete) {
        *renewal = plan::renewal(state, loaded);
    }
    Ok(())
}

fn mark_accessed<T>(
    state: &SessionState<T>,
    caching: Caching,
    headers: &mut dyn ResponseHeaders,
) -> Result<(), SessionError> {
    if caching.is_public() {
        state.config.log.public_accessed(state.request.loaded_at_unix());
    }
    caching.mark_accessed(headers)
}

/// Seals the current session under the current key.
fn set_lines<T: SessionData>(
    state: &SessionState<T>,
    loaded: &Loaded<T>,
) -> Result<Vec<String>, SessionError> {
    let lines = Sealing::new(state, loaded).lines(state, loaded)?;
    let bytes = lines.iter().map(String::len).sum();
    if bytes > limits::SET_COOKIE_WARNING {
        state.config.log.nearly_too_large(bytes, loaded.now);
    }
    Ok(lines)
}

/// Returns `None` if nothing can be sealed, or if a limit was lowered meanwhile and the session no
/// longer fits.
fn refresh_lines<T: SessionData>(
    state: &SessionState<T>,
    loaded: &Loaded<T>,
) -> Option<Vec<String>> {
    let (cookie, log) = (&state.config.cookie, &state.config.log);
    let sealing = Sealing::new(state, loaded);
    if !cookie.admits(sealing.value_len, sealing.max_age) {
        let bytes = cookie.measure(sealing.value_len, sealing.max_age);
        log.too_large(bytes, cookie.allowed(), loaded.now);
        return None;
    }
    let lines = sealing.lines(state, loaded).ok()?;
    log.refreshed();
    Some(lines)
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
