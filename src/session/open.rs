//! The cookies of one name → the one session that counts, or the reason why there is none.
//!
//! Each candidate goes through these stages in order. The first that refuses it gives the reason.
//!
//! 1. Length (at most 64 KiB of candidates), pieces (`wire/pieces.rs`; for at most 16 candidates),
//!    alphabet, version, key id (`wire/envelope.rs`, `keys`): no cryptography.
//! 2. Tag (`crypto/suite.rs`): for at most 16 candidates.
//! 3. Form and claims (`claims`), shape, expiry (`claims/lifetime.rs`), the binding to a device
//!    (`session/device.rs`), data (`data/schema`).
//! 4. The application's checks (`hooks/validate.rs`).
//!
//! Of those that pass, the one with the greatest `issued` counts; of equals, the first. If none
//! passes, the reason with the lowest rank is reported.

use crate::claims::Claims;
use crate::claims::info::SessionInfo;
use crate::clock::unix_time::UnixTime;
use crate::config::Config;
use crate::config::aliases::OtherName;
use crate::data::session_data::SessionData;
use crate::error::Reason;
use crate::error::rejection::Rejection;
use crate::headers::cookie::{self, Fields};
use crate::keys::Ring;
use crate::limits;
use crate::session::device_proof::DeviceProof;
use crate::session::state::Request;
use crate::wire::envelope::{Binding, Envelope};
use crate::wire::pieces::FirstPiece;
use std::borrow::Cow;

/// A session that passed every stage.
pub(crate) struct Decoded<T> {
    pub(crate) claims: Claims,
    pub(crate) data: Vec<u8>,
    /// The data as they came, if they were compressed.
    pub(crate) compressed: Option<Vec<u8>>,
    pub(crate) value: T,
    /// The data is that of `T::default()`.
    pub(crate) is_default_data: bool,
    /// When the key that sealed it ends.
    pub(crate) key_end: Option<UnixTime>,
    pub(crate) device_proof: DeviceProof,
}

/// Why none of the candidates counts.
#[derive(Clone, Copy)]
pub(crate) struct NotOpened {
    /// The rejection with the lowest rank.
    pub(crate) rejection: Rejection,
    /// Another server may be able to read every candidate.
    pub(crate) maybe_readable_elsewhere: bool,
}

pub(crate) struct Candidates<'a, T: SessionData> {
    pub(super) config: &'a Config<T>,
    pub(super) ring: &'a Ring,
    pub(super) now: UnixTime,
    opened: usize,
    joined: usize,
    looked_at: usize,
    best: Option<Decoded<T>>,
    rejection: Option<Rejection>,
    /// Another server may be able to read every candidate so far.
    maybe_readable_elsewhere: bool,
    /// One of them names a key that is not in the ring.
    unknown_key: bool,
    /// Values that do not count. Their own `Drop` may read the session, so the caller drops them
    /// once it is open.
    discarded: &'a mut Vec<T>,
}

impl<'a, T: SessionData> Candidates<'a, T> {
    pub(crate) fn new(
        config: &'a Config<T>,
        ring: &'a Ring,
        now: UnixTime,
        discarded: &'a mut Vec<T>,
    ) -> Self {
        let (best, rejection) = (None, None);
        Self {
            config,
            ring,
            now,
            opened: 0,
            joined: 0,
            looked_at: 0,
            best,
            rejection,
            maybe_readable_elsewhere: true,
            unknown_key: false,
            discarded,
        }
    }

    /// Opens a value of our name outside a request.
    pub(crate) fn open_one(
        config: &'a Config<T>,
        ring: &'a Ring,
        now: UnixTime,
        value: &[u8],
    ) -> Result<Decoded<T>, Rejection> {
        Candidates::new(config, ring, now, &mut Vec::new()).open(
            value,
            &config.binding,
            &config.aliases.contexts,
            None,
        )
    }

    /// Considers a cookie of our name.
    pub(crate) fn try_open(&mut self, request: &Request, value: &[u8]) {
        let config = self.config;
        let opened = self.read(&request.fields, config.cookie.name(), value).and_then(|value| {
            self.open(&value, &config.binding, &config.aliases.contexts, Some(request))
        });
        self.consider(opened);
    }

    /// Considers a cookie of another name that may be ours.
    pub(crate) fn try_open_alias(&mut self, request: &Request, other: &OtherName, value: &[u8]) {
        let opened = self
            .read(&request.fields, &other.name, value)
            .and_then(|value| self.open(&value, &other.first, &other.others, Some(request)));
        self.consider(opened);
    }

