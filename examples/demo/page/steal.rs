//! Step 2: the thief's buttons, and the cookie that the thief has.

use super::cookie::{Flips, taken_apart};
use super::elsewhere;
use super::exhibit::Exhibit;
use super::steps::{Step, key_id};
use crate::Demo;
use crate::thief::Loot;
use crate::visit::Visit;
use axum::http::HeaderMap;
use sealed_session::dbsc::DeviceBinding;
use sealed_session::{LoadStatus, Reason, Session};

pub fn body(
    demo: &Demo,
    headers: &HeaderMap,
    exhibit: &Exhibit,
    visit: &Session<Visit>,
    loot: Option<&Loot>,
    next: Step,
) -> String {
    let disabled = |is_disabled| if is_disabled { " disabled" } else { "" };
    let nothing_to_copy = disabled(exhibit.is_example);
    let nobody = disabled(visit.read(|visit| visit.user.is_none()));
    let no_copy = disabled(loot.is_none());
    let (save, out, replay) =
        (Step::SaveCopy.class(next), Step::SignOut.class(next), Step::Replay.class(next));
    let copy = loot.map_or_else(String::new, copy);
    let elsewhere = loot.map_or_else(String::new, |loot| elsewhere::panel(demo, headers, loot));
    let replayed = if is_bound(demo, visit, loot) { REPLAYED_IF_BOUND } else { REPLAYED };
    let envelope = envelope(demo, exhibit, visit);
    format!(
        r#"<div class="card columns">
<div>
<ol class="chain">
<li><form method="post" action="/copy/keep"><button{save}{nothing_to_copy}>Save a copy</button></form></li>
<li><form method="post" action="/sign-out"><button{out}{nobody}>Sign out</button></form></li>
<li><form method="post" action="/copy/replay"><button{replay}{no_copy}>Replay the copy</button></form></li>
</ol>
{copy}
</div>
<p>{replayed}</p>
</div>
{elsewhere}
{envelope}"#
    )
}

fn copy(loot: &Loot) -> String {
    let key = key_id(&loot.copy).map(|id| format!(", sealed by <code>{id}</code>"));
    format!(
        r#"<form class="row" method="post" action="/copy/forget"><p id="copy">The copy has {} characters{}.</p><button class="small">Delete the copy</button></form>"#,
        loot.copy.value.len(),
        key.unwrap_or_default()
    )
}

fn envelope(demo: &Demo, exhibit: &Exhibit, visit: &Session<Visit>) -> String {
    let sessions = demo.visits.serving();
    let (title, intro, flips) = if exhibit.is_example {
        let intro = "Your browser sent no session. No cookie is set until there is data to store, so this one was made for this page and is not sent.";
        ("An example cookie", intro, Flips::Disabled)
    } else if matches!(visit.load_status(), LoadStatus::Rejected(_)) {
        let intro = "It was rejected, so this page has an empty session. The cookie stays in your browser until a handler writes a new one: a server with a wrong clock or an old ring signs nobody out.";
        ("Your cookie", intro, Flips::Enabled)
    } else {
        let intro = "Your browser sent your session, and its seal is valid. The colours are to scale. Without a key nobody reads it, and a single flipped bit breaks the seal.";
        ("Your cookie", intro, Flips::Enabled)
    };
    let (cookie, sent_back) =
        (taken_apart(sessions, &exhibit.stored, flips), sent_back(demo, visit));
    format!(
        r#"<div class="card" id="envelope">
<h3>{title}</h3>
<p>{intro}</p>
{cookie}
<p class="sent-back">Sent back with this page: {sent_back} <a href="/">Reload</a></p>
</div>"#
    )
}

/// Whether the thief's copy is bound to a device, or would be.
fn is_bound(demo: &Demo, visit: &Session<Visit>, loot: Option<&Loot>) -> bool {
    match loot.map(|loot| loot.sent_alone(demo.visits.serving())) {
        Some(LoadStatus::Restored) => false,
        Some(LoadStatus::Rejected(Reason::Unproven(_))) => true,
        _ => matches!(visit.binding(), DeviceBinding::Bound { .. }),
    }
}

const REPLAYED: &str = "A replayed cookie is <strong>accepted</strong> until it expires, even after signing out. A server that stores \
nothing cannot record that a cookie is out of date: that is the price of statelessness. Data that must not be rolled back belongs in a \
database, such as an account balance or a list of revoked session ids. Keep timeouts short if a stolen copy would do harm.";

const REPLAYED_IF_BOUND: &str = "This session is bound to your device. Signing out ends the device’s key for it, so the replayed cookie \
is <strong>refused</strong>. While you are signed in, this browser can still replay an older cookie: that is the price of statelessness. \
Data that must not be rolled back belongs in a database, such as an account balance.";

/// What goes back to the browser with this page, and why. Call it after the page has taken the
/// messages.
fn sent_back(demo: &Demo, session: &Session<Visit>) -> &'static str {
    let due = session.info().refreshes_at().is_some_and(|due| due <= demo.clock.now());
    match session.load_status() {
        LoadStatus::Restored if session.is_modified() && session.is_empty() => {
            "the cookie’s deletion, because this page took the flash messages and the session holds nothing else."
        }
        LoadStatus::Restored if session.is_modified() => {
            "a new cookie, because this page took the flash messages out of the session."
        }
        LoadStatus::Restored if due => {
            "a new cookie, because a refresh is due: the same session, sealed with the current key."
        }
        LoadStatus::Restored => "no cookie, because nothing changed and no refresh is due.",
        _ => "no cookie.",
    }
}
