//! What the binding to the visitor's device does to a session: whether a bound session is accepted,
//! what `renew()` binds to, and what a response adds.
//!
//! | the session that came | `renew()`, no proof | proof of the same key | proof of another key |
//! | --- | --- | --- | --- |
//! | none, or unbound | unbound | – | bound |
//! | bound, proven | keeps its binding | keeps its binding | bound to the other |
//! | bound, unproven | a new unbound session | – | a new bound session |
//!
//! While the binding is off, `renew()` makes every session unbound.
//!
//! Nothing else binds. Otherwise the thief of an unbound cookie could bind it to a key of theirs.

use crate::claims::Claims;
use crate::clock::unix_time::UnixTime;
use crate::config::Config;
use crate::data::session_data::SessionData;
use crate::dbsc::DeviceBinding;
use crate::dbsc::device::{Device, Mode};
use crate::dbsc::key::Thumbprint;
use crate::dbsc::proof::Proof;
use crate::dbsc::skipped;
use crate::error::rejection::Rejection;
use crate::error::{Reason, SessionError, Unproven};
use crate::headers::caching;
use crate::headers::response::ResponseHeaders;
use crate::session::Session;
use crate::session::device_proof::DeviceProof;
use crate::session::load_status::LoadStatus;
use crate::session::open::Candidates;
use crate::session::plan::{NOT_MODIFIED, SWITCHING_PROTOCOLS};
use crate::session::state::{Loaded, Request, SessionState};
use std::sync::atomic::Ordering;

/// With the feature `dbsc`:
impl<T: SessionData> Session<T> {
    /// Asks the browser to register a key of the device, so that the visitor's next sign-in can be
    /// bound to it. Call it on the sign-in page, or on the redirect to the identity provider: the
    /// browser needs a moment to make the key. Needs the feature `dbsc`.
    ///
    /// The response gets `Secure-Session-Registration` and `Cache-Control: no-store`. Browsers
    /// without support ignore the offer. There is none in these cases:
    /// - The request has a fresh proof.
    /// - The request has a bound session. But a browser that sends it without a proof, and does not
    ///   say why, has lost the key: it is offered another.
    /// - A page of another site embeds the response or requests it by a script. Such a page could
    ///   use up the browser's quota of signatures.
    /// - The status is 101, 304 or 5xx.
    /// - [`Builder::device_bound`] is not set, or it is off.
    ///
    /// [`Builder::device_bound`]: crate::Builder::device_bound
    pub fn offer_binding(&self) {
        self.0.loaded();
        self.0.offer_binding.store(true, Ordering::Relaxed);
    }

    /// Returns whether the session is bound to the visitor's device, and why a bound session that
    /// came does not count. Needs the feature `dbsc`.
    pub fn binding(&self) -> DeviceBinding {
        let (state, loaded) = (&*self.0, self.0.loaded());
        let bound_to = loaded.snapshot().claims.content.extensions.binding();
        if let Some(proven_at) = bound_to.and_then(|key| state.proven_at(loaded, key)) {
            return DeviceBinding::Bound { proven_at: proven_at.into() };
        }
        let replaced = {
            let current = loaded.current();
            current.purged || current.renewed
        };
        match loaded.status {
            LoadStatus::Rejected(Reason::Unproven(why)) if !replaced => {
                DeviceBinding::Unproven(why)
            }
            _ => DeviceBinding::Unbound,
        }
    }

    /// Returns an error unless the session is bound. Use it in the handlers that matter most. Needs
    /// the feature `dbsc`.
    ///
    /// # Errors
    /// [`SessionError::Unbound`] if the session is not bound, and [`SessionError::Unproven`] if it
    /// is, but the request has no fresh proof. Adapters answer 403 to both. While the binding is
    /// off, no session is bound.
    pub fn require_binding(&self) -> Result<(), SessionError> {
        match self.binding() {
            DeviceBinding::Bound { .. } => Ok(()),
            DeviceBinding::Unbound => Err(SessionError::Unbound),
            DeviceBinding::Unproven(_) => Err(SessionError::Unproven),
        }
    }
}

impl<T> SessionState<T> {
    pub(super) fn device(&self) -> Option<&Device> {
        self.config.device.as_deref().filter(|device| device.is_on())
    }

    /// Returns the newest fresh proof of the request.
    fn newest_proof(&self, loaded: &Loaded<T>) -> Option<Proof> {
        self.device()?.newest_proof(&loaded.ring, loaded.now, &self.request.fields)
    }

    /// Returns when the key of the current session was proven.
    fn proven_at(&self, loaded: &Loaded<T>, key: [u8; 16]) -> Option<UnixTime> {
        let came = loaded.initial.claims.content.extensions.binding() == Some(key);
        let newest = || self.newest_proof(loaded).filter(|proof| proof.thumbprint.0 == key);
        let at_arrival = loaded.device_proof.proven_at().filter(|_| came);
        at_arrival.or_else(|| newest().map(|proof| proof.issued))
    }

