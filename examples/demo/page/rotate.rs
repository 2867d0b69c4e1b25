//! Step 3: the operator's buttons, the ring of keys and the clock, beside what only the operator's
//! server can read.

use super::exhibit::Exhibit;
use super::seal::under_the_seal;
use super::steps::{Step, key_id};
use crate::Demo;
use crate::html::{span, text, time};
use sealed_session::keys::KeyInfo;
use std::time::Duration;

pub fn body(demo: &Demo, exhibit: &Exhibit, next: Step) -> String {
    let sessions = demo.visits.serving();
    let under_the_seal = match exhibit.open(sessions) {
        Some(session) => under_the_seal(demo, sessions, &session),
        None => String::from("<p>This request had no session that this server could open.</p>"),
    };
    let title = if exhibit.is_example { "Under the seal of the example" } else { "Under the seal" };
    let (keys, clock) = (keys(demo, exhibit, next), clock(demo));
    format!(
        r#"<div class="columns">
<div class="card">
{keys}
{clock}
</div>
<div class="card" id="seal">
<h3>{title}</h3>
{under_the_seal}
</div>
</div>"#
    )
}

fn keys(demo: &Demo, exhibit: &Exhibit, next: Step) -> String {
    let seals = demo.ring.sealing_key(demo.clock.now());
    let yours = key_id(&exhibit.stored).filter(|_| !exhibit.is_example);
    let item = |key: &KeyInfo| {
        let role = if seals == Some(key.id) { "seals and opens" } else { "opens" };
        let yours = if yours == Some(key.id) { ", sealed your cookie" } else { "" };
        format!(
            r#"<li><code>{}</code> <span>{} {role}{yours}</span></li>"#,
            key.id,
            text(key.suite)
        )
    };
    let keys: String = demo.ring.keys().iter().map(item).collect();
    let (rotate, refresh, retire) =
        (Step::Rotate.class(next), Step::Refresh.class(next), Step::Retire.class(next));
    let start_over = match next {
        Step::StartOver => {
            r#"<li><form method="post" action="/start-over"><button class="primary">Start over</button></form></li>"#
        }
        _ => "",
    };
    format!(
        r#"<ol class="chain">
<li><form method="post" action="/keys/rotate"><button{rotate}>Rotate the key</button></form></li>
<li><form method="post" action="/clock/advance"><button{refresh} name="hours" value="48">2 days forward</button></form></li>
<li><form method="post" action="/keys/retire"><button{retire}>Retire the old keys</button></form></li>
{start_over}
</ol>
<h3>The ring of keys</h3>
<ol class="lines" id="ring">{keys}</ol>
<p>Rotate: the session continues, and the key id in the cookie changes at its next write or refresh. Retire: cookies still sealed with
an old key are rejected as <code>unknown-key</code>.</p>"#
    )
}

fn clock(demo: &Demo) -> String {
    let shows = time(demo.clock.now());
    let (ahead, reset) = match demo.clock.ahead() {
        Duration::ZERO => (String::from("the real time"), " disabled"),
        ahead => (format!("{} ahead of the real time", span(ahead)), ""),
    };
    format!(
        r#"<h3>The clock</h3>
<p><span id="clock">{shows}</span>, {ahead}. The whole demo shares one clock, so it changes for every visitor.</p>
<div class="buttons">
<form method="post" action="/clock/advance"><button class="small" name="hours" value="1">1 hour forward</button></form>
<form method="post" action="/clock/advance"><button class="small" name="hours" value="360">15 days forward</button></form>
<form method="post" action="/clock/reset"><button class="small"{reset}>Back to the real time</button></form>
</div>
<p>After 1.4 days (a tenth of the idle timeout), a visit refreshes the cookie. The session ends after 14 days without a visit, and
after 30 days in any case.</p>"#
    )
}
