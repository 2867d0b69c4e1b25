//! Sign-in with an OAuth 2 provider: authorization code, PKCE (RFC 7636), `state`; as RFC 9700 asks
//! for.
//!
//! What has to be remembered between our redirect to the provider and its answer is in a session of
//! its own: a second [`Sessions`], of another type and cookie, that lives ten minutes. It is
//! `SameSite=None`, since a provider may answer with a form that its page posts to us
//! (`response_mode=form_post`). On such a cross-site post browsers hold `Lax` cookies back:
//!
//! | | cookie | on the provider's post |
//! | --- | --- | --- |
//! | `Session<OAuthState>` | `__Host-Http-oauth`, `SameSite=None` | comes along: `state` and verifier are at hand |
//! | `Session<Visit>` | `__Host-Http-session`, `SameSite=Lax` | `LoadStatus::CrossSite`: writes are refused, until `renew()` says that the visitor has just proved who they are |
//!
//! A whole new session takes the cross-site one's place then. Where a basket is to be kept, put the
//! user into the `OAuthState` instead and redirect to a page of ours, with which the Lax cookie
//! comes.
//!
//! - `state` binds the answer to this browser (RFC 6749 §10.12): nobody can have a visitor sign in
//!   with the attacker's code.
//! - The verifier binds the code to it: a code that was stolen on its way is worth nothing
//!   elsewhere.
//! - An answer is taken once: the state goes with it. Who puts the old cookie back meets a code
//!   that the provider has crossed off.
//! - One sign-in at a time: a second tab that begins one takes the first one's place, and the first
//!   begins anew.
//!
//! Several providers need `iss` (RFC 9207) or a redirect URI each, against mix-up. With OpenID
//! Connect put a nonce beside the state and take the user from the ID token: the `openidconnect`
//! crate does that.
//!
//! `cargo run -p sealed-session-recipes --bin sign_in_with_oauth`

use crate::html::{Page, page, text};
use crate::random::token;
use crate::return_to::ReturnTo;
use crate::same_origin::same_origin;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response, Result};
use axum::routing::{get, post};
use axum::{Form, Router};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::{Builder, KeyRing, SameSite, Session, Sessions};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// The session.
#[derive(Default, Serialize, Deserialize)]
pub struct Visit {
    user: Option<User>,
}

#[derive(Clone, Serialize, Deserialize)]
struct User {
    /// The provider's id of the user, its `sub`. Never the mail address: those change hands.
    subject: String,
    name: String,
}

/// What is remembered of a sign-in under way. `None` when there is none: an empty `state` would
/// equal an answer's empty one.
#[derive(Default, Serialize, Deserialize)]
pub struct OAuthState(Option<Begun>);

#[derive(Clone, Serialize, Deserialize)]
struct Begun {
    state: String,
    verifier: String,
    return_to: ReturnTo,
}

/// The second kind of session.
pub fn oauth_states(ring: KeyRing) -> Builder<OAuthState> {
    Sessions::builder(ring)
        .cookie_name("__Host-Http-oauth")
        .same_site(SameSite::None)
        .idle_timeout(TO_SIGN_IN)
        .absolute_timeout(TO_SIGN_IN)
}

/// What the provider's documentation says, and what it was told when this application was
/// registered there.
pub struct Provider {
    pub authorize_url: String,
    pub token_url: String,
    pub userinfo_url: String,
    pub client_id: String,
    pub client_secret: String,
    /// Of [`app`]'s `/callback`.
    pub redirect_uri: String,
    /// Whether its answer is to come as a form that its page posts. Else it is in the query of a
    /// redirect, which logs may hold.
    pub form_post: bool,
}

/// A provider and the connections to it.
#[derive(Clone)]
pub struct Client {
    provider: Arc<Provider>,
    http: reqwest::Client,
}

pub fn app(visits: Sessions<Visit>, states: Sessions<OAuthState>, client: Client) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/sign-in", get(sign_in))
        .route("/sign-out", post(sign_out))
        .layer(from_fn(same_origin))
        .route("/callback", get(callback).post(callback)) // posted by the provider's page: `state` protects it
        .layer(SessionLayer::new(visits))
        .layer(SessionLayer::new(states))
        .with_state(client)
}

#[derive(Deserialize)]
struct SignIn {
    #[serde(default)]
    return_to: ReturnTo,
}

/// Remembers, and sends the visitor to the provider.
async fn sign_in(
    State(client): State<Client>,
    states: Session<OAuthState>,
    Query(SignIn { return_to }): Query<SignIn>,
) -> Result<Redirect> {
    let begun = Begun { state: token()?, verifier: token()?, return_to };
    let url = client.authorize_url(&begun)?;
    // A new one, also where one is under way: set() alone would keep its time of creation, and with
    // that its ten minutes.
    states.purge()?;
    states.set(OAuthState(Some(begun)))?;
    Ok(Redirect::to(&url))
}

/// The provider's answer: a query on GET, a form on POST, which is how axum's `Form` reads them.
#[derive(Deserialize)]
struct Answer {
    state: String,
    code: Option<String>,
}

async fn callback(
    State(client): State<Client>,
    states: Session<OAuthState>,
    visit: Session<Visit>,
    Form(answer): Form<Answer>,
) -> Result<Redirect> {
    let begun = states.read(|state| state.0.clone()).ok_or(Failed::NotBegun)?;
    if !bool::from(begun.state.as_bytes().ct_eq(answer.state.as_bytes())) {
        // Left as it is: a stranger's page that posts nonsense must not end the sign-in under way.
        Err(Failed::NotBegun)?;
    }
    states.purge()?; // also where what follows fails: a purge is carried out with any status
    let code = answer.code.ok_or(Failed::Declined)?;
    let user = client.user(&code, &begun.verifier).await.map_err(|_| Failed::Provider)?;
    visit.renew()?;
    visit.update(|visit| visit.user = Some(user))?;
    Ok(Redirect::to(begun.return_to.as_str()))
}

impl Client {
    /// # Errors
    /// Those of `reqwest::ClientBuilder`.
    pub fn new(provider: Provider) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none()) // none of these endpoints redirects, and the secret is for no other host
            .timeout(Duration::from_secs(10))
            .build()?;
        Ok(Self { provider: Arc::new(provider), http })
    }

    fn authorize_url(&self, begun: &Begun) -> Result<String, Failed> {
        let Provider { authorize_url, client_id, redirect_uri, form_post, .. } = &*self.provider;
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&begun.verifier));
        let query = serde_urlencoded::to_string([
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", redirect_uri),
            ("scope", "profile"),
            ("state", &begun.state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("response_mode", if *form_post { "form_post" } else { "query" }),
        ]);
        Ok(format!("{authorize_url}?{}", query.map_err(|_| Failed::Provider)?))
    }

    /// Exchanges a code for an access token, and asks with that who it is. The token is dropped: an
    /// application that goes on using it keeps it in a database, under the user.
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

/// A sign-in that comes to nothing. The page says how to go on, and to nobody why.
enum Failed {
    /// There is none under way in this browser, or the answer is another's.
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

const TO_SIGN_IN: Duration = Duration::from_secs(10 * 60);
