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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::es256::PublicKey;
    use crate::dbsc::json::tests::edited;
    use proptest::prelude::*;
    use serde_json::Value;

    /// Tokens that a browser signed.
    const CHROMIUM: &str = include_str!("../../tests/data/chromium-156-tokens.json");

    fn tokens() -> Vec<Value> {
        let file: Value = serde_json::from_str(CHROMIUM).unwrap();
        file["tokens"].as_array().unwrap().clone()
    }

    fn parse(token: &Value) -> Option<Token<'_>> {
        Token::parse(token["field"].as_str().unwrap().as_bytes())
    }

    #[test]
    fn tokens_of_a_browser_say_what_it_signed() {
        let mut read = 0;
        for token in &tokens() {
            let (header, payload) = (&token["header"], &token["payload"]);
            let Some(parsed) = parse(token) else {
                // Only a server that offers `authorization` gets it back.
                assert!(payload["authorization"].is_string(), "{token}");
                continue;
            };
            assert!(payload["authorization"].is_null());
            assert_eq!(parsed.challenge, payload["jti"]);
            assert_eq!(parsed.audience.as_deref(), payload["aud"].as_str());
            let coordinate = |name: &str| {
                let text = header["jwk"][name].as_str()?;
                bytes::<COORDINATE_LEN>(text.as_bytes())
            };
            assert_eq!(parsed.key, coordinate("x").zip(coordinate("y")));
            read += 1;
        }
        assert_eq!(read, 3);
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Header {
        alg: String,
        typ: String,
        jwk: Option<Jwk>,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Jwk {
        kty: String,
        crv: String,
        x: String,
        y: String,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Payload {
        jti: String,
        aud: Option<String>,
    }

    const HEADER: &str = r#"{"alg":"ES256","jwk":{"crv":"P-256","kty":"EC","x":"0R3WnPh--jQ6N0h-rgUGjP-xfjclmfNOjMphb7qCDvg","y":"AF4TLrxiw5OD83JrQ4JBzrqGehxevOsUsgJXdaxkxOs"},"typ":"dbsc+jwt"}"#;

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 1_000,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        /// serde's derive refuses members that are unknown, missing or there twice.
        #[test]
        fn what_is_read_says_the_same_to_serde_json(
            header in prop_oneof![
                Just(HEADER.to_owned()),
                edited(HEADER),
                edited(r#"{"alg":"ES256","typ":"dbsc+jwt"}"#),
            ],
            payload in prop_oneof![
                edited(r#"{"jti":"abc"}"#),
                edited(r#"{"aud":"https://shop.example/","jti":"abc"}"#),
            ],
        ) {
            if let Some(key) = read_header(&header) {
                let read: Header = serde_json::from_str(&header).expect("JSON");
                prop_assert_eq!((&*read.alg, &*read.typ), ("ES256", "dbsc+jwt"));
                let jwk = read.jwk.as_ref();
                let key_type = jwk.map(|jwk| (&*jwk.kty, &*jwk.crv));
                prop_assert_eq!(key_type, key.map(|_| ("EC", "P-256")));
                let coordinates = jwk.map(|jwk| [&jwk.x, &jwk.y].map(|text| {
                    bytes::<COORDINATE_LEN>(text.as_bytes()).expect("32 bytes")
                }));
                prop_assert_eq!(coordinates, key.map(|(x, y)| [x, y]));
            }
            if let Some((challenge, audience)) = read_payload(&payload) {
                let read: Payload = serde_json::from_str(&payload).expect("JSON");
                prop_assert_eq!((read.jti, read.aud), (challenge, audience));
            }
        }

        /// A changed token is refused, or other bytes are signed, or it has another signature.
        #[test]
        fn no_two_texts_are_the_same_token(
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
            which in 0..2_usize,
        ) {
            let tokens = tokens();
            let field = tokens[which]["field"].as_str().unwrap().as_bytes();
            let mut changed = field.to_vec();
            let at = at.index(changed.len());
            changed[at] = byte;
            let original = Token::parse(field).unwrap();
            if let Some(token) = Token::parse(&changed).filter(|_| changed != field) {
                let is_same = token.signed == original.signed
                    && token.signature == original.signature;
                prop_assert!(!is_same);
            }
            // A shorter text is no token.
            prop_assert!(Token::parse(&field[..at]).is_none());
            prop_assert!(Token::parse(&field[at + 1..]).is_none());
        }
    }

    #[test]
    fn a_good_header_is_read() {
        assert!(read_header(HEADER).flatten().is_some());
    }

    /// The key in the header of a registration.
    fn key_in(token: &Value) -> PublicKey {
        let coordinate =
            |name: &str| bytes(token["header"]["jwk"][name].as_str().unwrap().as_bytes()).unwrap();
        PublicKey::from_coordinates(&coordinate("x"), &coordinate("y")).unwrap()
    }

    #[test]
    fn a_token_of_a_browser_verifies_with_its_key_and_as_it_is() {
        let tokens = tokens();
        // The registration of the key that signed the refresh has an `authorization`.
        let [registration, _, of_refresh, refresh, _] = &tokens[..] else { panic!("five tokens") };
        let other = key_in(&tokens[4]);
        for (token, key) in [(registration, registration), (refresh, of_refresh)] {
            let (token, key) = (parse(token).unwrap(), key_in(key));
            assert!(key.verifies(token.signed, &token.signature));
            assert!(!other.verifies(token.signed, &token.signature));
            let mut signed = token.signed.to_vec();
            *signed.last_mut().unwrap() ^= 1;
            assert!(!key.verifies(&signed, &token.signature));
            let mut signature = token.signature;
            signature[SIGNATURE_LEN - 1] ^= 1;
            assert!(!key.verifies(token.signed, &signature));
        }
    }
}
