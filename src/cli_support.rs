//! Functions for the program `sealed-session` that are not part of the public API and may change
//! with any release: the positions of the words in a ring's text, so that the text can be edited in
//! place, and the contents of a cookie whose type is not known.

use crate::base64url;
use crate::claims::flash::Flash;
use crate::claims::lifetime::{Expiry, Limits};
use crate::claims::{Claims, SealedExpiry};
use crate::clock;
use crate::crypto::suite::{NONCE_LEN, Suite, TAG_LEN};
use crate::data::encoding::Codec;
use crate::data::map::Map;
use crate::error::Reason;
use crate::error::RingError;
use crate::keys::{self, KeyId, KeyRing};
use crate::limits;
use crate::wire::envelope::{Binding, Envelope};
use sha2::{Digest, Sha256};
use std::ops::Range;

/// Seconds without a visit after which a session ends, by default.
pub const IDLE_TIMEOUT: u64 = limits::IDLE_TIMEOUT;
/// Seconds after which a session ends regardless of visits, by default.
pub const ABSOLUTE_TIMEOUT: u64 = limits::ABSOLUTE_TIMEOUT;
/// Seconds by which the clocks of a fleet may differ.
pub const CLOCK_SKEW: u64 = limits::CLOCK_SKEW;
/// Bytes of a ring's text, at most.
pub const RING_BYTES: usize = limits::RING_BYTES;
/// Bytes of a cookie's name, at most.
pub const NAME_BYTES: usize = limits::NAME;

/// Returns a text with the keys in it redacted.
pub fn redacted(text: &str) -> std::borrow::Cow<'_, str> {
    crate::error::redact::redacted(text)
}

/// Parses a time in RFC 3339, as in a ring's text, to Unix seconds.
pub fn parse_time(text: &str) -> Option<u64> {
    keys::parse_time(text)
}

/// Formats Unix seconds as RFC 3339 in UTC.
pub fn print_time(unix_seconds: u64) -> String {
    keys::print_time(unix_seconds)
}

/// A ring, with the positions of its words in the text.
pub struct RingText {
    /// The ring itself.
    pub ring: KeyRing,
    /// The ring's keys, in the order of the text.
    pub keys: Vec<KeyText>,
}

/// One key, and the positions of its words as byte ranges of the text.
#[derive(Clone, Debug)]
pub struct KeyText {
    /// The key's id.
    pub id: KeyId,
    /// The key's suite.
    pub suite: Suite,
    /// When the key begins to seal, in Unix seconds.
    pub seal_from: Option<u64>,
    /// When the key stops opening, in Unix seconds.
    pub open_until: Option<u64>,
    /// The number of the key's line, from 1.
    pub line: usize,
    /// The range from the key's token to the end of its last attribute.
    pub words: Range<usize>,
    /// The range of the time in `open-until`.
    pub open_until_value: Option<Range<usize>>,
}

/// Reads a ring as the library does, and returns the positions of its words.
///
/// # Errors
/// The same as when the library reads the ring.
pub fn read_ring(text: &str, take_published: bool) -> Result<RingText, RingError> {
    let ring = if take_published { KeyRing::from_published(text) } else { text.parse() }?;
    let offset_of = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
    let words = keys::contents(text).into_iter().filter_map(|(_, content)| {
        let words: Vec<&str> = content.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
        Some((*words.first()?, *words.last()?, words))
    });
    let keys = ring.keys().into_iter().zip(words).map(|(key, (first, last, words))| {
        let start = offset_of(first);
        let value = words.iter().find_map(|word| word.strip_prefix("open-until="));
        KeyText {
            id: key.id,
            suite: key.suite,
            seal_from: key.seal_from.map(clock::from_system_time),
            open_until: key.open_until.map(clock::from_system_time),
            line: text[..start].matches('\n').count() + 1,
            words: start..offset_of(last) + last.len(),
            open_until_value: value.map(|value| offset_of(value)..offset_of(value) + value.len()),
        }
    });
    let keys = keys.collect();
    Ok(RingText { ring, keys })
}

