//! The device key of one check, and the tokens that it signs: JWS in compact form, as Chromium
//! sends them.
//!
//! ```text
//! token   = base64url(header) . base64url(payload) . base64url(r ‖ s)
//! header  = {"alg":"ES256","jwk":{…},"typ":"dbsc+jwt"}; "jwk" at registration only
//! payload = {"jti":challenge}
//! ```
//! A browser's key stays in the device's hardware. This one lives as long as the process.

use crate::failure::Failure;
use base64::engine::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// How often a scalar is drawn. One in 2³² is not a key.
const DRAWS: usize = 4;

pub(super) struct DeviceKey(SigningKey);

impl DeviceKey {
    pub(super) fn generate() -> Result<Self, Failure> {
        let mut scalar = Zeroizing::new([0; 32]);
        for _ in 0..DRAWS {
            getrandom::fill(&mut *scalar).map_err(|error| {
                Failure::refused(format!("the system's random generator failed: {error}"))
            })?;
            if let Ok(key) = SigningKey::from_slice(&*scalar) {
                return Ok(Self(key));
            }
        }
        Err(Failure::refused("the system's random generator returns no usable numbers"))
    }

    /// Returns the token of a registration, which has the public key.
    pub(super) fn registration(&self, challenge: &str) -> String {
        let point = self.0.verifying_key().to_sec1_point(false);
        // 04 ‖ x ‖ y
        let (x, y) = point.as_bytes()[1..].split_at(32);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let jwk = json!({ "crv": "P-256", "kty": "EC", "x": x, "y": y });
        self.sign(&json!({ "alg": "ES256", "jwk": jwk, "typ": "dbsc+jwt" }), challenge)
    }

    /// Returns the token of a refresh.
    pub(super) fn refresh(&self, challenge: &str) -> String {
        self.sign(&json!({ "alg": "ES256", "typ": "dbsc+jwt" }), challenge)
    }

    fn sign(&self, header: &Value, challenge: &str) -> String {
        let encode = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let mut token = format!("{}.{}", encode(header), encode(&json!({ "jti": challenge })));
        let signature: Signature = self.0.sign(token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.to_bytes(), &mut token);
        token
    }
}
