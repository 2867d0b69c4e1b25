//! The structures of data that a configuration knows: `T` itself, in both encodings, and the older
//! types that `Builder::upgrade_from` reads. A cookie's shape selects how its data is read. What is
//! written is `T`, or what `Builder::downgrade_to` makes of it.
//!
//! ```text
//! shape of T     ─▶ encoding ──────────────────▶ T ─▶ encoding                   ─▶ shape of T
//! "named"        ─▶ encoding ──────────────────▶ T ─▶ encoding                   ─▶ "named"
//! shape of Old   ─▶ encoding ─▶ Old ─▶ upgrade ─▶ T ─▶ downgrade_to ─▶ Old ─▶ encoding ─▶ shape of Old
//! any other      ─▶ `other-shape`
//! ```
//!
//! An empty session is empty in every structure: the bytes of `Old::default()` are read as
//! `T::default()`, which is written as `Old::default()`, without calling the application's
//! functions.

use crate::data::encoding::{Codec, Encoding, USUAL};
use crate::data::session_data::SessionData;
use crate::data::shape::{self, Refusal, Samples};
use crate::error::{BuildError, Reason};
use crate::limits;
use sha2::{Digest, Sha256};
use std::any::{TypeId, type_name};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The structures, as made by `build()`.
pub(crate) struct Schemas<T> {
    own: Schema,
    /// `T` in the other of the two encodings, if it has one.
    other: Option<Schema>,
    older: Vec<Old<T>>,
    writer: Option<Writer<T>>,
    /// The largest length of data so far, in bytes, used as the capacity so that encoding usually
    /// allocates once.
    capacity_hint: AtomicUsize,
}

/// One structure of the data.
#[derive(Clone)]
struct Schema {
    codec: Codec,
    shape: [u8; 4],
    /// The text that the shape is a hash of; `None` if the application gave a number.
    text: Option<Arc<str>>,
    /// The encoding of the default value: the empty session.
    empty: Vec<u8>,
}

/// An older type, and how it is read.
struct Old<T> {
    id: TypeId,
    name: &'static str,
    structure: Schema,
    read: Read<T>,
}

/// The older type that is written.
struct Writer<T> {
    structure: Schema,
    write: Write<T>,
}

type Read<T> = Box<dyn Fn(&[u8]) -> Option<T> + Send + Sync>;
type Write<T> = Box<dyn Fn(&T, Purpose) -> Result<Vec<u8>, &'static str> + Send + Sync>;

/// Why a value is encoded as an older type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To seal it. It is read back first.
    Seal,
    /// To compare it with other data.
    Compare,
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

/// Makes an older type's structure once all samples are known.
type MakeOld<T> = Box<dyn FnOnce(&Samples) -> Result<Old<T>, BuildError> + Send + Sync>;

/// The older types and samples that were given to the builder.
pub(crate) struct SchemaChanges<T> {
    pub(crate) encoding: Encoding,
    pub(crate) samples: Samples,
    older: Vec<MakeOld<T>>,
    writer: Option<(TypeId, &'static str, Write<T>)>,
}

impl<T: SessionData> SchemaChanges<T> {
    pub(crate) fn none() -> Self {
        Self {
            encoding: Encoding::Positional,
            samples: Samples::default(),
            older: Vec::new(),
            writer: None,
        }
    }

    pub(crate) fn read_old<Old: SessionData>(
        &mut self,
        number: Option<u32>,
        upgrade: impl Fn(Old) -> T + Send + Sync + 'static,
    ) {
        let codec = Codec::of::<Old>();
        self.older.push(Box::new(move |samples| {
            Ok(self::Old {
                id: TypeId::of::<Old>(),
                name: type_name::<Old>(),
                structure: Schema::of::<Old>(number, samples)?,
                read: Box::new(move |data| codec.decode(data).ok().map(&upgrade)),
            })
        }));
    }

