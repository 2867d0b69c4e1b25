//! docs/rules.md §5.15 and docs/observing.md: the events that `Builder::on_event` reports. Each
//! event of the list happens here through the public face, is reported once, and says nothing about
//! the visitor.

use crate::support::*;
use http::HeaderMap;
use sealed_session::adapter::{Begun, RequestSessions, ResponseHeaders, SessionExchange};
use sealed_session::clock::ManualClock;
use sealed_session::error::RingError;
use sealed_session::hooks::{Event, EventKind, EventLevel};
use sealed_session::migrate::LegacyCookie;
use sealed_session::{
    Builder, CrossOrigin, KeyRing, OnUnreadable, Session, SessionError, Sessions,
};
use std::sync::{Arc, Mutex};

type Happened = (&'static str, Option<&'static str>);

/// What a hook was called with.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(EventKind, EventLevel, String)>>>);

impl Seen {
    fn hook(&self) -> impl Fn(&Event<'_>) + Send + Sync + 'static {
        let seen = self.clone();
        move |event| {
            assert_eq!(
                (event.name(), event.reason()),
                (event.kind().name(), event.kind().reason())
            );
            let text = format!("{} {event} {event:?}", event.cookie());
            seen.0.lock().unwrap().push((event.kind(), event.level(), text));
        }
    }

    /// Takes the names and reasons since the last call.
    fn take(&self) -> Vec<Happened> {
        let seen = std::mem::take(&mut *self.0.lock().unwrap());
        seen.iter().map(|(kind, ..)| (kind.name(), kind.reason())).collect()
    }

    fn kinds(&self) -> Vec<(EventKind, EventLevel)> {
        let seen = std::mem::take(&mut *self.0.lock().unwrap());
        seen.into_iter().map(|(kind, level, _)| (kind, level)).collect()
    }

    fn texts(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().map(|(.., text)| text.clone()).collect()
    }
}

/// Sessions with a hook, and the clock that they read.
fn seen_by(
    configure: impl FnOnce(Builder<Visit>) -> Builder<Visit>,
) -> (Sessions<Visit>, ManualClock, Seen) {
    let (clock, seen) = (clock(), Seen::default());
    let sessions = configure(builder(&clock)).on_event(seen.hook()).build().unwrap();
    (sessions, clock, seen)
}

fn watched() -> (Sessions<Visit>, ManualClock, Seen) {
    seen_by(|builder| builder)
}

fn read(session: &Session<Visit>) {
    session.read(|_| ());
}

fn full() -> Visit {
    Visit { note: "x".repeat(5000), ..visit(7) }
}

const RESTORED: Happened = ("restored", None);

#[test]
fn a_session_s_life_is_one_event_for_each_step() {
    let (sessions, clock, seen) = watched();
    let mut browser = Browser::default();
    let mut step = |handler: fn(&Session<Visit>)| {
        browser.get(&sessions, handler);
        seen.take()
    };
    assert_eq!(step(|session| session.set(visit(7)).unwrap()), [("created", None)]);
    assert_eq!(step(read), [RESTORED]);
    assert_eq!(step(|session| session.set(visit(7)).unwrap()), [RESTORED]);
    assert_eq!(step(|session| session.set(visit(8)).unwrap()), [RESTORED, ("changed", None)]);
    assert_eq!(step(|session| session.renew().unwrap()), [RESTORED, ("renewed", None)]);
    clock.advance(secs(2 * DAY));
    assert_eq!(step(read), [RESTORED, ("refreshed", None)]);
    assert_eq!(step(read), [RESTORED]);
    let empties = |session: &Session<Visit>| session.set(Visit::default()).unwrap();
    assert_eq!(step(empties), [RESTORED, ("ended", Some("emptied"))]);
    assert_eq!(step(read), []);
    assert_eq!(step(|session| session.set(visit(7)).unwrap()), [("created", None)]);
    let purges = |session: &Session<Visit>| session.purge().and_then(|()| session.purge()).unwrap();
    assert_eq!(step(purges), [RESTORED, ("ended", Some("purge"))]);
}

#[test]
fn a_session_after_a_purge_is_created() {
    let (sessions, _, seen) = watched();
    let mut browser = signed_in(&sessions);
    seen.take();
    browser.get(&sessions, |session| session.purge().and_then(|()| session.set(visit(8))).unwrap());
    assert_eq!(seen.take(), [RESTORED, ("ended", Some("purge")), ("created", None)]);
}

#[test]
fn an_untouched_request_has_no_event() {
    let (sessions, _, seen) = watched();
    let cookies = [sessions.seal(&visit(7)).unwrap(), "!".to_owned(), String::new()];
    for cookie in &cookies {
        for status in [200, 500] {
            let call = Call::post().cookie(cookie).status(status);
            call.answers("cache-control", "public").run(&sessions, |_| ());
        }
        // A handle that outlives the handler is only told to caches.
        let (session, mut headers) = (Call::get().cookie(cookie).load(&sessions), HeaderMap::new());
        let kept = session.clone();
        sessions.commit(&session, 200_u16, &mut headers).unwrap();
        drop(kept);
        drop(Call::get().cookie(cookie).load(&sessions));
    }
    assert_eq!(seen.take(), []);
}

#[test]
fn what_no_response_carries_is_no_event() {
    let (sessions, _, seen) = watched();
    let value = sessions.seal(&visit(7)).unwrap();
    let renews =
        |session: &Session<Visit>| session.renew().and_then(|()| session.set(visit(8))).unwrap();
    Call::get().cookie(&value).status(500).run(&sessions, renews);
    assert_eq!(seen.take(), [RESTORED]);
    let session = Call::get().cookie(&value).load(&sessions);
    renews(&session);
    session.close();
    sessions.commit(&session, 200_u16, &mut HeaderMap::new()).unwrap();
    assert_eq!(seen.take(), [RESTORED]);
    Call::get().status(500).run(&sessions, |session| session.set(visit(7)).unwrap());
    assert_eq!(seen.take(), []);
    // A purge is carried out in any case.
    Call::get().cookie(&value).status(500).run(&sessions, |session| session.purge().unwrap());
    assert_eq!(seen.take(), [RESTORED, ("ended", Some("purge"))]);
    let purged = Call::get().cookie(&value).load(&sessions);
    purged.purge().unwrap();
    assert_eq!(seen.take(), [RESTORED, ("ended", Some("purge"))]);
    // A second commit reports nothing.
    let session = Call::get().load(&sessions);
    session.set(visit(7)).unwrap();
    for _ in 0..2 {
        sessions.commit(&session, 200_u16, &mut HeaderMap::new()).unwrap();
    }
    assert_eq!(seen.take(), [("created", None)]);
}

#[test]
fn each_reason_of_a_rejection_is_reported() {
    let refuse = |builder: Builder<Visit>| {
        builder.validate(|_, visit| if visit.user == Some(13) { Err("banned") } else { Ok(()) })
    };
    let (sessions, clock, seen) = seen_by(refuse);
    let (key, claims) = (wire::Key::of(sessions.key_ring()), wire::Claims::of(&sessions));
    let (plain, ended) = (claims.plain(), claims.clone());
    let at = wire::Expiry::At(START - 1);
    let values = [
        ("malformed", "!".to_owned()),
        ("too-long", "A".repeat(4097)),
        ("unknown-version", "Ag".to_owned()),
        ("pieces-mixed", "2.AQ".to_owned()),
        ("unknown-key", wire::Key::of(&ring()).seal(&plain)),
        ("bad-seal", key.seal_with(key.id(), [0; 24], "x", b"", &plain)),
        ("other-shape", key.seal(&wire::Claims { shape: [0; 4], ..claims.clone() }.plain())),
        ("undecodable", key.seal(&plain[..plain.len() - 1])),
        ("from-the-future", key.seal(&wire::Claims { issued: START + 9999, ..claims }.plain())),
        ("expired-at", key.seal(&wire::Claims { expiry: at, ..ended.clone() }.plain())),
        ("expired-idle", key.seal(&wire::Claims { issued: START - 15 * DAY, ..ended }.plain())),
        ("refused", sessions.seal(&visit(13)).unwrap()),
    ];
    for (reason, value) in values {
        Call::get().cookie(&value).run(&sessions, read);
        assert_eq!(seen.take(), [("rejected", Some(reason))]);
    }
    clock.advance(secs(DAY));
    // Whatever is written replaces it.
    Call::get().cookie("!").run(&sessions, |session| session.set(visit(7)).unwrap());
    assert_eq!(seen.take(), [("rejected", Some("malformed")), ("created", None)]);
}

/// Headers that have room for nothing.
struct Full;

impl ResponseHeaders for Full {
    fn for_each(&self, _: &mut dyn FnMut(&str, &[u8])) {}
    fn replace(&mut self, _: &str, _: &str) -> Result<(), SessionError> {
        Err(SessionError::HeadersFull)
    }
    fn append_set_cookies(&mut self, _: Vec<String>) -> Result<(), SessionError> {
        Err(SessionError::HeadersFull)
    }
}

fn old_cookie(_: &HeaderMap) -> Option<Visit> {
    Some(visit(7))
}

fn refuse_a_ring(sessions: &Sessions<Visit>) {
    let future: KeyRing = line("seal-from=2999-01-01T00:00:00Z").parse().unwrap();
    assert_eq!(sessions.key_ring().replace(&future), Err(RingError::NoSealingKey));
}

fn later() -> LegacyCookie {
    LegacyCookie::new("sid", at(START + DAY))
}

/// Makes the event of this name happen twice within a minute, through the public face. Returns what
/// a hook was told.
fn happen(name: &str) -> Vec<(EventKind, EventLevel)> {
    let twice = |(sessions, _, seen): (Sessions<Visit>, ManualClock, Seen),
                 run: &dyn Fn(&Sessions<Visit>)| {
        run(&sessions);
        run(&sessions);
        seen.kinds()
    };
    let sets = |session: &Session<Visit>| session.set(visit(7)).unwrap();
    let public = || Call::get().answers("cache-control", "public");
    match name {
        "restored" | "changed" | "renewed" | "refreshed" | "ended" => {
            let (sessions, clock, seen) = watched();
            for value in [sessions.seal(&visit(7)), sessions.seal(&visit(7))] {
                let mut browser = Browser::holding(&value.unwrap());
                clock.set(secs(START));
                browser.get(&sessions, |session| session.set(visit(8)).unwrap());
                browser.get(&sessions, |session| session.renew().unwrap());
                clock.set(secs(START + 2 * DAY));
                browser.get(&sessions, read);
                browser.get(&sessions, |session| session.purge().unwrap());
            }
            seen.kinds()
        }
        "created" => twice(watched(), &|sessions| drop(Call::get().run(sessions, sets))),
        "imported" => {
            twice(seen_by(|builder| builder.import_from(later(), old_cookie)), &|sessions| {
                Call::get().asks("cookie", "sid=1").run(sessions, read);
            })
        }
        "not-imported" => {
            let large = |_: &HeaderMap| Some(full());
            twice(seen_by(|builder| builder.import_from(later(), large)), &|sessions| {
                Call::get().asks("cookie", "sid=1").run(sessions, read);
            })
        }
        "rejected" => {
            twice(seen_by(|builder| builder.validate(|_, _| Err("banned"))), &|sessions| {
                let (key, claims) =
                    (wire::Key::of(sessions.key_ring()), wire::Claims::of(sessions));
                let other = key.seal(&wire::Claims { shape: [0; 4], ..claims }.plain());
                for value in [other, sessions.seal(&visit(7)).unwrap()] {
                    Call::get().cookie(&value).run(sessions, read);
                }
            })
        }
        "behind-a-comma" => twice(watched(), &|sessions| {
            Call::get().asks("cookie", format!("a=1, {NAME}=x")).run(sessions, read);
        }),
        "cross-origin-refused" => {
            twice(seen_by(|builder| builder.cross_origin(CrossOrigin::refuse())), &|sessions| {
                let form = Call::post().asks("sec-fetch-site", "cross-site");
                assert!(sessions.check_cross_origin(form.headers()).is_err());
            })
        }
        "too-large" => twice(watched(), &|sessions| {
            Call::get().run(sessions, |session| session.set(full()).unwrap_err());
        }),
        "nearly-too-large" => twice(watched(), &|sessions| {
            let large = Visit { note: "x".repeat(2660), ..visit(7) };
            Call::get().run(sessions, |session| session.set(large).unwrap());
        }),
        "write-refused" => {
            twice(seen_by(|builder| builder.on_unreadable(OnUnreadable::Refuse)), &|sessions| {
                let form = Call::post().asks("sec-fetch-site", "cross-site");
                form.run(sessions, |session| session.update(|_| ()).unwrap_err());
                let elsewhere = wire::Key::of(&ring()).seal(&wire::Claims::of(sessions).plain());
                Call::post()
                    .cookie(&elsewhere)
                    .run(sessions, |session| session.set(visit(7)).unwrap_err());
            })
        }
        "no-sealing-key" => {
            let (clock, seen) = (clock(), Seen::default());
            let ring: KeyRing = line("open-until=2027-01-16T00:00:00Z").parse().unwrap();
            let sessions = Sessions::<Visit>::builder(ring).clock(clock.clone());
            let sessions = sessions.on_event(seen.hook()).build().unwrap();
            clock.advance(secs(DAY));
            for _ in 0..2 {
                let refused = Call::get().run(&sessions, |session| session.set(visit(7)));
                assert_eq!(refused.returned, Err(SessionError::NoSealingKey));
            }
            seen.kinds()
        }
        "unsent-id" => twice(watched(), &|sessions| {
            Call::get().run(sessions, |session| session.renew().unwrap());
        }),
        "public-accessed" => twice(watched(), &|sessions| drop(public().run(sessions, read))),
        "public-cookie" => twice(watched(), &|sessions| drop(public().run(sessions, sets))),
        "lost-change" => twice(watched(), &|sessions| {
            let session = Call::get().load(sessions);
            sets(&session);
            sessions.commit(&session, 200_u16, &mut Full).unwrap_err();
            sessions.commit(&session, 200_u16, &mut Full).unwrap_err();
        }),
        "layer-conflict" => twice(watched(), &|sessions| {
            let other = builder(&clock()).build().unwrap();
            let (mut kept, call) = (RequestSessions::default(), Call::get());
            let _outer = SessionExchange::begin(&other, &mut kept, call.headers());
            let begun = SessionExchange::begin(sessions, &mut kept, call.headers());
            assert!(matches!(begun, Begun::Respond(answer) if answer.status() == 500));
        }),
        #[cfg(feature = "dbsc")]
        "device-registered" | "device-refreshed" | "device-refused" | "device-ended"
        | "clock-ahead" => devices::happen(name),
        "ring-changed" => {
            twice(watched(), &|sessions| sessions.key_ring().replace(&ring()).unwrap())
        }
        #[cfg(not(target_family = "wasm"))]
        "ring-refused" => native::a_file_is_refused_twice(),
        #[cfg(target_family = "wasm")]
        "ring-refused" => twice(watched(), &refuse_a_ring),
        unknown => panic!("no test makes {unknown} happen"),
    }
}

#[cfg(feature = "dbsc")]
mod devices {
    use super::*;
    use crate::support::device::*;
    use sealed_session::DeviceBound;

