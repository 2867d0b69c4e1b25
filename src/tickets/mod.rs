//! `Tickets<T>`: sealed values for one purpose, carried outside cookies, such as in a link, an
//! e-mail or a hidden field.
//!
//! ```text
//! AAD       = envelope[..5] ‖ 00 00 ‖ kind ‖ len ‖ context ‖ len ‖ purpose ‖ len ‖ bound      len: u16le
//! plaintext = flags ‖ issued ‖ end ‖ shape ‖ [extensions] ‖ data ‖ [padding]
//! ```
//! The empty cookie name (`00 00`) keeps tickets and sessions apart. A ticket ends at its own end,
//! or with its key if that ends earlier. No limit of a session applies.

mod builder;

pub use builder::TicketsBuilder;

use crate::claims::ticket::TicketClaims;
use crate::clock::Clock;
use crate::clock::unix_time::UnixTime;
use crate::data::schema::Schemas;
use crate::data::session_data::SessionData;
use crate::error::{OpenError, Reason, TicketError};
use crate::events::DeferredEvents;
use crate::keys::{KeyRing, Ring};
use crate::limits;
use crate::wire;
use crate::wire::envelope::{self, Binding, SealBuffer, TicketKind};
use crate::wire::form::FormSettings;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// One kind of ticket: a typed value for one purpose, with an end. Cheap to clone.
///
/// A ticket is a string of base64url characters. Put it into a link, an e-mail, a hidden field, or
/// the first message of a WebSocket. Anyone who has the ticket can present it until its end. Only a
/// server with the key ring can issue, read or change one.
///
/// **A ticket can be used more than once.** It opens any number of times until its end, or until
/// its key leaves the ring. If it must work only once, seal a value that changes when the ticket is
/// used, such as the account's password version. When the ticket is opened, compare that value with
/// the account's record. The [guide](crate::guide::tickets) has more about this, about choosing a
/// purpose and what to bind, and about links in e-mails.
///
/// ```
/// use sealed_session::{KeyRing, Tickets};
/// use serde::{Deserialize, Serialize};
/// use std::time::Duration;
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Reset { user: u64, password_version: u32 }
///
/// let resets = Tickets::<Reset>::builder(KeyRing::ephemeral()?)
///     .purpose("password reset")
///     .valid_for(Duration::from_secs(30 * 60))
///     .build()?;
/// let ticket = resets.issue(&Reset { user: 7, password_version: 3 })?;
/// let link = format!("https://shop.example/reset?ticket={ticket}");
///
/// let reset = resets.open(link.rsplit('=').next().unwrap_or_default())?;
/// assert_eq!((reset.user, reset.password_version), (7, 3)); // and is the account still at version 3?
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Tickets<T> {
    config: Arc<Config<T>>,
    /// Seconds.
    valid_for: u64,
}

struct Config<T> {
    ring: KeyRing,
    clock: Clock,
    schemas: Schemas<T>,
    purpose: Vec<u8>,
    context: Vec<u8>,
    max_length: usize,
    form: FormSettings,
}

impl<T: SessionData> Tickets<T> {
    /// Returns a builder for a kind of ticket.
    pub fn builder(ring: KeyRing) -> TicketsBuilder<T> {
        TicketsBuilder::new(ring)
    }

    /// Issues a ticket.
    ///
    /// # Errors
    /// [`TicketError`].
    pub fn issue(&self, value: &T) -> Result<String, TicketError> {
        self.issue_for([], value)
    }

    /// Issues a ticket that opens only with the same `bound`, such as the bytes of a
    /// [session's id](crate::Session::id), a user's id or an e-mail address. At most 1,024 bytes.
    /// `bound` is not stored in the ticket; an empty one is the same as none.
    ///
    /// ```
    /// use sealed_session::{KeyRing, Tickets};
    /// use std::time::Duration;
    ///
    /// let tickets = Tickets::<u32>::builder(KeyRing::ephemeral()?)
    ///     .purpose("websocket")
    ///     .valid_for(Duration::from_secs(60))
    ///     .build()?;
    /// let ticket = tickets.issue_for("session 1", &7)?;
    /// assert_eq!(tickets.open_for("session 1", &ticket)?, 7);
    /// assert_eq!(tickets.open_for("session 2", &ticket).unwrap_err().reason().as_str(), "bad-seal");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`TicketError`].
    pub fn issue_for(&self, bound: impl AsRef<[u8]>, value: &T) -> Result<String, TicketError> {
        let now = self.config.clock.unix_time();
        self.config.issue(bound.as_ref(), now, now.plus(self.valid_for), value)
    }