    pub(crate) fn downgrade_to<Old: SessionData>(
        &mut self,
        downgrade: impl Fn(&T) -> Old + Send + Sync + 'static,
    ) {
        let codec = Codec::of::<Old>();
        let write = move |value: &T, purpose| {
            let old = downgrade(value);
            if purpose == Purpose::Compare {
                return codec.encode(&old);
            }
            let mut data = Vec::new();
            let calls = codec.append_for_reading_back(&old, &mut data)?;
            codec.read_back(&old, &data, &calls)?;
            Ok(data)
        };
        self.writer = Some((TypeId::of::<Old>(), type_name::<Old>(), Box::new(write)));
    }
}

impl<T: SessionData> Schemas<T> {
    pub(crate) fn new(number: Option<u32>, changes: SchemaChanges<T>) -> Result<Self, BuildError> {
        let samples = &changes.samples;
        let (own, other) = Schema::of_session::<T>(changes.encoding, number, samples)?;
        let older =
            changes.older.into_iter().map(|make| make(samples)).collect::<Result<Vec<_>, _>>()?;
        for (index, old) in older.iter().enumerate() {
            if old.structure.shape == own.shape
                || other.as_ref().is_some_and(|other| old.structure.shape == other.shape)
            {
                return Err(setting(format!(
                    "upgrade_from::<{}> has the same structure and name as the session's own type \
                     {}, which needs no upgrade: remove the call",
                    old.name,
                    type_name::<T>()
                )));
            }
            if let Some(other) =
                older[..index].iter().find(|other| other.structure.shape == old.structure.shape)
            {
                return Err(setting(format!(
                    "upgrade_from::<{}> and upgrade_from::<{}> have the same shape, so their \
                     sessions cannot be distinguished: remove one of them",
                    other.name, old.name
                )));
            }
        }
        let writer = changes.writer.map(|(id, name, write)| {
            let mut known = older.iter().filter(|old| old.id == id);
            match (known.next(), known.next()) {
                (Some(old), None) => Ok(Writer { structure: old.structure.clone(), write }),
                (None, _) => Err(setting(format!(
                    "downgrade_to::<{name}> needs upgrade_from::<{name}>: otherwise this server could \
                     not read what it writes"
                ))),
                (Some(_), Some(_)) => Err(setting(format!(
                    "downgrade_to::<{name}> is ambiguous, because {name} is read under two shapes: use \
                     a separate type for one of them"
                ))),
            }
        });
        Ok(Self {
            own,
            other,
            older,
            writer: writer.transpose()?,
            capacity_hint: AtomicUsize::new(USUAL),
        })
    }

    /// Decodes data with a shape, or returns `OtherShape` if no known structure has that shape.
    pub(crate) fn decode(&self, shape: [u8; 4], data: &[u8]) -> Result<T, Reason> {
        if let Some(structure) = self.current(shape) {
            return structure.codec.decode(data).map_err(|_| Reason::Undecodable);
        }
        let old = self.old(shape).ok_or(Reason::OtherShape)?;
        if data == old.structure.empty {
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
        let serves = shape == self.own.shape && self.own.codec.is_exact() && self.writer.is_none();
        if serves { Ok(None) } else { self.data_of(value).map(Some) }
    }

    /// Returns `true` if `value`, which encodes to `encoded`, equals what `data` decodes to. Both
    /// have the session's own shape.
    pub(crate) fn is_same(&self, value: &T, encoded: &[u8], data: &[u8]) -> bool {
        self.own.codec.is_same(value, encoded, data)
    }

    /// Encodes the value as it is written. Does not read it back yet.
    pub(crate) fn encode(&self, value: &T) -> Result<EncodedData, &'static str> {
        let mut data = Vec::with_capacity(self.capacity_hint());
        let calls = self.own.codec.append_for_reading_back(value, &mut data)?;
        self.note_length(data.len());
        let is_default_data = data == self.own.empty;
        let Some(Writer { structure, write }) = &self.writer else {
            return Ok(EncodedData {
                shape: self.own.shape,
                data,
                is_default_data,
                unread: Some(calls),
            });
        };
        // `write` reads an older type back, as the older type.
        let data = match is_default_data {
            true => {
                self.own.codec.read_back(value, &data, &calls).map(|()| structure.empty.clone())?
            }
            false => write(value, Purpose::Seal)?,
        };
        Ok(EncodedData {
            shape: structure.shape,
            is_default_data: data == structure.empty,
            data,
            unread: None,
        })
    }

    /// Encodes the value to compare it with other data. Does not read it back.
    pub(crate) fn data_of(&self, value: &T) -> Result<Vec<u8>, &'static str> {
        let mut data = Vec::with_capacity(self.capacity_hint());
        self.own.codec.append(value, &mut data)?;
        match &self.writer {
            None => Ok(data),
            Some(writer) if data == self.own.empty => Ok(writer.structure.empty.clone()),
            Some(writer) => (writer.write)(value, Purpose::Compare),
        }
    }

