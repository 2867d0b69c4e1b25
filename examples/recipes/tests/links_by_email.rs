//! The recipe over loopback, merged with the one that signs in: mails, the pages behind their links,
//! and what scanners and strangers do to the links.

mod support;

use sealed_session::KeyRing;
use sealed_session::clock::{Clock, ManualClock};
use sealed_session_recipes::links_by_email::{Links, Mail, Unsubscribed, app, sessions};
use sealed_session_recipes::sign_in_with_a_password::{self, Accounts, users::Users};
use std::net::SocketAddr;
use std::sync::Arc;
use support::*;
use tokio::sync::mpsc;

const ADA: &str = "ada@example.com";
const OLD: &str = "correct horse battery";
const NEW: &str = "staple of another kind";
const ORIGIN: &str = "https://shop.example";

struct Shop {
    address: SocketAddr,
    accounts: Accounts,
    links: Links,
    mails: mpsc::Receiver<Mail>,
    unsubscribed: Unsubscribed,
    clock: ManualClock,
    ring: KeyRing,
}

async fn shop() -> Shop {
    let accounts = Accounts { users: Arc::new(Users::default()), passwords: passwords() };
    accounts.users.add(ADA, accounts.passwords.hash(OLD.to_owned()).await.unwrap());
    let (ring, clock) = (ring(), clock());
    let links = Links::new(ORIGIN, &ring, &Clock::from(clock.clone())).unwrap();
    let sessions = sessions(ring.clone()).clock(clock.clone()).build().unwrap();
    let (outbox, mails) = mpsc::channel(8);
    let unsubscribed = Unsubscribed::default();
    let sign_in = sign_in_with_a_password::app(sessions.clone(), accounts.clone());
    let links_app = app(sessions, accounts.clone(), links.clone(), outbox, unsubscribed.clone());
    let address = serve(sign_in.merge(links_app)).await;
    Shop { address, accounts, links, mails, unsubscribed, clock, ring }
}

impl Shop {
    fn browser(&self) -> Browser {
        Browser::at(self.address)
    }

    /// Asks for a link, and returns the path of the one that was sent.
    async fn link(&mut self, form: &str, address: &str) -> String {
        assert_eq!(self.browser().post(form, &[("address", address)]).await.status(), 200);
        let mail = self.mails.recv().await.unwrap();
        assert_eq!(mail.to, address);
        path(&mail.link)
    }

    async fn signs_in(&self, name: &str, password: &str) -> bool {
        let form = [("name", name), ("password", password)];
        self.browser().post("/sign-in", &form).await.status() == 303
    }
}

/// Links have the configured origin: a request's `Host`, here localhost, is anybody's choice.
fn path(link: &str) -> String {
    link.strip_prefix(ORIGIN).unwrap().to_owned()
}

/// Follows a link, and fills in its page's form.
async fn set_password(browser: &mut Browser, link: &str, password: &str) -> u16 {
    let page = browser.follow_from_another_site(link).await;
    if page.status() != 200 {
        return page.status();
    }
    let form = [("ticket", &*page.hidden("ticket")), ("password", password)];
    browser.post(link.split('?').next().unwrap(), &form).await.status()
}

#[tokio::test]
async fn a_link_sets_a_new_password_once_and_ends_the_sessions() {
    let mut shop = shop().await;
    let mut there = shop.browser();
    there.post("/sign-in", &[("name", ADA), ("password", OLD)]).await;
    let (link, other) = (shop.link("/forgot", ADA).await, shop.link("/forgot", ADA).await);
    let mut browser = shop.browser();
    assert_eq!(set_password(&mut browser, &link, "short").await, 422);
    assert_eq!(set_password(&mut browser, &link, NEW).await, 303);
    assert!(browser.cookies().is_empty(), "a link signs nobody in");
    assert!(shop.signs_in(ADA, NEW).await && !shop.signs_in(ADA, OLD).await);
    assert!(there.get("/").await.body().contains("Nobody is signed in"));
    for used in [&link, &other] {
        assert_eq!(set_password(&mut browser, used, OLD).await, 410);
        // Nor without asking for the page first.
        let ticket = used.split_once("ticket=").unwrap().1;
        let form = [("ticket", ticket), ("password", OLD)];
        assert_eq!(browser.post("/reset", &form).await.status(), 410);
    }
    assert!(shop.signs_in(ADA, NEW).await);
}

