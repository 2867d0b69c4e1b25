//! `RequestStore`: the store behind one request's `tower_sessions::Session`. It reads and writes
//! the sealed session that the request's extensions hold.
//!
//! tower-sessions names neither a renewal nor an end: `cycle_id` and `flush` both call `delete`.
//! The ids tell them apart. `flush` passes the id that the `Session` has, and `cycle_id` the id of
//! the record, which is another one until a `create` makes them equal.
//!
//! | call | id of | here |
//! | --- | --- | --- |
//! | `load` | the session | read, or import |
//! | `save` | – | update |
//! | `create`, after `cycle_id`, `flush` or `delete` | – | update |
//! | `delete` by `flush` or `delete` | the session | purge |
//! | `delete` by `cycle_id` | the record | renew |
//! | `delete` after a `create` in the same request | both | purge, and renew at the next `create` |
//!
//! The store keeps no handle of the session between calls: a handle would count as an access. No
//! lock is held during a call of the session.

use crate::expiry;
use crate::last_error::LastError;
use crate::legacy::LegacyIds;
use crate::record;
use async_trait::async_trait;
use http::HeaderMap;
use sealed_session::adapter::RequestSessions;
use sealed_session::{LoadStatus, Map, Session, SessionError};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tower_sessions_core::session::{Id, Record};
use tower_sessions_core::session_store::{Error, Result};
use tower_sessions_core::{self as tower_sessions, SessionStore};

pub(crate) struct RequestStore {
    kept: RequestSessions,
    legacy: Option<LegacyIds>,
    /// The id that the `Session` was created with. It is random, and leads to no data.
    placeholder: Id,
    last_error: LastError,
    steps: Mutex<Steps>,
}

/// What happened so far.
#[derive(Default)]
struct Steps {
    loaded: bool,
    /// A record with data was read from the sealed session, or written to it.
    had_data: bool,
    import: Import,
    /// The id that the last `create` gave to the record and the session.
    created: Option<Id>,
    /// The next `create` begins a session that needs an id of its own.
    renew_at_create: bool,
    purged: bool,
    /// A renewal or a purge failed, and none succeeded since.
    lost: Option<SessionError>,
    /// The error behind the last error that tower-sessions was given.
    failed: Option<SessionError>,
}

/// What became of the former deployment's record.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Import {
    /// It was not asked for.
    #[default]
    Pending,
    /// The session is made of it.
    Moved,
    /// No record of the former deployment came.
    Nothing,
    /// It must not be moved, or could not be.
    Left,
}

/// Why the response cannot go out as the handler made it.
pub(crate) enum Failure {
    Session(SessionError),
    /// An error of the former deployment's store.
    Other(tower_sessions::session::Error),
}

impl RequestStore {
    pub(crate) fn new(kept: RequestSessions, legacy: Option<LegacyIds>) -> Self {
        Self {
            kept,
            legacy,
            placeholder: Id::default(),
            last_error: LastError::default(),
            steps: Mutex::default(),
        }
    }

    pub(crate) fn placeholder(&self) -> Id {
        self.placeholder
    }

    pub(crate) fn last_error(&self) -> LastError {
        self.last_error.clone()
    }

