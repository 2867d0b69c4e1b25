//! SPEC §8, docs/rules.md §2, §5.8, §5.11 and "Size": what operators see. Each thing that happens
//! is one event, and a bad cookie that anyone can make is never above debug level.

use crate::support::*;
use sealed_session::clock::ManualClock;
use sealed_session::{CrossOrigin, KeyRing, LoadStatus, Session, Sessions};
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit as Fields};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// Each event of our target as its level and its fields, in their order. Those at trace level,
/// which say that sessions work as they should, are left out: `on_event` tests them.
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
        if *event.metadata().level() == Level::TRACE {
            return;
        }
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

/// Checks that there is exactly one event, of this level and with these words.
fn assert_one(events: &[(Level, String)], level: Level, words: &[&str]) {
    let [(said_at, text)] = events else { panic!("{events:?}") };
    assert_eq!(*said_at, level, "{text}");
    for word in words {
        assert!(text.contains(word), "{word} is missing: {text}");
    }
}

fn touch(sessions: &Sessions<Visit>, value: &str) {
    Call::get().cookie(value).run(sessions, |session| (session.load_status(), session.cloned()));
}

fn clocked() -> (Sessions<Visit>, ManualClock, wire::Key, wire::Claims) {
    let (sessions, clock) = sessions();
    let (key, claims) = (wire::Key::of(sessions.key_ring()), wire::Claims::of(&sessions));
    (sessions, clock, key, claims)
}

#[test]
fn a_cookie_that_anyone_can_make_is_rejected_at_debug() {
    let (sessions, _, key, claims) = clocked();
    let values = [
        ("malformed", "!".to_owned()),
        ("too-long", "A".repeat(4097)),
        ("unknown-version", "Ag".to_owned()),
        ("pieces-mixed", "2.AQ".to_owned()),
        ("unknown-key", wire::Key::of(&ring()).seal(&claims.plain())),
        ("bad-seal", key.seal_with(key.id(), [0; 24], "x", b"", &claims.plain())),
    ];
    for (reason, value) in values {
        let events = heard(|| touch(&sessions, &value));
        assert_one(
            &events,
            Level::DEBUG,
            &["session rejected", &format!("reason={reason:?}"), NAME],
        );
    }
}

#[test]
fn a_refused_request_of_another_origin_is_reported_at_debug() {
    let sessions = builder(&clock()).cross_origin(CrossOrigin::refuse()).build().unwrap();
    for (field, value, reason) in [
        ("sec-fetch-site", "cross-site", "sec-fetch-site"),
        ("origin", "https://attacker.example", "origin"),
    ] {
        let call = Call::post().asks(field, value);
        let events = heard(|| assert!(sessions.check_cross_origin(call.headers()).is_err()));
        let words = ["cross-origin request refused", &format!("reason={reason:?}"), NAME];
        assert_one(&events, Level::DEBUG, &words);
        assert!(!events[0].1.contains("attacker"), "{events:?}");
    }
}

#[test]
fn an_expired_session_is_one_event_at_debug() {
    let (sessions, clock) = sessions();
    let value = sessions.seal(&visit(7)).unwrap();
    for (days, reason) in [(14, "expired-idle"), (30, "expired-absolute")] {
        clock.set(secs(START + days * DAY));
        assert_one(&heard(|| touch(&sessions, &value)), Level::DEBUG, &["session expired", reason]);
    }
}