/// What anyone can see of a cookie's value.
pub struct Outside {
    /// The value's length.
    pub characters: usize,
    /// The number of cookies that the session is split over, if this is the first of several.
    pub pieces: Option<u8>,
    /// Bytes of the envelope, if the value is base64url.
    pub envelope: Option<usize>,
    /// The envelope's first byte.
    pub version: Option<u8>,
    /// The id of the key that the envelope names, if the version is known.
    pub key_id: Option<KeyId>,
    /// Bytes of the plaintext (form, claims, data, and extensions and padding if there are any), if
    /// the version is known.
    pub plaintext: Option<usize>,
    /// Why the value is not an envelope.
    pub problem: Option<Reason>,
}

/// Examines a value without a key.
pub fn outside(value: &[u8]) -> Outside {
    let parsed = Envelope::parse(value);
    let pieces = match (value, &parsed) {
        ([digit, ..], Err(Reason::Pieces)) => Some(digit - b'0'),
        _ => None,
    };
    let mut bytes = Vec::new();
    let decodes =
        value.len() <= limits::VALUE && base64url::decode_append(value, &mut bytes).is_ok();
    let bytes = Some(bytes).filter(|bytes| decodes && !bytes.is_empty());
    let envelope = bytes.as_ref().map(Vec::len);
    let version = bytes.as_ref().and_then(|bytes| bytes.first().copied());
    let key_id = parsed.as_ref().ok().map(|parsed| KeyId(parsed.key_id()));
    let plaintext =
        envelope.filter(|_| parsed.is_ok()).map(|length| length - 1 - 4 - NONCE_LEN - TAG_LEN);
    Outside {
        characters: value.len(),
        pieces,
        envelope,
        version,
        key_id,
        plaintext,
        problem: parsed.err(),
    }
}

/// What a server would check a cookie against.
pub struct Expected<'a> {
    /// The server's ring.
    pub ring: &'a KeyRing,
    /// The cookie's name.
    pub name: &'a str,
    /// The context.
    pub context: &'a [u8],
    /// The idle timeout, in seconds.
    pub idle: u64,
    /// The absolute timeout, in seconds.
    pub absolute: u64,
    /// The shape of the data type; if `None`, any shape is accepted.
    pub shape: Option<[u8; 4]>,
    /// The server's clock, in Unix seconds.
    pub now: u64,
}

/// The contents of an authentic cookie.
pub struct Inside {
    /// When this cookie was sealed, in Unix seconds.
    pub issued: u64,
    /// When the session began, in Unix seconds.
    pub created: u64,
    /// Seconds between the two, as sealed.
    pub age: u64,
    /// The session's id.
    pub id: Option<[u8; 16]>,
    /// How the session ends.
    pub expiry: Expiry,
    /// The pending flash messages.
    pub flashes: Vec<Flash>,
    /// The shape of the type that the cookie was sealed for.
    pub shape: [u8; 4],
    /// Tags of extensions that a later release sealed, and the bytes of each.
    pub extensions: Vec<(u8, usize)>,
    /// Bytes of padding.
    pub padding: usize,
    /// The data's bytes.
    pub data: Vec<u8>,
    /// The data as a map, if its shape is that of `Map` or of a type encoded by field name, and the
    /// data is a map.
    pub map: Option<Map>,
    /// Whether the shape is that of a type encoded by field name.
    pub by_name: bool,
    /// When the idle limit passes, in Unix seconds.
    pub idle_end: Option<u64>,
    /// When the absolute limit passes, in Unix seconds.
    pub absolute_end: u64,
    /// The `open-until` of the key that sealed the cookie, in Unix seconds.
    pub key_end: Option<u64>,
    /// When the session ends, in Unix seconds: the earliest of these limits.
    pub end: u64,
    /// From when a touch reissues the cookie, in Unix seconds. `None`: only because of its key.
    pub refresh_from: Option<u64>,
    /// Whether a touch now would reissue the cookie.
    pub refresh_due: bool,
}

