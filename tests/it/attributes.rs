//! docs/rules.md §5.11: the cookie's attributes, and the configurations that contradict themselves.

use crate::support::*;
use sealed_session::{Builder, SameSite};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

type Configure = fn(Builder<Visit>) -> Builder<Visit>;

/// The attributes of a `Set-Cookie` line of this configuration.
fn attributes(configure: Configure) -> Vec<String> {
    let sessions = configure(builder(&clock())).build().unwrap();
    let answer = Call::get().run(&sessions, |session| session.set(visit(7)).unwrap());
    let mut attributes: Vec<String> =
        answer.line().split("; ").skip(1).map(str::to_owned).collect();
    attributes.sort_unstable();
    attributes
}

/// The error with which `build()` refuses it.
fn refused(configure: Configure) -> String {
    configure(builder(&clock())).build().expect_err("it contradicts itself").to_string()
}

fn accepted(configure: Configure) {
    configure(builder(&clock())).build().unwrap();
}

#[test]
fn the_default_attributes() {
    assert_eq!(
        attributes(|builder| builder),
        ["HttpOnly", "Max-Age=1209600", "Path=/", "SameSite=Lax", "Secure"]
    );
}

#[test]
fn each_attribute_can_be_changed() {
    let all = attributes(|builder| {
        let builder =
            builder.cookie_name("__Secure-s").domain("example.org").path("/shop").http_only(false);
        builder.same_site(SameSite::None).partitioned(true)
    });
    let expected = [
        "Domain=example.org",
        "Max-Age=1209600",
        "Partitioned",
        "Path=/shop",
        "SameSite=None",
        "Secure",
    ];
    assert_eq!(all, expected);
    assert_eq!(
        attributes(|builder| builder.cookie_name("s").secure(false)),
        ["HttpOnly", "Max-Age=1209600", "Path=/", "SameSite=Lax"]
    );
}

#[test]
fn a_host_prefix_with_a_domain_is_refused() {
    let sentence = refused(|builder| builder.cookie_name("__Host-s").domain("example.org"));
    assert!(sentence.contains("cookie_name") && sentence.contains("domain"), "{sentence}");
    refused(|builder| builder.cookie_name("__host-s").domain("example.org"));
    refused(|builder| builder.cookie_name("__HOST-HTTP-s").domain("example.org"));
    refused(|builder| builder.domain("example.org"));
    accepted(|builder| builder.cookie_name("__Secure-s").domain("example.org"));
}

#[test]
fn a_host_prefix_without_secure_is_refused() {
    let sentence = refused(|builder| builder.secure(false));
    assert!(sentence.contains("cookie_name") && sentence.contains("secure"), "{sentence}");
    refused(|builder| builder.cookie_name("__hOSt-s").secure(false));
    refused(|builder| builder.cookie_name("__Secure-s").secure(false));
    refused(|builder| builder.cookie_name("__sEcUrE-s").secure(false));
    refused(|builder| builder.cookie_name("__Http-s").secure(false));
    accepted(|builder| builder.cookie_name("_Host-s").secure(false));
}

#[test]
fn a_host_prefix_with_another_path_is_refused() {
    refused(|builder| builder.path("/shop"));
    refused(|builder| builder.cookie_name("__HOST-s").path("/shop"));
    accepted(|builder| builder.cookie_name("__Http-s").path("/shop"));
}

#[test]
fn an_http_prefix_without_http_only_is_refused() {
    let sentence = refused(|builder| builder.http_only(false));
    assert!(sentence.contains("cookie_name") && sentence.contains("http_only"), "{sentence}");
    refused(|builder| builder.cookie_name("__Http-s").http_only(false));
    refused(|builder| builder.cookie_name("__HTTP-s").http_only(false));
    refused(|builder| builder.cookie_name("__host-http-s").http_only(false));
    accepted(|builder| builder.cookie_name("__Host-s").http_only(false));
}

