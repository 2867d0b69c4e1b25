//! What the operator hears: one event for each thing that happened, and above debug nothing of a bad cookie that a stranger can make.
//! SPEC §8, docs/rules.md §5.8 and "Size".
#![cfg(not(target_family = "wasm"))]

mod support;

use sealed_session::{ManualClock, Session, Sessions};
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use support::*;
use tracing::field::{Field, Visit as Fields};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// Each event of our target as its level and its fields, in their order.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<(Level, String)>>>);

struct Text(String);

impl Fields for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl<S: Subscriber> Layer<S> for Heard {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        assert_eq!(event.metadata().target(), "sealed_session");
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().unwrap().push((*event.metadata().level(), text.0));
    }
}

fn heard(run: impl FnOnce()) -> Vec<(Level, String)> {
    let heard = Heard::default();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(heard.clone()), run);
    let events = heard.0.lock().unwrap();
    events.clone()
}

/// The one event, which must be of this level and hold these words.
fn assert_one(events: &[(Level, String)], level: Level, words: &[&str]) {
    let [(said_at, text)] = events else { panic!("{events:?}") };
    assert_eq!(*said_at, level, "{text}");
    for word in words {
        assert!(text.contains(word), "{word} is missing: {text}");
    }
}

fn touch(sessions: &Sessions<Visit>, value: &str) {
    Call::get().cookie(value).run(sessions, |session| (session.status(), session.cloned()));
}

fn clocked() -> (Sessions<Visit>, ManualClock, wire::Key, wire::Claims) {
    let (sessions, clock) = sessions();
    let (key, claims) = (wire::Key::of(sessions.key_ring()), wire::Claims::of(&sessions));
    (sessions, clock, key, claims)
}

#[test]
fn what_a_stranger_can_make_is_rejected_at_debug_level_with_its_reason() {
    let (sessions, _, key, claims) = clocked();
    let values = [
        ("malformed", "!".to_owned()),
        ("too-long", "A".repeat(4097)),
        ("unknown-version", "Ag".to_owned()),
        ("pieces", "2.AQ".to_owned()),
        ("unknown-key", wire::Key::of(&ring()).seal(&claims.plain())),
        ("bad-seal", key.seal_with(key.id(), [0; 24], "x", b"", &claims.plain())),
    ];
    for (reason, value) in values {
        let events = heard(|| touch(&sessions, &value));
        assert_one(&events, Level::DEBUG, &["session rejected", &format!("reason={reason:?}"), NAME]);
    }
}

#[test]
fn an_expired_session_is_expired_at_debug_level_with_its_reason() {
    let (sessions, clock) = sessions();
    let value = sessions.seal(&visit(7)).unwrap();
    for (days, reason) in [(14, "expired-idle"), (30, "expired-absolute")] {
        clock.set(secs(START + days * DAY));
        assert_one(&heard(|| touch(&sessions, &value)), Level::DEBUG, &["session expired", reason]);
    }
}

#[test]
fn authentic_and_yet_unreadable_is_warned_of_once_per_reason_and_minute() {
    let (sessions, clock, key, claims) = clocked();
    let plain = claims.plain();
    let values = [
        ("undecodable", key.seal(&plain[..plain.len() - 1])),
        ("other-shape", key.seal(&wire::Claims { shape: [0; 4], ..claims.clone() }.plain())),
        ("from-the-future", key.seal(&wire::Claims { issued: START + 9999, ..claims }.plain())),
    ];
    clock.set(secs(START - START % MINUTE));
    for (reason, value) in &values {
        assert_one(&heard(|| touch(&sessions, value)), Level::WARN, &["rejected", reason, NAME]);
    }
    clock.advance(secs(59));
    for (reason, value) in &values {
        assert_one(&heard(|| touch(&sessions, value)), Level::DEBUG, &["rejected", reason]);
    }
    clock.advance(secs(1));
    for (reason, value) in &values {
        assert_one(&heard(|| touch(&sessions, value)), Level::WARN, &["rejected", reason]);
    }
}

