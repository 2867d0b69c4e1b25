//! `Session::to_cookies`: what a `CookieJar` gets is what a commit would send, and the session in
//! it keeps its claims. `SameSite` is `cookie`'s.

use cookie::{Cookie, CookieJar};
use http::{HeaderMap, Method, StatusCode};
use sealed_session::clock::ManualClock;
use sealed_session::{
    Builder, KeyRing, LoadStatus, Map, Reason, SameSite, Session, SessionError, Sessions,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const DAY: Duration = Duration::from_secs(86_400);

fn clock() -> ManualClock {
    ManualClock::at(Duration::from_secs(1_800_000_000))
}

fn builder(clock: &ManualClock) -> Builder<Map> {
    Sessions::builder(KeyRing::ephemeral().unwrap()).clock(clock.clone())
}

/// What a handler does to a session.
type Step = fn(&Session<Map>) -> Result<(), SessionError>;

/// The session of a request that brings what the jar holds.
fn load(sessions: &Sessions<Map>, jar: &CookieJar) -> Session<Map> {
    let mut headers = HeaderMap::new();
    for cookie in jar.iter() {
        headers.append("cookie", cookie.stripped().to_string().parse().unwrap());
    }
    sessions.load((&Method::POST, &headers))
}

/// Adds the session's cookies to the jar, which drops those that delete as a browser does.
fn keep(jar: &mut CookieJar, session: &Session<Map>) -> Vec<Cookie<'static>> {
    let cookies = session.to_cookies().unwrap();
    for cookie in cookies.iter().cloned() {
        if cookie.max_age().is_some_and(|age| age.is_zero()) {
            jar.force_remove(cookie.name());
        } else {
            jar.add_original(cookie);
        }
    }
    cookies
}

/// The `Set-Cookie` lines of a commit, and the response's other fields.
fn commit(sessions: &Sessions<Map>, session: &Session<Map>) -> (Vec<String>, HeaderMap) {
    let mut headers = HeaderMap::new();
    sessions.commit(session, StatusCode::OK, &mut headers).unwrap();
    let lines = headers.get_all("set-cookie").iter();
    let lines = lines.map(|line| line.to_str().unwrap().to_owned()).collect();
    headers.remove("set-cookie");
    (lines, headers)
}

/// A line with the length in place of the value, which differs with each seal.
fn without_value(line: &str) -> String {
    let (name, rest) = line.split_once('=').unwrap();
    let (value, attributes) = rest.split_once("; ").unwrap();
    format!("{name}={}; {attributes}", value.len())
}

#[test]
fn a_jar_does_not_extend_the_absolute_timeout() {
    let clock = clock();
    let sessions = builder(&clock).session_ids(true).build().unwrap();
    let mut jar = CookieJar::new();
    let session = load(&sessions, &jar);
    session.insert("user", 7).unwrap();
    let (id, created) = (session.id(), session.info().created_at());
    assert_eq!(keep(&mut jar, &session).len(), 1);

    for day in 1..30 {
        clock.advance(DAY);
        let session = load(&sessions, &jar);
        assert_eq!(session.get("user").unwrap(), Some(7), "day {day}");
        assert_eq!((session.id(), session.info().created_at()), (id, created));
        session.insert("day", day).unwrap();
        keep(&mut jar, &session);
    }
    clock.advance(DAY);
    let session = load(&sessions, &jar);
    assert_eq!(session.load_status(), LoadStatus::Rejected(Reason::ExpiredAbsolute));
}

#[test]
fn it_is_what_a_commit_sends() {
    let clock = clock();
    let ring = KeyRing::ephemeral().unwrap();
    let named = || Sessions::builder(ring.clone()).clock(clock.clone()).cookie_name("__Secure-s");
    let configurations: [Builder<Map>; 4] = [
        builder(&clock),
        named().domain(".example.com").path("/app").http_only(false).same_site(SameSite::Strict),
        named().same_site(SameSite::None).partitioned(true),
        builder(&clock).expiry(sealed_session::Expiry::BrowserSession).max_cookies(2),
    ];
    for builder in configurations {
        let sessions = builder.build().unwrap();
        for length in [10, 2400] {
            let write = || {
                let session = load(&sessions, &CookieJar::new());
                let written = session.insert("text", "ab".repeat(length / 2));
                written.map(|()| session)
            };
            let (Ok(one), Ok(other)) = (write(), write()) else { continue };
            let (lines, _) = commit(&sessions, &one);
            let cookies = other.to_cookies().unwrap();
            let texts: Vec<_> = cookies.iter().map(|c| without_value(&c.to_string())).collect();
            let lines: Vec<_> = lines.iter().map(|line| without_value(line)).collect();
            assert_eq!(texts, lines);
        }
    }
}

