//! The token that a browser signs with a device key: a JWS in compact form (RFC 7515 §7.1).
//!
//! ```text
//! token     = base64url(header) . base64url(payload) . base64url(r ‖ s)          at most 4 KB
//! header    = {"alg":"ES256","typ":"dbsc+jwt"}, at registration also "jwk"
//! jwk       = {"kty":"EC","crv":"P-256","x":…,"y":…}
//! payload   = {"jti":challenge}, optionally with "aud"
//! ```
//! Nothing is verified here. Members that are unknown, missing or there twice are refused, and so is
//! every other algorithm.

use crate::base64url;
use crate::crypto::es256::{COORDINATE_LEN, SIGNATURE_LEN};
use crate::dbsc::json::read_object;
use crate::limits;

/// What a token says, unverified.
pub(crate) struct Token<'a> {
    /// The bytes that are signed.
    pub(crate) signed: &'a [u8],
    pub(crate) signature: [u8; SIGNATURE_LEN],
    /// The coordinates of the key, in a registration.
    pub(crate) key: Option<([u8; COORDINATE_LEN], [u8; COORDINATE_LEN])>,
    pub(crate) challenge: String,
    pub(crate) audience: Option<String>,
}

impl<'a> Token<'a> {
    /// Reads the value of a `Secure-Session-Response` field. The draft puts the token into quotes,
    /// and Chromium does not: both are read.
    pub(crate) fn parse(field: &'a [u8]) -> Option<Self> {
        if field.len() > limits::device::TOKEN {
            return None;
        }
        let token = unquoted(field);
        let signed_len = token.iter().rposition(|byte| *byte == b'.')?;
        let (signed, signature) = (token.get(..signed_len)?, token.get(signed_len + 1..)?);
        let dot = signed.iter().position(|byte| *byte == b'.')?;
        let header = text(signed.get(..dot)?)?;
        let payload = text(signed.get(dot + 1..)?)?;
        let (challenge, audience) = read_payload(&payload)?;
        Some(Self {
            signed,
            signature: bytes(signature)?,
            key: read_header(&header)?,
            challenge,
            audience,
        })
    }
}

/// Returns a string of RFC 9651 §3.3.3 without its quotes; any other value as it is.
pub(super) fn unquoted(field: &[u8]) -> &[u8] {
    match field {
        [b'"', text @ .., b'"'] => text,
        other => other,
    }
}

type Coordinates = ([u8; COORDINATE_LEN], [u8; COORDINATE_LEN]);

fn read_header(header: &str) -> Option<Option<Coordinates>> {
    let (mut algorithm, mut kind, mut key) = (None, None, None);
    read_object(header, &mut |name, value| match name {
        "alg" => value.text_into(&mut algorithm),
        "typ" => value.text_into(&mut kind),
        "jwk" => value.object_into(&mut key),
        _ => None,
    })?;
    if algorithm != Some("ES256") || kind != Some("dbsc+jwt") {
        return None;
    }
    match key {
        None => Some(None),
        Some(key) => read_key(key).map(Some),
    }
}

fn read_key(key: &str) -> Option<Coordinates> {
    let (mut kind, mut curve, mut x, mut y) = (None, None, None, None);
    read_object(key, &mut |name, value| match name {
        "kty" => value.text_into(&mut kind),
        "crv" => value.text_into(&mut curve),
        "x" => value.text_into(&mut x),
        "y" => value.text_into(&mut y),
        _ => None,
    })?;
    if kind != Some("EC") || curve != Some("P-256") {
        return None;
    }
    Some((bytes(x?.as_bytes())?, bytes(y?.as_bytes())?))
}

/// Returns the challenge and the audience.
fn read_payload(payload: &str) -> Option<(String, Option<String>)> {
    let (mut challenge, mut audience) = (None, None);
    read_object(payload, &mut |name, value| match name {
        "jti" => value.text_into(&mut challenge),
        "aud" => value.text_into(&mut audience),
        _ => None,
    })?;
    Some((challenge?.to_owned(), audience.map(str::to_owned)))
}

/// Returns the text that a part of the token encodes.
fn text(part: &[u8]) -> Option<String> {
    let mut bytes = Vec::new();
    base64url::decode_append(part, &mut bytes).ok()?;
    String::from_utf8(bytes).ok()
}

/// Returns the bytes that a text encodes, of exactly this number.
fn bytes<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    base64url::decode_exact(text, &mut bytes).ok()?;
    Some(bytes)
}
