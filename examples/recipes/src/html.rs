//! Values → HTML. Everything that is not a literal of the program goes through [`text`]. A template
//! engine that escapes can take its place.

use axum::http::HeaderName;
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use axum::response::Html;
use std::fmt::Display;

/// A page with the fields that each page has.
pub type Page = ([(HeaderName, &'static str); 2], Html<String>);

/// What each page says to browsers, whatever makes its HTML.
pub fn fields() -> [(HeaderName, &'static str); 2] {
    [
        // No script but this origin's own, no form to another origin, and no frame around it: a
        // click in a frame is a click of the visitor.
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        ),
        // What stands in a path or query (a code, a ticket) goes to no other origin.
        (REFERRER_POLICY, "same-origin"),
    ]
}

/// A whole page: `title` is text, `body` is HTML.
pub fn page(title: &str, body: &str) -> Page {
    let title = text(title);
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><h1>{title}</h1>{body}"
    );
    (fields(), Html(html))
}

/// Escapes for HTML text and for attributes in double quotes.
pub fn text(value: impl Display) -> String {
    let mut escaped = String::new();
    for character in value.to_string().chars() {
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

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn what_means_something_in_html_is_escaped() {
        assert_eq!(
            text(r#"<a href="x" title='y'>&"#),
            "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;"
        );
    }
}