#[tokio::test]
async fn an_unknown_address_gets_the_same_response_and_no_mail() {
    let mut shop = shop().await;
    let known = shop.browser().post("/forgot", &[("address", ADA)]).await;
    assert_eq!(shop.mails.recv().await.unwrap().to, ADA);
    let unknown = shop.browser().post("/forgot", &[("address", "eve@example.com")]).await;
    assert_eq!((known.status(), known.body()), (unknown.status(), unknown.body()));
    // Mails are sent in order, so the next one shows that there was none for the unknown address.
    shop.link("/forgot", ADA).await;
    // Signing up tells no more.
    let known = shop.browser().post("/sign-up", &[("address", ADA)]).await;
    assert!(shop.mails.recv().await.unwrap().link.contains("/reset?"));
    let unknown = shop.browser().post("/sign-up", &[("address", "eve@example.com")]).await;
    assert_eq!((known.status(), known.body()), (unknown.status(), unknown.body()));
}

#[tokio::test]
async fn a_scanner_that_follows_every_link_changes_nothing() {
    let mut shop = shop().await;
    let reset = shop.link("/forgot", ADA).await;
    let confirm = shop.link("/sign-up", "bob@example.com").await;
    let unsubscribe = path(&shop.links.newsletter(ADA).unwrap().link);
    for link in [&reset, &confirm, &unsubscribe] {
        for _ in 0..3 {
            assert_eq!(shop.browser().follow_from_another_site(link).await.status(), 200);
        }
    }
    assert!(shop.signs_in(ADA, OLD).await && !shop.unsubscribed.contains(ADA));
    assert!(shop.accounts.users.by_name("bob@example.com").is_none());
    assert_eq!(set_password(&mut shop.browser(), &reset, NEW).await, 303);
    assert_eq!(set_password(&mut shop.browser(), &confirm, NEW).await, 303);
}

#[tokio::test]
async fn what_a_mail_program_breaks_is_refused() {
    let mut shop = shop().await;
    let link = shop.link("/forgot", ADA).await;
    let (page, ticket) = link.split_once("ticket=").unwrap();
    let (other, short) = (shop.link("/sign-up", "bob@example.com").await, ticket.len() - 3);
    for broken in [
        format!("{ticket}."),
        format!("{ticket})"),
        format!("{ticket}%3E"),
        format!("{ticket}%0D%0A"),
        format!("{ticket}AA"),
        ticket[..short].to_owned(),
        format!("{}%20{}", &ticket[..60], &ticket[60..]),
        String::new(),
        other.split_once("ticket=").unwrap().1.to_owned(),
    ] {
        let mut browser = shop.browser();
        let reply = browser.get(&format!("{page}ticket={broken}")).await;
        assert_eq!(reply.status(), 410, "{broken}");
        let form = [("ticket", &*broken), ("password", NEW)];
        assert_eq!(browser.post("/reset", &form).await.status(), 410, "{broken}");
    }
    // A mail program that percent-encodes more than it must changes nothing: the server decodes it.
    let first = format!("%{:02X}{}", ticket.as_bytes()[0], &ticket[1..]);
    assert_eq!(set_password(&mut shop.browser(), &format!("{page}ticket={first}"), NEW).await, 303);
}

#[tokio::test]
async fn links_end() {
    let mut shop = shop().await;
    let reset = shop.link("/forgot", ADA).await;
    let confirm = shop.link("/sign-up", "bob@example.com").await;
    let unsubscribe = path(&shop.links.newsletter(ADA).unwrap().link);
    let download = path(&shop.links.download(1, "invoice-7.txt").unwrap());
    let mut passed = std::time::Duration::ZERO;
    for (link, minutes) in
        [(reset, 30), (confirm, 24 * 60), (download, 24 * 60), (unsubscribe, 60 * 24 * 60)]
    {
        let end = minutes * MINUTE;
        if end > passed {
            shop.clock.advance(end - passed - MINUTE);
            assert_eq!(shop.browser().get(&link).await.status(), 200, "{link}");
            shop.clock.advance(MINUTE);
            passed = end;
        }
        assert_eq!(shop.browser().get(&link).await.status(), 410, "{link}");
    }
}

#[tokio::test]
async fn pages_with_a_ticket_are_not_cached_and_tell_no_other_site() {
    let mut shop = shop().await;
    for link in [
        shop.link("/forgot", ADA).await,
        shop.link("/sign-up", "bob@example.com").await,
        path(&shop.links.newsletter(ADA).unwrap().link),
    ] {
        let page = shop.browser().get(&link).await;
        assert_eq!(page.field("cache-control"), "no-store", "{link}");
        assert_eq!(page.field("referrer-policy"), "same-origin", "{link}");
    }
}

