//! `SchemaChanges`: the encoding, samples and older types that the builder was given.

use crate::data::encoding::{Codec, Encoding};
use crate::data::schema::fingerprint::Schema;
use crate::data::session_data::SessionData;
use crate::data::shape::Samples;
use crate::error::BuildError;
use std::any::{TypeId, type_name};

/// An older type, and how it is read.
pub(super) struct OlderSchema<T> {
    pub(super) id: TypeId,
    pub(super) name: &'static str,
    pub(super) schema: Schema,
    pub(super) read: Read<T>,
}

/// The older type that is written.
pub(super) struct Downgrade<T> {
    pub(super) schema: Schema,
    pub(super) write: Write<T>,
}

pub(super) type Read<T> = Box<dyn Fn(&[u8]) -> Option<T> + Send + Sync>;
pub(super) type Write<T> = Box<dyn Fn(&T, Purpose) -> Result<Vec<u8>, &'static str> + Send + Sync>;

/// Why a value is encoded as an older type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To seal it. It is read back first.
    Seal,
    /// To compare it with other data.
    Compare,
}

/// Makes an older type's structure once all samples are known.
pub(super) type MakeOlder<T> =
    Box<dyn FnOnce(&Samples) -> Result<OlderSchema<T>, BuildError> + Send + Sync>;

/// The older types and samples that were given to the builder.
pub(crate) struct SchemaChanges<T> {
    pub(crate) encoding: Encoding,
    pub(crate) samples: Samples,
    pub(super) older: Vec<MakeOlder<T>>,
    pub(super) downgrade: Option<(TypeId, &'static str, Write<T>)>,
}

impl<T: SessionData> SchemaChanges<T> {
    pub(crate) fn none() -> Self {
        Self {
            encoding: Encoding::Positional,
            samples: Samples::default(),
            older: Vec::new(),
            downgrade: None,
        }
    }

    pub(crate) fn upgrade_from<Old: SessionData>(
        &mut self,
        number: Option<u32>,
        upgrade: impl Fn(Old) -> T + Send + Sync + 'static,
    ) {
        let codec = Codec::of::<Old>();
        self.older.push(Box::new(move |samples| {
            Ok(OlderSchema {
                id: TypeId::of::<Old>(),
                name: type_name::<Old>(),
                schema: Schema::of::<Old>(number, samples)?,
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
        self.downgrade = Some((TypeId::of::<Old>(), type_name::<Old>(), Box::new(write)));
    }
}