    fn steps(&self) -> MutexGuard<'_, Steps> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session(&self) -> std::result::Result<Session<Map>, SessionError> {
        self.kept.session().ok_or(SessionError::Responded)
    }

    /// Keeps the error, and returns its text: tower-sessions' error holds nothing else.
    fn fail(&self, error: SessionError) -> Error {
        let text = error.to_string();
        let encoding = matches!(error, SessionError::Map(_) | SessionError::Unencodable(_));
        self.steps().failed = Some(error.clone());
        self.last_error.set(error);
        if encoding { Error::Encode(text) } else { Error::Backend(text) }
    }

    fn read(&self) -> std::result::Result<Record, SessionError> {
        let record = record::of(&self.session()?)?;
        let mut steps = self.steps();
        steps.loaded = true;
        steps.had_data |= !record.data.is_empty();
        Ok(record)
    }

    fn write(&self, record: &Record) -> std::result::Result<(), SessionError> {
        let map = record::to_map(&record.data)?;
        self.session()?.update(|current| *current = map)?;
        let mut steps = self.steps();
        steps.had_data |= !record.data.is_empty();
        Ok(())
    }

    fn renew(&self) -> std::result::Result<(), SessionError> {
        let renewed = self.session().and_then(|session| session.renew());
        self.steps().lost = renewed.as_ref().err().cloned();
        renewed
    }

    fn purge(&self) -> std::result::Result<(), SessionError> {
        let purged = self.session().and_then(|session| session.purge());
        let mut steps = self.steps();
        steps.lost = purged.as_ref().err().cloned();
        steps.purged |= purged.is_ok();
        purged
    }

    /// Ends the session, and the former deployment's too: it would be imported again. On a
    /// cross-site request it stays, as the session's own cookie does.
    async fn end(&self) -> Result<()> {
        self.purge().map_err(|error| self.fail(error))?;
        if self.steps().import == Import::Pending {
            self.steps().import = Import::Left;
        }
        match &self.legacy {
            Some(legacy) if !self.is_cross_site() => legacy.delete().await,
            _ => Ok(()),
        }
    }

    fn is_cross_site(&self) -> bool {
        self.session().is_ok_and(|session| session.load_status() == LoadStatus::CrossSite)
    }

    /// Makes the session out of the former deployment's record, if no cookie of the session came
    /// and the request is not cross-site. A record that does not fit is left where it is.
    async fn import(&self) -> Result<()> {
        let Some(legacy) = &self.legacy else { return Ok(()) };
        if self.steps().import != Import::Pending {
            return Ok(());
        }
        let is_new = self
            .session()
            .is_ok_and(|session| session.load_status() == LoadStatus::New && session.is_empty());
        let import = if !is_new {
            Import::Left
        } else if let Some(record) = legacy.load().await? {
            match self.write(&record) {
                Ok(()) => Import::Moved,
                Err(error) => {
                    tracing::warn!(%error, "a session of the former store cannot be moved; the visitor starts with an empty one");
                    Import::Left
                }
            }
        } else {
            Import::Nothing
        };
        self.steps().import = import;
        Ok(())
    }

    /// Saves what the handler changed, as tower-sessions' own layer does, before the sealed session
    /// is committed. On a server error only the end of a session is carried out.
    pub(crate) async fn finish(
        &self,
        session: &tower_sessions::Session,
        is_server_error: bool,
    ) -> std::result::Result<(), Failure> {
        self.steps().failed = None;
        if session.is_modified() {
            if session.is_empty().await {
                self.end_what_was_cleared().await?;
            } else if !is_server_error {
                session.save().await.map_err(|error| self.failure(error))?;
                self.set_expiry(session).map_err(Failure::Session)?;
            }
        }
        let lost = self.steps().lost.clone().filter(|_| !is_server_error);
        lost.map_or(Ok(()), |error| Err(Failure::Session(error)))
    }

    /// Ends the session after a `flush` that followed a `cycle_id`: the `Session` has no id then,
    /// and passes none to `delete`.
    async fn end_what_was_cleared(&self) -> std::result::Result<(), Failure> {
        let due = {
            let steps = self.steps();
            steps.had_data && !steps.purged
        };
        if due { self.end().await.map_err(|error| self.failure(error.into())) } else { Ok(()) }
    }

    fn set_expiry(
        &self,
        session: &tower_sessions::Session,
    ) -> std::result::Result<(), SessionError> {
        match session.expiry() {
            Some(expiry) => self.session()?.set_expiry(expiry::sealed(expiry)),
            None => Ok(()),
        }
    }

    /// Returns the cause of an error of the call that was just made.
    fn failure(&self, error: tower_sessions::session::Error) -> Failure {
        match self.steps().failed.take() {
            Some(cause) => Failure::Session(cause),
            None => Failure::Other(error),
        }
    }

    /// Deletes the record and the cookie of the former deployment if they are no longer needed.
    pub(crate) async fn retire_legacy(&self, response: &mut HeaderMap) {
        let Some(legacy) = &self.legacy else { return };
        let (loaded, purged, import) = {
            let steps = self.steps();
            (steps.loaded, steps.purged, steps.import)
        };
        if !loaded && !purged {
            return; // nobody asked for the session
        }
        let Ok(session) = self.session() else { return };
        let (status, is_new) = (session.load_status(), session.is_new());
        let is_empty = session.is_empty();
        drop(session);
        let ended = match status {
            LoadStatus::CrossSite => return,
            LoadStatus::Restored => is_new,
            _ => import == Import::Moved && is_empty,
        };
        let came_back = status == LoadStatus::Restored && !legacy.keeps_what_moved();
        let missing = import == Import::Nothing && !legacy.keeps_what_moved();
        if !(purged || ended || came_back || missing) {
            return;
        }
        match legacy.delete().await {
            Ok(()) => legacy.delete_cookie(response),
            Err(error) => {
                tracing::warn!(%error, "a record of the former store cannot be deleted; the visitor's next request tries again")
            }
        }
    }
}

#[async_trait]
impl SessionStore for RequestStore {
    async fn load(&self, _: &Id) -> Result<Option<Record>> {
        self.import().await?;
        self.read().map(Some).map_err(|error| self.fail(error))
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.write(record).map_err(|error| self.fail(error))
    }

    async fn create(&self, record: &mut Record) -> Result<()> {
        let renew = {
            let steps = self.steps();
            steps.renew_at_create || steps.lost.is_some()
        };
        if renew {
            self.renew().map_err(|error| self.fail(error))?;
            self.steps().renew_at_create = false;
        }
        self.write(record).map_err(|error| self.fail(error))?;
        if let Ok(Some(id)) = self.session().map(|session| record::id_of(&session)) {
            record.id = id;
        }
        self.steps().created = Some(record.id);
        Ok(())
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let created = self.steps().created == Some(*id);
        if !created && *id != self.placeholder {
            return self.renew().map_err(|error| self.fail(error));
        }
        self.steps().renew_at_create = created;
        self.end().await
    }
}

/// Shows the cookies' names.
impl fmt::Debug for RequestStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestStore").field("kept", &self.kept).finish_non_exhaustive()
    }
}