#[tokio::test]
async fn a_confirmed_address_makes_one_account() {
    let mut shop = shop().await;
    let bob = "bob@example.com";
    let (one, two) = (shop.link("/sign-up", bob).await, shop.link("/sign-up", bob).await);
    assert!(!shop.signs_in(bob, NEW).await);
    assert_eq!(set_password(&mut shop.browser(), &one, NEW).await, 303);
    assert!(shop.signs_in(bob, NEW).await);
    for used in [one, two] {
        assert_eq!(set_password(&mut shop.browser(), &used, OLD).await, 410);
    }
    assert!(shop.signs_in(bob, NEW).await, "the second link has not changed the password");
}

#[tokio::test]
async fn what_is_no_address_gets_no_mail() {
    let shop = shop().await;
    let long = format!("{}@example.com", "a".repeat(250));
    for address in [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@example.com\r\nBcc: eve@example.com",
        "ada@example.com,eve@example.com",
        "Ada <ada@example.com>",
        &long,
    ] {
        for form in ["/forgot", "/sign-up"] {
            let reply = shop.browser().post(form, &[("address", address)]).await;
            assert_eq!(reply.status(), 422, "{address:?}");
        }
    }
}

#[tokio::test]
async fn one_click_unsubscribes_without_cookies_and_as_often_as_it_is_sent() {
    let shop = shop().await;
    let mail = shop.links.newsletter(ADA).unwrap();
    assert_eq!(
        mail.fields,
        [
            ("List-Unsubscribe", format!("<{}>", mail.link)),
            ("List-Unsubscribe-Post", String::from("List-Unsubscribe=One-Click"))
        ]
    );
    assert!(mail.link.len() + "List-Unsubscribe: <>".len() <= 998, "a line of a mail: RFC 5322");
    let link = path(&mail.link);
    for _ in 0..2 {
        let sent = shop.browser().post_as_a_server(&link, "List-Unsubscribe=One-Click").await;
        assert_eq!(sent.status(), 200);
        assert!(sent.fields("set-cookie").is_empty() && sent.fields("location").is_empty());
        assert!(shop.unsubscribed.contains(ADA));
    }
    let mut webmail = shop.browser();
    assert_eq!(webmail.post_from("cross-site", &link, &[]).await.status(), 200);
    let forged = format!("{}A{}", &link[..40], &link[41..]);
    assert_eq!(shop.browser().post_as_a_server(&forged, "").await.status(), 410);
}

#[tokio::test]
async fn a_subscriber_unsubscribes_with_the_page_s_button() {
    let shop = shop().await;
    let link = path(&shop.links.newsletter(ADA).unwrap().link);
    let mut browser = shop.browser();
    let page = browser.follow_from_another_site(&link).await;
    assert!(page.body().contains(&format!("action=\"{link}\"")), "{}", page.body());
    assert_eq!(browser.post(&link, &[]).await.status(), 200);
    assert!(shop.unsubscribed.contains(ADA));
}

#[tokio::test]
async fn a_download_link_is_for_one_file() {
    let shop = shop().await;
    let link = path(&shop.links.download(1, "invoice-7.txt").unwrap());
    for _ in 0..2 {
        let reply = shop.browser().get(&link).await;
        assert_eq!((reply.status(), reply.body()), (200, "7.00 EUR\n"));
        assert_eq!(reply.field("cache-control"), "private, no-store");
    }
    let other = link.replace("invoice-7", "invoice-8");
    assert_eq!(shop.browser().get(&other).await.status(), 410);
    // Of a user who is gone, and of a file that is gone.
    for link in [shop.links.download(9, "invoice-7.txt"), shop.links.download(1, "x.txt")] {
        assert_eq!(shop.browser().get(&path(&link.unwrap())).await.status(), 410);
    }
}

#[tokio::test]
async fn a_link_ends_with_its_key() {
    let mut shop = shop().await;
    let link = shop.link("/forgot", ADA).await;
    shop.ring.replace(&ring()).unwrap();
    assert_eq!(shop.browser().get(&link).await.status(), 410);
}

#[tokio::test]
async fn forms_of_other_origins_are_refused() {
    let shop = shop().await;
    let forms = ["/forgot", "/reset", "/sign-up", "/confirm", "/sign-in", "/sign-out", "/password"];
    for site in ["cross-site", "same-site"] {
        for form in forms {
            let reply = shop.browser().post_from(site, form, &[]).await;
            assert_eq!(reply.status(), 403, "{site} {form}");
        }
    }
}
