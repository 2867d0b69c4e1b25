//! Sessions bound to the visitor's device (`Builder::device_bound`), as a browser meets them: offer,
//! registration, sign-in, refresh, sign-out.

use crate::support::device::*;
use crate::support::*;
use sealed_session::clock::ManualClock;
use sealed_session::dbsc::{DeviceBinding, Unproven, WhenOff};
use sealed_session::{
    Builder, DeviceBound, KeyRing, LoadStatus, Reason, SameSite, Session, SessionError, Sessions,
};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn bound(ring: &KeyRing, clock: &ManualClock) -> Builder<Visit> {
    Sessions::builder(ring.clone()).clock(clock.clone()).device_bound(DeviceBound::at("/dbsc"))
}

fn fleet() -> (Sessions<Visit>, Sessions<Visit>, ManualClock) {
    let (ring, clock) = (ring(), clock());
    let node = || bound(&ring, &clock).build().unwrap();
    (node(), node(), clock)
}

fn sign_in(session: &Session<Visit>) {
    session.renew().unwrap();
    session.set(visit(7)).unwrap();
}

/// A browser in which user 7 signed in after an offer.
fn signed_in_with_key(number: u8, sessions: &Sessions<Visit>) -> BoundBrowser {
    let mut browser = BoundBrowser::new(number);
    browser.get(sessions, |session| session.offer_binding());
    browser.send(sessions, Call::post(), sign_in);
    browser
}

fn user(session: &Session<Visit>) -> Option<u64> {
    session.read(|visit| visit.user)
}

fn binding(session: &Session<Visit>) -> DeviceBinding {
    session.binding()
}

fn status(session: &Session<Visit>) -> LoadStatus {
    session.load_status()
}

fn unproven(why: Unproven) -> LoadStatus {
    LoadStatus::Rejected(Reason::Unproven(why))
}

const PROOF: &str = "__Host-session-proof-";
const ENDED: &str = "__Host-session-ended-";

fn proven(time: u64) -> DeviceBinding {
    DeviceBinding::Bound { proven_at: at(time) }
}

/// The session cookie of a browser, alone.
fn thief_of(browser: &BoundBrowser) -> Browser {
    Browser::holding(browser.browser.value_of(NAME).unwrap())
}

#[test]
fn a_session_is_born_bound_and_its_cookie_alone_is_refused() {
    let (one, other, clock) = fleet();
    let mut browser = signed_in_with_key(1, &one);
    for sessions in [&one, &other] {
        assert_eq!(browser.get(sessions, user).returned, Some(7));
        assert_eq!(browser.get(sessions, binding).returned, proven(START));
        let mut thief = thief_of(&browser);
        assert_eq!(thief.get(sessions, user).returned, None);
        assert_eq!(thief.get(sessions, status).returned, unproven(Unproven::Missing));
        let binding = thief.get(sessions, binding).returned;
        assert_eq!(binding, DeviceBinding::Unproven(Unproven::Missing));
        assert_eq!(
            sessions.open(browser.browser.value_of(NAME).unwrap()).unwrap_err().reason(),
            Reason::Unproven(Unproven::Missing)
        );
    }
    clock.advance(secs(9 * MINUTE));
    browser.drop_proof();
    assert_eq!(browser.get(&other, user).returned, Some(7), "after a refresh");
    assert_eq!(browser.get(&one, binding).returned, proven(START + 9 * MINUTE));
}

#[test]
fn a_proof_counts_for_its_life_and_a_minute() {
    let (sessions, _, clock) = fleet();
    let mut browser = signed_in_with_key(1, &sessions).browser;
    clock.advance(secs(11 * MINUTE - 1));
    assert_eq!(browser.get(&sessions, user).returned, Some(7));
    clock.advance(secs(1));
    let late = browser.get(&sessions, status);
    assert_eq!(late.returned, unproven(Unproven::Late));
    // The browser kept it too long. Without it, the browser refreshes.
    assert!(late.line().starts_with(PROOF) && late.deletes(), "{:?}", late.lines());
    assert_eq!(browser.get(&sessions, status).returned, unproven(Unproven::Missing));
}

