//! The recipe over loopback: bound at the sign-in, and what a cookie without its proof gets.

#[path = "../../../tests/support/device_key.rs"]
mod device_key;
mod support;

use device_key::{DeviceKey, Registered, challenge};
use sealed_session::clock::ManualClock;
use sealed_session_recipes::device_bound::{app, sessions};
use support::*;

const SESSION: &str = "__Host-Http-session";

struct Shop {
    browser: Browser,
    clock: ManualClock,
}

async fn shop() -> Shop {
    let clock = clock();
    let sessions = sessions(ring()).clock(clock.clone()).build().unwrap();
    Shop { browser: Browser::at(serve(app(sessions)).await), clock }
}

/// A device, and what its browser stores of a registration.
struct Device {
    key: DeviceKey,
    registered: Registered,
}

impl Device {
    /// Opens the sign-in page and does what its answer offers.
    async fn register(browser: &mut Browser) -> Self {
        Self::register_key(browser, DeviceKey::new(1)).await
    }

    async fn register_key(browser: &mut Browser, key: DeviceKey) -> Self {
        let page = browser.get("/sign-in").await;
        let offer = page.field("secure-session-registration");
        assert!(offer.starts_with("(ES256);path=\"/dbsc/register\";"), "{offer}");
        let token = key.registration(&challenge(offer));
        let fields = [("secure-session-response", &*token)];
        let answer = browser.post_for_dbsc("/dbsc/register", &fields).await;
        assert_eq!(answer.status(), 200);
        Self { registered: Registered::read(answer.body()).unwrap(), key }
    }

    async fn refresh(&self, browser: &mut Browser) -> Reply {
        let Registered { id, refresh_url, .. } = &self.registered;
        let id = ("sec-secure-session-id", &**id);
        let asked = browser.post_for_dbsc(refresh_url, &[id]).await;
        if asked.status() != 403 {
            return asked;
        }
        let token = self.key.refresh(&challenge(asked.field("secure-session-challenge")));
        browser.post_for_dbsc(refresh_url, &[id, ("secure-session-response", &token)]).await
    }
}

async fn sign_in(browser: &mut Browser, name: &str) {
    assert_eq!(browser.post("/sign-in", &[("name", name)]).await.location(), "/");
}

async fn is_signed_in(browser: &mut Browser, name: &str) -> bool {
    browser.get("/").await.body().contains(&format!("You are {name}."))
}

#[tokio::test]
async fn a_bound_session_reaches_the_admin_area() {
    let Shop { mut browser, .. } = shop().await;
    assert_eq!(browser.get("/admin").await.location(), "/sign-in");
    Device::register(&mut browser).await;
    sign_in(&mut browser, "Ada").await;
    assert!(is_signed_in(&mut browser, "Ada").await);
    assert!(browser.get("/admin").await.body().contains("Ada, this is"));
}

#[tokio::test]
async fn without_support_only_the_admin_area_is_closed() {
    let Shop { mut browser, .. } = shop().await;
    sign_in(&mut browser, "Ada").await;
    assert!(is_signed_in(&mut browser, "Ada").await);
    let admin = browser.get("/admin").await;
    assert_eq!(admin.status(), 403);
    assert!(admin.body().contains("needs a session that is bound"), "{}", admin.body());
    for path in ["/", "/admin"] {
        let reply = browser.get(path).await;
        assert!(reply.fields("secure-session-registration").is_empty(), "{path} offers nothing");
    }
}

#[tokio::test]
async fn a_stolen_cookie_is_asked_for_its_proof_on_every_page() {
    let Shop { mut browser, .. } = shop().await;
    Device::register(&mut browser).await;
    sign_in(&mut browser, "Ada").await;

    let mut thief = Browser::at(browser.address);
    thief.forge(SESSION, browser.cookie(SESSION).unwrap());
    for path in ["/", "/admin"] {
        let reply = thief.get(path).await;
        assert_eq!(reply.status(), 403);
        assert!(reply.body().contains("Is this your device?") && !reply.body().contains("Ada"));
        assert!(reply.fields("set-cookie").is_empty(), "the cookie stays");
    }
    // The sign-in is open, and what it writes is another session.
    sign_in(&mut thief, "Mallory").await;
    assert!(is_signed_in(&mut thief, "Mallory").await);
    assert_eq!(thief.get("/admin").await.status(), 403);
    assert!(is_signed_in(&mut browser, "Ada").await);
}

