//! The first access: opens the session from the request's cookies, with one reading of the clock
//! and one ring.
//!
//! 1. The cookies of our name are opened (`session/open.rs`). If none came, and the request is not
//!    cross-site, those of the other names are opened.
//! 2. If one of them names a key that is not in the ring, a ring that follows a file is read again,
//!    and the cookies are opened once more. If no bound session was proven, a proof under such a key
//!    does the same.
//! 3. If no cookie of any of our names came, another library's session is imported.

use crate::clock::unix_time::UnixTime;
use crate::config::legacy::ReceivedLegacy;
use crate::data::session_data::SessionData;
use crate::error::SessionError;
use crate::error::rejection::Rejection;
use crate::events::DeferredEvents;
use crate::headers::cookie::{self, ReceivedCookies};
use crate::hooks::EventKind;
use crate::keys::Ring;
use crate::session::device_proof::DeviceProof;
use crate::session::load_status::LoadStatus;
use crate::session::open::{Candidates, Decoded, NotOpened};
use crate::session::snapshot::Snapshot;
use crate::session::state::{Current, Loaded, SessionState};
use std::sync::Arc;

/// What is left to do once the session is open. It is done outside the lock, because code that
/// handles an event, and the data's own `Drop`, may read the session.
struct AfterOpening<T> {
    /// Emitted when this is dropped.
    events: DeferredEvents,
    report: Option<Report>,
    /// Values that were opened and do not count.
    discarded: Vec<T>,
    /// The session of another library that came, kept or not.
    imported: Option<Arc<T>>,
}

/// What is reported to the operator after opening.
enum Report {
    Event(EventKind),
    Rejected(Rejection),
    NotImported(SessionError),
}

/// The cookies of a request that belong to the session, by name, and what they opened to.
struct Searched<T> {
    received: ReceivedCookies,
    lacked_a_key: bool,
    outcome: Result<Decoded<T>, Option<NotOpened>>,
}

/// The session that a request begins with.
struct Beginning<T> {
    snapshot: Snapshot<T>,
    status: LoadStatus,
    /// When the key that sealed the session ends.
    key_end: Option<UnixTime>,
    maybe_readable_elsewhere: bool,
    device_proof: DeviceProof,
}

impl<T> Beginning<T> {
    /// Returns a session that did not come from our cookie.
    fn new(snapshot: Snapshot<T>, status: LoadStatus) -> Self {
        Self {
            snapshot,
            status,
            key_end: None,
            maybe_readable_elsewhere: false,
            device_proof: DeviceProof::default(),
        }
    }
}

impl<T: SessionData> SessionState<T> {
    /// Returns the opened session. The first access opens it.
    pub(crate) fn loaded(&self) -> &Loaded<T> {
        if let Some(loaded) = self.loaded.get() {
            return loaded;
        }
        let mut after = AfterOpening {
            events: DeferredEvents::default(),
            report: None,
            discarded: Vec::new(),
            imported: None,
        };
        let Ok(inside) = self.opener.enter() else {
            return self.meanwhile.get_or_init(|| Box::new(self.unopened()));
        };
        let loaded = self.loaded.get_or_init(|| self.open(&mut after));
        drop(inside);
        let AfterOpening { events, report, .. } = after;
        drop(events);
        let log = &self.config.log;
        match report {
            Some(Report::Event(kind)) => log.emit(kind, loaded.now),
            Some(Report::Rejected(rejection)) => log.rejected(&rejection, loaded.now),
            Some(Report::NotImported(error)) => log.not_imported(&error, loaded.now),
            None => {}
        }
        loaded
    }

    fn open(&self, after: &mut AfterOpening<T>) -> Loaded<T> {
        let (config, fields) = (&*self.config, &self.request.fields);
        let now = config.clock.unix_time();
        let mut ring = config.ring.current(&mut after.events);
        let others = config.aliases.find(fields);
        let mut searched = self.search(&ring, now, &others, &mut after.discarded);
        if searched.lacked_a_key || self.lacks_a_proofs_key(&searched, &ring) {
            if let Some(newer) = config.ring.newer_than(&ring, &mut after.events) {
                ring = newer;
                let outdated = std::mem::replace(
                    &mut searched,
                    self.search(&ring, now, &others, &mut after.discarded),
                );
                after.discarded.extend(outdated.outcome.ok().map(|outdated| outdated.value));
            }
        }
        let Searched { received, outcome, .. } = searched;
        let others_came = others.iter().any(ReceivedCookies::anything);
        let legacy = config.legacy.find(fields, config.cookie.name(), &received, others_came);
        let none_of_ours = !received.anything() && !others_came;
        let beginning = match outcome {
            Ok(Decoded {
                claims,
                data,
                compressed,
                value,
                is_default_data,
                key_end,
                device_proof,
            }) => {
                if config.log.is_watched() {
                    after.report = Some(Report::Event(EventKind::Restored));
                }
                Beginning {
                    snapshot: Snapshot::decoded(
                        claims,
                        data,
                        compressed,
                        Arc::new(value),
                        is_default_data,
                    ),
                    status: LoadStatus::Restored,
                    key_end,
                    maybe_readable_elsewhere: false,
                    device_proof,
                }
            }
            Err(Some(NotOpened { rejection, maybe_readable_elsewhere })) => {
                after.report = Some(Report::Rejected(rejection));
                Beginning {
                    maybe_readable_elsewhere: maybe_readable_elsewhere && config.refuse_unreadable,
                    device_proof: DeviceProof::of_rejected(&rejection),
                    ..Beginning::new(
                        config.new_session(now, UnixTime::EPOCH),
                        LoadStatus::Rejected(rejection.reason),
                    )
                }
            }
            // A cookie of another name changes nothing: the browser may still have held back the
            // current one.
            Err(None) if self.request.cross_site && !received.anything() => {
                Beginning::new(config.new_session(now, UnixTime::EPOCH), LoadStatus::CrossSite)
            }
            Err(None) => self.import_or_begin(now, none_of_ours, after),
        };
        let Beginning {
            snapshot,
            status,
            key_end: initial_key_end,
            maybe_readable_elsewhere,
            device_proof,
        } = beginning;
        let none_came = matches!(status, LoadStatus::New | LoadStatus::CrossSite);
        if none_came
            && after.report.is_none()
            && config.log.is_watched()
            && cookie::is_behind_a_comma(fields, config.cookie.name())
        {
            after.report = Some(Report::Event(EventKind::BehindAComma));
        }
        let initial = Arc::new(snapshot);
        Loaded {
            now,
            ring,
            status,
            received,
            others,
            legacy,
            current: Current::of(&initial),
            initial,
            initial_key_end,
            maybe_readable_elsewhere,
            device_proof,
            is_open: true,
        }
    }

