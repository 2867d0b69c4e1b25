//! The recipe over loopback: what is asked for, on which device, and after how long.

mod support;

use sealed_session::clock::{Clock, ManualClock};
use sealed_session_recipes::sign_in_with_a_password::{Accounts, sessions, users::Users};
use sealed_session_recipes::step_up::{Site, app, codes, devices};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use support::*;

const SESSION: &str = "__Host-Http-session";
const DEVICE: &str = "__Host-Http-device";
const PASSWORD: &str = "correct horse battery";
const CODE: &str = "271828";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

struct Shop {
    address: SocketAddr,
    accounts: Accounts,
    clock: ManualClock,
}

async fn shop() -> Shop {
    let accounts = Accounts { users: Arc::new(Users::default()), passwords: passwords() };
    for name in ["ada", "bob"] {
        accounts.users.add(name, accounts.passwords.hash(PASSWORD.to_owned()).await.unwrap());
    }
    let (ring, clock) = (ring(), clock());
    let site = Site {
        accounts: accounts.clone(),
        codes: codes(ring.clone()).clock(clock.clone()).build().unwrap(),
        is_code: |_, code| code == CODE,
        clock: Clock::from(clock.clone()),
    };
    let devices = devices(ring.clone()).clock(clock.clone()).build().unwrap();
    let visits = sessions(ring).clock(clock.clone()).build().unwrap();
    Shop { address: serve(app(visits, devices, site)).await, accounts, clock }
}

impl Shop {
    fn browser(&self) -> Browser {
        Browser::at(self.address)
    }
}

/// Gives the password, and returns the ticket of the page that asks for a code, if one does.
async fn password(browser: &mut Browser, name: &str) -> Option<String> {
    let reply = browser.post("/sign-in", &[("name", name), ("password", PASSWORD)]).await;
    (reply.status() == 200).then(|| reply.hidden("ticket"))
}

async fn sign_in(browser: &mut Browser, name: &str, remember: bool) {
    if let Some(ticket) = password(browser, name).await {
        let mut form = vec![("ticket", &*ticket), ("code", CODE)];
        form.extend(remember.then_some(("remember", "on")));
        assert_eq!(browser.post("/code", &form).await.location(), "/");
    }
    assert!(is_signed_in(browser, name).await);
}

async fn is_signed_in(browser: &mut Browser, name: &str) -> bool {
    browser.get("/").await.body().contains(&format!("You are {name}."))
}

#[tokio::test]
async fn the_password_alone_signs_nobody_in() {
    let shop = shop().await;
    let mut browser = shop.browser();
    let ticket = password(&mut browser, "ada").await.unwrap();
    assert!(!is_signed_in(&mut browser, "ada").await && browser.cookies().is_empty());
    let give = |ticket, code| [("ticket", ticket), ("code", code)];
    assert_eq!(browser.post("/code", &give(&*ticket, "000000")).await.status(), 401);
    assert_eq!(browser.post("/code", &give("junk", CODE)).await.location(), "/sign-in");
    assert_eq!(browser.post("/code", &give(&*ticket, CODE)).await.location(), "/");
    assert!(is_signed_in(&mut browser, "ada").await);
}

#[tokio::test]
async fn a_code_is_taken_for_five_minutes_and_under_the_password_that_was_given() {
    let shop = shop().await;
    let mut browser = shop.browser();
    let late = password(&mut browser, "ada").await.unwrap();
    shop.clock.advance(5 * MINUTE);
    let form = [("ticket", &*late), ("code", CODE)];
    assert_eq!(browser.post("/code", &form).await.location(), "/sign-in");
    let ticket = password(&mut browser, "ada").await.unwrap();
    shop.accounts.users.end_sessions(1);
    let form = [("ticket", &*ticket), ("code", CODE)];
    assert_eq!(browser.post("/code", &form).await.location(), "/sign-in");
    // No cookie is a ticket.
    sign_in(&mut browser, "ada", true).await;
    for name in [SESSION, DEVICE] {
        let cookie = browser.cookie(name).unwrap().to_owned();
        let form = [("ticket", &*cookie), ("code", CODE)];
        assert_eq!(shop.browser().post("/code", &form).await.location(), "/sign-in");
    }
}

