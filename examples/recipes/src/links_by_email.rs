//! Links in e-mails: a new password, a confirmed address, unsubscribing, a download. Each link has
//! a ticket of its own purpose ([`Links`]), and nothing is stored until a link is used.
//!
//! | link | the ticket holds | valid for | if it is used again |
//! | --- | --- | --- | --- |
//! | `/reset` | the user, and the epoch of the password | half an hour | refused: a new password changes the epoch |
//! | `/confirm` | the address | a day | refused: the account exists |
//! | `/unsubscribe` | the address | 60 days | same result |
//! | `/download/NAME` | the user; issued for the file's name | a day | allowed: it changes nothing |
//!
//! - **A GET changes nothing.** Mail scanners and previews fetch every link in a mail. The page
//!   that a link opens has a form, which sends a POST. One-click unsubscribing is a POST too (RFC
//!   8058).
//! - **Whether an address has an account is not shown**: the response is the same, and the mail is
//!   written after it, in a task of its own (OWASP, Forgot Password).
//! - The links' origin is configured, and not taken from a request's `Host`. The client chooses the
//!   `Host`, so an attacker could send the account's owner, and the ticket, to another site.
//! - A ticket in a URL is in the browser's history and in the access logs. Keep queries out of the
//!   logs. The pages are not cached, and their `Referrer-Policy` keeps the URL from other sites.
//! - A reset signs nobody in. It ends the user's sessions, and the user signs in with the new
//!   password. "Sign out everywhere" increments the epoch too, so it also ends reset links that
//!   were not used.
//! - The pages use no session. The session layer is around them because it refuses the forms of
//!   other origins ([`sessions`]).
//! - Unsubscribing works without a session and from any site: the mail provider's server, or a
//!   webmail page, sends the POST, without cookies. What it can do is harmless, and its ticket
//!   proves the address. So `sessions` exempts it.
//!
//! Left to the application: a limit on mails for each address and each client, and DKIM (RFC 8058
//! wants a signature that covers both `List-Unsubscribe` fields).
//!
//! `cargo run -p sealed-session-recipes --bin links_by_email` prints the mails.

use crate::html::{Page, page, text};
use crate::sign_in_with_a_password::{self, Accounts, SHORTEST_PASSWORD, Visit, users::User};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Redirect, Response, Result};
use axum::routing::get;
use axum::{Form, Router};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::clock::Clock;
use sealed_session::error::TicketError;
use sealed_session::{BuildError, Builder, CrossOrigin, KeyRing, SessionData, Sessions, Tickets};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;

/// Allows its bearer to set a user's password, unless it was changed in the meantime.
#[derive(Default, Serialize, Deserialize)]
struct Reset {
    user: u64,
    epoch: u32,
}

/// The four kinds of link.
#[derive(Clone)]
pub struct Links {
    origin: Arc<str>,
    resets: Tickets<Reset>,
    confirmations: Tickets<String>,
    unsubscriptions: Tickets<String>,
    downloads: Tickets<u64>,
}

impl Links {
    /// `origin` is the site's, such as `https://shop.example`. `ring` may be the sessions' own. Its
    /// keys must open for as long as the longest ticket is valid:
    /// `sealed-session keys check FILE --ticket-lifetime 60d` checks that.
    ///
    /// # Errors
    /// As `TicketsBuilder::build`.
    pub fn new(origin: &str, ring: &KeyRing, clock: &Clock) -> Result<Self, BuildError> {
        fn kind<T: SessionData>(
            ring: &KeyRing,
            clock: &Clock,
            purpose: &str,
            valid_for: Duration,
        ) -> Result<Tickets<T>, BuildError> {
            let builder = Tickets::builder(ring.clone()).clock(clock.clone());
            builder.purpose(purpose).valid_for(valid_for).build()
        }
        Ok(Self {
            origin: origin.into(),
            resets: kind(ring, clock, "links_by_email: reset", HOUR / 2)?,
            confirmations: kind(ring, clock, "links_by_email: confirm", DAY)?,
            unsubscriptions: kind(ring, clock, "links_by_email: unsubscribe", 60 * DAY)?,
            downloads: kind(ring, clock, "links_by_email: download", DAY)?,
        })
    }

