//! docs/rules.md §5.1, §5.6 (what counts as a change), §5.7 and §5.12: a session's life from
//! request to response, and what `Sessions` offers outside a request.

use crate::support::*;
use http::{HeaderMap, Method, StatusCode};
use sealed_session::adapter::{Begun, RequestSessions, ResponseHeaders, SessionExchange};
use sealed_session::{Encoding, OpenError, Reason};
use sealed_session::{LoadStatus, Session, SessionError, Sessions};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn an_untouched_session_leaves_the_response_unchanged() {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    clock.advance(secs(2 * DAY)); // a refresh would be due
    let answer = browser.send(&sessions, Call::get().answers("cache-control", "public"), |_| ());
    assert_eq!(answer.headers.len(), 1);
    assert_eq!(answer.fields("cache-control"), ["public"]);
    assert!(browser.get(&sessions, |session| session.read(|_| ())).sets());
}

#[test]
fn nothing_is_opened_before_the_first_touch() {
    let (sessions, clock) = sessions();
    let value = sessions.seal(&visit(7)).unwrap();
    let early = Call::get().cookie(&value).load(&sessions);
    let late = Call::get().cookie(&value).load(&sessions);
    assert_eq!(early.load_status(), LoadStatus::Restored);
    clock.advance(secs(14 * DAY));
    assert_eq!(early.load_status(), LoadStatus::Restored);
    assert_eq!(late.load_status(), LoadStatus::Rejected(Reason::ExpiredIdle));
}

#[test]
fn a_write_is_there_in_the_next_request() {
    let (sessions, _) = sessions();
    let mut browser = Browser::default();
    let first = browser.get(&sessions, |session| {
        (session.load_status(), session.update(|visit| visit.cart.push(7)))
    });
    assert_eq!(first.returned, (LoadStatus::New, Ok(())));
    let second = browser.get(&sessions, |session| (session.load_status(), session.cloned().cart));
    assert_eq!(second.returned, (LoadStatus::Restored, vec![7]));
    assert!(second.lines().is_empty(), "reading sets nothing");
}

#[test]
fn only_an_update_that_changes_something_sets_a_cookie() {
    let (sessions, _) = sessions();
    let mut browser = signed_in(&sessions);
    assert!(
        !browser
            .get(&sessions, |session| session.update(|visit| visit.user = Some(7)).unwrap())
            .sets()
    );
    assert!(
        browser
            .get(&sessions, |session| session.update(|visit| visit.user = Some(8)).unwrap())
            .sets()
    );
}

#[test]
fn two_updates_that_undo_each_other_set_nothing() {
    let (sessions, _) = sessions();
    let answer = signed_in(&sessions).get(&sessions, |session| {
        session.update(|visit| visit.cart.push(1)).unwrap();
        assert!(session.is_modified());
        session.update(|visit| visit.cart.clear()).unwrap();
        assert!(!session.is_modified());
    });
    assert!(answer.lines().is_empty());
}

#[test]
fn setting_the_same_value_sets_no_cookie() {
    let (sessions, _) = sessions();
    let mut browser = signed_in(&sessions);
    assert!(!browser.get(&sessions, |session| session.set(visit(7)).unwrap()).sets());
    assert!(browser.get(&sessions, |session| session.set(visit(8)).unwrap()).sets());
}

