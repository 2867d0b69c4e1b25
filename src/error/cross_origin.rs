//! `CrossOriginRefused`: a request of another origin was refused.

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use std::error::Error;
use std::fmt;

/// A request was refused, because a browser sent it for a page of another origin: see
/// [`Builder::cross_origin`](crate::Builder::cross_origin). The answer is 403.
///
/// It converts to a complete response, with one line of plain text that is the same for every
/// request. That response needs no `Vary` and no `Cache-Control`: no cache stores a 403 to such a
/// method unless the response allows it (RFC 9110 §15.1, §9.3.3).
///
/// ```
/// use http::{Request, Response};
/// use sealed_session::{CrossOrigin, KeyRing, Map, Sessions};
///
/// let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?)
///     .cross_origin(CrossOrigin::refuse())
///     .build()?;
/// let request = Request::post("https://shop.example/cart")
///     .header("origin", "https://attacker.example")
///     .body(())?;
/// let refused = sessions.check_cross_origin(&request).unwrap_err();
/// assert_eq!(refused.reason(), "origin");
/// let response: Response<String> = refused.into();
/// assert_eq!(response.status(), 403);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrossOriginRefused {
    reason: &'static str,
}

/// The body of the response.
const BODY: &str = "This request came from another origin and was refused.\n";

impl CrossOriginRefused {
    pub(crate) const BY_FETCH_SITE: Self = Self { reason: "sec-fetch-site" };
    pub(crate) const BY_ORIGIN: Self = Self { reason: "origin" };

    /// Returns which field was the reason: `sec-fetch-site`, or `origin` for a request without
    /// `Sec-Fetch-Site`.
    pub fn reason(&self) -> &'static str {
        self.reason
    }

    /// Returns the status of the answer: 403.
    pub fn status_code(&self) -> StatusCode {
        StatusCode::FORBIDDEN
    }
}

impl fmt::Display for CrossOriginRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a request of another origin was refused because of its {} field: if that origin is \
             yours, trust it; if pages of any origin must be able to call this path, exempt it",
            self.reason
        )
    }
}

impl Error for CrossOriginRefused {}

impl<B: From<&'static str>> From<CrossOriginRefused> for Response<B> {
    fn from(refused: CrossOriginRefused) -> Self {
        let mut response = Self::new(B::from(BODY));
        *response.status_mut() = refused.status_code();
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        response
    }
}
