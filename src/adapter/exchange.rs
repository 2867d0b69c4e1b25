//! `SessionExchange`: the steps that every adapter takes around a handler. It detects a second
//! layer for the same session, loads the session and keeps it for the handler, commits it on the
//! response, and closes it if there is no response.

use crate::adapter::error_response::ErrorResponse;
use crate::adapter::mistakes::LayerConflict;
use crate::adapter::request_sessions::{RequestSessions, Slot};
use crate::data::session_data::SessionData;
use crate::headers::request::RequestHeaders;
use crate::headers::response::ResponseHeaders;
use crate::session::Session;
use crate::session::{commit, plan};
use crate::sessions::Sessions;
use http::Response;
use std::any::TypeId;
use std::fmt;
use std::sync::Arc;

/// One request and its response, as an adapter holds them.
///
/// Dropping it without a commit closes the session. This happens when the request is cancelled or
/// its service fails.
///
/// ```
/// use http::{HeaderMap, Request, Response};
/// use sealed_session::adapter::{Begun, RequestSessions, SessionExchange};
/// use sealed_session::{Map, Session, Sessions};
///
/// /// What an adapter does around a handler.
/// fn around(
///     sessions: &Sessions<Map>,
///     request: &Request<()>,
///     handler: fn(&RequestSessions) -> Response<String>,
/// ) -> Response<String> {
///     let mut kept = RequestSessions::default(); // or what an outer layer left in the request
///     match SessionExchange::begin(sessions, &mut kept, request) {
///         Begun::Respond(response) => response,
///         Begun::PassThrough => handler(&kept),
///         Begun::Exchange(exchange) => {
///             let mut response = handler(&kept);
///             match exchange.finish(response.status(), response.headers_mut()) {
///                 Ok(()) => response,
///                 Err(error) => error.into(),
///             }
///         }
///     }
/// }
///
/// # let sessions = Sessions::<Map>::new(sealed_session::KeyRing::ephemeral()?)?;
/// let response = around(&sessions, &Request::new(()), |kept| {
///     let session: Session<Map> = kept.session().expect("it was just loaded");
///     session.insert("visits", 1).expect("it fits");
///     Response::new(String::from("hello"))
/// });
/// assert!(response.headers().contains_key("set-cookie"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SessionExchange<T> {
    session: Session<T>,
}

/// What an adapter does with a request.
#[derive(Debug)]
#[must_use = "the exchange commits the session, and a response must be sent"]
pub enum Begun<T> {
    /// Run the handler, then [`finish`](SessionExchange::finish) with its response.
    Exchange(SessionExchange<T>),
    /// Run the handler, and do nothing else: a layer of the same [`Sessions`] around this one
    /// commits the session.
    PassThrough,
    /// Send this response, and do not run the handler.
    Respond(Response<String>),
}

impl<T: SessionData> SessionExchange<T> {
    /// Loads the session of a request and adds it to `kept`, from which the handler gets it.
    ///
    /// `kept` is what layers around this one left in the request, or else the default. If another
    /// layer around this handler has the same cookie or the same type, the response is a 500, and
    /// the log says what to change.
    ///
    /// If the request is for an endpoint of [`Builder::device_bound`], no handler runs and the
    /// response is the endpoint's.
    ///
    /// [`Builder::device_bound`]: crate::Builder::device_bound
    ///
    /// If the request is one of another origin that
    /// [`Builder::cross_origin`](crate::Builder::cross_origin) refuses, no session is loaded and the
    /// response is a 403. If a layer around this one has decided that already, it is not checked
    /// again.
    pub fn begin(
        sessions: &Sessions<T>,
        kept: &mut RequestSessions,
        request: impl RequestHeaders,
    ) -> Begun<T> {
        match Self::conflict(sessions, kept) {
            Ok(false) => {
                #[cfg(feature = "dbsc")]
                if let Some(response) = sessions.answer_dbsc(&request) {
                    return Begun::Respond(response);
                }
                if !kept.cross_origin_decided {
                    kept.cross_origin_decided = sessions.config().cross_origin.is_some();
                    if let Err(refused) = sessions.check_cross_origin(&request) {
                        return Begun::Respond(refused.into());
                    }
                }
                let session = sessions.load(request);
                kept.keep(Arc::clone(&session.0) as Slot);
                Begun::Exchange(Self { session })
            }
            Ok(true) => Begun::PassThrough,
            Err(conflict) => {
                let config = sessions.config();
                config.log.layer_conflict(&conflict, config.clock.unix_time());
                Begun::Respond(ErrorResponse::of_conflict().into())
            }
        }
    }

    /// Returns `true` if a session of the same `Sessions` is in `kept` already.
    fn conflict(sessions: &Sessions<T>, kept: &mut RequestSessions) -> Result<bool, LayerConflict> {
        kept.drop_untouched(sessions.identity());
        for slot in kept.slots() {
            if sessions.is(slot.kind()) {
                return Ok(true);
            }
            if **slot.cookie() == *sessions.cookie_name() {
                return Err(LayerConflict::Cookie { cookie: Arc::clone(slot.cookie()) });
            }
            if slot.data() == TypeId::of::<T>() {
                return Err(LayerConflict::Type {
                    data: slot.data_name(),
                    cookies: [Arc::clone(slot.cookie()), sessions.shared_name()],
                });
            }
            #[cfg(feature = "dbsc")]
            if let Some(path) =
                slot.device_path().filter(|path| sessions.device_path() == Some(path))
            {
                return Err(LayerConflict::Endpoint {
                    path: path.to_owned(),
                    cookies: [Arc::clone(slot.cookie()), sessions.shared_name()],
                });
            }
        }
        Ok(false)
    }

    /// Commits the session on the response, and ends the exchange.
    ///
    /// First drop every part of the handler that still holds a handle: each remaining handle counts
    /// as an access.
    ///
    /// # Errors
    /// [`ErrorResponse`] if a change was lost. Send it in place of the response. It has none of the
    /// response's fields, and deletes the cookie if the session was purged: a purge is carried out
    /// in any case.
    pub fn finish(
        self,
        status: impl Into<u16>,
        headers: &mut dyn ResponseHeaders,
    ) -> Result<(), ErrorResponse> {
        commit::commit(&self.session, status.into(), headers).map_err(|error| {
            let deletions = plan::deletions_of_a_purge(&self.session.0);
            ErrorResponse::after_commit(&error).with_deletions(deletions)
        })
    }

    /// Returns `true` if the session was accessed or a handle of it is still held.
    /// [`finish`](Self::finish) may then change the response, if only its caching fields.
    pub fn is_touched(&self) -> bool {
        self.session.0.is_touched()
    }
}

impl<T> fmt::Debug for SessionExchange<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionExchange").field("session", &self.session).finish()
    }
}

impl<T> Drop for SessionExchange<T> {
    fn drop(&mut self) {
        self.session.close();
    }
}
