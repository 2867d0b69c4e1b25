//! `ResponsePlan`: what a response does to the session's cookies, decided before any header
//! changes. Nothing is sealed here.
//!
//! 1. The session was not accessed, and no handle of it is left: there is no plan.
//! 2. A purge or an update left it empty: the cookie is deleted, if one came.
//! 3. It differs from the one that came: it is set. With status 5xx, neither 2 nor 3 applies, with
//!    one exception: a purge deletes the cookie, even if something was written after it.
//! 4. It is due for a refresh, or was imported: the same data is sealed again. This is left out on
//!    5xx, 304 and 101, if the response took more than 5 s, if it was promised to a shared cache,
//!    and after `skip_refresh()`.
//! 5. What came under another name is deleted in cases 2, 3 and 4. What earlier software left in
//!    the browser is deleted too (`session/cleanup.rs`).

use crate::claims::id::SessionId;
use crate::data::session_data::SessionData;
use crate::hooks::on_end::{EndCause, SessionEnd};
use crate::limits;
use crate::session::cleanup::{
    Jars, SessionFate, add_leftovers, add_others, add_replaced, deletion,
};
use crate::session::load_status::LoadStatus;
use crate::session::state::{Loaded, SessionState};
use std::sync::atomic::Ordering;
use std::time::Duration;

pub(crate) const SWITCHING_PROTOCOLS: u16 = 101;
pub(crate) const NOT_MODIFIED: u16 = 304;

/// What a response does to the session's own cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CookieAction {
    /// Leaves it alone. `cleanup`: what earlier software left may be deleted.
    Keep {
        cleanup: bool,
    },
    /// Sets it to the current session.
    Set,
    /// Sets it to the same data again.
    Refresh,
    Delete,
}

pub(crate) struct ResponsePlan {
    pub(crate) action: CookieAction,
    /// The lines that delete cookies. `lines_with` adds those that follow from the cookies it sets.
    pub(crate) deletions: Vec<String>,
}

impl ResponsePlan {
    /// `is_public`: the response allows shared caching, and must not set a cookie only for a
    /// refresh.
    pub(crate) fn new<T: SessionData>(
        state: &SessionState<T>,
        loaded: &Loaded<T>,
        status: u16,
        is_public: bool,
    ) -> Self {
        let action = decide(state, loaded, status, is_public);
        let mut deletions = Vec::new();
        match action {
            CookieAction::Keep { cleanup: false } => {}
            CookieAction::Keep { cleanup: true } => {
                add_leftovers(state, loaded, SessionFate::Kept, &mut deletions);
                #[cfg(feature = "dbsc")]
                deletions.extend(state.useless_proof_lines(loaded));
            }
            CookieAction::Delete => deletions = deletion(state, loaded),
            CookieAction::Set => {
                add_others(state, loaded, Jars::Both, &mut deletions);
                let purged = loaded.current().purged;
                let fate = if purged { SessionFate::Ended } else { SessionFate::Set };
                add_leftovers(state, loaded, fate, &mut deletions);
                #[cfg(feature = "dbsc")]
                if purged && !state.is_bound_again(loaded) {
                    deletions.extend(state.device_end_lines(loaded));
                }
            }
            CookieAction::Refresh => {
                add_others(state, loaded, Jars::Own, &mut deletions);
                add_leftovers(state, loaded, SessionFate::Set, &mut deletions);
            }
        }
        Self { action, deletions }
    }

    /// Adds the lines that set the session's cookies, and the deletions of what they replace: the
    /// pieces that are no longer needed, and on a change the copies with the other setting of
    /// `Partitioned`.
    ///
    /// Puts the lines in order: first the deletions of the session's own name and its pieces, then
    /// the lines that set them, then the other deletions. Otherwise a client that keeps cookies by
    /// name alone, or does not know `Partitioned`, would delete what was just set.
    pub(crate) fn lines_with<T>(
        self,
        state: &SessionState<T>,
        loaded: &Loaded<T>,
        set: Vec<String>,
    ) -> Vec<String> {
        let mut replaced = Vec::new();
        if loaded.received.came() && loaded.status != LoadStatus::CrossSite {
            let jars = if self.action == CookieAction::Set { Jars::Both } else { Jars::Own };
            add_replaced(&state.config.cookie, &loaded.received, set.len(), jars, &mut replaced);
        }
        if self.deletions.is_empty() && replaced.is_empty() {
            return set;
        }
        let cookie = &state.config.cookie;
        let (mut lines, others): (Vec<_>, Vec<_>) =
            self.deletions.into_iter().partition(|line| cookie.is_named_in(line));
        lines.extend(replaced);
        lines.extend(set);
        lines.extend(others);
        lines
    }
}

fn decide<T: SessionData>(
    state: &SessionState<T>,
    loaded: &Loaded<T>,
    status: u16,
    is_public: bool,
) -> CookieAction {
    let config = &*state.config;
    if status >= 500 {
        let purged = loaded.current().purged;
        return if purged { CookieAction::Delete } else { CookieAction::Keep { cleanup: false } };
    }
    if loaded.is_modified(config) {
        let is_empty = config.is_empty(&loaded.snapshot());
        return if is_empty { CookieAction::Delete } else { CookieAction::Set };
    }
    if matches!(status, NOT_MODIFIED | SWITCHING_PROTOCOLS) || is_public {
        return CookieAction::Keep { cleanup: false };
    }
    let left_out = state.skip_refresh.load(Ordering::Relaxed)
        || is_slow(state.request.loaded_at, config.clock.now());
    if !left_out && is_refresh_due(state, loaded) {
        CookieAction::Refresh
    } else {
        CookieAction::Keep { cleanup: true }
    }
}