    /// Causes an event of a device key twice.
    pub(super) fn happen(name: &str) -> Vec<(EventKind, EventLevel)> {
        let (ring, seen) = (ring(), Seen::default());
        let at = |clock| {
            Sessions::<Visit>::builder(ring.clone())
                .clock(ManualClock::at(secs(clock)))
                .device_bound(DeviceBound::at("/dbsc"))
                .on_event(seen.hook())
                .build()
                .unwrap()
        };
        let ahead = if name == "clock-ahead" { 6 } else { 0 };
        let (sessions, other) = (at(START), at(START + ahead));
        for number in 1..=2 {
            let mut browser = BoundBrowser::new(number);
            let offer = browser.browser.get(&other, |session| session.offer_binding());
            browser.register(&sessions, offer.fields("secure-session-registration")[0]);
            match name {
                "device-refreshed" => drop(browser.refresh(&sessions)),
                "device-refused" => {
                    browser.key = DeviceKey::new(9);
                    browser.refresh(&sessions);
                }
                "device-ended" => {
                    browser.send(&sessions, Call::post(), |session| {
                        session.renew().and_then(|()| session.set(visit(7))).unwrap();
                    });
                    browser.get(&sessions, |session| session.purge().unwrap());
                    browser.refresh(&sessions);
                }
                _ => {}
            }
        }
        seen.kinds()
    }
}

/// The names of the events that this build can cause.
fn names() -> impl Iterator<Item = &'static str> {
    let of_devices = |name: &str| name.starts_with("device-") || name == "clock-ahead";
    let names = EventKind::NAMES.iter().copied();
    names.filter(move |name| cfg!(feature = "dbsc") || !of_devices(name))
}

