//! `Schema`: one structure of the data, with its encoding, its fingerprint (the shape), and the
//! text that the fingerprint is a hash of. SPEC §6 has the texts.

use crate::data::encoding::{Codec, Encoding};
use crate::data::session_data::SessionData;
use crate::data::shape::{self, Refusal, Samples};
use crate::error::BuildError;
use sha2::{Digest, Sha256};
use std::any::type_name;
use std::sync::Arc;

/// One structure of the data.
#[derive(Clone)]
pub(super) struct Schema {
    pub(super) codec: Codec,
    pub(super) shape: [u8; 4],
    /// The text that the shape is a hash of; `None` if the application gave a number.
    pub(super) text: Option<Arc<str>>,
    /// The encoding of the default value: the empty session.
    pub(super) empty: Vec<u8>,
}

impl Schema {
    /// Returns a session's own structure, and the one in the other encoding. The second is `None`
    /// if that encoding cannot represent the type: such data was never sealed in it.
    #[cfg(feature = "map")]
    pub(super) fn of_session<T: SessionData>(
        encoding: Encoding,
        number: Option<u32>,
        samples: &Samples,
    ) -> Result<(Self, Option<Self>), BuildError> {
        Ok(match encoding {
            Encoding::Positional if Codec::of::<T>().is_map() => {
                (Self::of::<T>(number, samples)?, None)
            }
            Encoding::Named if Codec::of::<T>().is_map() => {
                return Err(BuildError::new(
                    "encoding(Encoding::Named) cannot be used with Map, which already stores \
                     names: remove the call",
                ));
            }
            Encoding::Positional => (Self::of::<T>(number, samples)?, Self::named::<T>().ok()),
            Encoding::Named => (Self::named::<T>()?, Self::of::<T>(number, samples).ok()),
        })
    }

    #[cfg(not(feature = "map"))]
    pub(super) fn of_session<T: SessionData>(
        _: Encoding,
        number: Option<u32>,
        samples: &Samples,
    ) -> Result<(Self, Option<Self>), BuildError> {
        Ok((Self::of::<T>(number, samples)?, None))
    }

    pub(super) fn of<U: SessionData>(
        number: Option<u32>,
        samples: &Samples,
    ) -> Result<Self, BuildError> {
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
            BuildError::new(format!("a `{}` cannot be sealed: {why}", type_name::<U>()))
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
        (Codec::Map, Some(_)) => Err(BuildError::new(
            "schema_version(…) cannot be used with Map, whose shape never changes: remove the call",
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
                BuildError::new(format!(
                    "{name} {why}: set schema_version(n), and increase n whenever the type changes \
                     (for an older type, use upgrade_from_version(n, …))"
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
