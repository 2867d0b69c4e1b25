//! The `Set-Cookie` lines that delete cookies: the session's own and its pieces, those under other
//! names, those of other libraries, and copies with the other setting of `Partitioned` or at
//! another place.
//!
//! On a cross-site request nothing is deleted: what came may be all that the visitor has, or planted.

use crate::config::Config;
use crate::config::legacy::Legacy;
use crate::headers::cookie::ReceivedCookies;
use crate::session::load_status::LoadStatus;
use crate::session::state::{Loaded, SessionState};

/// What a response does to the session, as far as deletions depend on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It may carry a cookie, but neither sets nor deletes ours.
    Silent,
    /// It sets our cookie.
    Sets,
    /// The session ended, whether or not this response begins another one.
    Ends,
}

/// Returns the lines that delete the cookies that came: the session's own, its pieces, those under
/// other names, and what earlier software left. There are none if the session was cross-site: what
/// came under other names may be all that the visitor has.
pub(crate) fn deletion<T>(state: &SessionState<T>, loaded: &Loaded<T>) -> Vec<String> {
    let mut lines = Vec::new();
    if loaded.status == LoadStatus::CrossSite {
        return lines;
    }
    add_removals(&state.config, &state.config.name, &loaded.received, Jars::Both, &mut lines);
    add_others(state, loaded, Jars::Both, &mut lines);
    add_leftovers(state, loaded, Answer::Ends, &mut lines);
    lines
}

/// Deletes what came under another name: the session has the current name from here on, or has
/// ended. On a cross-site request it stays: it was not read, and may be all that the visitor has, or
/// planted.
pub(crate) fn add_others<T>(
    state: &SessionState<T>,
    loaded: &Loaded<T>,
    jars: Jars,
    lines: &mut Vec<String>,
) {
    if loaded.status == LoadStatus::CrossSite {
        return;
    }
    for (other, received) in state.config.aliases.names.iter().zip(&loaded.others) {
        add_removals(&state.config, &other.name, received, jars, lines);
    }
}

/// Where a cookie is deleted. A browser keeps partitioned cookies apart, in one jar per embedding
/// site.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Jars {
    /// Where the configuration sets it.
    Own,
    /// Also where the other setting of `Partitioned` put it. A mere refresh never does this: a page
    /// of any site could embed one of our pages, have the session refreshed into that site's jar,
    /// and so take it out of the jar of the visitor's own visits.
    Both,
}

/// Deletes a cookie that came, and its pieces.
fn add_removals<T>(
    config: &Config<T>,
    name: &str,
    received: &ReceivedCookies,
    jars: Jars,
    lines: &mut Vec<String>,
) {
    if received.ours {
        add_removal(config, name, jars, lines);
    }
    add_pieces(config, name, received, jars, lines);
}

fn add_removal<T>(config: &Config<T>, name: &str, jars: Jars, lines: &mut Vec<String>) {
    lines.push(config.attributes.remove(name));
    if jars == Jars::Both {
        lines.extend(config.attributes.remove_copy(name));
    }
}

/// Deletes the pieces that came.
pub(crate) fn add_pieces<T>(
    config: &Config<T>,
    name: &str,
    received: &ReceivedCookies,
    jars: Jars,
    lines: &mut Vec<String>,
) {
    for digit in (1..=9).filter(|digit| received.pieces & (1 << digit) != 0) {
        add_removal(config, &format!("{name}.{digit}"), jars, lines);
    }
}

/// Deletes what earlier software left, as far as `answer` allows.
pub(crate) fn add_leftovers<T>(
    state: &SessionState<T>,
    loaded: &Loaded<T>,
    answer: Answer,
    lines: &mut Vec<String>,
) {
    let (status, came) = (loaded.status, &loaded.legacy);
    if status == LoadStatus::CrossSite {
        return;
    }
    let Legacy { old, copies } = &*state.config.legacy;
    let ours = &state.config.attributes;
    if let Some((old, _)) = old {
        let needed = match status {
            LoadStatus::Imported => answer == Answer::Silent,
            // This server could not read it, but another one may.
            LoadStatus::New => answer == Answer::Silent && loaded.now < old.until,
            LoadStatus::Rejected(_) => answer != Answer::Sets,
            _ => false,
        };
        let due = came.old && old.delete_from.is_some_and(|date| loaded.now >= date) && !needed;
        let ends = answer == Answer::Ends && (came.old || came.ours);
        if ends || due {
            old.place.add_removals(ours, lines);
        }
    }
    if answer != Answer::Silent {
        for (copy, _) in copies.iter().zip(&came.copies).filter(|(_, came)| **came) {
            copy.add_removals(ours, lines);
        }
    }
}
