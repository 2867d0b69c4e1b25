//! The structures of data that a configuration knows: `T` itself, in both encodings, and the older
//! types that `Builder::upgrade_from` reads. A cookie's shape selects how its data is read. What is
//! written is `T`, or what `Builder::downgrade_to` makes of it.
//!
//! ```text
//! read:   shape of T    ─▶ decode ────────────────────▶ T
//!         "named"       ─▶ decode ────────────────────▶ T
//!         shape of Old  ─▶ decode ─▶ Old ─▶ upgrade ──▶ T
//!         any other     ─▶ `other-shape`
//! write:  T ──────────────────────────▶ encode ─▶ shape of T, or "named", as the builder says
//!         T ─▶ downgrade_to ─▶ Old ───▶ encode ─▶ shape of Old
//! ```
//!
//! An empty session is empty in every structure: the bytes of `Old::default()` are read as
//! `T::default()`, which is written as `Old::default()`, without calling the application's
//! functions.

mod changes;
mod fingerprint;

pub(crate) use changes::SchemaChanges;

use crate::data::encoding::{Codec, FieldLength, INITIAL_CAPACITY};
use crate::data::schema::changes::{Downgrade, OlderSchema, Purpose};
use crate::data::schema::fingerprint::Schema;
use crate::data::session_data::SessionData;
use crate::error::{BuildError, Reason};
use crate::limits;
use std::any::type_name;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The structures, as made by `build()`.
pub(crate) struct Schemas<T> {
    current: Schema,
    /// `T` in the other of the two encodings, if it has one.
    other: Option<Schema>,
    older: Vec<OlderSchema<T>>,
    downgrade: Option<Downgrade<T>>,
    /// The largest length of data so far, in bytes, used as the capacity so that encoding usually
    /// allocates once.
    capacity_hint: AtomicUsize,
}

/// The data as it goes into a seal.
pub(crate) struct EncodedData {
    pub(crate) shape: [u8; 4],
    pub(crate) data: Vec<u8>,
    /// Whether it is the empty session's data.
    pub(crate) is_default_data: bool,
    /// What reading it back still needs; `None` if it was already read back.
    pub(crate) unread: Option<Vec<u8>>,
}

impl<T: SessionData> Schemas<T> {
    pub(crate) fn new(number: Option<u32>, changes: SchemaChanges<T>) -> Result<Self, BuildError> {
        let samples = &changes.samples;
        let (current, other) = Schema::of_session::<T>(changes.encoding, number, samples)?;
        let older =
            changes.older.into_iter().map(|make| make(samples)).collect::<Result<Vec<_>, _>>()?;
        for (index, old) in older.iter().enumerate() {
            if old.schema.shape == current.shape
                || other.as_ref().is_some_and(|other| old.schema.shape == other.shape)
            {
                return Err(BuildError::new(format!(
                    "upgrade_from::<{}> has the same structure and name as the current type {}, \
                     which needs no upgrade: remove the call",
                    old.name,
                    type_name::<T>()
                )));
            }
            if let Some(other) =
                older[..index].iter().find(|other| other.schema.shape == old.schema.shape)
            {
                return Err(BuildError::new(format!(
                    "upgrade_from::<{}> and upgrade_from::<{}> have the same shape, so their data \
                     cannot be distinguished: remove one of them",
                    other.name, old.name
                )));
            }
        }
        let downgrade = changes.downgrade.map(|(id, name, write)| {
            let mut known = older.iter().filter(|old| old.id == id);
            match (known.next(), known.next()) {
                (Some(old), None) => Ok(Downgrade { schema: old.schema.clone(), write }),
                (None, _) => Err(BuildError::new(format!(
                    "downgrade_to::<{name}> needs upgrade_from::<{name}>: otherwise this server \
                     could not read what it writes"
                ))),
                (Some(_), Some(_)) => Err(BuildError::new(format!(
                    "downgrade_to::<{name}> is ambiguous, because {name} is read under two shapes: \
                     use a separate type for one of them"
                ))),
            }
        });
        Ok(Self {
            current,
            other,
            older,
            downgrade: downgrade.transpose()?,
            capacity_hint: AtomicUsize::new(INITIAL_CAPACITY),
        })
    }

    /// Decodes data with a shape, or returns `OtherShape` if no known structure has that shape.
    pub(crate) fn decode(&self, shape: [u8; 4], data: &[u8]) -> Result<T, Reason> {
        if let Some(schema) = self.schema_of(shape) {
            return schema.codec.decode(data).map_err(|_| Reason::Undecodable);
        }
        let old = self.older(shape).ok_or(Reason::OtherShape)?;
        if data == old.schema.empty {
            return Ok(T::default());
        }
        (old.read)(data).ok_or(Reason::Undecodable)
    }

    /// Returns a second copy of the value that this data decodes to, which can be changed while
    /// others read the first.
    pub(crate) fn copy(&self, shape: [u8; 4], data: &[u8], value: &T) -> Result<T, Reason> {
        Codec::cloned(value).map_or_else(|| self.decode(shape, data), Ok)
    }

