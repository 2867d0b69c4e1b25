//! The first thing on the page: what the session's cookie turned out to be, in this very request,
//! and its picture.

use sealed_session::{Reason, Status};

pub fn section(status: Status, envelope: &str, sent_back: &str) -> String {
    let (class, word, sentence) = match status {
        Status::New => (
            "new",
            String::from("New"),
            "None is set before there is something to keep: sign in, or put something into your cart.",
        ),
        Status::Restored => (
            "restored",
            String::from("Restored"),
            "Your browser brought your session, and its seal is whole.",
        ),
        Status::Rejected(reason) => {
            ("rejected", format!("Rejected: <code>{reason}</code>"), why(reason))
        }
        _ => (
            "withheld",
            String::from("Withheld"),
            "Another site sent this request, so your browser kept the cookie to itself.",
        ),
    };
    let rule = match status {
        Status::Rejected(_) => {
            "<p>So this page has an empty session. The cookie stays in your browser until a handler writes a new one: a server with a wrong clock or an old ring must not sign everybody out.</p>"
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
<p class="sent-back">Sent back with this page: {sent_back} <a href="/">Look again</a></p>
</section>"#
    )
}

fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::BadSeal => {
            "The tag does not match. Something in the cookie is not as it was sealed; which bit, nobody is told."
        }
        Reason::UnknownKey => {
            "No key of the ring has this cookie’s key id: the key was retired, or never was ours."
        }
        Reason::UnknownVersion => "Its first byte names a format that this build does not know.",
        Reason::ExpiredIdle => {
            "It went without a visit for 14 days. Your browser still sends it, and that does not help: its end is inside the seal."
        }
        Reason::ExpiredAbsolute => {
            "30 days have passed since it was created or you signed in. However often you visit, that is the end."
        }
        Reason::FromTheFuture => {
            "It was issued more than two minutes ahead of this server’s clock."
        }
        Reason::Malformed => "It is no envelope: not base64url, or too short.",
        _ => "It did not open.",
    }
}
