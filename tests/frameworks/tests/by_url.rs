//! The suite as somebody else runs it: a program, and the addresses of their servers.

use sealed_session_frameworks::contract::{App, Contract};
use sealed_session_frameworks::servers::Framework;
use sealed_session_frameworks::site::{BASKET, COOKIE};
use std::process::{Command, Output};

fn run(arguments: &[String]) -> (Output, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_conformance")).args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    (output, text)
}

#[test]
fn a_server_that_conforms_passes_and_what_is_not_run_is_named() {
    let apps = [App::Standard, App::Bare, App::Twice, App::CrossOrigin, App::Bound];
    let [standard, bare, twice, cross, bound] =
        apps.map(|app| Framework::Axum.start(app, Contract::new(COOKIE, BASKET)).unwrap());
    let url = |running: &sealed_session_frameworks::servers::Running| {
        format!("http://{}", running.address)
    };
    let (output, text) = run(&[url(&standard)]);
    assert!(output.status.success() && text.contains("0 failed, 23 not run"), "{text}");
    assert!(
        text.contains(
            "not run  an_untouched_response_is_that_without_the_layer: it needs a server for Bare"
        ),
        "{text}"
    );

    let more =
        [("--bare", &bare), ("--twice", &twice), ("--cross-origin", &cross), ("--bound", &bound)];
    let more = more.into_iter().flat_map(|(option, server)| [option.to_owned(), url(server)]);
    let (output, text) = run(&std::iter::once(url(&standard)).chain(more).collect::<Vec<_>>());
    assert!(output.status.success() && text.contains("0 failed, 3 not run"), "{text}");
}

#[test]
fn a_server_that_does_not_conform_fails() {
    let bare = Framework::Poem.start(App::Bare, Contract::new(COOKIE, BASKET)).unwrap();
    let (output, text) = run(&[format!("http://{}/", bare.address)]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("FAILED   a_first_write_sets_the_cookie"), "{text}");
}

#[test]
fn an_address_where_nobody_is_says_so() {
    let (output, _) = run(&["http://127.0.0.1:1".to_owned()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("nobody answers at 127.0.0.1:1"));
}

#[test]
fn wrong_use_says_what_to_write() {
    for arguments in [
        &[][..],
        &["127.0.0.1:3000".to_owned()],
        &["http://127.0.0.1:1".to_owned(), "--bare".to_owned()],
    ] {
        let (output, _) = run(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(output.stderr).unwrap().contains("usage"), "{arguments:?}");
    }
}
