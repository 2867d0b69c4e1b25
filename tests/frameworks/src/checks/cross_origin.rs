//! Requests of other origins, where both layers refuse them and the outer one has the exceptions.

use crate::client::{Request, Response};
use crate::contract::{App, TRUSTED};
use crate::site::Site;

const OTHER: &str = "https://attacker.example";

fn send(site: &Site, request: &Request) -> Response {
    site.send_to(App::CrossOrigin, request)
}

fn post(path: &str) -> Request {
    Request::new("POST", path)
}

/// A request whose handler writes: if it runs, there is a cookie.
fn write() -> Request {
    post("/do/user=7")
}

fn assert_refused(response: &Response) {
    assert_eq!(response.status, 403, "{response:?}");
    for name in ["set-cookie", "vary", "cache-control"] {
        assert!(response.all(name).is_empty(), "{response:?}");
    }
    assert_eq!(response.text(), "This request came from another origin and was refused.\n");
    assert_eq!(response.all("content-type"), ["text/plain; charset=utf-8"]);
}

fn assert_passes(response: &Response) {
    assert_eq!((response.status, response.all("set-cookie").len()), (200, 1), "{response:?}");
}

fn is_refused(site: &Site, request: &Request) -> bool {
    let response = send(site, request);
    match response.status {
        403 => assert_refused(&response),
        _ => assert_passes(&response),
    }
    response.status == 403
}

pub(super) fn a_form_of_another_origin_is_refused_before_its_handler(site: &Site) {
    for of in ["cross-site", "same-site", "Same-Origin", "unheard-of"] {
        assert_refused(&send(site, &Request::form("/do/user=7", of, "a=b")));
        assert_refused(&send(site, &write().with("sec-fetch-site", of)));
    }
    for method in ["PUT", "PATCH", "DELETE"] {
        let request = Request::new(method, "/do/user=7").with("sec-fetch-site", "cross-site");
        assert_refused(&send(site, &request));
    }
    assert_refused(&send(site, &post("/nowhere").with("sec-fetch-site", "cross-site")));
}

/// Rocket replaces a request's method by this field.
pub(super) fn a_form_field_does_not_make_it_allowed(site: &Site) {
    for method in ["get", "HEAD", "options"] {
        let body = format!("_method={method}");
        assert_refused(&send(site, &Request::form("/do/user=7", "cross-site", &body)));
    }
}

pub(super) fn what_browsers_and_programs_send_for_our_pages_passes(site: &Site) {
    for of in ["same-origin", "none"] {
        assert_passes(&send(site, &Request::form("/do/user=7", of, "a=b")));
    }
    assert_passes(&send(site, &write()));
    let read = Request::get("/do/user=7").with("sec-fetch-site", "cross-site");
    assert_passes(&send(site, &read.with("origin", OTHER)));
    let head = Request::new("HEAD", "/do/read").with("sec-fetch-site", "cross-site");
    assert_eq!(send(site, &head).status, 200);
}

pub(super) fn an_origin_is_compared_with_the_host_and_its_port(site: &Site) {
    for (host, origin, refused) in [
        ("localhost", "http://localhost", false),
        ("localhost", "https://localhost", false),
        ("localhost:8443", "https://localhost:8443", false),
        ("localhost", OTHER, true),
        ("localhost", "null", true),
        ("localhost", "http://localhost:81", true),
        ("localhost:8443", "https://localhost", true),
        ("localhost:8443", "https://localhost:8444", true),
        ("localhost", "http://localhost.attacker.example", true),
        ("localhost", "http://attacker.example/localhost", true),
        ("localhost", "http://localhost@attacker.example", true),
    ] {
        let request = write().host(host).with("origin", origin);
        assert_eq!(is_refused(site, &request), refused, "host {host}, origin {origin}");
    }
}

pub(super) fn an_origin_is_compared_with_the_authority_of_http_2(site: &Site) {
    let address = site.address(App::CrossOrigin).expect("the server starts");
    let of = |origin| write().host("localhost:8443").with("origin", origin).send_h2(address);
    assert_passes(&of("https://localhost:8443"));
    assert_refused(&of("https://localhost"));
    assert_refused(&of(OTHER));
}

pub(super) fn a_host_of_another_letter_case_is_another(site: &Site) {
    assert!(is_refused(site, &write().with("origin", "http://LOCALHOST")));
    if site.keeps_letter_case() {
        assert!(is_refused(site, &write().host("LocalHost").with("origin", "http://localhost")));
        assert!(!is_refused(site, &write().host("LocalHost").with("origin", "http://LocalHost")));
    }
}

pub(super) fn an_ipv6_address_and_a_punycode_name_are_hosts(site: &Site) {
    for (host, origin, refused) in [
        ("[2001:db8::1]", "https://[2001:db8::1]", false),
        ("[2001:db8::1]:3000", "https://[2001:db8::1]:3000", false),
        ("[2001:db8::1]:3000", "https://[2001:db8::1]", true),
        ("[2001:db8::1]", "https://[2001:db8::2]", true),
        ("xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example", false),
        ("xn--mnchen-3ya.example", "https://munchen.example", true),
    ] {
        let request = write().host(host).with("origin", origin);
        assert_eq!(is_refused(site, &request), refused, "host {host}, origin {origin}");
    }
}

pub(super) fn a_trusted_origin_passes(site: &Site) {
    assert_passes(&send(site, &write().with("origin", TRUSTED)));
    // The browser held the cookie back, so a write is still refused until `renew`.
    let request = post("/do/renew,user=7").with("sec-fetch-site", "cross-site");
    assert_passes(&send(site, &request.clone().with("origin", TRUSTED)));
    let read = post("/do/status").with("sec-fetch-site", "cross-site").with("origin", TRUSTED);
    assert_eq!(send(site, &read).text(), "CrossSite\n");
    for other in
        ["https://trusted.example:444", "http://trusted.example", "https://a.trusted.example"]
    {
        assert_refused(&send(site, &request.clone().with("origin", other)));
    }
}

/// The inner layer has no exceptions, so it does not decide.
pub(super) fn an_exempt_path_passes_as_it_is_written_and_no_other(site: &Site) {
    let foreign = |method, path: &str| {
        send(site, &Request::new(method, path).with("sec-fetch-site", "cross-site"))
    };
    assert_eq!(foreign("POST", "/do/id").text(), "None\n");
    assert_eq!(foreign("POST", "/do/id?a=b").text(), "None\n");
    let order = post("/order/there?q=why").with("x-word", "because").body("all");
    let order = order.with("content-type", "text/plain").with("sec-fetch-site", "cross-site");
    assert_eq!(send(site, &order).text(), "POST there why because all None\n");
    for path in ["/do/%69d", "//do/id", "/do//id", "/do/id/", "/do/status", "/order"] {
        assert_refused(&foreign("POST", path));
    }
    assert_refused(&foreign("PUT", "/order/there?q=why"));
}

pub(super) fn of_several_fields_the_first_is_judged(site: &Site) {
    let two = |name: &str, first: &str, second: &str| {
        is_refused(site, &write().with(name, first).with(name, second))
    };
    assert!(two("origin", OTHER, "http://localhost"));
    assert!(two("sec-fetch-site", "cross-site", "same-origin"));
    assert!(!two("origin", "http://localhost", OTHER));
    assert!(!two("sec-fetch-site", "same-origin", "cross-site"));
}