#[test]
fn each_event_of_the_list_happens_once_for_its_cause() {
    for name in names() {
        let kinds = happen(name);
        let count = kinds.iter().filter(|(kind, _)| kind.name() == name).count();
        let expected = match name {
            "restored" => 8,
            "rejected" | "write-refused" => 4,
            _ => 2,
        };
        assert_eq!(count, expected, "{name}: {kinds:?}");
    }
}

#[test]
fn an_event_has_the_numbers_and_the_word() {
    for (kind, _) in happen("too-large") {
        let EventKind::TooLarge { needed, allowed, .. } = kind else { panic!("{kind:?}") };
        assert!(needed > 5000 && allowed == 4093, "{kind:?}");
    }
    let words = |name| -> Vec<Happened> {
        happen(name).iter().map(|(kind, _)| (kind.name(), kind.reason())).collect()
    };
    assert_eq!(words("not-imported")[0], ("not-imported", Some("too-large")));
    assert_eq!(words("lost-change")[0], ("lost-change", Some("headers-full")));
    let (sessions, _, seen) = watched();
    refuse_a_ring(&sessions);
    assert_eq!(seen.take(), [("ring-refused", Some("no-sealing-key"))]);
    let refused = |why| [("write-refused", Some(why))];
    assert_eq!(words("write-refused")[..1], refused("cross-site"));
    assert_eq!(words("write-refused")[2..3], refused("unreadable"));
    let kinds = happen("ring-changed");
    assert!(matches!(kinds[0].0, EventKind::RingChanged { keys: 1, .. }), "{kinds:?}");
}

