//! The shop and the notes, as forms. What a visitor typed is escaped.

use crate::html::text;
use crate::notes::Note;
use crate::visit::{Article, Line, Visit};
use sealed_session::{Map, Session, SessionError};

pub fn section(session: &Session<Visit>) -> String {
    session.read(|visit| {
        let (account, cart) = (account(visit), cart(&visit.cart));
        let options: String = Article::ALL.map(|article| format!(r#"<option value="{article:?}">{}</option>"#, article.name())).concat();
        let dedication = text(visit.dedication.as_deref().unwrap_or_default());
        format!(
            r#"<section class="card" aria-labelledby="shop"><h2 id="shop">The shop <code>Session&lt;Visit&gt;</code></h2>
{account}
<h3>Cart</h3>
{cart}
<form class="row" method="post" action="/cart/add">
<label>Article <select name="article">{options}</select></label>
<label>Colour <select name="colour"><option value="Red">red</option><option value="Blue">blue</option><option value="Green">green</option></select></label>
<label class="short">Count <input type="number" name="count" value="1" min="1" max="999" required></label>
<button>Add to cart</button>
</form>
<h3>Dedication</h3>
<form method="post" action="/dedication">
<label>To be printed on the envelopes <textarea name="text" rows="2" maxlength="2000">{dedication}</textarea></label>
<p class="buttons"><button class="quiet">Save</button> <button class="quiet" formaction="/too-much">Write more than fits</button></p>
</form>
</section>"#
        )
    })
}

fn account(visit: &Visit) -> String {
    match &visit.user {
        Some(user) => format!(
            r#"<form class="row" method="post" action="/sign-out"><p>Signed in as <strong id="user">{}</strong>.</p><button class="quiet">Sign out</button></form>"#,
            text(user)
        ),
        None => String::from(
            r#"<form class="row" method="post" action="/sign-in">
<label>Your name, any will do <input name="name" required maxlength="40" autocomplete="off"></label>
<button>Sign in</button>
</form>"#,
        ),
    }
}

fn cart(lines: &[Line]) -> String {
    if lines.is_empty() {
        return String::from("<p>Nothing yet.</p>");
    }
    let item = |(index, line): (usize, &Line)| {
        let colour = line
            .colour
            .map(|colour| format!(", {}", format!("{colour:?}").to_lowercase()))
            .unwrap_or_default();
        format!(
            r#"<li><span>{} × {}{colour}</span><form method="post" action="/cart/remove"><input type="hidden" name="line" value="{index}"><button class="quiet small">Remove</button></form></li>"#,
            line.count,
            line.article.name(),
        )
    };
    format!(
        r#"<ul class="lines" id="cart">{}</ul>"#,
        lines.iter().enumerate().map(item).collect::<String>()
    )
}

pub fn notes(session: &Session<Map>) -> Result<String, SessionError> {
    let item = |(key, note): (String, Note)| {
        let urgent = if note.urgent { " <em>urgent</em>" } else { "" };
        let (key, words) = (text(key), text(note.text));
        format!(
            r#"<li><span><strong>{key}</strong> {words}{urgent}</span><form method="post" action="/notes/remove"><input type="hidden" name="key" value="{key}"><button class="quiet small">Remove</button></form></li>"#
        )
    };
    let items: String = session.entries()?.into_iter().map(item).collect();
    let list = if items.is_empty() {
        String::from("<p>None yet.</p>")
    } else {
        format!(
            r#"<ul class="lines" id="note-list">{items}</ul><form method="post" action="/notes/clear"><button class="quiet">Clear all notes</button></form>"#
        )
    };
    Ok(format!(
        r#"<section class="card" aria-labelledby="notes"><h2 id="notes">Notes <code>Session&lt;Map&gt;</code></h2>
<p>A second session in a cookie of its own, keyed by strings.</p>
{list}
<form class="row" method="post" action="/notes/write">
<label>Key <input name="key" required maxlength="40" autocomplete="off"></label>
<label>Text <input name="text" required maxlength="200" autocomplete="off"></label>
<label class="tick"><input type="checkbox" name="urgent"> urgent</label>
<button>Write</button>
</form>
</section>"#
    ))
}
