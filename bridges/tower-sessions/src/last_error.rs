//! `LastError`: the `SessionError` behind an error of tower-sessions, which carries only a text.

use sealed_session::SessionError;
use std::sync::{Arc, Mutex, PoisonError};

/// The last [`SessionError`] that a [`Session`](tower_sessions_core::Session) met in this request.
///
/// tower-sessions' `session_store::Error` holds only texts. [`BridgeLayer`](crate::BridgeLayer)
/// puts this value into the request's extensions, for handlers that need the cause:
///
/// ```
/// use axum::Extension;
/// use axum::http::StatusCode;
/// use sealed_session::SessionError;
/// use sealed_session_tower_sessions::LastError;
/// use tower_sessions::Session;
///
/// async fn note(session: Session, Extension(last): Extension<LastError>, note: String) -> StatusCode {
///     let saved = async {
///         session.insert("note", note).await?;
///         session.save().await // otherwise the layer saves, after the handler
///     };
///     match saved.await {
///         Ok(()) => StatusCode::NO_CONTENT,
///         Err(_) => match last.get() {
///             Some(SessionError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
///             Some(error) => error.status_code(),
///             None => StatusCode::INTERNAL_SERVER_ERROR,
///         },
///     }
/// }
/// # let app: axum::Router = axum::Router::new().route("/note", axum::routing::post(note));
/// ```
///
/// After such a handler the layer tries to save again, because the session is still modified, and
/// fails too. The handler's response stays if it is a 4xx or 5xx. Any other is replaced by an empty
/// one with [`SessionError::status_code`].
#[derive(Clone, Debug, Default)]
pub struct LastError(Arc<Mutex<Option<SessionError>>>);

impl LastError {
    /// Returns the last error, or `None` if every operation succeeded.
    pub fn get(&self) -> Option<SessionError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set(&self, error: SessionError) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}
