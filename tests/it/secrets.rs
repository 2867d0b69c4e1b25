//! docs/rules.md §2 and §4: no `Debug`, error or event shows a secret, a cookie, an id or data.
//! `wiped` tests that memory is wiped.

use crate::support::*;
use proptest::prelude::*;
use sealed_session::error::RingError;
use sealed_session::keys::Key;
use sealed_session::{
    BuildError, Builder, KeyFile, KeyRing, Level, Reason, SessionError, Sessions, Suite,
};
use std::path::PathBuf;

const DATUM: &str = "swordfish-in-the-session";

fn assert_hides(text: &str, secrets: &[String]) {
    for secret in secrets {
        for piece in secret.as_bytes().windows(12.min(secret.len())) {
            let piece = std::str::from_utf8(piece).unwrap();
            assert!(!text.contains(piece), "{text}\nshows {piece}");
        }
    }
}

/// What must not be shown of a ring and of a cookie sealed with it.
fn secrets_of(sessions: &Sessions<Visit>, value: &str) -> Vec<String> {
    let text = sessions.key_ring().expose_secrets();
    let secret = text.trim().rsplit('.').next().unwrap();
    let bytes = wire::decode(secret);
    let listed: Vec<String> = bytes[..6].iter().map(u8::to_string).collect();
    vec![
        secret.to_owned(),
        hex::encode(&bytes),
        listed.join(", "),
        value.to_owned(),
        DATUM.to_owned(),
    ]
}

#[test]
fn debug_shows_no_secret_and_no_data() {
    let (sessions, _) = sessions();
    let layer = sealed_session::adapter::tower::SessionLayer::new(sessions.clone());
    let session = Call::get().load(&sessions);
    session.update(|visit| visit.note = DATUM.to_owned()).unwrap();
    session.renew().unwrap();
    let ring = sessions.key_ring();
    let shown =
        format!("{sessions:#?} {session:#?} {ring:#?} {ring} {layer:#?} {:#?}", ring.keys());
    let mut secrets = secrets_of(&sessions, &session.seal().unwrap());
    secrets.push(session.id().unwrap().to_string());
    assert_hides(&shown, &secrets);
}

#[test]
fn no_event_holds_a_secret_cookie_id_or_data() {
    let clock = clock();
    let build = |configure: fn(Builder<Visit>) -> Builder<Visit>| {
        configure(builder(&clock)).build().unwrap()
    };
    let mut secrets = Vec::new();
    let log = logs::logged(|| {
        let sessions = build(|builder| builder.session_ids(true));
        let mut browser = Browser::default();
        browser.get(&sessions, |session| {
            session.update(|visit| visit.note = DATUM.repeat(112)).unwrap()
        });
        secrets.extend(secrets_of(&sessions, browser.value()));
        secrets.push(browser.get(&sessions, |session| session.id().unwrap().to_string()).returned);
        let _ = browser
            .get(&sessions, |session| session.update(|visit| visit.note = DATUM.repeat(300)));
        browser.send(&sessions, Call::get().answers("cache-control", "public"), |session| {
            session.flash(Level::INFO, DATUM)
        });
        clock.advance(secs(5 * DAY));
        browser.get(&sessions, |session| session.cloned());
        for value in [browser.value().to_owned(), format!("{DATUM}.{DATUM}")] {
            clock.advance(secs(900 * DAY));
            Call::get().cookie(&value).run(&sessions, |session| session.load_status());
        }
    });
    for event in ["refreshed", "too large", "rejected", "shared caching", "nginx"] {
        assert!(log.contains(event), "{event} is missing: {log}");
    }
    assert_hides(&log, &secrets);
}

