//! docs/rules.md §5.17: requests of another origin. The first three tables are the cases of
//! `csrf_test.go` in Go 1.25's `net/http`, with the fix for CVE-2025-47910.

use crate::support::*;
use http::{HeaderName, Method, Request, Response};
use proptest::prelude::*;
use sealed_session::adapter::{
    Begun, ErrorResponse, FieldValue, RequestHeaders, RequestSessions, SessionExchange,
};
use sealed_session::{CrossOrigin, Session, Sessions};
use std::cell::Cell;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn guarded(cross_origin: CrossOrigin) -> Sessions<Visit> {
    builder(&clock()).cross_origin(cross_origin).build().unwrap()
}

/// A request for `example.com`, or for the host of an absolute target.
fn request(method: &str, target: &str, fields: &[(&str, &str)]) -> Request<()> {
    let request = Request::builder().method(method).uri(target).header("host", "example.com");
    fields
        .iter()
        .fold(request, |request, (name, value)| request.header(*name, *value))
        .body(())
        .unwrap()
}

fn passes(sessions: &Sessions<Visit>, request: &Request<()>) -> bool {
    sessions.check_cross_origin(request).is_ok()
}

/// Asserts which of the requests pass: `(method, Sec-Fetch-Site, Origin, passes)`, empty for no
/// field.
fn assert_table(sessions: &Sessions<Visit>, path: &str, table: &[(&str, &str, &str, bool)]) {
    for (method, site, origin, expected) in table {
        let fields = [("sec-fetch-site", *site), ("origin", *origin)];
        let fields: Vec<_> = fields.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let request = request(method, path, &fields);
        assert_eq!(passes(sessions, &request), *expected, "{method} {path} {fields:?}");
    }
}

#[test]
fn gos_table_of_fields() {
    assert_table(
        &guarded(CrossOrigin::refuse()),
        "/",
        &[
            ("POST", "same-origin", "", true),
            ("POST", "none", "", true),
            ("POST", "cross-site", "", false),
            ("POST", "same-site", "", false),
            ("POST", "", "", true),
            ("POST", "", "https://example.com", true),
            ("POST", "", "https://attacker.example", false),
            ("POST", "", "null", false),
            ("GET", "cross-site", "", true),
            ("HEAD", "cross-site", "", true),
            ("OPTIONS", "cross-site", "", true),
            ("PUT", "cross-site", "", false),
        ],
    );
}

#[test]
fn gos_table_of_trusted_origins() {
    assert_table(
        &guarded(CrossOrigin::refuse().trust("https://trusted.example")),
        "/",
        &[
            ("POST", "", "https://trusted.example", true),
            ("POST", "cross-site", "https://trusted.example", true),
            ("POST", "", "https://attacker.example", false),
            ("POST", "cross-site", "https://attacker.example", false),
        ],
    );
}

#[test]
fn gos_table_of_exempt_paths() {
    let sessions = guarded(CrossOrigin::refuse().exempt("/bypass/").exempt("/only/123"));
    for (path, expected) in [
        ("/bypass/", true),
        ("/bypass/bar", true),
        ("/api/", false),
        // A router may redirect these to an exempt path, but they are not exempt themselves.
        ("/foo/../bypass/bar", false),
        ("/bypass", false),
        ("/foo/../api/bar", false),
        ("/api", false),
        ("/only/123", true),
        ("/only/123/foo", false),
    ] {
        for site in ["", "cross-site"] {
            let table = [("POST", site, "https://attacker.example", expected)];
            assert_table(&sessions, path, &table);
        }
    }
}

fn refusal(setting: CrossOrigin) -> String {
    builder(&clock()).cross_origin(setting).build().unwrap_err().to_string()
}

