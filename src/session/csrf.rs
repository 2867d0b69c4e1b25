//! CSRF tokens: tickets of this crate's own kind, bound to the session's id (SPEC §3.5.1).
//!
//! ```text
//! kind 1, purpose "csrf", the session's context, bound to the 16 bytes of the session's id
//! plaintext = flags ‖ issued ‖ end ‖ 00 00 00 00        no data
//! ```
//! The nonce is fresh, so no two tokens share more than their first characters, which are public.

use crate::claims::Form;
use crate::claims::ticket::{TicketClaims, UNTYPED};
use crate::clock::unix_time::UnixTime;
use crate::config::Config;
use crate::data::session_data::SessionData;
use crate::error::{CsrfError, Reason, TicketError};
use crate::events::DeferredEvents;
use crate::keys::Ring;
use crate::session::Session;
use crate::wire;
use crate::wire::envelope::{Binding, SealBuffer, TicketKind};

const PURPOSE: &[u8] = b"csrf";

impl<T: SessionData> Session<T> {
    /// Returns a CSRF token for this session, for a form's hidden field or a request header. It has
    /// 80 characters of base64url. [`verify_csrf`](Self::verify_csrf) accepts it as long as the
    /// session has the same id.
    ///
    /// Every call returns a different token, so a compressed page does not reveal it (BREACH).
    /// All of them are valid, any number of times, until the session's absolute end or the end of
    /// the key that seals now, if that is earlier. The idle timeout does not shorten a token's
    /// life, because visits extend it.
    ///
    /// The session needs an id, which [`renew`](Self::renew) draws at sign-in. Forms for visitors
    /// without a session, such as the sign-in form, cannot have a token: set
    /// [`Builder::cross_origin`](crate::Builder::cross_origin), which protects them without one.
    /// `docs/cross-site.md` says when to use a token in addition.
    ///
    /// ```
    /// use sealed_session::{KeyRing, Map, Sessions};
    ///
    /// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?)?;
    /// let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
    /// session.renew()?; // the visitor has just signed in
    /// session.insert("user", 7)?;
    ///
    /// let token = session.csrf_token()?;
    /// session.verify_csrf(&token)?;
    /// assert_ne!(session.csrf_token()?, token);
    ///
    /// session.renew()?; // and signs in again: the id is another one
    /// assert!(session.verify_csrf(&token).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`TicketError::NoSessionId`] if the session has no id: call `renew()` at sign-in, or build
    /// the `Sessions` with [`session_ids(true)`](crate::Builder::session_ids), which draws an id at
    /// the first write. An empty session has none in either case.
    /// [`TicketError::NoSealingKey`] and [`TicketError::Random`].
    pub fn csrf_token(&self) -> Result<String, TicketError> {
        let (config, loaded) = (&*self.0.config, self.0.loaded());
        let claims = &loaded.snapshot().claims;
        let id = claims.content.id.ok_or(TicketError::NoSessionId)?;
        let (now, sealing) = (loaded.now, loaded.ring.sealing_cipher(loaded.now));
        let (entry, cipher) = sealing.ok_or(TicketError::NoSealingKey)?;
        let end = config.limits.latest_end(claims).or_earlier(entry.end());
        let ticket = TicketClaims { issued: now, end, shape: UNTYPED };
        let mut buffer = SealBuffer::with_capacity(ticket.encoded_len());
        ticket.encode(Form::default(), buffer.plaintext());
        let mut token = String::new();
        // Sealing fails only if the generator does.
        let sealed = buffer.seal(entry.key(), cipher, &config.csrf_binding(&id), &mut token);
        sealed.map_err(|_| TicketError::Random)?;
        Ok(token)
    }

    /// Accepts a token that [`csrf_token`](Self::csrf_token) returned for this session, on any
    /// server with the same keys and context. Call it before [`renew`](Self::renew) and
    /// [`purge`](Self::purge) in a handler: they change and remove the id. For the same reason, a
    /// token from before the sign-in is refused after it.
    ///
    /// # Errors
    /// [`CsrfError`]. Adapters answer 403.
    pub fn verify_csrf(&self, token: &str) -> Result<(), CsrfError> {
        let (config, loaded) = (&*self.0.config, self.0.loaded());
        let id = loaded.snapshot().claims.content.id.ok_or(CsrfError::NoSessionId)?;
        let binding = config.csrf_binding(&id);
        let mut opened = open(&loaded.ring, loaded.now, &binding, token);
        if opened == Err(Reason::UnknownKey) {
            let mut events = DeferredEvents::default();
            if let Some(newer) = config.ring.newer_than(&loaded.ring, &mut events) {
                opened = open(&newer, loaded.now, &binding, token);
            }
        }
        opened.map_err(CsrfError::Invalid)
    }
}

impl<T> Config<T> {
    fn csrf_binding(&self, id: &[u8; 16]) -> Binding {
        Binding::ticket(TicketKind::OfThisCrate, self.binding.context(), PURPOSE, id)
    }
}

fn open(ring: &Ring, now: UnixTime, binding: &Binding, token: &str) -> Result<(), Reason> {
    let (_, data) = wire::ticket::open(ring, now, binding, token, |shape| shape == UNTYPED)?;
    if data.is_empty() { Ok(()) } else { Err(Reason::Undecodable) }
}
