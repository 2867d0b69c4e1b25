//! docs/rules.md §5.14: cookies that earlier software left in the browser. Another library's
//! session is imported. Its cookie, and copies of our cookie at other places, are deleted when no
//! server needs them.

use crate::support::*;
use sealed_session::clock::ManualClock;
use sealed_session::migrate::LegacyCookie;
use sealed_session::{
    Builder, Expiry, Level, LoadStatus, Reason, SameSite, Session, SessionError, Sessions,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const UNTIL: u64 = START + 30 * DAY;
const DELETE_FROM: u64 = START + 7 * DAY;

/// Sessions that import the user from the cookie `sid`, their clock, and how often the old cookie
/// was read.
fn moving() -> (Sessions<Visit>, ManualClock, Arc<AtomicUsize>) {
    let clock = clock();
    let (read, counted) = (Arc::new(AtomicUsize::new(0)), builder(&clock));
    let counter = Arc::clone(&read);
    let sessions = counted
        .import_from(
            LegacyCookie::new("sid", at(UNTIL)).delete_after(at(DELETE_FROM)),
            move |headers| {
                counter.fetch_add(1, Ordering::Relaxed);
                let user =
                    headers.get("cookie")?.to_str().ok()?.strip_prefix("sid=")?.parse().ok()?;
                Some(visit(user))
            },
        )
        .build()
        .unwrap();
    (sessions, clock, read)
}

fn user(session: &Session<Visit>) -> Option<u64> {
    session.read(|visit| visit.user)
}

fn deleted(answer: &Answer<impl Sized>) -> Vec<String> {
    let lines = answer.lines().into_iter().filter(|line| line.contains("Max-Age=0"));
    lines.map(|line| line.split('=').next().unwrap().to_owned()).collect()
}

fn old() -> Call {
    Call::get().asks("cookie", "theme=dark; sid=7")
}

#[test]
fn a_read_imports_the_old_session_and_sets_our_cookie() {
    let (sessions, _, _) = moving();
    let answer = old().run(&sessions, |session| {
        (user(session), session.load_status(), session.is_new(), session.is_modified())
    });
    assert_eq!(answer.returned, (Some(7), LoadStatus::Imported, true, false));
    assert_eq!(deleted(&answer), Vec::<String>::new());
    assert_eq!(sessions.open(answer.value()).unwrap(), visit(7));
    assert_eq!(
        (answer.fields("vary"), answer.fields("cache-control")),
        (vec!["Cookie"], vec!["private"])
    );
}

#[test]
fn without_a_touch_nothing_is_imported() {
    let (sessions, _, read) = moving();
    let answer = old().run(&sessions, |_| ());
    assert!(answer.headers.is_empty());
    assert_eq!(read.load(Ordering::Relaxed), 0);
}

#[test]
fn a_cookie_of_ours_always_prevents_the_import() {
    let (sessions, _, read) = moving();
    let elsewhere = crate::support::sessions().0.seal(&visit(8)).unwrap();
    for (value, reason) in [("j.unk", Reason::Malformed), (&*elsewhere, Reason::UnknownKey)] {
        let answer =
            old().cookie(value).run(&sessions, |session| (user(session), session.load_status()));
        assert_eq!(answer.returned, (None, LoadStatus::Rejected(reason)));
        assert!(answer.lines().is_empty());
    }
    let piece = old()
        .asks("cookie", format!("{NAME}.1=x"))
        .run(&sessions, |session| (user(session), session.load_status()));
    assert_eq!(piece.returned, (None, LoadStatus::New));
    assert_eq!(read.load(Ordering::Relaxed), 0);
}

#[test]
fn an_empty_cookie_counts_as_absent() {
    let (sessions, _, read) = moving();
    assert_eq!(old().cookie("").run(&sessions, user).returned, Some(7));
    let call = Call::get().asks("cookie", "sid=");
    assert_eq!(
        call.run(&sessions, |session| (session.load_status(), user(session))).returned,
        (LoadStatus::New, None)
    );
    assert_eq!(read.load(Ordering::Relaxed), 1);
}

#[test]
fn a_cross_site_form_imports_and_deletes_nothing() {
    let (sessions, clock, read) = moving();
    clock.advance(secs(8 * DAY));
    let call = Call::post().asks("cookie", "sid=7").asks("sec-fetch-site", "cross-site");
    let answer = call.run(&sessions, |session| (session.load_status(), session.purge()));
    assert_eq!(answer.returned, (LoadStatus::CrossSite, Ok(())));
    assert!(answer.lines().is_empty());
    let call = Call::post().asks("cookie", "sid=7").asks("sec-fetch-site", "cross-site");
    let refused = call.run(&sessions, |session| session.update(|visit| visit.cart.push(1)));
    assert_eq!(
        (refused.lines().len(), refused.returned),
        (0, Err(SessionError::CrossSite)),
        "the old one may be of a laxer SameSite"
    );
    assert_eq!(read.load(Ordering::Relaxed), 0);
}

#[test]
fn the_old_cookie_is_read_until_its_date() {
    let (sessions, clock, read) = moving();
    clock.set(secs(UNTIL - 1));
    assert_eq!(old().run(&sessions, user).returned, Some(7));
    clock.set(secs(UNTIL));
    let answer = old().run(&sessions, |session| (user(session), session.load_status()));
    assert_eq!(answer.returned, (None, LoadStatus::New));
    assert_eq!(deleted(&answer), ["sid"], "nobody needs it any more");
    assert_eq!(read.load(Ordering::Relaxed), 1);
}

#[test]
fn the_old_cookie_is_deleted_from_the_second_date_on() {
    let (sessions, clock, _) = moving();
    let value = old().run(&sessions, user).value().to_owned();
    clock.set(secs(DELETE_FROM - 1));
    let answer = old().cookie(&value).run(&sessions, user);
    assert!(answer.sets(), "it was due for a refresh");
    assert_eq!(deleted(&answer), Vec::<String>::new());
    let value = answer.value().to_owned();

    clock.set(secs(DELETE_FROM));
    let answer = old().cookie(&value).run(&sessions, user);
    assert_eq!(
        (answer.returned, answer.lines().len()),
        (Some(7), 1),
        "no refresh, and the deletion alone"
    );
    assert_eq!(answer.line(), "sid=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0");
    assert_eq!(answer.fields("vary"), ["Cookie"]);
    assert!(
        Call::get().cookie(&value).run(&sessions, user).lines().is_empty(),
        "only what came is deleted"
    );

    let new = old().run(&sessions, user);
    assert!(new.sets(), "who comes later is taken over and needs it no more");
    assert_eq!(deleted(&new), ["sid"]);
}

#[test]
fn signing_out_deletes_the_old_cookie_too() {
    let (sessions, _, _) = moving();
    let value = old().run(&sessions, user).value().to_owned();
    let purge = old().cookie(&value).run(&sessions, |session| session.purge().unwrap());
    assert_eq!(deleted(&purge), [NAME, "sid"]);
    let at_once = old().run(&sessions, |session| (user(session), session.purge()));
    assert_eq!(
        (at_once.returned.clone(), deleted(&at_once)),
        ((Some(7), Ok(())), vec!["sid".to_owned()])
    );
    let failed =
        old().cookie(&value).status(503).run(&sessions, |session| session.purge().unwrap());
    assert_eq!(deleted(&failed), [NAME, "sid"], "with any status");
    let emptied = old().run(&sessions, |session| session.set(Visit::default()).unwrap());
    assert_eq!(deleted(&emptied), ["sid"]);
    let with_a_word = old().cookie(&value).run(&sessions, |session| {
        session.purge().unwrap();
        session.flash(Level::SUCCESS, "Signed out.").unwrap();
    });
    assert!(with_a_word.sets());
    assert_eq!(
        deleted(&with_a_word),
        ["sid"],
        "or it would be imported again once the message was read"
    );
}

#[test]
fn signing_out_deletes_an_old_cookie_of_another_path() {
    // Its path does not cover the page that signs out, or the browser withheld it.
    let (sessions, _, _) = moving();
    let value = old().run(&sessions, user).value().to_owned();
    let ours = || Call::get().cookie(&value);
    let purge = ours().run(&sessions, |session| session.purge().unwrap());
    assert_eq!(deleted(&purge), [NAME, "sid"]);
    let emptied = ours().run(&sessions, |session| session.set(Visit::default()).unwrap());
    assert_eq!(deleted(&emptied), [NAME, "sid"]);
    let stranger = Call::get().run(&sessions, |session| session.purge().unwrap());
    assert!(stranger.lines().is_empty(), "who has neither is told nothing");
}

#[test]
fn an_unreadable_old_cookie_is_left_for_other_servers() {
    let clock = clock();
    let other_key = builder(&clock)
        .import_from(LegacyCookie::new("sid", at(UNTIL)).delete_after(at(START)), |_| None)
        .build()
        .unwrap();
    assert!(old().run(&other_key, user).lines().is_empty());
    assert!(
        old().asks("cookie", format!("{NAME}.1=planted")).run(&other_key, user).lines().is_empty()
    );
    let written = old().run(&other_key, |session| session.set(visit(8)).unwrap());
    assert_eq!(deleted(&written), ["sid"], "the visitor has ours now");
    clock.set(secs(UNTIL));
    assert_eq!(deleted(&old().run(&other_key, user)), ["sid"], "nobody reads it any more");
}

#[test]
fn a_new_sign_in_wins_and_the_old_cookie_waits() {
    let (sessions, _, _) = moving();
    let answer = old().run(&sessions, |session| {
        session.renew().unwrap();
        session.update(|visit| visit.user = Some(8)).unwrap();
    });
    assert_eq!(deleted(&answer), Vec::<String>::new());
    assert_eq!(sessions.open(answer.value()).unwrap(), visit(8));
    assert_eq!(old().cookie(answer.value()).run(&sessions, user).returned, Some(8));
}

#[test]
fn whatever_skips_a_refresh_skips_the_import() {
    let (sessions, clock, _) = moving();
    clock.set(secs(DELETE_FROM));
    let responses = [
        old().status(304),
        old().status(101),
        old().status(500),
        old().answers("cache-control", "public"),
    ];
    for call in responses {
        let answer = call.run(&sessions, user);
        assert_eq!((answer.returned, answer.lines()), (Some(7), vec![]), "{:?}", answer.headers);
    }
    let slow = old().run(&sessions, |session| {
        clock.advance(secs(6));
        user(session)
    });
    assert_eq!((slow.returned, slow.lines()), (Some(7), vec![]));
    let unasked = old().run(&sessions, |session| {
        session.skip_refresh();
        user(session)
    });
    assert_eq!((unasked.returned, unasked.lines()), (Some(7), vec![]));
    let written = old()
        .status(404)
        .run(&sessions, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    assert!(written.sets());
}

#[test]
fn what_does_not_fit_our_session_is_not_imported() {
    let clock = clock();
    let import = |value: fn() -> Option<Visit>| {
        builder(&clock)
            .import_from(LegacyCookie::new("sid", at(UNTIL)), move |_| value())
            .build()
            .unwrap()
    };
    for nothing in [
        || None,
        || Some(Visit::default()),
        || Some(Visit { note: "x".repeat(5000), ..Visit::default() }),
    ] {
        let answer =
            old().run(&import(nothing), |session| (session.load_status(), session.is_empty()));
        assert_eq!(answer.returned, (LoadStatus::New, true));
        assert!(answer.lines().is_empty());
    }
    let kept = old().run(&import(|| Some(visit(7))), |session| session.purge().unwrap());
    assert_eq!(deleted(&kept), ["sid"], "a purge deletes it without a second date too");
    clock.set(secs(UNTIL + DAY));
    assert!(
        old().run(&import(|| Some(visit(7))), user).lines().is_empty(),
        "and nothing else does"
    );
}

#[test]
fn the_importer_sees_only_the_old_cookie() {
    let clock = clock();
    let sessions = builder(&clock)
        .import_from(LegacyCookie::new("__Host-sid", at(UNTIL)), |headers| {
            let lines: Vec<&str> =
                headers.get_all("cookie").iter().map(|value| value.to_str().unwrap()).collect();
            Some(Visit { note: lines.join("|"), ..Visit::default() })
        })
        .build()
        .unwrap();
    let note = |call: Call| {
        call.run(&sessions, |session| session.read(|visit| visit.note.clone())).returned
    };
    assert_eq!(
        note(
            Call::get()
                .asks("cookie", "a=1; __Host-sid=x")
                .asks("cookie", "b=2")
                .asks("cookie", " __Host-sid=y")
        ),
        "__Host-sid=x|__Host-sid=y"
    );
    for forged in [
        "%5F%5FHost-sid=x",
        "\u{2000}__Host-sid=x",
        "\u{a0}__Host-sid=x",
        "__host-sid=x",
        "__Host-sidx=x",
    ] {
        assert_eq!(note(Call::get().asks("cookie", forged)), "", "{forged:?}");
    }
    let many = "__Host-sid=x;".repeat(1000);
    assert_eq!(note(Call::get().asks("cookie", many)).split('|').count(), 16);
}

#[test]
fn the_importer_sees_at_most_64_kib() {
    let shown = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&shown);
    let sessions =
        builder(&clock()).import_from(LegacyCookie::new("sid", at(UNTIL)), move |headers| {
            count.store(
                headers.get_all("cookie").iter().map(|pair| pair.len() - "sid=".len()).sum(),
                Ordering::Relaxed,
            );
            Some(visit(7))
        });
    let sessions = sessions.build().unwrap();
    let of = |lengths: &[usize]| {
        let call = lengths.iter().fold(Call::get(), |call, length| {
            call.asks("cookie", format!("sid={}", "x".repeat(*length)))
        });
        shown.store(0, Ordering::Relaxed);
        call.run(&sessions, |session| session.load_status());
        shown.load(Ordering::Relaxed)
    };
    assert_eq!(of(&[65_536]), 65_536);
    assert_eq!(of(&[65_537]), 0);
    assert_eq!(of(&[5000; 15]), 65_000, "13 of them");
}

#[test]
fn an_imported_session_has_the_builders_expiry() {
    let sessions = builder(&clock())
        .expiry(Expiry::BrowserSession)
        .import_from(LegacyCookie::new("sid", at(UNTIL)), |_| Some(visit(7)))
        .build()
        .unwrap();
    for answer in [
        old().run(&sessions, |session| session.info().expiry()),
        old().run(&sessions, |session| {
            session.update(|visit| visit.cart.push(1)).map(|()| session.info().expiry()).unwrap()
        }),
    ] {
        assert!(answer.sets());
        assert_eq!((answer.returned, answer.max_age()), (Expiry::BrowserSession, None));
    }
}

#[test]
fn an_imported_session_gets_an_id() {
    let sessions = builder(&clock())
        .session_ids(true)
        .import_from(LegacyCookie::new("sid", at(UNTIL)), |_| Some(visit(7)))
        .build()
        .unwrap();
    let answer = old().run(&sessions, |session| session.id());
    let next = Call::get().cookie(answer.value()).run(&sessions, |session| session.id());
    assert!(answer.returned.is_some() && answer.returned == next.returned);
}

#[test]
fn without_a_sealing_key_the_old_session_stays() {
    let clock = clock();
    let ring: sealed_session::KeyRing = line("open-until=2027-01-20T00:00:00Z").parse().unwrap();
    let sessions = Sessions::<Visit>::builder(ring)
        .clock(clock.clone())
        .import_from(LegacyCookie::new("sid", at(UNTIL)).delete_after(at(START)), |_| {
            Some(visit(7))
        })
        .build()
        .unwrap();
    clock.advance(secs(10 * DAY));
    let answer = old().run(&sessions, user);
    assert!(answer.committed.is_ok() && answer.lines().is_empty());
    assert_eq!(answer.returned, Some(7));
}

#[test]
fn a_changed_struct_is_imported_from_its_old_cookie() {
    #[derive(Default, serde::Serialize, serde::Deserialize)]
    struct Changed {
        user: Option<u64>,
        theme: String,
    }
    let ring = ring();
    let before = Sessions::<Visit>::builder(ring.clone()).clock(clock()).build().unwrap();
    let value = before.seal(&visit(7)).unwrap();
    let old = before.clone();
    let after = Sessions::<Changed>::builder(ring)
        .clock(clock())
        .cookie_name("__Host-Http-session-2")
        .import_from(LegacyCookie::new(NAME, at(UNTIL)), move |headers| {
            let (_, value) = headers.get("cookie")?.to_str().ok()?.split_once('=')?;
            Some(Changed { user: old.open(value).ok()?.user, theme: "light".into() })
        })
        .build()
        .unwrap();
    let answer = Call::get()
        .cookie(&value)
        .run(&after, |session| session.read(|visit| (visit.user, visit.theme.clone())));
    assert_eq!(answer.returned, (Some(7), "light".to_owned()));
    assert!(answer.line().starts_with("__Host-Http-session-2="));
    let rolled_back = Call::get().cookie(&value).run(&before, user);
    assert_eq!(rolled_back.returned, Some(7), "a server that was rolled back still has its own");
}

// Copies of our own.

fn with_copies(copies: impl Fn(Builder<Visit>) -> Builder<Visit>) -> Sessions<Visit> {
    copies(builder(&clock()).cookie_name("session")).build().unwrap()
}

#[test]
fn each_line_of_ours_deletes_a_copy_at_another_domain() {
    let sessions = with_copies(|builder| {
        builder.delete_stale("session", Some("example.com"), "/").delete_stale("old", None, "/app")
    });
    let domain = "session=; HttpOnly; SameSite=Lax; Secure; Path=/; Domain=example.com; Max-Age=0";
    let path = "old=; HttpOnly; SameSite=Lax; Secure; Path=/app; Max-Age=0";
    let value = sessions.seal(&visit(7)).unwrap();
    let asks = |cookies: &str| Call::get().asks("cookie", cookies.replace('$', &value));

    let change = |session: &Session<Visit>| session.update(|visit| visit.cart.push(1)).unwrap();
    let all = asks("session=$; session=j.unk; old=1").run(&sessions, change);
    assert_eq!([all.lines()[0], all.lines()[2]], [domain, path]);
    assert!(
        all.lines()[1].starts_with("session=A"),
        "what sets comes behind what deletes the same name"
    );
    assert_eq!(asks("old=1").run(&sessions, change).lines()[1..], [path]);
    assert_eq!(asks("other=1").run(&sessions, change).lines().len(), 1);
    let purge = asks("session=$").run(&sessions, |session| session.purge().unwrap());
    assert_eq!(
        purge.lines(),
        ["session=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0", domain]
    );
    assert!(asks("session=$; session=j.unk; old=1").run(&sessions, user).lines().is_empty());
}

#[test]
fn a_refresh_deletes_a_copy_in_both_jars() {
    let clock = clock();
    let sessions = builder(&clock)
        .same_site(SameSite::None)
        .partitioned(true)
        .delete_stale("old", None, "/")
        .build()
        .unwrap();
    let value = sessions.seal(&visit(7)).unwrap();
    clock.advance(secs(2 * DAY));
    let answer = Call::get().cookie(&value).asks("cookie", "old=1").run(&sessions, user);
    assert_eq!(answer.lines().len(), 3);
    assert!(
        answer.lines()[1].contains("Partitioned") && !answer.lines()[2].contains("Partitioned")
    );
}

#[test]
fn build_refuses_useless_or_harmful_deletions() {
    let refused = |configure: fn(Builder<Visit>) -> Builder<Visit>, word: &str| {
        let sentence =
            configure(builder(&clock()).cookie_name("session")).build().unwrap_err().to_string();
        assert!(sentence.contains(word), "{sentence}");
    };
    refused(
        |builder| builder.import_from(LegacyCookie::new("session", at(UNTIL)), |_| None),
        "cookie_name",
    );
    refused(
        |builder| builder.import_from(LegacyCookie::new("session.1", at(UNTIL)), |_| None),
        "cookie_name",
    );
    refused(|builder| builder.import_from(LegacyCookie::new("s d", at(UNTIL)), |_| None), "token");
    refused(
        |builder| builder.import_from(LegacyCookie::new("sid", at(UNTIL)).path("app"), |_| None),
        "path",
    );
    refused(
        |builder| builder.import_from(LegacyCookie::new("sid", at(UNTIL)).domain("a;b"), |_| None),
        "domain",
    );
    refused(|builder| builder.delete_stale("session", None, "/"), "own cookie");
    refused(|builder| builder.delete_stale("", None, "/"), "token");
    refused(|builder| builder.delete_stale("old", Some("not a host"), "/"), "domain");
    refused(
        |builder| builder.domain("example.com").delete_stale("session", Some(".Example.com"), "/"),
        "own cookie",
    );
    refused(|builder| builder.delete_stale("__Host-old", Some("example.com"), "/"), "__Host-");
    refused(
        |builder| {
            builder
                .secure(false)
                .import_from(LegacyCookie::new("__secure-sid", at(UNTIL)), |_| None)
        },
        "secure(true)",
    );
    refused(
        |builder| {
            builder.import_from(LegacyCookie::new("__Host-sid", at(UNTIL)).path("/app"), |_| None)
        },
        "__Host-",
    );
}
