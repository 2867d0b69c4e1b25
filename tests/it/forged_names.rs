//! docs/rules.md §5.1: names that common cookie parsers read as `__Host-…` and that a sibling
//! domain can set.

use crate::support::*;
use sealed_session::LoadStatus;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The status of a request with one `Cookie` field, in which `VALUE` is replaced by the session's
/// value.
fn status(field: &[u8]) -> LoadStatus {
    let (sessions, _) = sessions();
    let value = sessions.seal(&visit(7)).unwrap();
    let at = field.windows(5).position(|window| window == b"VALUE").unwrap();
    let field = [&field[..at], value.as_bytes(), &field[at + 5..]].concat();
    let by_field = sessions.load(raw_request("GET", None, [&field[..]])).load_status();
    assert_eq!(
        Call::get().asks("cookie", &field).run(&sessions, |session| session.load_status()).returned,
        by_field
    );
    by_field
}

#[test]
fn u2000_before_the_name_makes_another_name() {
    assert_eq!(status("\u{2000}__Host-Http-session=VALUE".as_bytes()), LoadStatus::New);
    assert_eq!(status("a=1; \u{2000}__Host-Http-session=VALUE".as_bytes()), LoadStatus::New);
}

#[test]
fn u00a0_before_the_name_makes_another_name() {
    assert_eq!(status("\u{a0}__Host-Http-session=VALUE".as_bytes()), LoadStatus::New);
    assert_eq!(status(b"\xa0__Host-Http-session=VALUE"), LoadStatus::New);
    assert_eq!(status(b"a=1; \xa0 __Host-Http-session=VALUE"), LoadStatus::New);
}

#[test]
fn a_percent_encoded_name_is_another_name() {
    assert_eq!(status(b"%5F%5FHost-Http-session=VALUE"), LoadStatus::New);
    assert_eq!(status(b"__Host-Http%2Dsession=VALUE"), LoadStatus::New);
}

#[test]
fn a_forged_name_does_not_hide_the_visitors_cookie() {
    let (sessions, clock) = sessions();
    let own = sessions.seal(&visit(1)).unwrap();
    clock.advance(secs(9));
    let newer = sessions.seal(&visit(666)).unwrap();
    for name in
        ["\u{2000}__Host-Http-session", "\u{a0}__Host-Http-session", "%5F%5FHost-Http-session"]
    {
        let field = format!("{name}={newer}; {NAME}={own}; {name}={newer}");
        assert_eq!(
            Call::get().asks("cookie", field).run(&sessions, |session| session.cloned()).returned,
            visit(1)
        );
    }
}

#[test]
fn only_space_and_tab_are_trimmed() {
    assert_eq!(status(b" \t __Host-Http-session=VALUE\t "), LoadStatus::Restored);
    for blank in ["\u{85}", "\u{1680}", "\u{2028}", "\u{3000}", "\u{feff}", "\u{200b}"] {
        assert_eq!(status(format!("{blank}__Host-Http-session=VALUE").as_bytes()), LoadStatus::New);
    }
    let (sessions, _) = sessions();
    for blank in ["\n", "\r", "\u{b}", "\u{c}", "\0"] {
        // `http` rejects all of these; a framework's own types may not
        let field = format!("{blank}{NAME}={}", sessions.seal(&visit(7)).unwrap());
        assert_eq!(
            sessions.load(raw_request("GET", None, [field.as_bytes()])).load_status(),
            LoadStatus::New,
            "{blank:?}"
        );
    }
}

#[test]
fn only_a_semicolon_separates() {
    assert_eq!(status(b"a=1;__Host-Http-session=VALUE;b=2"), LoadStatus::Restored);
    for separator in [",", ", ", " ", "&", "\u{ff1b}"] {
        assert_eq!(
            status(format!("a=1{separator}__Host-Http-session=VALUE").as_bytes()),
            LoadStatus::New
        );
    }
    assert_eq!(
        status(b"a=\"1; __Host-Http-session=VALUE\""),
        LoadStatus::Rejected(sealed_session::Reason::Malformed),
        "no quotes"
    );
    assert_eq!(status(b"a=\"; __Host-Http-session=VALUE; b=\""), LoadStatus::Restored, "no quotes");
}

#[test]
fn names_are_compared_byte_by_byte() {
    for name in [
        "__host-http-session",
        "__Host-Http-Session",
        "__Host-Http-session2",
        "x__Host-Http-session",
        "\"__Host-Http-session\"",
        "$__Host-Http-session",
    ] {
        assert_eq!(status(format!("{name}=VALUE").as_bytes()), LoadStatus::New, "{name}");
    }
    assert_eq!(
        status(b"__Host-Http-session; x=VALUE"),
        LoadStatus::New,
        "a name without a value is none"
    );
}
