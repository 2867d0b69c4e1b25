//! A key of a device and the tokens that it signs, and what a browser reads of DBSC's answers.

use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};

pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64URL_NOPAD.encode(bytes.as_ref())
}

/// A key that does not leave its device.
#[derive(Clone)]
pub struct DeviceKey(SigningKey);

impl DeviceKey {
    /// The same for the same number.
    pub fn new(number: u8) -> Self {
        Self::of_secret([number; 32])
    }

    pub fn of_secret(secret: [u8; 32]) -> Self {
        Self(SigningKey::from_slice(&secret).unwrap())
    }

    /// The coordinates of the public key, 32 bytes each.
    pub fn coordinates(&self) -> [Vec<u8>; 2] {
        let point = self.0.verifying_key().to_sec1_point(false);
        [&point.as_bytes()[1..33], &point.as_bytes()[33..]].map(<[u8]>::to_vec)
    }

    pub fn jwk(&self) -> String {
        let [x, y] = self.coordinates().map(base64url);
        format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)
    }

    /// A token with any header and payload, signed by this key.
    pub fn token(&self, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", base64url(header), base64url(payload));
        format!("{signed}.{}", base64url(self.sign(signed.as_bytes())))
    }

    /// r ‖ s.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let signature: Signature = self.0.sign(message);
        signature.to_bytes().into()
    }

    pub fn registration(&self, challenge: &str) -> String {
        let header = format!(r#"{{"alg":"ES256","jwk":{},"typ":"dbsc+jwt"}}"#, self.jwk());
        self.token(&header, &format!(r#"{{"jti":"{challenge}"}}"#))
    }

    pub fn refresh(&self, challenge: &str) -> String {
        self.token(r#"{"alg":"ES256","typ":"dbsc+jwt"}"#, &format!(r#"{{"jti":"{challenge}"}}"#))
    }
}

/// What a browser stores of a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    pub id: String,
    pub refresh_url: String,
    pub cookie: String,
}

impl Registered {
    /// Reads the instructions. `None` if they end the DBSC session.
    pub fn read(json: &str) -> Option<Self> {
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        if json["continue"] == false {
            return None;
        }
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        Some(Self {
            id: text(&json["session_identifier"]),
            refresh_url: text(&json["refresh_url"]),
            cookie: text(&json["credentials"][0]["name"]),
        })
    }
}

/// The challenge in a `Secure-Session-Challenge` or `Secure-Session-Registration` field.
pub fn challenge(field: &str) -> String {
    let begin = field.find("challenge=\"").map_or(0, |at| at + "challenge=".len());
    field[begin..].split('"').nth(1).unwrap().to_owned()
}
