//! Plain values → the one page. Whatever is no literal of this program is escaped.

use crate::{Article, Line, Visit};
use sealed_session::Flash;

/// The page as HTML: the flash messages, who is signed in, the cart, and what is for sale.
pub fn page(framework: &str, visit: &Visit, flashes: &[Flash]) -> String {
    let (flashes, account, cart) =
        (messages(flashes), account(visit.user.as_deref()), cart(&visit.cart));
    let articles = Article::ALL.map(article).concat();
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The shop on {framework}</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>The shop <small>on {framework}</small></h1>
{account}
</header>
<main>
{flashes}
<section aria-labelledby="articles"><h2 id="articles">For sale</h2>
<ul>{articles}</ul>
</section>
<section aria-labelledby="cart"><h2 id="cart">Your cart</h2>
{cart}
</section>
</main>
<footer><p>Cart and name lie in your browser, sealed. This server keeps a ring of keys, and nothing about you.</p></footer>
</body>
</html>
"#
    )
}

fn messages(flashes: &[Flash]) -> String {
    let message =
        |flash: &Flash| format!(r#"<p class="{}">{}</p>"#, flash.level.name(), text(&flash.text));
    format!(r#"<div role="status">{}</div>"#, flashes.iter().map(message).collect::<String>())
}

fn account(user: Option<&str>) -> String {
    match user {
        Some(user) => format!(
            r#"<form method="post" action="/sign-out"><p>Signed in as <strong>{}</strong></p><button>Sign out</button></form>"#,
            text(user)
        ),
        None => String::from(
            r#"<form method="post" action="/sign-in">
<label>Your name <input name="name" required maxlength="40" autocomplete="name"></label><button>Sign in</button>
<p>Any name will do. A real shop proves who you are here, by a password or a passkey.</p>
</form>"#,
        ),
    }
}

fn article(article: Article) -> String {
    let (slug, name) = (article.slug(), article.name());
    format!(
        r#"<li>{name} <form method="post" action="/cart"><button name="article" value="{slug}" aria-label="Add to cart: {name}">Add to cart</button></form></li>"#
    )
}

fn cart(lines: &[Line]) -> String {
    if lines.is_empty() {
        return String::from("<p>Nothing yet.</p>");
    }
    let line = |line: &Line| format!("<li>{} × {}</li>", line.count, line.article.name());
    format!("<ul>{}</ul>", lines.iter().map(line).collect::<String>())
}

/// Escapes for HTML text and for attributes in double quotes.
fn text(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Light or dark as the visitor's system is. No contrast below 4.5 : 1.
const STYLE: &str = "
:root { color-scheme: light dark; --paper: #f7f3ec; --ink: #221b18; --soft: #5d524b; --line: #ddd3c6; --wax: #971b32; --good: #17603d; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #151213; --ink: #f0e9e3; --soft: #b9ada4; --line: #3b3234; --wax: #f2909f; --good: #79d3a4; }
}
* { box-sizing: border-box; }
body { max-width: 40rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1, h2 { margin: 0; font: 600 1.9rem/1.2 ui-serif, Georgia, serif; }
h2 { margin-top: 2rem; font-size: 1.3rem; }
small, label, footer, form p { color: var(--soft); font-size: 0.9rem; }
strong { color: var(--ink); overflow-wrap: anywhere; }
ul { margin: 0.5rem 0 0; padding: 0; list-style: none; }
li { display: flex; align-items: center; justify-content: space-between; min-height: 3.4rem; border-bottom: 1px solid var(--line); }
header form { display: flex; flex-wrap: wrap; gap: 0.6rem; align-items: end; margin-top: 1rem; }
header form p { flex: 1; align-self: center; margin: 0; }
header form button + p { flex-basis: 100%; }
label { display: grid; flex: 1 1 10rem; }
input, button { min-height: 2.5rem; padding: 0.3rem 0.8rem; border: 1px solid var(--soft); border-radius: 0.4rem; background: transparent; color: inherit; font: inherit; }
button { border-color: var(--wax); color: var(--wax); font-weight: 600; cursor: pointer; }
:focus-visible { outline: 3px solid var(--wax); outline-offset: 2px; }
[role=status] p { margin: 1.5rem 0 0; padding: 0.5rem 0.9rem; border-left: 0.4rem solid var(--tone, var(--soft)); }
.success { --tone: var(--good); }
footer { margin-top: 2.5rem; }
";