    fn reset(&self, user: &User) -> Result<Mail, TicketError> {
        let ticket = self.resets.issue(&Reset { user: user.id, epoch: user.epoch })?;
        Ok(self.mail(&user.name, "Set a new password", format!("/reset?ticket={ticket}")))
    }

    fn confirmation(&self, address: &str) -> Result<Mail, TicketError> {
        let ticket = self.confirmations.issue(&address.to_owned())?;
        Ok(self.mail(address, "Confirm your address", format!("/confirm?ticket={ticket}")))
    }

    /// A letter to a subscriber, with the fields that give mail programs their own button.
    ///
    /// # Errors
    /// [`TicketError`].
    pub fn newsletter(&self, address: &str) -> Result<Mail, TicketError> {
        let ticket = self.unsubscriptions.issue(&address.to_owned())?;
        let mut mail = self.mail(address, "News", format!("/unsubscribe?ticket={ticket}"));
        mail.fields = vec![
            ("List-Unsubscribe", format!("<{}>", mail.link)),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()),
        ];
        Ok(mail)
    }

    /// A link to one file for one user.
    ///
    /// # Errors
    /// [`TicketError`].
    pub fn download(&self, user: u64, file: &str) -> Result<String, TicketError> {
        let ticket = self.downloads.issue_for(file, &user)?;
        Ok(format!("{}/download/{file}?ticket={ticket}", self.origin))
    }

    fn mail(&self, to: &str, subject: &'static str, path: String) -> Mail {
        Mail { to: to.to_owned(), subject, link: self.origin.to_string() + &path, fields: vec![] }
    }
}

/// A mail to send. Put the link on a line of its own: mail programs would take a dot or bracket
/// after it for a part of it.
#[derive(Debug)]
pub struct Mail {
    pub to: String,
    pub subject: &'static str,
    pub link: String,
    pub fields: Vec<(&'static str, String)>,
}

#[derive(Clone)]
struct Shop {
    accounts: Accounts,
    links: Links,
    outbox: mpsc::Sender<Mail>,
    unsubscribed: Unsubscribed,
}

/// The addresses that get no letters: a table of your database.
#[derive(Clone, Default)]
pub struct Unsubscribed(Arc<Mutex<BTreeSet<String>>>);

impl Unsubscribed {
    pub fn contains(&self, address: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(address)
    }

    fn insert(&self, address: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(address);
    }
}

/// The settings of the sessions, for this application and the one that signs in.
pub fn sessions(ring: KeyRing) -> Builder<Visit> {
    let cross_origin = CrossOrigin::refuse().exempt("POST /unsubscribe");
    sign_in_with_a_password::sessions(ring).cross_origin(cross_origin)
}

/// The pages behind the links. Merge it with the application that signs in; a user's name is the
/// address.
pub fn app(
    sessions: Sessions<Visit>,
    accounts: Accounts,
    links: Links,
    outbox: mpsc::Sender<Mail>,
    unsubscribed: Unsubscribed,
) -> Router {
    Router::new()
        .route("/forgot", get(forgot_page).post(forgot))
        .route("/reset", get(reset_page).post(reset))
        .route("/sign-up", get(sign_up_page).post(sign_up))
        .route("/confirm", get(confirm_page).post(confirm))
        .route("/unsubscribe", get(unsubscribe_page).post(unsubscribe)) // from any site: RFC 8058
        .route("/download/{file}", get(download))
        .layer(SessionLayer::new(sessions))
        .layer(DefaultBodyLimit::max(8 * 1024))
        .with_state(Shop { accounts, links, outbox, unsubscribed })
}

/// Where the ticket is when a link is followed.
#[derive(Deserialize)]
struct Link {
    ticket: String,
}

/// Where it is when the page's form is sent.
#[derive(Deserialize)]
struct NewPassword {
    ticket: String,
    password: String,
}

/// A mail address, as far as it matters here: it can be the only recipient in a mail's header.
#[derive(Deserialize)]
#[serde(try_from = "Unchecked")]
struct Address(String);

#[derive(Deserialize)]
struct Unchecked {
    address: String,
}

impl TryFrom<Unchecked> for Address {
    type Error = &'static str;