#[test]
fn the_offer_has_the_form_of_the_draft_and_is_not_stored() {
    let (sessions, ..) = fleet();
    let answer = Call::get()
        .answers("cache-control", "public, max-age=60")
        .answers("cdn-cache-control", "max-age=60")
        .answers("x-accel-expires", "60")
        .run(&sessions, |session| session.offer_binding());
    let fields = answer.fields("secure-session-registration");
    let [offer] = fields[..] else { panic!("{fields:?}") };
    let challenge = challenge(offer);
    assert_eq!(offer, format!(r#"(ES256);path="/dbsc/register";challenge="{challenge}""#));
    assert_eq!(answer.fields("cache-control"), ["no-store"]);
    assert_eq!(answer.fields("cdn-cache-control"), ["no-store"]);
    assert_eq!(answer.fields("x-accel-expires"), ["0"]);
    assert_eq!(answer.fields("vary"), ["Cookie"]);
    assert!(answer.lines().is_empty());
}

#[test]
fn nothing_is_offered_unasked_or_to_a_browser_that_has_a_key() {
    let (sessions, ..) = fleet();
    let is_offered = |call: Call, browser: &mut Browser, offer: bool| {
        let handler = |session: &Session<Visit>| match offer {
            true => session.offer_binding(),
            false => session.read(|_| ()),
        };
        let answer = browser.send(&sessions, call, handler);
        !answer.fields("secure-session-registration").is_empty()
    };
    assert!(is_offered(Call::get(), &mut Browser::default(), true));
    assert!(is_offered(Call::get().status(302), &mut Browser::default(), true));
    assert!(is_offered(Call::get(), &mut signed_in(&sessions), true));
    assert!(!is_offered(Call::get(), &mut Browser::default(), false));
    for status in [101, 304, 500, 503] {
        assert!(!is_offered(Call::get().status(status), &mut Browser::default(), true));
    }
    let mut bound = signed_in_with_key(1, &sessions);
    assert!(!is_offered(Call::get(), &mut bound.browser.clone(), true));
    let id = bound.registered.clone().unwrap().id;
    let skipped = format!("server_error;session_identifier=\"{id}\"");
    let with_reason = Call::get().asks("secure-session-skipped", &skipped);
    assert!(!is_offered(with_reason, &mut thief_of(&bound), true), "it has the key");
    bound.browser.forget(NAME);
    assert!(!is_offered(Call::get(), &mut bound.browser, true), "a fresh proof");
}

/// Browsers delete a key if an answer of the endpoint is not what they expect, such as that of a
/// rate limiter.
#[test]
fn a_browser_that_lost_its_key_is_bound_again_at_the_next_sign_in() {
    let (sessions, ..) = fleet();
    let mut browser = signed_in_with_key(1, &sessions);
    browser.drop_proof();
    browser.registered = None;
    browser.key = DeviceKey::new(2);
    let lost = browser.get(&sessions, status).returned;
    assert_eq!(lost, unproven(Unproven::Missing));
    browser.get(&sessions, |session| session.offer_binding());
    browser.send(&sessions, Call::post(), sign_in);
    assert_eq!(browser.get(&sessions, binding).returned, proven(START));
    assert_eq!(browser.get(&sessions, user).returned, Some(7));
}

#[test]
fn the_instructions_name_the_cookie_and_what_waits_for_it() {
    for same_site in [SameSite::Strict, SameSite::Lax, SameSite::None] {
        let setting = DeviceBound::at("/dbsc").exclude("/assets").exclude("/a.css");
        let builder = bound(&ring(), &clock()).device_bound(setting).same_site(same_site);
        let sessions = builder.build().unwrap();
        let mut browser = BoundBrowser::new(1);
        let offer = browser.browser.get(&sessions, |session| session.offer_binding());
        let offer = challenge(offer.fields("secure-session-registration")[0]);
        let token = browser.key.registration(&offer);
        let fields = [("secure-session-response", &*token)];
        let answer = browser.ask(&sessions, "/dbsc/register", &fields);
        let Registered { id, refresh_url, cookie } = Registered::read(answer.body()).unwrap();
        let exclude = |path| serde_json::json!({ "type": "exclude", "domain": "*", "path": path });
        let instructions = serde_json::json!({
            "session_identifier": id,
            "refresh_url": refresh_url,
            "scope": {
                "include_site": false,
                "scope_specification": [exclude("/assets"), exclude("/a.css")],
            },
            "credentials": [{
                "type": "cookie",
                "name": cookie,
                "attributes": format!("HttpOnly; SameSite={same_site}; Secure; Path=/"),
            }],
            "allowed_refresh_initiators": ["*"],
        });
        let answer: serde_json::Value = serde_json::from_str(answer.body()).unwrap();
        assert_eq!(answer, instructions);
    }
}

#[test]
fn without_a_proof_everything_is_as_without_the_setting() {
    let clock = clock();
    let ring = ring();
    let plain = Sessions::<Visit>::builder(ring.clone()).clock(clock.clone()).build().unwrap();
    let with = bound(&ring, &clock).build().unwrap();
    let steps: [fn(&Session<Visit>); 5] = [
        |session| session.read(|_| ()),
        sign_in,
        |session| session.update(|visit| visit.cart.push(1)).unwrap(),
        |session| session.renew().unwrap(),
        |session| session.purge().unwrap(),
    ];
    let (mut one, mut other) = (Browser::default(), Browser::default());
    for step in steps {
        let (one, other) = (one.get(&plain, step), other.get(&with, step));
        let masked = |answer: Answer<()>| -> Vec<(String, String)> {
            let mask = |value: &str| match value.strip_prefix(&format!("{NAME}=")) {
                Some(line) => format!("{}", line.split(';').map(str::len).sum::<usize>()),
                None => value.to_owned(),
            };
            let fields = answer.headers.iter();
            fields.map(|(name, value)| (name.to_string(), mask(value.to_str().unwrap()))).collect()
        };
        assert_eq!(masked(one), masked(other));
    }
    // And either reads what the other wrote.
    let mut browser = signed_in(&with);
    assert_eq!(browser.get(&plain, user).returned, Some(7));
    assert_eq!(browser.get(&with, binding).returned, DeviceBinding::Unbound);
}

/// What `renew()` makes of the session that came: see the table of `src/session/device.rs`.
#[test]
fn only_renew_binds_and_never_from_an_unproven_session() {
    let (sessions, ..) = fleet();
    let id = |session: &Session<Visit>| session.id().unwrap();
    let renews = |browser: &mut Browser| {
        browser.send(&sessions, Call::post(), |session| {
            session.renew().unwrap();
            session.update(|visit| visit.cart.push(1)).unwrap();
        });
    };
    let of_key_2 = || {
        let mut browser = BoundBrowser::new(2);
        browser.get(&sessions, |session| session.offer_binding());
        browser.browser
    };
    let add_proof = |browser: &mut Browser, from: &Browser| {
        let name = *from.names().iter().find(|name| name.starts_with(PROOF)).unwrap();
        browser.plant(name, from.value_of(name).unwrap());
    };
    let key = |browser: &Browser| {
        sessions.inspect(browser.value_of(NAME).unwrap()).contents.unwrap().binding
    };
    let bound_1 = signed_in_with_key(1, &sessions);
    let key_1 = key(&bound_1.browser).unwrap();

    // Unbound, with a proof: a write does not bind, renew() does.
    let mut browser = signed_in(&sessions);
    add_proof(&mut browser, &of_key_2());
    browser.get(&sessions, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    browser.get(&sessions, |session| session.set_expiry(sealed_session::Expiry::BrowserSession));
    assert_eq!(browser.get(&sessions, binding).returned, DeviceBinding::Unbound);
    assert_eq!(key(&browser), None);
    renews(&mut browser);
    let key_2 = key(&browser).unwrap();
    assert_eq!(browser.get(&sessions, binding).returned, proven(START));
    assert_ne!(key_1, key_2);

    // Bound and proven, without another proof: it stays so.
    let mut browser = bound_1.browser.clone();
    let before = browser.get(&sessions, id).returned;
    renews(&mut browser);
    assert_eq!(key(&browser), Some(key_1));
    assert_ne!(browser.get(&sessions, id).returned, before);
    assert_eq!(browser.get(&sessions, user).returned, Some(7), "the data is kept");

    // Bound and proven, and a newer proof of another key.
    let (sessions_later, clock) = {
        let clock = clock();
        clock.advance(secs(5));
        let ring = sessions.key_ring().clone();
        (bound(&ring, &clock).build().unwrap(), clock)
    };
    drop(clock);
    let mut newer = BoundBrowser::new(2);
    newer.get(&sessions_later, |session| session.offer_binding());
    let mut browser = bound_1.browser.clone();
    add_proof(&mut browser, &newer.browser);
    renews(&mut browser);
    assert_eq!(key(&browser), Some(key_2));

    // Unproven, without a proof: a new unbound session.
    let mut browser = thief_of(&bound_1);
    browser.send(&sessions, Call::post(), |session| {
        session.renew().unwrap();
        assert_eq!(session.binding(), DeviceBinding::Unbound);
        session.update(|visit| visit.cart.push(1)).unwrap();
    });
    assert_eq!(key(&browser), None);
    let read = browser.get(&sessions, |session| session.cloned()).returned;
    assert_eq!(read, Visit { cart: vec![1], ..Visit::default() }, "nothing is inherited");

    // Unproven, with a proof of another key: a new session bound to that.
    let mut browser = thief_of(&bound_1);
    add_proof(&mut browser, &of_key_2());
    renews(&mut browser);
    assert_eq!(key(&browser), Some(key_2));
    assert_eq!(browser.get(&sessions, user).returned, None, "nothing is inherited");
}

#[test]
fn an_unproven_session_is_neither_written_nor_touched() {
    type Write = fn(&Session<Visit>) -> Result<(), SessionError>;
    let (sessions, _, clock) = fleet();
    let browser = signed_in_with_key(1, &sessions);
    clock.advance(secs(2 * DAY)); // a refresh of the cookie would be due
    let refused = Err(SessionError::Unproven);
    let writes: [Write; 4] = [
        |session| session.update(|visit| visit.cart.push(1)),
        |session| session.set(visit(8)),
        |session| session.flash(sealed_session::Level::INFO, "hello"),
        |session| session.set_expiry(sealed_session::Expiry::BrowserSession),
    ];
    for write in writes {
        let answer = thief_of(&browser).send(&sessions, Call::post(), write);
        assert_eq!(answer.returned, refused);
        assert!(answer.lines().is_empty());
    }
    assert_eq!(SessionError::Unproven.status_code(), 403);
    let takes = thief_of(&browser).get(&sessions, |session| session.take_flashes());
    assert_eq!(takes.returned, Ok(Vec::new()));
    assert!(takes.lines().is_empty());
    let required = thief_of(&browser).get(&sessions, |session| session.require_binding());
    assert_eq!(required.returned, refused);
    let unbound = signed_in(&sessions).get(&sessions, |session| session.require_binding());
    assert_eq!(unbound.returned, Err(SessionError::Unbound));
}

#[test]
fn a_sign_out_ends_the_browsers_session_too() {
    for away in [0, MINUTE, DAY, 20 * DAY] {
        let (one, other, clock) = fleet();
        let mut browser = signed_in_with_key(1, &one);
        let registered = browser.registered.clone().unwrap();
        let out = browser.send(&one, Call::post(), |session| session.purge().unwrap());
        let names: Vec<&str> = out.lines().iter().map(|l| l.split('=').next().unwrap()).collect();
        let marker = format!("{ENDED}{}", &registered.id[..4]);
        assert_eq!(names, [NAME, &registered.cookie, &marker]);
        assert!(out.lines()[2].contains("; SameSite=None") && out.lines()[2].contains("Secure"));
        assert_eq!(browser.browser.names(), [&*marker]);

        clock.advance(secs(away));
        browser.get(&other, |session| session.read(|_| ()));
        assert_eq!(browser.registered, None, "{away}");
        assert!(browser.browser.is_empty(), "{:?}", browser.browser.names());
    }
}

#[test]
fn every_end_of_a_session_sets_the_marker() {
    let (sessions, ..) = fleet();
    let bound = signed_in_with_key(1, &sessions);
    let has_marker = |answer: &Answer<()>| {
        answer.lines().iter().any(|line| line.starts_with(ENDED) && !line.contains("Max-Age=0"))
    };
    let send = |status, mut browser: Browser, handler: fn(&Session<Visit>)| {
        browser.send(&sessions, Call::post().status(status), handler)
    };
    let (whole, thief) = (&bound.browser, &thief_of(&bound));
    assert!(has_marker(&send(200, whole.clone(), |session| session.purge().unwrap())));
    assert!(has_marker(&send(500, whole.clone(), |session| session.purge().unwrap())));
    assert!(has_marker(&send(200, thief.clone(), |session| session.purge().unwrap())));
    assert!(has_marker(&send(200, whole.clone(), |session| {
        session.set(Visit::default()).unwrap();
    })));
    assert!(has_marker(&send(200, whole.clone(), |session| {
        session.purge().unwrap();
        session.flash(sealed_session::Level::INFO, "signed out").unwrap();
    })));
    // What is not an end sets none, and neither does the end of an unbound session.
    assert!(!has_marker(&send(500, whole.clone(), |session| {
        session.set(Visit::default()).unwrap();
    })));
    assert!(!has_marker(&send(200, whole.clone(), |session| session.renew().unwrap())));
    let unbound = signed_in(&sessions);
    assert!(!has_marker(&send(200, unbound, |session| session.purge().unwrap())));
}

#[test]
fn a_sign_in_behind_a_purge_keeps_the_key_that_it_binds_to() {
    let (one, other, clock) = fleet();
    let mut browser = signed_in_with_key(1, &one);
    let again = |session: &Session<Visit>| {
        session.purge().unwrap();
        sign_in(session);
    };
    assert_eq!(browser.send(&one, Call::post(), again).lines().len(), 1);
    assert_eq!(browser.get(&other, binding).returned, proven(START));
    clock.advance(secs(20 * MINUTE));
    browser.drop_proof();
    assert_eq!(browser.get(&other, user).returned, Some(7), "after a refresh");

    // If nothing is set, or if it is bound to another key, the key ends.
    let failed = browser.clone().send(&one, Call::post().status(500), again);
    assert!(failed.lines().iter().any(|line| line.starts_with(ENDED)), "{:?}", failed.lines());
    clock.advance(secs(1));
    let mut second = signed_in_with_key(2, &one);
    let newer = second.registered.take().unwrap().cookie;
    browser.browser.keep(&format!("{newer}={}", second.browser.value_of(&newer).unwrap()));
    let ended = format!("{ENDED}{}", &browser.registered.clone().unwrap().id[..4]);
    let moved = browser.send(&one, Call::post(), again);
    assert!(moved.lines().iter().any(|line| line.starts_with(&ended)), "{:?}", moved.lines());
}

#[test]
fn a_refresh_ends_the_key_of_another_sign_in() {
    let (one, other, _) = fleet();
    let mut first = signed_in_with_key(1, &one);
    let second = signed_in_with_key(2, &other);
    // The same browser registered twice, and signed in with the second key.
    first.browser.keep(&format!("{NAME}={}", second.browser.value_of(NAME).unwrap()));
    first.drop_proof();

    // Without the proof of its key, that session ends nothing: this key may be the next one of a
    // browser that lost the other.
    let mut going_on = first.clone();
    assert_eq!(going_on.refresh(&one).status(), 200);
    assert!(going_on.registered.is_some());

    let newer = second.registered.clone().unwrap().cookie;
    first.browser.keep(&format!("{newer}={}", second.browser.value_of(&newer).unwrap()));
    let ended = first.refresh(&other);
    assert_eq!(ended.status(), 200);
    assert!(ended.body().contains(r#""continue":false"#), "{}", ended.body());
    assert_eq!(first.registered, None);

    // Unbound, its own, or none: the key goes on.
    let mut browser = signed_in_with_key(1, &one);
    browser.drop_proof();
    assert_eq!(browser.refresh(&other).status(), 200);
    browser.browser = Browser::default();
    assert_eq!(browser.refresh(&other).status(), 200, "a link from another site");
    browser.browser = signed_in(&one);
    assert_eq!(browser.refresh(&other).status(), 200);
    assert!(browser.registered.is_some());
}

#[test]
fn keys_rotate_under_a_bound_session() {
    let (clock, ring) = (clock(), KeyRing::generate(SUITE).unwrap());
    let first = ring.expose_secrets().trim().to_owned();
    let sessions = bound(&ring, &clock).build().unwrap();
    let mut browser = signed_in_with_key(1, &sessions);
    let url = browser.registered.clone().unwrap().refresh_url;
    clock.advance(secs(DAY));
    let second = line("");
    ring.replace(&format!("{second}\n{first}").parse().unwrap()).unwrap();
    browser.drop_proof();
    assert_eq!(browser.get(&sessions, user).returned, Some(7));
    assert_ne!(browser.registered.clone().unwrap().refresh_url, url, "sealed anew");
    browser.get(&sessions, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    ring.replace(&second.parse().unwrap()).unwrap();
    browser.drop_proof();
    assert_eq!(browser.get(&sessions, user).returned, Some(7), "the first key is gone");
}

#[test]
fn a_browser_that_was_away_longer_than_the_ring_keeps_keys_signs_in_again() {
    let (clock, ring) = (clock(), KeyRing::generate(SUITE).unwrap());
    let sessions = bound(&ring, &clock).build().unwrap();
    let mut browser = signed_in_with_key(1, &sessions);
    let old = ring.expose_secrets().trim().to_owned();
    let new = line("");

    // A server that lacks the key may be behind: the browser asks again.
    ring.replace(&new.parse().unwrap()).unwrap();
    browser.drop_proof();
    let behind = browser.refresh(&sessions);
    assert_eq!(
        (behind.status().as_u16(), &behind.headers()["retry-after"]),
        (503, &"1".parse().unwrap())
    );
    assert!(browser.registered.is_some());

    // After a day, every server has the ring: the key was removed.
    clock.advance(secs(DAY - 1));
    assert_eq!(browser.refresh(&sessions).status(), 503);
    clock.advance(secs(1));
    let ended = browser.clone().refresh(&sessions);
    assert!(ended.body().contains(r#""continue":false"#), "{}", ended.body());

    // The same where the ring says that its key has ended.
    let ends = format!("{new}\n{old} open-until=2027-01-16T00:00:00Z");
    let clock = self::clock();
    let sessions = bound(&ends.parse().unwrap(), &clock).build().unwrap();
    clock.advance(secs(2 * DAY));
    let ended = browser.refresh(&sessions);
    let id = r#"{"session_identifier":""#;
    assert!(ended.body().starts_with(id) && ended.body().ends_with(r#"","continue":false}"#));
}

#[test]
fn a_key_that_was_sealed_by_a_clock_ahead_is_asked_for_again_only_if_its_time_may_come() {
    let ring = ring();
    let here = bound(&ring, &clock()).build().unwrap();
    for (ahead, status) in [(121, 503), (30 * DAY, 503), (30 * DAY + 1, 200)] {
        let clock = clock();
        clock.advance(secs(ahead));
        let mut browser = signed_in_with_key(1, &bound(&ring, &clock).build().unwrap());
        let answer = browser.refresh(&here);
        assert_eq!(answer.status(), status, "{ahead} s ahead");
        assert_eq!(browser.registered.is_none(), status == 200);
    }
}

#[test]
fn a_server_that_does_not_know_the_time_ends_no_key() {
    let ring = ring();
    let sessions = bound(&ring, &clock()).build().unwrap();
    let mut browser = signed_in_with_key(1, &sessions);
    let unset = bound(&ring, &ManualClock::at(secs(9))).build().unwrap();
    assert_eq!(browser.refresh(&unset).status(), 503);
    assert_eq!(browser.refresh(&sessions).status(), 200);
}

#[test]
fn nothing_is_offered_to_a_page_of_another_site() {
    let (sessions, ..) = fleet();
    let is_offered = |site: &str, mode: &str, dest: &str| {
        let call = Call::get().asks("sec-fetch-site", site).asks("sec-fetch-mode", mode);
        let call = call.asks("sec-fetch-dest", dest);
        let answer = Browser::default().send(&sessions, call, |session| session.offer_binding());
        !answer.fields("secure-session-registration").is_empty()
    };
    // A link, and the return from an identity provider.
    assert!(is_offered("cross-site", "navigate", "document"));
    // An image, a frame, a script's request, a script's request that names another destination.
    for (mode, dest) in
        [("no-cors", "image"), ("navigate", "iframe"), ("cors", "empty"), ("cors", "document")]
    {
        assert!(!is_offered("cross-site", mode, dest), "{mode} {dest}");
        assert!(is_offered("same-site", mode, dest), "{mode} {dest}");
        assert!(is_offered("same-origin", mode, dest), "{mode} {dest}");
    }
}

/// A refresh that was on its way at the sign-out brings a proof after it.
#[test]
fn a_proof_of_a_key_that_a_marker_ends_binds_nothing() {
    let (sessions, ..) = fleet();
    let mut browser = signed_in_with_key(1, &sessions);
    let cookie = browser.registered.clone().unwrap().cookie;
    let late = format!("{cookie}={}", browser.browser.value_of(&cookie).unwrap());
    browser.browser.send(&sessions, Call::post(), |session| session.purge().unwrap());
    browser.browser.keep(&late);

    let page = browser.browser.send(&sessions, Call::get(), |session| session.offer_binding());
    assert_eq!(page.fields("secure-session-registration").len(), 1, "another key is offered");
    browser.browser.send(&sessions, Call::post(), sign_in);
    let bound_to = browser.browser.send(&sessions, Call::get(), binding).returned;
    assert_eq!(bound_to, DeviceBinding::Unbound);
}

#[test]
fn the_browser_says_why_it_has_no_proof() {
    let (sessions, ..) = fleet();
    let browser = signed_in_with_key(1, &sessions);
    let id = browser.registered.clone().unwrap().id;
    let why = |field: String| {
        let call = Call::get().asks("secure-session-skipped", field);
        let status = thief_of(&browser).send(&sessions, call, status).returned;
        let LoadStatus::Rejected(Reason::Unproven(why)) = status else { panic!("{status:?}") };
        why.as_str()
    };
    let of = |token: &str| format!(r#"{token};session_identifier="{id}""#);
    assert_eq!(why(of("unreachable")), "skipped-unreachable");
    assert_eq!(why(of("server_error")), "skipped-server-error");
    assert_eq!(why(of("quota_exceeded")), "skipped-quota-exceeded");
    assert_eq!(why(of("anything")), "skipped");
    assert_eq!(why(format!("unreachable;session_identifier={id}")), "skipped-unreachable");
    let other = r#"server_error;session_identifier="AAAAAAAAAAAAAAAAAAAAAA""#;
    assert_eq!(why(format!("{other}, {}", of("quota_exceeded"))), "skipped-quota-exceeded");
    assert_eq!(why(other.to_owned()), "missing");
    assert_eq!(why("quota_exceeded".to_owned()), "missing");

    // The field grants nothing, and takes nothing from a session that has its proof.
    let call = Call::get().asks("secure-session-skipped", of("quota_exceeded"));
    assert_eq!(browser.browser.clone().send(&sessions, call, user).returned, Some(7));
}

#[test]
fn off_reads_bound_sessions_or_ends_them_and_ends_the_keys() {
    let (ring, clock) = (ring(), clock());
    let on = bound(&ring, &clock).build().unwrap();
    let off = |when| {
        let setting = DeviceBound::at("/dbsc").off(when);
        let builder = Sessions::<Visit>::builder(ring.clone()).clock(clock.clone());
        builder.device_bound(setting).build().unwrap()
    };
    let (readable, ended) = (off(WhenOff::Readable), off(WhenOff::Ended));
    let browser = signed_in_with_key(1, &on);
    let read = |sessions: &Sessions<Visit>| {
        thief_of(&browser)
            .get(sessions, |session| (user(session), status(session), binding(session)))
    };
    let expected = (Some(7), LoadStatus::Restored, DeviceBinding::Unbound);
    assert_eq!(read(&readable).returned, expected);
    let refused = LoadStatus::Rejected(Reason::Refused("device binding is off"));
    assert_eq!(read(&ended).returned, (None, refused, DeviceBinding::Unbound));
    for sessions in [&readable, &ended] {
        let offer = Browser::default().get(sessions, |session| session.offer_binding());
        assert!(offer.fields("secure-session-registration").is_empty());
        let mut browser = browser.clone();
        let answer = browser.refresh(sessions);
        assert!(answer.body().contains(r#""continue":false"#));
        assert_eq!(browser.registered, None);
        // A sign-in binds nothing.
        let mut browser = browser.browser;
        browser.send(sessions, Call::post(), |session| {
            session
                .purge()
                .and_then(|()| {
                    session.renew()?;
                    session.set(visit(8))
                })
                .unwrap()
        });
        assert_eq!(browser.get(&on, user).returned, Some(8));
        assert_eq!(browser.get(&on, binding).returned, DeviceBinding::Unbound);
    }
    // A sign-in ends the binding. Otherwise the setting could never be removed.
    let mut again = thief_of(&browser);
    again.send(&readable, Call::post(), sign_in);
    assert_eq!(again.get(&on, user).returned, Some(7));
    assert_eq!(again.get(&on, binding).returned, DeviceBinding::Unbound);
    // A write while it is off keeps the binding for later.
    let mut thief = thief_of(&browser);
    thief.get(&readable, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    assert_eq!(thief.get(&on, status).returned, unproven(Unproven::Missing));
}

#[test]
fn unbound_sessions_can_be_required_to_be_short() {
    let (ring, clock) = (ring(), clock());
    let setting = DeviceBound::at("/dbsc").require(secs(2 * MINUTE));
    let builder = Sessions::<Visit>::builder(ring.clone()).clock(clock.clone());
    let sessions = builder.device_bound(setting).build().unwrap();
    let mut bound = signed_in_with_key(1, &sessions);
    let mut unbound = signed_in(&sessions);
    clock.advance(secs(2 * MINUTE));
    assert_eq!(unbound.get(&sessions, user).returned, Some(7));
    clock.advance(secs(1));
    let refused = LoadStatus::Rejected(Reason::Refused("not bound to the device"));
    assert_eq!(unbound.get(&sessions, status).returned, refused);
    assert_eq!(bound.get(&sessions, user).returned, Some(7));

    // Or by a line of the application's own, which sees the binding.
    let check =
        Sessions::<Visit>::builder(ring).clock(clock).device_bound(DeviceBound::at("/dbsc"));
    let check = check.validate(|info, _| if info.is_bound() { Ok(()) } else { Err("unbound") });
    let sessions = check.build().unwrap();
    assert_eq!(bound.get(&sessions, user).returned, Some(7));
    assert_eq!(unbound.get(&sessions, user).returned, None);
}

#[test]
fn servers_without_the_setting_and_other_contexts_refuse_bound_sessions() {
    let (ring, clock) = (ring(), clock());
    let with = bound(&ring, &clock).build().unwrap();
    let without = Sessions::<Visit>::builder(ring).clock(clock).build().unwrap();
    let browser = signed_in_with_key(1, &with);
    let unknown = LoadStatus::Rejected(Reason::UnknownForm);
    assert_eq!(browser.browser.clone().get(&without, status).returned, unknown);

    let tenant = with.with_context("tenant");
    let sealed = browser.browser.clone().get(&with, |session| session.seal().unwrap()).returned;
    assert_eq!(with.open(&sealed).unwrap_err().reason(), Reason::Unproven(Unproven::Missing));
    assert_eq!(tenant.open(&sealed).unwrap_err().reason(), Reason::BadSeal);
    assert!(tenant.answer_dbsc(endpoint_request("/dbsc/register", "", &[])).is_none());
}

#[test]
fn a_renamed_cookie_keeps_its_binding() {
    let (ring, clock) = (ring(), clock());
    let old = bound(&ring, &clock).context("one").build().unwrap();
    let new = bound(&ring, &clock)
        .cookie_name("__Host-Http-shop")
        .context("two")
        .accept_alias(NAME, "one")
        .build()
        .unwrap();
    let mut browser = signed_in_with_key(1, &old);
    assert_eq!(browser.get(&new, user).returned, Some(7));
    assert_eq!(browser.get(&new, binding).returned, proven(START));
    browser.drop_proof();
    assert_eq!(browser.refresh(&new).status(), 200);
    assert!(browser.registered.clone().unwrap().cookie.starts_with("__Host-shop-proof-"));
    browser.get(&new, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    assert_eq!(browser.get(&new, user).returned, Some(7), "under the new name");
}

#[test]
fn two_kinds_of_session_on_one_site_have_keys_of_their_own() {
    let (ring, clock) = (ring(), clock());
    let shop = bound(&ring, &clock).build().unwrap();
    let admin = Sessions::<Visit>::builder(ring)
        .clock(clock)
        .cookie_name("__Host-Http-admin")
        .device_bound(DeviceBound::at("/admin/dbsc"))
        .build()
        .unwrap();
    let mut browser = signed_in_with_key(1, &shop);
    // The proof of the shop is none of the admin's, so a sign-in there is offered a key.
    let offer = browser.browser.get(&admin, |session| session.offer_binding());
    let offer = offer.fields("secure-session-registration")[0];
    assert!(offer.contains(r#"path="/admin/dbsc/register""#), "{offer}");
    browser.browser.send(&admin, Call::post(), sign_in);
    assert_eq!(browser.browser.get(&admin, binding).returned, DeviceBinding::Unbound);
    assert_eq!(browser.browser.get(&shop, binding).returned, proven(START));
}

#[test]
fn a_binding_costs_at_most_26_characters() {
    let (sessions, ..) = fleet();
    let length = |browser: &Browser| browser.value_of(NAME).unwrap().len();
    for items in 0..6 {
        let fills = |session: &Session<Visit>| {
            session.renew().unwrap();
            session.set(Visit { cart: vec![1; items], ..visit(7) }).unwrap();
        };
        let mut unbound = Browser::default();
        unbound.send(&sessions, Call::post(), fills);
        let mut bound = signed_in_with_key(1, &sessions);
        bound.send(&sessions, Call::post(), fills);
        let more = length(&bound.browser) - length(&unbound);
        assert!((25..=26).contains(&more), "{more}");
    }
}

#[test]
fn what_browsers_or_the_rules_do_not_allow_is_refused_at_build() {
    use sealed_session::SameSite;
    let refused = |builder: Builder<Visit>| builder.build().unwrap_err().to_string();
    let with = || Sessions::<Visit>::builder(ring());
    let at = |setting| with().device_bound(setting);
    let plain = || at(DeviceBound::at("/dbsc"));
    for (builder, says) in [
        (plain().cookie_name("s").domain("example.com"), "domain"),
        (plain().cookie_name("s").path("/shop"), "path"),
        (plain().same_site(SameSite::None).partitioned(true), "partitioned"),
        (plain().cookie_name("s").secure(false), "TLS"),
        (plain().development(), "TLS"),
        (at(DeviceBound::at("dbsc")), "begins with /"),
        (at(DeviceBound::at("/dbsc/")), "does not end with it"),
        (at(DeviceBound::at("/")), "begins with /"),
        (at(DeviceBound::at("/a/../b")), "segment"),
        (at(DeviceBound::at("/a\"b")), "letters"),
        (at(DeviceBound::at("/dbsc").exclude("/a?b")), "exclude"),
        (at(DeviceBound::at("/dbsc").origin("https://shop.example/")), "origin"),
        (at(DeviceBound::at("/dbsc").proof_lifetime(secs(239))), "between 240"),
        (at(DeviceBound::at("/dbsc").proof_lifetime(secs(DAY + 1))), "between 240"),
        (at(DeviceBound::at("/dbsc").require(secs(0))), "at least one second"),
    ] {
        let error = refused(builder);
        assert!(error.contains("device_bound: ") && error.contains(says), "{error}");
    }
    at(DeviceBound::at("/a/b-c_d.e").proof_lifetime(secs(240))).build().unwrap();
}

#[test]
fn the_audience_is_checked_where_an_origin_is_configured() {
    let (ring, clock) = (ring(), clock());
    let setting = DeviceBound::at("/dbsc").origin("https://shop.example");
    let builder = Sessions::<Visit>::builder(ring.clone()).clock(clock.clone());
    let checks = builder.device_bound(setting).build().unwrap();
    let lax = bound(&ring, &clock).build().unwrap();
    let registers = |sessions: &Sessions<Visit>, audience: &str| {
        let offer = Browser::default().get(sessions, |session| session.offer_binding());
        let challenge = challenge(offer.fields("secure-session-registration")[0]);
        let key = DeviceKey::new(1);
        let token = key.token(
            &format!(r#"{{"alg":"ES256","jwk":{},"typ":"dbsc+jwt"}}"#, key.jwk()),
            &format!(r#"{{"aud":"{audience}","jti":"{challenge}"}}"#),
        );
        let request =
            endpoint_request("/dbsc/register", "", &[("secure-session-response", &token)]);
        sessions.answer_dbsc(&request).unwrap().status().as_u16()
    };
    for audience in ["https://shop.example/dbsc/register", "https://shop.example/dbsc/register?a=b"]
    {
        assert_eq!(registers(&checks, audience), 200);
    }
    for audience in [
        "https://shop.example/dbsc/refresh",
        "https://evil.example/dbsc/register",
        "https://shop.example",
        "",
    ] {
        assert_eq!(registers(&checks, audience), 403, "{audience}");
        assert_eq!(registers(&lax, audience), 200, "{audience}");
    }
}