    /// Returns the value that a cookie carries, joined with its pieces if it is the first of
    /// several.
    fn read<'v>(
        &mut self,
        fields: &Fields,
        name: &str,
        value: &'v [u8],
    ) -> Result<Cow<'v, [u8]>, Rejection> {
        if value.len() > limits::VALUE {
            return Err(Reason::TooLong.into());
        }
        self.look_at(value.len())?;
        let Some(first) = FirstPiece::parse(value) else { return Ok(Cow::Borrowed(value)) };
        self.joined += 1;
        if self.joined > limits::CANDIDATES_JOINED {
            return Err(Reason::TooMany.into());
        }
        let joined = first.join(|prefix, later| {
            cookie::find_pieces(fields, name, prefix, later);
        })?;
        self.look_at(joined.len() - first.part_len())?;
        Ok(Cow::Owned(joined))
    }

    fn look_at(&mut self, bytes: usize) -> Result<(), Reason> {
        self.looked_at = self.looked_at.saturating_add(bytes);
        if self.looked_at > limits::CANDIDATE_BYTES { Err(Reason::TooMany) } else { Ok(()) }
    }

    fn consider(&mut self, opened: Result<Decoded<T>, Rejection>) {
        match opened {
            Ok(opened) => {
                let is_better = self
                    .best
                    .as_ref()
                    .is_none_or(|best| opened.claims.stamps.issued > best.claims.stamps.issued);
                let other = if is_better { self.best.replace(opened) } else { Some(opened) };
                self.discarded.extend(other.map(|other| other.value));
            }
            Err(rejection) => {
                self.unknown_key |= rejection.reason == Reason::UnknownKey;
                self.maybe_readable_elsewhere &= maybe_readable_elsewhere(rejection.reason);
                let key = |rejection: &Rejection| {
                    (rejection.reason.rank(), std::cmp::Reverse(rejection.issued))
                };
                if self.rejection.as_ref().is_none_or(|known| key(&rejection) < key(known)) {
                    self.rejection = Some(rejection);
                }
            }
        }
    }

    /// Returns `true` if a candidate names a key that is not in the ring, so that a newer ring may
    /// open it.
    pub(crate) fn lacked_a_key(&self) -> bool {
        self.unknown_key
    }

    /// Returns the session, or why there is none; `Err(None)` without candidates.
    pub(crate) fn outcome(self) -> Result<Decoded<T>, Option<NotOpened>> {
        let maybe_readable_elsewhere = self.maybe_readable_elsewhere;
        let not_opened = |rejection| NotOpened { rejection, maybe_readable_elsewhere };
        self.best.ok_or(self.rejection.map(not_opened))
    }

    /// `request`: the one that brought the value; `None` outside a request.
    fn open(
        &mut self,
        value: &[u8],
        binding: &Binding,
        others: &[Binding],
        request: Option<&Request>,
    ) -> Result<Decoded<T>, Rejection> {
        let envelope = Envelope::parse(value)?;
        let entry = self.ring.find(envelope.key_id()).ok_or(Reason::UnknownKey)?;
        let cipher = entry.opening_cipher(self.now)?;
        self.opened += 1;
        if self.opened > limits::CANDIDATES_OPENED {
            return Err(Reason::TooMany.into());
        }
        let plaintext = envelope.open_under_one_of(cipher, binding, others)?;
        let (claims, place, form) = plaintext.claims(self.config.knows_bindings())?;
        if !self.config.schemas.knows(claims.shape) {
            return Err(Reason::OtherShape.into());
        }
        self.config.limits.check(&claims, self.now).map_err(|reason| Rejection {
            issued: Some(claims.stamps.issued),
            stale: self.config.limits.is_stale(&claims, self.now),
            ..reason.into()
        })?;
        let device_proof = self.check_binding(&claims, request)?;
        let (data, compressed) = plaintext.into_data(place, form)?;
        let schemas = &self.config.schemas;
        let value = schemas.decode(claims.shape, &data)?;
        let is_default_data = schemas.is_default_data(claims.shape, &data, &value);
        let key_end = entry.end();
        let limits = &self.config.limits;
        let info = || {
            let end = limits.end(&claims, key_end);
            SessionInfo::new(&claims, end, limits.refresh_from(&claims), self.now)
        };
        if let Err(why) = self.config.validators.validate(&claims, info, &value) {
            self.discarded.push(value);
            let issued = Some(claims.stamps.issued);
            let reason = Reason::Refused(why);
            return Err(Rejection { issued, ..reason.into() });
        }
        Ok(Decoded { claims, data, compressed, value, is_default_data, key_end, device_proof })
    }
}

#[cfg(not(feature = "dbsc"))]
impl<T: SessionData> Candidates<'_, T> {
    /// Without the feature, a bound session has an unknown form.
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "called as the other is")]
    fn check_binding(&self, _: &Claims, _: Option<&Request>) -> Result<DeviceProof, Rejection> {
        Ok(DeviceProof::default())
    }
}

fn maybe_readable_elsewhere(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::UnknownKey
            | Reason::UnsupportedSuite
            | Reason::UnknownVersion
            | Reason::UnknownForm
            | Reason::OtherShape
            | Reason::FromTheFuture
    )
}