    fn try_from(Unchecked { address }: Unchecked) -> Result<Self, Self::Error> {
        let plain = address.bytes().all(|byte| byte.is_ascii_graphic() && !b",;<>".contains(&byte));
        let [local, domain] = address.split('@').collect::<Vec<_>>()[..] else {
            return Err("an address has one @");
        };
        if plain && !local.is_empty() && !domain.is_empty() && address.len() <= LONGEST_ADDRESS {
            Ok(Self(address))
        } else {
            Err("not an address")
        }
    }
}

async fn forgot(State(shop): State<Shop>, Form(Address(address)): Form<Address>) -> Page {
    shop.send(move |shop| {
        shop.accounts.users.by_name(&address).map(|user| shop.links.reset(&user))
    });
    page("Check your mail", "<p>If this address has an account, a link is on its way to it.")
}

impl Shop {
    /// Makes and sends a mail, if there is one to send, after the response.
    fn send(self, mail: impl FnOnce(&Self) -> Option<Result<Mail, TicketError>> + Send + 'static) {
        tokio::spawn(async move {
            // The visitor gets the same response in each case, and the operator the reason.
            match mail(&self) {
                Some(Ok(mail)) => {
                    let sent = self.outbox.send(mail).await;
                    if sent.is_err() {
                        eprintln!("a mail was not sent: the outbox is closed");
                    }
                }
                Some(Err(why)) => eprintln!("no ticket for a mail: {why}"),
                None => {}
            }
        });
    }

