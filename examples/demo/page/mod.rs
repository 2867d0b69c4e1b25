//! `GET /`: the one page. It reads both sessions, takes the flash messages, and shows the visitor's
//! own cookies taken apart.

mod bar;
mod cookie;
mod elsewhere;
mod exhibit;
mod intro;
mod note;
mod notes;
mod rotate;
mod seal;
mod shares;
mod shop;
mod size;
mod source;
mod steal;
mod steps;

pub use note::Note;

use crate::Demo;
use crate::thief::Loot;
use crate::visit::Visit;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Html;
use axum::{Router, routing::get};
use exhibit::Exhibit;
use sealed_session::{Flash, Map, Session, SessionError};
use serde::Deserialize;
use steps::{Chapter, Step};

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
    if visit.read(|visit| visit.user.is_none()) {
        // There is a form to sign in on the page: a browser that binds sessions makes its key now.
        visit.offer_binding();
    }
    let flashes = take_flashes(&visit)?;
    let exhibit = Exhibit::new(&demo, &headers, visit.load_status())?;
    let loot = Loot::find(&headers);
    let next = Step::next(&demo, &exhibit, &visit, loot.as_ref());

    let note = asked.note.map(Note::sentence);
    let bar = bar::bar(visit.load_status(), &exhibit, next, note, &flashes);
    let steps = Chapter::ALL.map(|chapter| {
        let body = match chapter {
            Chapter::SignIn => shop::body(&visit, next),
            Chapter::Steal => steal::body(&demo, &headers, &exhibit, &visit, loot.as_ref(), next),
            Chapter::Rotate => rotate::body(&demo, &exhibit, next),
        };
        step(chapter, next, &body)
    });
    let (steps, size, notes) = (
        steps.concat(),
        size::body(&demo, &exhibit, &visit),
        notes::body(&demo, &headers, &notes)?,
    );
    let (header, footer) = (intro::header(), intro::footer());
    Ok(Html(format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="Web sessions with no database, taken apart in your own browser.">
<title>sealed-session: web sessions with no database</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
</head>
<body>
{header}
<main>
{bar}
{steps}
<section id="size" aria-labelledby="size-title">
<h2 id="size-title">Size</h2>
<p class="lead">Writing a value that would not fit returns an error at that line, with the size needed, the limit and the largest field.</p>
{size}
</section>
<section id="notes" aria-labelledby="notes-title">
<h2 id="notes-title">Notes <code>Session&lt;Map&gt;</code></h2>
<p class="lead">A second session in a cookie of its own. Its values have string keys, as in Django, Rails or Express.</p>
{notes}
</section>
</main>
{footer}
</body>
</html>
"#
    )))
}

/// A numbered section. The one with the next step begins with the anchor `next`.
fn step(chapter: Chapter, next: Step, body: &str) -> String {
    let (place, title, number) = (chapter.place(), chapter.title(), chapter as usize + 1);
    let lead = match chapter {
        Chapter::SignIn => {
            "You are the visitor. A handler changes a struct, and your browser gets it back, sealed."
        }
        Chapter::Steal => "You are the thief. You have the cookie but not the key.",
        Chapter::Rotate => {
            "You are the operator. You have the keys, so you see what is under the seal."
        }
    };
    let is_next = chapter == next.chapter();
    let anchor = if is_next { r#"<span id="next"></span>"# } else { "" };
    let prompt =
        if is_next { format!(r#"<p class="prompt">{}</p>"#, next.prompt()) } else { String::new() };
    format!(
        r#"<section id="{place}" aria-labelledby="{place}-title">{anchor}
<h2 id="{place}-title"><span class="number">{number}</span> {title}</h2>
<p class="lead">{lead}</p>
{prompt}
{body}
</section>"#
    )
}

/// The messages, which are then gone. They stay if even the rest of the session would not be
/// written: it was nearly full, and padding has been turned on since.
fn take_flashes(visit: &Session<Visit>) -> Result<Vec<Flash>, SessionError> {
    match visit.take_flashes() {
        Err(SessionError::TooLarge { .. }) => Ok(visit.flashes()),
        taken => taken,
    }
}