#[test]
fn expired_by_more_than_400_days_is_warned_of_and_by_400_is_not() {
    let (sessions, clock) = sessions();
    let value = sessions.seal(&visit(7)).unwrap();
    clock.set(secs(START + 414 * DAY)); // 14 days to live, and 400
    assert_one(&heard(|| touch(&sessions, &value)), Level::DEBUG, &["session expired"]);
    clock.advance(secs(1));
    assert_one(&heard(|| touch(&sessions, &value)), Level::WARN, &["rejected", "expired-absolute"]);
    assert_one(&heard(|| touch(&sessions, &value)), Level::DEBUG, &["session expired"]);
}

#[test]
fn each_reason_of_expiry_is_warned_of_for_itself() {
    let (sessions, _, key, claims) = clocked();
    let long_ago = START - 500 * DAY;
    let at = wire::Claims { issued: long_ago, expiry: wire::Expiry::At(long_ago), ..claims.clone() };
    let absolute = wire::Claims { issued: long_ago, ..claims };
    assert_one(&heard(|| touch(&sessions, &key.seal(&at.plain()))), Level::WARN, &["expired-at"]);
    assert_one(&heard(|| touch(&sessions, &key.seal(&absolute.plain()))), Level::WARN, &["expired-absolute"]);
}

#[test]
fn several_cookies_of_one_request_give_one_event() {
    let (sessions, _) = sessions();
    let call = || Call::get().cookie("!").cookie("2.AQ").cookie("Ag");
    let events = heard(|| drop(call().run(&sessions, |session| (session.status(), session.cloned()))));
    assert_one(&events, Level::DEBUG, &["pieces"]);
    let good = sessions.seal(&visit(7)).unwrap();
    assert_eq!(heard(|| drop(call().cookie(&good).run(&sessions, |session| session.cloned()))), []);
}

#[test]
fn what_nobody_touches_or_nothing_happens_to_is_silent() {
    let (sessions, _) = sessions();
    let value = sessions.seal(&visit(7)).unwrap();
    assert_eq!(heard(|| drop(Call::get().cookie("!").run(&sessions, |_| ()))), []);
    assert_eq!(heard(|| touch(&sessions, &value)), []);
    assert_eq!(heard(|| drop(Call::get().run(&sessions, |session| session.set(visit(1)).unwrap()))), []);
    assert_eq!(heard(|| drop(Sessions::<Visit>::new(ring()))), []);
}

#[test]
fn a_refresh_is_one_event_at_debug_level() {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    clock.advance(secs(2 * DAY));
    assert_one(&heard(|| drop(browser.get(&sessions, |session| session.cloned()))), Level::DEBUG, &["session refreshed", NAME]);
}

/// Warned of once a minute, so that a visitor who repeats it cannot flood the log: at debug level in between.
fn assert_warns_once_a_minute(sessions: &Sessions<Visit>, clock: &ManualClock, words: &[&str], run: impl Fn(&Sessions<Visit>)) {
    clock.set(secs(START - START % MINUTE));
    assert_one(&heard(|| run(sessions)), Level::WARN, words);
    clock.advance(secs(59));
    assert_one(&heard(|| run(sessions)), Level::DEBUG, words);
    clock.advance(secs(1));
    assert_one(&heard(|| run(sessions)), Level::WARN, words);
}

#[test]
fn too_large_is_one_event_with_both_numbers() {
    let (sessions, clock) = sessions();
    assert_warns_once_a_minute(&sessions, &clock, &["session too large", "needed=", "allowed=4093", NAME], |sessions| {
        let note = Visit { note: "x".repeat(5000), ..Visit::default() };
        assert!(Call::get().run(sessions, |session| session.set(note)).returned.is_err());
    });
}

#[test]
fn an_id_that_renew_gave_to_an_empty_session_is_warned_of() {
    let (sessions, clock) = sessions();
    assert_warns_once_a_minute(&sessions, &clock, &["renew()", "put a field into the session", NAME], |sessions| {
        let answer = Call::get().run(sessions, |session| session.renew().map(|()| session.id()).unwrap());
        assert!(answer.returned.is_some() && answer.lines().is_empty());
    });
    let purged_before = |session: &Session<Visit>| {
        session.purge().unwrap();
        session.renew().unwrap();
    };
    clock.advance(secs(MINUTE));
    let mut browser = signed_in(&sessions);
    assert_one(&heard(|| drop(browser.get(&sessions, purged_before))), Level::WARN, &["renew()"]);
}

