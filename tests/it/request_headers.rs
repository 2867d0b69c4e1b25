//! `RequestHeaders`: what each form of a request gives (RFC 9110 §7.2, RFC 9113 §8.3.1).

use http::header::COOKIE;
use http::{HeaderMap, Method, Request};
use sealed_session::adapter::RequestHeaders;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn request(uri: &str, host: Option<&str>) -> Request<()> {
    let mut request = Request::post(uri).header("cookie", "a=1").header("Cookie", "b=2");
    if let Some(host) = host {
        request = request.header("host", host);
    }
    request.body(()).unwrap()
}

fn cookies(request: &impl RequestHeaders) -> Vec<&[u8]> {
    let mut values = Vec::new();
    request.for_each(&COOKIE, &mut |value| values.push(value.as_bytes()));
    values
}

#[test]
fn the_authority_is_that_of_the_target_or_the_host() {
    let authority = |uri, host| {
        let request = request(uri, host);
        let of_request = RequestHeaders::authority(&request).map(<[u8]>::to_vec);
        let (parts, ()) = request.into_parts();
        assert_eq!(RequestHeaders::authority(&parts), of_request.as_deref());
        of_request.map(|authority| String::from_utf8(authority).unwrap())
    };
    assert_eq!(authority("/a", None), None);
    assert_eq!(authority("/a", Some("example.com:81")).as_deref(), Some("example.com:81"));
    let http2 = "https://example.com:81/a";
    assert_eq!(authority(http2, None).as_deref(), Some("example.com:81"));
    assert_eq!(authority(http2, Some("other")).as_deref(), Some("example.com:81"));
}

#[test]
fn the_target_is_path_and_query() {
    let request = request("https://example.com/a%20b?c=d", None);
    assert_eq!(RequestHeaders::target(&request), Some("/a%20b?c=d"));
    let headers = HeaderMap::new();
    assert_eq!((&Method::GET, &headers).target(), None);
}

#[test]
fn all_fields_of_a_name_come_in_their_order() {
    let request = request("/", None);
    assert_eq!(cookies(&request), [b"a=1", b"b=2"]);
    assert_eq!(cookies(&(request.method(), request.headers())), [b"a=1", b"b=2"]);
    let fields = [("Cookie", "a=1"), ("host", "example.com"), ("cookie", "b=2")];
    let listed = ("POST", &fields[..]);
    assert_eq!(cookies(&listed), [b"a=1", b"b=2"]);
    assert_eq!(listed.authority(), Some(&b"example.com"[..]));
    assert_eq!(RequestHeaders::method(&&request), "POST");
}
