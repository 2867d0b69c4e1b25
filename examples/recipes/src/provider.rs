//! An OAuth provider for trying `sign_in_with_oauth` out and for its tests: it signs everybody in
//! as Ada, in memory. It is not a model of a provider, but it checks what one checks: client,
//! redirect URI, PKCE (RFC 7636, S256), and that a code is used once.

use crate::html::text;
use crate::random::{NoRandomness, token};
use axum::extract::{Query, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response, Result};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The one client that is registered.
pub struct Registered {
    pub client_id: String,
    pub client_secret: String,
    pub redirect_uri: String,
}

struct Provider {
    client: Registered,
    issued: Mutex<Issued>,
}

#[derive(Default)]
struct Issued {
    /// Code → PKCE challenge.
    codes: HashMap<String, String>,
    access_tokens: HashSet<String>,
}

impl Provider {
    fn issued(&self) -> MutexGuard<'_, Issued> {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub fn app(client: Registered) -> Router {
    let provider = Provider { client, issued: Mutex::default() };
    Router::new()
        .route("/authorize", get(authorize))
        .route("/token", post(exchange))
        .route("/userinfo", get(userinfo))
        .with_state(Arc::new(provider))
}

#[derive(Deserialize)]
struct Authorize {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    state: String,
    code_challenge: String,
    code_challenge_method: String,
    response_mode: Option<String>,
}

#[derive(Serialize)]
struct Answer<'a> {
    code: &'a str,
    state: &'a str,
}

async fn authorize(
    State(provider): State<Arc<Provider>>,
    Query(asked): Query<Authorize>,
) -> Result<Response, Refused> {
    let client = &provider.client;
    if asked.client_id != client.client_id || asked.redirect_uri != client.redirect_uri {
        return Err(Refused("invalid_client"));
    }
    if asked.response_type != "code" || asked.code_challenge_method != "S256" {
        return Err(Refused("invalid_request"));
    }
    let code = token()?;
    provider.issued().codes.insert(code.clone(), asked.code_challenge);
    let answer = Answer { code: &code, state: &asked.state };
    if asked.response_mode.as_deref() == Some("form_post") {
        let (action, state) = (text(&client.redirect_uri), text(answer.state));
        return Ok(Html(format!(
            "<!DOCTYPE html><title>Provider</title><form method=\"post\" action=\"{action}\">\
             <input type=\"hidden\" name=\"code\" value=\"{code}\"><input type=\"hidden\" name=\"state\" value=\"{state}\">\
             <button>Continue as Ada</button></form>"
        ))
        .into_response());
    }
    let query = serde_urlencoded::to_string(answer).map_err(|_| Refused("invalid_request"))?;
    Ok(Redirect::to(&format!("{}?{query}", client.redirect_uri)).into_response())
}

#[derive(Deserialize)]
struct Exchange {
    grant_type: String,
    code: String,
    redirect_uri: String,
    code_verifier: String,
}

async fn exchange(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    Form(asked): Form<Exchange>,
) -> Result<Json<HashMap<&'static str, String>>, Refused> {
    let Registered { client_id, client_secret, redirect_uri } = &provider.client;
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{client_id}:{client_secret}")));
    if headers.get(AUTHORIZATION).is_none_or(|value| value.as_bytes() != basic.as_bytes()) {
        return Err(Refused("invalid_client"));
    }
    // Whatever comes of it: a code is good for one attempt.
    let challenge = provider.issued().codes.remove(&asked.code).ok_or(Refused("invalid_grant"))?;
    let matches = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&asked.code_verifier)) == challenge;
    if asked.grant_type != "authorization_code" || asked.redirect_uri != *redirect_uri || !matches {
        return Err(Refused("invalid_grant"));
    }
    let access = token()?;
    provider.issued().access_tokens.insert(access.clone());
    Ok(Json(HashMap::from([("access_token", access), ("token_type", "Bearer".to_owned())])))
}

async fn userinfo(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
) -> Result<Json<HashMap<&'static str, &'static str>>, Refused> {
    let access =
        headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if access.is_none_or(|access| !provider.issued().access_tokens.contains(access)) {
        return Err(Refused("invalid_token"));
    }
    Ok(Json(HashMap::from([("sub", "ada-1815"), ("name", "Ada")])))
}

/// RFC 6749 §5.2.
struct Refused(&'static str);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(HashMap::from([("error", self.0)]))).into_response()
    }
}

impl From<NoRandomness> for Refused {
    fn from(_: NoRandomness) -> Self {
        Self("server_error")
    }
}
