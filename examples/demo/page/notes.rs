//! The notes, as forms, beside their cookie taken apart. What a visitor typed is escaped.

use super::cookie::{Flips, taken_apart};
use super::seal::under_the_seal;
use crate::Demo;
use crate::html::text;
use crate::notes::Note;
use crate::stored::StoredValue;
use axum::http::HeaderMap;
use sealed_session::{LoadStatus, Map, Session, SessionError};

pub fn body(
    demo: &Demo,
    headers: &HeaderMap,
    session: &Session<Map>,
) -> Result<String, SessionError> {
    let item = |(key, note): (String, Note)| {
        let urgent = if note.urgent { " <em>urgent</em>" } else { "" };
        let (key, words) = (text(key), text(note.text));
        format!(
            r#"<li><span><strong>{key}</strong> {words}{urgent}</span><form method="post" action="/notes/remove"><input type="hidden" name="key" value="{key}"><button class="small">Remove</button></form></li>"#
        )
    };
    let items: String = session.entries()?.into_iter().map(item).collect();
    let list = if items.is_empty() {
        String::from("<p>None yet.</p>")
    } else {
        format!(
            r#"<ul class="lines" id="note-list">{items}</ul><form method="post" action="/notes/clear"><button>Clear all notes</button></form>"#
        )
    };
    let details = details(demo, headers, session);
    Ok(format!(
        r#"<div class="columns">
<div class="card">
{list}
<form class="row" method="post" action="/notes/write">
<label>Key <input name="key" required maxlength="40" autocomplete="off"></label>
<label>Text <input name="text" required maxlength="200" autocomplete="off"></label>
<label class="tick"><input type="checkbox" name="urgent"> urgent</label>
<button>Write</button>
</form>
</div>
<details class="card" id="notes-cookie"><summary>The notes cookie in detail</summary>
{details}
</details>
</div>"#
    ))
}

fn details(demo: &Demo, headers: &HeaderMap, session: &Session<Map>) -> String {
    let Some(stored) = StoredValue::find(headers, demo.notes.cookie_name()) else {
        return String::from("<p>Your browser sent no notes.</p>");
    };
    let cookie = taken_apart(&demo.notes, &stored, Flips::None);
    if session.load_status() != LoadStatus::Restored {
        return cookie;
    }
    let under_the_seal = under_the_seal(demo, &demo.notes, session);
    let report = text(session.size_report());
    format!(
        r#"{cookie}
{under_the_seal}
<h4>What it costs: <code>size_report()</code></h4>
<pre tabindex="0"><code>{report}</code></pre>"#
    )
}