    /// Opens the cookies of our name, or else those of the first other name that came.
    fn search(
        &self,
        ring: &Ring,
        now: UnixTime,
        others: &[ReceivedCookies],
        discarded: &mut Vec<T>,
    ) -> Searched<T> {
        let (config, fields) = (&*self.config, &self.request.fields);
        let mut candidates = Candidates::new(config, ring, now, discarded);
        let received =
            config.cookie.find(fields, &mut |value| candidates.try_open(&self.request, value));
        if !received.anything() && !self.request.cross_site {
            let mut named = config.aliases.names.iter().zip(others);
            if let Some((alias, _)) = named.find(|(_, came)| came.anything()) {
                cookie::find(fields, &alias.name, &mut |value| {
                    candidates.try_open_alias(&self.request, alias, value);
                });
            }
        }
        Searched {
            received,
            lacked_a_key: candidates.lacked_a_key(),
            outcome: candidates.outcome(),
        }
    }

    /// Returns `true` if a proof that a sign-in may use is sealed with a key that is not in the ring.
    #[cfg(feature = "dbsc")]
    fn lacks_a_proofs_key(&self, searched: &Searched<T>, ring: &Ring) -> bool {
        let proven = searched.outcome.as_ref().ok().and_then(|came| came.device_proof.proven_at());
        proven.is_none()
            && self.device().is_some_and(|device| device.lacks_a_key(ring, &self.request.fields))
    }

    #[cfg(not(feature = "dbsc"))]
    #[expect(clippy::unused_self, reason = "called as the other is")]
    fn lacks_a_proofs_key(&self, _: &Searched<T>, _: &Ring) -> bool {
        false
    }

    /// Returns the key that the session in the request is bound to, if the session is accepted. Runs
    /// the application's checks of it, and reports nothing.
    #[cfg(feature = "dbsc")]
    pub(crate) fn proven_key(&self, now: UnixTime) -> Option<[u8; 16]> {
        let config = &*self.config;
        let others = config.aliases.find(&self.request.fields);
        let ring = config.ring.snapshot();
        let outcome = self.search(&ring, now, &others, &mut Vec::new()).outcome;
        outcome.ok()?.claims.content.extensions.binding()
    }

    /// Imports another library's session if none of our cookies came. Otherwise begins a new one.
    fn import_or_begin(
        &self,
        now: UnixTime,
        none_of_ours: bool,
        after: &mut AfterOpening<T>,
    ) -> Beginning<T> {
        let config = &*self.config;
        let fields = &self.request.fields;
        let old = if none_of_ours { config.legacy.read_old(fields, now) } else { None };
        after.imported = old.map(Arc::new);
        match after.imported.as_ref().map(|value| config.imported(value, now)) {
            Some(Ok(snapshot)) if !config.is_empty(&snapshot) => {
                after.report = Some(Report::Event(EventKind::Imported));
                Beginning::new(snapshot, LoadStatus::Imported)
            }
            other => {
                after.report = other.and_then(Result::err).map(Report::NotImported);
                Beginning::new(config.new_session(now, UnixTime::EPOCH), LoadStatus::New)
            }
        }
    }

    /// Returns an empty session, for code of the application that asks for the session while it is
    /// being opened.
    fn unopened(&self) -> Loaded<T> {
        // Not the clock: it may be the caller.
        let now = self.request.loaded_at_unix();
        let initial = Arc::new(self.config.new_session(now, UnixTime::EPOCH));
        Loaded {
            now,
            ring: self.config.ring.snapshot(),
            status: LoadStatus::New,
            received: ReceivedCookies::default(),
            others: Box::default(),
            legacy: ReceivedLegacy::default(),
            current: Current::of(&initial),
            initial,
            initial_key_end: None,
            maybe_readable_elsewhere: false,
            device_proof: DeviceProof::default(),
            is_open: false,
        }
    }
}