    /// Appends the value to `out` as it is written under `written_shape`, and reads it back.
    pub(crate) fn append(&self, value: &T, out: &mut Vec<u8>) -> Result<(), &'static str> {
        if self.writer.is_some() {
            out.extend_from_slice(&self.encode(value)?.data);
            return Ok(());
        }
        let start = out.len();
        let calls = self.own.codec.append_for_reading_back(value, out)?;
        self.note_length(out.len() - start);
        self.own.codec.read_back(value, &out[start..], &calls)
    }

    /// Refuses data that would not be read as `value`: what a write accepts, the next request must
    /// read. `unread` is what `encode` returned.
    pub(crate) fn read_back(
        &self,
        value: &T,
        data: &[u8],
        unread: Option<&[u8]>,
    ) -> Result<(), &'static str> {
        unread.map_or(Ok(()), |calls| self.own.codec.read_back(value, data, calls))
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
        let structure = self.current(shape).or_else(|| self.old(shape).map(|old| &old.structure));
        if structure.is_some_and(|structure| data == structure.empty) {
            return true;
        }
        let exact = shape == self.own.shape && self.own.codec.is_exact();
        !exact && self.own.codec.encode(value).is_ok_and(|data| data == self.own.empty)
    }
}

impl<T> Schemas<T> {
    /// Returns the capacity, in bytes, to reserve before data is encoded.
    pub(crate) fn capacity_hint(&self) -> usize {
        self.capacity_hint.load(Ordering::Relaxed)
    }

    pub(crate) fn knows(&self, shape: [u8; 4]) -> bool {
        self.current(shape).is_some() || self.old(shape).is_some()
    }

    /// Returns whether different bytes of this shape are always different data.
    pub(crate) fn is_exact(&self, shape: [u8; 4]) -> bool {
        self.current(shape).is_none_or(|structure| structure.codec.is_exact())
    }

    fn current(&self, shape: [u8; 4]) -> Option<&Schema> {
        std::iter::once(&self.own).chain(&self.other).find(|structure| structure.shape == shape)
    }

    /// Returns the shape of what is written.
    pub(crate) fn written_shape(&self) -> [u8; 4] {
        self.writer.as_ref().map_or(self.own.shape, |writer| writer.structure.shape)
    }

    pub(crate) fn own_shape(&self) -> [u8; 4] {
        self.own.shape
    }

    pub(crate) fn own_text(&self) -> Option<&str> {
        self.own.text.as_deref()
    }

    /// Returns the encoding of `T::default()`.
    pub(crate) fn own_empty(&self) -> &[u8] {
        &self.own.empty
    }

    fn old(&self, shape: [u8; 4]) -> Option<&Old<T>> {
        self.older.iter().find(|old| old.structure.shape == shape)
    }
}

impl Schema {
    /// Returns a session's own structure, and the one in the other encoding. The second is `None`
    /// if that encoding cannot represent the type: such data was never sealed in it.
    #[cfg(feature = "map")]
    fn of_session<T: SessionData>(
        encoding: Encoding,
        number: Option<u32>,
        samples: &Samples,
    ) -> Result<(Self, Option<Self>), BuildError> {
        Ok(match encoding {
            Encoding::Positional if Codec::of::<T>().is_map() => {
                (Self::of::<T>(number, samples)?, None)
            }
            Encoding::Named if Codec::of::<T>().is_map() => {
                return Err(setting(
                    "encoding(Encoding::Named) cannot be used with Map, which already stores \
                     names: remove the call",
                ));
            }
            Encoding::Positional => (Self::of::<T>(number, samples)?, Self::named::<T>().ok()),
            Encoding::Named => (Self::named::<T>()?, Self::of::<T>(number, samples).ok()),
        })
    }

    #[cfg(not(feature = "map"))]
    fn of_session<T: SessionData>(
        _: Encoding,
        number: Option<u32>,
        samples: &Samples,
    ) -> Result<(Self, Option<Self>), BuildError> {
        Ok((Self::of::<T>(number, samples)?, None))
    }

    fn of<U: SessionData>(number: Option<u32>, samples: &Samples) -> Result<Self, BuildError> {
        let codec = Codec::of::<U>();
        let empty = match codec {
            #[cfg(feature = "map")]
            Codec::Map => {
                codec.encode(&U::default()).map_err(|why| BuildError::new(why.to_owned()))?
            }
            _ => shape::check_default::<U>().map_err(|refusal| refused::<U>(&refusal))?,
        };
        let (shape, text) = shape_of::<U>(codec, number, samples)?;
        Ok(Self { codec, shape, text, empty })
    }

