//! `Snapshot<T>`: a session at one moment, with claims, data and the data's value. A write never
//! changes one; it replaces it.
//!
//! - The data has the shape in the claims, which may be an older type's.
//! - An update may take the value. If it is needed after that, it is decoded again, so that a read
//!   during the update, or after an update that failed, sees what was there before.
//! - Data that was encoded here is read back before the session counts.
//! - Compressed data stays as it came until the data changes, so a refresh has a known length.

use crate::claims::flash;
use crate::claims::{Claims, Stamps};
use crate::clock::unix_time::UnixTime;
use crate::config::Config;
use crate::config::sealing::SealedData;
use crate::crypto::random::{self, RandomError};
use crate::data::schema::EncodedData;
use crate::data::session_data::SessionData;
use crate::error::{FieldSize, Reason, SessionError};
use crate::session::write_kind::WriteKind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A session at one moment: never changed, only replaced. Its data has the shape in its claims,
/// which may be an older type's.
pub(crate) struct Snapshot<T> {
    pub(crate) claims: Claims,
    pub(crate) data: Vec<u8>,
    /// The data as they are sealed, if they are compressed.
    compressed: Option<Vec<u8>>,
    /// The value of the data. An update may take it; if it is needed after that, it is decoded
    /// again.
    value: Mutex<Option<CachedValue<T>>>,
    /// The data is that of `T::default()`.
    pub(crate) is_default_data: bool,
    /// What reading the data back needs; `None` if the data was read, from a cookie or back.
    unread: Option<Vec<u8>>,
}

/// A value, and whether it was decoded. One that the application gave may hold what serde skips.
struct CachedValue<T> {
    value: Arc<T>,
    decoded: bool,
}

impl<T> Clone for Snapshot<T> {
    fn clone(&self) -> Self {
        let value = Mutex::new(self.slot().as_ref().map(CachedValue::share));
        let (claims, data, unread) = (self.claims.clone(), self.data.clone(), self.unread.clone());
        let (compressed, is_default_data) = (self.compressed.clone(), self.is_default_data);
        Self { claims, data, compressed, value, is_default_data, unread }
    }
}

impl<T> CachedValue<T> {
    fn share(&self) -> Self {
        Self { value: Arc::clone(&self.value), decoded: self.decoded }
    }
}

impl<T> Snapshot<T> {
    /// Returns a session that was read. `compressed` is its data as they came, if they were
    /// compressed.
    pub(crate) fn decoded(
        claims: Claims,
        data: Vec<u8>,
        compressed: Option<Vec<u8>>,
        value: Arc<T>,
        is_default_data: bool,
    ) -> Self {
        Self {
            claims,
            data,
            compressed,
            value: Mutex::new(Some(CachedValue { value, decoded: true })),
            is_default_data,
            unread: None,
        }
    }

    /// Returns the same session with other data.
    pub(crate) fn with(&self, written: EncodedData, value: Arc<T>) -> Self {
        let mut claims = self.claims.clone();
        claims.shape = written.shape;
        let value = Mutex::new(Some(CachedValue { value, decoded: false }));
        Self {
            claims,
            data: written.data,
            compressed: None,
            value,
            is_default_data: written.is_default_data,
            unread: written.unread,
        }
    }