#[tokio::test]
async fn a_proof_that_ended_is_deleted_and_the_next_one_counts() {
    let Shop { mut browser, clock } = shop().await;
    let device = Device::register(&mut browser).await;
    sign_in(&mut browser, "Ada").await;
    clock.advance(12 * MINUTE);
    let proof = &*device.registered.cookie;
    assert!(browser.cookie(proof).is_some());
    let reply = browser.get("/").await;
    assert_eq!(reply.status(), 403);
    assert!(reply.body().contains("Reload this page."), "{}", reply.body());
    assert!(browser.cookie(proof).is_none(), "so the browser gets a new one first");
    assert_eq!(device.refresh(&mut browser).await.status(), 200);
    assert!(is_signed_in(&mut browser, "Ada").await);
}

#[tokio::test]
async fn the_page_says_what_the_browser_said() {
    let Shop { mut browser, .. } = shop().await;
    let device = Device::register(&mut browser).await;
    sign_in(&mut browser, "Ada").await;
    browser.forget(&device.registered.cookie);
    let id = &device.registered.id;
    for (why, advice) in [
        ("quota_exceeded", "Try again in ten minutes."),
        ("server_error", "could not reach us"),
        ("unreachable", "could not reach us"),
    ] {
        let field = format!("{why};session_identifier=\"{id}\"");
        let reply = browser.get_with("/", &[("secure-session-skipped", &field)]).await;
        assert_eq!(reply.status(), 403);
        assert!(reply.body().contains(advice), "{why}: {}", reply.body());
    }
}

#[tokio::test]
async fn who_signs_in_again_is_bound_again() {
    let Shop { mut browser, .. } = shop().await;
    let device = Device::register(&mut browser).await;
    sign_in(&mut browser, "Ada").await;
    browser.forget(&device.registered.cookie);
    let field = format!("server_error;session_identifier=\"{}\"", device.registered.id);
    let refused = browser.get_with("/", &[("secure-session-skipped", &field)]).await;
    assert!(refused.body().contains("action=\"/sign-in-again\""), "{}", refused.body());
    assert_eq!(browser.post("/sign-in-again", &[]).await.location(), "/sign-in");
    Device::register_key(&mut browser, DeviceKey::new(2)).await; // browsers make another each time
    sign_in(&mut browser, "Ada").await;
    assert_eq!(browser.get("/admin").await.status(), 200);
}

#[tokio::test]
async fn signing_out_ends_the_device_s_key_too() {
    let Shop { mut browser, .. } = shop().await;
    let device = Device::register(&mut browser).await;
    sign_in(&mut browser, "Ada").await;
    assert_eq!(browser.post("/sign-out", &[]).await.location(), "/");
    assert!(
        browser.cookie(SESSION).is_none() && browser.cookie(&device.registered.cookie).is_none()
    );
    let answer = device.refresh(&mut browser).await;
    assert_eq!((answer.status(), Registered::read(answer.body())), (200, None));
    assert!(browser.cookies().is_empty(), "the marker too: {}", browser.cookies());
}

#[tokio::test]
async fn forms_of_other_origins_are_refused() {
    let Shop { mut browser, .. } = shop().await;
    for site in ["cross-site", "same-site"] {
        for path in ["/sign-in", "/sign-in-again", "/sign-out"] {
            let form = [("name", "Mallory")];
            assert_eq!(browser.post_from(site, path, &form).await.status(), 403, "{site} {path}");
        }
    }
}
