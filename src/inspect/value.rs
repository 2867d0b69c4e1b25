//! A cookie's value → how far it opens, and what each stage finds.
//!
//! The stages are those of `session/open.rs`, in the same order and by the same functions. The
//! difference is that each finding is kept, and that the application's type need not be known.

use super::contents::{Contents, Terms};
use super::stage::{Stage, Verdict};
use crate::base64url;
use crate::claims::lifetime::Limits;
use crate::clock::Clock;
use crate::clock::unix_time::UnixTime;
use crate::crypto::suite::{NONCE_LEN, TAG_LEN};
use crate::data::session_data::SessionData;
use crate::error::rejection::Rejection;
use crate::error::{FieldSize, Reason, Unproven};
use crate::events::DeferredEvents;
use crate::keys::{KeyId, KeyInfo, KeyRing, Ring};
use crate::limits;
use crate::session::open::{Candidates, Decoded};
use crate::sessions::Sessions;
use crate::wire::envelope::{Binding, Envelope};
use std::cell::Cell;
use std::time::{Duration, SystemTime};

/// What [`Inspector::inspect`] found. A field is `None` if the inspection did not get that far.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// The value's length, in characters.
    pub characters: usize,
    /// The number of cookies that the session is split over, if this is the first of several.
    pub pieces: Option<u8>,
    /// The envelope's length, in bytes, if the value is base64url.
    pub envelope_bytes: Option<usize>,
    /// The envelope's first byte.
    pub version: Option<u8>,
    /// The id of the key that the envelope names, if its version is known.
    pub key_id: Option<KeyId>,
    /// Bytes of what is encrypted (claims, data, and extensions and padding if there are any), if
    /// the version is known.
    pub content_bytes: Option<usize>,
    /// The key of the ring that has this id.
    pub key: Option<KeyInfo>,
    /// What is under the seal, if the tag matches.
    pub contents: Option<Contents>,
    /// Where the inspection ended, and why.
    pub verdict: Verdict,
}

impl Inspection {
    /// Returns the stage that refuses the cookie, and the reason; `None` if no stage does.
    pub fn stopped(&self) -> Option<(Stage, Reason)> {
        match self.verdict {
            Verdict::Stopped { stage, reason } => Some((stage, reason)),
            Verdict::Opens | Verdict::NotTried => None,
        }
    }
}

/// Takes cookies apart, as a server with these settings would. Without a ring it examines what is
/// outside the seal.
///
/// It accepts data of every type unless [`shape`](Self::shape) is set, because it knows none. To
/// inspect with the type and the settings of an application, use
/// [`Sessions::inspect`](crate::Sessions::inspect).
///
/// ```
/// use sealed_session::inspect::{Inspector, Stage};
/// use sealed_session::{KeyRing, Map, Sessions};
/// use std::time::{Duration, SystemTime};
///
/// let ring = KeyRing::ephemeral()?;
/// let sessions = Sessions::<Map>::builder(ring.clone()).cookie_name("shop").build()?;
/// let value = sessions.seal(&Map::new())?;
///
/// let in_a_month = SystemTime::now() + Duration::from_secs(31 * 24 * 60 * 60);
/// let inspector = Inspector::new().ring(&ring).cookie_name("shop").at(in_a_month);
/// let (stage, reason) = inspector.inspect(&value).stopped().expect("it has expired");
/// assert_eq!((stage, reason.as_str()), (Stage::Lifetime, "expired-absolute"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Inspector {
    ring: Option<KeyRing>,
    name: String,
    context: Vec<u8>,
    limits: Limits,
    shape: Option<[u8; 4]>,
    now: Option<SystemTime>,
}

impl Inspector {
    /// Makes an inspector with a builder's defaults and no ring.
    pub fn new() -> Self {
        Self {
            ring: None,
            name: String::from(crate::builder::COOKIE_NAME),
            context: Vec::new(),
            limits: Limits {
                idle: limits::IDLE_TIMEOUT,
                absolute: limits::ABSOLUTE_TIMEOUT,
                refresh_share: limits::REFRESH_SHARE,
            },
            shape: None,
            now: None,
        }
    }

    /// Sets the ring to open cookies with.
    pub fn ring(mut self, ring: &KeyRing) -> Self {
        self.ring = Some(ring.clone());
        self
    }

    /// Sets the cookie's name, which is part of the seal; `__Host-Http-session` by default.
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the application's context, which is part of the seal; empty by default.
    pub fn context(mut self, context: impl Into<Vec<u8>>) -> Self {
        self.context = context.into();
        self
    }

