//! Sign-in with an OAuth 2 provider: authorization code, PKCE (RFC 7636) and `state`, as RFC 9700
//! requires.
//!
//! What must be remembered between our redirect to the provider and its response is in `state`: a
//! ticket, valid for ten minutes, with PKCE's verifier and the page to return to. It is sealed, so
//! that neither the browser nor the provider can read the verifier. It is issued for a random value
//! in a cookie of the browser that began, and opens only with it.
//!
//! **That cookie protects against login CSRF** (RFC 6749 §10.12, RFC 9700 §4.7). Without it, an
//! attacker could begin a sign-in, and send a visitor to our callback with the attacker's own code
//! and `state`. The visitor would then be signed in to the attacker's account. PKCE would not
//! prevent this, because the verifier is in the attacker's `state` too. With the cookie, the ticket
//! is as safe as a `state` that is kept in a cookie and compared, and two tabs can sign in at the
//! same time.
//!
//! The cookie is `SameSite=None`, because a provider may respond with a form that its page posts to
//! us (`response_mode=form_post`). On such a cross-site post browsers hold `Lax` cookies back:
//!
//! | cookie | on the provider's post |
//! | --- | --- |
//! | `__Host-Http-oauth`, `SameSite=None` | is sent, so `state` opens |
//! | `__Host-Http-session`, `SameSite=Lax` | is held back: `LoadStatus::CrossSite`, and writes are refused until `renew()` says that the visitor has just proved who they are |
//!
//! A whole new session then replaces the one that was held back. If a basket must be kept, respond
//! with a redirect to a page of this site, with a ticket that holds the user and is issued for the
//! same `__Host-Http-oauth` value. The `Lax` cookie is sent with that request.
//!
//! - The verifier binds the code to `state`: a stolen code cannot be exchanged without the
//!   verifier.
//! - The provider accepts a code only once (RFC 6749 §4.1.2). A sign-in also deletes the cookie.
//!
//! With several providers, check `iss` (RFC 9207) or give each provider a redirect URI of its own,
//! against mix-up attacks. With OpenID Connect, send a nonce too and take the user from the ID
//! token: the `openidconnect` crate does that.
//!
//! `cargo run -p sealed-session-recipes --bin sign_in_with_oauth`

use crate::html::{Page, page, text};
use crate::random::token;
use crate::return_to::ReturnTo;
use axum::extract::{Query, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Redirect, Response, Result};
use axum::routing::{get, post};
use axum::{Form, Router};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::tickets::TicketsBuilder;
use sealed_session::{Builder, CrossOrigin, KeyRing, Session, Sessions, Tickets};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;

/// The session.
#[derive(Default, Serialize, Deserialize)]
pub struct Visit {
    user: Option<User>,
}

/// The settings of the sessions. Only the provider's page may post from another origin, and `state`
/// protects what it posts.
pub fn sessions(ring: KeyRing) -> Builder<Visit> {
    Sessions::builder(ring).cross_origin(CrossOrigin::refuse().exempt("POST /callback"))
}

#[derive(Clone, Serialize, Deserialize)]
struct User {
    /// The provider's id of the user, its `sub`. Never the mail address: those change hands.
    subject: String,
    name: String,
}

/// What is remembered of a sign-in that has begun.
#[derive(Default, Serialize, Deserialize)]
pub struct Begun {
    verifier: String,
    return_to: ReturnTo,
}

/// The tickets in `state`.
pub fn states(ring: KeyRing) -> TicketsBuilder<Begun> {
    Tickets::builder(ring).purpose("sign_in_with_oauth: state").valid_for(Duration::from_secs(600))
}

/// What the provider's documentation says, and what was entered when this application was
/// registered there.
pub struct Provider {
    pub authorize_url: String,
    pub token_url: String,
    pub userinfo_url: String,
    pub client_id: String,
    pub client_secret: String,
    /// Of [`app`]'s `/callback`.
    pub redirect_uri: String,
    /// Whether the provider responds with a form that its page posts. Otherwise the response is in
    /// the query of a redirect, which may be logged.
    pub form_post: bool,
}

/// A provider, the connections to it, and the sign-ins under way.
#[derive(Clone)]
pub struct Client {
    provider: Arc<Provider>,
    states: Tickets<Begun>,
    http: reqwest::Client,
}

pub fn app(visits: Sessions<Visit>, client: Client) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/sign-in", get(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/callback", get(callback).post(callback))
        .layer(SessionLayer::new(visits))
        .with_state(client)
}

#[derive(Deserialize)]
struct SignIn {
    #[serde(default)]
    return_to: ReturnTo,
}

/// A redirect that also sets the browser's cookie.
type Redirected = ([(HeaderName, String); 1], Redirect);

/// Sends the visitor to the provider.
async fn sign_in(
    State(client): State<Client>,
    headers: HeaderMap,
    Query(SignIn { return_to }): Query<SignIn>,
) -> Result<Redirected> {
    // A value that is already there is kept, for the sign-ins in other tabs.
    let browser = browser(&headers).map_or_else(token, |value| Ok(value.to_owned()))?;
    let begun = Begun { verifier: token()?, return_to };
    let state = client.states.issue_for(&browser, &begun)?;
    let url = client.authorize_url(&state, &begun.verifier)?;
    Ok(([(SET_COOKIE, format!("{BROWSER}{browser}{ATTRIBUTES}; Max-Age=600"))], Redirect::to(&url)))
}