#[test]
fn the_level_is_that_of_the_log() {
    let levels = |name: &str| -> Vec<EventLevel> {
        let kinds = happen(name).into_iter();
        kinds.filter(|(kind, _)| kind.name() == name).map(|(_, level)| level).collect()
    };
    assert_eq!(levels("too-large"), [EventLevel::Warn, EventLevel::Debug]);
    assert_eq!(levels("created"), [EventLevel::Trace; 2]);
    assert_eq!(levels("ring-changed"), [EventLevel::Info; 2]);
    assert!(EventLevel::Warn > EventLevel::Info && EventLevel::Debug > EventLevel::Trace);
}

#[test]
fn no_event_holds_a_cookie_id_or_datum() {
    const DATUM: &str = "swordfish-in-the-session";
    let (sessions, clock, seen) = seen_by(|builder| builder.session_ids(true));
    let mut browser = Browser::default();
    let note = |times| Visit { note: DATUM.repeat(times), ..visit(7) };
    browser.get(&sessions, |session| session.set(note(112)).unwrap());
    let id = browser.get(&sessions, |session| session.id().unwrap().to_string()).returned;
    let value = browser.value().to_owned();
    browser.get(&sessions, |session| session.set(note(300)).unwrap_err());
    clock.advance(secs(900 * DAY));
    for value in [&value[..], DATUM] {
        Call::get().cookie(value).run(&sessions, read);
    }
    let texts = seen.texts();
    assert!(texts.len() >= 6, "{texts:?}");
    for text in &texts {
        assert!(!text.contains(&id) && !text.contains(DATUM), "{text}");
        assert!(
            !value
                .as_bytes()
                .windows(12)
                .any(|piece| { text.contains(std::str::from_utf8(piece).unwrap()) })
        );
        assert!(text.starts_with(NAME));
    }
}