    /// Sets the idle timeout to judge by, in whole seconds; 14 days by default.
    pub fn idle_timeout(mut self, idle: Duration) -> Self {
        self.limits.idle = idle.as_secs();
        self
    }

    /// Sets the absolute timeout to judge by, in whole seconds; 30 days by default.
    pub fn absolute_timeout(mut self, absolute: Duration) -> Self {
        self.limits.absolute = absolute.as_secs();
        self
    }

    /// Sets the one shape that is accepted, as [`Sessions::shape`](crate::Sessions::shape) returns
    /// it; any by default.
    pub fn shape(mut self, shape: [u8; 4]) -> Self {
        self.shape = Some(shape);
        self
    }

    /// Sets the time to judge by; the system's clock by default.
    pub fn at(mut self, time: impl Into<SystemTime>) -> Self {
        self.now = Some(time.into());
        self
    }

    /// Takes a cookie's value apart.
    pub fn inspect(&self, value: impl AsRef<[u8]>) -> Inspection {
        let Some(ring) = &self.ring else { return outside(value.as_ref()).0 };
        let opening = Opening {
            ring: &ring.snapshot(),
            binding: &Binding::new(&self.name, &self.context),
            other_bindings: &[],
            limits: self.limits,
            now: self.now.map_or_else(|| Clock::system().unix_time(), UnixTime::from),
            knows_bindings: cfg!(feature = "dbsc"),
        };
        let reads = |shape| self.shape.is_none_or(|expected| shape == expected);
        opening.inspect(value.as_ref(), &reads, &|contents| {
            if contents.binding.is_some() {
                Err((Stage::Binding, Reason::Unproven(Unproven::Missing)))
            } else if contents.is_undecodable() {
                Err((Stage::Data, Reason::Undecodable))
            } else {
                Ok(())
            }
        })
    }
}

impl Default for Inspector {
    fn default() -> Self {
        Self::new()
    }
}

/// Inspection with the settings of an application.
impl<T: SessionData> Sessions<T> {
    /// Takes a value of the current cookie name apart, stage by stage, as [`open`](Self::open)
    /// would open it: with this ring, its contexts and limits, the type's shapes and the
    /// application's checks.
    ///
    /// ```
    /// use sealed_session::inspect::{Stage, Verdict};
    /// use sealed_session::{KeyRing, Map, Reason, Sessions};
    ///
    /// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?)?;
    /// let mut value = sessions.seal(&Map::new())?;
    /// assert_eq!(sessions.inspect(&value).verdict, Verdict::Opens);
    ///
    /// let last = if value.pop() == Some('A') { 'Q' } else { 'A' };
    /// value.push(last);
    /// let (stage, reason) = sessions.inspect(&value).stopped().expect("it was changed");
    /// assert!(matches!(stage, Stage::Seal | Stage::Base64url), "{reason}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn inspect(&self, value: impl AsRef<[u8]>) -> Inspection {
        let (value, config) = (value.as_ref(), self.config());
        let mut events = DeferredEvents::default();
        let mut ring = config.ring.current(&mut events);
        let seen = outside(value).0;
        if seen.key_id.is_some_and(|id| ring.find(id.to_bytes()).is_none()) {
            if let Some(newer) = config.ring.newer_than(&ring, &mut events) {
                ring = newer;
            }
        }
        drop(events);
        let now = config.clock.unix_time();
        let opening = Opening {
            ring: &ring,
            binding: &config.binding,
            other_bindings: &config.aliases.contexts,
            limits: config.limits,
            now,
            knows_bindings: config.knows_bindings(),
        };
        let fields = Cell::new(None);
        let mut inspection = opening.inspect(value, &|shape| config.schemas.knows(shape), &|_| {
            // What is left are the stages that need the type and the application's callbacks.
            match Candidates::open_one(config, &ring, now, value) {
                Ok(Decoded { value, data, .. }) => {
                    fields.set(Some(config.schemas.field_lengths(&value, &data)));
                    Ok(())
                }
                Err(Rejection { reason, .. }) => {
                    let stage = match reason {
                        Reason::Refused(_) => Stage::Validation,
                        Reason::Unproven(_) => Stage::Binding,
                        _ => Stage::Data,
                    };
                    Err((stage, reason))
                }
            }
        });
        if let (Some(contents), Some(fields)) = (&mut inspection.contents, fields.take()) {
            contents.fields = FieldSize::largest_first(fields);
        }
        inspection
    }
}

/// The result of a stage.
type Passed = Result<(), (Stage, Reason)>;