/// Returns the value of the browser's cookie.
fn browser(headers: &HeaderMap) -> Option<&str> {
    let fields = headers.get_all(COOKIE).iter().filter_map(|field| field.to_str().ok());
    let mut cookies = fields.flat_map(|field| field.split(';'));
    cookies.find_map(|cookie| cookie.trim().strip_prefix(BROWSER)).filter(|value| value.len() == 43)
}

/// The provider's answer: a query on GET, a form on POST, which is how axum's `Form` reads them.
#[derive(Deserialize)]
struct Answer {
    state: String,
    code: Option<String>,
}

async fn callback(
    State(client): State<Client>,
    headers: HeaderMap,
    visit: Session<Visit>,
    Form(answer): Form<Answer>,
) -> Result<Redirected> {
    let browser = browser(&headers).ok_or(Failed::NotBegun)?;
    let begun = client.states.open_for(browser, &answer.state).map_err(|_| Failed::NotBegun)?;
    let code = answer.code.ok_or(Failed::Declined)?;
    let user = client.user(&code, &begun.verifier).await.map_err(|why| {
        eprintln!("the provider did not name the user: {why}"); // shows no code and no secret
        Failed::Provider
    })?;
    visit.renew()?;
    visit.update(|visit| visit.user = Some(user))?;
    let delete = format!("{BROWSER}{ATTRIBUTES}; Max-Age=0");
    Ok(([(SET_COOKIE, delete)], Redirect::to(begun.return_to.as_str())))
}

/// Holds a random value that a sign-in is bound to. Its prefix keeps sibling domains from setting
/// it.
const BROWSER: &str = "__Host-Http-oauth=";
const ATTRIBUTES: &str = "; Path=/; Secure; HttpOnly; SameSite=None";

impl Client {
    /// # Errors
    /// Those of `reqwest::ClientBuilder`.
    pub fn new(provider: Provider, states: Tickets<Begun>) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            // None of these endpoints redirects, and no other host may get the secret.
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(10))
            .build()?;
        Ok(Self { provider: Arc::new(provider), states, http })
    }

    fn authorize_url(&self, state: &str, verifier: &str) -> Result<String, Failed> {
        let Provider { authorize_url, client_id, redirect_uri, form_post, .. } = &*self.provider;
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        let query = serde_urlencoded::to_string([
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", redirect_uri),
            ("scope", "profile"),
            ("state", state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("response_mode", if *form_post { "form_post" } else { "query" }),
        ]);
        Ok(format!("{authorize_url}?{}", query.map_err(|_| Failed::Provider)?))
    }

    /// Exchanges a code for an access token, and reads the user with that. The token is dropped: an
    /// application that needs it later stores it in a database, under the user.
    async fn user(&self, code: &str, verifier: &str) -> reqwest::Result<User> {
        let Provider { token_url, userinfo_url, client_id, client_secret, redirect_uri, .. } =
            &*self.provider;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        let request =
            self.http.post(token_url).basic_auth(client_id, Some(client_secret)).form(&form);
        let Token { access_token } = request.send().await?.error_for_status()?.json().await?;
        let request = self.http.get(userinfo_url).bearer_auth(access_token);
        let UserInfo { sub, name } = request.send().await?.error_for_status()?.json().await?;
        // Names are as long as people and providers like, and a cookie is not.
        Ok(User { subject: sub, name: name.chars().take(64).collect() })
    }
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

#[derive(Deserialize)]
struct UserInfo {
    sub: String,
    name: String,
}

/// A sign-in that failed. The page shows no details.
enum Failed {
    /// This browser has not begun a sign-in, or the answer belongs to another browser's.
    NotBegun,
    /// The visitor, or the provider, said no.
    Declined,
    /// The provider could not be asked, or did not take the code.
    Provider,
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let (status, why) = match self {
            Self::NotBegun => (
                StatusCode::BAD_REQUEST,
                "This sign-in was not started in this browser, or it was started more than ten minutes ago.",
            ),
            Self::Declined => {
                (StatusCode::FORBIDDEN, "You are not signed in: access was denied at the provider.")
            }
            Self::Provider => {
                (StatusCode::BAD_GATEWAY, "The provider could not confirm who you are.")
            }
        };
        (status, page("Not signed in", &format!("<p>{why} <a href=\"/sign-in\">Start again</a>")))
            .into_response()
    }
}

async fn home(visit: Session<Visit>) -> Page {
    let body = match visit.read(|visit| visit.user.clone()) {
        None => "<p>Nobody is signed in. <a href=\"/sign-in?return_to=/\">Sign in</a>".to_owned(),
        Some(User { subject, name }) => format!(
            "<p>You are {} ({}).<form method=\"post\" action=\"/sign-out\"><button>Sign out</button></form>",
            text(name),
            text(subject)
        ),
    };
    page("Home", &body)
}

async fn sign_out(visit: Session<Visit>) -> Result<Redirect> {
    visit.purge()?;
    Ok(Redirect::to("/"))
}
