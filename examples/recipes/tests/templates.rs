//! The recipe, driven over loopback.

mod support;

use sealed_session_recipes::templates::{app, sessions};
use support::*;

const PAGES: [&str; 2] = ["/askama", "/minijinja"];

async fn browser() -> Browser {
    Browser::at(serve(app(sessions(ring()).build().unwrap()).unwrap()).await)
}

#[tokio::test]
async fn each_message_is_shown_once_by_its_level() {
    for page in PAGES {
        let mut browser = browser().await;
        assert_eq!(browser.post(page, &[("text", "tea")]).await.location(), page);
        browser.post(page, &[("text", "tea")]).await;
        browser.post(page, &[("text", " ")]).await;

        let reply = browser.visit(page).await;
        for line in [
            r#"<p class="success" role="status">“tea” is noted.</p>"#,
            r#"<p class="warning" role="alert">“tea” is there twice now.</p>"#,
            r#"<p class="error" role="alert">Write something first.</p>"#,
        ] {
            assert!(reply.body().contains(line), "{page}: {}", reply.body());
        }
        assert_eq!(reply.body().matches("<li>tea").count(), 2);
        assert!(!browser.visit(page).await.body().contains("role="), "{page}");
    }
}

#[tokio::test]
async fn what_a_visitor_typed_is_escaped() {
    for page in PAGES {
        let mut browser = browser().await;
        browser.post(page, &[("text", "<script>alert('1')</script>")]).await;
        let reply = browser.visit(page).await;
        assert!(reply.body().contains("is noted."));
        assert!(!reply.body().contains("<script"), "{page}: {}", reply.body());
        assert!(reply.field("content-security-policy").contains("default-src 'self'"));
    }
}

#[tokio::test]
async fn a_message_waits_for_the_page_that_shows_it() {
    let mut browser = browser().await;
    browser.post("/askama", &[("text", "tea")]).await;
    assert_eq!(browser.visit("/").await.location(), "/askama");
    assert!(browser.visit("/minijinja").await.body().contains("“tea” is noted."));
}

#[tokio::test]
async fn a_page_without_messages_sets_no_cookie() {
    let mut browser = browser().await;
    browser.post("/askama", &[("text", "tea")]).await;
    assert_eq!(browser.visit("/askama").await.fields("set-cookie").len(), 1);
    assert_eq!(browser.visit("/askama").await.fields("set-cookie").len(), 0);
}

#[tokio::test]
async fn forms_of_other_origins_are_refused() {
    let mut browser = browser().await;
    for site in ["cross-site", "same-site"] {
        for page in PAGES {
            let form = [("text", "theirs")];
            assert_eq!(browser.post_from(site, page, &form).await.status(), 403, "{site} {page}");
        }
    }
    assert!(browser.cookies().is_empty());
}
