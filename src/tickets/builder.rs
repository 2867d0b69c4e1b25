//! `TicketsBuilder<T>`: the settings of a `Tickets`, and what `build()` refuses.

use super::{Config, Tickets};
use crate::clock::Clock;
use crate::data::encoding::Encoding;
use crate::data::schema::{SchemaChanges, Schemas};
use crate::data::session_data::SessionData;
use crate::error::BuildError;
use crate::keys::KeyRing;
use crate::limits;
use crate::wire::form::FormSettings;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Configures one kind of ticket. Made by [`Tickets::builder`].
///
/// [`purpose`](Self::purpose) and [`valid_for`](Self::valid_for) must be set.
#[must_use = "a builder does nothing until `build()` is called"]
pub struct TicketsBuilder<T> {
    ring: KeyRing,
    purpose: Vec<u8>,
    context: Vec<u8>,
    valid_for: Option<Duration>,
    max_length: usize,
    clock: Clock,
    shape: Option<u32>,
    changes: SchemaChanges<T>,
    form: FormSettings,
}

impl<T: SessionData> TicketsBuilder<T> {
    pub(super) fn new(ring: KeyRing) -> Self {
        Self {
            ring,
            purpose: Vec::new(),
            context: Vec::new(),
            valid_for: None,
            max_length: limits::TICKET,
            clock: Clock::system(),
            shape: None,
            changes: SchemaChanges::none(),
            form: FormSettings::default(),
        }
    }

    /// Sets what the tickets are for, at most 256 bytes. Required. A ticket of one purpose does not
    /// open as one of another.
    pub fn purpose(mut self, purpose: impl Into<Vec<u8>>) -> Self {
        self.purpose = purpose.into();
        self
    }

    /// Sets how long a ticket is valid, in whole seconds. Required.
    /// [`Tickets::valid_for`] sets it for one ticket.
    pub fn valid_for(mut self, valid_for: Duration) -> Self {
        self.valid_for = Some(valid_for);
        self
    }

    /// Sets bytes that every ticket is bound to, in addition to its purpose: a tenant or an
    /// environment, as for sessions. Empty by default.
    pub fn context(mut self, context: impl Into<Vec<u8>>) -> Self {
        self.context = context.into();
        self
    }

    /// Sets the maximum length of a ticket, in characters: 128 to 8,000. Default 2,000, a cautious
    /// length for a link. The limit applies only when a ticket is issued.
    pub fn max_length(mut self, characters: usize) -> Self {
        self.max_length = characters;
        self
    }

    /// Sets the clock; the system's by default. Use a [`ManualClock`](crate::clock::ManualClock) in
    /// tests.
    pub fn clock(mut self, clock: impl Into<Clock>) -> Self {
        self.clock = clock.into();
        self
    }

    /// As [`Builder::schema_version`](crate::Builder::schema_version) for sessions.
    pub fn schema_version(mut self, number: u32) -> Self {
        self.shape = Some(number);
        self
    }

    /// As [`Builder::encoding`](crate::Builder::encoding) for sessions.
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.changes.encoding = encoding;
        self
    }

    /// As [`Builder::sample`](crate::Builder::sample) for sessions.
    pub fn sample(mut self, sample: impl Serialize + 'static) -> Self {
        self.changes.samples.add(&sample);
        self
    }

    /// As [`Builder::upgrade_from`](crate::Builder::upgrade_from) for sessions: tickets that were
    /// issued for an older type are read.
    pub fn upgrade_from<Old: SessionData>(
        mut self,
        upgrade: impl Fn(Old) -> T + Send + Sync + 'static,
    ) -> Self {
        self.changes.upgrade_from(None, upgrade);
        self
    }

    /// As [`Builder::upgrade_from_version`](crate::Builder::upgrade_from_version) for sessions.
    pub fn upgrade_from_version<Old: SessionData>(
        mut self,
        number: u32,
        upgrade: impl Fn(Old) -> T + Send + Sync + 'static,
    ) -> Self {
        self.changes.upgrade_from(Some(number), upgrade);
        self
    }

    /// As [`Builder::downgrade_to`](crate::Builder::downgrade_to) for sessions.
    pub fn downgrade_to<Old: SessionData>(
        mut self,
        downgrade: impl Fn(&T) -> Old + Send + Sync + 'static,
    ) -> Self {
        self.changes.downgrade_to(downgrade);
        self
    }

    /// As [`Builder::compress`](crate::Builder::compress) for sessions.
    #[cfg(feature = "compression")]
    pub fn compress(mut self, compress: bool) -> Self {
        self.form.compress = compress;
        self
    }

    /// As [`Builder::pad_to`](crate::Builder::pad_to) for sessions.
    pub fn pad_to(mut self, multiple: usize) -> Self {
        self.form.pad_to = Some(multiple);
        self
    }

    /// Checks all settings and returns the [`Tickets`].
    ///
    /// # Errors
    /// [`BuildError`] if the purpose or the validity is missing, if a setting is out of range, if
    /// the data type cannot be sealed as it is, or if the ring cannot seal now.
    pub fn build(self) -> Result<Tickets<T>, BuildError> {
        if self.purpose.is_empty() || self.purpose.len() > limits::PURPOSE {
            return Err(BuildError::new(
                "purpose must be set and have 1 to 256 bytes: it keeps a ticket for one use from \
                 opening for another",
            ));
        }
        if self.context.len() > usize::from(u16::MAX) {
            return Err(BuildError::new("context must be at most 65,535 bytes for tickets"));
        }
        let valid_for = self.valid_for.map_or(0, |valid_for| valid_for.as_secs());
        if valid_for == 0 {
            return Err(BuildError::new(
                "valid_for must be set to at least one second: every ticket needs an end",
            ));
        }
        if !limits::TICKET_RANGE.contains(&self.max_length) {
            return Err(BuildError::new("max_length must be between 128 and 8000 characters"));
        }
        self.form.check().map_err(BuildError::new)?;
        let schemas = Schemas::new(self.shape, self.changes)?;
        self.ring.adopt(&self.clock)?;
        Ok(Tickets {
            config: Arc::new(Config {
                ring: self.ring,
                clock: self.clock,
                schemas,
                purpose: self.purpose,
                context: self.context,
                max_length: self.max_length,
                form: self.form,
            }),
            valid_for,
        })
    }
}

impl<T> fmt::Debug for TicketsBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketsBuilder").field("ring", &self.ring).finish_non_exhaustive()
    }
}
