//! The buttons of the operator, who has the keys, and of the thief, who has the cookie.

use crate::Demo;
use crate::envelope::{Part, cookie};
use crate::html::{span, text, time};
use crate::thief::COPY;
use axum::http::HeaderMap;
use sealed_session::inspect::Inspector;
use sealed_session::keys::{KeyId, KeyInfo};
use std::time::Duration;

/// The key that a cookie names, which everyone sees.
fn key_id(cookie: impl AsRef<str>) -> Option<KeyId> {
    Inspector::new().inspect(cookie.as_ref()).key_id
}

pub fn operator(demo: &Demo, headers: &HeaderMap) -> String {
    let now = demo.clock.now();
    let seals = demo.ring.sealing_key(now);
    let yours = cookie(headers, demo.visits.cookie_name()).and_then(key_id);
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
    let shows = time(now);
    let ahead = match demo.clock.ahead() {
        Duration::ZERO => String::from("the real time"),
        ahead => format!("{} ahead of the real time", span(ahead)),
    };
    format!(
        r#"<section class="card" aria-labelledby="operator"><h2 id="operator">You are the operator</h2>
<h3>The ring of keys</h3>
<ol class="lines" id="ring">{keys}</ol>
<div class="buttons">
<form method="post" action="/keys/rotate"><button>Rotate the key</button></form>
<form method="post" action="/keys/retire"><button>Retire the old keys</button></form>
</div>
<p>Rotate: the session continues, and the key id in the cookie changes at its next write or refresh. Retire: cookies still sealed with
an old key are rejected as <code>unknown-key</code>.</p>
<h3>The clock</h3>
<p><span id="clock">{shows}</span>, {ahead}. The whole demo shares one clock, so it changes for every visitor.</p>
<div class="buttons">
<form method="post" action="/clock/advance"><button name="hours" value="1">1 hour forward</button></form>
<form method="post" action="/clock/advance"><button name="hours" value="48">2 days forward</button></form>
<form method="post" action="/clock/advance"><button name="hours" value="360">15 days forward</button></form>
<form method="post" action="/clock/reset"><button class="quiet">Back to the real time</button></form>
</div>
<p>After 1.4 days (a tenth of the idle timeout), a visit refreshes the cookie. The session ends after 14 days without a visit, and
after 30 days in any case.</p>
</section>"#
    )
}

pub fn thief(headers: &HeaderMap) -> String {
    let parts = Part::ALL.map(|part| {
        format!(
            r#"<button class="quiet" name="part" value="{}">{}</button>"#,
            part.word(),
            part.name()
        )
    });
    let parts = parts.concat();
    let copy = match cookie(headers, COPY) {
        None => String::from("<p>There is no copy.</p>"),
        Some(copy) => {
            let key_id = key_id(&copy).map(|id| format!(", sealed by <code>{id}</code>"));
            format!(
                r#"<p id="copy">The copy has {} characters{}.</p>"#,
                copy.len(),
                key_id.unwrap_or_default()
            )
        }
    };
    let disabled = if cookie(headers, COPY).is_some() { "" } else { " disabled" };
    format!(
        r#"<section class="card" aria-labelledby="thief"><h2 id="thief">You are the thief</h2>
<h3>Flip one bit</h3>
<p>You have the cookie but not the key. Flip the lowest bit of the first byte of its</p>
<form class="buttons" method="post" action="/bit/flip">{parts}</form>
<h3>Replay an old cookie</h3>
{copy}
<div class="buttons">
<form method="post" action="/copy/keep"><button>Save a copy</button></form>
<form method="post" action="/copy/replay"><button{disabled}>Replay the copy</button></form>
<form method="post" action="/copy/forget"><button class="quiet"{disabled}>Delete the copy</button></form>
</div>
<p>A replayed cookie is <strong>accepted</strong> until it expires, even after signing out. A server that stores nothing cannot record
that a cookie is out of date: that is the price of statelessness. Data that must not be rolled back belongs in a database, such as an
account balance or a list of revoked session ids. Keep timeouts short if a stolen copy would do harm.</p>
</section>"#
    )
}