/// What a value is opened with.
struct Opening<'a> {
    ring: &'a Ring,
    binding: &'a Binding,
    other_bindings: &'a [Binding],
    limits: Limits,
    now: UnixTime,
    /// Sessions may be bound to a device.
    knows_bindings: bool,
}

/// The stages that need no key. Returns the envelope if there is one.
fn outside(value: &[u8]) -> (Inspection, Option<Envelope>) {
    let parsed = Envelope::parse(value);
    let mut bytes = Vec::new();
    let decodes = value.len() <= limits::JOINED_VALUE
        && base64url::decode_append(value, &mut bytes).is_ok()
        && !bytes.is_empty();
    let verdict = match &parsed {
        Ok(_) => Verdict::NotTried,
        Err(reason) => Verdict::Stopped {
            stage: match reason {
                Reason::TooLong => Stage::Length,
                Reason::Pieces => Stage::Pieces,
                Reason::Malformed if !decodes => Stage::Base64url,
                _ => Stage::Version,
            },
            reason: *reason,
        },
    };
    let pieces = match (value, &parsed) {
        ([digit, ..], Err(Reason::Pieces)) => Some(digit - b'0'),
        _ => None,
    };
    let envelope_bytes = decodes.then_some(bytes.len());
    let inspection = Inspection {
        characters: value.len(),
        pieces,
        envelope_bytes,
        version: bytes.first().copied().filter(|_| decodes),
        key_id: parsed.as_ref().ok().map(|envelope| KeyId::from(envelope.key_id())),
        content_bytes: envelope_bytes
            .filter(|_| parsed.is_ok())
            .map(|length| length.saturating_sub(1 + 4 + NONCE_LEN + TAG_LEN)),
        key: None,
        contents: None,
        verdict,
    };
    (inspection, parsed.ok())
}

impl Opening<'_> {
    /// Goes through all stages. `reads` says whether a shape is accepted, and `accepts` is for the
    /// stages behind the lifetime.
    fn inspect(
        &self,
        value: &[u8],
        reads: &dyn Fn([u8; 4]) -> bool,
        accepts: &dyn Fn(&Contents) -> Passed,
    ) -> Inspection {
        let (mut inspection, envelope) = outside(value);
        let Some(envelope) = envelope else { return inspection };
        inspection.verdict = match self.open(envelope, &mut inspection, reads, accepts) {
            Ok(()) => Verdict::Opens,
            Err((stage, reason)) => Verdict::Stopped { stage, reason },
        };
        inspection
    }

    fn open(
        &self,
        envelope: Envelope,
        inspection: &mut Inspection,
        reads: &dyn Fn([u8; 4]) -> bool,
        accepts: &dyn Fn(&Contents) -> Passed,
    ) -> Passed {
        let at = |stage| move |reason| (stage, reason);
        let entry = self.ring.find(envelope.key_id()).ok_or((Stage::KeyId, Reason::UnknownKey))?;
        inspection.key = Some(entry.info());
        let cipher = entry.opening_cipher(self.now).map_err(|reason| match reason {
            Reason::KeyEnded => (Stage::KeyEnd, reason),
            _ => (Stage::Suite, reason),
        })?;
        let plaintext = envelope
            .open_under_one_of(cipher, self.binding, self.other_bindings)
            .map_err(at(Stage::Seal))?;
        let (claims, place, form) =
            plaintext.claims(self.knows_bindings).map_err(at(Stage::Claims))?;
        let lives = self.limits.check(&claims, self.now);
        let (shape, padding) = (claims.shape, plaintext.bytes().len().saturating_sub(place.end));
        let sealing_end =
            self.ring.sealing(self.now).map_or(Some(UnixTime::EPOCH), |entry| entry.end());
        let terms = Terms { limits: self.limits, now: self.now, key_end: entry.end(), sealing_end };
        let compressed = form.compressed.then_some(place.len());
        let data = plaintext.into_data(place, form);
        let (is_inflatable, data) = (data.is_ok(), data.map(|(data, _)| data).unwrap_or_default());
        let contents = Contents::new(claims, data, compressed, padding, &terms);
        let contents = inspection.contents.insert(contents);
        if !reads(shape) {
            return Err((Stage::Shape, Reason::OtherShape));
        }
        lives.map_err(|reason| match reason {
            Reason::FromTheFuture => (Stage::Issued, reason),
            _ => (Stage::Lifetime, reason),
        })?;
        if !is_inflatable {
            return Err((Stage::Data, Reason::Undecodable));
        }
        accepts(contents)
    }
}
