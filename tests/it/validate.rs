//! docs/rules.md §5.15: checks that refuse a session, and hooks that report a session's end.

use crate::support::*;
use http::{HeaderMap, StatusCode};
use sealed_session::SessionError;
use sealed_session::hooks::{EndCause, SessionEnd};
use sealed_session::migrate::LegacyCookie;
use sealed_session::{
    Builder, Expiry, LoadStatus, OnUnreadable, OpenError, Reason, Session, SessionId, SessionInfo,
    Sessions,
};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const BANNED: &str = "banned";
const REFUSED: LoadStatus = LoadStatus::Rejected(Reason::Refused(BANNED));
const OLDER: LoadStatus =
    LoadStatus::Rejected(Reason::Refused("created before reject_created_before"));

/// Accepts every user except user 9.
fn not_nine(_: &SessionInfo, visit: &Visit) -> Result<(), &'static str> {
    if visit.user == Some(9) { Err(BANNED) } else { Ok(()) }
}

fn issued(sessions: &Sessions<Visit>, issued: u64, user: u64) -> String {
    let claims = wire::Claims { issued, ..wire::Claims::of(sessions) }.plain();
    let data = postcard::to_allocvec(&visit(user)).unwrap();
    wire::Key::of(sessions.key_ring()).seal(&[&claims[..claims.len() - 4], &data].concat())
}

fn look(session: &Session<Visit>) -> (LoadStatus, Option<u64>) {
    (session.load_status(), session.read(|visit| visit.user))
}

#[test]
fn a_refused_session_is_empty_and_gives_the_reason() {
    let sessions = builder(&clock()).validate(not_nine).build().unwrap();
    let mut browsers = [7, 9].map(|user| Browser::holding(&issued(&sessions, START, user)));
    let answers = browsers.each_mut().map(|browser| browser.get(&sessions, look));
    assert_eq!(answers[0].returned, (LoadStatus::Restored, Some(7)));
    assert_eq!(answers[1].returned, (REFUSED, None));
    assert!(answers.iter().all(|answer| answer.lines().is_empty()), "and the cookie stays");
    assert_eq!(Call::get().run(&sessions, look).returned, (LoadStatus::New, None));
    assert_eq!(
        Call::get().cookie("!").run(&sessions, look).returned,
        (LoadStatus::Rejected(Reason::Malformed), None)
    );
}

#[test]
fn a_check_sees_the_claims_as_the_handle_does() {
    let seen = Arc::new(Mutex::new(None));
    let clock = clock();
    let note = Arc::clone(&seen);
    let sessions = builder(&clock).session_ids(true).validate(move |info, visit| {
        let times = (info.created_at(), info.issued_at(), info.expires_at());
        *note.lock().unwrap() = Some((visit.clone(), info.id(), info.expiry(), times));
        Ok(())
    });
    let sessions = sessions.build().unwrap();
    let mut browser = signed_in(&sessions);
    browser.get(&sessions, |session| session.set_expiry(Expiry::Idle(secs(7 * DAY))).unwrap());
    clock.advance(secs(DAY));
    browser.get(&sessions, |session| session.cloned());
    clock.advance(secs(MINUTE));
    let of_the_handle = browser.get(&sessions, |session| {
        let times =
            (session.info().created_at(), session.info().issued_at(), session.info().expires_at());
        Some((session.cloned(), session.id(), session.info().expiry(), times))
    });
    assert_eq!(*seen.lock().unwrap(), of_the_handle.returned);
    assert_eq!(
        of_the_handle.returned.unwrap().3,
        (at(START), at(START + DAY), at(START + 8 * DAY))
    );
}