#[test]
fn an_unreadable_session_is_one_warning_a_minute_per_reason() {
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
fn expiry_by_more_than_400_days_is_a_warning() {
    let (sessions, clock) = sessions();
    let value = sessions.seal(&visit(7)).unwrap();
    clock.set(secs(START + 414 * DAY)); // 14 days to live, and 400
    assert_one(&heard(|| touch(&sessions, &value)), Level::DEBUG, &["session expired"]);
    clock.advance(secs(1));
    assert_one(&heard(|| touch(&sessions, &value)), Level::WARN, &["rejected", "expired-absolute"]);
    assert_one(&heard(|| touch(&sessions, &value)), Level::DEBUG, &["session expired"]);
}

#[test]
fn each_reason_of_expiry_has_its_own_warning() {
    let (sessions, _, key, claims) = clocked();
    let long_ago = START - 500 * DAY;
    let at =
        wire::Claims { issued: long_ago, expiry: wire::Expiry::At(long_ago), ..claims.clone() };
    let absolute = wire::Claims { issued: long_ago, ..claims };
    assert_one(&heard(|| touch(&sessions, &key.seal(&at.plain()))), Level::WARN, &["expired-at"]);
    assert_one(
        &heard(|| touch(&sessions, &key.seal(&absolute.plain()))),
        Level::WARN,
        &["expired-absolute"],
    );
}

#[test]
fn several_cookies_of_one_request_give_one_event() {
    let (sessions, _) = sessions();
    let call = || Call::get().cookie("!").cookie("2.AQ").cookie("Ag");
    let events =
        heard(|| drop(call().run(&sessions, |session| (session.load_status(), session.cloned()))));
    assert_one(&events, Level::DEBUG, &["pieces-mixed"]);
    let good = sessions.seal(&visit(7)).unwrap();
    assert_eq!(heard(|| drop(call().cookie(&good).run(&sessions, |session| session.cloned()))), []);
}

#[test]
fn an_untouched_or_unchanged_session_is_silent() {
    let (sessions, _) = sessions();
    let value = sessions.seal(&visit(7)).unwrap();
    assert_eq!(heard(|| drop(Call::get().cookie("!").run(&sessions, |_| ()))), []);
    assert_eq!(heard(|| touch(&sessions, &value)), []);
    assert_eq!(
        heard(|| drop(Call::get().run(&sessions, |session| session.set(visit(1)).unwrap()))),
        []
    );
    assert_eq!(heard(|| drop(Sessions::<Visit>::new(ring()).unwrap())), []);
}

/// It is a warning once a minute and a debug event in between, so that a visitor who repeats it
/// cannot flood the log.
fn assert_warns_once_a_minute(
    sessions: &Sessions<Visit>,
    clock: &ManualClock,
    words: &[&str],
    run: impl Fn(&Sessions<Visit>),
) {
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
    assert_warns_once_a_minute(
        &sessions,
        &clock,
        &["session too large", "needed=", "allowed=4093", NAME],
        |sessions| {
            let note = Visit { note: "x".repeat(5000), ..Visit::default() };
            assert!(Call::get().run(sessions, |session| session.set(note)).returned.is_err());
        },
    );
}

#[test]
fn an_id_that_cannot_be_sent_is_a_warning() {
    let (sessions, clock) = sessions();
    assert_warns_once_a_minute(
        &sessions,
        &clock,
        &["renew()", "also store data in the session", NAME],
        |sessions| {
            let answer = Call::get()
                .run(sessions, |session| session.renew().map(|()| session.id()).unwrap());
            assert!(answer.returned.is_some() && answer.lines().is_empty());
        },
    );
    let purged_before = |session: &Session<Visit>| {
        session.purge().unwrap();
        session.renew().unwrap();
    };
    clock.advance(secs(MINUTE));
    let mut browser = signed_in(&sessions);
    assert_one(&heard(|| drop(browser.get(&sessions, purged_before))), Level::WARN, &["renew()"]);
}

#[test]
fn an_id_that_is_sent_or_given_up_is_no_warning() {
    let renewed = |session: &Session<Visit>| session.renew().unwrap();
    let set_after =
        |session: &Session<Visit>| session.renew().and_then(|()| session.set(visit(7))).unwrap();
    let purged_after =
        |session: &Session<Visit>| session.renew().and_then(|()| session.purge()).unwrap();
    let silent = |events: Vec<(Level, String)>| assert_eq!(events, []);
    let (sessions, _) = sessions();
    silent(heard(|| assert!(signed_in(&sessions).get(&sessions, renewed).sets())));
    silent(heard(|| assert!(Call::get().run(&sessions, set_after).sets())));
    silent(heard(|| assert!(signed_in(&sessions).get(&sessions, purged_after).deletes())));
    silent(heard(|| drop(Call::get().status(500).run(&sessions, renewed))));
}

#[test]
fn a_line_over_3600_bytes_is_a_warning() {
    let length = |note: usize| {
        let ((sessions, _), mut line) = (sessions(), 0);
        let note = Visit { note: "x".repeat(note), ..Visit::default() };
        let events = heard(|| {
            line = Call::get().run(&sessions, |session| session.set(note).unwrap()).line().len()
        });
        (line, events)
    };
    let (longest, silent) =
        (2550..2700).map(length).take_while(|(line, _)| *line <= 3600).last().unwrap();
    assert!(longest >= 3599 && silent.is_empty(), "{longest} {silent:?}");
    let (line, events) = (2550..2700).map(length).find(|(line, _)| *line > 3600).unwrap();
    assert_one(&events, Level::WARN, &[&format!("bytes={line}"), NAME]);
}

#[test]
fn a_touched_public_response_is_a_warning() {
    for (name, value) in [
        ("cache-control", "public"),
        ("cache-control", "s-maxage=9"),
        ("cdn-cache-control", "max-age=9"),
    ] {
        let (sessions, clock) = sessions();
        assert_warns_once_a_minute(&sessions, &clock, &["shared caching", NAME], |sessions| {
            Call::get().answers(name, value).run(sessions, |session| session.cloned());
        });
    }
    let barred = Call::get().answers("cache-control", "no-store");
    assert_eq!(heard(|| drop(barred.run(&sessions().0, |session| session.cloned()))), []);
}

#[test]
fn replacing_cache_fields_for_the_cookie_is_a_warning() {
    for (name, value) in [
        ("cache-control", "public"),
        ("cache-control", "s-maxage=9"),
        ("surrogate-control", "max-age=9"),
    ] {
        let (sessions, clock) = sessions();
        assert_warns_once_a_minute(
            &sessions,
            &clock,
            &["carries the session cookie", NAME],
            |sessions| {
                Call::get()
                    .answers(name, value)
                    .run(sessions, |session| session.set(visit(1)).unwrap());
            },
        );
    }
    for (name, value) in [
        ("cache-control", "max-age=9"),
        ("cache-control", "private"),
        ("surrogate-control", "no-store"),
    ] {
        let call = Call::get().answers(name, value);
        assert_eq!(
            heard(|| drop(call.run(&sessions().0, |session| session.set(visit(1)).unwrap()))),
            []
        );
    }
}

#[test]
fn the_two_caching_warnings_are_limited_separately() {
    let (sessions, _) = sessions();
    let call = || Call::get().answers("cache-control", "public");
    assert_one(
        &heard(|| drop(call().run(&sessions, |session| session.cloned()))),
        Level::WARN,
        &["accessed"],
    );
    assert_one(
        &heard(|| drop(call().run(&sessions, |session| session.set(visit(1))))),
        Level::WARN,
        &["carries"],
    );
}

#[test]
fn an_ephemeral_ring_is_a_warning() {
    assert_one(
        &heard(|| drop(sealed_session::KeyRing::ephemeral().unwrap())),
        Level::WARN,
        &["ephemeral"],
    );
}

#[test]
fn development_is_a_warning() {
    if cfg!(debug_assertions) {
        let events = heard(|| drop(builder(&clock()).development().build().unwrap()));
        assert_one(&events, Level::WARN, &["development()"]);
    }
}

#[test]
fn our_name_after_a_comma_is_reported_and_not_read() {
    let (sessions, _) = sessions();
    let value = sessions.seal(&visit(7)).unwrap();
    let events = |call: Call, status: LoadStatus| {
        heard(|| {
            assert_eq!(
                call.run(&sessions, |session| (session.load_status(), session.load_status()))
                    .returned
                    .0,
                status
            )
        })
    };
    for field in [
        format!("a=1, {NAME}={value}"),
        format!("a=1; b=2 ,\t{NAME}={value}; c=3"),
        format!("a=1,{NAME}={value}"),
    ] {
        let events = events(Call::get().asks("cookie", &field), LoadStatus::New);
        assert_one(&events, Level::DEBUG, &["comma", NAME]);
        assert!(!events[0].1.contains(&value));
    }
    let form =
        Call::post().asks("sec-fetch-site", "cross-site").asks("cookie", format!("a=1, {NAME}=x"));
    assert_one(&events(form, LoadStatus::CrossSite), Level::DEBUG, &["comma", NAME]);
    // Our cookie was sent, or the text after the comma is not our name.
    let came = Call::get().asks("cookie", format!("a=1, {NAME}=x")).cookie(&value);
    assert_eq!(events(came, LoadStatus::Restored), []);
    for field in [
        format!("a={NAME}=x"),
        format!("a=1, {NAME}2=x"),
        format!("a=1, {NAME}"),
        format!("a=1, x{NAME}=x"),
        ",".into(),
    ] {
        assert_eq!(events(Call::get().asks("cookie", &field), LoadStatus::New), [], "{field}");
    }
}

#[test]
fn an_alias_that_is_easier_to_plant_is_a_warning_of_build() {
    let said = |present: &str, other: &str| {
        heard(|| {
            builder(&clock()).cookie_name(present).accept_alias(other, "").build().unwrap();
        })
    };
    let planters = [
        (NAME, "session", "a sibling domain"),
        ("__Host-session", "__Secure-session", "a sibling domain"),
        ("__HOST-session", "session", "a sibling domain"),
        (NAME, "__Host-session", "a script on the page"),
        ("__Secure-session", "session", "a page over plain HTTP"),
    ];
    for (present, other, who) in planters {
        assert_one(&said(present, other), Level::WARN, &[who, present, other]);
    }
    for (present, other) in [
        ("__Host-session", NAME),
        (NAME, "__Host-Http-shop"),
        ("session", "shop"),
        ("session", "__Secure-shop"),
    ] {
        assert_eq!(said(present, other), [], "{present}, {other}");
    }
}

/// Runs the ignored test of this name in a process without a subscriber, and returns the warnings
/// on its standard error.
fn on_standard_error(name: &str) -> Vec<String> {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    let output = command
        .args([
            "--exact",
            &format!("events::{name}"),
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .output()
        .unwrap();
    assert!(
        output.status.success() && String::from_utf8_lossy(&output.stdout).contains("1 passed"),
        "{output:?}"
    );
    let text = String::from_utf8(output.stderr).unwrap();
    text.lines()
        .filter_map(|line| line.strip_prefix("sealed-session: "))
        .map(str::to_owned)
        .collect()
}

/// An axum handler asks for a session, but no layer added one.
fn without_a_layer<T: sealed_session::SessionData>() {
    use axum::extract::FromRequestParts;
    use axum::response::IntoResponse;
    use futures_util::FutureExt;
    let (mut parts, ()) = http::Request::new(()).into_parts();
    let found = Session::<T>::from_request_parts(&mut parts, &()).now_or_never().unwrap();
    assert_eq!(found.unwrap_err().into_response().status(), 500);
}

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Basket {
    items: u32,
}

#[test]
#[ignore = "half of the next test, which runs it in a process of its own"]
fn every_warning_without_a_subscriber() {
    let (sessions, _, key, claims) = clocked();
    let plain = claims.plain();
    KeyRing::ephemeral().unwrap();
    builder(&clock()).development().build().unwrap();
    touch(&sessions, &key.seal(&plain[..plain.len() - 1]));
    touch(&sessions, "!");
    Call::get()
        .run(&sessions, |session| session.set(Visit { note: "x".repeat(5000), ..visit(1) }))
        .returned
        .unwrap_err();
    Call::get()
        .run(&sessions, |session| session.set(Visit { note: "x".repeat(2660), ..visit(1) }))
        .returned
        .unwrap();
    Call::get().answers("cache-control", "public").run(&sessions, |session| session.cloned());
    Call::get()
        .answers("cache-control", "public")
        .run(&sessions, |session| session.set(visit(1)).unwrap());
    let later: KeyRing = line("seal-from=2999-01-01T00:00:00Z").parse().unwrap();
    ring().replace(&later).unwrap_err();
    without_a_layer::<Visit>();
    // Another mistake of the same kind in the same minute, and then the first one again.
    without_a_layer::<Basket>();
    without_a_layer::<Visit>();
}

#[test]
fn without_a_subscriber_each_warning_is_a_line_on_stderr() {
    let said = on_standard_error("every_warning_without_a_subscriber");
    let expected = [
        "ephemeral",
        "development()",
        "rejected: undecodable",
        "too large",
        "nginx",
        "accessed the session",
        "carries the session cookie",
        "no key in the ring can seal now",
        "Session<it::support::Visit>",
        "Session<it::events::Basket>",
    ];
    assert_eq!(said.len(), expected.len(), "{said:#?}");
    for (line, word) in said.iter().zip(expected) {
        assert!(line.contains(word), "{word} is missing: {line}");
    }
    assert!(said[3].contains("4093"), "{}", said[3]);
    assert!(said[8].contains("SessionLayer"), "a missing layer is not a mute 500: {}", said[8]);
}

#[test]
#[ignore = "half of the next test, which runs it in a process of its own"]
fn a_subscriber_that_filters_everything_out() {
    tracing::subscriber::with_default(
        tracing_subscriber::registry().with(tracing_subscriber::filter::LevelFilter::OFF),
        || {
            KeyRing::ephemeral().unwrap();
            without_a_layer::<Visit>();
        },
    );
    // This thread has no subscriber, although another one has: the warning is not received.
    std::thread::spawn(|| KeyRing::ephemeral().unwrap()).join().unwrap();
}

#[test]
fn what_a_subscriber_receives_is_not_on_stderr() {
    let said = on_standard_error("a_subscriber_that_filters_everything_out");
    assert_eq!(said.len(), 1, "{said:#?}");
}

#[test]
#[ignore = "half of the next test, which runs it in a process of its own"]
fn a_published_ring_is_used() {
    sealed_session::testing::ring();
    let ring = sealed_session::testing::ring();
    KeyRing::danger_from_published(&ring.expose_secrets()).unwrap();
}

#[test]
fn a_published_ring_is_warned_about_once_in_release_builds() {
    let said = on_standard_error("a_published_ring_is_used");
    assert_eq!(said.len(), usize::from(!cfg!(debug_assertions)), "{said:#?}");
    assert!(said.iter().all(|line| line.contains("published secrets")), "{said:#?}");
}
