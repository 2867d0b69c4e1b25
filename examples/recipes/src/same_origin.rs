//! Refuses what pages of other origins post (CSRF), for every form of an application at once and
//! with nothing to put into the forms: `.layer(axum::middleware::from_fn(same_origin))`.
//!
//! Routes with a session need no layer for it: `Builder::cross_origin` has the same rules, and
//! `forms` shows it. This layer also covers routes without a session, such as those of
//! `links_by_email`. Unlike it, `Builder::cross_origin` compares hosts with their letter case.
//!
//! What the session does by itself: its cookie is `SameSite=Lax`, so a page of another *site*
//! cannot post with it, and a write to the session that the browser held back is refused
//! (`SessionError::CrossSite`, 403). What is left, and is refused here:
//! - A sibling (`evil.example.com` beside `app.example.com`) is the same site: its posts come with
//!   the cookie.
//! - A form that signs in works without a session, and `renew()` allows the write: another site's
//!   page could post the attacker's own name and password, and the visitor would go on in the
//!   attacker's account.
//! - Posts that write to a database, and not to the session, meet no `CrossSite`.
//!
//! It does not help where a GET changes something: none should. Nor does it cover WebSockets, whose
//! opening request is a GET (`websocket_and_job` has a ticket for that).
//!
//! 1. Safe methods pass.
//! 2. `Sec-Fetch-Site`, which all browsers have sent since 2023: `same-origin` and `none` (typed,
//!    bookmarked) pass, all else is refused.
//! 3. Without it, `Origin`, which browsers have sent with posts since 2020: it passes if it is the
//!    request's own host.
//! 4. With neither it is no browser that could be misled: it passes. (OWASP, CSRF Prevention; the
//!    rules are those of Go's `http.CrossOriginProtection`.)
//!
//! A proxy in front must hand the browser's `Host` on.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{HOST, ORIGIN};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Answers 403 to what another origin's page posts.
pub async fn same_origin(request: Request, next: Next) -> Response {
    if is_allowed(&request) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "This form was sent by a page of another site.\n").into_response()
    }
}

fn is_allowed<B>(request: &axum::http::Request<B>) -> bool {
    if request.method().is_safe() {
        return true;
    }
    let field = |name: &str| request.headers().get(name).map(|value| value.as_bytes());
    match (field("sec-fetch-site"), field(ORIGIN.as_str())) {
        (Some(site), _) => matches!(site, b"same-origin" | b"none"),
        (None, None) => true,
        (None, Some(origin)) => {
            // HTTP/2 has the host in the request's line.
            let host = field(HOST.as_str())
                .or(request.uri().authority().map(|authority| authority.as_str().as_bytes()));
            let origin = origin.strip_prefix(b"https://").or(origin.strip_prefix(b"http://"));
            matches!((origin, host), (Some(origin), Some(host)) if origin.eq_ignore_ascii_case(host))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_allowed;
    use axum::http::Request;

    fn allowed(method: &str, fields: &[(&str, &str)]) -> bool {
        let request = Request::builder().method(method).header("host", "app.example.com");
        is_allowed(
            &fields
                .iter()
                .fold(request, |request, (name, value)| request.header(*name, *value))
                .body(())
                .unwrap(),
        )
    }

    #[test]
    fn what_the_browser_says_is_believed() {
        for (site, passes) in [
            ("same-origin", true),
            ("none", true),
            ("same-site", false),
            ("cross-site", false),
            ("", false),
        ] {
            assert_eq!(allowed("POST", &[("sec-fetch-site", site)]), passes, "{site:?}");
            assert_eq!(
                allowed("POST", &[("sec-fetch-site", site), ("origin", "https://app.example.com")]),
                passes,
                "{site:?}"
            );
            assert!(allowed("GET", &[("sec-fetch-site", site)]));
        }
    }

    #[test]
    fn an_older_browser_is_judged_by_its_origin() {
        for (origin, passes) in [
            ("https://app.example.com", true),
            ("https://evil.example.com", false),
            ("https://app.example.com:8443", false),
            ("https://app.example.com.evil.example", false),
            ("null", false),
            ("app.example.com", false),
        ] {
            assert_eq!(allowed("POST", &[("origin", origin)]), passes, "{origin}");
        }
    }

    #[test]
    fn no_browser_is_not_misled() {
        assert!(allowed("POST", &[]));
    }

    #[test]
    fn http_2_names_the_host_in_the_line() {
        let request = |origin| {
            Request::post("https://app.example.com/add").header("origin", origin).body(()).unwrap()
        };
        assert!(
            is_allowed(&request("https://app.example.com"))
                && !is_allowed(&request("https://evil.example.com"))
        );
    }
}