/// Go's table of `AddTrustedOrigin`, and origins that Go accepts although no browser sends them.
#[test]
fn an_origin_that_no_browser_sends_is_refused_by_build() {
    for origin in [
        "https://example.com",
        "https://example.com:8080",
        "http://example.com",
        "http://example.com:443",
        "https://[2001:db8::1]:8443",
        "https://xn--mnchen-3ya.example",
        "chrome-extension://abcdefghijklmnop",
    ] {
        assert!(passes(
            &guarded(CrossOrigin::refuse().trust(origin)),
            &request("POST", "/", &[("sec-fetch-site", "cross-site"), ("origin", origin)])
        ));
    }
    for (origin, words) in [
        ("example.com", "expected scheme://host"),
        ("https://", "expected scheme://host"),
        ("https://example.com/", "remove it"),
        ("https://example.com/path", "remove it"),
        ("https://example.com?query=value", "remove it"),
        ("https://example.com?", "remove it"),
        ("https://example.com#fragment", "remove it"),
        ("https://ex ample.com", "expected scheme://host"),
        ("", "expected scheme://host"),
        ("null", "sandboxed"),
        ("*", "expected scheme://host"),
        ("https://user@example.com", "expected scheme://host"),
        ("https://[2001:db8::1", "expected scheme://host"),
        ("https://[example.com]", "expected scheme://host"),
        ("https://example.com:http", "expected scheme://host"),
        ("1https://example.com", "expected scheme://host"),
        ("https://Example.com", "lower case"),
        ("HTTPS://example.com", "lower case"),
        ("https://münchen.example", "xn--"),
        ("https://example.com:443", "default port"),
        ("http://[::1]:80", "default port"),
        ("https://example.com:", "default port"),
    ] {
        let error = refusal(CrossOrigin::refuse().trust(origin));
        assert!(error.starts_with("cross_origin: trust("), "{error}");
        assert!(error.contains(words), "{origin}: {error}");
    }
}

#[test]
fn an_exemption_that_is_too_wide_or_never_applies_is_refused_by_build() {
    for (path, words) in [
        ("/", "every path"),
        ("", "begins with a slash"),
        ("hooks", "begins with a slash"),
        ("https://example.com/hooks", "begins with a slash"),
        ("/hooks/{id}", "no patterns"),
        ("/hooks/*", "no patterns"),
        ("/h%6foks", "never exempt"),
        ("/hooks//github", "never exempt"),
        ("/hooks/../github", "never exempt"),
        ("/hooks/.", "never exempt"),
        ("/hooks\\github", "never exempt"),
        ("/hooks?from=github", "never exempt"),
        ("/münchen", "never exempt"),
        ("POST  /hooks", "begins with a slash"),
        ("post /hooks", "capital letters"),
        (" /hooks", "capital letters"),
        ("GET /hooks", "always allowed"),
    ] {
        let error = refusal(CrossOrigin::refuse().exempt(path));
        assert!(error.starts_with("cross_origin: exempt("), "{error}");
        assert!(error.contains(words), "{path}: {error}");
    }
}

#[test]
fn only_a_plain_path_is_exempt() {
    let setting = CrossOrigin::refuse().exempt("/hooks/").exempt("POST /saml/acs");
    let sessions = guarded(setting);
    let foreign = [("sec-fetch-site", "cross-site")];
    for (method, path, expected) in [
        ("POST", "/hooks/github", true),
        ("DELETE", "/hooks/github", true),
        ("POST", "/hooks/github?event=push&from=//..", true),
        ("POST", "/hooks/", true),
        ("POST", "/hooks", false),
        ("POST", "/hooksome", false),
        ("POST", "/Hooks/github", false),
        ("POST", "/hooks/%67ithub", false),
        ("POST", "/%68ooks/github", false),
        ("POST", "/hooks/../cart", false),
        ("POST", "/hooks/..", false),
        ("POST", "/hooks/%2e%2e/cart", false),
        ("POST", "/hooks/..%2fcart", false),
        ("POST", "/hooks/./github", false),
        ("POST", "/hooks//github", false),
        ("POST", "//hooks/github", false),
        ("POST", "/x/../hooks/github", false),
        ("POST", "/cart?next=/hooks/", false),
        ("POST", "https://example.com/hooks/github", true),
        ("POST", "/saml/acs", true),
        ("POST", "/saml/acs?x", true),
        ("POST", "/saml/acs/", false),
        ("PUT", "/saml/acs", false),
    ] {
        let request = request(method, path, &foreign);
        assert_eq!(passes(&sessions, &request), expected, "{method} {path}");
    }
    // Without a path, nothing is exempt.
    let (parts, ()) = request("POST", "/hooks/github", &foreign).into_parts();
    assert!(sessions.check_cross_origin((&parts.method, &parts.headers)).is_err());
    assert!(sessions.check_cross_origin(&parts).is_ok());
}