fn is_refresh_due<T>(state: &SessionState<T>, loaded: &Loaded<T>) -> bool {
    let config = &*state.config;
    let Some((sealing, _)) = loaded.ring.sealing_cipher(loaded.now) else { return false };
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
}

/// Returns the end of the session that came, if a response replaces it with a renewed one. The end
/// of a purged session was reported at the call.
pub(crate) fn renewal<T>(state: &SessionState<T>, loaded: &Loaded<T>) -> Option<SessionEnd> {
    let config = &*state.config;
    let snapshot = loaded.snapshot();
    let id = snapshot.claims.content.id.filter(|_| !config.is_empty(&snapshot));
    let reported_here = {
        let current = loaded.current();
        current.renewed && !current.purged
    };
    if reported_here {
        loaded.ended(config, EndCause::Renew, id.map(SessionId::from))
    } else {
        None
    }
}

/// Returns `true` if a response sets or deletes the cookie because of a change. A purge has nothing
/// to delete if there was no session.
pub(crate) fn is_change<T: SessionData>(state: &SessionState<T>, loaded: &Loaded<T>) -> bool {
    let is_deleted = || !deletion(state, loaded).is_empty();
    loaded.is_modified(&state.config)
        && (!state.config.is_empty(&loaded.snapshot()) || is_deleted())
}

/// Returns the lines that even a failed commit sends: a purge is carried out with any status.
pub(crate) fn deletions_of_a_purge<T>(state: &SessionState<T>) -> Vec<String> {
    let purged = state.loaded.get().filter(|loaded| loaded.current().purged);
    purged.map_or_else(Vec::new, |loaded| deletion(state, loaded))
}

/// Returns `true` if `later` is more than the refresh window after `earlier`. If the clock stepped
/// back, no time has passed.
fn is_slow(earlier: Duration, later: Duration) -> bool {
    later.saturating_sub(earlier) > Duration::from_secs(limits::REFRESH_WINDOW)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::keys::KeyRing;
    use crate::session::Session;
    use crate::sessions::Sessions;

    const DAY: Duration = Duration::from_secs(86_400);

    /// Plans the response to a request that brings `cookie`, after `handler`.
    fn plan(
        sessions: &Sessions<u32>,
        cookie: &str,
        (status, is_public): (u16, bool),
        handler: impl FnOnce(&Session<u32>),
    ) -> (CookieAction, usize) {
        let session = sessions.load(("GET", &[("cookie", cookie)][..]));
        handler(&session);
        let plan = ResponsePlan::new(&session.0, session.0.loaded(), status, is_public);
        (plan.action, plan.deletions.len())
    }

    #[test]
    fn the_status_and_the_handler_decide() {
        let clock = ManualClock::at(Duration::from_secs(1_800_000_000));
        let ring = KeyRing::ephemeral().unwrap();
        let sessions =
            Sessions::<u32>::builder(ring).clock(clock.clone()).schema_version(1).build().unwrap();
        let cookie = format!("{}={}", sessions.cookie_name(), sessions.seal(&7).unwrap());
        let reads = |session: &Session<u32>| session.read(|_| ());
        let writes = |session: &Session<u32>| session.set(8).unwrap();
        let empties = |session: &Session<u32>| session.set(0).unwrap();
        let purges = |session: &Session<u32>| session.purge().unwrap();
        let (keep, leave) =
            (CookieAction::Keep { cleanup: true }, CookieAction::Keep { cleanup: false });

        assert_eq!(plan(&sessions, &cookie, (200, false), reads), (keep, 0));
        assert_eq!(plan(&sessions, &cookie, (200, true), reads), (leave, 0));
        assert_eq!(plan(&sessions, &cookie, (200, false), writes), (CookieAction::Set, 0));
        assert_eq!(plan(&sessions, &cookie, (200, true), writes), (CookieAction::Set, 0));
        assert_eq!(plan(&sessions, &cookie, (500, false), writes), (leave, 0));
        assert_eq!(plan(&sessions, &cookie, (200, false), empties), (CookieAction::Delete, 1));
        assert_eq!(plan(&sessions, &cookie, (500, false), empties), (leave, 0));
        assert_eq!(plan(&sessions, &cookie, (500, false), purges), (CookieAction::Delete, 1));
        assert_eq!(plan(&sessions, "", (200, false), purges), (CookieAction::Delete, 0));

        clock.advance(2 * DAY);
        assert_eq!(plan(&sessions, &cookie, (200, false), reads), (CookieAction::Refresh, 0));
        for status in [101, 304] {
            assert_eq!(plan(&sessions, &cookie, (status, false), reads), (leave, 0));
        }
        assert_eq!(plan(&sessions, &cookie, (200, true), reads), (leave, 0));
        let skips = |session: &Session<u32>| session.skip_refresh();
        assert_eq!(plan(&sessions, &cookie, (200, false), skips), (keep, 0));
    }
}