    /// Issues a ticket that ends at `end`, rounded down to a whole second, for `bound` as in
    /// [`issue_for`](Self::issue_for). Pass `[]` if it is for nothing in particular.
    ///
    /// # Errors
    /// [`TicketError`].
    pub fn issue_until(
        &self,
        bound: impl AsRef<[u8]>,
        end: impl Into<SystemTime>,
        value: &T,
    ) -> Result<String, TicketError> {
        let now = self.config.clock.unix_time();
        self.config.issue(bound.as_ref(), now, UnixTime::from(end.into()), value)
    }

    /// Opens a ticket.
    ///
    /// # Errors
    /// [`OpenError`] with the reason: `bad-seal` for a ticket of another purpose, context or bound,
    /// `expired-at` for one that has ended. Adapters answer 400.
    pub fn open(&self, ticket: &str) -> Result<T, OpenError> {
        self.open_for([], ticket)
    }

    /// Opens a ticket that was issued for `bound`.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_for(&self, bound: impl AsRef<[u8]>, ticket: &str) -> Result<T, OpenError> {
        let config = &*self.config;
        let now = config.clock.unix_time();
        let binding = config.binding(bound.as_ref()).ok_or(OpenError::new(Reason::BadSeal))?;
        let opened = config.ring.open_with(|ring| config.open(ring, now, &binding, ticket));
        opened.map_err(OpenError::new)
    }

    /// Returns a `Tickets` for the same kind of ticket with another validity, in whole seconds.
    pub fn valid_for(&self, valid_for: Duration) -> Self {
        Self { config: Arc::clone(&self.config), valid_for: valid_for.as_secs() }
    }
}

impl<T: SessionData> Config<T> {
    fn binding(&self, bound: &[u8]) -> Option<Binding> {
        (bound.len() <= limits::BOUND)
            .then(|| Binding::ticket(TicketKind::Application, &self.context, &self.purpose, bound))
    }

    fn issue(
        &self,
        bound: &[u8],
        now: UnixTime,
        end: UnixTime,
        value: &T,
    ) -> Result<String, TicketError> {
        if end <= now {
            return Err(TicketError::Ended);
        }
        let binding = self.binding(bound).ok_or(TicketError::BoundTooLong)?;
        let mut events = DeferredEvents::default();
        let ring = self.ring.current(&mut events);
        drop(events);
        let (entry, cipher) = ring.sealing_cipher(now).ok_or(TicketError::NoSealingKey)?;
        if let Some(latest) = entry.end().filter(|latest| *latest < end) {
            return Err(TicketError::KeyEndsFirst { latest: latest.into() });
        }
        let claims = TicketClaims { issued: now, end, shape: self.schemas.written_shape() };
        let mut data = Vec::with_capacity(self.schemas.capacity_hint());
        self.schemas.append(value, &mut data).map_err(TicketError::Unencodable)?;
        let compressed = self.form.compressed(&data);
        let form = self.form.form(compressed.is_some());
        let data = compressed.unwrap_or(data);
        let plaintext = self.form.padded_len(claims.encoded_len() + data.len());
        let (needed, allowed) = (envelope::value_len(plaintext), self.max_length);
        if needed > allowed {
            return Err(TicketError::TooLong { needed, allowed });
        }
        let mut buffer = SealBuffer::with_capacity(plaintext);
        claims.encode(form, buffer.plaintext());
        buffer.plaintext().extend_from_slice(&data);
        self.form.pad(&mut buffer);
        let mut ticket = String::with_capacity(needed);
        // Sealing fails only where the generator does.
        let sealed = buffer.seal(entry.key(), cipher, &binding, &mut ticket);
        sealed.map_err(|_| TicketError::Random)?;
        Ok(ticket)
    }

    fn open(
        &self,
        ring: &Ring,
        now: UnixTime,
        binding: &Binding,
        ticket: &str,
    ) -> Result<T, Reason> {
        let knows = |shape| self.schemas.knows(shape);
        let (claims, data) = wire::ticket::open(ring, now, binding, ticket, knows)?;
        self.schemas.decode(claims.shape, &data)
    }
}

impl<T> Clone for Tickets<T> {
    fn clone(&self) -> Self {
        Self { config: Arc::clone(&self.config), valid_for: self.valid_for }
    }
}

/// Shows the purpose, and nothing of a ticket.
impl<T> fmt::Debug for Tickets<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tickets")
            .field("purpose", &String::from_utf8_lossy(&self.config.purpose))
            .field("ring", &self.config.ring)
            .finish_non_exhaustive()
    }
}
