//! `GET /`: the one page. It reads both sessions, takes the flash messages, and shows the visitor's
//! own cookies taken apart.

mod anatomy;
mod controls;
mod note;
mod shop;
mod status;

pub use note::Note;

use crate::Demo;
use crate::html::text;
use crate::visit::Visit;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Html;
use axum::{Router, routing::get};
use sealed_session::{Flash, Map, Session, SessionError};
use serde::Deserialize;

pub fn routes() -> Router<Demo> {
    Router::new().route("/", get(page))
}

#[derive(Deserialize)]
struct Asked {
    note: Option<Note>,
}

async fn page(
    State(demo): State<Demo>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    visit: Session<Visit>,
    notes: Session<Map>,
) -> Result<Html<String>, SessionError> {
    let under_the_seal = anatomy::under_the_seal(&demo, &demo.visits, &visit); // as it came, with its messages
    let flashes = flash_list(&visit.take_flashes()?);
    let envelope = anatomy::envelope(&demo.visits, &headers);
    let status = status::section(visit.load_status(), &envelope, anatomy::sent_back(&demo, &visit));

    let note = asked
        .note
        .map(|note| format!(r#"<p class="note">{}</p>"#, note.sentence()))
        .unwrap_or_default();
    let (shop, jotter) = (shop::section(&visit), shop::notes(&notes)?);
    let notes_envelope = anatomy::envelope(&demo.notes, &headers);
    let notes_under_the_seal = anatomy::under_the_seal(&demo, &demo.notes, &notes);
    let (operator, thief) = (controls::operator(&demo, &headers), controls::thief(&headers));
    Ok(Html(format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>sealed-session: the demo</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header>
<h1><img src="/favicon.svg" alt="" width="40" height="40">sealed-session</h1>
<p>Your session is stored in your browser, encrypted. This server keeps a key ring and a clock, and no data about you.</p>
</header>
<main>
{note}
{flashes}
{status}
<div class="columns">
<div>
{shop}
{jotter}
<details class="card" id="notes-cookie"><summary>The notes cookie in detail</summary>
{notes_envelope}
{notes_under_the_seal}
</details>
{thief}
</div>
<div>
<section aria-labelledby="seal"><h2 id="seal">Under the seal</h2>
{under_the_seal}
</section>
{operator}
</div>
</div>
</main>
<footer><p>This page uses no scripts, only forms, redirects and two cookies that only this server can read.
The code is in <code>examples/demo/</code>; start with <code>shop.rs</code>.</p></footer>
</body>
</html>
"#
    )))
}

fn flash_list(flashes: &[Flash]) -> String {
    if flashes.is_empty() {
        return String::new();
    }
    let item =
        |flash: &Flash| format!(r#"<li class="{}">{}</li>"#, flash.level.name(), text(&flash.text));
    format!(
        r#"<ul class="flashes" role="status">{}</ul>"#,
        flashes.iter().map(item).collect::<String>()
    )
}
