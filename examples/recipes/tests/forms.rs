//! The recipe, driven over loopback.

mod support;

use sealed_session_recipes::forms::{app, sessions};
use support::*;

async fn browser() -> Browser {
    Browser::at(serve(app(sessions(ring()).build().unwrap())).await)
}

async fn signed_in() -> Browser {
    let mut browser = browser().await;
    assert_eq!(browser.post("/sign-in", &[("name", "Ada")]).await.location(), "/");
    browser
}

async fn address(browser: &mut Browser) -> String {
    let page = browser.visit("/").await;
    page.body()
        .split_once("name=\"address\" value=\"")
        .unwrap()
        .1
        .split('"')
        .next()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_form_with_its_token_is_accepted_as_often_as_it_is_sent() {
    let mut browser = signed_in().await;
    let token = browser.visit("/").await.hidden("csrf");
    for street in ["1 Main Street", "2 Main Street"] {
        let form = [("csrf", &*token), ("address", street)];
        assert_eq!(browser.post("/address", &form).await.location(), "/");
        assert_eq!(address(&mut browser).await, street);
    }
    assert_ne!(browser.visit("/").await.hidden("csrf"), token);
}

#[tokio::test]
async fn a_form_of_another_origin_is_refused_even_with_a_token() {
    let mut browser = signed_in().await;
    let token = browser.visit("/").await.hidden("csrf");
    for site in ["cross-site", "same-site"] {
        let form = [("csrf", &*token), ("address", "elsewhere")];
        assert_eq!(browser.post_from(site, "/address", &form).await.status(), 403);
        assert_eq!(browser.post_from(site, "/sign-in", &[("name", "Mallory")]).await.status(), 403);
    }
    let page = browser.visit("/").await;
    assert!(page.body().contains("<h1>Ada</h1>"), "{}", page.body());
    assert_eq!(address(&mut browser).await, "");
}

#[tokio::test]
async fn another_visitors_token_is_refused_and_what_was_typed_stays() {
    let (mut ada, mut bob) = {
        let address = serve(app(sessions(ring()).build().unwrap())).await;
        (Browser::at(address), Browser::at(address))
    };
    ada.post("/sign-in", &[("name", "Ada")]).await;
    bob.post("/sign-in", &[("name", "Bob")]).await;
    let of_bob = bob.visit("/").await.hidden("csrf");
    let page = ada.post("/address", &[("csrf", &of_bob), ("address", "1 Main Street")]).await;
    assert_eq!(page.status(), 403);
    assert!(page.body().contains(r#"value="1 Main Street""#), "{}", page.body());
    let new = page.hidden("csrf");
    assert_eq!(address(&mut ada).await, "", "nothing was saved");
    let again = [("csrf", &*new), ("address", "1 Main Street")];
    assert_eq!(ada.post("/address", &again).await.location(), "/");
    assert_eq!(address(&mut ada).await, "1 Main Street");
}

#[tokio::test]
async fn a_page_from_before_another_sign_in_is_old() {
    let mut browser = signed_in().await;
    let old = browser.visit("/").await.hidden("csrf");
    browser.post("/sign-in", &[("name", "Ada")]).await; // in another tab
    assert_eq!(browser.post("/sign-out", &[("csrf", &old)]).await.status(), 403);
    let token = browser.visit("/").await.hidden("csrf");
    assert_eq!(browser.post("/sign-out", &[("csrf", &token)]).await.location(), "/");
    assert!(browser.visit("/").await.body().contains("Sign in"));
}

#[tokio::test]
async fn the_sign_in_page_sets_no_cookie() {
    let mut browser = browser().await;
    let page = browser.visit("/").await;
    assert!(page.fields("set-cookie").is_empty() && !page.body().contains("csrf"));
}

#[tokio::test]
async fn what_a_visitor_typed_is_escaped() {
    let mut browser = browser().await;
    browser.post("/sign-in", &[("name", "<script>alert(1)</script>")]).await;
    assert!(!browser.visit("/").await.body().contains("<script"));
}