    /// Returns the data as they are sealed.
    pub(crate) fn sealed_data(&self) -> SealedData<'_> {
        SealedData {
            bytes: self.compressed.as_ref().unwrap_or(&self.data),
            compressed: self.compressed.is_some(),
        }
    }

    /// Puts a value into an empty slot. If the slot is taken, returns the value in it.
    fn put_back(&self, held: CachedValue<T>) -> Option<Arc<T>> {
        let mut slot = self.slot();
        match &*slot {
            None => {
                *slot = Some(held);
                None
            }
            Some(known) => {
                let known = Arc::clone(&known.value);
                // Outside the lock, because the data's own `Drop` may read the session.
                drop(slot);
                drop(held);
                Some(known)
            }
        }
    }

    fn slot(&self) -> MutexGuard<'_, Option<CachedValue<T>>> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Config<T> {
    /// Returns an empty session, created now and issued no earlier than `issued`.
    pub(crate) fn new_session(&self, now: UnixTime, issued: UnixTime) -> Snapshot<T> {
        let claims =
            Claims::new(Stamps::new(now, issued), self.expiry, self.schemas.current_shape());
        Snapshot::decoded(
            claims,
            self.schemas.default_data().to_vec(),
            None,
            Arc::clone(&self.default),
            true,
        )
    }

    /// Returns the value of a session. Decodes it again if an update took it. If the type then
    /// refuses its own data, returns the default, and the session cannot be updated.
    pub(crate) fn value(&self, snapshot: &Snapshot<T>) -> Arc<T>
    where
        T: SessionData,
    {
        if let Some(held) = &*snapshot.slot() {
            return Arc::clone(&held.value);
        }
        match self.schemas.decode(snapshot.claims.shape, &snapshot.data) {
            Ok(value) => {
                let decoded = CachedValue { value: Arc::new(value), decoded: true };
                let shared = Arc::clone(&decoded.value);
                snapshot.put_back(decoded).unwrap_or(shared)
            }
            Err(_) => Arc::clone(&self.default),
        }
    }

    /// Returns the value of a session, to be changed: the decoded one if nothing else holds it,
    /// otherwise a copy.
    pub(crate) fn take(&self, snapshot: &Snapshot<T>) -> Result<T, Reason>
    where
        T: SessionData,
    {
        let (shape, data) = (snapshot.claims.shape, &snapshot.data);
        let taken = {
            let mut slot = snapshot.slot();
            if slot.as_ref().is_some_and(|held| held.decoded) {
                slot.take()
            } else {
                slot.as_ref().map(CachedValue::share)
            }
        };
        let Some(CachedValue { value, decoded }) = taken else {
            return self.schemas.decode(shape, data);
        };
        Arc::try_unwrap(value).or_else(|value| {
            let copy = self.schemas.copy(shape, data, &value);
            if decoded {
                snapshot.put_back(CachedValue { value, decoded });
            }
            copy
        })
    }

    /// Refuses a session that the next request would not read as it is.
    pub(crate) fn read_back(&self, snapshot: &mut Snapshot<T>) -> Result<(), &'static str>
    where
        T: SessionData,
    {
        let Some(calls) = snapshot.unread.take() else { return Ok(()) };
        self.schemas.read_back(&self.value(snapshot), &snapshot.data, Some(&calls))
    }

    /// Makes a session from one that another library began.
    pub(crate) fn imported(
        &self,
        value: &Arc<T>,
        now: UnixTime,
    ) -> Result<Snapshot<T>, SessionError>
    where
        T: SessionData,
    {
        let written = self.schemas.encode(value).map_err(SessionError::Unencodable)?;
        let mut snapshot = self.new_session(now, UnixTime::EPOCH).with(written, Arc::clone(value));
        self.ensure_id(&mut snapshot)?;
        self.enforce_size(WriteKind::Replace, &mut snapshot)?;
        self.read_back(&mut snapshot).map_err(SessionError::Unencodable)?;
        Ok(snapshot)
    }

    pub(crate) fn is_empty(&self, snapshot: &Snapshot<T>) -> bool {
        snapshot.is_default_data && snapshot.claims.content.flashes.is_empty()
    }

    /// Returns `true` if two sessions hold the same data. If their shapes differ, compares the data
    /// as both would be written.
    pub(crate) fn same_data(&self, then: &Snapshot<T>, now: &Snapshot<T>) -> bool
    where
        T: SessionData,
    {
        let same_shape = then.claims.shape == now.claims.shape;
        let same_bytes = same_shape && then.data == now.data;
        if same_bytes || (same_shape && self.schemas.is_exact(now.claims.shape)) {
            return same_bytes;
        }
        self.schemas.data_of(&self.value(then)).is_ok_and(|then| then == now.data)
    }

    /// Returns `true` if the session already holds `value`, which was encoded to `written`: its
    /// data is the same bytes, or those of an equal value. `before` is the result of
    /// `Schemas::data_before`.
    pub(crate) fn is_unchanged(
        &self,
        current: &Snapshot<T>,
        before: Option<&[u8]>,
        value: &T,
        written: &EncodedData,
    ) -> bool
    where
        T: SessionData,
    {
        match before {
            Some(before) => before == written.data,
            None => self.schemas.is_same(value, &written.data, &current.data),
        }
    }

    /// Encodes a session that is about to be written in the shape that is written.
    pub(crate) fn reencode(&self, snapshot: &mut Snapshot<T>) -> Result<(), &'static str>
    where
        T: SessionData,
    {
        if snapshot.claims.shape != self.schemas.written_shape() {
            let value = self.value(snapshot);
            let written = self.schemas.encode(&value)?;
            *snapshot = snapshot.with(written, value);
        }
        Ok(())
    }

    /// Makes a session that is about to replace the current one fit: its data are compressed if
    /// that helps, and the oldest flash messages are dropped first.
    pub(crate) fn enforce_size(
        &self,
        write: WriteKind,
        snapshot: &mut Snapshot<T>,
    ) -> Result<(), SessionError>
    where
        T: SessionData,
    {
        if snapshot.compressed.is_none() {
            snapshot.compressed = self.form.compressed(&snapshot.data);
        }
        flash::trim(&mut snapshot.claims.content.flashes);
        let data_len = snapshot.sealed_data().bytes.len();
        loop {
            let needed = self.longest_lines(&snapshot.claims, data_len);
            if needed <= self.cookie.allowed() {
                return Ok(());
            }
            let flashes = &mut snapshot.claims.content.flashes;
            if flashes.len() <= write.keeps_flashes() {
                let largest = self.field_sizes(snapshot).into_iter().next().map(Box::new);
                let allowed = self.cookie.allowed();
                return Err(SessionError::TooLarge { needed, allowed, largest });
            }
            flashes.remove(0);
        }
    }

    /// Returns what each field of the data costs, the largest first.
    pub(crate) fn field_sizes(&self, snapshot: &Snapshot<T>) -> Vec<FieldSize>
    where
        T: SessionData,
    {
        let value = self.value(snapshot);
        FieldSize::largest_first(self.schemas.field_lengths(&value, &snapshot.data))
    }

    /// Draws the session's id if it must have one.
    pub(crate) fn ensure_id(&self, snapshot: &mut Snapshot<T>) -> Result<(), RandomError> {
        if self.session_ids && snapshot.claims.content.id.is_none() && !self.is_empty(snapshot) {
            snapshot.claims.content.id = Some(random::bytes()?);
        }
        Ok(())
    }
}