#[test]
fn a_host_is_compared_as_text_with_its_port() {
    let sessions = guarded(CrossOrigin::refuse());
    for (host, origin, expected) in [
        ("example.com", "https://example.com", true),
        ("example.com", "http://example.com", true), // the request does not say its scheme
        ("example.com:8443", "https://example.com:8443", true),
        ("example.com:8443", "https://example.com", false),
        ("example.com", "https://example.com:8443", false),
        ("example.com:443", "https://example.com", false),
        ("example.com", "https://example.com:443", false),
        ("Example.com", "https://example.com", false),
        ("example.com", "https://EXAMPLE.com", false),
        ("EXAMPLE.com", "https://EXAMPLE.com", true),
        ("example.com.", "https://example.com", false),
        ("[2001:db8::1]", "https://[2001:db8::1]", true),
        ("[2001:db8::1]:3000", "https://[2001:db8::1]:3000", true),
        ("[2001:db8::1]:3000", "https://[2001:db8::1]", false),
        ("[2001:db8::1]", "https://[2001:db8:0::1]", false),
        ("[::1", "https://[::1", false),
        ("[fe80::1%25eth0]", "https://[fe80::1%25eth0]", false),
        ("xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example", true),
        ("xn--mnchen-3ya.example", "https://XN--MNCHEN-3YA.example", false),
        ("xn--mnchen-3ya.example", "https://münchen.example", false),
        ("münchen.example", "https://münchen.example", false),
        ("example.com", "https://sub.example.com", false),
        ("example.com", "https://notexample.com", false),
        ("example.com", "https://example.com.attacker.example", false),
        ("example.com", "https://attacker.example/example.com", false),
        ("example.com", "https://attacker.example#@example.com", false),
        ("example.com", "https://example.com@attacker.example", false),
        ("example.com", "https://user@example.com", false), // Go allows it; no browser sends it
        ("example.com", "https://example.com/", true),
        ("example.com", "https://example.com?a#b", true),
        ("example.com", "https://example.com https://attacker.example", false),
        ("example.com", "https://example.com, https://attacker.example", false),
        ("example.com", "example.com", false),
        ("example.com", "//example.com", false), // Go allows it; no browser sends it
        ("null", "null", false),
        ("", "null", false), // Go allows it
        ("", "https://", false),
        (":80", "https://:80", false),
    ] {
        let bytes = [("host", host.as_bytes()), ("origin", origin.as_bytes())];
        let passed = sessions.check_cross_origin(("POST", &bytes[..])).is_ok();
        assert_eq!(passed, expected, "host {host:?}, origin {origin:?}");
    }
    let without_a_host = [("origin", "null")];
    assert!(sessions.check_cross_origin(("POST", &without_a_host[..])).is_err());
}

/// HTTP/2 and an absolute target of HTTP/1.1: the authority of the target, whatever `Host` says
/// (RFC 9112 §3.2.2).
#[test]
fn the_authority_of_the_target_counts_before_host() {
    let sessions = guarded(CrossOrigin::refuse());
    let of = |origin| request("POST", "https://shop.example:8443/cart", &[("origin", origin)]);
    assert!(passes(&sessions, &of("https://shop.example:8443")));
    assert!(!passes(&sessions, &of("https://shop.example")));
    assert!(!passes(&sessions, &of("https://example.com")));
}

/// As Go's `Header.Get`.
#[test]
fn the_first_of_several_fields_counts_and_an_empty_one_is_none() {
    let sessions = guarded(CrossOrigin::refuse().trust("https://trusted.example"));
    let (ours, other) = ("https://example.com", "https://attacker.example");
    for (fields, expected) in [
        (&[("origin", ours), ("origin", other)][..], true),
        (&[("origin", other), ("origin", ours)], false),
        (&[("origin", ""), ("origin", other)], true),
        (&[("origin", "https://trusted.example"), ("origin", other)], true),
        (&[("origin", other), ("origin", "https://trusted.example")], false),
        (&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], true),
        (&[("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-origin")], false),
        (&[("sec-fetch-site", ""), ("sec-fetch-site", "cross-site")], true),
        (&[("sec-fetch-site", ""), ("origin", other)], false),
        (&[("sec-fetch-site", "same-origin"), ("origin", other)], true),
        (&[("sec-fetch-site", "cross-site"), ("origin", ours)], false),
        (&[("sec-fetch-site", "same-origin, cross-site")], false),
        (&[("sec-fetch-site", "Same-Origin")], false),
        (&[("sec-fetch-site", "sameorigin")], false),
        (&[("sec-fetch-site", "cross-origin")], false),
        (&[("referer", other)], true),
    ] {
        assert_eq!(passes(&sessions, &request("POST", "/", fields)), expected, "{fields:?}");
    }
}

