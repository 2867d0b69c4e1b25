//! What an operator gets wrong, and what a stranger sends, on each platform.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use sealed_session::Suite;
use sealed_session::keys::{Key, KeyId};
use sealed_session_edge::platform::{Module, Platform, Running};
use sealed_session_edge::process::Process;
use sealed_session_frameworks::client::Request;
use std::net::SocketAddr;
use std::time::Duration;

/// The longest that a line of the log may take to arrive. It bounds a failing test, and times none.
const PATIENCE: Duration = Duration::from_secs(10);

fn start(platform: Platform, module: Module<'_>) -> Running {
    platform.start(module).unwrap_or_else(|error| panic!("{error}"))
}

/// The first request answers 500 and tells the client nothing; a line of the log has all of the
/// words.
fn refused(platform: Platform, module: Module<'_>, words: &[&str]) -> String {
    let running = start(platform, module);
    let response = Request::get("/").send(running.process.address);
    assert_eq!((response.status, &*response.text()), (500, ""), "{platform:?}: {response:?}");
    line(&running.process, words)
}

/// The log, once a line of it has all of the words.
fn line(process: &Process, words: &[&str]) -> String {
    let has_all = |line: &str| words.iter().all(|word| line.contains(word)).then_some(());
    let found = process.wait_for_line(PATIENCE, has_all);
    found.unwrap_or_else(|log| panic!("no line has {words:?}: {log}"));
    process.log()
}

#[test]
fn without_keys_the_first_request_is_500_and_the_log_names_binding_and_format() {
    for platform in Platform::ALL {
        refused(platform, Module::Shop(None), &["SESSION_KEYS", "ssk1."]);
    }
}

#[test]
fn with_malformed_keys_the_log_names_binding_and_format_and_never_the_value() {
    let key = Key::generate(Suite::XChaCha20Poly1305).unwrap().expose_secret();
    let cut = &key[..key.len() - 1];
    for platform in Platform::ALL {
        let log = refused(
            platform,
            Module::Shop(Some("correct horse battery staple")),
            &["SESSION_KEYS", "expected ssk1.<suite>.<43 characters>"],
        );
        assert!(!log.contains("battery"), "{platform:?}: {log}");
        let log = refused(
            platform,
            Module::Shop(Some(cut)),
            &["SESSION_KEYS", "the secret is not 43 characters long"],
        );
        assert!(!log.contains(&cut[30..]), "{platform:?}: {log}");
    }
}

#[test]
fn a_ring_whose_suite_is_not_compiled_in_says_which_feature_to_enable() {
    let servers = Key::generate(Suite::Xaes256Gcm).unwrap().expose_secret();
    let edge = Key::generate(Suite::XChaCha20Poly1305).unwrap().expose_secret();
    for platform in Platform::ALL {
        refused(
            platform,
            Module::ShopOfOneSuite(&servers),
            &["SESSION_KEYS", "XAES-256-GCM", "enable the feature `aes`"],
        );
        let running = start(platform, Module::ShopOfOneSuite(&edge));
        let response = Request::form("/cart", "same-origin", "article=sealing-wax")
            .send(running.process.address);
        assert_eq!(
            (response.status, response.lines("__Host-Http-session").len()),
            (303, 1),
            "{platform:?}: {response:?}"
        );
    }
}

#[test]
fn sixty_four_kilobytes_of_cookies_are_answered() {
    const NAME: &str = "__Host-Http-session";
    let key = Key::generate(Suite::XChaCha20Poly1305).unwrap();
    let one = |value: &str, times: usize| vec![format!("{NAME}={value}"); times].join("; ");
    // Sealed by nobody, and long enough to be opened: the version, the key's id, and letters.
    let forged = forged(key.id(), 3900);
    for platform in Platform::ALL {
        let running = start(platform, Module::Shop(Some(&key.expose_secret())));
        let address = running.process.address;
        let good = signed_in(address);
        for cookies in [
            format!("{good}; junk={}", "x".repeat(64_000)),
            one(&forged, 16),
            one(&format!("9.{forged}"), 16),
            one("junk", 2500),
            ";".repeat(64_000),
        ] {
            let response = Request::get("/").with("cookie", cookies).send(address);
            // Its header is within every platform's limit.
            assert_eq!(response.status, 200, "{platform:?}: {response:?}");
        }
        assert!(
            Request::get("/")
                .with("cookie", &good)
                .send(address)
                .text()
                .contains("Signed in as <strong>Ada</strong>")
        );
    }
}

fn signed_in(address: SocketAddr) -> String {
    let response = Request::form("/sign-in", "same-origin", "name=Ada").send(address);
    response.lines("__Host-Http-session")[0].split(';').next().unwrap().to_owned()
}

fn forged(id: KeyId, length: usize) -> String {
    let envelope: Vec<u8> = std::iter::once(1)
        .chain(id.to_bytes())
        .chain(std::iter::repeat(0x5a))
        .take(length / 4 * 3)
        .collect();
    BASE64_URL_SAFE_NO_PAD.encode(envelope)
}