#[test]
fn an_unchanged_session_is_only_refreshed() {
    let clock = clock();
    let sessions = builder(&clock).build().unwrap();
    let mut jar = CookieJar::new();
    assert!(load(&sessions, &jar).to_cookies().unwrap().is_empty());
    let session = load(&sessions, &jar);
    session.insert("user", 7).unwrap();
    keep(&mut jar, &session);

    let read = |jar: &mut CookieJar| {
        let session = load(&sessions, jar);
        assert_eq!(session.get("user").unwrap(), Some(7));
        keep(jar, &session).len()
    };
    assert_eq!(read(&mut jar), 0);
    clock.advance(2 * DAY); // more than a tenth of the idle timeout
    assert!(load(&sessions, &jar).to_cookies().unwrap().is_empty(), "not accessed");
    assert_eq!(read(&mut jar), 1);
    assert_eq!(read(&mut jar), 0);
}

#[test]
fn an_ended_session_leaves_the_jar() {
    let clock = clock();
    let sessions = builder(&clock).build().unwrap();
    let ends: [Step; 2] = [Session::purge, Session::<Map>::clear];
    for end in ends {
        let mut jar = CookieJar::new();
        let session = load(&sessions, &jar);
        session.insert("user", 7).unwrap();
        keep(&mut jar, &session);
        let session = load(&sessions, &jar);
        end(&session).unwrap();
        let cookies = keep(&mut jar, &session);
        assert_eq!(
            cookies[0].to_string(),
            "__Host-Http-session=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0"
        );
        assert_eq!((cookies.len(), jar.iter().count()), (1, 0));

        // A jar that is not asked to delete, and keeps the empty cookie, has no session either.
        jar.add(cookies[0].clone());
        assert_eq!(load(&sessions, &jar).load_status(), LoadStatus::New);
    }
}

#[test]
fn pieces_come_and_go_together() {
    let clock = clock();
    let sessions = builder(&clock).max_cookies(2).build().unwrap();
    let mut jar = CookieJar::new();
    let session = load(&sessions, &jar);
    session.insert("essay", "much to say. ".repeat(400)).unwrap();
    assert_eq!(keep(&mut jar, &session).len(), 2);

    let session = load(&sessions, &jar);
    assert_eq!(session.load_status(), LoadStatus::Restored);
    session.insert("essay", "brief").unwrap();
    assert_eq!(keep(&mut jar, &session).len(), 2);
    assert_eq!(jar.iter().count(), 1);
    assert_eq!(load(&sessions, &jar).get("essay").unwrap(), Some("brief".to_owned()));
}

#[test]
fn a_session_of_another_name_moves_and_ends() {
    let clock = clock();
    let ring = KeyRing::ephemeral().unwrap();
    let old = Sessions::<Map>::builder(ring.clone())
        .clock(clock.clone())
        .cookie_name("__Host-Http-old")
        .build()
        .unwrap();
    let new = Sessions::<Map>::builder(ring)
        .clock(clock.clone())
        .accept_alias("__Host-Http-old", "")
        .build()
        .unwrap();
    let steps: [Step; 2] = [|session| session.insert("seen", true), Session::purge];
    for (step, left) in steps.into_iter().zip([vec!["__Host-Http-session"], vec![]]) {
        let mut jar = CookieJar::new();
        let session = load(&old, &jar);
        session.insert("user", 7).unwrap();
        keep(&mut jar, &session);
        let session = load(&new, &jar);
        assert_eq!(session.get("user").unwrap(), Some(7));
        step(&session).unwrap();
        keep(&mut jar, &session);
        assert_eq!(jar.iter().map(Cookie::name).collect::<Vec<_>>(), left);
    }
}