#[test]
fn every_sessions_of_a_ring_is_told_of_the_ring() {
    let (clock, ring) = (clock(), ring());
    let build = |seen: &Seen| {
        let builder = Sessions::<Visit>::builder(ring.clone()).clock(clock.clone());
        builder.on_event(seen.hook()).build().unwrap()
    };
    let (one, two) = (Seen::default(), Seen::default());
    let (kept, dropped) = (build(&one), build(&two));
    let tenant = kept.with_context("a tenant");
    let replace = || ring.replace(&crate::support::ring()).unwrap();
    replace();
    assert_eq!(
        (one.take(), two.take()),
        (vec![("ring-changed", None)], vec![("ring-changed", None)])
    );
    drop(dropped);
    replace();
    assert_eq!((one.take(), two.take()), (vec![("ring-changed", None)], vec![]));
    drop(kept);
    replace(); // the tenant's sessions have the hook too
    assert_eq!(one.take(), [("ring-changed", None)]);
    drop(tenant);
    replace();
    assert_eq!(one.take(), []);
}

#[test]
fn several_hooks_run_in_the_order_of_the_calls() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let hook = |number: u32| {
        let order = Arc::clone(&order);
        move |_: &Event<'_>| order.lock().unwrap().push(number)
    };
    let sessions = builder(&clock()).on_event(hook(1)).on_event(hook(2)).build().unwrap();
    Call::get().run(&sessions, |session| session.set(visit(7)).unwrap());
    assert_eq!(*order.lock().unwrap(), [1, 2]);
}

