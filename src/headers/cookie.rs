//! `Cookie` header fields → the raw values of one name. Nothing is judged here.
//!
//! The fields are read as bytes, in the way that browsers write them (RFC 6265bis §5.8.3): split
//! only at `;`, trim only spaces and tabs, compare the name byte by byte, decode nothing. Common
//! cookie jars percent-decode names or trim every Unicode blank. With those, a sibling domain,
//! which may not set `__Host-x`, can set `%5F%5FHost-x` or a name that begins with U+2000.

use crate::headers::request::FieldValue;
#[cfg(feature = "dbsc")]
use crate::limits;
use crate::wire::pieces::LaterPieces;
use http::HeaderValue;
use memchr::{memchr, memchr_iter};

/// The `Cookie` fields of a request that may contain our cookie. A request usually has one.
#[derive(Default)]
pub(crate) struct Fields {
    pub(crate) first: Option<Field>,
    pub(crate) others: Vec<Field>,
}

/// One `Cookie` field, shared with the request if its type allows.
pub(crate) enum Field {
    Shared(HeaderValue),
    Owned(Box<[u8]>),
}

impl From<FieldValue<'_>> for Field {
    fn from(value: FieldValue<'_>) -> Self {
        match value {
            FieldValue::Bytes(bytes) => Self::Owned(bytes.into()),
            FieldValue::Shared(value) => Self::Shared(value.clone()),
        }
    }
}

impl Field {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Shared(value) => value.as_bytes(),
            Self::Owned(bytes) => bytes,
        }
    }
}

/// The cookies of a request with one name, found but not judged.
#[derive(Default)]
pub(crate) struct ReceivedCookies {
    /// Whether a cookie with the name came, readable or not, empty or not.
    pub(crate) ours: bool,
    /// The digits of the pieces (`name.1` to `name.9`) that came, as bits.
    pieces: u16,
    /// Whether one of them has a value.
    has_value: bool,
}

impl ReceivedCookies {
    /// Returns whether a cookie with the name, or a piece of one, came. An empty value does not
    /// count: a deletion leaves one in a client that ignores `Max-Age`.
    pub(crate) fn anything(&self) -> bool {
        self.has_value
    }

    /// Returns whether a cookie with the name, or a piece of one, came, with or without a value.
    pub(crate) fn came(&self) -> bool {
        self.ours || self.pieces != 0
    }

    /// Returns the digits of the pieces that came, in ascending order.
    pub(crate) fn digits(&self) -> impl Iterator<Item = u8> + '_ {
        (1..=9).filter(|digit| self.pieces & (1 << digit) != 0)
    }
}

/// Calls `each` with every non-empty value of a cookie called `name`, in the order of the fields.
pub(crate) fn find<'a>(
    fields: &'a Fields,
    name: &str,
    each: &mut dyn FnMut(&'a [u8]),
) -> ReceivedCookies {
    let mut found = ReceivedCookies::default();
    for field in fields.first.iter().chain(&fields.others) {
        find_in(field.bytes(), name, &mut found, each);
    }
    found
}

/// Does the same in one field.
pub(crate) fn find_in<'a>(
    field: &'a [u8],
    name: &str,
    found: &mut ReceivedCookies,
    each: &mut dyn FnMut(&'a [u8]),
) {
    for pair in pairs(field) {
        let Some(named) = pair.strip_prefix(name.as_bytes()) else { continue };
        match named {
            [b'=', value @ ..] => {
                found.ours = true;
                if !value.is_empty() {
                    found.has_value = true;
                    each(value);
                }
            }
            [b'.', digit @ b'1'..=b'9', b'=', value @ ..] => {
                found.pieces |= 1 << (digit - b'0');
                found.has_value |= !value.is_empty();
            }
            _ => {}
        }
    }
}

/// Calls `each` with every cookie whose name is `prefix` and the first characters of a device key's
/// id: with these characters, and the value, which is not empty.
#[cfg(feature = "dbsc")]
pub(crate) fn find_short_ids<'a>(
    fields: &'a Fields,
    prefix: &str,
    each: &mut dyn FnMut(&'a [u8], &'a [u8]),
) {
    for pair in fields.first.iter().chain(&fields.others).flat_map(|field| pairs(field.bytes())) {
        let named = pair.strip_prefix(prefix.as_bytes());
        let parts = named.and_then(|named| named.split_at_checked(limits::device::SHORT_ID));
        if let Some((short_id, [b'=', value @ ..])) = parts {
            if !short_id.contains(&b'=') && !value.is_empty() {
                each(short_id, value);
            }
        }
    }
}

/// Finds the pieces that belong to a first piece: of each digit, the first cookie whose value begins
/// with `prefix`. Fills in what follows the prefix.
pub(crate) fn find_pieces<'a>(
    fields: &'a Fields,
    name: &str,
    prefix: &[u8],
    found: &mut LaterPieces<'a>,
) {
    for field in fields.first.iter().chain(&fields.others) {
        find_pieces_in(field.bytes(), name, prefix, found);
    }
}

/// Does the same in one field.
pub(crate) fn find_pieces_in<'a>(
    field: &'a [u8],
    name: &str,
    prefix: &[u8],
    found: &mut LaterPieces<'a>,
) {
    for pair in pairs(field) {
        let Some([b'.', digit @ b'1'..=b'9', b'=', value @ ..]) =
            pair.strip_prefix(name.as_bytes())
        else {
            continue;
        };
        if let (Some(piece), Some(slot)) =
            (value.strip_prefix(prefix), found.get_mut(usize::from(digit - b'1')))
        {
            slot.get_or_insert(piece);
        }
    }
}

/// Returns what is between the semicolons of a field, without spaces and tabs around it.
#[inline]
fn pairs(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(field);
    std::iter::from_fn(move || {
        let pairs = rest?;
        let (pair, behind) = match memchr(b';', pairs) {
            Some(at) => (&pairs[..at], Some(&pairs[at + 1..])),
            None => (pairs, None),
        };
        rest = behind;
        Some(trim(pair))
    })
}

/// Returns whether the field's bytes contain the name anywhere. This is a cheap test that rules out
/// a request's other fields.
pub(crate) fn may_hold(field: &[u8], name: &str) -> bool {
    places(field, name).next().is_some()
}

/// Returns whether `name=` follows a comma in a field. There it is part of another cookie's value
/// and is not read.
pub(crate) fn is_behind_a_comma(fields: &Fields, name: &str) -> bool {
    let is_there = |field: &[u8]| {
        places(field, name).any(|at| {
            let before = field[..at].iter().rev().find(|byte| !matches!(byte, b' ' | b'\t'));
            before == Some(&b',') && field[at..].get(name.len()) == Some(&b'=')
        })
    };
    fields.first.iter().chain(&fields.others).any(|field| is_there(field.bytes()))
}

/// Returns the positions of the name in the field's bytes.
fn places<'a>(field: &'a [u8], name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let name = name.as_bytes();
    let first = name.first().into_iter();
    first
        .flat_map(move |first| memchr_iter(*first, field))
        .filter(move |at| field[*at..].starts_with(name))
}

/// Returns the bytes without leading and trailing spaces and tabs, which are the whitespace of RFC
/// 6265bis and RFC 9110.
pub(crate) fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}
