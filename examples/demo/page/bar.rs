//! The bar that stays in view: what this request's cookie turned out to be, the three steps, and the
//! messages of the last action. An action leads to the part of the page that it changes, so what
//! must be seen everywhere is here.

use super::exhibit::Exhibit;
use super::steps::{Chapter, Step, key_id};
use crate::html::{plural, text};
use sealed_session::{Flash, LoadStatus, Reason};

pub fn bar(
    status: LoadStatus,
    exhibit: &Exhibit,
    next: Step,
    note: Option<&str>,
    flashes: &[Flash],
) -> String {
    let (class, word, why) = match status {
        LoadStatus::New => ("new", String::from("New"), None),
        LoadStatus::Restored => ("restored", String::from("Restored"), None),
        LoadStatus::Rejected(reason) => {
            ("rejected", format!("Rejected: <code>{reason}</code>"), Some(why(reason)))
        }
        _ => {
            let why = "Another site sent this request, so your browser did not send the cookie.";
            ("cross-site", String::from("Cross-site"), Some(why))
        }
    };
    let facts = if exhibit.is_example {
        String::from("no cookie came")
    } else {
        let (cookies, length) = (exhibit.stored.cookies.len(), exhibit.stored.value.len());
        let key = key_id(&exhibit.stored).map(|id| format!(", key <code>{id}</code>"));
        format!("{}, {length} characters{}", plural(cookies, "cookie"), key.unwrap_or_default())
    };
    let steps: String = Chapter::ALL.map(|chapter| step(chapter, next)).concat();
    let messages = messages(note.into_iter().chain(why), flashes);
    format!(
        r##"<div class="bar {class}">
<p class="state"><strong id="status">{word}</strong> <span class="facts">{facts}</span></p>
<nav aria-label="Parts of this page"><ol>{steps}<li><a href="#size">Size</a></li></ol></nav>
{messages}
</div>"##
    )
}

fn step(chapter: Chapter, next: Step) -> String {
    let (place, name) = (chapter.place(), chapter.name());
    let number = (chapter as usize + 1).to_string();
    let (class, current, number) = if chapter < next.chapter() {
        (r#" class="done""#, "", r#"<span aria-label="Done:">✓</span>"#.to_owned())
    } else if chapter == next.chapter() {
        (r#" class="current""#, r#" aria-current="step""#, number)
    } else {
        ("", "", number)
    };
    format!(
        r##"<li{class}><a href="#{place}"{current}><span class="number">{number}</span> {name}</a></li>"##
    )
}

fn messages<'a>(notes: impl Iterator<Item = &'a str>, flashes: &[Flash]) -> String {
    let notes = notes.map(|note| format!(r#"<li class="note">{note}</li>"#));
    let flash = |flash: &Flash| {
        format!(r#"<li class="flash {}">{}</li>"#, flash.level.name(), text(&flash.text))
    };
    let items: String = notes.chain(flashes.iter().map(flash)).collect();
    if items.is_empty() {
        return items;
    }
    format!(r#"<ul class="messages" role="status">{items}</ul>"#)
}

fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::BadSeal => {
            "The tag does not match: the cookie is not as it was sealed. The error does not say where."
        }
        Reason::UnknownKey => {
            "No key in the ring has this cookie’s key id: the key was retired, or never belonged to this server."
        }
        Reason::UnknownVersion => "Its first byte names a format that this build does not know.",
        Reason::ExpiredIdle => {
            "It was not used for 14 days. Your browser still sends it, but the time at which it expires is inside the sealed data, where you cannot change it."
        }
        Reason::ExpiredAbsolute => {
            "30 days have passed since it was created or you signed in. Visits do not extend this limit."
        }
        Reason::FromTheFuture => {
            "It was issued more than two minutes ahead of this server’s clock."
        }
        Reason::Unproven(_) => {
            "It is bound to a device, and this request came without a fresh proof of that device’s key."
        }
        Reason::Malformed => "It is not an envelope: not base64url, or too short.",
        Reason::PiecesMixed => "One of its cookies is missing, or belongs to another seal.",
        _ => "It could not be opened.",
    }
}
