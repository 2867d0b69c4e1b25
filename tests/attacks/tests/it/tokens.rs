//! Tokens that no browser signs. Each row is one token, and the word with which it is refused.

use crate::device_key::{DeviceKey, base64url};
use crate::pair::Pair;
use crate::site::*;
use p256::ecdsa::Signature;

/// What a row changes of a good token. `JWK`, `X` and `Y` stand for the key, `JTI` for the
/// challenge.
struct Row {
    header: &'static str,
    payload: &'static str,
    word: &'static str,
}

const REGISTRATION: &str = r#"{"alg":"ES256","jwk":JWK,"typ":"dbsc+jwt"}"#;
const REFRESH: &str = r#"{"alg":"ES256","typ":"dbsc+jwt"}"#;
const PAYLOAD: &str = r#"{"jti":"JTI"}"#;

const fn header(header: &'static str, word: &'static str) -> Row {
    Row { header, payload: PAYLOAD, word }
}

const HEADERS: &[Row] = &[
    // The algorithm: ES256, and no other, under no other spelling.
    header(r#"{"alg":"none","jwk":JWK,"typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"alg":"None","jwk":JWK,"typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"alg":"","jwk":JWK,"typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"alg":"HS256","jwk":JWK,"typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"alg":"RS256","jwk":JWK,"typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"alg":"PS256","jwk":JWK,"typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"alg":"ES384","jwk":JWK,"typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"alg":"ES256K","jwk":JWK,"typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"alg":"EdDSA","jwk":JWK,"typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"alg":"es256","jwk":JWK,"typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"alg":" ES256","jwk":JWK,"typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"alg":["ES256"],"jwk":JWK,"typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"alg":null,"jwk":JWK,"typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"jwk":JWK,"typ":"dbsc+jwt"}"#, "token"),
    // The type.
    header(r#"{"alg":"ES256","jwk":JWK}"#, "token"),
    header(r#"{"alg":"ES256","jwk":JWK,"typ":"JWT"}"#, "token"),
    header(r#"{"alg":"ES256","jwk":JWK,"typ":"dbsc+JWT"}"#, "token"),
    header(r#"{"alg":"ES256","jwk":JWK,"typ":"application/dbsc+jwt"}"#, "token"),
    // Members that do not belong there, or are there twice.
    header(r#"{"alg":"ES256","jwk":JWK,"typ":"dbsc+jwt","kid":"1"}"#, "token"),
    header(r#"{"alg":"ES256","jwk":JWK,"typ":"dbsc+jwt","crit":"b64"}"#, "token"),
    header(r#"{"alg":"ES256","jwk":JWK,"typ":"dbsc+jwt","jku":"https://evil.example"}"#, "token"),
    header(r#"{"alg":"ES256","jwk":JWK,"typ":"dbsc+jwt","x5c":["MII"]}"#, "token"),
    header(r#"{"alg":"ES256","alg":"ES256","jwk":JWK,"typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"alg":"none","alg":"ES256","jwk":JWK,"typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"alg":"ES256","jwk":JWK,"typ":"dbsc+jwt","typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"alg":"ES256","jwk":JWK,"jwk":JWK,"typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"Alg":"ES256","jwk":JWK,"typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"\u0061lg":"ES256","jwk":JWK,"typ":"dbsc+jwt"}"#, "token"),
    // Texts that are not one object.
    header("", "token"),
    header("{}", "token"),
    header("[]", "token"),
    header("null", "token"),
    header(r#"[{"alg":"ES256","jwk":JWK,"typ":"dbsc+jwt"}]"#, "token"),
    header(r#"{"alg":"ES256","jwk":JWK,"typ":"dbsc+jwt"}{}"#, "token"),
    header(r#"{"alg":"ES256","jwk":JWK,"typ":"dbsc+jwt",}"#, "token"),
    header(r#"{"alg":"ES256","jwk":JWK,"typ":"dbsc+jwt""#, "token"),
    header("\u{feff}{\"alg\":\"ES256\",\"jwk\":JWK,\"typ\":\"dbsc+jwt\"}", "token"),
];

const JWKS: &[Row] = &[
    header(REFRESH, "key"),
    header(r#"{"alg":"ES256","jwk":{},"typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"alg":"ES256","jwk":null,"typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"alg":"ES256","jwk":"X","typ":"dbsc+jwt"}"#, "token"),
    header(r#"{"alg":"ES256","jwk":[JWK],"typ":"dbsc+jwt"}"#, "token"),
    jwk(r#""kty":"RSA","crv":"P-256","x":"X","y":"Y""#, "token"),
    jwk(r#""kty":"oct","k":"X""#, "token"),
    jwk(r#""kty":"OKP","crv":"Ed25519","x":"X""#, "token"),
    jwk(r#""kty":"EC","crv":"P-384","x":"X","y":"Y""#, "token"),
    jwk(r#""kty":"EC","crv":"secp256k1","x":"X","y":"Y""#, "token"),
    jwk(r#""kty":"EC","crv":"p-256","x":"X","y":"Y""#, "token"),
    jwk(r#""kty":"EC","x":"X","y":"Y""#, "token"),
    jwk(r#""crv":"P-256","x":"X","y":"Y""#, "token"),
    jwk(r#""kty":"EC","crv":"P-256","x":"X""#, "token"),
    jwk(r#""kty":"EC","crv":"P-256","y":"Y""#, "token"),
    jwk(r#""kty":"EC","crv":"P-256","x":"X","x":"X","y":"Y""#, "token"),
    jwk(r#""kty":"EC","crv":"P-256","x":"X","y":"Y","d":"X""#, "token"),
    jwk(r#""kty":"EC","crv":"P-256","x":"X","y":"Y","use":"sig""#, "token"),
    jwk(r#""kty":"EC","crv":"P-256","x":{"x":"X"},"y":"Y""#, "token"),
    // Coordinates of another length, and in another spelling.
    jwk(r#""kty":"EC","crv":"P-256","x":"","y":"""#, "token"),
    jwk(r#""kty":"EC","crv":"P-256","x":"X","y":"YA""#, "token"),
    jwk(r#""kty":"EC","crv":"P-256","x":"X=","y":"Y""#, "token"),
    jwk(r#""kty":"EC","crv":"P-256","x":"SHORT","y":"Y""#, "token"),
    jwk(r#""kty":"EC","crv":"P-256","x":"LONG","y":"Y""#, "token"),
    // Points that are not on the curve, the point at infinity, and numbers above the field.
    jwk(r#""kty":"EC","crv":"P-256","x":"X","y":"X""#, "key"),
    jwk(r#""kty":"EC","crv":"P-256","x":"ZERO","y":"ZERO""#, "key"),
    jwk(r#""kty":"EC","crv":"P-256","x":"X","y":"ZERO""#, "key"),
    jwk(r#""kty":"EC","crv":"P-256","x":"FIELD","y":"ZERO""#, "key"),
    jwk(r#""kty":"EC","crv":"P-256","x":"FIELD","y":"FIELD""#, "key"),
    jwk(r#""kty":"EC","crv":"P-256","x":"ONES","y":"ONES""#, "key"),
    // A point on the curve that did not sign.
    jwk(r#""kty":"EC","crv":"P-256","x":"OTHERX","y":"OTHERY""#, "signature"),
];

/// A header with these members as its key.
const fn jwk(members: &'static str, word: &'static str) -> Row {
    Row { header: members, payload: "", word }
}

const PAYLOADS: &[Row] = &[
    payload("", "token"),
    payload("{}", "token"),
    payload("null", "token"),
    payload(r#""JTI""#, "token"),
    payload(r#"["JTI"]"#, "token"),
    payload(r#"{"jti":null}"#, "token"),
    payload(r#"{"jti":1}"#, "token"),
    payload(r#"{"jti":["JTI"]}"#, "token"),
    payload(r#"{"jti":{"jti":"JTI"}}"#, "token"),
    payload(r#"{"jti":"JTI","jti":"JTI"}"#, "token"),
    payload(r#"{"jti":"","jti":"JTI"}"#, "token"),
    payload(r#"{"jti":"JTI","aud":"a","aud":"a"}"#, "token"),
    payload(r#"{"jti":"JTI","iat":1800000000}"#, "token"),
    payload(r#"{"jti":"JTI","exp":"1800000000"}"#, "token"),
    payload(r#"{"jti":"JTI","sub":"X"}"#, "token"),
    payload(r#"{"jti":"JTI","iss":"X"}"#, "token"),
    payload(r#"{"jti":"JTI","authorization":"X"}"#, "token"),
    payload(r#"{"jti":"JTI","key":{"kty":"EC"}}"#, "token"),
    payload(r#"{"JTI":"JTI"}"#, "token"),
    payload(r#"{"jti":"JTI"} {}"#, "token"),
    payload(r#"{"jti":"JTI\u0000"}"#, "token"),
    payload("{\"jti\":\"JTI\n\"}", "token"),
    payload(r#"{"jti":""}"#, "challenge"),
    payload(r#"{"jti":"JTI "}"#, "challenge"),
    payload(r#"{"jti":"JTIA"}"#, "challenge"),
    payload(r#"{"jti":"JTI="}"#, "challenge"),
    payload(r#"{"aud":"JTI","jti":"X"}"#, "challenge"),
];

const fn payload(payload: &'static str, word: &'static str) -> Row {
    Row { header: REGISTRATION, payload, word }
}

/// Writes the key and the challenge into a row's text.
fn filled(text: &str, key: &DeviceKey, challenge: &str) -> String {
    let [x, y] = key.coordinates();
    let [other_x, other_y] = DeviceKey::new(99).coordinates();
    // The prime of the field, which is zero in it.
    let field = number("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    let replaced = [
        ("JWK", key.jwk()),
        ("JTI", challenge.to_owned()),
        ("SHORT", base64url(&x[1..])),
        ("LONG", base64url([&[0], &*x].concat())),
        ("ZERO", base64url([0; 32])),
        ("FIELD", base64url(field)),
        ("ONES", base64url([0xff; 32])),
        ("OTHERX", base64url(other_x)),
        ("OTHERY", base64url(other_y)),
        ("\"X", format!("\"{}", base64url(&x))),
        ("\"Y", format!("\"{}", base64url(&y))),
    ];
    replaced.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
}

fn number(hex: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap()
}

#[test]
fn no_other_token_registers() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let (key, challenge) = (DeviceKey::new(VICTIM), offered(home));
        for row in HEADERS.iter().chain(JWKS).chain(PAYLOADS) {
            let (header, payload) = if row.payload.is_empty() && row.header.starts_with("\"kty") {
                (format!(r#"{{"alg":"ES256","jwk":{{{}}},"typ":"dbsc+jwt"}}"#, row.header), PAYLOAD)
            } else {
                (row.header.to_owned(), row.payload)
            };
            let header = filled(&header, &key, &challenge);
            let token = key.token(&header, &filled(payload, &key, &challenge));
            let response = register(away, &token);
            assert_eq!((response.status, &*word(&response)), (403, row.word), "{header} {payload}");
            assert_eq!(response.all("secure-session-challenge"), Vec::<&str>::new());
        }
        // The rows differ from this one only in what they change.
        let token =
            key.token(&filled(REGISTRATION, &key, &challenge), &filled(PAYLOAD, &key, &challenge));
        assert_eq!(register(away, &token).status, 200);
    });
}

#[test]
fn no_other_token_refreshes() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        let (key, challenge) = (&victim.key, victim.challenge(home));
        let rows = HEADERS.iter().chain(PAYLOADS);
        for row in rows.chain([&header(REGISTRATION, "key")]) {
            let plain = row.header.replace(r#","jwk":JWK"#, "").replace(r#""jwk":JWK,"#, "");
            let text = if row.word == "key" { row.header } else { &plain };
            let header = filled(text, key, &challenge);
            let token = key.token(&header, &filled(row.payload, key, &challenge));
            let response = victim.answer(away, &token);
            // Without its keys, the row of two keys is a good token.
            if text == REFRESH && row.payload == PAYLOAD {
                assert_eq!(response.status, 200);
            } else {
                let seen = (response.status, word(&response));
                assert_eq!(seen, (403, row.word.to_owned()), "{header} {}", row.payload);
            }
        }
        assert_eq!(victim.answer(away, &key.refresh(&challenge)).status, 200);
    });
}

#[test]
fn no_other_signature_counts() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        let challenge = victim.challenge(home);
        let token = victim.key.refresh(&challenge);
        let (signed, _) = token.rsplit_once('.').unwrap();
        let good = victim.key.sign(signed.as_bytes());
        let order = number("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
        let (r, s) = good.split_at(32);
        let mut flipped = good;
        flipped[63] ^= 1;
        let thief = DeviceKey::new(THIEF);
        let other_text = victim.key.sign(format!("{signed} ").as_bytes());
        let der = Signature::from_slice(&good).unwrap().to_der();
        for (signature, word) in [
            (vec![], "token"),
            (good[..63].to_vec(), "token"),
            (good[..32].to_vec(), "token"),
            ([&good[..], &[0]].concat(), "token"),
            (der.as_bytes().to_vec(), "token"),
            (vec![0; 64], "signature"),
            ([&[0; 32], s].concat(), "signature"),
            ([r, &[0; 32]].concat(), "signature"),
            ([&order, s].concat(), "signature"),
            ([r, &order].concat(), "signature"),
            (vec![0xff; 64], "signature"),
            ([s, r].concat(), "signature"),
            (flipped.to_vec(), "signature"),
            (thief.sign(signed.as_bytes()).to_vec(), "signature"),
            (other_text.to_vec(), "signature"),
        ] {
            let forged = format!("{signed}.{}", base64url(&signature));
            assert_doubt(&victim.answer(away, &forged), word);
        }
        for malformed in [
            signed.to_owned(),
            format!("{signed}."),
            format!(".{token}"),
            format!("{token}."),
            format!("{token}.{}", base64url(good)),
            format!("{token}=="),
            token.replace('.', ".."),
            "..".to_owned(),
            ".".to_owned(),
            "{}".to_owned(),
        ] {
            assert_doubt(&victim.answer(away, &malformed), "token");
        }
        assert_eq!(victim.answer(away, &token).status, 200);
    });
}

/// ECDSA has two signatures for one, and both are the key's. Nothing here relies on a signature
/// being unique.
#[test]
fn the_other_half_of_a_signature_is_as_good() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        let token = victim.key.refresh(&victim.challenge(home));
        let (signed, _) = token.rsplit_once('.').unwrap();
        let good = Signature::from_slice(&victim.key.sign(signed.as_bytes())).unwrap();
        let (r, s) = good.split_scalars();
        let other = Signature::from_scalars(r, -s).unwrap();
        assert_ne!(other, good);
        let forged = format!("{signed}.{}", base64url(other.to_bytes()));
        assert_eq!(victim.answer(away, &forged).status, 200);
    });
}
