//! No secret, cookie, id or datum gets out: not by `Debug`, not by an error, not by an event; and memory is wiped. docs/rules.md §2, §4.
#![cfg(not(target_family = "wasm"))]

mod support;

use sealed_session::{Builder, Key, Level, Reason, SessionError, Sessions};
use support::*;
use zeroize::ZeroizeOnDrop;

const DATUM: &str = "swordfish-in-the-session";

fn assert_hides(text: &str, secrets: &[String]) {
    for secret in secrets {
        for piece in secret.as_bytes().windows(12.min(secret.len())) {
            let piece = std::str::from_utf8(piece).unwrap();
            assert!(!text.contains(piece), "{text}\nshows {piece}");
        }
    }
}

/// What must not be seen of a ring and of a cookie of it.
fn secrets_of(sessions: &Sessions<Visit>, value: &str) -> Vec<String> {
    let text = sessions.key_ring().expose_secrets();
    let secret = text.trim().rsplit('.').next().unwrap();
    let bytes = wire::decode(secret);
    let listed: Vec<String> = bytes[..6].iter().map(u8::to_string).collect();
    vec![secret.to_owned(), hex::encode(&bytes), listed.join(", "), value.to_owned(), DATUM.to_owned()]
}

#[test]
fn keys_and_exposed_texts_are_wiped_on_drop() {
    fn wiped<T: ZeroizeOnDrop>(_: &T) {}
    let key = Key::generate(sealed_session::Suite::Xaes256Gcm).unwrap();
    wiped(&key);
    wiped(&key.expose_secret());
    wiped(&ring().expose_secrets());
}

#[test]
fn debug_of_everything_shows_no_secret_and_no_datum() {
    let (sessions, _) = sessions();
    let layer = sealed_session::tower::SessionLayer::new(sessions.clone());
    let session = Call::get().load(&sessions);
    session.update(|visit| visit.note = DATUM.to_owned()).unwrap();
    session.renew().unwrap();
    let ring = sessions.key_ring();
    let shown = format!("{sessions:#?} {session:#?} {ring:#?} {ring} {layer:#?} {:#?}", ring.keys());
    let mut secrets = secrets_of(&sessions, &session.seal().unwrap());
    secrets.push(session.id().unwrap().to_string());
    assert_hides(&shown, &secrets);
}

#[test]
fn no_event_holds_a_secret_a_cookie_an_id_or_a_datum() {
    let clock = clock();
    let build = |configure: fn(Builder<Visit>) -> Builder<Visit>| configure(builder(&clock)).build().unwrap();
    let mut secrets = Vec::new();
    let log = logs::logged(|| {
        let sessions = build(|builder| builder.with_ids(true));
        let mut browser = Browser::default();
        browser.get(&sessions, |session| session.update(|visit| visit.note = DATUM.repeat(112)).unwrap());
        secrets.extend(secrets_of(&sessions, browser.value()));
        secrets.push(browser.get(&sessions, |session| session.id().unwrap().to_string()).returned);
        let _ = browser.get(&sessions, |session| session.update(|visit| visit.note = DATUM.repeat(300)));
        browser.send(&sessions, Call::get().answers("cache-control", "public"), |session| session.flash(Level::INFO, DATUM));
        clock.advance(secs(5 * DAY));
        browser.get(&sessions, |session| session.cloned());
        for value in [browser.value().to_owned(), format!("{DATUM}.{DATUM}")] {
            clock.advance(secs(900 * DAY));
            Call::get().cookie(&value).run(&sessions, |session| session.status());
        }
    });
    for event in ["refreshed", "too large", "rejected", "shared caches", "nginx"] {
        assert!(log.contains(event), "{event} is missing: {log}");
    }
    assert_hides(&log, &secrets);
}

#[test]
fn no_error_holds_a_datum_or_a_cookie() {
    let (sessions, _) = sessions();
    let session = Call::get().load(&sessions);
    let too_large = session.update(|visit| visit.note = DATUM.repeat(300)).unwrap_err();
    let rejected = sessions.open(&format!("{DATUM}!")).unwrap_err();
    assert!(matches!(too_large, SessionError::TooLarge { .. }) && rejected.reason() == Reason::Malformed);
    let said = format!("{too_large} {too_large:?} {rejected} {rejected:?}");
    assert!(!said.contains("swordfish"), "{said}");
}

#[test]
fn set_cookie_is_marked_sensitive_and_so_are_deletions() {
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