#[test]
fn the_gauge_says_when_the_ring_stops_sealing() {
    let keys = |lines: &[&str]| -> KeyRing {
        lines.iter().map(|attributes| line(attributes) + "\n").collect::<String>().parse().unwrap()
    };
    let now = at(START);
    assert_eq!(keys(&[""]).seals_until(now), None);
    assert_eq!(keys(&["open-until=2027-01-16T08:00:00Z"]).seals_until(now), Some(at(START + DAY)));
    // The key below seals on, and nothing seals in the gap between two keys.
    assert_eq!(keys(&["open-until=2027-01-16T08:00:00Z", ""]).seals_until(now), None);
    let gap = keys(&["seal-from=2027-01-18T08:00:00Z", "open-until=2027-01-16T08:00:00Z"]);
    assert_eq!(gap.seals_until(now), Some(at(START + DAY)));
    assert_eq!(gap.seals_until(at(START + 2 * DAY)), Some(at(START + 2 * DAY)));
    assert_eq!(gap.seals_until(at(START + 3 * DAY)), None);
    assert_eq!(gap.sealing_key(at(START + 2 * DAY)), None);
    let overlap = keys(&[
        "seal-from=2027-01-16T00:00:00Z open-until=2027-01-18T08:00:00Z",
        "open-until=2027-01-16T08:00:00Z",
    ]);
    assert_eq!(overlap.seals_until(now), Some(at(START + 3 * DAY)));
}

/// What needs threads, files, sockets, or panics that can be caught.
#[cfg(not(target_family = "wasm"))]
mod native {
    use super::*;
    use sealed_session::{KeyFile, LoadStatus};
    use std::collections::{BTreeMap, BTreeSet};
    use std::panic::panic_any;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A payload whose own `Drop` panics too.
    struct Vicious;

    impl Drop for Vicious {
        fn drop(&mut self) {
            panic!("again");
        }
    }

    #[test]
    fn a_panicking_hook_silences_no_other_and_breaks_no_response() {
        let seen = Seen::default();
        let sessions = builder(&clock())
            .on_event(|_| panic!("the counter is gone"))
            .on_event(|_| panic_any(Vicious))
            .on_event(seen.hook())
            .build()
            .unwrap();
        let log = logs::Log::listen();
        let mut browser = Browser::default();
        let answer = browser.get(&sessions, |session| session.set(visit(7)).unwrap());
        assert!(answer.committed.is_ok() && answer.sets());
        assert_eq!(seen.take(), [("created", None)]);
        browser.get(&sessions, |session| session.purge().unwrap());
        assert_eq!(seen.take(), [RESTORED, ("ended", Some("purge"))]);
        assert!(browser.is_empty());
        let log = log.text();
        assert!(log.contains("WARN") && log.contains("given to on_event panicked"), "{log}");
        assert!(log.contains(NAME), "{log}");
    }