#[test]
fn methods_are_compared_with_their_letter_case() {
    let sessions = guarded(CrossOrigin::refuse());
    let foreign = [("sec-fetch-site", "cross-site")];
    for method in ["POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "QUERY", "get", "Head"] {
        assert!(!passes(&sessions, &request(method, "/", &foreign)), "{method}");
    }
}

#[test]
fn without_the_setting_every_request_passes() {
    let (sessions, _) = sessions();
    assert!(passes(&sessions, &request("POST", "/", &[("sec-fetch-site", "cross-site")])));
}

#[test]
fn a_context_of_its_own_keeps_the_setting() {
    let sessions = guarded(CrossOrigin::refuse()).with_context("tenant");
    assert!(!passes(&sessions, &request("POST", "/", &[("sec-fetch-site", "cross-site")])));
}

/// Counts how often its cookies are asked for.
struct Watched<'a>(&'a Request<()>, Cell<u32>);

impl RequestHeaders for &Watched<'_> {
    fn method(&self) -> &str {
        self.0.method().as_str()
    }

    fn authority(&self) -> Option<&[u8]> {
        RequestHeaders::authority(self.0)
    }

    fn target(&self) -> Option<&str> {
        self.0.target()
    }

    fn for_each<'a>(&'a self, name: &HeaderName, each: &mut dyn FnMut(FieldValue<'a>)) {
        self.1.set(self.1.get() + u32::from(name == "cookie"));
        self.0.for_each(name, each);
    }
}

#[test]
fn a_refused_request_is_answered_before_its_session_is_loaded() {
    let sessions = guarded(CrossOrigin::refuse());
    let foreign = request("POST", "/", &[("sec-fetch-site", "cross-site"), ("cookie", "a=b")]);
    let watched = Watched(&foreign, Cell::new(0));
    let mut kept = RequestSessions::default();
    let Begun::Respond(response) = SessionExchange::begin(&sessions, &mut kept, &watched) else {
        panic!("it was not refused");
    };
    assert_eq!(watched.1.get(), 0);
    assert!(kept.session::<Visit>().is_none());
    assert_eq!(response.status(), 403);
    let fields: Vec<_> = response.headers().iter().collect();
    assert_eq!(fields.len(), 1, "{fields:?}");
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(response.body(), "This request came from another origin and was refused.\n");
}

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Basket(u32);

/// The layers around a handler, the outermost first.
fn around(outer: &Sessions<Visit>, inner: &Sessions<Basket>, request: &Request<()>) -> u16 {
    let mut kept = RequestSessions::default();
    let outer = match SessionExchange::begin(outer, &mut kept, request) {
        Begun::Exchange(exchange) => exchange,
        Begun::Respond(response) => return response.status().as_u16(),
        Begun::PassThrough => panic!("there is no layer around it"),
    };
    let mut response = match SessionExchange::begin(inner, &mut kept, request) {
        Begun::Exchange(exchange) => {
            let mut response = Response::new(String::new());
            exchange.finish(response.status(), response.headers_mut()).unwrap();
            response
        }
        Begun::Respond(response) => response,
        Begun::PassThrough => panic!("it is another kind of session"),
    };
    outer.finish(response.status(), response.headers_mut()).unwrap();
    response.status().as_u16()
}

#[test]
fn of_several_layers_the_outermost_with_the_setting_decides() {
    let inner = |setting: Option<CrossOrigin>| {
        let builder = Sessions::<Basket>::builder(ring()).cookie_name("__Host-Http-basket");
        let builder = builder.schema_version(1);
        match setting {
            Some(setting) => builder.cross_origin(setting).build().unwrap(),
            None => builder.build().unwrap(),
        }
    };
    let strict = CrossOrigin::refuse();
    let open = CrossOrigin::refuse().exempt("/hook");
    let hook = request("POST", "/hook", &[("sec-fetch-site", "cross-site")]);
    let (off, _) = sessions();
    assert_eq!(around(&guarded(open.clone()), &inner(Some(strict.clone())), &hook), 200);
    assert_eq!(around(&guarded(strict.clone()), &inner(Some(open.clone())), &hook), 403);
    assert_eq!(around(&guarded(strict.clone()), &inner(None), &hook), 403);
    assert_eq!(around(&off, &inner(Some(strict)), &hook), 403);
    assert_eq!(around(&off, &inner(Some(open)), &hook), 200);
}