    /// Returns the user whose password the ticket may change, unless it was changed meanwhile.
    fn resettable(&self, ticket: &str) -> Result<User, LinkEnded> {
        let Reset { user, epoch } = self.links.resets.open(ticket).map_err(|_| LinkEnded)?;
        let user = self.accounts.users.by_id(user).filter(|user| user.epoch == epoch);
        user.ok_or(LinkEnded)
    }
}

async fn reset_page(
    State(shop): State<Shop>,
    Query(Link { ticket }): Query<Link>,
) -> Result<Response, LinkEnded> {
    shop.resettable(&ticket)?; // so that nobody chooses a password in vain
    Ok(password_form("Set a new password", "/reset", &ticket))
}

async fn reset(State(shop): State<Shop>, Form(form): Form<NewPassword>) -> Result<Response> {
    let user = shop.resettable(&form.ticket)?;
    let hash = hash(&shop, form.password).await?;
    // Of two requests with one ticket, one comes here first, and the other finds another epoch.
    shop.accounts.users.set_hash(user.id, user.epoch, hash).ok_or(LinkEnded)?;
    Ok(Redirect::to("/sign-in").into_response())
}

async fn sign_up(State(shop): State<Shop>, Form(Address(address)): Form<Address>) -> Page {
    shop.send(move |shop| {
        Some(match shop.accounts.users.by_name(&address) {
            None => shop.links.confirmation(&address),
            // The owner is reminded of the account; a person who tries addresses learns nothing.
            Some(user) => shop.links.reset(&user),
        })
    });
    page("Check your mail", "<p>A link is on its way to this address.")
}

async fn confirm_page(
    State(shop): State<Shop>,
    Query(Link { ticket }): Query<Link>,
) -> Result<Response, LinkEnded> {
    shop.links.confirmations.open(&ticket).map_err(|_| LinkEnded)?;
    Ok(password_form("Choose a password", "/confirm", &ticket))
}

async fn confirm(State(shop): State<Shop>, Form(form): Form<NewPassword>) -> Result<Response> {
    let address = shop.links.confirmations.open(&form.ticket).map_err(|_| LinkEnded)?;
    let hash = hash(&shop, form.password).await?;
    if !shop.accounts.users.add(&address, hash) {
        Err(LinkEnded)?;
    }
    Ok(Redirect::to("/sign-in").into_response())
}

async fn hash(shop: &Shop, password: String) -> Result<String> {
    if password.chars().count() < SHORTEST_PASSWORD {
        let why = "Use at least 15 characters; a few words are enough.";
        Err((StatusCode::UNPROCESSABLE_ENTITY, why))?;
    }
    Ok(shop.accounts.passwords.hash(password).await?)
}

async fn unsubscribe_page(
    State(shop): State<Shop>,
    Query(Link { ticket }): Query<Link>,
) -> Result<Response, LinkEnded> {
    let address = shop.links.unsubscriptions.open(&ticket).map_err(|_| LinkEnded)?;
    let (address, ticket) = (text(address), text(ticket));
    let form = format!(
        "<p>{address}<form method=\"post\" action=\"/unsubscribe?ticket={ticket}\"><button>Send me no more news</button></form>"
    );
    Ok(not_cached(page("Unsubscribe", &form)))
}

/// Takes the ticket from the URL, and reads neither the body (`List-Unsubscribe=One-Click`) nor a
/// cookie. The response is not a redirect: RFC 8058 §3.1.
async fn unsubscribe(
    State(shop): State<Shop>,
    Query(Link { ticket }): Query<Link>,
) -> Result<Page, LinkEnded> {
    let address = shop.links.unsubscriptions.open(&ticket).map_err(|_| LinkEnded)?;
    shop.unsubscribed.insert(address);
    Ok(page("Unsubscribed", "<p>You will get no more news."))
}

async fn download(
    State(shop): State<Shop>,
    Path(file): Path<String>,
    Query(Link { ticket }): Query<Link>,
) -> Result<Response, LinkEnded> {
    let user = shop.links.downloads.open_for(&file, &ticket).map_err(|_| LinkEnded)?;
    shop.accounts.users.by_id(user).ok_or(LinkEnded)?;
    let (name, contents) = FILES.iter().find(|(name, _)| *name == file).ok_or(LinkEnded)?;
    let fields = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((fields, *contents).into_response())
}

/// A link that does not open or was already used. The page does not say which, so that it tells an
/// attacker nothing.
struct LinkEnded;

impl IntoResponse for LinkEnded {
    fn into_response(self) -> Response {
        let why = "<p>This link has expired, has been used, or was cut off by the mail program. \
                   <a href=\"/forgot\">Ask for another</a>";
        (StatusCode::GONE, not_cached(page("This link does not work", why))).into_response()
    }
}

async fn forgot_page() -> Page {
    address_form("Forgotten password", "/forgot")
}

async fn sign_up_page() -> Page {
    address_form("Sign up", "/sign-up")
}

fn address_form(title: &str, action: &str) -> Page {
    page(
        title,
        &format!(
            "<form method=\"post\" action=\"{action}\"><p><label>Mail address <input name=\"address\" type=\"email\" autocomplete=\"username\" required></label> <button>Send me a link</button></form>"
        ),
    )
}

fn password_form(title: &str, action: &str, ticket: &str) -> Response {
    let ticket = text(ticket);
    not_cached(page(
        title,
        &format!(
            "<form method=\"post\" action=\"{action}\"><input type=\"hidden\" name=\"ticket\" value=\"{ticket}\">\
             <p><label>New password <input name=\"password\" type=\"password\" autocomplete=\"new-password\" minlength=\"15\" required></label> <button>Save</button></form>"
        ),
    ))
}

fn not_cached(page: Page) -> Response {
    ([(CACHE_CONTROL, "no-store")], page).into_response()
}

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// RFC 5321 §4.5.3.1.3: a path has 256 characters, two of which are its brackets.
const LONGEST_ADDRESS: usize = 254;
/// A directory or a bucket.
const FILES: [(&str, &str); 2] = [("invoice-7.txt", "7.00 EUR\n"), ("invoice-8.txt", "8.00 EUR\n")];