#[test]
fn a_different_encoding_of_the_same_value_is_no_change() {
    let (sessions, _) = sessions();
    let key = wire::Key::of(sessions.key_ring());
    // user 7 again, with the length of the empty cart in two bytes
    let data = [1, 7, 0x80, 0, 0];
    let plain = wire::Claims::of(&sessions).plain();
    let claims = &plain[..plain.len() - 4];
    let mut browser = Browser::holding(&key.seal(&[claims, &data].concat()));
    assert_eq!(browser.get(&sessions, |session| session.cloned()).returned, visit(7));
    assert!(
        !browser
            .get(&sessions, |session| session.update(|visit| visit.user = Some(7)).unwrap())
            .sets()
    );
    assert!(!browser.get(&sessions, |session| session.set(visit(7)).unwrap()).sets());
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Poll {
    votes: HashMap<String, u8>,
    voters: HashSet<u32>,
    options: Vec<u32>,
}

fn poll() -> Poll {
    let votes = (0..8).map(|n| (format!("option {n}"), n)).collect();
    Poll { votes, voters: (1..9).collect(), options: vec![3, 300, 7] }
}

/// An equal map or set that iterates in another order.
fn reordered<C: Clone + IntoIterator<Item: PartialEq> + FromIterator<C::Item>>(entries: &C) -> C {
    let is_other = |other: &C| !other.clone().into_iter().eq(entries.clone());
    std::iter::repeat_with(|| entries.clone().into_iter().collect()).find(is_other).unwrap()
}

type Written = Result<(), SessionError>;

/// Returns whether this sets a cookie for a visitor whose session holds `poll()`.
fn sets(encoding: Encoding, write: impl FnOnce(&Session<Poll>) -> Written) -> bool {
    let sessions = Sessions::builder(ring()).encoding(encoding).build().unwrap();
    let answer = Browser::holding(&sessions.seal(&poll()).unwrap()).get(&sessions, write);
    assert_eq!(answer.returned, Ok(()));
    answer.sets()
}

/// The encodings in this build.
const ENCODINGS: &[Encoding] = &[
    Encoding::Positional,
    #[cfg(feature = "map")]
    Encoding::Named,
];

#[test]
fn the_same_value_sets_no_cookie_in_either_encoding() {
    for &encoding in ENCODINGS {
        assert!(!sets(encoding, |session| session.update(|_| ())), "{encoding:?}");
        assert!(!sets(encoding, |session| session.set(session.cloned())), "{encoding:?}");
    }
}

#[test]
fn another_order_of_a_hash_map_is_no_change() {
    for &encoding in ENCODINGS {
        let update = |poll: &mut Poll| poll.votes = reordered(&poll.votes);
        assert!(!sets(encoding, |session| session.update(update)), "{encoding:?}");
        let equal = |came: Poll| Poll { votes: reordered(&came.votes), ..came };
        assert!(!sets(encoding, |session| session.set(equal(session.cloned()))), "{encoding:?}");
    }
}

#[test]
fn another_order_of_a_hash_set_is_no_change() {
    let update = |poll: &mut Poll| poll.voters = reordered(&poll.voters);
    assert!(!sets(Encoding::Positional, |session| session.update(update)));
    let equal = |came: Poll| Poll { voters: reordered(&came.voters), ..came };
    assert!(!sets(Encoding::Positional, |session| session.set(equal(session.cloned()))));
}

/// The bytes of both have the same length and the same sum.
#[test]
fn another_order_of_a_list_is_a_change() {
    for &encoding in ENCODINGS {
        let update = |poll: &mut Poll| poll.options.swap(0, 2);
        assert!(sets(encoding, |session| session.update(update)), "{encoding:?}");
        let other = |came: Poll| Poll { options: vec![7, 300, 3], ..came };
        assert!(sets(encoding, |session| session.set(other(session.cloned()))), "{encoding:?}");
    }
}

#[test]
fn an_empty_session_has_no_cookie() {
    let (sessions, _) = sessions();
    assert!(
        Call::get()
            .run(&sessions, |session| session.set(Visit::default()).unwrap())
            .lines()
            .is_empty()
    );
    let mut browser = signed_in(&sessions);
    let answer = browser.get(&sessions, |session| {
        session.update(|visit| visit.user = None).unwrap();
        session.is_empty()
    });
    assert!(answer.returned && answer.deletes() && !answer.sets());
    assert!(browser.is_empty());
}

#[test]
fn a_flash_keeps_a_session_and_an_id_or_expiry_does_not() {
    let (sessions, _) = sessions();
    let id = Call::get().run(&sessions, |session| session.renew().map(|()| session.is_empty()));
    assert_eq!((id.lines().len(), id.returned), (0, Ok(true)));
    let expiry = Call::get()
        .run(&sessions, |session| session.set_expiry(sealed_session::Expiry::BrowserSession));
    assert_eq!((expiry.lines().len(), expiry.returned), (0, Ok(())));
    let flash = Call::get().run(&sessions, |session| {
        session.flash(sealed_session::Level::INFO, "hi").map(|()| session.is_empty())
    });
    assert_eq!((flash.lines().len(), flash.returned), (1, Ok(false)));
}

#[test]
fn an_empty_session_is_not_refreshed() {
    let (sessions, clock) = sessions();
    let mut browser = Browser::holding(&sessions.seal(&Visit::default()).unwrap());
    clock.advance(secs(3 * DAY));
    let answer = browser.get(&sessions, |session| (session.load_status(), session.is_empty()));
    assert_eq!((answer.lines().len(), answer.returned), (0, (LoadStatus::Restored, true)));
}

#[test]
fn every_status_but_5xx_saves_changes() {
    let (sessions, _) = sessions();
    for status in [500, 502, 503, 599] {
        let answer = Call::post().status(status).run(&sessions, |session| session.set(visit(7)));
        assert_eq!(
            (answer.lines().len(), answer.committed, answer.returned),
            (0, Ok(()), Ok(())),
            "{status}"
        );
    }
    for status in [101, 200, 204, 301, 303, 304, 400, 401, 404, 499] {
        assert!(
            Call::post().status(status).run(&sessions, |session| session.set(visit(7))).sets(),
            "{status}"
        );
    }
}

#[test]
fn a_5xx_saves_no_refresh() {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    clock.advance(secs(3 * DAY));
    assert!(!browser.send(&sessions, Call::get().status(500), |session| session.cloned()).sets());
    assert!(browser.send(&sessions, Call::get().status(499), |session| session.cloned()).sets());
}

#[test]
fn a_purge_works_with_any_status() {
    let (sessions, _) = sessions();
    for status in [200, 302, 304, 404, 500, 503] {
        let mut browser = signed_in(&sessions);
        assert!(
            browser
                .send(&sessions, Call::post().status(status), |session| session.purge().unwrap())
                .deletes(),
            "{status}"
        );
        assert!(browser.is_empty());
    }
}

#[test]
fn a_write_after_purge_starts_a_new_session() {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    clock.advance(secs(DAY));
    let answer = browser.get(&sessions, |session| {
        session.purge().unwrap();
        assert!(session.is_empty() && session.is_new());
        session.flash(sealed_session::Level::INFO, "signed out").unwrap();
    });
    assert!(answer.sets() && !answer.deletes());
    let next = browser.get(&sessions, |session| {
        (session.cloned(), session.info().created_at(), session.flashes().len())
    });
    assert_eq!(next.returned, (Visit::default(), at(START + DAY), 1));
}

#[test]
fn a_5xx_after_purge_and_a_write_still_deletes() {
    let (sessions, _) = sessions();
    let mut browser = signed_in(&sessions);
    let answer = browser.send(&sessions, Call::post().status(500), |session| {
        session.purge().unwrap();
        session.set(visit(8)).unwrap();
    });
    assert!(answer.deletes() && !answer.sets());
}

#[test]
fn a_new_session_reports_that_it_is_new() {
    let (sessions, _) = sessions();
    assert!(Call::get().run(&sessions, |session| session.is_new()).returned);
    assert!(Call::get().cookie("junk").run(&sessions, |session| session.is_new()).returned);
    assert!(!signed_in(&sessions).get(&sessions, |session| session.is_new()).returned);
}

#[test]
fn head_works_as_get_does() {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    clock.advance(secs(2 * DAY));
    assert!(browser.send(&sessions, Call::new("HEAD"), |session| session.cloned()).sets());
}

#[test]
fn an_interim_response_carries_no_cookie() {
    let (sessions, _) = sessions();
    let session = Call::get().load(&sessions);
    session.set(visit(7)).unwrap();
    let mut interim = HeaderMap::new();
    for status in [100, 102, 103] {
        sessions.commit(&session, StatusCode::from_u16(status).unwrap(), &mut interim).unwrap();
        assert!(interim.is_empty());
    }
    session.set(visit(8)).unwrap();
    let mut last = HeaderMap::new();
    sessions.commit(&session, StatusCode::OK, &mut last).unwrap();
    assert!(last.contains_key("set-cookie"));
}

#[test]
fn a_second_commit_does_nothing_and_returns_the_same() {
    let (sessions, _) = sessions();
    let session = Call::get().load(&sessions);
    session.set(visit(7)).unwrap();
    let mut full = Calls { is_full: true, ..Calls::default() };
    assert_eq!(sessions.commit(&session, 200_u16, &mut full), Err(SessionError::HeadersFull));
    let mut headers = HeaderMap::new();
    assert_eq!(
        sessions.commit(&session, StatusCode::OK, &mut headers),
        Err(SessionError::HeadersFull)
    );
    session.close();
    assert_eq!(
        sessions.commit(&session, StatusCode::OK, &mut headers),
        Err(SessionError::HeadersFull)
    );
    assert!(headers.is_empty());
}

#[test]
fn after_the_response_a_handle_can_only_read() {
    let (sessions, _) = sessions();
    let mut kept = None;
    signed_in(&sessions).get(&sessions, |session| kept = Some(session.clone()));
    let session = kept.unwrap();
    assert_eq!(session.cloned(), visit(7));
    let late = Err(SessionError::Responded);
    assert_eq!(session.update(|visit| visit.cart.push(1)), late);
    assert_eq!(session.set(visit(8)), late);
    assert_eq!(session.purge(), late);
    assert_eq!(session.renew(), late);
    assert_eq!(session.set_expiry(sealed_session::Expiry::BrowserSession), late);
    assert_eq!(session.flash(sealed_session::Level::INFO, "late"), late);
    assert_eq!(session.take_flashes(), Err(SessionError::Responded));
    assert_eq!(session.cloned(), visit(7));
    assert!(SessionError::Responded.to_string().contains("copy of the data"));
}

#[test]
fn a_closed_session_can_only_read() {
    let (sessions, _) = sessions();
    let session = Call::get().cookie(&sessions.seal(&visit(7)).unwrap()).load(&sessions);
    session.close();
    assert_eq!(session.set(visit(8)), Err(SessionError::Responded));
    assert_eq!(session.cloned(), visit(7));
}

#[test]
fn raw_header_bytes_work_as_a_header_map_does() {
    let (sessions, clock) = sessions();
    let cookie = format!("a=1; {NAME}={}", sessions.seal(&visit(7)).unwrap());
    clock.advance(secs(2 * DAY));
    let session = sessions.load(raw_request("GET", None, [&b"b=2"[..], cookie.as_bytes()]));
    assert_eq!(session.cloned(), visit(7));
    let mut headers = HeaderMap::new();
    sessions.commit(&session, 200_u16, &mut headers).unwrap();
    assert!(headers.contains_key("set-cookie"));
    let cross_site = sessions.load(raw_request("POST", Some(b"cross-site"), [&b"b=2"[..]]));
    assert_eq!(cross_site.load_status(), LoadStatus::CrossSite);
}

#[test]
fn seal_makes_a_new_session_and_open_reads_it() {
    let (sessions, clock) = sessions();
    clock.advance(secs(5));
    let value = sessions.seal(&visit(7)).unwrap();
    assert_eq!(sessions.open(&value).unwrap(), visit(7));
    let (claims, _) = wire::Key::of(sessions.key_ring()).read(&value);
    assert_eq!((claims.issued, claims.age), (START + 5, 0));
    clock.advance(secs(14 * DAY));
    assert_eq!(sessions.open(&value).unwrap_err().reason(), Reason::ExpiredIdle);
    assert_eq!(sessions.open("").map_err(OpenError::reason), Err(Reason::Malformed));
}

#[test]
fn a_handle_seals_its_current_state_and_claims() {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    browser.get(&sessions, |session| session.renew().unwrap());
    clock.advance(secs(DAY));
    let sealed = browser.get(&sessions, |session| {
        session.update(|visit| visit.cart.push(9)).unwrap();
        (session.seal().unwrap(), session.id().unwrap().to_bytes())
    });
    let (value, id) = sealed.returned;
    let (claims, _) = wire::Key::of(sessions.key_ring()).read(&value);
    assert_eq!((claims.id, claims.issued, claims.age), (Some(id), START + DAY, DAY));
    assert_eq!(sessions.open(&value).unwrap().cart, [9]);
}

#[test]
fn the_handlers_own_cookies_stay() {
    let (sessions, _) = sessions();
    let call = Call::get().answers("set-cookie", "theme=dark").answers("set-cookie", "lang=en");
    let answer = call.run(&sessions, |session| session.set(visit(7)).unwrap());
    assert_eq!((answer.lines().len(), &answer.lines()[..2]), (3, &["theme=dark", "lang=en"][..]));
}

#[test]
fn two_kinds_of_session_work_side_by_side() {
    let clock = clock();
    let shop = builder(&clock).cookie_name("shop").build().unwrap();
    let admin = builder(&clock).cookie_name("shop2").build().unwrap();
    let mut browser = Browser::default();
    browser.get(&shop, |session| session.set(visit(1)).unwrap());
    browser.get(&admin, |session| session.set(visit(2)).unwrap());
    assert_eq!(browser.get(&shop, |session| session.cloned()).returned, visit(1));
    browser.get(&shop, |session| session.purge().unwrap());
    assert_eq!(browser.get(&admin, |session| session.cloned()).returned, visit(2));
}

#[test]
fn skipped_fields_do_not_survive_an_update() {
    #[derive(Default, Serialize, Deserialize)]
    struct Cached {
        user: u64,
        #[serde(skip)]
        greeting: String,
    }
    let sessions = Sessions::<Cached>::new(ring()).unwrap();
    let session = sessions.load((&Method::GET, &HeaderMap::new()));
    session.update(|cached| (cached.user, cached.greeting) = (7, "hello".into())).unwrap();
    assert_eq!(session.read(|cached| cached.greeting.clone()), "hello");
    session.update(|cached| cached.user = 8).unwrap();
    assert_eq!(session.read(|cached| cached.greeting.clone()), "");
}

#[test]
fn the_defaults_are_the_documented_ones() {
    let sessions = Sessions::<Visit>::new(ring()).unwrap();
    assert_eq!(sessions.cookie_name(), "__Host-Http-session");
    assert_eq!(sessions.allowed_bytes(), 4093);
}

/// A response with or without a cookie of the handler's own, and with room for this many more field
/// names.
fn nearly_full(theme: bool, room: usize) -> HeaderMap {
    static FULL: std::sync::OnceLock<HeaderMap> = std::sync::OnceLock::new();
    let name = |index| http::HeaderName::try_from(format!("x-{index}")).unwrap();
    let full = FULL.get_or_init(|| {
        let mut full = HeaderMap::new();
        (0..)
            .take_while(|index| {
                full.try_insert(name(*index), http::HeaderValue::from_static("")).is_ok()
            })
            .for_each(drop);
        full
    });
    let mut headers = full.clone();
    (0..room + usize::from(theme)).for_each(|index| drop(headers.remove(name(index))));
    if theme {
        headers.insert(http::header::SET_COOKIE, http::HeaderValue::from_static("theme=dark"));
    }
    headers
}

fn lines(headers: &HeaderMap) -> Vec<&str> {
    headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect()
}

/// A visitor with three of our cookies, two of which are pieces of an earlier session.
fn three_cookies(sessions: &Sessions<Visit>) -> Call {
    let pairs =
        format!("{NAME}={}; {NAME}.1=junk; {NAME}.2=junk", sessions.seal(&visit(7)).unwrap());
    Call::post().asks("cookie", pairs)
}

#[test]
fn a_commit_adds_all_its_lines_or_none() {
    let (sessions, _) = sessions();
    let committed = |theme: bool, room: usize| {
        let session = three_cookies(&sessions).load(&sessions);
        session.set(visit(8)).unwrap();
        let mut headers = nearly_full(theme, room);
        let committed = sessions.commit(&session, StatusCode::OK, &mut headers);
        let (own, ours): (Vec<&str>, Vec<&str>) =
            lines(&headers).into_iter().partition(|line| *line == "theme=dark");
        assert_eq!(own.len(), usize::from(theme), "{room}");
        assert_eq!(
            ours.len(),
            if committed.is_ok() { 3 } else { 0 },
            "{room}: {committed:?}, {ours:?}"
        );
        committed
    };
    for theme in [false, true] {
        assert_eq!(committed(theme, 0), Err(SessionError::HeadersFull));
        for room in 1..6 {
            let _ = committed(theme, room);
        }
        assert_eq!(committed(theme, 6), Ok(()));
    }
}

/// Records the names of added fields, one list for each call, and refuses a call if it is full.
#[derive(Default)]
struct Calls {
    is_full: bool,
    calls: Vec<Vec<String>>,
}

impl ResponseHeaders for Calls {
    fn for_each(&self, _: &mut dyn FnMut(&str, &[u8])) {}

    fn replace(&mut self, _: &str, _: &str) -> Result<(), SessionError> {
        Ok(())
    }

    fn append_set_cookies(&mut self, lines: Vec<String>) -> Result<(), SessionError> {
        self.calls
            .push(lines.iter().map(|line| line.split('=').next().unwrap().to_owned()).collect());
        if self.is_full { Err(SessionError::HeadersFull) } else { Ok(()) }
    }
}

#[test]
fn a_commit_adds_all_its_lines_in_one_call() {
    let (sessions, _) = sessions();
    let [own, one, two] = [NAME.to_owned(), format!("{NAME}.1"), format!("{NAME}.2")];
    // What is set comes behind what is deleted.
    let set = [[&one, &two, &own]];
    let deleted = [[&own, &one, &two]];
    let ends: [fn(&Session<Visit>); 3] = [
        |session| session.set(visit(8)).unwrap(),
        |session| session.purge().unwrap(),
        |session| {
            session.purge().unwrap();
            session.set(visit(8)).unwrap();
        },
    ];
    for is_full in [false, true] {
        for (end, expected) in ends.into_iter().zip([set, deleted, set]) {
            let session = three_cookies(&sessions).load(&sessions);
            end(&session);
            let mut fields = Calls { is_full, ..Calls::default() };
            let answer = if is_full { Err(SessionError::HeadersFull) } else { Ok(()) };
            assert_eq!(sessions.commit(&session, 200_u16, &mut fields), answer);
            assert_eq!(fields.calls, expected.map(|names| names.map(String::clone)));
        }
    }
}

/// What remains of a response after a failed commit: its `Set-Cookie` lines, and all other fields.
fn answered_500(
    theme: bool,
    room: usize,
    handler: impl Fn(&Session<Visit>),
) -> (Vec<String>, Vec<String>) {
    let (sessions, _) = sessions();
    let mut kept = RequestSessions::default();
    let call = three_cookies(&sessions);
    let Begun::Exchange(exchange) = SessionExchange::begin(&sessions, &mut kept, call.headers())
    else {
        panic!("no other layer is around it")
    };
    handler(&kept.session::<Visit>().unwrap());
    let mut headers = nearly_full(theme, room);
    let error = exchange.finish(StatusCode::OK, &mut headers).unwrap_err();
    assert_eq!(error.status_code(), StatusCode::INTERNAL_SERVER_ERROR);
    let headers = error.headers().clone();
    let others = headers.iter().filter(|(name, _)| *name != "set-cookie");
    let others =
        others.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    (lines(&headers).into_iter().map(str::to_owned).collect(), others)
}

#[test]
fn a_failed_commit_sends_only_the_deletions_of_a_purge() {
    // With three, there is room for a first line if the handler set no cookie, and none for a
    // second.
    for (theme, room) in [(true, 0), (true, 2), (false, 0), (false, 1), (false, 2), (false, 3)] {
        let (lines, others) = answered_500(theme, room, |session| session.set(visit(8)).unwrap());
        assert_eq!(
            (lines, others),
            (Vec::new(), Vec::new()),
            "{room}: nothing of the new session, nor of the handler's response"
        );
        let ends: [fn(&Session<Visit>); 2] = [
            |session| session.purge().unwrap(),
            |session| {
                session.purge().unwrap();
                session.set(visit(8)).unwrap();
            },
        ];
        for end in ends {
            let (lines, others) = answered_500(theme, room, end);
            let names: Vec<&str> =
                lines.iter().map(|line| line.split_once("=;").unwrap().0).collect();
            assert_eq!(
                names,
                [NAME, &format!("{NAME}.1"), &format!("{NAME}.2")],
                "{room}: {lines:?}"
            );
            assert!(lines.iter().all(|line| line.contains("Max-Age=0")), "{lines:?}");
            assert_eq!(others, ["cache-control: no-store"], "{room}");
        }
    }
}
