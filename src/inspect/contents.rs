//! What an authentic cookie contains: the claims, the data, and the times that follow from both and
//! the server's limits.

use crate::claims::flash::Flash;
use crate::claims::id::SessionId;
use crate::claims::lifetime::{Expiry, Limits};
use crate::claims::{Claims, SealedExpiry};
use crate::clock::unix_time::UnixTime;
#[cfg(feature = "map")]
use crate::data::encoding::Codec;
#[cfg(feature = "map")]
use crate::data::map::Map;
use crate::error::FieldSize;
use sha2::{Digest, Sha256};
use std::fmt;
use std::time::{Duration, SystemTime};

/// What an authentic cookie contains. The tag matched, so a server with this ring sealed it; it may
/// have expired nevertheless, as the [`Verdict`](super::Verdict) says.
///
/// `Debug` shows no id, message or data.
#[derive(Clone)]
#[non_exhaustive]
pub struct Contents {
    /// When this cookie was sealed.
    pub issued: SystemTime,
    /// When the session began.
    pub created: SystemTime,
    /// The time between the two, in whole seconds, as sealed.
    pub age: Duration,
    /// The session's id.
    pub id: Option<SessionId>,
    /// How the session ends.
    pub expiry: Expiry,
    /// The pending flash messages.
    pub flashes: Vec<Flash>,
    /// The fingerprint of the type that the cookie was sealed for.
    pub shape: [u8; 4],
    /// The thumbprint of the key that the session is bound to
    /// ([`Builder::device_bound`](crate::Builder::device_bound)).
    pub binding: Option<[u8; 16]>,
    /// The tag of each extension, and its number of bytes.
    pub extensions: Vec<(u8, usize)>,
    /// Bytes of the data as they are sealed, if they are compressed.
    pub compressed: Option<usize>,
    /// Bytes of padding behind the data.
    pub padding: usize,
    /// How the data is encoded, as far as its shape says.
    pub format: DataFormat,
    /// The data's bytes.
    pub data: Vec<u8>,
    /// The bytes of each field, the largest first. Empty if the data is positional and its type is
    /// not known; [`Sessions::inspect`](crate::Sessions::inspect) knows it.
    pub fields: Vec<FieldSize>,
    /// The data, if its format is that of [`Map`] or by field name, and it decodes.
    #[cfg(feature = "map")]
    pub map: Option<Map>,
    /// When the idle timeout passes, unless the expiry has none.
    pub idle_end: Option<SystemTime>,
    /// When the absolute timeout passes.
    pub absolute_end: SystemTime,
    /// The `open-until` of the key that sealed the cookie.
    pub key_end: Option<SystemTime>,
    /// When the session ends: the earliest of its limits.
    pub end: SystemTime,
    /// From when on an access of the session reissues the cookie; `None`: only because its key
    /// ends.
    pub refresh_from: Option<SystemTime>,
    /// Whether an access now would reissue the cookie.
    pub refresh_due: bool,
}

/// How data is encoded, as far as its shape says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DataFormat {
    /// A [`Map`](crate::Map).
    Map,
    /// A type's fields by name, in the format of `Map`.
    Named,
    /// A type's fields by position. Only that type can decode them.
    Positional,
}

impl DataFormat {
    /// The shapes of `Map` and of every type that is encoded by name are constants (SPEC.md §6.3).
    fn of(shape: [u8; 4]) -> Self {
        let is = |text: &str| Sha256::digest(text).starts_with(&shape);
        if is("map") {
            Self::Map
        } else if is("named") {
            Self::Named
        } else {
            Self::Positional
        }
    }
}

/// What the times of [`Contents`] follow from, besides the claims.
pub(super) struct Terms {
    pub(super) limits: Limits,
    pub(super) now: UnixTime,
    pub(super) key_end: Option<UnixTime>,
    pub(super) sealing_end: Option<UnixTime>,
}

impl Contents {
    pub(super) fn new(
        claims: Claims,
        data: Vec<u8>,
        compressed: Option<usize>,
        padding: usize,
        terms: &Terms,
    ) -> Self {
        let Terms { limits, now, key_end, sealing_end } = *terms;
        let idle = match claims.content.expiry {
            SealedExpiry::At(_) => None,
            SealedExpiry::Idle(idle) => Some(idle),
            SealedExpiry::Default | SealedExpiry::BrowserSession => Some(limits.idle),
        };
        let format = DataFormat::of(claims.shape);
        #[cfg(feature = "map")]
        let map: Option<Map> = match format {
            DataFormat::Positional => None,
            DataFormat::Map | DataFormat::Named => Codec::Map.decode(&data).ok(),
        };
        Self {
            issued: claims.stamps.issued.into(),
            created: claims.stamps.created().into(),
            age: Duration::from_secs(claims.stamps.age),
            id: claims.content.id.map(SessionId::from),
            expiry: claims.content.expiry.into(),
            shape: claims.shape,
            binding: claims.content.extensions.binding(),
            extensions: claims.content.extensions.lengths(),
            compressed,
            padding,
            format,
            #[cfg(feature = "map")]
            fields: map.as_ref().map_or_else(Vec::new, |map| {
                FieldSize::largest_first(Codec::Map.field_lengths(map, &data))
            }),
            #[cfg(not(feature = "map"))]
            fields: Vec::new(),
            #[cfg(feature = "map")]
            map,
            data,
            idle_end: idle.map(|idle| claims.stamps.issued.plus(idle).into()),
            absolute_end: limits.absolute_end(&claims).into(),
            key_end: key_end.map(SystemTime::from),
            end: limits.end(&claims, key_end).into(),
            refresh_from: limits.refresh_from(&claims).map(SystemTime::from),
            refresh_due: limits.refresh_due(&claims, now, key_end, sealing_end),
            flashes: claims.content.flashes,
        }
    }

    /// Returns `true` if the data's format is known here, and the data is not of that format.
    pub(super) fn is_undecodable(&self) -> bool {
        #[cfg(feature = "map")]
        return self.format != DataFormat::Positional && self.map.is_none();
        #[cfg(not(feature = "map"))]
        return false;
    }
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contents")
            .field("issued", &self.issued)
            .field("created", &self.created)
            .field("expiry", &self.expiry)
            .field("flashes", &self.flashes.len())
            .field("format", &self.format)
            .field("data_bytes", &self.data.len())
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}