#[test]
fn a_check_runs_once_for_each_cookie_at_the_first_touch() {
    let asked = Arc::new(AtomicUsize::new(0));
    let clock = clock();
    let count = Arc::clone(&asked);
    let sessions = builder(&clock).validate(move |_, _| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    let sessions = sessions.build().unwrap();
    let [old, new] = [START - 1, START].map(|time| issued(&sessions, time, 7));
    let expired = issued(&sessions, START - 15 * DAY, 7);
    let call = || ["!", &old, &expired, &new].into_iter().fold(Call::get(), Call::cookie);
    call().run(&sessions, |_| ());
    assert_eq!(asked.load(Ordering::Relaxed), 0, "untouched");
    call().run(&sessions, |session| {
        (look(session), session.update(|visit| visit.cart.push(1)).unwrap(), look(session))
    });
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[test]
fn a_refused_cookie_loses_to_an_older_accepted_one() {
    let sessions = builder(&clock()).validate(not_nine).build().unwrap();
    let [good, refused] =
        [(START - 5, 7), (START, 9)].map(|(time, user)| issued(&sessions, time, user));
    for order in [[&good, &refused], [&refused, &good]] {
        let call = order.into_iter().fold(Call::get(), |call, value| call.cookie(value));
        assert_eq!(call.run(&sessions, look).returned, (LoadStatus::Restored, Some(7)));
    }
}

#[test]
fn checks_run_in_order_and_the_newest_cookie_counts() {
    let sessions = builder(&clock())
        .validate(not_nine)
        .validate(|_, visit| if visit.user < Some(8) { Ok(()) } else { Err("above seven") })
        .build()
        .unwrap();
    let [seven, eight, nine] =
        [(START, 7), (START - 1, 8), (START, 9)].map(|(time, user)| issued(&sessions, time, user));
    let status = |values: &[&String]| {
        values
            .iter()
            .fold(Call::get(), |call, value| call.cookie(value))
            .run(&sessions, look)
            .returned
    };
    assert_eq!(status(&[&seven]), (LoadStatus::Restored, Some(7)));
    assert_eq!(status(&[&eight]), (LoadStatus::Rejected(Reason::Refused("above seven")), None));
    assert_eq!(status(&[&nine]), (REFUSED, None));
    assert_eq!(status(&[&eight, &nine]), (REFUSED, None));
    assert_eq!(status(&[&nine, &eight]), (REFUSED, None));
}

#[test]
fn a_cookie_that_fails_otherwise_keeps_its_reason() {
    let sessions = builder(&clock())
        .validate(|_, _| Err("nobody"))
        .reject_created_before(at(START + DAY))
        .build()
        .unwrap();
    let status = |value: String| {
        Call::get().cookie(&value).run(&sessions, |session| session.load_status()).returned
    };
    let (key, claims) = (wire::Key::of(sessions.key_ring()), wire::Claims::of(&sessions));
    assert_eq!(
        status(issued(&sessions, START - 20 * DAY, 7)),
        LoadStatus::Rejected(Reason::ExpiredIdle)
    );
    assert_eq!(
        status(key.seal(&[&claims.plain()[..], &[0]].concat())),
        LoadStatus::Rejected(Reason::Undecodable)
    );
    assert_eq!(status(issued(&sessions, START, 7)), OLDER);
}

#[test]
fn a_refused_cookie_stays_until_the_handler_writes() {
    let clock = clock();
    let sessions =
        builder(&clock).validate(not_nine).on_unreadable(OnUnreadable::Refuse).build().unwrap();
    let refused = issued(&sessions, START, 9);
    clock.advance(secs(5 * DAY));
    assert!(
        Call::get().cookie(&refused).run(&sessions, look).lines().is_empty(),
        "a refresh is long due"
    );
    let written = Call::get()
        .cookie(&refused)
        .run(&sessions, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    assert_eq!(
        sessions.open(written.value()).unwrap(),
        Visit { cart: vec![1], ..Visit::default() },
        "nothing of the old one"
    );
    let (claims, _) = wire::Key::of(sessions.key_ring()).read(written.value());
    assert_eq!(claims.age, 0);
    assert!(
        Call::get().cookie(&refused).run(&sessions, |session| session.purge().unwrap()).deletes()
    );
}

#[test]
fn open_checks_too_and_gives_the_reason() {
    let sessions = builder(&clock()).validate(not_nine).build().unwrap();
    assert_eq!(sessions.open(&sessions.seal(&visit(7)).unwrap()).unwrap(), visit(7));
    let error = sessions.open(&sessions.seal(&visit(9)).unwrap()).unwrap_err();
    assert_eq!(error.reason(), Reason::Refused(BANNED));
    assert_eq!(error.to_string(), "the sealed value does not open: refused, banned");
    let ticket = sessions.with_context("ticket");
    assert_eq!(
        ticket.open(&ticket.seal(&visit(9)).unwrap()).map_err(OpenError::reason),
        Err(Reason::Refused(BANNED)),
        "under every context"
    );
}

#[test]
fn imports_and_writes_are_not_validated() {
    let old = LegacyCookie::new("sid", at(START + DAY));
    let sessions = builder(&clock())
        .validate(not_nine)
        .reject_created_before(at(START + DAY))
        .import_from(old, |_| Some(visit(9)));
    let sessions = sessions.build().unwrap();
    let imported = Call::get().asks("cookie", "sid=1").run(&sessions, look);
    assert_eq!(imported.returned, (LoadStatus::Imported, Some(9)));
    assert!(imported.sets());
    let both = Call::get().asks("cookie", "sid=1").cookie(imported.value()).run(&sessions, look);
    assert_eq!(both.returned, (OLDER, None), "never in place of one that was refused");
    let written = Call::get().run(&sessions, |session| {
        session.set(visit(9)).unwrap();
        session.read(|visit| visit.user)
    });
    assert_eq!(written.returned, Some(9));
}

#[test]
fn reject_created_before_rounds_up() {
    for (reject_created_before, created, status) in [
        (at(START), START - 1, OLDER),
        (at(START), START, LoadStatus::Restored),
        (at(START) + std::time::Duration::from_nanos(1), START, OLDER),
        (at(START) + std::time::Duration::from_nanos(1), START + 1, LoadStatus::Restored),
        (before_1970(), START, LoadStatus::Restored),
    ] {
        let sessions =
            builder(&clock()).reject_created_before(reject_created_before).build().unwrap();
        let call = Call::get().cookie(&issued(&sessions, created, 7));
        assert_eq!(
            call.run(&sessions, |session| session.load_status()).returned,
            status,
            "{reject_created_before:?} {created}"
        );
    }
}

#[test]
fn a_refresh_does_not_escape_reject_created_before() {
    let clock = clock();
    let ring = ring();
    let [told, untold] = [0, 1]
        .map(|_| Sessions::<Visit>::builder(ring.clone()).clock(clock.clone()).build().unwrap());
    let mut browser = signed_in(&told);
    clock.advance(secs(2 * DAY));
    told.reject_created_before(at(START + 2 * DAY));
    assert_eq!(browser.get(&told, look).returned.0, OLDER);
    clock.advance(secs(MINUTE));
    let refreshed = browser.get(&untold, look);
    assert_eq!((refreshed.returned.0, refreshed.sets()), (LoadStatus::Restored, true));
    assert_eq!(browser.get(&told, look).returned, (OLDER, None));
    browser.get(&untold, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    assert_eq!(browser.get(&told, look).returned.0, OLDER, "nor does an update");
    browser.get(&untold, |session| session.renew().unwrap());
    assert_eq!(
        browser.get(&told, look).returned.0,
        LoadStatus::Restored,
        "who has proved who they are comes back"
    );
}

#[test]
fn reject_created_before_holds_for_all_clones() {
    let (sessions, _) = sessions();
    let (clone, context) = (sessions.clone(), sessions.with_context("tenant"));
    let values = [sessions.seal(&visit(7)).unwrap(), context.seal(&visit(7)).unwrap()];
    let admitted = || [clone.open(&values[0]).is_ok(), context.open(&values[1]).is_ok()];
    assert_eq!(admitted(), [true; 2]);
    sessions.reject_created_before(at(START + 1));
    assert_eq!(admitted(), [false; 2]);
    sessions.reject_created_before(at(0));
    assert_eq!(admitted(), [true; 2]);
}

#[test]
#[cfg(not(target_family = "wasm"))]
fn a_refusal_is_one_event_at_debug_without_data() {
    let sessions = builder(&clock()).session_ids(true).validate(|_, visit| match visit.user {
        Some(_) => Err(BANNED),
        None => Ok(()),
    });
    let sessions = sessions.build().unwrap();
    let value = sessions.seal(&Visit { note: "swordfish".to_owned(), ..visit(9) }).unwrap();
    let text = logs::logged(|| drop(Call::get().cookie(&value).run(&sessions, look)));
    assert_eq!(text.lines().count(), 1, "{text}");
    for word in ["DEBUG", "session rejected", "reason=\"refused\"", "refusal=\"banned\"", NAME] {
        assert!(text.contains(word), "{word} is missing: {text}");
    }
    assert!(!text.contains("swordfish") && !text.contains(&value[..12]), "{text}");
}

/// The reported ends, in order.
type Heard =
    Arc<Mutex<Vec<(EndCause, Option<SessionId>, Option<SessionId>, std::time::SystemTime)>>>;

fn hearing(builder: Builder<Visit>) -> (Sessions<Visit>, Heard) {
    let heard = Heard::default();
    let note = Arc::clone(&heard);
    let hear = move |ended: &SessionEnd| {
        note.lock().unwrap().push((
            ended.cause(),
            ended.previous_id(),
            ended.new_id(),
            ended.copies_valid_until(),
        ));
    };
    (builder.on_end(hear).build().unwrap(), heard)
}

fn taken(
    heard: &Heard,
) -> Vec<(EndCause, Option<SessionId>, Option<SessionId>, std::time::SystemTime)> {
    std::mem::take(&mut *heard.lock().unwrap())
}

#[test]
fn a_purge_is_reported_at_the_call() {
    let clock = clock();
    let (sessions, heard) = hearing(builder(&clock).session_ids(true));
    let mut browser = signed_in(&sessions);
    clock.advance(secs(3 * DAY));
    let id = browser.get(&sessions, |session| session.id()).returned.unwrap();
    let told = browser.get(&sessions, |session| {
        session.purge().unwrap();
        taken(&heard)
    });
    assert_eq!(told.returned, [(EndCause::Purge, Some(id), None, at(START + 30 * DAY))]);
    assert!(told.deletes());
    assert_eq!(taken(&heard), []);
}

#[test]
fn a_renewal_is_reported_with_its_response() {
    let clock = clock();
    let (sessions, heard) = hearing(builder(&clock).session_ids(true));
    let mut browser = signed_in(&sessions);
    clock.advance(secs(DAY));
    let renewed = browser.get(&sessions, |session| {
        let old = session.id();
        session.renew().unwrap();
        session.renew().unwrap();
        session.update(|visit| visit.cart.push(1)).unwrap();
        assert_eq!(taken(&heard), [], "not yet");
        (EndCause::Renew, old, session.id(), at(START + 30 * DAY))
    });
    assert!(
        renewed.sets() && renewed.returned.1.is_some() && renewed.returned.1 != renewed.returned.2
    );
    assert_eq!(taken(&heard), [renewed.returned], "both renewals are one");
    browser.get(&sessions, |session| session.cloned());
    assert_eq!(taken(&heard), []);
}

#[test]
fn only_the_absolute_timeout_bounds_copies() {
    let clock = clock();
    let ring = format!(
        "{}\n{}",
        line("seal-from=2027-01-20T00:00:00Z"),
        line("open-until=2027-02-01T00:00:00Z")
    );
    for expiry in [Expiry::Idle(secs(60)), Expiry::At(at(START + MINUTE)), Expiry::BrowserSession] {
        let (sessions, heard) =
            hearing(Sessions::<Visit>::builder(ring.parse().unwrap()).clock(clock.clone()));
        let mut browser = signed_in(&sessions);
        browser.get(&sessions, |session| session.set_expiry(expiry).unwrap());
        browser.get(&sessions, |session| session.purge().unwrap());
        assert_eq!(
            taken(&heard),
            [(EndCause::Purge, None, None, at(START + 30 * DAY))],
            "{expiry:?}"
        );
    }
}

#[test]
fn on_5xx_only_a_purge_is_reported() {
    let (sessions, heard) = hearing(builder(&clock()).session_ids(true));
    let mut browser = signed_in(&sessions);
    browser.send(&sessions, Call::post().status(500), |session| session.renew().unwrap());
    assert_eq!(taken(&heard), []);
    let failed = browser.send(&sessions, Call::post().status(503), |session| {
        session.renew().unwrap();
        session.purge().unwrap();
    });
    assert!(failed.deletes());
    let [(EndCause::Purge, Some(_), None, _)] = taken(&heard)[..] else {
        panic!("a purge, and no renewal")
    };
}

#[test]
fn without_a_response_only_a_purge_is_reported() {
    let (sessions, heard) = hearing(builder(&clock()));
    let value = sessions.seal(&visit(7)).unwrap();
    let cancelled = |run: fn(&Session<Visit>)| {
        let session = Call::post().cookie(&value).load(&sessions);
        run(&session);
        session.close();
        sessions.commit(&session, StatusCode::OK, &mut HeaderMap::new()).unwrap();
        taken(&heard).len()
    };
    assert_eq!(cancelled(|session| session.renew().unwrap()), 0);
    assert_eq!(cancelled(|session| session.purge().unwrap()), 1);
}

#[test]
fn a_renewal_that_cannot_be_committed_is_not_reported() {
    let (sessions, heard) = hearing(builder(&clock()));
    let session = Call::post().cookie(&sessions.seal(&visit(7)).unwrap()).load(&sessions);
    session.renew().unwrap();
    let mut full = HeaderMap::new();
    for index in 0.. {
        let name: http::HeaderName = format!("x-{index}").parse().unwrap();
        if full.try_insert(name, http::HeaderValue::from_static("")).is_err() {
            break;
        }
    }
    assert_eq!(
        sessions.commit(&session, StatusCode::OK, &mut full),
        Err(SessionError::HeadersFull)
    );
    assert_eq!(taken(&heard), []);
}

#[test]
fn an_emptied_renewal_is_reported_without_a_new_id() {
    let (sessions, heard) = hearing(builder(&clock()).session_ids(true));
    let mut browser = signed_in(&sessions);
    let answer = browser.get(&sessions, |session| {
        session.renew().unwrap();
        session.set(Visit::default()).unwrap();
    });
    assert!(answer.deletes());
    let [(EndCause::Renew, Some(_), None, _)] = taken(&heard)[..] else {
        panic!("a renewal without a new id")
    };
}

#[test]
fn a_session_that_begins_after_a_purge_ends_unreported() {
    let (sessions, heard) = hearing(builder(&clock()).session_ids(true));
    let mut browser = signed_in(&sessions);
    let answer = browser.get(&sessions, |session| {
        session.purge().unwrap();
        session.purge().unwrap();
        session.set(visit(8)).unwrap();
        session.renew().unwrap();
    });
    assert!(answer.sets());
    let [(EndCause::Purge, Some(_), None, _)] = taken(&heard)[..] else { panic!("one purge") };
}

#[test]
fn only_sessions_from_our_cookie_are_reported() {
    let clock = clock();
    let old = LegacyCookie::new("sid", at(START + DAY));
    let (sessions, heard) = hearing(
        builder(&clock).session_ids(true).validate(not_nine).import_from(old, |_| Some(visit(7))),
    );
    let refused = issued(&sessions, START, 9);
    let calls: [fn(&str) -> Call; 5] = [
        |_| Call::get(),
        |_| Call::get().cookie("!"),
        |refused| Call::get().cookie(refused),
        |_| Call::get().asks("cookie", "sid=1"),
        |_| Call::post().asks("sec-fetch-site", "cross-site"),
    ];
    for call in calls {
        call(&refused).run(&sessions, |session| session.renew().unwrap());
        call(&refused).run(&sessions, |session| session.purge().unwrap());
        call(&refused).run(&sessions, |session| {
            session.set(visit(1)).unwrap();
            session.renew().unwrap();
            session.purge().unwrap();
        });
    }
    assert_eq!(taken(&heard), []);
}

#[test]
fn a_refused_purge_is_not_reported() {
    let (sessions, heard) = hearing(builder(&clock()));
    let session = Call::post().cookie(&sessions.seal(&visit(7)).unwrap()).load(&sessions);
    assert!(session.update(|_| session.purge()).unwrap().is_err());
    session.close();
    assert!(session.purge().is_err());
    assert_eq!(taken(&heard), []);
}

#[test]
fn a_list_of_refused_ids_ends_a_sessions_copies() {
    let list = Arc::new(Mutex::new(HashSet::new()));
    let (asked, told) = (Arc::clone(&list), Arc::clone(&list));
    let clock = clock();
    let sessions = builder(&clock)
        .session_ids(true)
        .validate(move |info, _| match info.id() {
            Some(id) if asked.lock().unwrap().contains(&id) => Err("ended"),
            _ => Ok(()),
        })
        .on_end(move |ended| told.lock().unwrap().extend(ended.previous_id()))
        .build()
        .unwrap();
    let (mut visitor, mut other) = (signed_in(&sessions), signed_in(&sessions));
    let mut thief = visitor.clone();
    clock.advance(secs(2 * DAY));
    assert!(thief.get(&sessions, look).sets(), "a refresh");
    visitor.get(&sessions, |session| session.renew().unwrap());
    assert_eq!(
        thief.get(&sessions, look).returned,
        (LoadStatus::Rejected(Reason::Refused("ended")), None)
    );
    assert_eq!(visitor.get(&sessions, look).returned.0, LoadStatus::Restored);
    thief = visitor.clone();
    visitor.get(&sessions, |session| session.purge().unwrap());
    assert_eq!(
        thief.get(&sessions, look).returned,
        (LoadStatus::Rejected(Reason::Refused("ended")), None)
    );
    assert_eq!(other.get(&sessions, look).returned, (LoadStatus::Restored, Some(7)));
}

#[test]
fn debug_of_hook_arguments_shows_no_id_and_no_data() {
    let shown = Arc::new(Mutex::new(String::new()));
    let (judged, heard) = (Arc::clone(&shown), Arc::clone(&shown));
    let sessions = builder(&clock())
        .session_ids(true)
        .validate(move |info, _| {
            judged.lock().unwrap().push_str(&format!("{info:?}"));
            Ok(())
        })
        .on_end(move |ended| heard.lock().unwrap().push_str(&format!("{ended:?}")))
        .build()
        .unwrap();
    let value = sessions.seal(&Visit { note: "swordfish".to_owned(), ..visit(7) }).unwrap();
    let id = Call::get().cookie(&value).run(&sessions, |session| {
        let id = session.id().unwrap();
        session.purge().unwrap();
        id
    });
    let shown = shown.lock().unwrap();
    assert!(shown.contains("SessionInfo") && shown.contains("Purge"), "{shown}");
    let bytes = format!("{:?}", id.returned.to_bytes());
    for hidden in ["swordfish", &id.returned.to_string(), bytes.trim_matches(['[', ']'])] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

/// Platforms on which a panic can be caught.
#[cfg(not(target_family = "wasm"))]
mod panics {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn after_a_panicking_check_the_next_touch_asks_again() {
        let calm = Arc::new(AtomicUsize::new(0));
        let asked = Arc::clone(&calm);
        let sessions = builder(&clock()).validate(move |_, _| {
            assert!(asked.fetch_add(1, Ordering::Relaxed) > 0, "the first time");
            Ok(())
        });
        let sessions = sessions.build().unwrap();
        let session = Call::get().cookie(&issued(&sessions, START, 7)).load(&sessions);
        assert!(
            catch_unwind(AssertUnwindSafe(|| session.update(|visit| visit.cart.push(1)))).is_err()
        );
        assert_eq!(look(&session), (LoadStatus::Restored, Some(7)));
        session.update(|visit| visit.cart.push(2)).unwrap();
        assert_eq!(session.read(|visit| visit.cart.clone()), [2]);
    }

    #[test]
    fn a_panicking_end_hook_does_not_undo_a_purge() {
        let sessions = builder(&clock()).on_end(|_| panic!("the list is gone")).build().unwrap();
        let mut browser = signed_in(&sessions);
        let answer = browser.get(&sessions, |session| {
            assert!(catch_unwind(AssertUnwindSafe(|| session.purge())).is_err());
            session.flash(sealed_session::Level::INFO, "signed out").unwrap();
            session.cloned()
        });
        assert_eq!((answer.returned.user, answer.sets()), (None, true));
    }

    #[test]
    fn a_panicking_end_hook_does_not_undo_a_renewal() {
        let heard = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&heard);
        let sessions = builder(&clock()).on_end(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            panic!("the list is gone")
        });
        let sessions = sessions.build().unwrap();
        let session = Call::post().cookie(&sessions.seal(&visit(7)).unwrap()).load(&sessions);
        session.renew().unwrap();
        let mut headers = HeaderMap::new();
        assert!(
            catch_unwind(AssertUnwindSafe(|| sessions.commit(
                &session,
                StatusCode::OK,
                &mut headers
            )))
            .is_err()
        );
        assert!(headers.contains_key("set-cookie"));
        sessions.commit(&session, StatusCode::OK, &mut headers).unwrap();
        assert_eq!(
            (heard.load(Ordering::Relaxed), headers.get_all("set-cookie").iter().count()),
            (1, 1)
        );
        assert_eq!(session.read(|visit| visit.user), Some(7));
    }
}