#[test]
fn no_error_holds_data_or_a_cookie() {
    let clock = clock();
    let sessions = builder(&clock).context("a shop").build().unwrap();
    let secret_visit = Visit { note: DATUM.to_owned(), ..visit(7) };
    let value = sessions.seal(&secret_visit).unwrap();
    let secrets = secrets_of(&sessions, &value);
    let mut said = Vec::new();

    // Every fault of a cookie.
    let changed = |at: usize| {
        let mut bytes = value.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let elsewhere = builder(&clock).build().unwrap();
    for (cookie, reason) in [
        (format!("{value}!{DATUM}"), Reason::Malformed),
        (value.repeat(200), Reason::TooLong),
        (changed(0), Reason::UnknownVersion),
        (changed(4), Reason::UnknownKey),
        (changed(value.len() - 2), Reason::BadSeal),
    ] {
        let error = sessions.open(&cookie).unwrap_err();
        assert_eq!(error.reason(), reason);
        said.push(format!("{error} {error:?}"));
    }
    clock.advance(secs(15 * DAY));
    let expired = sessions.open(&value).unwrap_err();
    assert_eq!(expired.reason(), Reason::ExpiredIdle);
    said.push(format!("{expired} {expired:?} {:?}", elsewhere.open(&value).unwrap_err()));

    // Every fault of a write.
    let session = Call::get().load(&sessions);
    session.set(secret_visit).unwrap();
    let too_large = session.update(|visit| visit.note = DATUM.repeat(300)).unwrap_err();
    assert!(matches!(too_large, SessionError::TooLarge { .. }));
    let busy = session.update(|_| session.flash(Level::INFO, DATUM).unwrap_err()).unwrap();
    let sealing = sessions.seal(&Visit { note: DATUM.repeat(300), ..visit(7) }).unwrap_err();
    said.push(format!("{too_large} {too_large:?} {busy} {busy:?} {sealing} {sealing:?}"));

    for text in said {
        assert!(text.len() > 20);
        assert_hides(&text, &secrets);
        assert!(!text.contains("swordfish"), "{text}");
    }
}

/// A key's text, and its secret.
fn key() -> (String, String) {
    let text = Key::generate(Suite::Xaes256Gcm).unwrap().expose_secret().to_string();
    let secret = text.rsplit('.').next().unwrap().to_owned();
    (text, secret)
}

/// Everything that is printed if `given` is used as the name of a variable and as a path.
fn said_of_misplaced(given: &str) -> Vec<String> {
    let errors = [
        KeyRing::from_env(given).unwrap_err(),
        KeyRing::from_env_or_file(given).unwrap_err(),
        KeyRing::from_file(given).unwrap_err(),
        KeyFile::watch(given).unwrap_err(),
    ];
    let mut said = Vec::new();
    for error in errors {
        assert!(matches!(
            error,
            RingError::Missing { .. } | RingError::NeitherSet { .. } | RingError::Unreadable { .. }
        ));
        if let RingError::Missing { variable } = &error {
            said.push(variable.clone());
        }
        if let RingError::NeitherSet { variable, file_variable } = &error {
            said.extend([variable.clone(), file_variable.clone()]);
        }
        if let RingError::Unreadable { path, .. } = &error {
            said.push(format!("{path:?} {}", path.display()));
        }
        let built = BuildError::from(error.clone());
        said.push(format!("{error} {error:?} {error:#?} {built} {built:?}"));
    }
    said
}

#[test]
fn no_error_shows_a_key_given_as_a_name_or_path() {
    let ((one, secret), (two, other)) = (key(), key());
    for given in [
        one.clone(),
        format!("{one}\n{two}\n"),
        format!("{one}  seal-from=2026-12-01T00:00:00Z;{two}"),
        format!("/run/secrets/{one}"),
        format!("env:{one}.keys"),
        format!("'{one}'"),
        one.replace('-', "+").replace('_', "/") + "=",
        one.replace("xaes256gcm", "aes256"),
        one[..one.len() - 9].to_owned(),
    ] {
        for text in said_of_misplaced(&given) {
            assert!(text.contains("(a key, not shown)"), "{text}");
            assert_hides(&text, &[secret.clone(), other.clone()]);
        }
    }
    let said = said_of_misplaced("SESSION_KEY_FILE").join("\n");
    assert!(
        said.matches("SESSION_KEY_FILE").count() >= 12 && !said.contains("not shown"),
        "{said}"
    );
    assert!(said.contains("ssk1.xaes256gcm.$(openssl rand"), "the advice stays whole: {said}");
}

#[test]
fn a_watched_file_whose_name_is_a_key_is_not_named() {
    let (name, secret) = key();
    let path = std::env::temp_dir().join(&name);
    std::fs::write(&path, line("")).unwrap();
    let mut shown = String::new();
    let log = logs::logged(|| {
        let file = KeyFile::watch(&path).unwrap();
        shown = format!("{file:?} {file:#?}");
        assert_eq!(file.path(), path, "whoever asks for the path gets it");
        std::fs::write(&path, line("")).unwrap();
        file.reload().unwrap();
        std::fs::write(&path, "nonsense").unwrap();
        file.reload().unwrap_err();
    });
    std::fs::remove_file(&path).unwrap();
    for event in ["replaced", "stay in use"] {
        assert!(log.contains(event), "{log}");
    }
    for text in [&shown, &log] {
        assert!(text.contains("(a key, not shown)"), "{text}");
        assert_hides(text, std::slice::from_ref(&secret));
    }
}

/// Text that is not part of a key but resembles it.
fn between() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~é]{0,12}",
        Just("ssk1.".to_owned()),
        Just("ssk1.<suite>.<43 characters>".to_owned()),
        Just("echo \"ssk1.xaes256gcm.$(openssl rand -base64 32)\"".to_owned()),
        Just("ssk1.xchacha20poly1305.".to_owned()),
        Just("ssk1 ssk2. SSK1.".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Keys anywhere in a text are removed, and every character outside a key stays.
    #[test]
    fn redaction_removes_keys_and_nothing_else(parts in prop::collection::vec((between(), any::<[u8; 32]>(), 0..2_usize), 1..4), last in between()) {
        let suites = ["xaes256gcm", "xchacha20poly1305"];
        let (mut given, mut expected, mut secrets) = (String::new(), String::new(), Vec::new());
        for (text, secret, suite) in parts {
            let secret = wire::encode(&secret);
            given.push_str(&format!("{text} ssk1.{}.{secret} ", suites[suite]));
            expected.push_str(&format!("{text} (a key, not shown) "));
            secrets.push(secret);
        }
        given.push_str(&last);
        expected.push_str(&last);
        // A variable's name is shown unchanged except for keys. A name with `=` or NUL is invalid
        // and is shown in the same way.
        let RingError::Missing { variable } = KeyRing::from_env(&given).unwrap_err() else { panic!("{given} is set") };
        prop_assert_eq!(&variable, &expected);
        for secret in &secrets {
            prop_assert!(!secret.as_bytes().windows(8).any(|piece| variable.contains(std::str::from_utf8(piece).unwrap())));
        }
        let RingError::Unreadable { path, .. } = KeyRing::from_file(&given).unwrap_err() else { panic!("{given} is there") };
        prop_assert_eq!(path, PathBuf::from(expected));
    }
}

#[test]
fn set_cookie_is_marked_sensitive() {
    let (sessions, _) = sessions();
    let mut browser = Browser::default();
    let set = browser.get(&sessions, |session| session.set(visit(7)).unwrap());
    let value = browser.value().to_owned();
    let deleted = browser.get(&sessions, |session| session.purge().unwrap());
    for answer in [&set, &deleted] {
        assert!(answer.headers["set-cookie"].is_sensitive());
    }
    assert!(!format!("{:?}", set.headers).contains(&value[..12]));
}