#[test]
fn a_name_is_there_once() {
    let clock = clock();
    let sessions = builder(&clock).same_site(SameSite::None).partitioned(true).build().unwrap();
    let mut jar = CookieJar::new();
    let session = load(&sessions, &jar);
    session.insert("user", 7).unwrap();
    keep(&mut jar, &session);
    for purges in [false, true] {
        let session = load(&sessions, &jar);
        session.insert("user", 8).unwrap();
        if purges {
            session.purge().unwrap();
        }
        let cookies = session.to_cookies().unwrap();
        // Of the session's cookie and its copy without `Partitioned`, the session's.
        assert_eq!((cookies.len(), cookies[0].partitioned()), (1, Some(true)));
        assert_eq!(cookies[0].value().is_empty(), purges);
    }
}

#[test]
fn nothing_can_be_written_or_sent_afterwards() {
    let clock = clock();
    let sessions = builder(&clock).build().unwrap();
    let session = load(&sessions, &CookieJar::new());
    session.insert("user", 7).unwrap();
    let inside = session.update(|_| session.to_cookies().unwrap_err());
    assert_eq!(inside, Ok(SessionError::Busy));
    assert_eq!(session.to_cookies().unwrap().len(), 1);

    assert_eq!(session.insert("user", 8), Err(SessionError::Responded));
    assert_eq!(session.get("user").unwrap(), Some(7));
    assert_eq!(session.to_cookies().unwrap_err(), SessionError::Responded);
    let (lines, others) = commit(&sessions, &session);
    assert!(lines.is_empty());
    assert_eq!(others["vary"], "Cookie");
    assert_eq!(others["cache-control"], "private");
    assert_eq!(session.to_cookies().unwrap_err(), SessionError::Responded);

    let closed = load(&sessions, &CookieJar::new());
    closed.insert("user", 7).unwrap();
    closed.close();
    assert_eq!(closed.to_cookies().unwrap_err(), SessionError::Responded);
}

#[test]
fn a_renewal_is_reported_once() {
    let (clock, reports) = (clock(), Arc::new(AtomicUsize::new(0)));
    let counter = Arc::clone(&reports);
    let sessions = builder(&clock)
        .on_end(move |_| {
            counter.fetch_add(1, Ordering::SeqCst);
        })
        .build()
        .unwrap();
    let mut jar = CookieJar::new();
    let session = load(&sessions, &jar);
    session.insert("user", 7).unwrap();
    keep(&mut jar, &session);
    let session = load(&sessions, &jar);
    session.renew().unwrap();
    assert_eq!(reports.load(Ordering::SeqCst), 0);
    keep(&mut jar, &session);
    commit(&sessions, &session);
    assert_eq!(reports.load(Ordering::SeqCst), 1);
}

#[test]
fn events_are_those_of_a_commit() {
    let (clock, seen) = (clock(), Arc::new(Mutex::new(Vec::new())));
    let events = Arc::clone(&seen);
    let sessions = builder(&clock)
        .on_event(move |event| events.lock().unwrap().push(event.name()))
        .build()
        .unwrap();
    let take = || std::mem::take(&mut *seen.lock().unwrap());
    let mut jar = CookieJar::new();
    let session = load(&sessions, &jar);
    session.insert("user", 7).unwrap();
    assert_eq!(session.update(|_| session.to_cookies().unwrap_err()), Ok(SessionError::Busy));
    assert_eq!(take(), [""; 0], "nothing is lost, and hooks never run inside an update");
    keep(&mut jar, &session);
    assert_eq!(take(), ["created"]);
    commit(&sessions, &session);
    assert_eq!(take(), [""; 0]);
    let session = load(&sessions, &jar);
    session.insert("user", 8).unwrap();
    keep(&mut jar, &session);
    assert_eq!(take(), ["restored", "changed"]);
}

#[test]
fn same_site_is_that_of_cookie() {
    for (ours, theirs) in [
        (SameSite::Strict, cookie::SameSite::Strict),
        (SameSite::Lax, cookie::SameSite::Lax),
        (SameSite::None, cookie::SameSite::None),
    ] {
        assert_eq!(cookie::SameSite::from(ours), theirs);
        assert_eq!(SameSite::from(theirs), ours);
        assert_eq!(ours.to_string(), theirs.to_string());
    }
}
