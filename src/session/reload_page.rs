//! A page that makes the browser repeat its request from our own origin, and therefore with the
//! session's cookie.
//!
//! It cannot loop. It answers only a request that says `Sec-Fetch-Site: cross-site`, and a page's
//! own refresh says `same-origin`. (Seen in Chromium 156 and Firefox 153, which then also send a
//! `SameSite=Strict` cookie.)

use crate::data::session_data::SessionData;
use crate::session::Session;
use crate::session::load_status::LoadStatus;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response, StatusCode};

/// `content="0"` without a URL reloads the page's own address, query included. The link is for
/// browsers that do not follow a refresh.
const BODY: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta http-equiv=\"refresh\" content=\"0\">\n\
    <title>One moment</title>\n<p><a href=\"\">Continue</a>\n";

/// A page that reloads itself, returned by [`Session::reload_page`](crate::Session::reload_page).
///
/// It is a response in axum, actix-web, Rocket, Poem and Salvo, and it converts into an
/// [`http::Response`]. In other frameworks, send its parts:
///
/// ```
/// use sealed_session::adapter::ReloadPage;
///
/// fn send(page: ReloadPage) -> (u16, Vec<(String, String)>, &'static str) {
///     let headers = page.headers().map(|(name, value)| (name.to_string(), value.to_owned()));
///     (page.status_code().as_u16(), headers.into(), page.body())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReloadPage(());

impl ReloadPage {
    pub(crate) const fn new() -> Self {
        Self(())
    }

    /// Returns the status code: 200.
    pub fn status_code(self) -> StatusCode {
        StatusCode::OK
    }

    /// Returns the header fields: `Content-Type`, and `Cache-Control: no-store`.
    pub fn headers(self) -> [(HeaderName, &'static str); 2] {
        [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store")]
    }

    /// Returns the HTML.
    pub fn body(self) -> &'static str {
        BODY
    }
}

impl<T: SessionData> Session<T> {
    /// Returns a page that repeats the request, if the visitor followed a link from another site
    /// and the cookie has [`SameSite::Strict`](crate::SameSite::Strict). Returns `None` for every
    /// other request.
    ///
    /// The page makes the browser send the request again from our own origin, with the cookie if
    /// there is one.
    ///
    /// `Some` means that the method is GET or HEAD and that [`load_status`](Self::load_status) is
    /// [`CrossSite`](LoadStatus::CrossSite), so a write would fail. Ask before the first write. It
    /// cannot loop: the second request says `Sec-Fetch-Site: same-origin`, so it gets `None`.
    ///
    /// **What it gives up**: after the reload the handler runs with the visitor's session, as it
    /// does at once with `SameSite::Lax`. Use it for pages whose writes are harmless, such as a
    /// CSRF token or a counter. Never use it for a GET that acts for the visitor.
    ///
    /// ```
    /// use http::Response;
    /// use sealed_session::{KeyRing, Map, SameSite, Session, SessionError, Sessions};
    ///
    /// fn landing(session: &Session<Map>) -> Result<Response<String>, SessionError> {
    ///     if let Some(page) = session.reload_page() {
    ///         return Ok(page.into()); // in axum: page.into_response()
    ///     }
    ///     let visits = session.get_or("visits", 0)? + 1;
    ///     session.insert("visits", visits)?;
    ///     Ok(Response::new(format!("Visit number {visits}")))
    /// }
    ///
    /// let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?).same_site(SameSite::Strict).build()?;
    /// let follows_a_link = |site| sessions.load(("GET", &[("sec-fetch-site", site)][..]));
    /// let first = landing(&follows_a_link("cross-site"))?;
    /// assert!(first.body().contains("http-equiv=\"refresh\""));
    /// let second = landing(&follows_a_link("same-origin"))?;
    /// assert_eq!(second.body(), "Visit number 1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reload_page(&self) -> Option<ReloadPage> {
        let cross_site = self.load_status() == LoadStatus::CrossSite;
        (cross_site && self.0.request.reads).then(ReloadPage::new)
    }
}

impl<B: From<&'static str>> From<ReloadPage> for Response<B> {
    fn from(page: ReloadPage) -> Self {
        let mut response = Self::new(page.body().into());
        *response.status_mut() = page.status_code();
        let headers = page.headers().map(|(name, value)| (name, HeaderValue::from_static(value)));
        response.headers_mut().extend(headers);
        response
    }
}
