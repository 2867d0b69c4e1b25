//! The `Set-Cookie` lines that delete cookies: the session's own and its pieces, those under other
//! names, those of other libraries, and copies with the other setting of `Partitioned` or at
//! another place.
//!
//! On a cross-site request nothing is deleted. What came may be the visitor's only cookie, or it
//! may be planted.

use crate::headers::cookie::ReceivedCookies;
use crate::headers::cookie_name::CookieName;
use crate::headers::session_cookie::SessionCookie;
use crate::session::load_status::LoadStatus;
use crate::session::state::{Loaded, SessionState};

/// What the response does to the session. The deletion of other cookies depends on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionFate {
    /// The response may carry a cookie, but neither sets nor deletes ours.
    Kept,
    /// The response sets our cookie.
    Set,
    /// The session ended, whether or not this response begins another one.
    Ended,
}

/// Returns the lines that delete the cookies that came: the session's own, its pieces, those under
/// other names, and what earlier software left. There are none on a cross-site request: what came
/// under other names may be all that the visitor has.
pub(crate) fn deletion<T>(state: &SessionState<T>, loaded: &Loaded<T>) -> Vec<String> {
    let mut lines = Vec::new();
    if loaded.status == LoadStatus::CrossSite {
        return lines;
    }
    let cookie = &state.config.cookie;
    add_removals(cookie.name(), cookie, &loaded.received, Jars::Both, &mut lines);
    add_others(state, loaded, Jars::Both, &mut lines);
    add_leftovers(state, loaded, SessionFate::Ended, &mut lines);
    #[cfg(feature = "dbsc")]
    lines.extend(state.device_end_lines(loaded));
    lines
}

/// Deletes what came under another name: the session has the current name from here on, or has
/// ended. On a cross-site request nothing is deleted: what came was not read, and may be the
/// visitor's only cookie, or planted.
pub(crate) fn add_others<T>(
    state: &SessionState<T>,
    loaded: &Loaded<T>,
    jars: Jars,
    lines: &mut Vec<String>,
) {
    if loaded.status == LoadStatus::CrossSite {
        return;
    }
    for (other, received) in state.config.aliases.names.iter().zip(loaded.others.iter()) {
        add_removals(&other.name, &state.config.cookie, received, jars, lines);
    }
}

/// Where a cookie is deleted. A browser keeps partitioned cookies apart, in one jar per embedding
/// site.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Jars {
    /// Where the configuration sets it.
    Own,
    /// Also where the other setting of `Partitioned` put it. A refresh never does this. Otherwise a
    /// page of any site could embed one of our pages and have the session refreshed into that
    /// site's jar, which would remove it from the jar of the visitor's own visits.
    Both,
}

/// Deletes a cookie that came, and its pieces. `ours` has the attributes.
fn add_removals(
    name: &CookieName,
    ours: &SessionCookie,
    received: &ReceivedCookies,
    jars: Jars,
    lines: &mut Vec<String>,
) {
    if received.ours {
        add_removal(name, ours, jars, lines);
    }
    for digit in received.digits() {
        add_removal(&name.piece(digit), ours, jars, lines);
    }
}

fn add_removal(name: &str, ours: &SessionCookie, jars: Jars, lines: &mut Vec<String>) {
    lines.push(ours.attributes().remove(name));
    if jars == Jars::Both {
        lines.extend(ours.attributes().remove_copy(name));
    }
}

/// Deletes the session's own cookies that a response leaves over when it sets the first `count` of
/// them: the pieces after these, and with [`Jars::Both`] the copies of all that came.
pub(crate) fn add_replaced(
    ours: &SessionCookie,
    received: &ReceivedCookies,
    count: usize,
    jars: Jars,
    lines: &mut Vec<String>,
) {
    if jars == Jars::Both && received.ours {
        lines.extend(ours.delete_copy());
    }
    for digit in received.digits() {
        let piece = ours.name().piece(digit);
        if usize::from(digit) >= count {
            add_removal(&piece, ours, jars, lines);
        } else if jars == Jars::Both {
            lines.extend(ours.attributes().remove_copy(&piece));
        }
    }
}

/// Deletes what earlier software left, as far as the session's fate allows.
pub(crate) fn add_leftovers<T>(
    state: &SessionState<T>,
    loaded: &Loaded<T>,
    fate: SessionFate,
    lines: &mut Vec<String>,
) {
    let (status, came) = (loaded.status, &loaded.legacy);
    if status == LoadStatus::CrossSite {
        return;
    }
    let legacy = &*state.config.legacy;
    if let Some(old) = &legacy.old {
        let needed = match status {
            LoadStatus::Imported => fate == SessionFate::Kept,
            // This server could not read it, but another one may.
            LoadStatus::New => fate == SessionFate::Kept && loaded.now < old.read_until,
            LoadStatus::Rejected(_) => fate != SessionFate::Set,
            _ => false,
        };
        let due = came.old && old.delete_after.is_some_and(|date| loaded.now >= date) && !needed;
        let ends = fate == SessionFate::Ended && (came.old || came.ours);
        if ends || due {
            old.cookie.add_deletions(lines);
        }
    }
    if fate != SessionFate::Kept {
        for (copy, _) in legacy.copies.iter().zip(&came.copies).filter(|(_, came)| **came) {
            copy.add_deletions(lines);
        }
    }
}