/// Opens a value as a server would, step by step (SPEC.md §8). Returns its contents if it is
/// authentic, and the reason if it is rejected.
pub fn open(value: &[u8], expected: &Expected<'_>) -> (Option<Inside>, Result<(), Reason>) {
    match authentic(value, expected) {
        Ok(authentic) => {
            let verdict = judge(&authentic.claims, &authentic.data, expected);
            (Some(describe(authentic, expected)), verdict)
        }
        Err(reason) => (None, Err(reason)),
    }
}

/// An opened plaintext, and the `open-until` of its key.
struct Authentic {
    claims: Claims,
    data: Vec<u8>,
    padding: usize,
    key_end: u64,
}

/// Steps 1 to 11.
fn authentic(value: &[u8], expected: &Expected<'_>) -> Result<Authentic, Reason> {
    let ring = expected.ring.snapshot();
    let envelope = Envelope::parse(value)?;
    let entry = ring.find(envelope.key_id()).ok_or(Reason::UnknownKey)?;
    if !entry.opens_at(expected.now) {
        return Err(Reason::KeyEnded);
    }
    let cipher = entry.key().cipher().ok_or(Reason::UnsupportedSuite)?;
    let plaintext = envelope.open(cipher, &Binding::new(expected.name, expected.context))?;
    let (claims, place) = Claims::decode(plaintext.bytes())?;
    let padding = plaintext.bytes().len() - place.end;
    Ok(Authentic { claims, data: plaintext.into_data(place), padding, key_end: entry.end() })
}

/// Steps 12 to 15. Data of an unknown type is not decoded.
fn judge(claims: &Claims, data: &[u8], expected: &Expected<'_>) -> Result<(), Reason> {
    if expected.shape.is_some_and(|shape| shape != claims.shape) {
        return Err(Reason::OtherShape);
    }
    limits_of(expected).judge(claims, expected.now)?;
    if is_map(claims.shape) && map_of(data).is_none() { Err(Reason::Undecodable) } else { Ok(()) }
}

fn describe(authentic: Authentic, expected: &Expected<'_>) -> Inside {
    let Authentic { claims, data, padding, key_end } = authentic;
    let limits = limits_of(expected);
    let idle_end = match claims.expiry {
        SealedExpiry::At(_) => None,
        SealedExpiry::Idle(idle) => Some(claims.issued.saturating_add(idle)),
        SealedExpiry::Default | SealedExpiry::BrowserSession => {
            Some(claims.issued.saturating_add(limits.idle))
        }
    };
    let sealing_end = expected.ring.snapshot().sealing(expected.now).map_or(0, keys::Entry::end);
    Inside {
        issued: claims.issued,
        created: claims.created(),
        age: claims.age,
        id: claims.id,
        expiry: claims.expiry.into(),
        shape: claims.shape,
        extensions: claims.extensions.lengths(),
        padding,
        map: if is_map(claims.shape) { map_of(&data) } else { None },
        by_name: is_of(Codec::Named, claims.shape),
        data,
        idle_end,
        absolute_end: claims.created().saturating_add(limits.absolute),
        key_end: Some(key_end).filter(|end| *end != u64::MAX),
        end: limits.end(&claims, key_end),
        refresh_from: limits.refresh_from(&claims),
        refresh_due: limits.refresh_due(&claims, expected.now, key_end, sealing_end),
        flashes: claims.flashes,
    }
}

fn limits_of(expected: &Expected<'_>) -> Limits {
    Limits {
        idle: expected.idle,
        absolute: expected.absolute,
        refresh_share: limits::REFRESH_SHARE,
    }
}

/// Returns whether the shape is that of `Map`, or of a type encoded by field name (SPEC.md §6.3).
/// Both are encoded alike.
fn is_map(shape: [u8; 4]) -> bool {
    is_of(Codec::Map, shape) || is_of(Codec::Named, shape)
}

fn is_of(codec: Codec, shape: [u8; 4]) -> bool {
    Sha256::digest(codec.name()).starts_with(&shape)
}

fn map_of(data: &[u8]) -> Option<Map> {
    Codec::Map.decode(data).ok()
}