    #[test]
    fn an_end_is_reported_whatever_the_event_hook_does() {
        let ends = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&ends);
        let sessions = builder(&clock())
            .on_event(|_| panic!("the counter is gone"))
            .on_end(move |_| {
                count.fetch_add(1, Ordering::SeqCst);
            })
            .build()
            .unwrap();
        let mut browser = signed_in(&sessions);
        browser.get(&sessions, |session| session.renew().unwrap());
        browser.get(&sessions, |session| session.purge().unwrap());
        assert_eq!(ends.load(Ordering::SeqCst), 2);
    }

    /// A hook that uses the session from another thread, and waits for it. It would wait for ever
    /// if a lock were held.
    #[test]
    fn a_hook_runs_outside_every_lock() {
        let slot = Arc::new(Mutex::new(None::<Session<Visit>>));
        let (held, seen) = (Arc::clone(&slot), Seen::default());
        let wrote = Arc::new(Mutex::new(Vec::new()));
        let writes = Arc::clone(&wrote);
        let sessions = builder(&clock())
            .on_event(seen.hook())
            .on_event(move |event| {
                let session = held.lock().unwrap().clone().unwrap();
                let name = event.name();
                let written = std::thread::spawn(move || {
                    session.read(|_| ());
                    session.update(|visit| visit.cart.push(1))
                });
                writes.lock().unwrap().push((name, written.join().unwrap()));
            })
            .build()
            .unwrap();
        let value = sessions.seal(&visit(7)).unwrap();
        let session = Call::get().cookie(&value).load(&sessions);
        *slot.lock().unwrap() = Some(session.clone());
        session.update(|visit| visit.user = Some(8)).unwrap(); // opens it
        session.set(full()).unwrap_err();
        session.purge().unwrap();
        session.set(visit(9)).unwrap();
        sessions.commit(&session, 200_u16, &mut HeaderMap::new()).unwrap();
        let expected = [
            ("restored", Ok(())),
            ("too-large", Ok(())),
            ("ended", Ok(())),
            ("created", Err(SessionError::Responded)),
        ];
        assert_eq!(*wrote.lock().unwrap(), expected);
        assert_eq!(session.cloned().user, Some(9));
    }

    #[test]
    fn a_hook_that_causes_its_own_event_ends() {
        let seen = Seen::default();
        let ring = ring();
        let (replaced, slot) = (ring.clone(), Arc::new(Mutex::new(None::<Session<Visit>>)));
        let held = Arc::clone(&slot);
        let sessions = Sessions::<Visit>::builder(ring.clone())
            .clock(clock())
            .on_event(seen.hook())
            .on_event(move |_| {
                replaced.replace(&crate::support::ring()).unwrap();
                if let Some(session) = &*held.lock().unwrap() {
                    assert!(session.set(full()).is_err());
                }
            })
            .build()
            .unwrap();
        ring.replace(&crate::support::ring()).unwrap();
        let session = Call::get().load(&sessions);
        *slot.lock().unwrap() = Some(session.clone());
        session.set(full()).unwrap_err();
        assert_eq!(seen.take(), [("ring-changed", None), ("too-large", None)]);
        // The next event of the thread calls the hooks again.
        session.set(full()).unwrap_err();
        assert_eq!(seen.take(), [("too-large", None)]);
    }

    /// Sessions on a ring's file, which is removed at the end.
    struct OnFile {
        path: PathBuf,
        file: KeyFile,
        sessions: Sessions<Visit>,
        clock: ManualClock,
        seen: Seen,
    }

    impl OnFile {
        fn new() -> Self {
            static COUNT: AtomicUsize = AtomicUsize::new(0);
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("sealed-on-event-{}-{number}", std::process::id());
            let path = std::env::temp_dir().join(name);
            std::fs::write(&path, line("") + "\n").unwrap();
            let file = KeyFile::watch(&path).unwrap();
            let (seen, clock) = (Seen::default(), ManualClock::at_system_time());
            let sessions = Sessions::<Visit>::builder(file.ring()).clock(clock.clone());
            let sessions = sessions.on_event(seen.hook()).build().unwrap();
            Self { path, file, sessions, clock, seen }
        }
    }

    impl Drop for OnFile {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.path);
        }
    }

    pub(super) fn a_file_is_refused_twice() -> Vec<(EventKind, EventLevel)> {
        let on_file = OnFile::new();
        let OnFile { path, file, clock, seen, .. } = &on_file;
        clock.set(secs(START));
        std::fs::write(path, "# nothing\n").unwrap();
        for _ in 0..2 {
            assert_eq!(file.reload(), Err(RingError::Empty));
        }
        seen.kinds()
    }

    #[test]
    fn a_ring_s_file_is_reported() {
        let on_file = OnFile::new();
        let OnFile { path, file, sessions, clock, seen } = &on_file;
        std::fs::write(path, "# nothing\n").unwrap();
        assert_eq!(file.reload(), Err(RingError::Empty));
        assert_eq!(seen.take(), [("ring-refused", Some("empty"))]);
        std::fs::write(path, format!("{}\n{}\n", line(""), line(""))).unwrap();
        file.reload().unwrap();
        assert!(matches!(seen.kinds()[..], [(EventKind::RingChanged { keys: 2, .. }, _)]));
        std::fs::remove_file(path).unwrap();
        // A request that checks the file: the ring's event comes before the session's.
        clock.advance(secs(70));
        Call::get().cookie("!").run(sessions, |session| {
            assert!(matches!(session.load_status(), LoadStatus::Rejected(_)));
        });
        let expected = [("ring-refused", Some("unreadable")), ("rejected", Some("malformed"))];
        assert_eq!(seen.take(), expected);
    }

    /// The levels at which an event was logged, and the names of its fields.
    type Logged = (BTreeSet<String>, BTreeSet<String>);

    /// What was logged, by the names of the events.
    #[derive(Clone, Default)]
    struct Fields(Arc<Mutex<BTreeMap<String, Logged>>>);

    #[derive(Default)]
    struct Names(Vec<String>, String);

    impl tracing::field::Visit for Names {
        fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
            match field.name() {
                "event" => self.1 = format!("{value:?}").trim_matches('"').to_owned(),
                "message" => {}
                name => self.0.push(name.to_owned()),
            }
        }
    }

    impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Fields {
        fn on_event(
            &self,
            event: &tracing::Event<'_>,
            _: tracing_subscriber::layer::Context<'_, S>,
        ) {
            let mut names = Names::default();
            event.record(&mut names);
            let mut seen = self.0.lock().unwrap();
            let (levels, fields) = seen.entry(names.1).or_default();
            levels.insert(event.metadata().level().to_string().to_lowercase());
            fields.extend(names.0);
        }
    }

    /// The table of the page: the name of each event with its levels and fields.
    fn table(page: &str) -> Vec<(String, BTreeSet<String>, BTreeSet<String>)> {
        let code = |cell: &str| -> BTreeSet<String> {
            cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        };
        let table = page.split("| event | level | fields |").nth(1).unwrap();
        let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
        rows.map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
            let name = code(cells[0]).into_iter().next().unwrap();
            let words = cells[1].split(|letter: char| !letter.is_ascii_lowercase());
            let levels = ["trace", "debug", "info", "warn"];
            let levels = words.filter(|word| levels.contains(word)).map(str::to_owned).collect();
            (name, levels, code(cells[2]))
        })
        .collect()
    }

    #[test]
    fn the_page_s_table_is_the_code_s() {
        use tracing_subscriber::layer::SubscriberExt;
        let rows = table(include_str!("../../docs/observing.md"));
        let names: Vec<&str> = rows.iter().map(|(name, ..)| &**name).collect();
        assert_eq!(names, EventKind::NAMES);
        for (name, levels, fields) in &rows {
            let seen = Fields::default();
            let subscriber = tracing_subscriber::registry().with(seen.clone());
            tracing::subscriber::with_default(subscriber, || {
                drop(happen(name));
            });
            let mut seen = seen.0.lock().unwrap();
            let (seen_levels, mut seen_fields) = seen.remove(name).unwrap_or_default();
            // Every event but those of a ring has the cookie's name.
            assert_eq!(seen_fields.remove("cookie"), !name.starts_with("ring-"), "{name}");
            assert_eq!((levels, fields), (&seen_levels, &seen_fields), "{name}");
        }
    }

    #[test]
    fn the_page_names_what_is_logged_without_an_event() {
        let page = include_str!("../../docs/observing.md");
        let source = include_str!("../../src/events/notice.rs");
        let list = source.split("notices! {").nth(1).unwrap().split('}').next().unwrap();
        let quoted = |line: &'static str| line.trim().strip_prefix('"')?.split('"').next();
        let names: Vec<&str> = list.lines().filter_map(quoted).collect();
        assert!(names.len() > 5);
        for name in names {
            assert!(page.contains(&format!("| `{name}` |")), "{name}");
        }
    }
}
