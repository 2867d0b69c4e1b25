//! The first thing on the page: what the session's cookie turned out to be, in this very request,
//! and its picture.

use sealed_session::{LoadStatus, Reason};

pub fn section(status: LoadStatus, envelope: &str, sent_back: &str) -> String {
    let (class, word, sentence) = match status {
        LoadStatus::New => (
            "new",
            String::from("New"),
            "No cookie is set until there is data to store: sign in, or add something to your cart.",
        ),
        LoadStatus::Restored => (
            "restored",
            String::from("Restored"),
            "Your browser sent your session, and its seal is valid.",
        ),
        LoadStatus::Rejected(reason) => {
            ("rejected", format!("Rejected: <code>{reason}</code>"), why(reason))
        }
        _ => (
            "cross-site",
            String::from("Cross-site"),
            "Another site sent this request, so your browser did not send the cookie.",
        ),
    };
    let rule = match status {
        LoadStatus::Rejected(_) => {
            "<p>This page therefore has an empty session. The cookie stays in your browser until a handler writes a new one, so that a server with a wrong clock or an old ring does not sign visitors out.</p>"
        }
        _ => "",
    };
    format!(
        r#"<section class="status {class}" aria-labelledby="status">
<p class="eyebrow">Status of this request</p>
<h2 id="status">{word}</h2>
<p>{sentence}</p>
{rule}
{envelope}
<p class="sent-back">Sent back with this page: {sent_back} <a href="/">Reload</a></p>
</section>"#
    )
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
        Reason::Malformed => "It is not an envelope: not base64url, or too short.",
        _ => "It could not be opened.",
    }
}