    /// Makes the structure with fields by name.
    #[cfg(feature = "map")]
    fn named<U: SessionData>() -> Result<Self, BuildError> {
        let codec = Codec::Named;
        let refused = |why: &str| {
            BuildError::new(format!("a `{}` cannot be a session: {why}", type_name::<U>()))
        };
        let encode = |value: &U| codec.encode(value).map_err(refused);
        let default = shape::constant_default(encode)?;
        let empty = default.map_err(|refusal| BuildError::new(refusal.to_string()))?;
        let back = codec.decode::<U>(&empty).map_err(|_| {
            refused(
                "its default can be written but not read back: make its `Serialize` and \
                 `Deserialize` agree",
            )
        })?;
        if encode(&back)? != empty {
            return Err(refused(
                "its default changes when it is written and read back: make its `Serialize` and \
                 `Deserialize` agree",
            ));
        }
        Ok(Self {
            codec,
            shape: shape_hash(&[codec.name().as_bytes()]),
            text: Some(codec.name().into()),
            empty,
        })
    }
}

/// Bytes of data above which no cookie has room for its base64url.
const MAX_PREALLOC: usize = limits::VALUE / 4 * 3;

/// Refuses a type with fields by position. The message names the encoding that accepts it, if there
/// is one.
#[cfg_attr(
    not(feature = "map"),
    expect(clippy::extra_unused_type_parameters, reason = "asked of the type with `map`")
)]
fn refused<U: SessionData>(refusal: &Refusal) -> BuildError {
    let sentence = refusal.to_string();
    #[cfg(feature = "map")]
    if !sentence.contains("Encoding::Named") && Schema::named::<U>().is_ok() {
        return BuildError::new(format!(
            "{sentence}; or store fields by name: `.encoding(Encoding::Named)` accepts this type"
        ));
    }
    BuildError::new(sentence)
}

fn shape_of<U: SessionData>(
    codec: Codec,
    number: Option<u32>,
    samples: &Samples,
) -> Result<([u8; 4], Option<Arc<str>>), BuildError> {
    match (codec, number) {
        #[cfg(feature = "map")]
        (Codec::Map, None) => {
            Ok((shape_hash(&[codec.name().as_bytes()]), Some(codec.name().into())))
        }
        #[cfg(feature = "map")]
        (Codec::Map, Some(_)) => Err(setting(
            "shape(…) cannot be used with Map, whose shape never changes: remove the call",
        )),
        (_, Some(number)) => {
            // The number replaces the text, but not the tracer's other refusals.
            traced::<U>(samples)?;
            let parts: [&[u8]; 3] =
                [b"sealed-session v1 shape ", codec.name().as_bytes(), &number.to_le_bytes()];
            Ok((shape_hash(&parts), None))
        }
        (_, None) => {
            let name = type_name::<U>();
            let why = if cfg!(feature = "shape") {
                "is too large to be traced"
            } else {
                "cannot be traced without the feature `shape`"
            };
            let text = traced::<U>(samples)?.ok_or_else(|| {
                setting(format!(
                    "{name} {why}: set shape(n), and increase n whenever the type changes (for an \
                     older type, use upgrade_from_version(n, …))"
                ))
            })?;
            let text = text.map_err(|refusal| BuildError::new(refusal.to_string()))?;
            let text = format!("{} {text}", codec.name());
            Ok((shape_hash(&[text.as_bytes()]), Some(text.into())))
        }
    }
}

/// The text of a type's structure, or why it has none; `None` if the type is too large to be
/// traced.
type Text = Option<Result<String, Refusal>>;

#[cfg(feature = "shape")]
fn traced<U: SessionData>(samples: &Samples) -> Result<Text, BuildError> {
    shape::trace::<U>(samples).map_err(|refusal| refused::<U>(&refusal))
}

/// Traces nothing, because the feature `shape` is off.
#[cfg(not(feature = "shape"))]
#[expect(clippy::extra_unused_type_parameters, reason = "called as the other one is")]
fn traced<U>(_: &Samples) -> Result<Text, BuildError> {
    Ok(None)
}

fn shape_hash(parts: &[&[u8]]) -> [u8; 4] {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
    [a, b, c, d]
}

fn setting(sentence: impl Into<String>) -> BuildError {
    BuildError::new(sentence.into())
}
