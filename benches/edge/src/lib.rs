//! The smallest site of each platform, with a session and without one, so that the difference is the crate. `scripts/edge-numbers` builds it
//! in many ways and measures.

use http::{HeaderMap, Method, Response};

/// What the handler does with the request: with `session`, opens the visitor's, changes it, and commits it on the response.
#[cfg(not(feature = "session"))]
pub fn answer(_keys: &str, method: &Method, headers: &HeaderMap) -> Response<String> {
    Response::new(format!("{method} {}\n", headers.len()))
}

#[cfg(feature = "session")]
pub fn answer(keys: &str, method: &Method, headers: &HeaderMap) -> Response<String> {
    let mut response = Response::new(String::new());
    if let Err(why) = add(keys, method, headers, &mut response) {
        *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        *response.body_mut() = why.to_string();
    }
    response
}

#[cfg(feature = "session")]
fn add(
    keys: &str,
    method: &Method,
    headers: &HeaderMap,
    response: &mut Response<String>,
) -> Result<(), Box<dyn std::error::Error>> {
    use sealed_session::{KeyRing, Sessions};
    let builder = Sessions::<shop::Visit>::builder(keys.parse::<KeyRing>()?);
    #[cfg(feature = "named")]
    let builder = builder.encoding(sealed_session::Encoding::Named);
    #[cfg(not(any(feature = "shape", feature = "named")))]
    let builder = builder.shape(1);
    let sessions = builder.build()?;
    let session = sessions.load(method, headers);
    session.update(|visit| visit.add(shop::Article::SignetRing))?;
    *response.body_mut() = session.read(|visit| format!("{method} {} {}\n", headers.len(), visit.cart[0].count));
    sessions.commit(&session, response.status(), response.headers_mut())?;
    Ok(())
}

#[cfg(feature = "worker")]
mod on_cloudflare {
    use worker::{Context, Env, HttpRequest, event};

    #[event(fetch)]
    async fn fetch(request: HttpRequest, env: Env, _: Context) -> worker::Result<http::Response<String>> {
        Ok(super::answer(&env.secret("SESSION_KEYS")?.to_string(), request.method(), request.headers()))
    }
}