    /// Binds a session that is renewed. Without a proof it keeps the binding that it has, unless the
    /// binding is off: the sessions that are bound then end with the absolute timeout, and the
    /// setting can be removed.
    pub(super) fn bind_at_renewal(&self, loaded: &Loaded<T>, claims: &mut Claims) {
        let extensions = &mut claims.content.extensions;
        if let Some(proof) = self.newest_proof(loaded) {
            extensions.bind(proof.thumbprint.0);
        } else if self.device().is_none() {
            extensions.unbind();
        }
    }

    /// Returns the key that the session that came is bound to, proven or not.
    pub(crate) fn bound_to(&self, loaded: &Loaded<T>) -> Option<Thumbprint> {
        let came = loaded.initial.claims.content.extensions.binding();
        came.or(loaded.device_proof.unproven_key()).map(Thumbprint)
    }

    /// Returns `true` if the current session is bound to the key of the one that came: a handler
    /// purged it, and signed in again. The marker would end that key.
    pub(crate) fn is_bound_again(&self, loaded: &Loaded<T>) -> bool {
        let bound_to = loaded.snapshot().claims.content.extensions.binding().map(Thumbprint);
        bound_to.is_some() && bound_to == self.bound_to(loaded)
    }

    /// Returns the lines that end what the browser holds of the key of a session that ended.
    pub(crate) fn device_end_lines(&self, loaded: &Loaded<T>) -> Vec<String> {
        let ended = self.bound_to(loaded).zip(self.device());
        let fields = &self.request.fields;
        ended.map_or_else(Vec::new, |(key, device)| device.end_lines(fields, key))
    }

    /// Returns the lines that delete a proof that came and does not prove its session, so that the
    /// browser gets a new one before its next request.
    pub(crate) fn useless_proof_lines(&self, loaded: &Loaded<T>) -> Vec<String> {
        let LoadStatus::Rejected(Reason::Unproven(Unproven::Late | Unproven::Other)) =
            loaded.status
        else {
            return Vec::new();
        };
        let key = loaded.device_proof.unproven_key().map(Thumbprint).zip(self.device());
        let fields = &self.request.fields;
        key.map_or_else(Vec::new, |(key, device)| {
            device.delete_useless_proof(&loaded.ring, loaded.now, fields, key)
        })
    }

    /// Adds the offer to a response, if the handler made it and the browser may need it.
    pub(crate) fn add_offer(
        &self,
        loaded: &Loaded<T>,
        status: u16,
        headers: &mut dyn ResponseHeaders,
    ) -> Result<(), SessionError> {
        let is_offered = self.offer_binding.load(Ordering::Relaxed)
            && self.request.may_be_offered
            && status < 500
            && !matches!(status, NOT_MODIFIED | SWITCHING_PROTOCOLS);
        let Some(device) = self.device().filter(|_| is_offered) else { return Ok(()) };
        // With its key, a browser would have refreshed first, or would say why it could not.
        let lost_key = loaded.status == LoadStatus::Rejected(Reason::Unproven(Unproven::Missing));
        let is_bound = self.bound_to(loaded).is_some() && !lost_key;
        if is_bound || self.newest_proof(loaded).is_some() {
            return Ok(());
        }
        // Without a key that seals, the sign-in fails too.
        let Some(offer) = device.offer(&loaded.ring, loaded.now) else { return Ok(()) };
        headers.replace("secure-session-registration", &offer)?;
        caching::forbid_storing(headers)
    }
}

impl<T: SessionData> Candidates<'_, T> {
    /// Refuses a bound session whose request does not prove that it comes from the device.
    pub(super) fn check_binding(
        &mut self,
        claims: &Claims,
        request: Option<&Request>,
    ) -> Result<DeviceProof, Rejection> {
        let Config { device, .. } = self.config;
        let bound_to = claims.content.extensions.binding();
        let Some(device) = device.as_deref() else { return Ok(DeviceProof::default()) };
        match (device.mode, bound_to) {
            (_, None) => {
                let age = self.now.since(claims.stamps.created());
                device.check_unbound(age).map_err(|reason| Rejection {
                    issued: Some(claims.stamps.issued),
                    ..reason.into()
                })?;
                Ok(DeviceProof::default())
            }
            (Mode::OffReadable, Some(_)) => Ok(DeviceProof::default()),
            (Mode::OffEnded, Some(_)) => Err(Rejection {
                issued: Some(claims.stamps.issued),
                ..Reason::Refused("device binding is off").into()
            }),
            (Mode::On, Some(key)) => {
                let unproven = |why| Rejection {
                    issued: Some(claims.stamps.issued),
                    bound_to: Some(key),
                    ..Reason::Unproven(why).into()
                };
                let Some(request) = request else {
                    return Err(unproven(Unproven::Missing));
                };
                let key = Thumbprint(key);
                let proven = device.prove(self.ring, self.now, &request.fields, key);
                proven.map(DeviceProof::proven).map_err(|not_proven| {
                    let skipped = request.skipped.as_deref();
                    let skipped = skipped.and_then(|field| skipped::of_session(field.bytes(), key));
                    unproven(match (not_proven.why, skipped) {
                        (Unproven::Missing, Some(skipped)) => Unproven::Skipped(skipped),
                        (why, _) => why,
                    })
                })
            }
        }
    }
}