    /// Returns the data of a value before it is changed, as it would be written. Returns `None` if
    /// the received data can be used instead: it has the shape that is written, and each of its
    /// values has only one encoding, except for the order of maps.
    pub(crate) fn data_before(
        &self,
        shape: [u8; 4],
        value: &T,
    ) -> Result<Option<Vec<u8>>, &'static str> {
        let serves = shape == self.current.shape
            && self.current.codec.is_exact()
            && self.downgrade.is_none();
        if serves { Ok(None) } else { self.data_of(value).map(Some) }
    }

    /// Returns `true` if `value`, which encodes to `encoded`, equals what `data` decodes to. Both
    /// have the session's own shape.
    pub(crate) fn is_same(&self, value: &T, encoded: &[u8], data: &[u8]) -> bool {
        self.current.codec.is_same(value, encoded, data)
    }

    /// Encodes the value as it is written. Does not read it back yet.
    pub(crate) fn encode(&self, value: &T) -> Result<EncodedData, &'static str> {
        let mut data = Vec::with_capacity(self.capacity_hint());
        let calls = self.current.codec.append_for_reading_back(value, &mut data)?;
        self.note_length(data.len());
        let is_default_data = data == self.current.empty;
        let Some(Downgrade { schema, write }) = &self.downgrade else {
            return Ok(EncodedData {
                shape: self.current.shape,
                data,
                is_default_data,
                unread: Some(calls),
            });
        };
        // `write` reads an older type back, as the older type.
        let data = match is_default_data {
            true => {
                self.current.codec.read_back(value, &data, &calls).map(|()| schema.empty.clone())?
            }
            false => write(value, Purpose::Seal)?,
        };
        Ok(EncodedData {
            shape: schema.shape,
            is_default_data: data == schema.empty,
            data,
            unread: None,
        })
    }

    /// Encodes the value to compare it with other data. Does not read it back.
    pub(crate) fn data_of(&self, value: &T) -> Result<Vec<u8>, &'static str> {
        let mut data = Vec::with_capacity(self.capacity_hint());
        self.current.codec.append(value, &mut data)?;
        match &self.downgrade {
            None => Ok(data),
            Some(downgrade) if data == self.current.empty => Ok(downgrade.schema.empty.clone()),
            Some(downgrade) => (downgrade.write)(value, Purpose::Compare),
        }
    }

    /// Appends the value to `out` as it is written under `written_shape`, and reads it back.
    pub(crate) fn append(&self, value: &T, out: &mut Vec<u8>) -> Result<(), &'static str> {
        if self.downgrade.is_some() {
            out.extend_from_slice(&self.encode(value)?.data);
            return Ok(());
        }
        let start = out.len();
        let calls = self.current.codec.append_for_reading_back(value, out)?;
        self.note_length(out.len() - start);
        self.current.codec.read_back(value, &out[start..], &calls)
    }

    /// Returns the name of each field of the value, and how many bytes of its encoding it takes.
    pub(crate) fn field_lengths(&self, value: &T, data: &[u8]) -> Vec<FieldLength> {
        self.current.codec.field_lengths(value, data)
    }

    /// Refuses data that would not be read as `value`, because the next request must read what a
    /// write accepts. `unread` is what `encode` returned.
    pub(crate) fn read_back(
        &self,
        value: &T,
        data: &[u8],
        unread: Option<&[u8]>,
    ) -> Result<(), &'static str> {
        unread.map_or(Ok(()), |calls| self.current.codec.read_back(value, data, calls))
    }

    /// Records a length of data, for the capacity of later ones.
    fn note_length(&self, length: usize) {
        let length = length.min(MAX_PREALLOC);
        if length > self.capacity_hint() {
            self.capacity_hint.store(length, Ordering::Relaxed);
        }
    }

    /// Returns whether data that was read as this value is the empty session's.
    pub(crate) fn is_default_data(&self, shape: [u8; 4], data: &[u8], value: &T) -> bool {
        let schema = self.schema_of(shape).or_else(|| self.older(shape).map(|old| &old.schema));
        if schema.is_some_and(|schema| data == schema.empty) {
            return true;
        }
        let exact = shape == self.current.shape && self.current.codec.is_exact();
        !exact && self.current.codec.encode(value).is_ok_and(|data| data == self.current.empty)
    }
}

impl<T> Schemas<T> {
    /// Returns the capacity, in bytes, to reserve before data is encoded.
    pub(crate) fn capacity_hint(&self) -> usize {
        self.capacity_hint.load(Ordering::Relaxed)
    }

    pub(crate) fn knows(&self, shape: [u8; 4]) -> bool {
        self.schema_of(shape).is_some() || self.older(shape).is_some()
    }

    /// Returns whether different bytes of this shape are always different data.
    pub(crate) fn is_exact(&self, shape: [u8; 4]) -> bool {
        self.schema_of(shape).is_none_or(|schema| schema.codec.is_exact())
    }

    fn schema_of(&self, shape: [u8; 4]) -> Option<&Schema> {
        std::iter::once(&self.current).chain(&self.other).find(|schema| schema.shape == shape)
    }

    /// Returns the shape of what is written.
    pub(crate) fn written_shape(&self) -> [u8; 4] {
        self.downgrade.as_ref().map_or(self.current.shape, |downgrade| downgrade.schema.shape)
    }

    pub(crate) fn current_shape(&self) -> [u8; 4] {
        self.current.shape
    }

    pub(crate) fn current_text(&self) -> Option<&str> {
        self.current.text.as_deref()
    }

    /// Returns the encoding of `T::default()`.
    pub(crate) fn default_data(&self) -> &[u8] {
        &self.current.empty
    }

    fn older(&self, shape: [u8; 4]) -> Option<&OlderSchema<T>> {
        self.older.iter().find(|old| old.schema.shape == shape)
    }
}

/// Bytes of data above which no cookie has room for its base64url.
const MAX_PREALLOC: usize = limits::VALUE / 4 * 3;
