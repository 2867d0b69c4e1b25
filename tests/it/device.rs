//! Sessions bound to the visitor's device (`Builder::device_bound`), as a browser meets them: offer,
//! registration, sign-in, refresh, sign-out.

use crate::support::device::*;
use crate::support::*;
use sealed_session::clock::ManualClock;
use sealed_session::dbsc::{DeviceBinding, Unproven, WhenOff};
use sealed_session::{
    Builder, DeviceBound, KeyRing, LoadStatus, Reason, Session, SessionError, Sessions,
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

fn status(session: &Session<Visit>) -> LoadStatus {
    session.load_status()
}

fn unproven(why: Unproven) -> LoadStatus {
    LoadStatus::Rejected(Reason::Unproven(why))
}

#[test]
fn a_session_is_born_bound_and_its_cookie_alone_is_refused() {
    let (one, other, clock) = fleet();
    let mut browser = signed_in_with_key(1, &one);
    for sessions in [&one, &other] {
        assert_eq!(browser.get(sessions, user).returned, Some(7));
        let binding = browser.get(sessions, |session| session.binding()).returned;
        assert_eq!(binding, DeviceBinding::Bound { proven_at: at(START) });
        let mut thief = Browser::holding(browser.browser.value_of(NAME).unwrap());
        assert_eq!(thief.get(sessions, user).returned, None);
        assert_eq!(thief.get(sessions, status).returned, unproven(Unproven::Missing));
    }
    clock.advance(secs(9 * MINUTE));
    browser.drop_proof();
    assert_eq!(browser.get(&other, user).returned, Some(7), "after a refresh");
}