#[test]
fn same_site_none_and_partitioned_need_secure() {
    let sentence =
        refused(|builder| builder.cookie_name("s").same_site(SameSite::None).secure(false));
    assert!(sentence.contains("same_site") && sentence.contains("secure"), "{sentence}");
    let sentence = refused(|builder| builder.cookie_name("s").partitioned(true).secure(false));
    assert!(sentence.contains("partitioned") && sentence.contains("secure"), "{sentence}");
    accepted(|builder| builder.same_site(SameSite::None).partitioned(true));
    accepted(|builder| builder.cookie_name("s").same_site(SameSite::Strict).secure(false));
}

#[test]
fn a_name_that_ends_in_a_dot_and_a_digit_is_refused() {
    for name in ["s.0", "s.1", "s.9", ".1"] {
        assert!(
            builder(&clock())
                .cookie_name(name)
                .build()
                .unwrap_err()
                .to_string()
                .contains("cookie_name"),
            "{name}"
        );
    }
    for name in ["s.10", "s1", "s.", "s.1a"] {
        builder(&clock()).cookie_name(name).build().unwrap();
    }
}

#[test]
fn a_name_that_is_not_a_token_is_refused() {
    for name in ["", "a b", "a=b", "a;b", "a,b", "é", "a\"b", "a\r\nb", "a/b", "\u{2000}__Host-s"]
    {
        assert!(builder(&clock()).cookie_name(name).build().is_err(), "{name:?}");
    }
    builder(&clock()).cookie_name("a!#$%&'*+-.^_`|~z").build().unwrap();
}

#[test]
fn a_path_or_domain_that_breaks_the_line_is_refused() {
    for path in ["", "shop", "/a;b", "/a b", "/a\r\nSet-Cookie: x=1", "/é"] {
        let builder = builder(&clock()).cookie_name("s").path(path);
        assert!(builder.build().unwrap_err().to_string().contains("path"), "{path:?}");
    }
    for domain in ["", ".", "a..b", "a b", "a;b", "a/b", "a\nb", "é.org"] {
        let builder = builder(&clock()).cookie_name("s").domain(domain);
        assert!(builder.build().unwrap_err().to_string().contains("domain"), "{domain:?}");
    }
}

#[test]
fn development_drops_only_the_prefix_and_secure() {
    // This holds with debug assertions. Without them, SEALED_SESSION_DEVELOPMENT=1 is needed too.
    let switched_on =
        std::env::var_os("SEALED_SESSION_DEVELOPMENT").is_some_and(|value| value == "1");
    if cfg!(debug_assertions) || switched_on {
        assert_eq!(
            attributes(Builder::development),
            ["HttpOnly", "Max-Age=1209600", "Path=/", "SameSite=Lax"]
        );
        for (name, dropped) in [
            ("__Host-Http-s", "s"),
            ("__Host-s", "s"),
            ("__Http-s", "s"),
            ("__Secure-s", "s"),
            ("s", "s"),
        ] {
            let sessions = builder(&clock()).cookie_name(name).development().build().unwrap();
            assert_eq!(sessions.cookie_name(), dropped);
        }
        let none = builder(&clock()).same_site(SameSite::None).development().build();
        assert!(
            none.unwrap_err().to_string().contains("same_site"),
            "what cannot work without Secure is still refused"
        );
    } else {
        assert!(
            builder(&clock())
                .development()
                .build()
                .unwrap_err()
                .to_string()
                .contains("SEALED_SESSION_DEVELOPMENT")
        );
    }
}

#[test]
fn no_request_header_turns_development_on() {
    let (sessions, _) = sessions();
    let call = Call::get()
        .asks("x-forwarded-proto", "http")
        .asks("host", "localhost")
        .asks("origin", "http://localhost");
    let answer = call.run(&sessions, |session| session.set(visit(7)).unwrap());
    assert!(
        answer.line().starts_with("__Host-Http-session=") && answer.attribute("Secure").is_some()
    );
}

#[test]
#[cfg(not(target_family = "wasm"))] // panics abort there
fn new_panics_with_builds_sentence() {
    let ended = format!("{} open-until=2000-01-01T00:00:00Z", line(""));
    let panic = std::panic::catch_unwind(|| {
        sealed_session::Sessions::<Visit>::new(ended.parse().unwrap()).unwrap()
    })
    .unwrap_err();
    assert!(panic.downcast_ref::<String>().unwrap().contains("no key in the ring can seal now"));
}
