//! Step 1: the shop, as forms, beside the source of its struct and of one of its handlers. What a
//! visitor typed is escaped.

use super::source::item;
use super::steps::Step;
use crate::html::text;
use crate::visit::{Article, Line, Visit};
use sealed_session::Session;

pub fn body(session: &Session<Visit>, next: Step) -> String {
    let shop = session.read(|visit| {
        let (account, cart) = (account(visit, next), cart(&visit.cart));
        let option = |article: Article| format!(r#"<option value="{article:?}">{}</option>"#, article.name());
        let options = Article::ALL.map(option).concat();
        format!(
            r#"<div class="card">
{account}
<h3>Cart</h3>
{cart}
<form class="row" method="post" action="/cart/add">
<label>Article <select name="article">{options}</select></label>
<label>Colour <select name="colour"><option value="Red">red</option><option value="Blue">blue</option><option value="Green">green</option></select></label>
<label class="short">Count <input type="number" name="count" value="1" min="1" max="999" required></label>
<button>Add to cart</button>
</form>
</div>"#
        )
    });
    let (struct_, handler) = (
        item(include_str!("../visit.rs"), "pub struct Visit {"),
        item(include_str!("../shop.rs"), "async fn add("),
    );
    format!(
        r#"<div class="columns">
{shop}
<div class="card" id="code">
<h3>The struct <code>visit.rs</code></h3>
<pre tabindex="0"><code>{}</code></pre>
<h3>“Add to cart” <code>shop.rs</code></h3>
<pre tabindex="0"><code>{}</code></pre>
</div>
</div>"#,
        text(struct_),
        text(handler)
    )
}

fn account(visit: &Visit, next: Step) -> String {
    match &visit.user {
        Some(user) => format!(
            r#"<form class="row" method="post" action="/sign-out"><p>Signed in as <strong id="user">{}</strong>.</p><button>Sign out</button></form>"#,
            text(user)
        ),
        None => format!(
            r#"<form class="row" method="post" action="/sign-in">
<label>Your name <input name="name" required maxlength="40" autocomplete="off"></label>
<button{}>Sign in</button>
</form>"#,
            Step::SignIn.class(next)
        ),
    }
}

fn cart(lines: &[Line]) -> String {
    if lines.is_empty() {
        return String::from("<p>Nothing yet.</p>");
    }
    let item = |(index, line): (usize, &Line)| {
        let colour =
            line.colour.map(|colour| format!(", {}", format!("{colour:?}").to_lowercase()));
        format!(
            r#"<li><span>{} × {}{}</span><form method="post" action="/cart/remove"><input type="hidden" name="line" value="{index}"><button class="small">Remove</button></form></li>"#,
            line.count,
            line.article.name(),
            colour.unwrap_or_default(),
        )
    };
    let items: String = lines.iter().enumerate().map(item).collect();
    format!(r#"<ul class="lines" id="cart">{items}</ul>"#)
}
