//! `ErrorResponse`: the response to a request that failed because of its session. One mapping of
//! errors to statuses for every framework.
//!
//! | error | answer |
//! | --- | --- |
//! | [`SessionError::CrossSite`], [`Unproven`](SessionError::Unproven), [`Unbound`](SessionError::Unbound), [`CsrfError`], [`CrossOriginRefused`] | 403 |
//! | [`SessionError::Unreadable`] | 503, `Retry-After: 1` |
//! | every other [`SessionError`], [`TicketError`], [`MissingLayer`], conflicting layers | 500 |
//! | [`OpenError`] | 400 |

use crate::adapter::mistakes::MissingLayer;
use crate::error::{CrossOriginRefused, CsrfError, OpenError, SessionError, TicketError};
use crate::events::{self, Notice};
use http::header::{CACHE_CONTROL, HeaderMap, HeaderValue, RETRY_AFTER, SET_COOKIE};
use http::{Response, StatusCode};

/// The response to a request that failed because of its session.
///
/// It has no body, so the client learns only the status; that of a [`CrossOriginRefused`] has a line
/// of text, which is the same for every request. Creating a 500 or a 400 logs the cause.
///
/// - 403: [`SessionError::CrossSite`], [`Unproven`](SessionError::Unproven) and
///   [`Unbound`](SessionError::Unbound); [`CsrfError`], whose reason the log has at debug level;
///   [`CrossOriginRefused`].
/// - 503 with `Retry-After: 1`: [`SessionError::Unreadable`].
/// - 400: [`OpenError`], because the value came from the client. The log says at debug level
///   whether it expired or was forged.
/// - 500: every other [`SessionError`], [`TicketError`], and [`MissingLayer`].
///
/// ```
/// use sealed_session::SessionError;
/// use sealed_session::adapter::ErrorResponse;
///
/// let response = ErrorResponse::from(&SessionError::Unreadable);
/// assert_eq!(response.status_code(), 503);
/// assert_eq!(response.headers()["retry-after"], "1");
/// assert_eq!(ErrorResponse::from(&SessionError::CrossSite).status_code(), 403);
///
/// let response: http::Response<String> = response.into();
/// assert_eq!(response.status(), 503);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: &'static str,
}

impl ErrorResponse {
    fn new(status: StatusCode) -> Self {
        let mut headers = HeaderMap::new();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        Self { status, headers, body: "" }
    }

    /// Returns the response to a request whose [`commit`](crate::Sessions::commit) failed: 500. The
    /// commit itself has logged that a change was lost, unless the error is
    /// [`SessionError::Busy`].
    pub fn after_commit(_error: &SessionError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Adds the `Set-Cookie` lines of a purge, which is carried out with any response.
    pub(crate) fn with_deletions(mut self, lines: Vec<String>) -> Self {
        for line in lines {
            if let Ok(mut line) = HeaderValue::try_from(line) {
                line.set_sensitive(true);
                self.headers.append(SET_COOKIE, line);
                self.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            }
        }
        self
    }

    /// Returns the response to a request that two layers contradict each other about.
    pub(crate) fn of_conflict() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Returns the status code.
    pub fn status_code(&self) -> StatusCode {
        self.status
    }

    /// Returns the header fields. A 503 has `Retry-After`. After a failed commit of a purged
    /// session there are `Set-Cookie` fields that delete its cookie, and `Cache-Control: no-store`.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the body: a line of text for [`CrossOriginRefused`], and empty for all others.
    pub fn body(&self) -> &'static str {
        self.body
    }
}

impl<B: From<&'static str>> From<ErrorResponse> for Response<B> {
    fn from(error: ErrorResponse) -> Self {
        let mut response = Self::new(B::from(error.body));
        *response.status_mut() = error.status;
        *response.headers_mut() = error.headers;
        response
    }
}

impl From<&SessionError> for ErrorResponse {
    fn from(error: &SessionError) -> Self {
        let status = error.status_code();
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            events::handler_error(&format!(
                "a handler could not write or seal the session: {error}"
            ));
        }
        Self::new(status)
    }
}

impl From<&OpenError> for ErrorResponse {
    fn from(error: &OpenError) -> Self {
        events::detail(Notice::NotOpened, error);
        Self::new(error.status_code())
    }
}

impl From<&TicketError> for ErrorResponse {
    fn from(error: &TicketError) -> Self {
        events::handler_error(&format!("a handler could not issue a ticket: {error}"));
        Self::new(error.status_code())
    }
}

impl From<&CrossOriginRefused> for ErrorResponse {
    fn from(refused: &CrossOriginRefused) -> Self {
        let (parts, body) = Response::from(*refused).into_parts();
        Self { status: parts.status, headers: parts.headers, body }
    }
}

impl From<&CsrfError> for ErrorResponse {
    fn from(error: &CsrfError) -> Self {
        events::detail(Notice::CsrfRefused, error);
        Self::new(error.status_code())
    }
}

impl From<&MissingLayer> for ErrorResponse {
    fn from(missing: &MissingLayer) -> Self {
        events::missing_layer(&missing.to_string());
        Self::new(StatusCode::INTERNAL_SERVER_ERROR)
    }
}