/// A request of raw bytes.
#[derive(Debug)]
struct Raw {
    method: String,
    authority: Option<Vec<u8>>,
    target: Option<String>,
    fields: Vec<(bool, Vec<u8>)>,
}

impl RequestHeaders for Raw {
    fn method(&self) -> &str {
        &self.method
    }

    fn authority(&self) -> Option<&[u8]> {
        self.authority.as_deref()
    }

    fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    fn for_each<'a>(&'a self, name: &HeaderName, each: &mut dyn FnMut(FieldValue<'a>)) {
        for (is_origin, value) in &self.fields {
            if name == if *is_origin { "origin" } else { "sec-fetch-site" } {
                each(FieldValue::Bytes(value));
            }
        }
    }
}

fn raw() -> impl Strategy<Value = Raw> {
    let bytes = || {
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..40),
            "(https?|x)?:?/?/?[\\[\\]:.@%a-c0-9/?#-]{0,12}".prop_map(String::into_bytes),
            Just(b"same-origin".to_vec()),
        ]
    };
    (
        prop_oneof!["[A-Z]{0,7}", "GET|HEAD|OPTIONS|POST"],
        proptest::option::of(bytes()),
        proptest::option::of("/?[a-c/.%?]{0,12}"),
        proptest::collection::vec((any::<bool>(), bytes()), 0..4),
    )
        .prop_map(|(method, authority, target, fields)| Raw {
            method,
            authority,
            target,
            fields,
        })
}

proptest! {
    /// No bytes panic, safe methods always pass, and so does what has neither field.
    #[test]
    fn any_bytes_are_decided(raw in raw()) {
        let sessions = guarded(CrossOrigin::refuse().exempt("/a/").trust("https://a.b"));
        let passed = sessions.check_cross_origin(&raw).is_ok();
        let safe = matches!(&*raw.method, "GET" | "HEAD" | "OPTIONS");
        prop_assert!(passed || !(safe || raw.fields.is_empty()), "{raw:?}");
        let first = |origin: bool| {
            raw.fields.iter().find(|(of, _)| *of == origin).map(|(_, value)| value.as_slice())
        };
        let names_a_site = first(false).is_some_and(|site| !site.is_empty());
        if passed && !safe && names_a_site && !matches!(first(false), Some(b"same-origin" | b"none")) {
            let exempt = raw.target.as_ref().is_some_and(|target| target.starts_with("/a/"));
            prop_assert!(exempt || first(true) == Some(b"https://a.b"), "{raw:?}");
        }
    }
}

#[test]
fn the_handler_sees_what_passes() {
    let sessions = guarded(CrossOrigin::refuse());
    let mut kept = RequestSessions::default();
    let request = request("POST", "/", &[("sec-fetch-site", "same-origin")]);
    let begun = SessionExchange::begin(&sessions, &mut kept, &request);
    assert!(matches!(begun, Begun::Exchange(_)));
    let session: Session<Visit> = kept.session().unwrap();
    session.update(|visit| visit.user = Some(7)).unwrap();
    assert_eq!(request.method(), Method::POST);
}

#[test]
fn a_refusal_has_the_same_text_from_an_adapter_and_from_a_handler() {
    let sessions = guarded(CrossOrigin::refuse());
    let post = request("POST", "/", &[("sec-fetch-site", "cross-site")]);
    let refused = sessions.check_cross_origin(&post).unwrap_err();
    let whole: Response<String> = refused.into();
    assert_eq!((whole.status().as_u16(), whole.body().is_empty()), (403, false));
    let of_a_handler: Response<String> = ErrorResponse::from(&refused).into();
    assert_eq!(of_a_handler.body(), whole.body());
    assert_eq!(of_a_handler.headers(), whole.headers());
    match SessionExchange::begin(&sessions, &mut RequestSessions::default(), &post) {
        Begun::Respond(response) => assert_eq!(response.body(), whole.body()),
        other => panic!("{other:?}"),
    }
}
