//! The smallest site of each platform, with a session and without one, so that the difference is
//! the crate. `scripts/edge-numbers` builds it in many ways and measures.

use http::{Request, Response};

/// What the handler does with the request: counts the visitor's, in a cookie that anyone can read
/// and write.
#[cfg(not(feature = "session"))]
pub fn answer<B>(_keys: &str, request: &Request<B>) -> Response<String> {
    use http::HeaderValue;
    use http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE, VARY};
    let (method, headers) = (request.method(), request.headers());
    let cookies = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|field| field.to_str().ok())
        .flat_map(|field| field.split(';'));
    let counts =
        cookies.filter_map(|cookie| cookie.trim().strip_prefix("count=")?.parse::<u32>().ok());
    let count = counts.max().unwrap_or(0).saturating_add(1);
    let mut response = Response::new(format!("{method} {} {count}\n", headers.len()));
    let line = format!("count={count}; Path=/; Secure; HttpOnly; SameSite=Lax");
    if let Ok(line) = HeaderValue::try_from(line) {
        response.headers_mut().append(SET_COOKIE, line);
    }
    response.headers_mut().insert(VARY, HeaderValue::from_static("Cookie"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private"));
    response
}

/// The same with a sealed session: opens the visitor's, changes it, and commits it on the response.
#[cfg(feature = "session")]
pub fn answer<B>(keys: &str, request: &Request<B>) -> Response<String> {
    let mut response = Response::new(String::new());
    if let Err(why) = add(keys, request, &mut response) {
        *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        *response.body_mut() = why.to_string();
    }
    response
}

#[cfg(feature = "session")]
fn add<B>(
    keys: &str,
    request: &Request<B>,
    response: &mut Response<String>,
) -> Result<(), Box<dyn std::error::Error>> {
    use sealed_session::{KeyRing, Sessions};
    let builder = Sessions::<shop::Visit>::builder(keys.parse::<KeyRing>()?);
    #[cfg(feature = "named")]
    let builder = builder.encoding(sealed_session::Encoding::Named);
    #[cfg(not(any(feature = "shape", feature = "named")))]
    let builder = builder.schema_version(1);
    #[cfg(feature = "dbsc")]
    let builder = builder.device_bound(sealed_session::DeviceBound::at("/dbsc"));
    let sessions = builder.build()?;
    #[cfg(feature = "dbsc")]
    if let Some(answer) = sessions.answer_dbsc(request) {
        *response = answer;
        return Ok(());
    }
    let (method, headers) = (request.method(), request.headers());
    let session = sessions.load((method, headers));
    #[cfg(feature = "dbsc")]
    session.offer_binding();
    session.update(|visit| visit.add(shop::Article::SignetRing))?;
    *response.body_mut() =
        session.read(|visit| format!("{method} {} {}\n", headers.len(), visit.cart[0].count));
    sessions.commit(&session, response.status(), response.headers_mut())?;
    Ok(())
}

#[cfg(feature = "worker")]
mod on_cloudflare {
    use worker::{Context, Env, HttpRequest, event};

    #[event(fetch)]
    async fn fetch(
        request: HttpRequest,
        env: Env,
        _: Context,
    ) -> worker::Result<http::Response<String>> {
        Ok(super::answer(&env.secret("SESSION_KEYS")?.to_string(), &request))
    }
}