#[test]
fn an_id_that_is_sent_or_was_given_up_is_not_warned_of() {
    let renewed = |session: &Session<Visit>| session.renew().unwrap();
    let set_after = |session: &Session<Visit>| session.renew().and_then(|()| session.set(visit(7))).unwrap();
    let purged_after = |session: &Session<Visit>| session.renew().and_then(|()| session.purge()).unwrap();
    let silent = |events: Vec<(Level, String)>| assert_eq!(events, []);
    let (sessions, _) = sessions();
    silent(heard(|| assert!(signed_in(&sessions).get(&sessions, renewed).sets())));
    silent(heard(|| assert!(Call::get().run(&sessions, set_after).sets())));
    silent(heard(|| assert!(signed_in(&sessions).get(&sessions, purged_after).deletes())));
    silent(heard(|| drop(Call::get().status(500).run(&sessions, renewed))));
}

#[test]
fn size_a_line_over_3600_bytes_is_a_warning_and_one_of_3600_is_not() {
    let length = |note: usize| {
        let ((sessions, _), mut line) = (sessions(), 0);
        let note = Visit { note: "x".repeat(note), ..Visit::default() };
        let events = heard(|| line = Call::get().run(&sessions, |session| session.set(note).unwrap()).line().len());
        (line, events)
    };
    let (longest, silent) = (2550..2700).map(length).take_while(|(line, _)| *line <= 3600).last().unwrap();
    assert!(longest >= 3599 && silent.is_empty(), "{longest} {silent:?}");
    let (line, events) = (2550..2700).map(length).find(|(line, _)| *line > 3600).unwrap();
    assert_one(&events, Level::WARN, &[&format!("bytes={line}"), NAME]);
}

#[test]
fn s5_8_a_touched_public_response_is_said_so() {
    for (name, value) in [("cache-control", "public"), ("cache-control", "s-maxage=9"), ("cdn-cache-control", "max-age=9")] {
        let (sessions, clock) = sessions();
        assert_warns_once_a_minute(&sessions, &clock, &["shared caches", NAME], |sessions| {
            Call::get().answers(name, value).run(sessions, |session| session.cloned());
        });
    }
    let barred = Call::get().answers("cache-control", "no-store");
    assert_eq!(heard(|| drop(barred.run(&sessions().0, |session| session.cloned()))), []);
}

#[test]
fn s5_8_what_is_removed_or_replaced_for_the_cookies_sake_is_warned_of() {
    for (name, value) in [("cache-control", "public"), ("cache-control", "s-maxage=9"), ("surrogate-control", "max-age=9")] {
        let (sessions, clock) = sessions();
        assert_warns_once_a_minute(&sessions, &clock, &["carries the session cookie", NAME], |sessions| {
            Call::get().answers(name, value).run(sessions, |session| session.set(visit(1)).unwrap());
        });
    }
    for (name, value) in [("cache-control", "max-age=9"), ("cache-control", "private"), ("surrogate-control", "no-store")] {
        let call = Call::get().answers(name, value);
        assert_eq!(heard(|| drop(call.run(&sessions().0, |session| session.set(visit(1)).unwrap()))), []);
    }
}

#[test]
fn s5_8_what_is_removed_is_warned_of_also_where_a_touched_public_response_was() {
    let (sessions, _) = sessions();
    let call = || Call::get().answers("cache-control", "public");
    assert_one(&heard(|| drop(call().run(&sessions, |session| session.cloned()))), Level::WARN, &["touched"]);
    assert_one(&heard(|| drop(call().run(&sessions, |session| session.set(visit(1))))), Level::WARN, &["carries"]);
}

#[test]
fn s2_an_ephemeral_ring_says_so_in_a_warning() {
    assert_one(&heard(|| drop(sealed_session::KeyRing::ephemeral().unwrap())), Level::WARN, &["ephemeral"]);
}

#[test]
fn s5_11_development_says_so_in_a_warning() {
    if cfg!(debug_assertions) {
        let events = heard(|| drop(builder(&clock()).development().build().unwrap()));
        assert_one(&events, Level::WARN, &["development()"]);
    }
}