#[tokio::test]
async fn a_remembered_device_asks_one_user_for_no_code_for_30_days() {
    let shop = shop().await;
    let mut browser = shop.browser();
    sign_in(&mut browser, "ada", true).await;
    let mut unused = browser.clone();
    for _ in 0..2 {
        shop.clock.advance(15 * DAY - MINUTE);
        assert_eq!(password(&mut browser, "ada").await, None);
        assert!(password(&mut browser, "bob").await.is_some(), "another user is asked");
    }
    assert!(password(&mut shop.browser(), "ada").await.is_some(), "so is another device");
    assert_eq!(password(&mut unused.clone(), "ada").await, None, "visits make no difference");
    shop.clock.advance(2 * MINUTE);
    for browser in [&mut browser, &mut unused] {
        assert!(password(browser, "ada").await.is_some());
    }
}

#[tokio::test]
async fn a_device_is_remembered_only_if_asked_to_and_the_latest_user_alone() {
    let shop = shop().await;
    let mut browser = shop.browser();
    sign_in(&mut browser, "ada", false).await;
    assert!(browser.cookie(DEVICE).is_none());
    assert!(password(&mut browser, "ada").await.is_some());
    sign_in(&mut browser, "ada", true).await;
    shop.clock.advance(29 * DAY);
    sign_in(&mut browser, "bob", true).await;
    assert!(password(&mut browser, "ada").await.is_some());
    shop.clock.advance(29 * DAY);
    assert_eq!(password(&mut browser, "bob").await, None, "30 days from bob's own code");
}

#[tokio::test]
async fn a_new_password_ends_what_devices_remember() {
    let shop = shop().await;
    let mut browser = shop.browser();
    sign_in(&mut browser, "ada", true).await;
    shop.accounts.users.end_sessions(1);
    assert!(password(&mut browser, "ada").await.is_some());
}

#[tokio::test]
async fn the_device_s_cookie_is_no_session_and_the_session_no_device() {
    let shop = shop().await;
    let mut browser = shop.browser();
    sign_in(&mut browser, "ada", true).await;
    let (session, device) =
        (browser.cookie(SESSION).unwrap().to_owned(), browser.cookie(DEVICE).unwrap().to_owned());
    let mut swapped = shop.browser();
    swapped.forge(SESSION, &device);
    swapped.forge(DEVICE, &session);
    assert!(!is_signed_in(&mut swapped, "ada").await);
    assert!(password(&mut swapped, "ada").await.is_some());
}

#[tokio::test]
async fn the_password_is_asked_for_again_after_five_minutes() {
    let shop = shop().await;
    let mut browser = shop.browser();
    assert_eq!(browser.get("/api-key").await.location(), "/sign-in");
    sign_in(&mut browser, "ada", false).await;
    shop.clock.advance(5 * MINUTE - Duration::from_secs(1));
    assert!(browser.get("/api-key").await.body().contains("The key of ada"));
    shop.clock.advance(Duration::from_secs(1));
    let again = browser.get("/api-key?page=2").await.location().to_owned();
    assert_eq!(again, "/again?return_to=%2Fapi-key%3Fpage%3D2");
    assert!(is_signed_in(&mut browser, "ada").await, "the other pages go on");

    let mut kept = browser.clone();
    let return_to = browser.get(&again).await.hidden("return_to");
    let give = |password| [("return_to", &*return_to), ("password", password)];
    assert_eq!(browser.post("/again", &give("wrong")).await.status(), 403);
    assert_eq!(browser.get("/api-key").await.status(), 303);
    assert_eq!(browser.post("/again", &give(PASSWORD)).await.location(), "/api-key?page=2");
    assert_eq!(browser.get("/api-key").await.status(), 200);
    assert_eq!(kept.get("/api-key").await.status(), 303, "a cookie from before proves nothing");

    shop.clock.advance(5 * MINUTE);
    assert_eq!(browser.get("/api-key").await.status(), 303);
}

#[tokio::test]
async fn a_refresh_proves_nothing() {
    let shop = shop().await;
    let mut browser = shop.browser();
    sign_in(&mut browser, "ada", false).await;
    let before = browser.cookie(SESSION).unwrap().to_owned();
    shop.clock.advance(7 * DAY);
    assert!(is_signed_in(&mut browser, "ada").await);
    assert_ne!(browser.cookie(SESSION).unwrap(), before, "it was refreshed");
    assert_eq!(browser.get("/api-key").await.status(), 303);
}

#[tokio::test]
async fn a_stranger_is_not_asked_for_a_password_again() {
    let shop = shop().await;
    let mut browser = shop.browser();
    let form = [("return_to", "/api-key"), ("password", PASSWORD)];
    assert_eq!(browser.post("/again", &form).await.location(), "/sign-in");
    let elsewhere = browser.get("/again?return_to=//evil.example").await;
    assert_eq!(elsewhere.status(), 400);
    for path in ["/sign-in", "/code", "/again"] {
        assert_eq!(browser.post_from("same-site", path, &form).await.status(), 403);
    }
}
